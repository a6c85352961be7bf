public import Crystals

extension Crystal {
  /// The shortest distance between two atoms in angstrom, periodic images of an atom included; nil for an empty, unusable or
  /// not finite crystal.
  ///
  /// Exact for any cell: images are searched as far as the shortest distance found so far can reach. In a basis b with reciprocal
  /// vectors b*, a difference with fractional coordinates f + n is at least `|f_k + n_k| / |b*_k|` long.
  public var shortestDistance: Double? {
    guard let frame = ImageFrame(self) else { return nil }
    var best = frame.shortestTranslation
    for i in frame.points.indices {
      for j in 0..<i { best = min(best, frame.distance(i, j, below: best)) }
    }
    return best
  }

  /// Whether two atoms, images included, are nearer than the sum of their radii.
  ///
  /// - Parameter radii: (A) in angstrom.
  func hasOverlap(radii: [Double]) -> Bool {
    precondition(radii.count == count)
    guard let frame = ImageFrame(self) else { return false }
    if frame.shortestTranslation < 2 * (radii.max() ?? 0) { return true }
    return radii.indices.contains { i in
      (0..<i).contains { j in frame.distance(i, j, below: radii[i] + radii[j]) < radii[i] + radii[j] }
    }
  }
}

/// The atoms of a crystal on a short basis, in which few images are near.
private struct ImageFrame {
  let basis: Matrix3
  let points: [Vector3]
  private let reach: Vector3

  /// nil for an empty, unusable or not finite crystal.
  init?(_ crystal: Crystal) {
    guard crystal.count > 0, crystal.lattice.isUsable else { return nil }
    let basis = niggliReduced(crystal.lattice.vectors)
    let change = crystal.lattice.vectors * basis.inverse
    self.basis = basis
    points = crystal.fractionalCoordinates.map { ($0 * change).wrapped }
    guard points.allSatisfy({ $0.sum().isFinite }) else { return nil }
    let reciprocal = basis.inverse.transpose
    reach = Vector3(reciprocal[0].length, reciprocal[1].length, reciprocal[2].length)
  }

  /// The first vector of a Niggli basis is a shortest lattice vector.
  var shortestTranslation: Double { min(basis[0].length, basis[1].length, basis[2].length) }

  /// The distance of two atoms, or `limit` where that is less.
  func distance(_ i: Int, _ j: Int, below limit: Double) -> Double {
    var f = points[i] - points[j]
    f -= f.rounded(.toNearestOrEven)
    return shortestImage(of: f, basis: basis, reach: reach, below: limit)
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
