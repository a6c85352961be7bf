import Crystals
import Foundation
import StageKit

/// Crystals as JSON: pymatgen's Structure, alone, in lists, by name, in documents of databases, a line each; OPTIMADE's structures.
enum StructureJSON {
  typealias Part = (name: String?, crystal: Result<Crystal, Rejection>, results: CalculatedResults)

  /// All crystals of a text.
  ///
  /// - Throws: `Rejection` where the text is no JSON or has no structure.
  static func read(_ bytes: [UInt8], options: ReadingOptions) throws -> [Part] {
    guard bytes.count <= Extxyz.maximumLength else {
      throw Rejection("too_large", "\(bytes.count) bytes, more than \(Extxyz.maximumLength)")
    }
    var parts: [Part] = []
    if let whole = PythonJSON.object(bytes) {
      collect(whole, name: nil, depth: 0, options, into: &parts)
    } else {
      for (number, line) in bytes.split(separator: 0x0A).enumerated() where line.contains(where: { $0 > 0x20 }) {
        guard let object = PythonJSON.object(Array(line)) else {
          let error = Rejection("unreadable_json", "line \(number + 1) is no JSON")
          if parts.isEmpty { throw error }
          parts.append((nil, .failure(error), CalculatedResults()))
          continue
        }
        collect(object, name: nil, depth: 0, options, into: &parts)
      }
    }
    guard !parts.isEmpty else { throw Rejection("no_atoms", "no structure of pymatgen or OPTIMADE in the JSON") }
    return parts
  }

  private static let nameKeys = ["material_id"] + Extxyz.nameKeys.filter { $0 != "material_id" && $0 != "label" }

  private static func collect(
    _ value: Any, name: String?, depth: Int, _ options: ReadingOptions, into parts: inout [Part]
  ) {
    guard depth < 6 else { return }
    if let list = value as? [Any] {
      for item in list { collect(item, name: nil, depth: depth + 1, options, into: &parts) }
      return
    }
    guard let object = value as? [String: Any] else { return }
    let own =
      nameKeys.lazy.compactMap { text(object[$0]) }.first
      ?? (object["properties"] as? [String: Any]).flatMap { p in nameKeys.lazy.compactMap { text(p[$0]) }.first }
    if let sites = object["sites"] as? [Any], let lattice = object["lattice"] as? [String: Any] {
      let numbers = (object["properties"] as? [String: Any]).map(numbers) ?? [:]
      let stress = (object["properties"] as? [String: Any])?["stress"] as? [Any]
      append(own ?? name, &parts) {
        var (crystal, results) = try structure(lattice, sites, numbers, options)
        results.stress = stress.flatMap(matrix)
        return (crystal, results)
      }
    } else if let attributes = object["attributes"] as? [String: Any], attributes["lattice_vectors"] != nil {
      append(own ?? name, &parts) { try optimade(attributes, options) }
    } else if object["lattice_vectors"] != nil, object["cartesian_site_positions"] != nil {
      append(own ?? name, &parts) { try optimade(object, options) }
    } else if let columns = object["columns"] as? [String], let rows = object["data"] as? [[Any]] {
      // A table as pandas writes it: names of columns, names of rows, rows.
      let index = object["index"] as? [Any] ?? []
      for (k, row) in rows.enumerated() {
        let cells = Dictionary(zip(columns, row)) { first, _ in first }
        collect(cells, name: k < index.count ? text(index[k]) : nil, depth: depth + 1, options, into: &parts)
      }
    } else if let inner = object["structure"] {
      let first = parts.count
      collect(inner, name: own ?? name, depth: depth + 1, options, into: &parts)
      // Numbers of the document go with its structure.
      let own = numbers(object)
      for i in first..<parts.count { parts[i].results.numbers.merge(own) { inner, _ in inner } }
    } else {
      for (key, item) in object.sorted(by: { $0.key < $1.key }) where !key.hasPrefix("@") && key != "meta" && key != "links" {
        let isWrapper = ["data", "structures", "entries", "results", "docs", "initial_structure", "final_structure"].contains(
          key)
        collect(item, name: isWrapper ? own ?? name : key, depth: depth + 1, options, into: &parts)
      }
    }
  }

