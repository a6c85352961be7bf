/// A vector of three doubles: Cartesian in angstrom or fractional, as its name says.
public typealias Vector3 = SIMD3<Double>

extension SIMD3<Double> {
  /// The scalar product.
  @inlinable public func dot(_ other: Self) -> Double { (self * other).sum() }

  /// The vector product.
  @inlinable public func cross(_ v: Self) -> Self {
    Self(y * v.z - z * v.y, z * v.x - x * v.z, x * v.y - y * v.x)
  }

  /// The Euclidean length.
  @inlinable public var length: Double { dot(self).squareRoot() }

  /// The same point with every coordinate in `0..<1`.
  @inlinable public var wrapped: Self {
    var w = self - rounded(.down)
    for i in 0..<3 where w[i] >= 1 { w[i] = 0 }
    return w
  }
}

/// A 3x3 matrix by rows.
public struct Matrix3: Sendable, Equatable {
  /// The rows, from above.
  public var rows: (Vector3, Vector3, Vector3)

  /// A matrix by its rows.
  @inlinable public init(_ a: Vector3, _ b: Vector3, _ c: Vector3) { rows = (a, b, c) }

  /// The unit matrix.
  public static let identity = Matrix3(Vector3(1, 0, 0), Vector3(0, 1, 0), Vector3(0, 0, 1))

  /// Row `i`, 0...2.
  @inlinable public subscript(_ i: Int) -> Vector3 {
    get { i == 0 ? rows.0 : i == 1 ? rows.1 : rows.2 }
    set { if i == 0 { rows.0 = newValue } else if i == 1 { rows.1 = newValue } else { rows.2 = newValue } }
  }

  /// Whether all nine entries are equal.
  @inlinable public static func == (a: Self, b: Self) -> Bool { a.rows == b.rows }

  /// `M v`.
  @inlinable public static func * (m: Self, v: Vector3) -> Vector3 {
    Vector3(m.rows.0.dot(v), m.rows.1.dot(v), m.rows.2.dot(v))
  }

  /// `v M`, the row vector times the matrix.
  @inlinable public static func * (v: Vector3, m: Self) -> Vector3 {
    v.x * m.rows.0 + v.y * m.rows.1 + v.z * m.rows.2
  }

  /// `A B`.
  @inlinable public static func * (a: Self, b: Self) -> Self {
    Matrix3(a.rows.0 * b, a.rows.1 * b, a.rows.2 * b)
  }

  /// `s M`.
  @inlinable public static func * (s: Double, m: Self) -> Self {
    Matrix3(s * m.rows.0, s * m.rows.1, s * m.rows.2)
  }

  /// `A + B`.
  @inlinable public static func + (a: Self, b: Self) -> Self {
    Matrix3(a.rows.0 + b.rows.0, a.rows.1 + b.rows.1, a.rows.2 + b.rows.2)
  }

  /// Rows and columns exchanged.
  @inlinable public var transpose: Self {
    Matrix3(
      Vector3(rows.0.x, rows.1.x, rows.2.x), Vector3(rows.0.y, rows.1.y, rows.2.y),
      Vector3(rows.0.z, rows.1.z, rows.2.z))
  }

  /// The triple product of the rows.
  @inlinable public var determinant: Double { rows.0.dot(rows.1.cross(rows.2)) }

  /// The inverse; entries are not finite where the determinant is zero.
  public var inverse: Self {
    let d = 1 / determinant
    return Matrix3(
      d * rows.1.cross(rows.2), d * rows.2.cross(rows.0), d * rows.0.cross(rows.1)
    ).transpose
  }

