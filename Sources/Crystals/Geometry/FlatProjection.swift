/// Projects points onto a flat, modulo lattice translations.
///
/// The lattice is split into the flat's own directions B and a complement C (together unimodular). A point `w + B b + C c` has
/// distance squared `(c - n)^T Q (c - n)` from the flat's copy n, with Q the Schur complement of `B^T G B` in the metric G.
struct FlatProjection: Sendable {
  private var origin: Vector3
  /// Columns of B then of C, as vectors; B has `free` of them.
  private var basis: [Vector3]
  private var inverse: Matrix3
  private let free: Int

  /// For a flat whose free coordinates are plain (every free column of W has its own 1 on the diagonal).
  init(_ flat: Flat) {
    let columns = flat.freeColumns
    free = columns.count
    var vectors: [[Int]] = columns.map { flat.column($0) }
    for k in 0..<3 where !columns.contains(k) {
      var unit = [0, 0, 0]
      unit[k] = 1
      vectors.append(unit)
    }
    let determinant = integerDeterminant(vectors.flatMap { $0 })
    precondition(determinant == 1 || determinant == -1)
    basis = vectors.map { Vector3(Double($0[0]), Double($0[1]), Double($0[2])) }
    origin = Self.point(flat)
    inverse = Matrix3(basis[0], basis[1], basis[2]).inverse
  }

  private static func point(_ flat: Flat) -> Vector3 {
    Vector3(Double(flat.translation[0]), Double(flat.translation[1]), Double(flat.translation[2]))
      / Double(SymmetryOperation.denominator)
  }

  /// The same for the image of the flat under an operation.
  func image(under g: SymmetryOperation, flat: Flat) -> FlatProjection {
    var image = self
    image.basis = basis.map { g.rotationMatrix * $0 }
    image.origin = Self.point(flat)
    image.inverse = Matrix3(image.basis[0], image.basis[1], image.basis[2]).inverse
    return image
  }

  /// The step to the nearest point of the flat or of a lattice copy of it, and its length squared in angstrom squared.
  func step(from x: Vector3, metric: Matrix3) -> (Vector3, Double) {
    if free == 3 { return (.zero, 0) }
    // Coordinates of x - w in the basis [B C], whose vectors are the rows of the matrix.
    let coordinates = (x - origin) * inverse
    // Complement vectors with their parts along B removed (in the metric): their lattice is the one to search.
    var complement: [Vector3] = []
    for k in free..<3 { complement.append(basis[k]) }
    if free > 0 {
      var along: [Vector3] = []  // B made orthogonal in the metric
      for k in 0..<free {
        var b = basis[k]
        for a in along { b -= a * (a.dot(metric * b) / a.dot(metric * a)) }
        along.append(b)
      }
      for i in complement.indices {
        for a in along { complement[i] -= a * (a.dot(metric * complement[i]) / a.dot(metric * a)) }
      }
    }
    return closest(
      complement, Array((free..<3).map { coordinates[$0] }), metric: metric)
  }

  /// Minus the shortest vector `sum_i (c_i - n_i) v_i` over integers n, and its length squared.
  private func closest(
    _ vectors: [Vector3], _ c: [Double], metric: Matrix3
  ) -> (Vector3, Double) {
    let n = vectors.count
    var gram = Matrix3.identity
    for i in 0..<n {
      let v = metric * vectors[i]
      for j in 0..<n { gram[i][j] = vectors[j].dot(v) }
    }
    let dual = gram.inverse
    var fraction = Vector3.zero
    var start = Vector3.zero
    for i in 0..<n {
      start[i] = c[i].rounded()
      fraction[i] = c[i] - start[i]
    }
    var best = fraction
    var bestSquared = fraction.dot(gram * fraction)
    // |c_i - n_i| <= distance * length of the dual vector: everything nearer than the rounded point is in the box.
    var reach = (0, 0, 0)
    func limit(_ i: Int) -> Int {
      guard i < n else { return 0 }
      let r = (bestSquared * dual[i][i]).squareRoot() + 0.5
      return r.isFinite ? min(Int(r), 8) : 0
    }
    reach = (limit(0), limit(1), limit(2))
    for i in -reach.0...reach.0 {
      for j in -reach.1...reach.1 {
        for k in -reach.2...reach.2 {
          let f = fraction - Vector3(Double(i), Double(j), Double(k))
          let squared = f.dot(gram * f)
          if squared < bestSquared - 1e-12 { (best, bestSquared) = (f, squared) }
        }
      }
    }
    var step = Vector3.zero
    for i in 0..<n { step -= best[i] * vectors[i] }
    return (step, max(0, bestSquared))
  }
}
