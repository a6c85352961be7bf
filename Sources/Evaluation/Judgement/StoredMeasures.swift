import Crystals

/// The sets of crystals that a judgement measures: as relaxed, as generated, and as relaxed within their groups.
public enum MeasuredSet: String, Sendable, CaseIterable { case crystals, initial, kept }

/// What takes long to measure of a crystal, for judging in parts: the rest is measured again.
public struct StoredMeasures: Sendable, Equatable {
  /// International number as found; 0 where none was.
  public var spaceGroup: Int
  /// See `CrystalMeasures.operationsPerAtom`; NaN where it is not known.
  public var operationsPerAtom: Double
  /// Canonical letters of the template; empty where there is none.
  public var letters: [UInt8]
  /// Distances, density, round trip and symmetry of the strict validity; nil where it was not asked for.
  public var strictValidity: [Bool]?
  /// (132); nil where there is none.
  public var compositionFingerprint: [Double]?
  /// (61); nil where there is none.
  public var structureFingerprint: [Double]?
  /// Index of a training crystal with the same structure; -1 where there is none.
  public var trainMatch: Int

  /// As a file has them.
  public init(
    spaceGroup: Int, operationsPerAtom: Double, letters: [UInt8], strictValidity: [Bool]?, compositionFingerprint: [Double]?,
    structureFingerprint: [Double]?, trainMatch: Int
  ) {
    self.spaceGroup = spaceGroup
    self.operationsPerAtom = operationsPerAtom
    self.letters = letters
    self.strictValidity = strictValidity
    self.compositionFingerprint = compositionFingerprint
    self.structureFingerprint = structureFingerprint
    self.trainMatch = trainMatch
  }

  init(_ measures: CrystalMeasures, trainMatch: Int) {
    self.init(
      spaceGroup: measures.spaceGroup, operationsPerAtom: measures.operationsPerAtom, letters: measures.template?.letters ?? [],
      strictValidity: measures.strictValidity.map { [$0.distances, $0.density, $0.roundTrip, $0.symmetry] },
      compositionFingerprint: measures.compositionFingerprint, structureFingerprint: measures.structureFingerprint,
      trainMatch: trainMatch)
  }
}

extension MetricsInput {
  /// The crystals of a set; nil where they are not known.
  func crystals(of set: MeasuredSet) -> [Crystal]? {
    switch set {
    case .crystals: crystals.map(\.crystal)
    case .initial: initialCrystals
    case .kept: crystals.contains { $0.kept != nil } ? crystals.map { $0.kept ?? $0.crystal } : nil
    }
  }

  /// What is measured of a set beside that which always is.
  func parts(of set: MeasuredSet) -> CrystalMeasures.Parts {
    if set == .kept { return [.symmetry] }
    return includesCoverage ? [.symmetry, .strictValidity, .fingerprints] : [.symmetry, .strictValidity]
  }

  /// Measures some of the crystals, so that parts of a set can be measured apart and judged together (`MetricsInput.stored`).
  ///
  /// - Throws: what `work.report` throws.
  public func measured(_ range: Range<Int>) throws -> [MeasuredSet: [StoredMeasures]] {
    let train = try StructureIndex(reference.seen, matcher: settings.matcher, work: work)
    var sets: [MeasuredSet: [StoredMeasures]] = [:]
    for set in MeasuredSet.allCases {
      guard let all = crystals(of: set) else { continue }
      let (parts, symprec) = (parts(of: set), settings.symprec)
      sets[set] = try work.map("measure \(set.rawValue)", count: range.count) { i in
        let measures = CrystalMeasures(of: all[range.lowerBound + i], parts, symprec: symprec)
        let match = measures.reduced.flatMap {
          train.match(of: $0, formula: measures.formula, spaceGroup: measures.spaceGroup)
        }
        return StoredMeasures(measures, trainMatch: match ?? -1)
      }
    }
    return sets
  }
}
