/// An operation that maps a crystal onto itself within a tolerance: `x' = R x + t` on fractional coordinates of a primitive cell.
struct CrystalOperation {
  /// R, integers.
  let rotation: Matrix3
  let translation: Vector3
  /// Atom i goes to atom `permutation[i]`.
  let permutation: [Int]
}

extension PrimitiveCell {
  /// The space-group operations of the crystal, one for each rotation; all within a tolerance, so they need not make a group.
  ///
  /// Rotations are those of the lattice; an atom of the rarest element must go to one of its kind, which gives the translations
  /// to try.
  ///
  /// - Parameter tolerance: how far atoms may be from their partners, and lattice vectors from theirs, in angstrom.
  func operations(tolerance: Double) -> [CrystalOperation] {
    let index = AtomIndex(lattice, atomicNumbers, fractionalCoordinates, tolerance: tolerance)
    guard let origin = index.order.first else { return [] }
    var operations: [CrystalOperation] = []
    for rotation in lattice.rotations(tolerance: tolerance) {
      let image = rotation * index.positions[origin]
      for j in index.rarest {
        let t = index.positions[j] - image
        if let permutation = index.permutation(rotation, t) {
          operations.append(CrystalOperation(rotation: rotation, translation: t, permutation: permutation))
          break
        }
      }
    }
    return operations
  }
}

extension Lattice {
  /// The rotations, proper and improper, that map a reduced lattice onto itself within a tolerance; column k is the image of
  /// vector k.
  ///
  /// Lengths may differ by the tolerance, angles by what moves the end of a vector of mean length by it (Togo, Shinohara and
  /// Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822, 2024).
  ///
  /// - Parameter tolerance: in angstrom.
  func rotations(tolerance: Double) -> [Matrix3] {
    typealias Image = (v: Vector3, gv: Vector3, length: Double)
    let g = metric
    let lengths = self.lengths
    var vectors: [Image] = []
    for i in -1...1 {
      for j in -1...1 {
        for k in -1...1 where (i, j, k) != (0, 0, 0) {
          let v = Vector3(Double(i), Double(j), Double(k))
          let gv = g * v
          vectors.append((v, gv, v.dot(gv).squareRoot()))
        }
      }
    }
    func keepsAngle(_ a: Int, _ u: Image, _ b: Int, _ w: Image) -> Bool {
      let before = g[a][b] / (lengths[a] * lengths[b])
      let after = u.v.dot(w.gv) / (u.length * w.length)
      let cosine = before * after + (max(0, 1 - before * before) * max(0, 1 - after * after)).squareRoot()
      let sineSquared = 1 - cosine * cosine
      let squaredLength = (lengths[a] + u.length) * (lengths[b] + w.length) / 4
      return sineSquared < 1e-12 || sineSquared * squaredLength <= tolerance * tolerance
    }
    let images = (0..<3).map { axis in vectors.filter { abs($0.length - lengths[axis]) <= tolerance } }
    var rotations: [Matrix3] = []
    for u in images[0] {
      for v in images[1] where keepsAngle(0, u, 1, v) {
        for w in images[2] where abs(u.v.dot(v.v.cross(w.v))) == 1 && keepsAngle(0, u, 2, w) && keepsAngle(1, v, 2, w) {
          rotations.append(Matrix3(u.v, v.v, w.v).transpose)
        }
      }
    }
    return rotations
  }
}
