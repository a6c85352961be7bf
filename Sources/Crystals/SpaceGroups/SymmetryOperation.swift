/// A symmetry operation `x' = R x + t` on fractional coordinates; exact, translations are integers over 24.
public struct SymmetryOperation: Sendable, Hashable {
  /// R by rows, entries -1, 0, 1.
  public let rotation: [Int]
  /// t over 24, each in 0..<24.
  public let translation: [Int]
  private let matrix: Matrix3
  private let shift: Vector3

  /// The denominator of translations.
  public static let denominator = 24

  /// - Parameters:
  ///   - rotation: nine entries by rows.
  ///   - translation: three numbers over 24, brought into 0..<24.
  public init(rotation: [Int], translation: [Int]) {
    precondition(rotation.count == 9 && translation.count == 3)
    self.rotation = rotation
    self.translation = translation.map { positiveRemainder($0, Self.denominator) }
    func row(_ i: Int) -> Vector3 {
      Vector3(Double(rotation[3 * i]), Double(rotation[3 * i + 1]), Double(rotation[3 * i + 2]))
    }
    matrix = Matrix3(row(0), row(1), row(2))
    shift =
      Vector3(
        Double(self.translation[0]), Double(self.translation[1]), Double(self.translation[2]))
      / Double(Self.denominator)
  }

  /// Whether rotation and translation are equal, exactly.
  public static func == (a: Self, b: Self) -> Bool {
    a.rotation == b.rotation && a.translation == b.translation
  }

  /// Hashes rotation and translation.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rotation)
    hasher.combine(translation)
  }

  /// The image of a point, not wrapped into the cell.
  public func callAsFunction(_ x: Vector3) -> Vector3 { matrix * x + shift }

  /// The point operation as a matrix on fractional coordinates.
  public var rotationMatrix: Matrix3 { matrix }

  /// `self` after `other`.
  public func composed(after other: Self) -> Self {
    let t = multiply(rotation, vector: other.translation)
    return Self(
      rotation: multiply(rotation, other.rotation),
      translation: zip(t, translation).map { $0 + $1 })
  }

  /// The operation that undoes it, its translation within the cell.
  public var inverse: Self {
    let r = integerInverse(rotation)
    return Self(rotation: r, translation: multiply(r, vector: translation).map { -$0 })
  }
}

/// `a mod n` in `0..<n`.
func positiveRemainder(_ a: Int, _ n: Int) -> Int {
  let r = a % n
  return r < 0 ? r + n : r
}

/// Product of two 3x3 integer matrices by rows.
func multiply(_ a: [Int], _ b: [Int]) -> [Int] {
  var c = [Int](repeating: 0, count: 9)
  for i in 0..<3 {
    for j in 0..<3 {
      c[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j]
    }
  }
  return c
}

/// Product of a 3x3 integer matrix by rows and a column.
func multiply(_ a: [Int], vector v: [Int]) -> [Int] {
  (0..<3).map { a[3 * $0] * v[0] + a[3 * $0 + 1] * v[1] + a[3 * $0 + 2] * v[2] }
}

/// Determinant of a 3x3 integer matrix by rows.
func integerDeterminant(_ a: [Int]) -> Int {
  a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6])
    + a[2] * (a[3] * a[7] - a[4] * a[6])
}

/// Inverse of a 3x3 integer matrix with determinant 1 or -1.
func integerInverse(_ a: [Int]) -> [Int] {
  let d = integerDeterminant(a)
  precondition(d == 1 || d == -1)
  return [
    a[4] * a[8] - a[5] * a[7], a[2] * a[7] - a[1] * a[8], a[1] * a[5] - a[2] * a[4],
    a[5] * a[6] - a[3] * a[8], a[0] * a[8] - a[2] * a[6], a[2] * a[3] - a[0] * a[5],
    a[3] * a[7] - a[4] * a[6], a[1] * a[6] - a[0] * a[7], a[0] * a[4] - a[1] * a[3],
  ].map { $0 * d }
}
