/// A formula as a file states it: atoms of each element, whole or not.
///
/// Reads `Mg2 Si O4`, `Ca (S O4) (H2 O)2`, `Fe0.95 O`; charges and the marks of moieties are passed over.
struct FormulaCounts: Equatable {
  /// By atomic number.
  private(set) var counts: [Int: Double] = [:]
  /// Whether all numbers are whole.
  private(set) var isWhole = true

  /// Nil where the text is empty or no formula.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    guard let counts = Self.group(&rest, depth: 0, isWhole: &isWhole), rest.isEmpty, !counts.isEmpty else { return nil }
    self.counts = counts
  }

  private static func group(_ rest: inout ArraySlice<UInt8>, depth: Int, isWhole: inout Bool) -> [Int: Double]? {
    guard depth < 8 else { return nil }
    var counts: [Int: Double] = [:]
    while let byte = rest.first {
      var part: [Int: Double]
      switch byte {
      case 0x20, 0x09, 0x0A, UInt8(ascii: ","), UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "~"):
        rest.removeFirst()
        continue
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
        rest.removeFirst()
        guard let inner = group(&rest, depth: depth + 1, isWhole: &isWhole), let end = rest.popFirst(), ")]}".utf8.contains(end)
        else { return nil }
        part = inner
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): return depth > 0 ? counts : nil
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        rest.removeFirst()
        var symbol = String(UnicodeScalar(byte))
        while let next = rest.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(next), symbol.utf8.count < 3 {
          symbol.unicodeScalars.append(UnicodeScalar(next))
          rest.removeFirst()
        }
        guard let z = Element.atomicNumber(symbol) else { return nil }
        part = [z: 1]
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        // A number alone: a charge (`2-`, `2+`), or how often what follows is there, which is not worth guessing at.
        let digits = rest.prefix { (48...57).contains($0) }
        rest = rest.dropFirst(digits.count)
        guard let sign = rest.popFirst(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        continue
      default: return nil
      }
      let digits = rest.prefix { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
      var factor = 1.0
      if !digits.isEmpty {
        guard let value = decimal(String(decoding: digits, as: UTF8.self)), value >= 0, value < 1e6 else { return nil }
        rest = rest.dropFirst(digits.count)
        factor = value
        if value != value.rounded() { isWhole = false }
      }
      for (z, n) in part where n * factor > 0 { counts[z, default: 0] += n * factor }
    }
    return depth == 0 ? counts : nil
  }

  /// Whether the atoms of a cell have the formula's ratio: exactly where its numbers are whole, to 1 % and a hundredth of an atom
  /// where they are not.
  ///
  /// - Parameter atoms: how many of each atomic number, from 0.
  func isRatio(of atoms: [Int]) -> Bool {
    let total = Double(atoms.reduce(0, +))
    let sum = counts.values.reduce(0, +)
    guard total > 0, sum > 0 else { return false }
    for z in atoms.indices where (atoms[z] > 0) != (counts[z] != nil) { return false }
    return counts.allSatisfy { z, n in
      let found = Double(atoms[z]) * sum / total
      return abs(found - n) <= (isWhole ? 1e-3 * n : max(0.01, 0.01 * n))
    }
  }

  /// The number by which the formula must be multiplied to be these atoms; nil where they are not its ratio.
  func units(in atoms: [Int]) -> Double? {
    isRatio(of: atoms) ? Double(atoms.reduce(0, +)) / counts.values.reduce(0, +) : nil
  }

  /// The largest whole number that divides all counts; 1 where they are not whole.
  var divisor: Int {
    isWhole ? max(1, counts.values.reduce(0) { greatestCommonDivisor($0, Int($1)) }) : 1
  }
}

extension Crystal {
  /// Compares the atoms with a formula that a file states; a formula that can't be read says nothing.
  ///
  /// - Throws: `Rejection` with code `formula_mismatch`.
  public func check(formula: String) throws(Rejection) {
    guard let stated = FormulaCounts(formula) else { return }
    var counts = [Int](repeating: 0, count: 119)
    for z in atomicNumbers { counts[Int(z)] += 1 }
    guard !stated.isRatio(of: counts) else { return }
    throw Rejection("formula_mismatch", "the sites make \(reducedFormula), the file's formula is '\(formula)'")
  }
}
