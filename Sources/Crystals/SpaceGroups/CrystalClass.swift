/// One of the 32 crystal classes and the space groups that have it.
struct CrystalClass {
  /// International numbers.
  let spaceGroups: ClosedRange<Int>

  /// The first space group of each class.
  private static let firsts = [
    1, 2, 3, 6, 10, 16, 25, 47, 75, 81, 83, 89, 99, 111, 123, 143, 147, 149, 156, 162, 168, 174, 175, 177, 183, 187, 191, 195,
    200,
    207, 215, 221,
  ]

  /// Class by how many rotations of each kind it has; no two of the 32 have the same numbers.
  private static let byKinds: [[Int]: CrystalClass] = {
    var classes: [[Int]: CrystalClass] = [:]
    for (k, first) in firsts.enumerated() {
      let last = k + 1 < firsts.count ? firsts[k + 1] - 1 : 230
      let rotations = SpaceGroup.operations(ofNumber: first).map(\.rotation)
      classes[kinds(rotations)] = CrystalClass(spaceGroups: first...last)
    }
    return classes
  }()

  private init(spaceGroups: ClosedRange<Int>) { self.spaceGroups = spaceGroups }

  /// - Parameter rotations: 3x3 by rows, in any basis of the lattice.
  /// - Returns: nil where they are no crystallographic point group.
  init?(rotations: [[Int]]) {
    guard rotations.allSatisfy(Self.isCrystallographic), let found = Self.byKinds[Self.kinds(rotations)] else { return nil }
    self = found
  }

  /// Whether a power of the matrix, as its trace tells, is the identity.
  private static func isCrystallographic(_ rotation: [Int]) -> Bool {
    let determinant = integerDeterminant(rotation)
    guard abs(determinant) == 1 else { return false }
    let proper = rotation.map { $0 * determinant }
    var power = proper
    for _ in 1..<max(1, rotationOrder(proper)) { power = multiply(power, proper) }
    return power == [1, 0, 0, 0, 1, 0, 0, 0, 1]
  }

  /// Counts of proper rotations of order 1...6, then of improper ones.
  private static func kinds(_ rotations: [[Int]]) -> [Int] {
    var counts = [Int](repeating: 0, count: 12)
    for r in rotations {
      let determinant = integerDeterminant(r)
      counts[rotationOrder(r.map { $0 * determinant }) - 1 + (determinant < 0 ? 6 : 0)] += 1
    }
    return counts
  }
}

extension CrystalClass {
  /// The bases that may be the conventional one, the preferred first: columns are a, b, c in a reduced primitive cell.
  ///
  /// Axes lie along the rotations, as the International Tables have them. What that leaves open: a <= b <= c in orthorhombic
  /// groups, the shortest a and c with an obtuse angle in monoclinic ones, the reduced cell in triclinic ones.
  ///
  /// - Parameters:
  ///   - rotations: the point group, 3x3 by rows.
  ///   - metric: of the primitive cell.
  func conventionalBases(_ rotations: [[Int]], metric: Matrix3) -> [Matrix3] {
    switch spaceGroups.lowerBound {
    case ..<3: return [Self.reducedBasis(metric)]
    case ..<16: return Self.monoclinicBases(rotations, metric: metric)
    case ..<75:
      return Self.axisBases(Self.axes(rotations, order: 2), metric: metric)
    case ..<195:
      let order = spaceGroups.lowerBound < 143 ? 4 : 3
      guard let (rotation, c) = Self.axes(rotations, order: order, multiples: true).first else { return [] }
      let a = Self.planeBasis(across: rotation, metric: metric).0
      let b = rotation * a
      let right = a.dot(b.cross(c)) > 0 ? c : -c
      return [(a, b, right), (-a, -b, right), (b, a, -right), (-b, -a, -right)].map { Matrix3($0.0, $0.1, $0.2).transpose }
    default:
      let four = Self.axes(rotations, order: 4)
      return Self.axisBases(four.isEmpty ? Self.axes(rotations, order: 2) : four, metric: metric)
    }
  }

  private typealias Axis = (rotation: Matrix3, direction: Vector3)

  /// The axes of an order, each with one proper rotation of that order about it.
  ///
  /// - Parameter multiples: of rotations of twice the order take the square.
  private static func axes(_ rotations: [[Int]], order: Int, multiples: Bool = false) -> [Axis] {
    var axes: [Axis] = []
    for r in rotations {
      let determinant = integerDeterminant(r)
      let proper = r.map { $0 * determinant }
      let n = rotationOrder(proper)
      guard n == order || (multiples && n == 2 * order) else { continue }
      let rotation = n == order ? proper : multiply(proper, proper)
      let axis = rotationAxis(rotation, order: order)
      let direction = Vector3(Double(axis[0]), Double(axis[1]), Double(axis[2]))
      if axes.contains(where: { $0.direction == direction || $0.direction == -direction }) { continue }
      axes.append((Matrix3(integers: rotation), direction))
    }
    return axes
  }

