/// A Hermann-Mauguin symbol taken apart: the letter of the centring, and the elements of symmetry along each direction.
struct HermannMauguinSymbol {
  enum Element: Equatable {
    case identity
    /// `-1`
    case inversion
    /// `2`, `21`, `63`: order and numerator of the screw.
    case axis(Int, Int)
    /// `-3`, `-4`, `-6`
    case rotoinversion(Int)
    /// `m`, `a`, `b`, `c`, `n`, `d`, `e`
    case plane(Character)
  }

  /// A capital letter: P, A, B, C, I, F, R, H.
  let letter: Character
  /// For each direction the elements along it and across it: `21/c` is an axis and a plane.
  let directions: [[Element]]

  /// - Parameter text: `P 1 21/c 1`, `P2_1/c`, `P 2(1)/c`, with blanks or without; nil where it is no such symbol.
  init?(_ text: String) {
    var letters = Array(text.lowercased().utf8)
    // A subscript is written `2_1` or `2(1)`; other underscores are blanks.
    var plain: [UInt8] = []
    for (i, byte) in letters.enumerated() where byte != UInt8(ascii: "(") && byte != UInt8(ascii: ")") {
      let isBetweenDigits = i > 0 && i + 1 < letters.count && Self.isDigit(letters[i - 1]) && Self.isDigit(letters[i + 1])
      if byte == UInt8(ascii: "_") {
        if !isBetweenDigits { plain.append(0x20) }
      } else {
        plain.append(byte)
      }
    }
    letters = plain
    while letters.first == 0x20 { letters.removeFirst() }
    guard let first = letters.first, "pabcifrh".utf8.contains(first) else { return nil }
    letter = Character(UnicodeScalar(first &- 32))
    var directions: [[Element]] = []
    for part in letters.dropFirst().split(separator: 0x20) {
      var rest = part[...]
      while !rest.isEmpty {
        guard let direction = Self.direction(&rest) else { return nil }
        directions.append(direction)
      }
    }
    guard (1...4).contains(directions.count) else { return nil }
    self.directions = directions
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// The elements along one direction, taken from the front of the text.
  private static func direction(_ rest: inout ArraySlice<UInt8>) -> [Element]? {
    guard let first = rest.popFirst() else { return nil }
    if "abcmnde".utf8.contains(first) { return [.plane(Character(UnicodeScalar(first)))] }
    if first == UInt8(ascii: "-") {
      guard let digit = rest.popFirst(), "1346".utf8.contains(digit) else { return nil }
      return [digit == UInt8(ascii: "1") ? .inversion : .rotoinversion(Int(digit) - 48)]
    }
    guard "12346".utf8.contains(first) else { return nil }
    let order = Int(first) - 48
    if order == 1 { return [.identity] }
    var elements: [Element] = [.axis(order, 0)]
    if let next = rest.first, (49..<48 + UInt8(order)).contains(next) {
      elements = [.axis(order, Int(next) - 48)]
      rest.removeFirst()
    }
    if rest.first == UInt8(ascii: "/") {
      rest.removeFirst()
      guard let plane = rest.popFirst(), "abcmnde".utf8.contains(plane) else { return nil }
      elements.append(.plane(Character(UnicodeScalar(plane))))
    }
    return elements
  }

  /// Translations of the centring over 24, the zero one included; nil for a letter that has none of its own.
  var centring: Set<[Int]>? {
    switch letter {
    case "P": [[0, 0, 0]]
    case "A": [[0, 0, 0], [0, 12, 12]]
    case "B": [[0, 0, 0], [12, 0, 12]]
    case "C": [[0, 0, 0], [12, 12, 0]]
    case "I": [[0, 0, 0], [12, 12, 12]]
    case "F": [[0, 0, 0], [0, 12, 12], [12, 0, 12], [12, 12, 0]]
    case "R": [[0, 0, 0], [16, 8, 8], [8, 16, 16]]
    case "H": [[0, 0, 0], [16, 8, 0], [8, 16, 0]]
    default: nil
    }
  }

  /// The axis that a monoclinic symbol calls its own, 0...2; all of them where it says none.
  var monoclinicAxes: [Int] {
    let own = directions.indices.filter { directions[$0] != [.identity] }
    return directions.count == 3 && own.count == 1 ? own : directions.count == 1 ? [1, 2, 0] : []
  }

  /// How many rotations, proper and improper, a group of the symbol has.
  var rotationCount: Int {
    let named = directions.filter { $0 != [.identity] }
    let base: Int
    switch named.first?.first {
    case .axis(let order, _): base = order * (named[0].count > 1 ? 2 : 1)
    case .rotoinversion(let order): base = order == 3 ? 6 : order
    case .inversion, .plane: base = 2
    default: base = 1
    }
    return named.count > 1 ? 2 * base : base
  }

  /// Whether the symbol has nothing but proper axes.
  var isProper: Bool {
    directions.joined().allSatisfy {
      switch $0 {
      case .identity, .axis: true
      default: false
      }
    }
  }

  /// The crystal system as far as the symbol tells it.
  var numbers: ClosedRange<Int>? {
    let named = directions.filter { $0 != [.identity] }
    guard let first = named.first?.first else { return 1...1 }
    switch first {
    case .inversion: return named.count == 1 ? 2...2 : nil
    case .axis(4, _), .rotoinversion(4): return 75...142
    case .axis(3, _), .rotoinversion(3): return 143...167
    case .axis(6, _), .rotoinversion(6): return 168...194
    default: return named.count == 1 ? 3...15 : named.count == 3 ? 16...74 : nil
    }
  }
}

extension HermannMauguinSymbol.Element {
  /// Whether a set of operations has the element along (across, for planes) one of some directions.
  ///
  /// - Parameters:
  ///   - operations: a whole group, with its centrings.
  ///   - directions: integers along the axes of the cell.
  ///   - lattice: the translations of the group over 24.
  func isFound(in operations: [SymmetryOperation], along directions: [[Int]], lattice: Set<[Int]>) -> Bool {
    switch self {
    case .identity: true
    case .inversion: operations.contains { $0.rotation == [-1, 0, 0, 0, -1, 0, 0, 0, -1] }
    default: directions.contains { d in operations.contains { isFound($0, along: d, lattice) } }
    }
  }

