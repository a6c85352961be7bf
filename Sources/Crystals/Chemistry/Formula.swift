/// A chemical formula: elements and their whole numbers of atoms.
///
/// Symbols with numbers behind them, groups in parentheses or brackets: `NaCl`, `Na4Cl4`, `Ca(OH)2`, `K4[Fe(CN)6]`. An element may
/// occur several times; deuterium and tritium are hydrogen.
public struct Formula: Sendable, Equatable, CustomStringConvertible {
  /// Atomic numbers, each once, as they come first.
  public let elements: [UInt8]
  /// Atoms of each element as written, 1 or more.
  public let counts: [Int]

  /// The most atoms a formula may have.
  public static let maximumAtoms = 10_000

  /// - Parameters:
  ///   - elements: atomic numbers, each once.
  ///   - counts: atoms of each, 1 or more.
  public init(elements: [UInt8], counts: [Int]) {
    precondition(elements.count == counts.count && counts.allSatisfy { $0 > 0 })
    (self.elements, self.counts) = (elements, counts)
  }

  /// Reads a formula.
  ///
  /// - Throws: `Rejection` with code `bad_formula`.
  public init(_ text: String) throws(Rejection) {
    var parser = Parser(text)
    let counts = try parser.formula()
    self.init(elements: parser.order, counts: parser.order.map { counts[$0] ?? 0 })
  }

  /// Atoms of the formula as written.
  public var atomCount: Int { counts.reduce(0, +) }

  /// The same ratio in the smallest whole numbers.
  public var reduced: Formula {
    let divisor = counts.reduce(0, greatestCommonDivisor)
    return Formula(elements: elements, counts: counts.map { $0 / divisor })
  }

  /// Every element once, ones left out: `SrTiO3`.
  public var description: String {
    zip(elements, counts).map { "\(Element.symbol(Int($0)))\($1 == 1 ? "" : String($1))" }.joined()
  }

  private struct Parser {
    private let text: String
    private var rest: Substring.UnicodeScalarView
    /// Elements as they come first.
    private(set) var order: [UInt8] = []

    init(_ text: String) {
      self.text = text
      rest = text[...].unicodeScalars
    }

    private func failure(_ reason: String) -> Rejection { Rejection("bad_formula", "'\(text)' is no formula: \(reason)") }

    mutating func formula() throws(Rejection) -> [UInt8: Int] {
      let counts = try group(closing: nil, depth: 0)
      guard !counts.isEmpty else { throw failure("it is empty") }
      return counts
    }

    /// Elements and groups up to a closing bracket, or to the end where none is expected.
    private mutating func group(closing: Unicode.Scalar?, depth: Int) throws(Rejection) -> [UInt8: Int] {
      guard depth < 16 else { throw failure("brackets are more than 16 deep") }
      var counts: [UInt8: Int] = [:]
      while let next = rest.first {
        var part: [UInt8: Int]
        if next == closing { break }
        if next == "(" || next == "[" {
          rest.removeFirst()
          let end: Unicode.Scalar = next == "(" ? ")" : "]"
          part = try group(closing: end, depth: depth + 1)
          guard rest.popFirst() == end else { throw failure("a '\(end)' is missing") }
          guard !part.isEmpty else { throw failure("a pair of brackets is empty") }
        } else {
          part = [try element(): 1]
        }
        let factor = try number()
        for (z, count) in part { counts[z, default: 0] += count * factor }
        guard counts.values.reduce(0, +) <= Formula.maximumAtoms else {
          throw failure("it has more than \(Formula.maximumAtoms) atoms")
        }
      }
      return counts
    }

    private mutating func element() throws(Rejection) -> UInt8 {
      let first = rest.removeFirst()
      guard ("A"..."Z").contains(first) else { throw failure("there is no element at '\(first)'") }
      var symbol = String(first)
      while let next = rest.first, ("a"..."z").contains(next) {
        symbol.unicodeScalars.append(next)
        rest.removeFirst()
      }
      guard let z = Element.atomicNumber(symbol) else { throw failure("there is no element '\(symbol)'") }
      if !order.contains(UInt8(z)) { order.append(UInt8(z)) }
      return UInt8(z)
    }

    /// A number from 1 on; 1 where there is none.
    private mutating func number() throws(Rejection) -> Int {
      var digits = ""
      while let next = rest.first, ("0"..."9").contains(next) {
        digits.unicodeScalars.append(next)
        rest.removeFirst()
      }
      if digits.isEmpty { return 1 }
      guard let value = Int(digits), (1...Formula.maximumAtoms).contains(value) else {
        throw failure("numbers of atoms go from 1 to \(Formula.maximumAtoms), '\(digits)' does not")
      }
      return value
    }
  }
}
