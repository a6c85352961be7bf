/// Reads and writes crystals as extended XYZ (https://github.com/libAtoms/extxyz): a count, a line of keys, one line an atom.
public enum Extxyz {
  /// Longer files are refused unread, in bytes.
  public static let maximumLength = 1 << 30

  /// One crystal of a file, and what was computed for it.
  public struct Frame: Sendable {
    /// From one of the keys `name`, `id`, `material_id`, …; nil where the frame has none.
    public var name: String?
    /// The crystal, or why there is none.
    public var crystal: Result<Crystal, Rejection>
    /// What was computed for it.
    public var results = CalculatedResults()
  }

  /// Keys that name a frame, the first that is there counts.
  public static let nameKeys = [
    "name", "id", "material_id", "mp_id", "mpid", "mat_id", "structure_id", "structure_name", "entry_id", "task_id",
    "identifier",
    "uid", "jid", "sid", "config_name", "label",
  ]

  /// The name among keys in small letters with `_` for `-`: one of `nameKeys`, else anything that ends in `_id`.
  private static func name(_ keys: [String: String]) -> String? {
    func value(_ key: String) -> String? {
      (keys[key] ?? keys[key.map { $0 == "_" ? "-" : String($0) }.joined()]).flatMap { $0.isEmpty ? nil : $0 }
    }
    if let name = nameKeys.lazy.compactMap(value).first { return name }
    return keys.keys.filter { $0.hasSuffix("_id") || $0.hasSuffix("-id") }.sorted().lazy.compactMap(value).first
  }

  /// The crystals of all frames.
  ///
  /// - Returns: for each frame its name (else its number) and its crystal or why it has none.
  /// - Throws: `Rejection` where the text has no frame.
  public static func read(
    _ text: [UInt8], options: ReadingOptions = ReadingOptions()
  ) throws(Rejection) -> [(name: String, crystal: Result<Crystal, Rejection>)] {
    try frames(text, options: options).enumerated().map { ($0.element.name ?? "frame \($0.offset + 1)", $0.element.crystal) }
  }

  /// All frames with their names and results.
  ///
  /// - Throws: `Rejection` where the text has no frame.
  public static func frames(_ text: [UInt8], options: ReadingOptions = ReadingOptions()) throws(Rejection) -> [Frame] {
    var lines = TextLines(try PlainText.ascii(text, limit: maximumLength))
    var frames: [Frame] = []
    while let words = lines.words() {
      // Blank lines stand between frames and behind the last in files of many programs.
      if words.isEmpty { continue }
      guard words.count == 1, let count = Int(words[0]), count >= 0, let comment = lines.next() else {
        let error = Rejection("unreadable_extxyz", "line \(lines.number) is no number of atoms")
        if frames.isEmpty { throw error }
        // Where the next frame starts is anybody's guess.
        frames.append(Frame(name: nil, crystal: .failure(error)))
        break
      }
      let spelled = keys(comment)
      let keys = Dictionary(spelled.map { ($0.key.lowercased(), $0.value) }) { $1 }
      let name = name(keys)
      var rows: [[Substring]] = []
      var missing = count
      // A frame too large is stepped over, not stored.
      while missing > 0, let row = lines.words() {
        missing -= 1
        if count <= CIF.maximumSites { rows.append(row) }
      }
      do throws(Rejection) {
        guard count <= CIF.maximumSites else {
          throw Rejection("too_many_atoms", "\(count) atoms, more than \(CIF.maximumSites)")
        }
        guard missing == 0 else { throw Rejection("unreadable_extxyz", "\(missing) of \(count) atoms are missing") }
        let (crystal, forces, columns) = try crystal(keys, rows, options)
        var results = CalculatedResults(keys: spelled, forces: forces, nameKeys)
        results.columns = columns
        frames.append(Frame(name: name, crystal: .success(crystal), results: results))
      } catch {
        frames.append(Frame(name: name, crystal: .failure(error)))
      }
    }
    guard !frames.isEmpty else { throw Rejection("no_atoms", "no frame") }
    return frames
  }

