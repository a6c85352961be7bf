import Foundation

/// The shards of one run of a stage, in order, checked against each other without reading their values: all there and once each,
/// of the same stage, version, options, inputs and seed; the same datasets, kinds and widths; records without gap or overlap, as
/// many as each says.
struct ShardSet {
  struct Part {
    let path: String
    let shard: Shard
    let records: RecordRange?
    /// All datasets of the file, and their shapes.
    let columns: [Column]
    let shapes: [String: [Int]]
    /// Bytes of the longest string of each column of strings.
    let widths: [String: Int]
    let content: String
    let seconds: Double
  }

  struct Column: Equatable {
    let name: String
    let kind: HDF5Kind
    /// Sizes of the axes behind the first.
    let width: [Int]

    /// Offsets of a ragged array: one more than there are records.
    var isOffset: Bool { kind == .int64 && name.hasSuffix("_offset") }
  }

  let format: Artifact.Format
  let parts: [Part]
  /// What all shards have: the datasets of the whole.
  let columns: [Column]
  /// Records in all files together.
  let records: Int

  /// - Parameter known: the formats that there are.
  init(_ paths: [String], of known: [Artifact.Format]) throws {
    var byIndex: [Int: Part] = [:]
    var first: (path: String, shard: Shard, facts: [(name: String, value: String)], part: Part)?
    for path in paths {
      let reader = try Artifact.open(path, as: known, of: known)
      guard let text = reader.attribute("shard"), let shard = Shard(argument: text) else {
        throw StageError(.input, "'\(path)' does not say which shard it is.")
      }
      let facts = Self.facts(reader)
      let part = try Self.part(path, shard, reader)
      if let first {
        guard shard.count == first.shard.count else {
          throw StageError(.input, "'\(path)' is one of \(shard.count) shards, '\(first.path)' one of \(first.shard.count).")
        }
        for (a, b) in zip(facts, first.facts) where a.value != b.value {
          throw StageError(
            .input, "'\(path)' is of another run than '\(first.path)': \(a.name) is '\(a.value)', not '\(b.value)'.")
        }
        try Self.compare(part, first.part, known.first { $0.name == facts[0].value })
      } else {
        first = (path, shard, facts, part)
      }
      if let other = byIndex[shard.index]?.path {
        throw StageError(.input, "'\(path)' and '\(other)' are both shard \(shard.index) of \(shard.count).")
      }
      byIndex[shard.index] = part
    }
    guard let first, let format = known.first(where: { $0.name == first.facts[0].value }), format.cut != .none else {
      throw StageError(.input, "there are no shards of records to merge (models, metrics and hulls have none).")
    }
    let missing = (0..<first.shard.count).filter { byIndex[$0] == nil }
    guard missing.isEmpty else {
      throw StageError(
        .input, "shards \(missing.map(String.init).joined(separator: ", ")) of \(first.shard.count) are missing.")
    }
    let parts = (0..<first.shard.count).compactMap { byIndex[$0] }
    self.parts = parts
    self.format = format
    columns = first.part.columns.filter { column in
      !format.mayLack(column.name) || parts.allSatisfy { $0.shapes[column.name] != nil }
    }
    records = parts.reduce(0) { $0 + ($1.shapes["/id"]?[0] ?? 0) }
    try checkRecords()
  }

  func kind(of name: String) -> HDF5Kind { columns.first { $0.name == name }?.kind ?? .float64 }

  /// Bytes of the longest string of a dataset of the whole.
  func stringWidth(of name: String) -> Int { parts.reduce(1) { max($0, $1.widths[name] ?? 1) } }

  /// The shape of a dataset of the whole.
  func shape(of name: String) -> [Int] {
    guard let column = columns.first(where: { $0.name == name }) else { return [0] }
    // Every part has the bytes for its rows, so that their sum is a number.
    let rows = parts.reduce(0) { $0 &+ ($1.shapes[name]?[0] ?? 0) }
    return [column.isOffset ? rows - parts.count + 1 : rows] + column.width
  }