  /// All orders of three axes, right-handed, those with rising lengths first.
  private static func axisBases(_ axes: [Axis], metric: Matrix3) -> [Matrix3] {
    guard axes.count == 3 else { return [] }
    let sorted = axes.map(\.direction).sorted { $0.dot(metric * $0) < $1.dot(metric * $1) }
    return [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)].map {
      let basis = Matrix3(sorted[$0.0], sorted[$0.1], sorted[$0.2]).transpose
      return basis.determinant < 0 ? -1 * basis : basis
    }
  }

  private static func monoclinicBases(_ rotations: [[Int]], metric: Matrix3) -> [Matrix3] {
    guard let (rotation, axis) = axes(rotations, order: 2).first else { return [] }
    let (u, v) = planeBasis(across: rotation, metric: metric)
    let w = -(u + v)
    let pairs = [(u, v), (v, u), (u, w), (w, u), (v, w), (w, v)].map { a, c in
      (a, c, a.dot(metric * a).squareRoot() + c.dot(metric * c).squareRoot())
    }
    // Swift's sort is stable: of a pair and its reverse the one with the shorter a comes first.
    return pairs.sorted { $0.2 < $1.2 }.map { a, c, _ in
      Matrix3(a, a.dot(axis.cross(c)) > 0 ? axis : -axis, c).transpose
    }
  }

  /// The two shortest vectors of the lattice plane that a proper rotation turns in itself, at an angle of 90 degrees or more.
  private static func planeBasis(across rotation: Matrix3, metric: Matrix3) -> (Vector3, Vector3) {
    let transposed = rotation.transpose.integers
    let h = rotationAxis(transposed, order: rotationOrder(transposed))
    // All integer vectors with h v = 0.
    let (g, s, t) = extendedDivisor(h[0], h[1])
    var u = Vector3(1, 0, 0)
    var v = Vector3(0, 1, 0)
    if g != 0 {
      u = Vector3(Double(h[1] / g), Double(-h[0] / g), 0)
      v = Vector3(Double(-s * h[2]), Double(-t * h[2]), Double(g))
    }
    for _ in 0..<1000 {
      if v.dot(metric * v) < u.dot(metric * u) { (u, v) = (v, u) }
      let shorter = v - (u.dot(metric * v) / u.dot(metric * u)).rounded() * u
      guard shorter.dot(metric * shorter) < v.dot(metric * v) * (1 - 1e-12) else { break }
      v = shorter
    }
    return u.dot(metric * v) > 0 ? (u, -v) : (u, v)
  }

  /// The reduced basis itself with angles all acute or none.
  private static func reducedBasis(_ g: Matrix3) -> Matrix3 {
    let dots = [g[1][2], g[0][2], g[0][1]]
    let isAcute = dots.allSatisfy { abs($0) > 1e-9 } && dots[0] * dots[1] * dots[2] > 0
    var best = Matrix3.identity
    for signs in [Vector3(1, 1, 1), Vector3(-1, 1, 1), Vector3(1, -1, 1), Vector3(1, 1, -1)] {
      let turned = [signs.y * signs.z * dots[0], signs.x * signs.z * dots[1], signs.x * signs.y * dots[2]]
      if turned.allSatisfy({ isAcute ? $0 > 0 : $0 <= 1e-9 }) {
        best = Matrix3(Vector3(signs.x, 0, 0), Vector3(0, signs.y, 0), Vector3(0, 0, signs.z))
        break
      }
    }
    return best.determinant < 0 ? -1 * best : best
  }
}

/// The greatest common divisor g of two integers with factors, `g = s a + t b`.
private func extendedDivisor(_ a: Int, _ b: Int) -> (g: Int, s: Int, t: Int) {
  if b == 0 { return (abs(a), a.signum(), 0) }
  let (g, s, t) = extendedDivisor(b, a % b)
  return (g, t, s - a / b * t)
}

extension Matrix3 {
  init(integers m: [Int]) {
    self.init(
      Vector3(Double(m[0]), Double(m[1]), Double(m[2])), Vector3(Double(m[3]), Double(m[4]), Double(m[5])),
      Vector3(Double(m[6]), Double(m[7]), Double(m[8])))
  }
}
