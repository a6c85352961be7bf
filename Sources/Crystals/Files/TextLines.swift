/// The lines of a text, one after the other.
struct TextLines {
  private let text: [UInt8]
  private var start = 0
  /// Number of the line that came last, from 1.
  private(set) var number = 0

  /// - Parameter text: ASCII, lines ended by LF.
  init(_ text: [UInt8]) { self.text = text }

  /// The next line without its end, nil behind the last.
  mutating func next() -> Substring? {
    guard start < text.count else { return nil }
    let end = text[start...].firstIndex(of: 0x0A) ?? text.count
    defer { start = end + 1 }
    number += 1
    return Substring(decoding: text[start..<end], as: UTF8.self)
  }

  /// The words of the next line, nil behind the last.
  mutating func words() -> [Substring]? {
    guard start < text.count else { return nil }
    let end = text[start...].firstIndex(of: 0x0A) ?? text.count
    defer { start = end + 1 }
    number += 1
    return text[start..<end].split { $0 == 0x20 || $0 == 0x09 }.map { Substring(decoding: $0, as: UTF8.self) }
  }
}

extension Element {
  /// The atomic number of a symbol as programs write it: `Fe`, `Fe3+`, `7Li`, `D`.
  ///
  /// - Throws: `Rejection` where it is no single element: a vacancy, a group, several elements, nothing known.
  public static func number(ofSpecies name: String) throws(Rejection) -> UInt8 {
    let species = ElementName(type: name)
    if let rejection = species.rejection { throw rejection }
    guard species.group.isEmpty, let z = species.choices.first else {
      throw Rejection("group_site", "'\(name)' is a group of atoms, no element")
    }
    return UInt8(z)
  }
}

/// Three numbers, nil where there are fewer or one is no number.
func vector(_ words: some Collection<Substring>) -> Vector3? {
  var v = Vector3.zero
  var i = 0
  for word in words.prefix(3) {
    guard let value = fortranDecimal(word) else { return nil }
    v[i] = value
    i += 1
  }
  return i == 3 ? v : nil
}

/// A number as `decimal` takes it, or with the exponent that Fortran writes: `0.564D+01`.
func fortranDecimal(_ word: some StringProtocol) -> Double? {
  if let value = decimal(word) { return value }
  guard word.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "d") }) else { return nil }
  return decimal(String(word.map { $0 == "d" || $0 == "D" ? "e" : $0 }))
}

extension Crystal {
  /// A crystal from all atoms of a cell, as a file gives them.
  ///
  /// - Parameters:
  ///   - atomicNumbers: (A) 1...118.
  ///   - fractionalCoordinates: (A), wrapped into the cell.
  ///   - options: what is refused.
  /// - Throws: `Rejection` for a cell without volume, no or too many atoms, coordinates out of all proportion, atoms at one place or
  ///   too near to each other.
  public static func checked(
    lattice: Lattice, atomicNumbers: [UInt8], fractionalCoordinates: [Vector3], options: ReadingOptions = ReadingOptions()
  ) throws(Rejection) -> Crystal {
    let lattice = try Lattice.checked(lattice)
    guard !atomicNumbers.isEmpty else { throw Rejection("no_atoms", "the cell has no atoms") }
    guard atomicNumbers.count <= CIF.maximumSites else {
      throw Rejection("too_many_atoms", "\(atomicNumbers.count) atoms, more than \(CIF.maximumSites)")
    }
    let metric = lattice.metric
    for (i, x) in fractionalCoordinates.enumerated() {
      guard x.sum().isFinite, abs(x.max()) < 1e4, abs(x.min()) < 1e4 else {
        throw Rejection("bad_coordinates", "atom \(i + 1) has no usable coordinates")
      }
      for k in 0..<i where squaredDistance(x, fractionalCoordinates[k], metric) < CIFBlock.samePlace * CIFBlock.samePlace {
        throw Rejection("atoms_overlap", "atoms \(k + 1) and \(i + 1) are at one place")
      }
    }
    let crystal = Crystal(
      lattice: lattice, atomicNumbers: atomicNumbers, fractionalCoordinates: fractionalCoordinates.map(\.wrapped))
    if !options.trustSites {
      try crystal.checkDistances(options) { "atom \($0 + 1) (\(Element.symbol(Int(atomicNumbers[$0]))))" }
    }
    return crystal
  }
}