  /// What all shards of a run have in common.
  private static func facts(_ reader: borrowing HDF5Reader) -> [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    for name in ["format", "stage", "frieze_version", "configuration", "inputs", "precision", "kernel"] {
      facts.append((name, reader.attribute(name) ?? ""))
    }
    facts.append(("seed", reader.attribute("seed", as: Int64.self).map(String.init) ?? ""))
    return facts
  }

  private static func part(_ path: String, _ shard: Shard, _ reader: borrowing HDF5Reader) throws -> Part {
    guard let content = reader.attribute("content") else {
      throw StageError(.input, "'\(path)' has no attribute content, by which it could be checked. Make that shard again.")
    }
    var shapes: [String: [Int]] = [:]
    var widths: [String: Int] = [:]
    var columns: [Column] = []
    for name in try reader.datasetNames() {
      let shape = try reader.shape(of: name)
      guard !shape.isEmpty else { throw StageError(.input, "'\(path)', \(name): expected a row a record, found one value.") }
      if try reader.kind(of: name) == .string { widths[name] = try reader.stringWidth(of: name) }
      shapes[name] = shape
      columns.append(Column(name: name, kind: try reader.kind(of: name), width: Array(shape.dropFirst())))
    }
    return Part(
      path: path, shard: shard, records: reader.attribute("records").flatMap(RecordRange.init), columns: columns,
      shapes: shapes, widths: widths, content: content, seconds: reader.attribute("wall_seconds", as: Double.self) ?? 0)
  }

  private static func compare(_ part: Part, _ first: Part, _ format: Artifact.Format?) throws {
    let (path, other) = (part.path, first.path)
    let names = Set(part.columns.map(\.name)).symmetricDifference(first.columns.map(\.name)).filter {
      !(format?.mayLack($0) ?? false)
    }.sorted()
    guard names.isEmpty else {
      throw StageError(.input, "'\(path)' and '\(other)' differ in what they hold: only one of them has \(names[0]).")
    }
    for a in part.columns where !(format?.makesAnew(a.name) ?? false) {
      guard let b = first.columns.first(where: { $0.name == a.name }), a != b else { continue }
      func text(_ c: Column) -> String { ([c.kind.rawValue] + c.width.map(String.init)).joined(separator: " x ") }
      throw StageError(.input, "'\(path)' and '\(other)' differ in \(a.name): \(text(a)) and \(text(b)).")
    }
  }

  /// Every record of the input is in one shard, and every shard holds what it says.
  private func checkRecords() throws {
    // Files may give several records or none.
    guard format.cut == .records else { return }
    var next = 0
    for part in parts {
      guard let records = part.records else {
        throw StageError(.input, "'\(part.path)' does not say which records it was made from. Make that shard again.")
      }
      guard records.total == parts[0].records?.total else {
        throw StageError(
          .input,
          "'\(part.path)' was cut from \(records.total) records, '\(parts[0].path)' from \(parts[0].records?.total ?? 0).")
      }
      guard records.range.lowerBound == next else {
        let (word, range) =
          records.range.lowerBound > next
          ? ("missing", next..<records.range.lowerBound) : ("there twice", records.range.lowerBound..<next)
        throw StageError(
          .input,
          "'\(part.path)': records \(range.lowerBound) to \(range.upperBound - 1) are \(word): it begins at "
            + "\(records.range.lowerBound), the shard before it ends at \(next).")
      }
      next = records.range.upperBound
      // Shard 0 also carries on what earlier stages rejected.
      let rejected = format.countsRejected ? part.shapes["/rejected/id"]?[0] ?? 0 : 0
      let found = (part.shapes["/id"]?[0] ?? 0) + rejected
      guard found == records.range.count || (part.shard.index == 0 && found > records.range.count) else {
        throw StageError(
          .input, "'\(part.path)' holds \(found) records, expected \(records.range.count). Make that shard again."
        )
      }
    }
    guard next == parts[0].records?.total else {
      throw StageError(.input, "records \(next) to \((parts[0].records?.total ?? 0) - 1) are in no shard.")
    }
  }
}
