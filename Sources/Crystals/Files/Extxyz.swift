/// Reads and writes crystals as extended XYZ (https://github.com/libAtoms/extxyz): a count, a line of keys, one line an atom.
public enum Extxyz {
  /// Longer files are refused unread, in bytes.
  public static let maximumLength = 1 << 30

  /// The crystals of all frames.
  ///
  /// - Returns: for each frame its name (key `name`, `id` or `material_id`, else its number) and its crystal or why it has none.
  /// - Throws: `Rejection` where the text has no frame.
  public static func read(_ text: [UInt8]) throws(Rejection) -> [(name: String, crystal: Result<Crystal, Rejection>)] {
    var lines = TextLines(try PlainText.ascii(text, limit: maximumLength))
    var frames: [(name: String, crystal: Result<Crystal, Rejection>)] = []
    while let words = lines.words() {
      // Blank lines stand between frames and behind the last in files of many programs.
      if words.isEmpty { continue }
      guard words.count == 1, let count = Int(words[0]), count >= 0, let comment = lines.next() else {
        let error = Rejection("unreadable_extxyz", "line \(lines.number) is no number of atoms")
        if frames.isEmpty { throw error }
        // Where the next frame starts is anybody's guess.
        frames.append(("frame \(frames.count + 1)", .failure(error)))
        break
      }
      let keys = keys(comment)
      let name = ["name", "id", "material_id"].lazy.compactMap { keys[$0] }.first ?? "frame \(frames.count + 1)"
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
        frames.append((name, .success(try crystal(keys, rows))))
      } catch {
        frames.append((name, .failure(error)))
      }
    }
    guard !frames.isEmpty else { throw Rejection("no_atoms", "no frame") }
    return frames
  }

  private static func crystal(_ keys: [String: String], _ rows: [[Substring]]) throws(Rejection) -> Crystal {
    guard let numbers = (keys["lattice"] ?? keys["cell"])?.split(whereSeparator: { " ,\t".contains($0) }) else {
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
    for (i, row) in rows.enumerated() {
      guard row.count >= columns.width, let position = vector(row[columns.position...]) else {
        throw Rejection("bad_coordinates", "atom \(i + 1) has no usable coordinates")
      }
      let species = String(row[columns.species])
      let number = columns.speciesAreNumbers ? Int(species) : Element.atomicNumber(species)
      guard let number, (1...Element.last).contains(number) else {
        throw Rejection("unknown_element", "'\(species)' is no element")
      }
      atomicNumbers.append(UInt8(number))
      coordinates.append(position * inverse)
    }
    return try Crystal.checked(lattice: lattice, atomicNumbers: atomicNumbers, fractionalCoordinates: coordinates)
  }

  private struct Columns {
    var species: Int
    var speciesAreNumbers: Bool
    var position: Int
    var width: Int
  }

  /// Where the species and the positions stand, from `name:type:width` triples.
  private static func columns(_ properties: String) throws(Rejection) -> Columns {
    let fields = properties.split(separator: ":", omittingEmptySubsequences: false)
    var starts: [String: Int] = [:]
    var width = 0
    guard fields.count.isMultiple(of: 3) else {
      throw Rejection("unreadable_extxyz", "Properties=\(properties) is no list of columns")
    }
    for k in stride(from: 0, to: fields.count, by: 3) {
      guard let n = Int(fields[k + 2]), (1...1000).contains(n), width < 100_000 else {
        throw Rejection("unreadable_extxyz", "Properties=\(properties) is no list of columns")
      }
      let name = fields[k].lowercased()
      if name == "pos", n != 3 { throw Rejection("unreadable_extxyz", "positions have \(n) columns") }
      starts[name] = width
      width += n
    }
    let numbers = starts["z"] ?? starts["numbers"] ?? starts["atomic_numbers"]
    guard let position = starts["pos"] ?? starts["positions"], let species = starts["species"] ?? numbers, position + 3 <= width
    else {
      throw Rejection("unreadable_extxyz", "Properties=\(properties) has no species and pos")
    }
    return Columns(species: species, speciesAreNumbers: starts["species"] == nil, position: position, width: width)
  }

  /// Keys in lower case and values of a line such as `Lattice="5 0 0 …" pbc="T T T" energy=-1.5 flag`.
  static func keys(_ line: Substring) -> [String: String] {
    var keys: [String: String] = [:]
    var rest = line
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" }
      guard !rest.isEmpty else { return keys }
      let key = rest.prefix { $0 != "=" && $0 != " " && $0 != "\t" }
      rest = rest.dropFirst(key.count)
      let afterBlanks = rest.drop { $0 == " " }
      var value: Substring = "T"
      if afterBlanks.first == "=" {
        rest = afterBlanks.dropFirst().drop { $0 == " " }
        let closing: Character? = rest.first.flatMap { ["\"": "\"", "'": "'", "{": "}", "[": "]"][$0] }
        if let closing {
          rest = rest.dropFirst()
          value = rest.prefix { $0 != closing }
          rest = rest.dropFirst(value.count + 1)
        } else {
          value = rest.prefix { $0 != " " && $0 != "\t" }
          rest = rest.dropFirst(value.count)
        }
      }
      keys[key.lowercased()] = String(value)
    }
  }

  /// One frame; texts of several frames are joined as they are.
  ///
  /// - Parameters:
  ///   - name: written as the key `name`.
  ///   - properties: numbers of the crystal, e.g. its energy in eV as `energy`; NaN are left out.
  public static func text(_ crystal: Crystal, name: String, properties: [(name: String, value: Double)] = []) -> String {
    let rows = (0..<3).map { PlainText.fixed(crystal.lattice.vectors[$0], digits: 12) }
    let word = String(name.map { $0 == "\"" || $0.isNewline ? "_" : $0 })
    var text =
      "\(crystal.count)\nLattice=\"\(rows.joined(separator: " "))\" Properties=species:S:1:pos:R:3 pbc=\"T T T\" name=\"\(word)\""
    for property in properties where property.value.isFinite { text += " \(property.name)=\(property.value)" }
    text += "\n"
    for (z, x) in zip(crystal.atomicNumbers, crystal.fractionalCoordinates) {
      text += "\(Element.symbol(Int(z))) \(PlainText.fixed(crystal.lattice.cartesian(x), digits: 12))\n"
    }
    return text
  }
}