  private func isFound(_ operation: SymmetryOperation, along d: [Int], _ lattice: Set<[Int]>) -> Bool {
    let sign = integerDeterminant(operation.rotation)
    let turn = operation.rotation.map { $0 * sign }
    let trace = turn[0] + turn[4] + turn[8]
    guard trace < 3, multiply(turn, vector: d) == d else { return false }
    let order = [-1: 2, 0: 3, 1: 4, 2: 6][trace] ?? 0
    switch self {
    case .axis(let wanted, let screw):
      return sign == 1 && order == wanted && isRightHanded(turn, d)
        && shifts(operation).contains { isScrew($0, turn, order: order, screw, along: d, lattice) }
    case .rotoinversion(let wanted): return sign == -1 && order == wanted
    case .plane(let glide):
      return sign == -1 && order == 2
        && shifts(operation).contains { isGlide($0, operation.rotation, glide, across: d, lattice) }
    default: return false
    }
  }

  /// The translation of an operation, and what whole vectors make of it.
  private func shifts(_ operation: SymmetryOperation) -> [[Int]] {
    (0..<8).map { k in (0..<3).map { operation.translation[$0] + (k >> $0 & 1) * SymmetryOperation.denominator } }
  }

  /// Of the two turns about an axis the one that a screw is counted by.
  private func isRightHanded(_ turn: [Int], _ d: [Int]) -> Bool {
    let v = d[0] == 0 && d[1] == 0 ? [1, 0, 0] : [0, 0, 1]
    let w = multiply(turn, vector: v)
    let determinant = integerDeterminant([d[0], d[1], d[2], v[0], v[1], v[2], w[0], w[1], w[2]])
    return determinant >= 0
  }

  private func isScrew(
    _ shift: [Int], _ turn: [Int], order: Int, _ screw: Int, along d: [Int], _ lattice: Set<[Int]>
  ) -> Bool {
    var sum = [0, 0, 0]
    var image = shift
    for _ in 0..<order {
      sum = zip(sum, image).map { $0 + $1 }
      image = multiply(turn, vector: image)
    }
    // The operation to the power of its order is a translation: a whole number of repeats along the axis.
    guard let k = d.indices.first(where: { d[$0] != 0 }) else { return false }
    let unit = SymmetryOperation.denominator
    let parts =
      [4, 3, 2, 1].first { n in
        d.allSatisfy { ($0 * unit).isMultiple(of: n) } && lattice.contains(d.map { positiveRemainder($0 * unit / n, unit) })
      } ?? 1
    let repeated = d[k] * unit / parts
    guard sum[k].isMultiple(of: repeated) else { return false }
    return positiveRemainder(sum[k] / repeated, order) == screw
  }

  private func isGlide(_ shift: [Int], _ mirror: [Int], _ glide: Character, across d: [Int], _ lattice: Set<[Int]>) -> Bool {
    // Twice the glide, over 24.
    let twice = zip(shift, multiply(mirror, vector: shift)).map { $0 + $1 }
    let unit = SymmetryOperation.denominator
    func isWhole(_ v: [Int]) -> Bool {
      v.allSatisfy { $0.isMultiple(of: 2) } && lattice.contains(v.map { positiveRemainder($0 / 2, unit) })
    }
    func matches(_ target: [Int]) -> Bool { isWhole(zip(twice, target).map { $0 - 2 * $1 }) }
    let half = unit / 2
    switch glide {
    case "m": return matches([0, 0, 0])
    case "a": return matches([half, 0, 0])
    case "b": return matches([0, half, 0])
    case "c": return matches([0, 0, half])
    case "e": return [[half, 0, 0], [0, half, 0], [0, 0, half]].contains(where: matches)
    case "n":
      let inPlane = d.map { $0 == 0 ? half : 0 }
      return matches(inPlane) || (d.count { $0 == 0 } == 1 && matches([half, half, half]))
    default:
      // Across an axis of the cell the diagonal is the one between the positive axes, as in Hall symbols.
      if d.count(where: { $0 != 0 }) == 1 {
        return matches(d.map { $0 == 0 ? unit / 4 : 0 }) || matches([unit / 4, unit / 4, unit / 4])
      }
      let quarters = twice.map { positiveRemainder($0, unit) }
      return quarters.count { $0 == half } >= 2 && !isWhole(twice)
    }
  }
}
