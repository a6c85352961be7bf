import CGemmi

/// Why a record was not taken: what is wrong with it, in a word for tables and in a sentence for people.
public struct Rejection: Error, Equatable, CustomStringConvertible, Sendable {
  /// For tables, e.g. `partial_occupancy`.
  public let code: String
  /// For people: what is wrong, with numbers.
  public let description: String

  /// - Parameters:
  ///   - code: for tables.
  ///   - description: for people.
  public init(_ code: String, _ description: String) {
    self.code = code
    self.description = description
  }
}

/// Reads crystals from CIF text (International Tables for Crystallography, vol. G) by way of gemmi.
public enum CIF {
  /// More atoms than this, in the list of sites or in the cell, are refused before anything is computed from them.
  public static let maximumSites = 2000
  /// Longer files are refused unread, in bytes.
  public static let maximumLength = 64 << 20

  /// The crystals of all data blocks that have atom sites.
  ///
  /// Symmetry operators are applied where the file lists them, else those of its Hall symbol, Hermann-Mauguin symbol or number;
  /// where these leave several settings open, what else the file says decides, or the block is refused.
  ///
  /// - Parameters:
  ///   - text: the file, bytes as they are.
  ///   - options: what is refused.
  /// - Returns: for each block its name and its crystal or the reason why it has none.
  /// - Throws: `Rejection` where the text is no CIF or has no atoms.
  public static func read(
    _ text: [UInt8], options: ReadingOptions = ReadingOptions()
  ) throws(Rejection) -> [(name: String, crystal: Result<Crystal, Rejection>)] {
    let blocks = try blocks(of: PlainText.ascii(text, limit: maximumLength))
    return blocks.map { block in
      do throws(Rejection) {
        return (block.name, .success(try block.crystal(options)))
      } catch {
        return (block.name, .failure(error))
      }
    }
  }

  private static func blocks(of text: [UInt8]) throws(Rejection) -> [CIFBlock] {
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
      throw Rejection(status == 2 ? "too_many_atoms" : "unreadable_cif", words)
    }
    defer { unsafe frieze_cif_free(blocks, count) }
    guard let first = unsafe blocks, count > 0 else {
      throw Rejection("no_atoms", "no data block has atom sites with fractional coordinates")
    }
    // Safety: the indices are below the count that came with the pointer.
    return (0..<Int(count)).map { unsafe CIFBlock(first[$0]) }
  }

  /// The operations of a Hall symbol, nil where it is not understood.
  static func operations(hall symbol: String) -> [SymmetryOperation]? {
    var integers = [Int32](repeating: 0, count: 192 * 12)
    // Safety: gemmi is given a string that ends with a zero, and an array that holds the 192 operations announced.
    let count = unsafe symbol.withCString { text in
      unsafe integers.withUnsafeMutableBufferPointer { unsafe frieze_operations_of_hall(text, $0.baseAddress, 192) }
    }
    guard count > 0 else { return nil }
    return (0..<Int(count)).map { g in
      SymmetryOperation(
        rotation: integers[12 * g..<12 * g + 9].map(Int.init),
        translation: integers[12 * g + 9..<12 * g + 12].map(Int.init))
    }
  }

  /// Hall symbols of the settings that a Hermann-Mauguin symbol may mean: one, or two where it leaves the origin open.
  ///
  /// - Parameters:
  ///   - alpha: cell angle in degrees; tells rhombohedral axes from hexagonal ones together with gamma.
  ///   - gamma: cell angle in degrees.
  static func hallSymbols(hermannMauguin symbol: String, alpha: Double, gamma: Double) -> [String] {
    (0..<2).compactMap { index in
      // Safety: the string ends with a zero; the result is a constant of gemmi's table.
      unsafe symbol.withCString { text in
        unsafe frieze_hall_of_hermann_mauguin(text, alpha, gamma, Int32(index)).map { unsafe String(cString: $0) }
      }
    }
  }

  /// Hermann-Mauguin symbol of a group's reference setting with its blanks and its code (`F d -3 m:2`), and its Hall symbol.
  static func referenceSymbols(number: Int) -> (hermannMauguin: String, hall: String) {
    var name = [CChar](repeating: 0, count: 32)
    // Safety: gemmi is told how long the array is and ends its text within it.
    unsafe frieze_hermann_mauguin_of_number(Int32(number), &name, name.count)
    let words = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (words, hallSymbols(number: number).first ?? "")
  }

  /// The international number of a Hall symbol of gemmi's table, nil where it has none such.
  static func number(hall symbol: String) -> Int? { numbersOfHall[symbol] }

  private static let numbersOfHall: [String: Int] = {
    var numbers: [String: Int] = [:]
    for number in 1...230 { for symbol in hallSymbols(number: number) { numbers[symbol] = number } }
    return numbers
  }()

  /// Hall symbols of all settings of an international number, the reference setting first.
  static func hallSymbols(number: Int) -> [String] {
    guard (1...230).contains(number) else { return [] }
    var symbols: [String] = []
    // Safety: the result is a constant of gemmi's table or null.
    while let symbol = unsafe frieze_hall_of_number(Int32(number), Int32(symbols.count)) {
      unsafe symbols.append(String(cString: symbol))
    }
    return symbols
  }
}

