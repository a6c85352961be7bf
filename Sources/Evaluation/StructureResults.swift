import Crystals

/// What is known of every judged crystal, one entry a crystal: the datasets `/structure/<name>` of `metrics.h5`.
public struct StructureResults: Sendable {
  /// g/cm^3; NaN where it can't be computed.
  public private(set) var density: [Double] = []
  /// Cubic angstrom.
  public private(set) var volume: [Double] = []
  /// Distinct elements.
  public private(set) var elements: [Int] = []
  /// Atoms in the primitive cell; 0 where the crystal could not be reduced.
  public private(set) var atoms: [Int] = []
  /// Shortest distance in angstrom, periodic images included; NaN where it can't be computed.
  public private(set) var shortestDistance: [Double] = []
  public private(set) var structureValid: [Bool] = []
  public private(set) var compositionValid: [Bool] = []
  /// International number as spglib finds it; 0 where it finds none.
  public private(set) var spaceGroup: [Int] = []
  /// The group asked for; 0 where nobody asked.
  public private(set) var askedSpaceGroup: [Int] = []
  /// Whether the template is one of the training set's; nil where the crystal has none.
  public private(set) var templateInTrain: [Bool?] = []
  public private(set) var templates: [Template?] = []
  /// Index of the first crystal with the same structure; nil where the crystal could not be reduced.
  public private(set) var firstOfKind: [Int?] = []
  /// Index of a crystal of the training set with the same structure; -1 where there is none.
  public private(set) var trainMatch: [Int] = []
  /// Reducible and not in the training set.
  public private(set) var novel: [Bool] = []
  /// eV/atom; NaN where it is not known.
  public private(set) var energyAboveHull: [Double] = []
  public private(set) var formula: [String] = []
  /// (132) of every crystal, nil where an element has no properties; empty where coverage was not asked for.
  public private(set) var compositionFingerprint: [[Double]?] = []
  /// (61) of every crystal, nil where the neighbors of an atom cannot be found; empty where coverage was not asked for.
  public private(set) var structureFingerprint: [[Double]?] = []
  /// Cubic angstrom; NaN for a crystal without atoms.
  public private(set) var volumePerAtom: [Double] = []
  /// Every element of every crystal once, all crystals in a row.
  var crystalElements: [Int] = []

  public var count: Int { density.count }
  /// Whether any energy is known.
  public var hasEnergies: Bool { energyAboveHull.contains { $0.isFinite } }

  /// Nothing before it has its structure.
  public func isUnique(_ index: Int) -> Bool { firstOfKind[index] == index }
  public func isValid(_ index: Int) -> Bool { structureValid[index] && compositionValid[index] }

  init(_ input: MetricsInput) {
    var reduced: [ReducedCrystal?] = []
    for generated in input.crystals {
      let crystal = generated.crystal
      let isKnown = crystal.atomicNumbers.allSatisfy { (1...Element.last).contains(Int($0)) }
      let validity = Validity(of: crystal)
      density.append(isKnown && validity.volume > 0 ? crystal.density : .nan)
      volume.append(validity.volume)
      volumePerAtom.append(crystal.count > 0 ? validity.volume / Double(crystal.count) : .nan)
      elements.append(crystal.composition.count)
      crystalElements += crystal.composition.map(\.atomicNumber)
      shortestDistance.append(validity.shortestDistance ?? .nan)
      structureValid.append(validity.structure)
      compositionValid.append(validity.composition)
      let symmetry = Self.symmetry(crystal, symprec: input.settings.symprec)
      spaceGroup.append(symmetry.spaceGroup)
      templates.append(symmetry.template)
      askedSpaceGroup.append(generated.askedSpaceGroup ?? 0)
      templateInTrain.append(
        symmetry.template.map { input.reference.trainTemplates.contains($0) })
      energyAboveHull.append(generated.energyAboveHull ?? .nan)
      formula.append(crystal.reducedFormula)
      if input.includesCoverage {
        compositionFingerprint.append(CompositionFingerprint.of(crystal))
        structureFingerprint.append(StructureFingerprint.of(crystal))
      }
      let primitive = ReducedCrystal(crystal)
      atoms.append(primitive?.count ?? 0)
      reduced.append(primitive)
    }
    firstOfKind = Evaluation.firstOfKind(reduced, matcher: input.settings.matcher)
    var train = StructureIndex(input.reference.train, matcher: input.settings.matcher)
    for index in reduced.indices {
      guard let structure = reduced[index] else {
        trainMatch.append(-1)
        novel.append(false)
        continue
      }
      let match =
        train.match(of: structure, formula: formula[index], spaceGroup: spaceGroup[index]) ?? -1
      trainMatch.append(match)
      novel.append(match < 0)
    }
  }

  private static func symmetry(
    _ crystal: Crystal, symprec: Double
  ) -> (spaceGroup: Int, template: Template?) {
    // spglib needs finite numbers.
    guard crystal.fractionalCoordinates.allSatisfy({ $0.sum().isFinite }) else { return (0, nil) }
    if let unit = try? AsymmetricUnit.standardize(crystal, symprec: symprec).unit {
      return (unit.spaceGroup, Template(unit))
    }
    return (SymmetrySearch.spaceGroupNumber(crystal, symprec: symprec) ?? 0, nil)
  }
}
