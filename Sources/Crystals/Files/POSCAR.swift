/// Reads and writes crystals as VASP does (POSCAR, CONTCAR; VASP 5 and 6, VASP 4 where the first line names the elements).
public enum POSCAR {
  /// The crystal of a POSCAR file and its first line.
  ///
  /// - Throws: `Rejection` where the text is none or its crystal of no use.
  public static func read(
    _ text: [UInt8], options: ReadingOptions = ReadingOptions()
  ) throws(Rejection) -> (comment: String, crystal: Crystal) {
    var lines = TextLines(try PlainText.ascii(text, limit: CIF.maximumLength))
    let comment = String(lines.next() ?? "").trimmingSpaces
    let scale = (lines.words() ?? []).prefix { fortranDecimal($0) != nil }.compactMap { fortranDecimal($0) }
    var rows: [Vector3] = []
    while rows.count < 3 {
      guard let row = vector(lines.words() ?? []) else {
        throw Rejection("unreadable_poscar", "line \(lines.number) is no lattice vector")
      }
      rows.append(row)
    }
    let factor = try scaling(scale, lattice: Matrix3(rows[0], rows[1], rows[2]))
    let lattice = Lattice(vectors: Matrix3(rows[0] * factor, rows[1] * factor, rows[2] * factor))
    let numbers = try species(&lines, comment: comment)
    var mode = lines.words()
    if mode?.first?.first.map({ "sS".contains($0) }) ?? false { mode = lines.words() }
    // VASP looks at the first letter alone: all but C and K is direct. A line of numbers says that this line is missing.
    guard let mode, mode.count < 3 || !mode.prefix(3).allSatisfy({ fortranDecimal($0) != nil }) else {
      throw Rejection("unreadable_poscar", "line \(lines.number) says neither Direct nor Cartesian")
    }
    let isCartesian = mode.first?.first.map { "cCkK".contains($0) } ?? false
    let inverse = try Lattice.checked(lattice).vectors.inverse
    var coordinates: [Vector3] = []
    for _ in numbers {
      guard let x = vector(lines.words() ?? []) else {
        throw Rejection(
          "unreadable_poscar", "line \(lines.number) has no coordinates of an atom (\(numbers.count) atoms announced)")
      }
      coordinates.append(isCartesian ? (x * factor) * inverse : x)
    }
    return (
      comment,
      try Crystal.checked(
        lattice: lattice, atomicNumbers: numbers, fractionalCoordinates: coordinates, options: options)
    )
  }

  /// The factors on x, y, z: one number, three, or minus the volume in cubic angstrom.
  private static func scaling(_ scale: [Double], lattice: Matrix3) throws(Rejection) -> Vector3 {
    if scale.count == 3, scale.allSatisfy({ $0 > 0 }) { return Vector3(scale[0], scale[1], scale[2]) }
    guard let first = scale.first, scale.count != 3, first != 0 else {
      throw Rejection("unreadable_poscar", "line 2 has no scale factor")
    }
    guard first < 0 else { return Vector3(repeating: first) }
    let factor = _cubeRoot(-first / abs(lattice.determinant))
    guard factor.isFinite else { throw Rejection("bad_cell", "the cell has no volume") }
    return Vector3(repeating: factor)
  }

  /// The atomic number of every atom, from the lines of symbols and counts.
  private static func species(_ lines: inout TextLines, comment: String) throws(Rejection) -> [UInt8] {
    func words() -> [Substring] { Array((lines.words() ?? []).prefix { !"!#".contains($0.first ?? "!") }) }
    var symbols = words()
    var counts = symbols
    if symbols.first.map({ Int($0) == nil }) ?? true {
      // More than twenty kinds go on over several lines, and so do their numbers.
      counts = words()
      while let first = counts.first, Int(first) == nil, symbols.count < 1000, (try? elements(counts)) != nil {
        symbols += counts
        counts = words()
      }
      while counts.count < symbols.count, !counts.isEmpty, counts.allSatisfy({ Int($0) != nil }) {
        let more = words()
        if more.isEmpty { break }
        counts += more
      }
    } else {
      symbols = comment.split(separator: " ")
    }
    let amounts = counts.prefix { Int($0) != nil }.compactMap { Int($0) }
    guard !amounts.isEmpty, amounts.count <= symbols.count, amounts.allSatisfy({ $0 >= 0 }) else {
      throw Rejection("unreadable_poscar", "line \(lines.number) has no number of atoms for every element")
    }
    var total = 0
    for amount in amounts {
      guard amount <= CIF.maximumSites, total + amount <= CIF.maximumSites else {
        throw Rejection("too_many_atoms", "more than \(CIF.maximumSites) atoms")
      }
      total += amount
    }
    let kinds = try elements(Array(symbols.prefix(amounts.count)))
    return zip(kinds, amounts).flatMap { [UInt8](repeating: $0, count: $1) }
  }

  /// Names of pseudopotentials follow an underscore, their checksums a slash: `Fe_pv`, `Si/0a1b`.
  private static func elements(_ symbols: [Substring]) throws(Rejection) -> [UInt8] {
    var numbers: [UInt8] = []
    for symbol in symbols {
      let name = String(symbol.prefix { $0 != "_" && $0 != "/" && $0 != "." })
      guard !name.isEmpty else { throw Rejection("unknown_element", "'\(symbol)' is no element") }
      numbers.append(try Element.number(ofSpecies: name))
    }
    return numbers
  }

  /// The crystal as VASP 5 reads it, its atoms sorted by element.
  ///
  /// - Parameter comment: the first line; line ends in it become blanks.
  public static func text(_ crystal: Crystal, comment: String) -> String {
    let elements = crystal.composition
    var text = String(comment.map { $0.isNewline ? " " : $0 }) + "\n1.0\n"
    for i in 0..<3 { text += "  \(PlainText.fixed(crystal.lattice.vectors[i], digits: 12))\n" }
    text += elements.map { " " + Element.symbol($0.atomicNumber) }.joined() + "\n"
    text += elements.map { " \($0.count)" }.joined() + "\nDirect\n"
    for (z, _) in elements {
      for i in crystal.atomicNumbers.indices where Int(crystal.atomicNumbers[i]) == z {
        text += "  \(PlainText.fixed(crystal.fractionalCoordinates[i], digits: 12))\n"
      }
    }
    return text
  }
}
