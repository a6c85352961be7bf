public import StageKit

/// Shards of a stage, to be put together to the file that the stage would have written without them.
public struct Shards {
  private let merger: ShardMerger
  /// Records of all shards.
  public var records: Int { merger.records }

  /// Opens the shards and checks that they are all there, once each, of one run, without gap or overlap.
  ///
  /// - Throws: `StageError`, which names the shard and what is wrong with it.
  public init(_ parts: [String]) throws { merger = try ShardMerger(parts, of: Artifact.Format.all) }

  /// Writes the whole. Its provenance is the shards' own; `wall_seconds` is the sum of theirs.
  ///
  /// - Throws: `StageError` where a shard is damaged or the whole cannot be written.
  public func write(to output: String, options: SharedOptions) throws {
    try merger.write(to: output, options: options)
    if merger.format == .dataset { try rewriteStatistics(output, options) }
  }

  /// Counts of a whole dataset are not sums of files cut by records only where splits agree; so they are taken anew.
  private func rewriteStatistics(_ output: String, _ options: SharedOptions) throws {
    let first = try Artifact.open(merger.paths[0])
    var shared = options
    shared.seed = UInt64(bitPattern: first.attribute("seed", as: Int64.self) ?? 0)
    shared.shard = Shard(index: 0, count: 1)
    try Dataset(reading: output).write(
      to: output, symprec: first.attribute("symprec", as: Double.self) ?? .nan, inputs: merger.paths, options: shared,
      seconds: merger.seconds)
  }
}
