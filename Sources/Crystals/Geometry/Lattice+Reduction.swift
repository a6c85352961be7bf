extension Lattice {
  /// A Minkowski-reduced basis: a, b, c are as short as the lattice allows, |a| <= |b| <= |c|; right-handed.
  ///
  /// The greedy algorithm of Semaev (CaLC 2001): the longest vector is replaced by itself minus the nearest point of the lattice
  /// of the two others, until that does not shorten it.
  ///
  /// - Returns: the reduced lattice, and its vectors in the old basis by rows: `reduced = change * vectors`, all integers.
  public func reduced() -> (lattice: Lattice, change: Matrix3) {
    var rows = vectors
    var change = Matrix3.identity
    func swapRows(_ i: Int, _ j: Int) {
      (rows[i], rows[j]) = (rows[j], rows[i])
      (change[i], change[j]) = (change[j], change[i])
    }
    // Every round shortens a vector, so the loop ends by itself; the bound is for entries that are not finite.
    for _ in 0..<1000 {
      if rows[1].dot(rows[1]) < rows[0].dot(rows[0]) { swapRows(0, 1) }
      let q = (rows[0].dot(rows[1]) / rows[0].dot(rows[0])).rounded()
      let shorter = rows[1] - q * rows[0]
      if shorter.dot(shorter) < rows[1].dot(rows[1]) * (1 - 1e-12) {
        rows[1] = shorter
        change[1] -= q * change[0]
        continue
      }
      if rows[2].dot(rows[2]) < rows[1].dot(rows[1]) * (1 - 1e-12) {
        swapRows(1, 2)
        continue
      }
      guard let (i, j) = Self.nearest(to: rows[2], in: (rows[0], rows[1])) else { break }
      rows[2] -= i * rows[0] + j * rows[1]
      change[2] -= i * change[0] + j * change[1]
    }
    if rows.determinant < 0 {
      rows = -1 * rows
      change = -1 * change
    }
    return (Lattice(vectors: rows), change)
  }

  /// The nearest point `i u + j v` of a reduced plane lattice; nil where the origin is as near.
  private static func nearest(to w: Vector3, in plane: (Vector3, Vector3)) -> (Double, Double)? {
    let (u, v) = plane
    let (uu, uv, vv) = (u.dot(u), u.dot(v), v.dot(v))
    let (uw, vw) = (u.dot(w), v.dot(w))
    let determinant = uu * vv - uv * uv
    let x = ((vv * uw - uv * vw) / determinant).rounded(.down)
    let y = ((uu * vw - uv * uw) / determinant).rounded(.down)
    guard x.isFinite, y.isFinite else { return nil }
    var best: (Double, Double)?
    var shortest = w.dot(w) * (1 - 1e-12)
    for i in [x, x + 1] {
      for j in [y, y + 1] {
        let d = w - i * u - j * v
        if d.dot(d) < shortest { (best, shortest) = ((i, j), d.dot(d)) }
      }
    }
    return best
  }
}

/// A basis of the lattice that integer vectors generate, by rows, in lower triangular form (Hermite); they must span space.
func latticeBasis(_ generators: [[Int]]) -> [[Int]] {
  var rows = generators
  var basis: [[Int]] = []
  for column in [2, 1, 0] {
    // Euclid's algorithm on one coordinate of all that are left.
    while true {
      let candidates = rows.indices.filter { rows[$0][column] != 0 }
      guard let pivot = candidates.min(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }) else {
        preconditionFailure("the vectors do not span space")
      }
      if candidates.count == 1 {
        basis.append(rows.remove(at: pivot))
        break
      }
      for i in candidates where i != pivot {
        let q = rows[i][column] / rows[pivot][column]
        for k in 0..<3 { rows[i][k] -= q * rows[pivot][k] }
      }
    }
  }
  return basis.reversed()
}
