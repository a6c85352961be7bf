public import Generators
public import StageKit

/// `blueprints.h5`: what crystals are to be, in `/blueprint`, laid out as `/target` of samples.
public enum BlueprintsFile {
  private static let group = "/blueprint"

  /// Writes blueprints with their names.
  ///
  /// - Parameters:
  ///   - rejected: names of records that none came of.
  ///   - inputs: the model, and files that say what is asked for.
  /// - Throws: `StageError` where the file cannot be written.
  public static func write(
    ids: [String], blueprints: [Blueprint], rejected: [RejectedRecord], to path: String, inputs: [String],
    options: SharedOptions, records: RecordRange, seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.blueprints, to: path, inputs: inputs, options: options, records: records, seconds: seconds()) {
      writer in
      try writer.write(ids, to: "/id")
      try writer.write(blueprints: blueprints, group: group)
      try writer.write(rejected: rejected)
    }
  }

  /// Reads blueprints with their names.
  ///
  /// - Throws: `StageError` where the file is none, or a record is no blueprint.
  public static func read(_ path: String) throws -> (ids: [String], blueprints: [Blueprint], rejected: [RejectedRecord]) {
    let reader = try Artifact.open(path, formats: [.blueprints])
    guard let blueprints = try reader.blueprints(group: group), !blueprints.isEmpty else {
      throw StageError(.input, "'\(path)' has no blueprint in \(group).")
    }
    return (try reader.ids(of: blueprints.count), blueprints, try reader.rejected())
  }
}
