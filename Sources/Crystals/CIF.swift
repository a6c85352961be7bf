import CGemmi

/// Why a record was not taken: what is wrong with it, in a word for tables and in a sentence for people.
public struct Rejection: Error, Equatable, CustomStringConvertible, Sendable {
  /// For tables, e.g. `partial_occupancy`.
  public let code: String
  public let description: String

  public init(_ code: String, _ description: String) {
    self.code = code
    self.description = description
  }
}

/// Reads crystals from CIF text (International Tables for Crystallography, vol. G) by way of gemmi.
public enum CIF {
  /// More atom sites than this are refused before anything is computed.
  public static let maximumSites = 2000

  /// The crystals of all data blocks that have atom sites.
  ///
  /// Symmetry operators are applied where the file lists them, else those of its Hall symbol, Hermann-Mauguin symbol or number.
  ///
  /// - Parameter text: the file, bytes as they are.
  /// - Returns: for each block its name and its crystal or the reason why it has none.
  /// - Throws: `Rejection` where the text is no CIF or has no atoms.
  public static func read(_ text: [UInt8]) throws(Rejection) -> [(name: String, crystal: Result<Crystal, Rejection>)] {
    var blocks: UnsafeMutablePointer<frieze_cif_block>?
    var count: Int32 = 0
    var message = [CChar](repeating: 0, count: 256)
    // Safety: the text's length travels with it; the message's too; the blocks are freed below.
    let status = unsafe text.withUnsafeBytes { bytes in
      unsafe frieze_cif_read(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, Int32(maximumSites),
        &blocks, &count, &message, message.count)
    }
    guard status == 0 else {
      let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw Rejection(words.contains("more than") ? "too_many_atoms" : "unreadable_cif", words)
    }
    defer { unsafe frieze_cif_free(blocks, count) }
    guard let first = unsafe blocks, count > 0 else {
      throw Rejection("no_atoms", "no data block has atom sites with fractional coordinates")
    }
    return (0..<Int(count)).map { i in
      // Safety: i is below the count that came with the pointer.
      let block = unsafe first[i]
      do throws(Rejection) {
        return (unsafe name(of: block), .success(try unsafe crystal(of: block)))
      } catch {
        return (unsafe name(of: block), .failure(error))
      }
    }
  }

  private static func name(of block: frieze_cif_block) -> String {
    unsafe text(block.name)
  }

  /// The characters of a C array that Swift sees as a tuple, up to the first zero.
  private static func text<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
    // Safety: the bytes are those of the value itself.
    unsafe withUnsafeBytes(of: characters) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private static func crystal(of block: frieze_cif_block) throws(Rejection) -> Crystal {
    let c = unsafe block.cell
    let lattice = try Lattice.checked(lengths: Vector3(c.0, c.1, c.2), angles: Vector3(c.3, c.4, c.5))
    guard unsafe block.operation_count > 0 else {
      let words = unsafe text(block.symmetry)
      throw Rejection("unknown_symmetry", "space group '\(words)' is not known and no operators are listed")
    }
    let operations = (0..<Int(unsafe block.operation_count)).map { g in
      // Safety: 12 integers an operation, as the header says.
      SymmetryOperation(
        rotation: (0..<9).map { Int(unsafe block.operations[12 * g + $0]) },
        translation: (9..<12).map { Int(unsafe block.operations[12 * g + $0]) })
    }
    var sites: [(z: Int, x: Vector3)] = []
    for i in 0..<Int(unsafe block.site_count) {
      // Safety: i is below the site count, 3 coordinates and 8 characters a site.
      let symbol = unsafe text(block.element[i])
      let z = try atomicNumber(of: symbol)
      let x = unsafe Vector3(
        block.coordinates[3 * i], block.coordinates[3 * i + 1], block.coordinates[3 * i + 2])
      guard x.sum().isFinite, abs(x.max()) < 1e6, abs(x.min()) < 1e6 else {
        throw Rejection("bad_coordinates", "site \(i + 1) (\(symbol)) has no finite coordinates")
      }
      let occupancy = unsafe block.occupancy[i]
      guard abs(occupancy - 1) < 1e-3 else {
        throw Rejection("partial_occupancy", "site \(i + 1) (\(symbol)) has occupancy \(occupancy)")
      }
      guard unsafe block.disorder[i] == 0 else {
        throw Rejection("disorder", "site \(i + 1) (\(symbol)) belongs to a disorder group")
      }
      sites.append((z, x))
    }
    return try Crystal(lattice: lattice, sites: sites, operations: operations)
  }

  /// The element of a type symbol or an atom label: `Fe`, `Fe3+`, `Fe1`, `FE`, `D`.
  static func atomicNumber(of symbol: String) throws(Rejection) -> Int {
    let letters = symbol.prefix { $0.isLetter && $0.isASCII }
    let two = letters.prefix(1).uppercased() + letters.dropFirst().prefix(1).lowercased()
    if let z = Element.atomicNumber(String(two)) { return z }
    // A label such as `OW` or `CA1`-like names of no element: its first letter.
    if letters.count >= 2, let z = Element.atomicNumber(letters.prefix(1).uppercased()) { return z }
    throw Rejection("unknown_element", "'\(symbol)' is no element")
  }
}

extension Lattice {
  /// A lattice from cell parameters that may be nonsense.
  static func checked(lengths: Vector3, angles: Vector3) throws(Rejection) -> Lattice {
    guard lengths.sum().isFinite, angles.sum().isFinite else {
      throw Rejection("bad_cell", "a cell length or angle is missing or unreadable")
    }
    guard lengths.min() > 0.1, lengths.max() < 1000, angles.min() > 1, angles.max() < 179 else {
      throw Rejection("bad_cell", "cell lengths \(lengths.x) \(lengths.y) \(lengths.z), angles \(angles.x) \(angles.y) \(angles.z) make no cell")
    }
    let lattice = Lattice(lengths: lengths, angles: angles)
    guard lattice.isUsable else { throw Rejection("bad_cell", "the cell has no volume") }
    return lattice
  }
}

extension Crystal {
  /// Applies operations to sites; images closer than 0.15 angstrom to their own site's others are one atom.
  ///
  /// - Throws: `Rejection` where there are more than `CIF.maximumSites` atoms.
  init(
    lattice: Lattice, sites: [(z: Int, x: Vector3)], operations: [SymmetryOperation]
  ) throws(Rejection) {
    let metric = lattice.metric
    self.init(lattice: lattice, atomicNumbers: [], fractionalCoordinates: [])
    for (index, site) in sites.enumerated() {
      let start = count
      for g in operations {
        let p = g(site.x).wrapped
        let isNew = !fractionalCoordinates[start...].contains { q in
          var d = p - q
          d -= d.rounded(.toNearestOrEven)
          return d.dot(metric * d) < 0.15 * 0.15
        }
        if isNew { append([p], atomicNumber: UInt8(site.z), orbit: Int32(index)) }
      }
      guard count <= CIF.maximumSites else {
        throw Rejection("too_many_atoms", "more than \(CIF.maximumSites) atoms in the cell")
      }
    }
  }
}
