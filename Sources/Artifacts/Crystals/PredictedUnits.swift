public import Crystals
public import Generators
public import StageKit

/// Asymmetric units to be unfolded, of any file that has them, with what the file knows of each.
public struct PredictedUnits: Sendable {
  /// As the file has them, sites anywhere.
  public let units: [AsymmetricUnit]
  /// Names of the units.
  public let ids: [String]
  /// What each was asked to be; nil where the file does not say.
  public let targets: [Blueprint]?
  /// For every unit (sites, 15, 13) probabilities of its site symmetries; nil unless they were asked for.
  public let probabilities: [ArraySlice<Float>]?
  /// What earlier stages rejected; the first shard carries it on.
  public let rejected: [RejectedRecord]
  /// The fingerprint of what the model was trained on; nil where nobody says.
  public let trainingSet: String?
  /// Which records of the file they are.
  public let records: RecordRange

  /// - Parameters:
  ///   - part: the shard that is read.
  ///   - hasProbabilities: whether probabilities are needed.
  /// - Throws: `StageError` where the file has no units, or not what is needed of them.
  public init(reading path: String, _ part: Shard, hasProbabilities: Bool) throws {
    let reader = try Artifact.open(path)
    let total = try reader.rows(of: "/asymmetric_unit/space_group")
    guard try reader.shape(of: "/id") == [total] else {
      throw StageError(.input, "'\(path)': /id has \(try reader.rows(of: "/id")) entries for \(total) units.")
    }
    let range = part.range(of: total)
    units = try reader.units(range)
    ids = try reader.ids(range)
    targets = try reader.blueprints(range)
    probabilities = hasProbabilities ? try SamplesFile.siteSymmetryProbabilities(reader, of: units, range) : nil
    rejected = part.index == 0 ? try reader.rejected() : []
    trainingSet = reader.trainingSet
    records = RecordRange(range, of: total)
  }
}