  private static func append(
    _ name: String?, _ parts: inout [Part], _ body: () throws -> (Crystal, CalculatedResults)
  ) {
    do {
      let (crystal, results) = try body()
      parts.append((name, .success(crystal), results))
    } catch let rejection as Rejection {
      parts.append((name, .failure(rejection), CalculatedResults()))
    } catch {
      parts.append((name, .failure(Rejection("unreadable_json", "\(error)")), CalculatedResults()))
    }
  }

  // MARK: pymatgen

  private static func structure(
    _ lattice: [String: Any], _ sites: [Any], _ numbers: [String: Double], _ options: ReadingOptions
  ) throws -> (Crystal, CalculatedResults) {
    if let pbc = lattice["pbc"] as? [Bool], pbc.contains(false) {
      throw Rejection("not_periodic", "pbc is \(pbc): not periodic in three directions")
    }
    guard sites.count <= CIF.maximumSites else {
      throw Rejection("too_many_atoms", "\(sites.count) atoms, more than \(CIF.maximumSites)")
    }
    let cell: Lattice
    if let rows = lattice["matrix"] as? [Any], let matrix = matrix(rows) {
      cell = Lattice(vectors: matrix)
    } else if let a = vector(["a", "b", "c"].map { lattice[$0] }),
      let angles = vector(["alpha", "beta", "gamma"].map { lattice[$0] })
    {
      cell = Lattice(lengths: a, angles: angles)
    } else {
      throw Rejection("bad_cell", "the lattice has neither a matrix nor lengths and angles")
    }
    let inverse = cell.vectors.inverse
    var atomicNumbers: [UInt8] = []
    var coordinates: [Vector3] = []
    var forces: [Vector3] = []
    for (i, item) in sites.enumerated() {
      guard let site = item as? [String: Any] else { throw Rejection("unreadable_json", "site \(i + 1) is no object") }
      atomicNumbers.append(try element(site, i))
      if let x = (site["abc"] as? [Any]).flatMap(vector) {
        coordinates.append(x)
      } else if let x = (site["xyz"] as? [Any]).flatMap(vector) {
        coordinates.append(x * inverse)
      } else {
        throw Rejection("bad_coordinates", "site \(i + 1) has no usable coordinates")
      }
      let properties = site["properties"] as? [String: Any]
      if let force = ((properties?["forces"] ?? properties?["force"]) as? [Any]).flatMap(vector) { forces.append(force) }
    }
    let crystal = try Crystal.checked(
      lattice: cell, atomicNumbers: atomicNumbers, fractionalCoordinates: coordinates, options: options)
    return (crystal, CalculatedResults(numbers: numbers, forces: forces.count == sites.count ? forces : nil))
  }

  private static func element(_ site: [String: Any], _ i: Int) throws -> UInt8 {
    var sum = 0.0
    var found: UInt8?
    let species = site["species"] as? [Any] ?? (site["label"] as? String).map { [["element": $0, "occu": 1.0]] } ?? []
    for item in species {
      guard let kind = item as? [String: Any], let symbol = kind["element"] as? String else { continue }
      let z: UInt8
      do throws(Rejection) {
        z = try Element.number(ofSpecies: symbol)
      } catch {
        throw Rejection(error.code, "site \(i + 1): \(error.description)")
      }
      // One element in several charges is one atom.
      guard found ?? z == z else { throw Rejection("mixed_occupancy", "several elements share site \(i + 1)") }
      found = z
      sum += double(kind["occu"]) ?? 1
    }
    guard let found else { throw Rejection("unknown_element", "site \(i + 1) has no species") }
    guard abs(sum - 1) < 0.02 else { throw Rejection("partial_occupancy", "site \(i + 1) has occupancy \(sum)") }
    return found
  }

