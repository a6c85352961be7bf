import Crystals
public import StageKit

/// `/id`, `/property/<name>`, `/split`, `/rejected`: what goes with every record. See design: Files.
extension HDF5Writer {
  /// Writes `/rejected`.
  ///
  /// - Throws: where the file cannot be written.
  public func write(rejected: [RejectedRecord]) throws {
    try write(rejected.map(\.id), to: "/rejected/id")
    try write(rejected.map(\.code), to: "/rejected/reason_code")
    try write(rejected.map(\.reason), to: "/rejected/reason")
  }

  /// - Parameter properties: by name, one value a record, NaN where unknown.
  /// - Throws: where the file cannot be written.
  public func write(properties: [String: [Double]]) throws {
    for (name, values) in properties.sorted(by: { $0.key < $1.key }) {
      try write(values, to: "/property/\(name)")
      try setAttribute("unit", PropertyUnit.of(name), of: "/property/\(name)")
    }
  }
}

extension HDF5Reader {
  /// - Parameter records: all where nil.
  /// - Returns: names of the records; their numbers from 1 where the file has crystals and no names.
  /// - Throws: `StageError` where the names cannot be read.
  public func ids(_ records: Range<Int>? = nil) throws -> [String] {
    guard contains("/id") || !contains("/crystal/lattice") else {
      return try (records ?? 0..<crystalCount()).map { "crystal \($0 + 1)" }
    }
    if try kind(of: "/id") != .string { return try read(Int64.self, "/id", rows: records).map(String.init) }
    return try readStrings("/id", rows: records)
  }

  /// What the file has computed for its crystals: `/property` and, of a relaxation, energy and forces as ASE names them, formation energy and
  /// energy above the hull as tables of the field do.
  func results(of crystals: [Crystal]) throws -> [CalculatedResults] {
    var results = [CalculatedResults](repeating: CalculatedResults(), count: crystals.count)
    for (name, values) in try properties(records: crystals.count) {
      for i in crystals.indices where values[i].isFinite { results[i].numbers[name] = values[i] }
    }
    if contains("/relaxation/energy") {
      let energies = try read(Double.self, "/relaxation/energy", shape: [crystals.count])
      for i in crystals.indices where energies[i].isFinite { results[i].numbers["energy"] = energies[i] }
    }
    for (name, column) in [("formation_energy_per_atom", "formation_energy"), ("e_above_hull", "energy_above_hull")]
    where contains("/relaxation/\(column)") {
      let values = try read(Double.self, "/relaxation/\(column)", shape: [crystals.count])
      for i in crystals.indices where values[i].isFinite { results[i].numbers[name] = values[i] }
    }
    if contains("/relaxation/force") {
      let atoms = crystals.reduce(0) { $0 + $1.count }
      let forces = try read(Double.self, "/relaxation/force", shape: [atoms, 3])
      var start = 0
      for i in crystals.indices {
        results[i].forces = (start..<start + crystals[i].count).map {
          Vector3(forces[3 * $0], forces[3 * $0 + 1], forces[3 * $0 + 2])
        }
        start += crystals[i].count
      }
    }
    return results
  }

  /// The names of so many records: one each, or it is an error.
  ///
  /// - Throws: `StageError` where there are more names or fewer.
  public func ids(of count: Int) throws -> [String] {
    let found = try ids()
    guard found.count == count else { throw wrong("/id", "expected \(count) names, found \(found.count)") }
    return found
  }

  /// What `/rejected` says; none where there is no such group.
  ///
  /// - Throws: `StageError` where its datasets differ in length.
  public func rejected() throws -> [RejectedRecord] {
    guard contains("/rejected/id") else { return [] }
    let ids = try readStrings("/rejected/id")
    let codes = try readStrings("/rejected/reason_code")
    let reasons = try readStrings("/rejected/reason")
    guard codes.count == ids.count, reasons.count == ids.count else {
      throw StageError(.input, "'\(path)', /rejected: id, reason_code and reason differ in length.")
    }
    return ids.indices.map { RejectedRecord(id: ids[$0], code: codes[$0], reason: reasons[$0]) }
  }

  /// All properties, one value a record.
  ///
  /// - Throws: `StageError` where a property has more values or fewer, or one that is no number.
  public func properties(records: Int) throws -> [String: [Double]] {
    var properties: [String: [Double]] = [:]
    for name in try names(in: "/property") {
      let values = try read(Double.self, "/property/\(name)", shape: [records])
      // In no unit is a property of a crystal as large.
      try check(values, below: 1e100, "/property/\(name)", unknown: true)
      properties[name] = values
    }
    return properties
  }

  /// 0 train, 1 validation, 2 test; all train where the file has no splits.
  ///
  /// - Throws: `StageError` where the split has more entries or fewer, or one that is none.
  public func split(records: Int) throws -> [UInt8] {
    guard contains("/split") else { return [UInt8](repeating: 0, count: records) }
    let split = try read(UInt8.self, "/split", shape: [records])
    try check(split, in: 0...3, "/split")
    return split
  }
}
