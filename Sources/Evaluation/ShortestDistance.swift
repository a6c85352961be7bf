public import Crystals

extension Crystal {
  /// The shortest distance between two atoms in angstrom, periodic images of an atom included; nil for an empty, unusable or
  /// not finite crystal.
  ///
  /// Exact for any cell: images are searched as far as the shortest distance found so far can reach. In a basis b with reciprocal
  /// vectors b*, a difference with fractional coordinates f + n is at least `|f_k + n_k| / |b*_k|` long.
  public var shortestDistance: Double? {
    guard count > 0, lattice.isUsable else { return nil }
    let basis = niggliReduced(lattice.vectors)
    let toReduced = lattice.vectors * basis.inverse
    let points = fractionalCoordinates.map { ($0 * toReduced).wrapped }
    guard points.allSatisfy({ $0.sum().isFinite }) else { return nil }
    let reciprocal = basis.inverse.transpose
    let reach = Vector3(reciprocal[0].length, reciprocal[1].length, reciprocal[2].length)

    // The first vector of a Niggli basis is a shortest lattice vector.
    var best = min(basis[0].length, basis[1].length, basis[2].length)
    for i in points.indices {
      for j in 0..<i {
        var f = points[i] - points[j]
        f -= f.rounded(.toNearestOrEven)
        best = min(best, shortestImage(of: f, basis: basis, reach: reach, below: best))
      }
    }
    return best
  }
}

/// The length of the shortest vector `(f + n) basis` over integer n, or `limit` where none is shorter.
private func shortestImage(
  of f: Vector3, basis: Matrix3, reach: Vector3, below limit: Double
) -> Double {
  var best = limit
  let extent = limit * reach
  let low = (-extent - f).rounded(.up)
  let high = (extent - f).rounded(.down)
  guard low.x <= high.x, low.y <= high.y, low.z <= high.z else { return best }
  for x in stride(from: low.x, through: high.x, by: 1) {
    for y in stride(from: low.y, through: high.y, by: 1) {
      for z in stride(from: low.z, through: high.z, by: 1) {
        best = min(best, ((f + Vector3(x, y, z)) * basis).length)
      }
    }
  }
  return best
}
