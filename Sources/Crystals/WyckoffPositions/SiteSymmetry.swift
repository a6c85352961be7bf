/// The point operation of a site symmetry along each of 15 axes (SymmCD, Levy et al. 2025, section 3.2; SymmBFN).
///
/// Version 1 of the table: axes and operations in the order below. In trigonal and hexagonal groups a direction is filed under
/// the axis whose numbers are its covariant components ([100] under [2-10]).
public struct SiteSymmetry: Sendable, Hashable {
  /// Version of the table of axes and operations; stored with every file that holds codes.
  public static let tableVersion = 1
  /// Axes of the table.
  public static let axisCount = 15
  /// Point operations that an axis may have.
  public static let operationCount = 13

  /// Names of the operations by index.
  public static let operationNames = [
    "1", "-1", "2", "m", "3", "2/m", "4", "-4", "-3", "6", "-6", "4/m", "6/m",
  ]

  /// The axes by index.
  public static let axes: [[Int]] = [
    [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1], [1, -1, 0],
    [1, 1, 0], [0, 1, -1], [0, 1, 1], [-1, 0, 1], [1, 0, 1], [1, -2, 0], [2, -1, 0],
  ]

  /// (15) operation index 0..<13 on each axis.
  public var operations: [UInt8]

  /// - Parameter operations: (15), each in 0..<13.
  public init(operations: [UInt8]) {
    precondition(operations.count == Self.axisCount)
    self.operations = operations
  }

  /// The code of the trivial group.
  public static let trivial = SiteSymmetry(operations: [UInt8](repeating: 0, count: axisCount))

  /// On how many axes two codes differ; half the squared Frobenius distance of their one-hot matrices.
  public func distance(to other: SiteSymmetry) -> Int {
    var n = 0
    for i in operations.indices where operations[i] != other.operations[i] { n += 1 }
    return n
  }

  /// The code of a point group.
  ///
  /// - Parameters:
  ///   - rotations: point operations on fractional coordinates, 3x3 by rows, closed under composition.
  ///   - hexagonal: whether the cell has hexagonal axes.
  init(rotations: [[Int]], hexagonal: Bool) {
    var properOrder = [Int](repeating: 1, count: Self.axisCount)
    var improper = [Set<Int>](repeating: [], count: Self.axisCount)
    var inversion = false
    for r in rotations {
      let sign = integerDeterminant(r)
      let proper = r.map { $0 * sign }
      let order = rotationOrder(proper)
      if order == 1 {
        if sign < 0 { inversion = true }
        continue
      }
      let axis = Self.axisIndex(rotationAxis(proper, order: order), hexagonal: hexagonal)
      if sign > 0 {
        properOrder[axis] = max(properOrder[axis], order)
      } else {
        improper[axis].insert(order)
      }
    }
    operations = (0..<Self.axisCount).map { axis in
      let mirror = improper[axis].contains(2)
      switch properOrder[axis] {
      case 1: return mirror ? 3 : inversion ? 1 : 0
      case 2: return improper[axis].contains(4) ? 7 : mirror ? 5 : 2
      case 3: return mirror ? 10 : inversion ? 8 : 4
      case 4: return mirror ? 11 : 6
      default: return mirror ? 12 : 9
      }
    }
  }

  static func axisIndex(_ direction: [Int], hexagonal: Bool) -> Int {
    var d = direction
    if hexagonal {
      d = [2 * direction[0] - direction[1], 2 * direction[1] - direction[0], 2 * direction[2]]
      let g = d.reduce(0) { greatestCommonDivisor($0, abs($1)) }
      d = d.map { $0 / g }
    }
    guard let index = axes.firstIndex(where: { $0 == d || $0 == d.map { -$0 } }) else {
      preconditionFailure("a rotation axis outside the table of 15")
    }
    return index
  }
}

/// The order of a proper rotation, from its trace.
func rotationOrder(_ r: [Int]) -> Int {
  switch r[0] + r[4] + r[8] {
  case 3: 1
  case -1: 2
  case 0: 3
  case 1: 4
  default: 6
  }
}

/// The primitive direction that a proper rotation of a given order leaves fixed.
func rotationAxis(_ r: [Int], order: Int) -> [Int] {
  var power = [1, 0, 0, 0, 1, 0, 0, 0, 1]
  var sum = [Int](repeating: 0, count: 9)
  for _ in 0..<order {
    sum = zip(sum, power).map { $0 + $1 }
    power = multiply(power, r)
  }
  for column in 0..<3 {
    let v = [sum[column], sum[3 + column], sum[6 + column]]
    let g = v.reduce(0) { greatestCommonDivisor($0, abs($1)) }
    if g > 0 { return v.map { $0 / g } }
  }
  preconditionFailure("not a rotation")
}