  // MARK: OPTIMADE

  private static func optimade(_ structure: [String: Any], _ options: ReadingOptions) throws -> (Crystal, CalculatedResults) {
    if let types = structure["dimension_types"] as? [Any], types.contains(where: { double($0) != 1 }) {
      throw Rejection("not_periodic", "dimension_types: not periodic in three directions")
    }
    guard let rows = structure["lattice_vectors"] as? [Any], let matrix = matrix(rows) else {
      throw Rejection("bad_cell", "lattice_vectors are no nine numbers")
    }
    guard let positions = structure["cartesian_site_positions"] as? [Any], let names = structure["species_at_sites"] as? [Any],
      positions.count == names.count
    else { throw Rejection("no_atoms", "no cartesian_site_positions with as many species_at_sites") }
    guard names.count <= CIF.maximumSites else {
      throw Rejection("too_many_atoms", "\(names.count) atoms, more than \(CIF.maximumSites)")
    }
    if let features = structure["structure_features"] as? [Any], features.contains(where: { $0 as? String == "implicit_atoms" })
    {
      throw Rejection("hydrogens_missing", "structure_features: implicit_atoms are not listed")
    }
    var kinds: [String: [String: Any]] = [:]
    for item in structure["species"] as? [Any] ?? [] {
      if let kind = item as? [String: Any], let name = kind["name"] as? String { kinds[name] = kind }
    }
    let inverse = Lattice(vectors: matrix).vectors.inverse
    var atomicNumbers: [UInt8] = []
    var coordinates: [Vector3] = []
    for (i, (name, position)) in zip(names, positions).enumerated() {
      guard let name = name as? String, let x = (position as? [Any]).flatMap(vector) else {
        throw Rejection("bad_coordinates", "site \(i + 1) has no usable coordinates")
      }
      atomicNumbers.append(try element(optimade: kinds[name], name: name, i))
      coordinates.append(x * inverse)
    }
    let crystal = try Crystal.checked(
      lattice: Lattice(vectors: matrix), atomicNumbers: atomicNumbers, fractionalCoordinates: coordinates, options: options)
    if let formula = structure["chemical_formula_reduced"] as? String, !options.trustSites {
      try crystal.check(formula: formula)
    }
    return (crystal, CalculatedResults())
  }

  private static func element(optimade kind: [String: Any]?, name: String, _ i: Int) throws -> UInt8 {
    guard let kind else { return try Element.number(ofSpecies: name) }
    if let attached = kind["nattached"] as? [Any], attached.contains(where: { (double($0) ?? 0) > 0 }) {
      throw Rejection("hydrogens_missing", "site \(i + 1) (\(name)) has atoms attached that are not listed")
    }
    let symbols = (kind["chemical_symbols"] as? [Any] ?? []).compactMap { $0 as? String }
    let shares = (kind["concentration"] as? [Any] ?? []).compactMap(double)
    let elements = Set(try symbols.map { $0 == "vacancy" ? 0 : try Element.number(ofSpecies: $0) })
    guard let z = elements.max(), z > 0 else { throw Rejection("vacancy", "site \(i + 1) (\(name)) is a vacancy") }
    guard elements.count == 1 else {
      throw Rejection(
        elements.contains(0) ? "partial_occupancy" : "mixed_occupancy",
        "site \(i + 1) (\(name)): \(symbols.joined(separator: ", "))")
    }
    let sum = shares.reduce(0, +)
    guard shares.isEmpty || abs(sum - 1) < 0.02 else {
      throw Rejection("partial_occupancy", "site \(i + 1) (\(name)) has occupancy \(sum)")
    }
    return z
  }

  // MARK: Values

