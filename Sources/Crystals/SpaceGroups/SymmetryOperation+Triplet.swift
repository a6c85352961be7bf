extension SymmetryOperation {
  /// `x, y, z`.
  public static let identity = SymmetryOperation(rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0])

  /// From the field's notation: `x,y,z`, `-X+1/2, y, 0.25-z`, `x-y,x,z+1/6`.
  ///
  /// - Returns: nil where the text is no triplet, a translation is no multiple of 1/24 (decimals may be short: 0.333), or the
  ///   rotation has another determinant than 1 or -1.
  public init?(triplet: String) {
    var rotation: [Int] = []
    var translation: [Int] = []
    for part in triplet.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let (row, shift) = Self.row(part) else { return nil }
      rotation += row
      translation.append(shift)
    }
    guard translation.count == 3, abs(integerDeterminant(rotation)) == 1 else { return nil }
    self.init(rotation: rotation, translation: translation)
  }

  /// One part of a triplet: a sum of axes and numbers.
  private static func row(_ text: Substring.UTF8View) -> (row: [Int], translation: Int)? {
    var row = [0, 0, 0]
    var shift = 0.0
    var terms = 0
    var rest = text.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != UInt8(ascii: "*") }[...]
    while let first = rest.first {
      var sign = 1.0
      if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
        sign = first == UInt8(ascii: "-") ? -1 : 1
        rest = rest.dropFirst()
      } else if terms > 0 {
        return nil
      }
      let digits = rest.prefix { (48...57).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
      rest = rest.dropFirst(digits.count)
      guard digits.isEmpty || fraction(digits) != nil else { return nil }
      let value = sign * (fraction(digits) ?? 1)
      let axis = rest.first.map { Int($0 | 0x20) - Int(UInt8(ascii: "x")) } ?? -1
      if (0..<3).contains(axis) {
        guard abs(value) <= 4, value == value.rounded() else { return nil }
        row[axis] += Int(value)
        rest = rest.dropFirst()
      } else if digits.isEmpty {
        return nil
      } else {
        shift += value
      }
      terms += 1
      if terms > 8 { return nil }
    }
    let over24 = (shift * 24).rounded()
    guard terms > 0, abs(shift) < 100, abs(shift * 24 - over24) < 0.05 else { return nil }
    return (row, Int(over24))
  }

  private static func fraction(_ text: ArraySlice<UInt8>) -> Double? {
    let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { decimal(String(decoding: $0, as: UTF8.self)) }
    guard parts.count <= 2, let first = parts.first, let numerator = first else { return nil }
    guard parts.count == 2 else { return numerator }
    guard let denominator = parts[1], denominator != 0 else { return nil }
    return numerator / denominator
  }

  /// The field's notation: `x,y,z`, `-x+1/2,y,-z+1/4`.
  public var triplet: String {
    (0..<3).map { i in
      var text = ""
      for (k, axis) in ["x", "y", "z"].enumerated() where rotation[3 * i + k] != 0 {
        let n = rotation[3 * i + k]
        text += (n < 0 ? "-" : text.isEmpty ? "" : "+") + (abs(n) == 1 ? "" : "\(abs(n))") + axis
      }
      if translation[i] != 0 {
        let d = greatestCommonDivisor(translation[i], Self.denominator)
        text += "+\(translation[i] / d)/\(Self.denominator / d)"
      }
      return text
    }.joined(separator: ",")
  }

  /// The operations, each once, the identity first.
  ///
  /// - Throws: `Rejection` where they are no group (modulo lattice translations).
  static func group(_ operations: [SymmetryOperation]) throws(Rejection) -> [SymmetryOperation] {
    let listed = Set(operations)
    guard listed.contains(.identity) else { throw Rejection("bad_operators", "x,y,z is not among the symmetry operators") }
    var group: [SymmetryOperation] = [.identity]
    var found: Set<SymmetryOperation> = [.identity]
    var generators: [SymmetryOperation] = []
    // Everything in `found` is a product of generators; multiplying each by each generator until nothing new appears closes it.
    for operation in operations where !found.contains(operation) {
      generators.append(operation)
      var next = 0
      var fresh = group
      while next < fresh.count {
        let element = fresh[next]
        // Old elements are closed under old generators already.
        let multipliers = next < group.count ? [operation] : generators
        for generator in multipliers {
          let product = generator.composed(after: element)
          guard listed.contains(product) else {
            throw Rejection(
              "bad_operators",
              "the symmetry operators are no group: \(generator.triplet) after \(element.triplet) is not listed")
          }
          if found.insert(product).inserted { fresh.append(product) }
        }
        next += 1
      }
      group = fresh
    }
    return group
  }
}