  /// Eigenvalues and the orthonormal eigenvectors (as rows) of a symmetric matrix, by Jacobi rotations.
  public var symmetricEigensystem: (values: Vector3, vectors: Matrix3) {
    var a = self
    var v = Matrix3.identity
    for _ in 0..<64 {
      let off = abs(a[0][1]) + abs(a[0][2]) + abs(a[1][2])
      let scale = abs(a[0][0]) + abs(a[1][1]) + abs(a[2][2])
      if off <= 1e-17 * scale || !off.isFinite { break }
      for (p, q) in [(0, 1), (0, 2), (1, 2)] where a[p][q] != 0 {
        let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
        let t = (theta >= 0 ? 1.0 : -1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        var rotation = Matrix3.identity
        rotation[p][p] = c
        rotation[q][q] = c
        rotation[p][q] = -s
        rotation[q][p] = s
        a = rotation * a * rotation.transpose
        v = rotation * v
      }
    }
    return (Vector3(a[0][0], a[1][1], a[2][2]), v)
  }

  /// `f` of a symmetric matrix: the same eigenvectors, `f` of every eigenvalue.
  public func symmetricFunction(_ f: (Double) -> Double) -> Matrix3 {
    let (values, vectors) = symmetricEigensystem
    let diagonal = Matrix3(
      Vector3(f(values.x), 0, 0), Vector3(0, f(values.y), 0), Vector3(0, 0, f(values.z)))
    return vectors.transpose * diagonal * vectors
  }
}

/// A crystal lattice: the vectors a, b, c in angstrom as the rows of a matrix.
///
/// A point with fractional coordinates `f` lies at `f.x a + f.y b + f.z c`.
public struct Lattice: Sendable, Equatable {
  /// Rows a, b, c in angstrom.
  public var vectors: Matrix3

  /// - Parameter vectors: rows a, b, c in angstrom.
  @inlinable public init(vectors: Matrix3) { self.vectors = vectors }

  /// The lattice in standard orientation, a along x and b in the xy plane.
  ///
  /// - Parameters:
  ///   - lengths: a, b, c in angstrom.
  ///   - angles: alpha, beta, gamma in degrees.
  public init(lengths: Vector3, angles: Vector3) {
    let cosines = Vector3(
      Self.cosine(degrees: angles.x), Self.cosine(degrees: angles.y), Self.cosine(degrees: angles.z))
    self.init(lengths: lengths, cosines: cosines)
  }

  /// The lattice in standard orientation with a given metric tensor (angstrom squared).
  public init(metric g: Matrix3) {
    let lengths = Vector3(g[0][0].squareRoot(), g[1][1].squareRoot(), g[2][2].squareRoot())
    self.init(
      lengths: lengths,
      cosines: Vector3(
        g[1][2] / (lengths.y * lengths.z), g[0][2] / (lengths.x * lengths.z),
        g[0][1] / (lengths.x * lengths.y)))
  }

  private init(lengths: Vector3, cosines: Vector3) {
    let sine = max(0, 1 - cosines.z * cosines.z).squareRoot()
    let x = (cosines.x - cosines.y * cosines.z) / sine
    let height = max(0, 1 - cosines.y * cosines.y - x * x).squareRoot()
    self.init(
      vectors: Matrix3(
        Vector3(lengths.x, 0, 0),
        Vector3(lengths.y * cosines.z, lengths.y * sine, 0),
        Vector3(lengths.z * cosines.y, lengths.z * x, lengths.z * height)))
  }

  private static func cosine(degrees: Double) -> Double {
    // Exact for the angles that symmetry fixes, so that 90 and 120 degrees come back as they went in.
    switch degrees {
    case 90: 0
    case 120: -0.5
    case 60: 0.5
    default: _cosine(degrees * .pi / 180)
    }
  }

  /// Lengths of a, b, c in angstrom.
  public var lengths: Vector3 {
    Vector3(vectors[0].length, vectors[1].length, vectors[2].length)
  }

  /// Alpha, beta, gamma in degrees.
  public var angles: Vector3 {
    func angle(_ u: Vector3, _ v: Vector3) -> Double {
      let c = u.dot(v) / (u.length * v.length)
      return _arcCosine(min(1, max(-1, c))) * 180 / .pi
    }
    return Vector3(
      angle(vectors[1], vectors[2]), angle(vectors[0], vectors[2]), angle(vectors[0], vectors[1]))
  }

  /// Volume of the cell in cubic angstrom.
  public var volume: Double { abs(vectors.determinant) }

  /// The metric tensor `L L^T` in angstrom squared.
  public var metric: Matrix3 { vectors * vectors.transpose }

  /// The reciprocal vectors as rows (without 2 pi): row i of `inverse transposed`.
  public var reciprocal: Matrix3 { vectors.inverse.transpose }

  /// Cartesian position in angstrom of fractional coordinates.
  @inlinable public func cartesian(_ fractional: Vector3) -> Vector3 { fractional * vectors }

  /// Whether no entry is beyond a million angstrom (or not finite) and the volume is above a millionth of a cubic angstrom.
  public var isUsable: Bool {
    let isBounded = (0..<3).allSatisfy { vectors[$0].min() > -1e6 && vectors[$0].max() < 1e6 && vectors[$0].sum().isFinite }
    return isBounded && volume > 1e-6
  }
}
