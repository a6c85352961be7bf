import Foundation

/// Joins the shards of a stage: records in their order, offsets of ragged arrays carried on.
///
/// Before anything is written the shards are checked against each other (`ShardSet`); while they are copied, a part at a time so
/// that memory holds one dataset of one part, each is checked against the digest it was written with (`HDF5Contents`).
package struct ShardMerger {
  private let shards: ShardSet
  private let known: [Artifact.Format]
  package var format: Artifact.Format { shards.format }
  /// Files of the shards, in their order.
  package var paths: [String] { shards.parts.map(\.path) }
  /// Records of all shards.
  package var records: Int { shards.records }
  /// Wall seconds of all shards.
  package var seconds: Double { shards.parts.reduce(0) { $0 + $1.seconds } }

  /// Opens the shards and checks that they are all there, once each, of one run, without gap or overlap.
  ///
  /// - Parameter known: the formats that there are.
  package init(_ parts: [String], of known: [Artifact.Format]) throws {
    (shards, self.known) = (try ShardSet(parts, of: known), known)
  }

  /// Writes the whole, but for what is made anew (`Artifact.Format.wholeGroup`). Its provenance is the shards' own; `wall_seconds` is
  /// the sum of theirs.
  package func write(to output: String, options: SharedOptions) throws {
    let first = try open(shards.parts[0].path)
    var shared = options
    shared.seed = UInt64(bitPattern: first.attribute("seed", as: Int64.self) ?? 0)
    shared.shard = Shard(index: 0, count: 1)
    let origin = (first.attribute("configuration") ?? "", first.attribute("inputs") ?? "")
    let total = shards.parts[0].records?.total
    let names = shards.columns.map(\.name).filter { !format.makesAnew($0) }
    try Artifact.write(
      format, to: output, inputs: [], options: shared, records: total.map { RecordRange(0..<$0, of: $0) },
      origin: origin, seconds: seconds, provenance: try machines()
    ) { writer in
      try writer.copyAttributes(of: "/", from: first, format)
      for name in names {
        try writer.begin(name, shards.kind(of: name), shape: shards.shape(of: name), width: shards.stringWidth(of: name))
        try writer.copyAttributes(of: name, from: first, format)
      }
      var carried: [String: Int64] = [:]
      for part in shards.parts { try copy(part, names, to: writer, &carried) }
    }
  }

  private func open(_ path: String) throws -> HDF5Reader { try Artifact.open(path, as: known, of: known) }

  /// The machines of all shards: the largest memory, and all processors that had a part.
  private func machines() throws -> Provenance {
    var whole = Provenance(processor: "", threads: 0, peakMemory: 0)
    var names: [String] = []
    for path in paths {
      let reader = try open(path)
      if let name = reader.attribute("processor"), !name.isEmpty, !names.contains(name) { names.append(name) }
      whole.threads = max(whole.threads, Int(clamping: reader.attribute("threads", as: Int64.self) ?? 0))
      whole.peakMemory = max(whole.peakMemory, reader.attribute("peak_memory_bytes", as: Int64.self) ?? 0)
    }
    whole.processor = names.joined(separator: ", ")
    return whole
  }

  /// Copies the datasets of a part behind those of the parts before it.
  private func copy(
    _ part: ShardSet.Part, _ names: [String], to writer: borrowing HDF5Writer, _ carried: inout [String: Int64]
  ) throws {
    let reader = try open(part.path)
    let wanted = Set(names)
    for column in part.columns where wanted.contains(column.name) {
      let name = column.name
      func numbers<Scalar: HDF5Scalar>(_ type: Scalar.Type) throws {
        try writer.append(try reader.read(Scalar.self, name), to: name)
      }
      switch column.kind {
      case .string: try writer.append(try reader.readStrings(name), to: name)
      case .int64 where column.isOffset:
        let values = try reader.read(Int64.self, name)
        guard values.first == 0, zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 }),
          case let before = carried[name] ?? 0, !before.addingReportingOverflow(values.last ?? 0).overflow
        else { throw StageError(.input, "'\(part.path)', \(name): expected offsets that rise from 0.") }
        try writer.append((carried[name] == nil ? values[...] : values.dropFirst()).map { $0 + before }, to: name)
        carried[name] = before + (values.last ?? 0)
      case .float64: try numbers(Double.self)
      case .float32, .float16: try numbers(Float.self)
      case .uint8: try numbers(UInt8.self)
      case .int16: try numbers(Int16.self)
      case .int32: try numbers(Int32.self)
      case .int64: try numbers(Int64.self)
      }
    }
  }

}
