public import Crystals

/// What the numbers about sets are made from, measured on one crystal alone.
public struct CrystalMeasures: Sendable {
  /// g/cm^3; NaN where it can't be computed.
  public let density: Double
  /// Cubic angstrom.
  public let volume: Double
  /// Cubic angstrom; NaN for a crystal without atoms.
  public let volumePerAtom: Double
  /// Atomic numbers of the elements, in rising order.
  public let elements: [Int]
  /// The reduced formula, elements in alphabetical order.
  public let formula: String
  /// The primitive cell; nil where the crystal could not be reduced.
  public let reduced: ReducedCrystal?
  /// By the usual two rules.
  public let validity: Validity
  /// nil where it was not asked for.
  public let strictValidity: StrictValidity?
  /// International number as spglib finds it; 0 where it finds none.
  public let spaceGroup: Int
  /// Symmetry operations, centrings included, an atom of the same cell: grows with the symmetry; NaN where it is not known.
  public let operationsPerAtom: Double
  /// Group and Wyckoff letters; nil where they were not found or not asked for.
  public let template: Template?
  /// (132); nil where an element has no properties, or where it was not asked for.
  public let compositionFingerprint: [Double]?
  /// (61); nil where the neighbors of an atom cannot be found, or where it was not asked for.
  public let structureFingerprint: [Double]?

  /// Atoms in the primitive cell; 0 where the crystal could not be reduced.
  public var atoms: Int { reduced?.count ?? 0 }
  /// Structure and composition are valid.
  public var isValid: Bool { validity.both }

  /// What is measured beside that which always is.
  public struct Parts: OptionSet, Sendable {
    /// A bit a part.
    public let rawValue: Int
    /// - Parameter rawValue: a bit a part.
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// Space group and template; without it the crystal's own group stands.
    public static let symmetry = Parts(rawValue: 1)
    /// Those of composition and structure.
    public static let fingerprints = Parts(rawValue: 2)
    /// Distances, density, round trip and symmetry.
    public static let strictValidity = Parts(rawValue: 4)
  }

  /// - Parameters:
  ///   - symprec: tolerance of the symmetry search in angstrom.
  ///   - stored: what is known already and need not be measured.
  public init(of crystal: Crystal, _ parts: Parts, symprec: Double, stored: StoredMeasures? = nil) {
    let isKnown = crystal.atomicNumbers.allSatisfy { (1...Element.last).contains(Int($0)) }
    validity = Validity(of: crystal)
    let isMeasurable = isKnown && crystal.count > 0 && crystal.lattice.isUsable && validity.volume > 0
    density = isMeasurable ? crystal.density : .nan
    volume = validity.volume
    volumePerAtom = crystal.count > 0 ? validity.volume / Double(crystal.count) : .nan
    elements = crystal.composition.map(\.atomicNumber)
    formula = crystal.reducedFormula
    reduced = ReducedCrystal(crystal)
    if let stored {
      (spaceGroup, operationsPerAtom) = (stored.spaceGroup, stored.operationsPerAtom)
      template = stored.letters.isEmpty ? nil : Template(spaceGroup: stored.spaceGroup, canonicalLetters: stored.letters)
      strictValidity = stored.strictValidity.map(StrictValidity.init(flags:))
      (compositionFingerprint, structureFingerprint) = (stored.compositionFingerprint, stored.structureFingerprint)
      return
    }
    if parts.contains(.symmetry) {
      let found = Symmetry(of: crystal, symprec: symprec)
      (spaceGroup, template, operationsPerAtom) = (found.spaceGroup, found.template, found.operationsPerAtom)
    } else {
      (spaceGroup, template, operationsPerAtom) = (crystal.spaceGroup, nil, .nan)
    }
    strictValidity =
      parts.contains(.strictValidity)
      ? StrictValidity(of: crystal, classic: validity, hasSymmetry: spaceGroup > 0) : nil
    let isPrinted = parts.contains(.fingerprints)
    compositionFingerprint = isPrinted ? CompositionFingerprint.of(crystal) : nil
    structureFingerprint = isPrinted ? StructureFingerprint.of(crystal) : nil
  }

  /// Both fingerprints; nil where either is.
  var fingerprints: Coverage.Fingerprints? {
    Coverage.Fingerprints(structure: structureFingerprint, composition: compositionFingerprint)
  }

  /// Lengths in rising order (angstrom) and angles (degrees) of the Niggli-reduced primitive cell, which does not depend on the cell
  /// that a crystal is written in; nil where it could not be reduced.
  var latticeParameters: (lengths: Vector3, angles: Vector3)? {
    reduced.map { primitive in
      let lattice = Lattice(vectors: primitive.basis)
      return (lattice.lengths, lattice.angles)
    }
  }
}

/// A crystal's group and template as spglib finds them.
private struct Symmetry {
  var spaceGroup = 0
  var template: Template?
  var operationsPerAtom = Double.nan

  init(of crystal: Crystal, symprec: Double) {
    // spglib needs finite numbers.
    guard crystal.fractionalCoordinates.allSatisfy({ $0.sum().isFinite }) else { return }
    guard let (unit, cell) = try? AsymmetricUnit.standardize(crystal, symprec: symprec) else {
      spaceGroup = SymmetrySearch.spaceGroupNumber(crystal, symprec: symprec) ?? 0
      return
    }
    spaceGroup = unit.spaceGroup
    template = Template(unit)
    operationsPerAtom = Double(SpaceGroup.numbered(unit.spaceGroup).operations.count) / Double(max(1, cell.count))
  }
}
