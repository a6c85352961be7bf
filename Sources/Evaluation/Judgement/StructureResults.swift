import Crystals

/// What is known of every judged crystal, one entry a crystal: the datasets `/structure/<name>` of `metrics.h5`.
public struct StructureResults: Sendable {
  /// What each crystal was measured to be.
  public let measures: [CrystalMeasures]
  /// The group asked for; 0 where nobody asked.
  public let askedSpaceGroup: [Int]
  /// Whether the template is one of the training set's; nil where the crystal has none.
  public let templateInTrain: [Bool?]
  /// Index of the first crystal with the same structure; nil where the crystal could not be reduced.
  public let firstOfKind: [Int?]
  /// Index of a crystal of the training set with the same structure; -1 where there is none.
  public let trainMatch: [Int]
  /// Reducible and not in the training set.
  public let novel: [Bool]
  /// eV/atom; NaN where it is not known.
  public let energyAboveHull: [Double]

  /// Crystals that were judged.
  public var count: Int { measures.count }
  /// In g/cm^3; NaN where it can't be computed.
  public var density: [Double] { measures.map(\.density) }
  /// International numbers as found; 0 where none was.
  public var spaceGroup: [Int] { measures.map(\.spaceGroup) }
  /// Templates as found; nil where there is none.
  public var templates: [Template?] { measures.map(\.template) }
  /// Whether any energy is known.
  public var hasEnergies: Bool { energyAboveHull.contains { $0.isFinite } }

  /// Nothing before it has its structure.
  public func isUnique(_ index: Int) -> Bool { firstOfKind[index] == index }
  /// Structure and composition are valid.
  public func isValid(_ index: Int) -> Bool { measures[index].isValid }
  /// At most so many eV/atom above the hull; not where that is not known.
  public func isStable(_ index: Int, within limit: Double) -> Bool { energyAboveHull[index] <= limit }
  /// Neither before it nor in the training set is its structure.
  public func isUniqueAndNovel(_ index: Int) -> Bool { isUnique(index) && novel[index] }

  /// - Parameters:
  ///   - set: which of the input's sets they are, for measures that are known already.
  ///   - crystals: those to judge; the relaxed ones of the input, or what they were before.
  ///   - train: what novelty is measured against.
  ///   - energies: above the hull, eV/atom; the input's where nil.
  ///   - phase: what a progress line calls them.
  init(
    _ set: MeasuredSet, _ crystals: [Crystal], of input: MetricsInput, train: StructureIndex, energies: [Double]? = nil,
    phase: String
  ) throws {
    let stored = input.stored[set]
    precondition(stored?.count ?? crystals.count == crystals.count)
    let parts = input.parts(of: set)
    let work = input.work
    let symprec = input.settings.symprec
    let measures = try work.map("measure \(phase)", count: crystals.count) {
      CrystalMeasures(of: crystals[$0], parts, symprec: symprec, stored: stored?[$0])
    }
    self.measures = measures
    let templates = input.reference.trainTemplates
    templateInTrain = measures.map { $0.template.map(templates.contains) }
    askedSpaceGroup = input.crystals.map { $0.askedSpaceGroup ?? 0 }
    energyAboveHull = energies ?? input.crystals.map { $0.energyAboveHull ?? .nan }
    firstOfKind = try Evaluation.firstOfKind(
      measures.map(\.reduced), matcher: input.settings.matcher, work: work, phase: "compare \(phase)")
    trainMatch =
      try stored?.map(\.trainMatch)
      ?? work.map("look up \(phase)", count: crystals.count) { i in
        measures[i].reduced.flatMap {
          train.match(of: $0, formula: measures[i].formula, spaceGroup: measures[i].spaceGroup)
        } ?? -1
      }
    novel = zip(trainMatch, measures).map { $0 < 0 && $1.reduced != nil }
  }
}