/// What a data block says of a crystal, nothing judged yet.
struct CIFBlock: Sendable {
  struct Site: Sendable {
    var label: String
    /// Type symbol, empty where the file has none.
    var type: String
    /// Fractional; NaN where unreadable.
    var position: Vector3
    var occupancy: Double
    /// Of the orbit in the cell, 0 where the file has none.
    var multiplicity: Int
    var isDisordered: Bool
    var isDummy: Bool
    /// Hydrogens of the site that are not in the list.
    var attachedHydrogens = 0
  }

  var name: String
  /// a, b, c in angstrom; NaN where missing.
  var lengths: Vector3
  /// alpha, beta, gamma in degrees; NaN where missing.
  var angles: Vector3
  /// Angstrom cubed; NaN where the file has none.
  var volume: Double
  /// Z, formula units in the cell; NaN where the file has none.
  var formulaUnits: Double
  /// Calculated, g/cm^3; NaN where the file has none.
  var density: Double
  var formula: String
  /// What the file says of symmetry.
  var symmetry: SymmetryWords
  var operators: [String]
  /// Translations of a magnetic group, written as operators.
  var centerings: [String]
  var sites: [Site]

  fileprivate init(_ block: frieze_cif_block) {
    unsafe name = text(block.name)
    let c = unsafe block.cell
    lengths = Vector3(c.0, c.1, c.2)
    angles = Vector3(c.3, c.4, c.5)
    volume = unsafe block.volume
    formulaUnits = unsafe block.formula_units
    density = unsafe block.density
    unsafe formula = text(block.formula)
    // Safety: the arrays are as long as the counts that came with them, coordinates three times the sites.
    symmetry = SymmetryWords(
      (0..<Int(unsafe block.word_count)).map { unsafe (tag: text(block.tags[$0]), word: text(block.words[$0])) })
    operators = (0..<Int(unsafe block.operator_count)).map { unsafe text(block.operators[$0]) }
    centerings = (0..<Int(unsafe block.centering_count)).map { unsafe text(block.centerings[$0]) }
    sites = (0..<Int(unsafe block.site_count)).map { i in
      unsafe Site(
        label: text(block.label[i]), type: text(block.element[i]),
        position: Vector3(block.coordinates[3 * i], block.coordinates[3 * i + 1], block.coordinates[3 * i + 2]),
        occupancy: block.occupancy[i], multiplicity: Int(block.multiplicity[i]),
        isDisordered: block.disorder[i] != 0, isDummy: block.dummy[i] != 0,
        attachedHydrogens: Int(block.attached_hydrogens[i]))
    }
  }
}

/// The characters of a C array that Swift sees as a tuple, up to the first zero.
private func text<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
  // Safety: the bytes are those of the value itself.
  unsafe withUnsafeBytes(of: characters) {
    unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
  }
}
