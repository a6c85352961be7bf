/// Reads and writes crystals as VASP does (POSCAR, CONTCAR; VASP 5 and 6, VASP 4 where the first line names the elements).
public enum POSCAR {
  /// The crystal of a POSCAR file and its first line.
  ///
  /// - Throws: `Rejection` where the text is none or its crystal of no use.
  public static func read(_ text: [UInt8]) throws(Rejection) -> (comment: String, crystal: Crystal) {
    var lines = TextLines(try PlainText.ascii(text, limit: CIF.maximumLength))
    let comment = String(lines.next() ?? "").trimmingSpaces
    let scale = (lines.words() ?? []).prefix { decimal($0) != nil }.compactMap { decimal($0) }
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
    var mode = lines.words() ?? []
    if mode.first?.first.map({ "sS".contains($0) }) ?? false { mode = lines.words() ?? [] }
    guard let initial = mode.first?.first, "dDcCkK".contains(initial) else {
      throw Rejection("unreadable_poscar", "line \(lines.number) says neither Direct nor Cartesian")
    }
    let isCartesian = "cCkK".contains(initial)
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
      comment, try Crystal.checked(lattice: lattice, atomicNumbers: numbers, fractionalCoordinates: coordinates)
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
    var symbols = lines.words() ?? []
    var counts = symbols
    if symbols.first.map({ Int($0) == nil }) ?? true {
      counts = lines.words() ?? []
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
    var numbers: [UInt8] = []
    for (symbol, amount) in zip(symbols, amounts) {
      // Names of pseudopotentials follow an underscore, their checksums a slash: `Fe_pv`, `Si/0a1b`.
      let name = symbol.prefix { $0 != "_" && $0 != "/" && $0 != "." }
      guard let z = Element.atomicNumber(String(name)) else {
        throw Rejection("unknown_element", "'\(symbol)' is no element")
      }
      numbers += [UInt8](repeating: UInt8(z), count: amount)
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
