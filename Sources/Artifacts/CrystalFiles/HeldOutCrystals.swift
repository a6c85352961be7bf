public import Crystals
public import Evaluation
import StageKit
import Tensors

/// Crystals that a model must not see, or has already: what equals one of them by structure is not learnt of.
///
/// Names and formulas do not tell: a later relaxation of a test crystal has another name or another volume, and of the crystals of one
/// formula most are others.
public struct HeldOutCrystals: Sendable {
  private let ids: [String]
  private let index: StructureIndex

  /// - Parameters:
  ///   - crystals: with the names that messages call them by.
  /// - Throws: what `work.report` throws.
  public init(_ crystals: [(id: String, crystal: Crystal)], work: Work) throws {
    ids = crystals.map(\.id)
    index = try StructureIndex(crystals.map(\.crystal), work: work)
  }

  /// The validation and test parts of a source.
  ///
  /// - Throws: `StageError` where it has none.
  public static func parts(of path: String, _ options: ReadingOptions, threads: Int) throws -> [(id: String, crystal: Crystal)]
  {
    let records = try CrystalSource.records(path).filter { record in
      [DatasetPart.validation, .test].contains { $0.rawValue == record.split }
    }
    guard !records.isEmpty else {
      throw StageError(.input, "'\(path)' has no validation and no test part that crystals could be kept apart from.")
    }
    return try parallelMap(count: records.count, threads: threads) { i in
      records[i].read(options).compactMap { item in (try? item.crystal.get()).map { (id: item.id, crystal: $0) } }
    }.flatMap { $0 }
  }

  /// The name of a crystal with the same structure; nil where there is none.
  public func match(of crystal: Crystal) -> String? {
    ReducedCrystal(crystal).flatMap {
      index.match(of: $0, formula: crystal.reducedFormula, spaceGroup: crystal.spaceGroup)
    }.map { ids[$0] }
  }
}