  private static func crystal(
    _ keys: [String: String], _ rows: [[Substring]], _ options: ReadingOptions
  ) throws(Rejection) -> (crystal: Crystal, forces: [Vector3]?, columns: [CalculatedResults.Column]) {
    // Nine numbers in a row, or the rows of a matrix in brackets of their own.
    guard let numbers = (keys["lattice"] ?? keys["cell"])?.split(whereSeparator: { " ,\t[]{}".contains($0) }) else {
      throw Rejection("no_lattice", "no key Lattice")
    }
    guard numbers.count == 9, let a = vector(numbers), let b = vector(numbers[3...]), let c = vector(numbers[6...]) else {
      throw Rejection("bad_cell", "Lattice has not nine numbers")
    }
    if let pbc = keys["pbc"], pbc.lowercased().contains("f") || pbc.contains("0") {
      throw Rejection("not_periodic", "pbc=\"\(pbc)\": not periodic in three directions")
    }
    let columns = try columns(keys["properties"] ?? "species:S:1:pos:R:3")
    let lattice = try Lattice.checked(Lattice(vectors: Matrix3(a, b, c)))
    let inverse = lattice.vectors.inverse
    var atomicNumbers: [UInt8] = []
    var coordinates: [Vector3] = []
    var forces: [Vector3]? = columns.forces == nil ? nil : []
    for (i, row) in rows.enumerated() {
      guard row.count >= columns.width, let position = vector(row[columns.position...]) else {
        throw Rejection("bad_coordinates", "atom \(i + 1) has no usable coordinates")
      }
      let species = String(row[columns.species])
      if columns.speciesAreNumbers || species.first?.isNumber ?? false, let number = Int(species) {
        guard (1...Element.last).contains(number) else { throw Rejection("unknown_element", "'\(species)' is no element") }
        atomicNumbers.append(UInt8(number))
      } else {
        atomicNumbers.append(try Element.number(ofSpecies: species))
      }
      coordinates.append(position * inverse)
      if let start = columns.forces {
        if let force = vector(row[start...]) { forces?.append(force) } else { forces = nil }
      }
    }
    let crystal = try Crystal.checked(
      lattice: lattice, atomicNumbers: atomicNumbers, fractionalCoordinates: coordinates, options: options)
    // What else stands beside the atoms, in numbers.
    let others = columns.others.compactMap { other -> CalculatedResults.Column? in
      let values = rows.flatMap { row in row[other.start..<other.start + other.width].compactMap { fortranDecimal($0) } }
      guard values.count == rows.count * other.width else { return nil }
      return CalculatedResults.Column(name: other.name, isWhole: other.isWhole, width: other.width, values: values)
    }
    return (crystal, forces, others)
  }

  private struct Columns {
    var species: Int
    var speciesAreNumbers: Bool
    var position: Int
    var forces: Int?
    var width: Int
    var others: [(name: String, isWhole: Bool, start: Int, width: Int)]
  }

  /// Where the species and the positions stand, from `name:type:width` triples.
  private static func columns(_ properties: String) throws(Rejection) -> Columns {
    let fields = properties.split(separator: ":", omittingEmptySubsequences: false)
    var starts: [String: Int] = [:]
    var others: [(name: String, isWhole: Bool, start: Int, width: Int)] = []
    var width = 0
    guard fields.count.isMultiple(of: 3) else {
      throw Rejection("unreadable_extxyz", "Properties=\(properties) is no list of columns")
    }
    for k in stride(from: 0, to: fields.count, by: 3) {
      guard let n = Int(fields[k + 2]), (1...1000).contains(n), width < 100_000 else {
        throw Rejection("unreadable_extxyz", "Properties=\(properties) is no list of columns")
      }
      let name = fields[k].lowercased()
      if name == "pos" || name == "positions", n != 3 { throw Rejection("unreadable_extxyz", "positions have \(n) columns") }
      // Forces are three numbers an atom; anything else of that name is some other property.
      let isOwn = ["species", "pos", "positions", "z", "numbers", "atomic_numbers", "forces", "force"].contains(name)
      if !["forces", "force"].contains(name) || n == 3 { starts[name] = width }
      if !isOwn, fields[k + 1] == "R" || fields[k + 1] == "I" {
        others.append((String(fields[k]), fields[k + 1] == "I", width, n))
      }
      width += n
    }
    let numbers = starts["z"] ?? starts["numbers"] ?? starts["atomic_numbers"]
    guard let position = starts["pos"] ?? starts["positions"], let species = starts["species"] ?? numbers, position + 3 <= width
    else {
      throw Rejection("unreadable_extxyz", "Properties=\(properties) has no species and pos")
    }
    return Columns(
      species: species, speciesAreNumbers: starts["species"] == nil, position: position,
      forces: starts["forces"] ?? starts["force"], width: width, others: others)
  }

