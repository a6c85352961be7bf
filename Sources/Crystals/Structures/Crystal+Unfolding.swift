extension Lattice {
  /// A lattice from cell parameters that may be nonsense.
  static func checked(lengths: Vector3, angles: Vector3) throws(Rejection) -> Lattice {
    guard lengths.sum().isFinite, angles.sum().isFinite else {
      throw Rejection("bad_cell", "a cell length or angle is missing or unreadable")
    }
    guard lengths.min() > 0.1, lengths.max() < 1000, angles.min() > 1, angles.max() < 179 else {
      throw Rejection(
        "bad_cell",
        "cell lengths \(lengths.x) \(lengths.y) \(lengths.z), angles \(angles.x) \(angles.y) \(angles.z) make no cell")
    }
    return try checked(Lattice(lengths: lengths, angles: angles))
  }

  /// The lattice itself, where it has a volume and is not so flat that the nearest image of a point can't be found by rounding.
  static func checked(_ lattice: Lattice) throws(Rejection) -> Lattice {
    guard lattice.isUsable else { throw Rejection("bad_cell", "the cell has no volume") }
    let reciprocal = lattice.reciprocal
    for i in 0..<3 {
      let spacing = 1 / reciprocal[i].length
      guard spacing > 0.3, lattice.vectors[i].length < 10_000 else {
        throw Rejection("bad_cell", "the cell is flat: planes \(spacing) angstrom apart")
      }
    }
    return lattice
  }
}

extension Crystal {
  /// Images of a site nearer to each other than this are one atom, in angstrom.
  static let sameAtom = 0.15

  /// Applies operations to sites. Images of a site closer than 0.15 angstrom are one atom at their mean, so that special positions
  /// written with few digits (0.3333) come out exact.
  ///
  /// - Throws: `Rejection` where there are more than `CIF.maximumSites` atoms or images lie close without coinciding.
  init(
    lattice: Lattice, sites: [(z: Int, x: Vector3)], operations: [SymmetryOperation]
  ) throws(Rejection) {
    let metric = lattice.metric
    self.init(lattice: lattice, atomicNumbers: [], fractionalCoordinates: [])
    for (index, site) in sites.enumerated() {
      guard operations.count > 1 else {
        append([site.x.wrapped], atomicNumber: UInt8(site.z), orbit: Int32(index))
        continue
      }
      let start = count
      let (x, order) = Self.centred(site.x, operations: operations, metric: metric)
      for g in operations {
        let p = g(x).wrapped
        if !fractionalCoordinates[start...].contains(where: { squaredDistance($0, p, metric) < Self.sameAtom * Self.sameAtom })
        {
          append([p], atomicNumber: UInt8(site.z), orbit: Int32(index))
        }
      }
      guard (count - start) * order == operations.count else {
        throw Rejection("atoms_overlap", "images of site \(index + 1) lie within \(Self.sameAtom) angstrom without coinciding")
      }
      guard count <= CIF.maximumSites else {
        throw Rejection("too_many_atoms", "more than \(CIF.maximumSites) atoms in the cell")
      }
    }
  }

  /// The mean of those images of a point that are one atom with it, and how many operations make them.
  private static func centred(
    _ x: Vector3, operations: [SymmetryOperation], metric: Matrix3
  ) -> (x: Vector3, order: Int) {
    var point = x
    var order = 0
    // The mean may come within reach of further images; four rounds are more than any real site needs.
    for _ in 0..<4 {
      var sum = Vector3.zero
      var near = 0
      for g in operations {
        var d = g(point) - point
        d -= d.rounded(.toNearestOrEven)
        if d.dot(metric * d) < sameAtom * sameAtom {
          sum += d
          near += 1
        }
      }
      if near > 0 { point += sum / Double(near) }
      if near == order { break }
      order = near
    }
    return (point, order)
  }
}

/// Squared distance of two points and their lattice images in angstrom squared, right where it is small against the cell.
func squaredDistance(_ a: Vector3, _ b: Vector3, _ metric: Matrix3) -> Double {
  var d = a - b
  d -= d.rounded(.toNearestOrEven)
  return d.dot(metric * d)
}