  private static func double(_ value: Any?) -> Double? {
    (value as? NSNumber).map(\.doubleValue).flatMap { $0.isFinite ? $0 : nil }
  }

  private static func vector(_ values: [Any?]) -> Vector3? {
    let numbers = values.compactMap { double($0) }
    return values.count == 3 && numbers.count == 3 ? Vector3(numbers[0], numbers[1], numbers[2]) : nil
  }

  private static func matrix(_ rows: [Any]) -> Matrix3? {
    let vectors = rows.compactMap { ($0 as? [Any]).flatMap(vector) }
    return rows.count == 3 && vectors.count == 3 ? Matrix3(vectors[0], vectors[1], vectors[2]) : nil
  }

  private static func text(_ value: Any?) -> String? {
    if let text = value as? String { return text.isEmpty ? nil : text }
    return (value as? NSNumber)?.stringValue
  }

  private static func numbers(_ object: [String: Any]) -> [String: Double] {
    object.compactMapValues(double).filter { name, _ in
      !nameKeys.contains(name) && name.utf8.count < 64
        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
    }
  }

  // MARK: Writing

  /// The crystals as pymatgen's Structure: one object, a list of them, or a line each; names and numbers under `properties`.
  static func text(_ entries: [CrystalWriter.Entry], isLines: Bool) -> String {
    let objects = entries.map(object)
    if isLines { return objects.joined(separator: "\n") + "\n" }
    return (objects.count == 1 ? objects[0] : "[" + objects.joined(separator: ",\n") + "]") + "\n"
  }

  private static func object(_ entry: CrystalWriter.Entry) -> String {
    let (crystal, lattice) = (entry.crystal, entry.crystal.lattice)
    func list(_ v: Vector3) -> String { "[\(v.x), \(v.y), \(v.z)]" }
    let (lengths, angles) = (lattice.lengths, lattice.angles)
    let forces = entry.results.forces.flatMap { $0.count == crystal.count && $0.allSatisfy { $0.sum().isFinite } ? $0 : nil }
    let sites = crystal.atomicNumbers.indices.map { i in
      let symbol = Element.symbol(Int(crystal.atomicNumbers[i]))
      let x = crystal.fractionalCoordinates[i]
      let properties = forces.map { "{\"forces\": \(list($0[i]))}" } ?? "{}"
      return
        "{\"species\": [{\"element\": \"\(symbol)\", \"occu\": 1}], \"abc\": \(list(x)), \"xyz\": \(list(lattice.cartesian(x))), "
        + "\"properties\": \(properties), \"label\": \"\(symbol)\"}"
    }
    let numbers = entry.results.numbers.filter { $0.value.isFinite && $0.key != "material_id" }.sorted { $0.key < $1.key }
    let stress = entry.results.stress.flatMap {
      $0[0].sum().isFinite && $0[1].sum().isFinite && $0[2].sum().isFinite ? $0 : nil
    }
    let properties =
      ["\"material_id\": \(jsonText(entry.id))"]
      + (stress.map { s in ["\"stress\": [\((0..<3).map { list(s[$0]) }.joined(separator: ", "))]"] } ?? [])
      + numbers.map { "\(jsonText($0.key)): \($0.value)" }
    return "{\"@module\": \"pymatgen.core.structure\", \"@class\": \"Structure\", \"charge\": 0, \"lattice\": {\"matrix\": "
      + "[\((0..<3).map { list(lattice.vectors[$0]) }.joined(separator: ", "))], \"pbc\": [true, true, true], "
      + "\"a\": \(lengths.x), \"b\": \(lengths.y), \"c\": \(lengths.z), \"alpha\": \(angles.x), \"beta\": \(angles.y), "
      + "\"gamma\": \(angles.z), \"volume\": \(lattice.volume)}, \"properties\": {\(properties.joined(separator: ", "))}, "
      + "\"sites\": [\(sites.joined(separator: ", "))]}"
  }
}
