import Crystals

/// The lattice images of a difference that are within a distance.
struct LatticeImages {
  let vectors: Matrix3
  /// How far a sphere of 1 angstrom reaches along each axis, in fractional coordinates.
  let reachPerLength: Vector3

  init(_ lattice: Lattice) {
    vectors = lattice.vectors
    let (a, b, c) = vectors.rows
    reachPerLength = Vector3(b.cross(c).length, c.cross(a).length, a.cross(b).length) * (1 / lattice.volume)
  }

  /// - Parameters:
  ///   - distance: in angstrom.
  ///   - body: gets the fractional difference and its length in angstrom.
  @inline(__always)
  func visit(_ difference: Vector3, within distance: Double, _ body: (Vector3, Double) -> Void) {
    // Flat cells of early beliefs have no end of images.
    let reach = (reachPerLength * distance).clamped(lowerBound: Vector3(repeating: 0), upperBound: Vector3(repeating: 4))
    let (low, high) = ((-reach - difference).rounded(.up), (reach - difference).rounded(.down))
    var n = low
    while n.x <= high.x {
      n.y = low.y
      while n.y <= high.y {
        n.z = low.z
        while n.z <= high.z {
          let d = difference + n
          let length = (d * vectors).length
          if length < distance { body(d, length) }
          n.z += 1
        }
        n.y += 1
      }
      n.x += 1
    }
  }
}
