import Foundation

/// Joins the shards of a stage: records in their order, offsets of ragged arrays carried on, the rest copied.
public struct ShardMerger {
  private let paths: [String]
  /// What the shards have in common.
  private let format: Artifact.Format
  public private(set) var records = 0

  /// Opens the shards and checks that they are all there, once each, of one run.
  public init(_ parts: [String]) throws {
    var byIndex: [Int: String] = [:]
    var first: (path: String, shard: Shard, facts: [(String, String)])?
    for path in parts {
      let reader = try Artifact.open(path)
      guard let text = reader.attribute("shard"), let shard = Shard(argument: text) else {
        throw StageError(.input, "'\(path)' does not say which shard it is.")
      }
      let facts =
        ["format", "stage", "configuration", "inputs", "frieze_version"].map {
          ($0, reader.attribute($0) ?? "")
        } + [("seed", reader.attribute("seed", as: Int64.self).map(String.init) ?? "")]
      if let first {
        guard shard.count == first.shard.count else {
          throw StageError(.input, "'\(path)' is one of \(shard.count) shards, '\(first.path)' one of \(first.shard.count).")
        }
        for (a, b) in zip(facts, first.facts) where a.1 != b.1 {
          throw StageError(.input, "'\(path)' is of another run than '\(first.path)': \(a.0) is '\(a.1)', not '\(b.1)'.")
        }
      } else {
        first = (path, shard, facts)
      }
      if let other = byIndex[shard.index] {
        throw StageError(.input, "'\(path)' and '\(other)' are both shard \(shard.index) of \(shard.count).")
      }
      byIndex[shard.index] = path
      records += try reader.ids().count
    }
    guard let first, let format = Artifact.Format(rawValue: first.facts[0].1), format != .model, format != .metrics else {
      throw StageError(.input, "there are no shards of records to merge (models and metrics have none).")
    }
    let missing = (0..<first.shard.count).filter { byIndex[$0] == nil }
    guard missing.isEmpty else {
      throw StageError(
        .input, "shards \(missing.map(String.init).joined(separator: ", ")) of \(first.shard.count) are missing.")
    }
    paths = (0..<first.shard.count).compactMap { byIndex[$0] }
    self.format = format
  }

  /// Writes the whole. Its provenance is the shards' own; `wall_seconds` is the sum of theirs.
  public func write(to output: String, options: SharedOptions) throws {
    let seconds = try paths.reduce(0.0) { try $0 + (Artifact.open($1).attribute("wall_seconds", as: Double.self) ?? 0) }
    let first = try Artifact.open(paths[0])
    var shared = options
    shared.seed = UInt64(bitPattern: first.attribute("seed", as: Int64.self) ?? 0)
    shared.shard = Shard(index: 0, count: 1)
    let machine = try Provenance.merged(paths, shared)
    try Artifact.write(format, to: output, inputs: paths, options: shared, seconds: seconds, provenance: machine) { writer in
      for name in ["potential", "potential_weights", "relaxation", "hull", "hull_sha256"] {
        if let value = first.attribute(name) { try writer.setAttribute(name, value) }
      }
      if let steps = first.attribute("steps", as: Int64.self) { try writer.setAttribute("steps", steps) }
      for name in try first.datasetNames() where !name.hasPrefix("/statistics/") { try join(name, first, writer) }
    }
    if format == .dataset { try rewriteStatistics(output, options: shared, seconds: seconds) }
  }

  private func join(_ name: String, _ first: borrowing HDF5Reader, _ writer: borrowing HDF5Writer) throws {
    switch try first.kind(of: name) {
    case .string: try writer.write(try paths.flatMap { try Artifact.open($0).readStrings(name) }, to: name)
    case .float64: try join(Double.self, name, writer)
    case .float32: try join(Float.self, name, writer)
    case .uint8: try join(UInt8.self, name, writer)
    case .int16: try join(Int16.self, name, writer)
    case .int32: try join(Int32.self, name, writer)
    case .int64 where name.hasSuffix("_offset"): try joinOffsets(name, writer)
    case .int64: try join(Int64.self, name, writer)
    }
    for key in ["unit", "meaning"] {
      if let text = first.attribute(key, of: name) { try writer.setAttribute(key, text, of: name) }
    }
  }

  private func join<Scalar: HDF5Scalar>(_ type: Scalar.Type, _ name: String, _ writer: borrowing HDF5Writer) throws {
    var values: [Scalar] = []
    var shape: [Int] = []
    for path in paths {
      let reader = try Artifact.open(path)
      let own = try reader.shape(of: name)
      values += try reader.read(Scalar.self, name)
      shape = shape.isEmpty ? own : [shape[0] + own[0]] + shape.dropFirst()
    }
    try writer.write(values, shape: shape, to: name)
  }

  private func joinOffsets(_ name: String, _ writer: borrowing HDF5Writer) throws {
    var offsets: [Int64] = [0]
    for path in paths {
      let last = offsets[offsets.count - 1]
      offsets += try Artifact.open(path).read(Int64.self, name).dropFirst().map { $0 + last }
    }
    try writer.write(offsets, to: name)
  }

  /// Counts of a whole dataset are not sums of files cut by records only where splits agree; so they are taken anew.
  private func rewriteStatistics(_ output: String, options: SharedOptions, seconds: Double) throws {
    let symprec = try Artifact.open(paths[0]).attribute("symprec", as: Double.self) ?? .nan
    try Dataset(reading: output).write(to: output, symprec: symprec, inputs: paths, options: options, seconds: seconds)
  }
}
