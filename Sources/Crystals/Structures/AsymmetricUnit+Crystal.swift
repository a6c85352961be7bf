extension AsymmetricUnit {
  /// The asymmetric unit of a crystal, with the conventional cell that it unfolds into.
  ///
  /// The representative of an orbit lies on the generator's flat of its Wyckoff position (so a position has one code), nearest to
  /// (1/2, 1/2, 1/2) of those that do, the first in the order of x, y, z where several tie.
  ///
  /// - Parameters:
  ///   - crystal: any cell of the crystal.
  ///   - symprec: tolerance of the symmetry search in angstrom.
  /// - Throws: `Rejection`: `symmetry_not_found`, or `round_trip` where the unit does not give the crystal back: every atom of the idealised
  ///   cell within 0.05 angstrom, the volume an atom within 1 %.
  public static func standardize(
    _ crystal: Crystal, symprec: Double
  ) throws(Rejection) -> (unit: AsymmetricUnit, conventional: Crystal) {
    let search = try SymmetrySearch(crystal, symprec: symprec)
    guard abs(search.volumeRatio - 1) < 0.01 else {
      throw Rejection("round_trip", "volume an atom changes by a factor of \(search.volumeRatio)")
    }
    let group = SpaceGroup.numbered(search.spaceGroup)
    let standard = search.standard
    let logMetric = LatticeLogMetric(standard.lattice).constrained(to: group.number)
    let lattice = logMetric.lattice
    var matcher = OrbitMatcher(standard, metric: lattice.metric)

    var sites: [Site] = []
    var conventional = Crystal(
      lattice: lattice, atomicNumbers: [], fractionalCoordinates: [], spaceGroup: group.number)
    while let first = matcher.firstUnmatched {
      let z = standard.atomicNumbers[first]
      let x = standard.fractionalCoordinates[first]
      guard let (position, point, member) = group.position(of: x, metric: lattice.metric) else {
        throw Rejection("round_trip", "no Wyckoff position fits the stabiliser of an atom of \(Element.symbol(Int(z)))")
      }
      let orbit = position.orbit(of: point, onMember: member)
      for p in orbit where !matcher.match(p, atomicNumber: z, tolerance: 0.05) {
        throw Rejection(
          "round_trip",
          "an image of \(Element.symbol(Int(z))) on \(position.multiplicity)\(Character(UnicodeScalar(position.letter))) has no atom within 0.05 angstrom"
        )
      }
      let chosen = position.representative(of: orbit)
      sites.append(
        Site(
          atomicNumber: z, position: chosen, siteSymmetry: position.members[0].siteSymmetry,
          wyckoffLetter: position.letter, multiplicity: position.multiplicity))
      conventional.append(
        position.orbit(of: chosen), atomicNumber: z, orbit: Int32(sites.count - 1))
    }
    return (
      AsymmetricUnit(spaceGroup: group.number, latticeLogMetric: logMetric, sites: sites), conventional
    )
  }
}

extension Crystal {
  /// Adds the atoms of an orbit.
  mutating func append(_ points: [Vector3], atomicNumber: UInt8, orbit index: Int32) {
    fractionalCoordinates += points
    atomicNumbers += [UInt8](repeating: atomicNumber, count: points.count)
    orbit += [Int32](repeating: index, count: points.count)
  }
}

extension WyckoffPosition {
  /// The point of an orbit that stands for it: on the generator's flat and nearest to the centre of the cell.
  ///
  /// - Parameter orbit: as `orbit(of:)` gives it: point k on the flat of member k.
  func representative(of orbit: [Vector3]) -> Vector3 {
    var best = orbit[0]
    var bestKey = Self.key(best)
    for (k, p) in orbit.enumerated().dropFirst() where members[k].flat.isSameSet(as: members[0].flat) {
      let key = Self.key(p)
      if key.lexicographicallyPrecedes(bestKey) { (best, bestKey) = (p, key) }
    }
    return best
  }

  /// Squared distance to (1/2, 1/2, 1/2) in fractional coordinates, then x, y, z; rounded, so that rounding errors do not decide.
  private static func key(_ p: Vector3) -> [Int] {
    func rounded(_ v: Double) -> Int { Int((v * 1e6).rounded()) }
    let d = p - Vector3(repeating: 0.5)
    return [rounded(d.dot(d)), rounded(p.x), rounded(p.y), rounded(p.z)]
  }
}

extension SpaceGroup {
  /// The Wyckoff position of a point that lies on it, the point put exactly there, and the member it lies on.
  ///
  /// - Parameters:
  ///   - x: fractional coordinates.
  ///   - tolerance: how far from its images the point may be and still be fixed by an operation, in angstrom.
  public func position(
    of x: Vector3, metric: Matrix3, tolerance: Double = 0.01
  ) -> (position: WyckoffPosition, point: Vector3, member: Int)? {
    var order = 0
    let limit = tolerance * tolerance
    for g in operations where squaredDistance(g(x), x, metric) < limit { order += 1 }
    var best: (WyckoffPosition, Vector3, Int)?
    var bestDistance = tolerance
    for position in wyckoffPositions where position.multiplicity * order == operations.count {
      guard let (point, member, distance) = position.nearest(to: x, metric: metric) else { continue }
      if distance < bestDistance {
        best = (position, point, member)
        bestDistance = distance
      }
    }
    return best
  }
}

/// Ticks off the atoms of a crystal against the images that symmetry makes.
private struct OrbitMatcher {
  private let crystal: Crystal
  private let metric: Matrix3
  private var matched: [Bool]

  init(_ crystal: Crystal, metric: Matrix3) {
    self.crystal = crystal
    self.metric = metric
    matched = [Bool](repeating: false, count: crystal.count)
  }

  var firstUnmatched: Int? { matched.firstIndex(of: false) }

  mutating func match(_ p: Vector3, atomicNumber: UInt8, tolerance: Double) -> Bool {
    var best: Int?
    var bestSquared = tolerance * tolerance
    for i in matched.indices where !matched[i] && crystal.atomicNumbers[i] == atomicNumber {
      let squared = squaredDistance(crystal.fractionalCoordinates[i], p, metric)
      if squared < bestSquared { (best, bestSquared) = (i, squared) }
    }
    guard let best else { return false }
    matched[best] = true
    return true
  }
}
