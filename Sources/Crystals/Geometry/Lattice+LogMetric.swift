/// The k-vector of a lattice: the half logarithm of its metric, which symmetry splits into free and fixed components.
///
///     S = 1/2 log(L L^T) = sum_i k_i B_i        (L by rows; SymmCD, Levy et al. 2025, section 3; SymmBFN, Supplement B)
///
/// with B1 = xy, B2 = xz, B3 = yz (symmetric off-diagonals), B4 = diag(1,-1,0), B5 = diag(1,1,-2), B6 = 1. Units: ln(angstrom).
/// It does not depend on how the cell is turned, and comes back exactly: `exp(2 S)` is the metric.
public struct LatticeLogMetric: Sendable, Equatable {
  /// k1...k6 at indices 0...5.
  public var k: [Double]

  /// - Parameter k: six components.
  public init(k: [Double]) {
    precondition(k.count == 6)
    self.k = k
  }

  /// The k-vector of a lattice with positive volume.
  public init(_ lattice: Lattice) {
    let s = lattice.metric.symmetricFunction { 0.5 * _logarithm($0) }
    k = [
      s[0][1], s[0][2], s[1][2], (s[0][0] - s[1][1]) / 2,
      (s[0][0] + s[1][1] - 2 * s[2][2]) / 6, (s[0][0] + s[1][1] + s[2][2]) / 3,
    ]
  }

  /// The lattice in standard orientation; of no use (see `Lattice.isUsable`) where k overflows.
  public var lattice: Lattice {
    let s = Matrix3(
      Vector3(k[3] + k[4] + k[5], k[0], k[1]), Vector3(k[0], -k[3] + k[4] + k[5], k[2]),
      Vector3(k[1], k[2], -2 * k[4] + k[5]))
    return Lattice(metric: s.symmetricFunction { _exponential(2 * $0) })
  }

  /// What a space group fixes: the value of each of the six components, nil where it is free.
  public static func constraint(spaceGroup: Int) -> [Double?] {
    switch spaceGroup {
    case ..<3: [nil, nil, nil, nil, nil, nil]
    case ..<16: [0, nil, 0, nil, nil, nil]
    case ..<75: [0, 0, 0, nil, nil, nil]
    case ..<143: [0, 0, 0, 0, nil, nil]
    case ..<195: [-0.25 * _logarithm(3), 0, 0, 0, nil, nil]
    default: [0, 0, 0, 0, 0, nil]
    }
  }

  /// The same k with the components that the space group fixes put to their values.
  public func constrained(to spaceGroup: Int) -> LatticeLogMetric {
    LatticeLogMetric(k: zip(k, Self.constraint(spaceGroup: spaceGroup)).map { $1 ?? $0 })
  }
}