  /// Keys and values of a line such as `Lattice="5 0 0 …" pbc="T T T" energy=-1.5 flag`.
  static func keys(_ line: Substring) -> [String: String] {
    var keys: [String: String] = [:]
    var rest = line
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" }
      guard !rest.isEmpty else { return keys }
      var key = rest.prefix { $0 != "=" && $0 != " " && $0 != "\t" }
      if rest.first == "\"" {
        key = Substring(quoted(&rest))
      } else {
        rest = rest.dropFirst(key.count)
      }
      let afterBlanks = rest.drop { $0 == " " }
      var value: Substring = "T"
      if afterBlanks.first == "=" {
        rest = afterBlanks.dropFirst().drop { $0 == " " }
        if let first = rest.first, first == "\"" || first == "'" {
          value = Substring(quoted(&rest))
        } else if let first = rest.first, first == "[" || first == "{" {
          value = bracketed(&rest)
        } else {
          value = rest.prefix { $0 != " " && $0 != "\t" }
          rest = rest.dropFirst(value.count)
        }
      }
      keys[String(key)] = String(value)
    }
  }

  /// A text in quotes at the front, taken away with them; a backslash takes its meaning from the quote behind it.
  private static func quoted(_ rest: inout Substring) -> String {
    let quote = rest.removeFirst()
    var text = ""
    while let next = rest.popFirst() {
      if next == quote { break }
      if next == "\\", let escaped = rest.popFirst() {
        text.append(escaped == "n" ? "\n" : escaped)
      } else {
        text.append(next)
      }
    }
    return text
  }

  /// What stands in brackets at the front, with the brackets inside it, taken away.
  private static func bracketed(_ rest: inout Substring) -> Substring {
    var depth = 0
    var end = rest.startIndex
    for i in rest.indices {
      if "[{".contains(rest[i]) { depth += 1 }
      if "]}".contains(rest[i]) { depth -= 1 }
      end = rest.index(after: i)
      if depth == 0 { break }
    }
    let value = rest[rest.index(after: rest.startIndex)..<end]
    rest = rest[end...]
    return depth == 0 ? value.dropLast() : value
  }

  /// One frame; texts of several frames are joined as they are.
  ///
  /// - Parameters:
  ///   - name: written as the key `name`.
  ///   - properties: numbers of the crystal, e.g. its energy in eV as `energy`; NaN are left out.
  ///   - results: further numbers, forces (a column `forces` in eV/angstrom) and stress (nine numbers in eV/angstrom^3), named as
  ///     ASE names them.
  public static func text(
    _ crystal: Crystal, name: String, properties: [(name: String, value: Double)] = [],
    results: CalculatedResults = CalculatedResults()
  ) -> String {
    let rows = (0..<3).map { PlainText.fixed(crystal.lattice.vectors[$0], digits: 12) }
    let word = String(name.map { $0.isNewline ? "_" : $0 }.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] })
    let forces = results.forces.flatMap { $0.count == crystal.count && $0.allSatisfy { $0.sum().isFinite } ? $0 : nil }
    let others = results.columns.filter { $0.values.count == crystal.count * $0.width }
    let columns =
      "species:S:1:pos:R:3" + (forces == nil ? "" : ":forces:R:3")
      + others.map { ":\($0.name):\($0.isWhole ? "I" : "R"):\($0.width)" }.joined()
    var text =
      "\(crystal.count)\nLattice=\"\(rows.joined(separator: " "))\" Properties=\(columns) pbc=\"T T T\" name=\"\(word)\""
    for property in properties where property.value.isFinite { text += " \(property.name)=\(property.value)" }
    for (key, value) in results.numbers.sorted(by: { $0.key < $1.key }) where value.isFinite { text += " \(key)=\(value)" }
    if let stress = results.stress {
      text += " stress=\"\((0..<3).flatMap { i in (0..<3).map { "\(stress[i][$0])" } }.joined(separator: " "))\""
    }
    text += "\n"
    for (i, (z, x)) in zip(crystal.atomicNumbers, crystal.fractionalCoordinates).enumerated() {
      text += "\(Element.symbol(Int(z))) \(PlainText.fixed(crystal.lattice.cartesian(x), digits: 12))"
      if let forces { text += " \(PlainText.fixed(forces[i], digits: 12))" }
      for other in others { text += other.text(row: i) }
      text += "\n"
    }
    return text
  }
}
