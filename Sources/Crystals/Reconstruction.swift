/// How a predicted asymmetric unit became a crystal.
public struct Reconstruction: Sendable {
  /// The unit with every site on a Wyckoff position: letter, multiplicity and site symmetry are those of the point.
  public var unit: AsymmetricUnit
  /// The full conventional cell.
  public var crystal: Crystal
  public var outcome: Outcome
  /// Of every site kept: which site of the prediction it was.
  public var sources: [Int]
  /// Of every site kept: how far it was moved, in angstrom.
  public var distances: [Double]
  /// Of every site kept: on how many of the 15 axes the operation was changed.
  public var operationsChanged: [Int]

  /// What had to be done beyond projection.
  public enum Outcome: Int8, Sendable, CaseIterable {
    /// Every site is on its nearest position.
    case projected = 0
    /// Some site collided there and took another position.
    case moved = 1
    /// Some site found no free position near and fell together with one of its own element.
    case merged = 2

    public var name: String {
      switch self {
      case .projected: "projected"
      case .moved: "moved"
      case .merged: "merged"
      }
    }
  }

  /// What counts as a collision, and how hard to look for a way out.
  public struct Options: Sendable {
    /// Shortest distance two atoms may have, in angstrom.
    public var minimumDistance = 0.5
    /// Shortest distance two atoms may have, as a share of the sum of their covalent radii.
    public var radiiShare = 0.5
    /// How many positions to try for a site.
    public var attempts = 12

    public init(minimumDistance: Double = 0.5, radiiShare: Double = 0.5, attempts: Int = 12) {
      self.minimumDistance = minimumDistance
      self.radiiShare = radiiShare
      self.attempts = attempts
    }

    func limit(_ a: UInt8, _ b: UInt8) -> Double {
      max(minimumDistance, radiiShare * (Element.covalentRadius(Int(a)) + Element.covalentRadius(Int(b))))
    }
  }
}

extension AsymmetricUnit {
  /// Unfolds the unit into a crystal, every site put on a Wyckoff position of the space group first.
  ///
  /// The rule, site by site in their order:
  /// 1. Candidates are the positions of the group, by how many axes of the site-symmetry code differ (SymmCD, Levy et al. 2025,
  ///    section 3.4), those that tie by distance in angstrom to the nearest point of any member of the orbit.
  /// 2. The first candidate whose orbit keeps its distance from the atoms placed so far, and from itself, is taken.
  /// 3. Where none of the first `attempts` does, a site that falls on atoms of its own element is left out.
  /// 4. Otherwise the crystal is rejected.
  ///
  /// - Throws: `Rejection` with code `bad_cell`, `bad_coordinates`, `collision`, `too_many_atoms` or `no_sites`.
  public func reconstruct(_ options: Reconstruction.Options = .init()) throws(Rejection) -> Reconstruction {
    guard !sites.isEmpty else { throw Rejection("no_sites", "an asymmetric unit without sites") }
    let logMetric = latticeLogMetric.constrained(to: spaceGroup)
    guard logMetric.k.allSatisfy({ abs($0) < 20 }), case let lattice = logMetric.lattice, lattice.isUsable,
      lattice.lengths.max() < 1000, lattice.lengths.min() > 0.5
    else { throw Rejection("bad_cell", "the k-vector \(logMetric.k) makes no cell") }
    var result = Reconstruction(
      unit: AsymmetricUnit(spaceGroup: spaceGroup, latticeLogMetric: logMetric, sites: []),
      crystal: Crystal(lattice: lattice, atomicNumbers: [], fractionalCoordinates: [], spaceGroup: spaceGroup),
      outcome: .projected, sources: [], distances: [], operationsChanged: [])
    let group = SpaceGroup.numbered(spaceGroup)
    for (index, site) in sites.enumerated() {
      guard site.position.sum().isFinite else {
        throw Rejection("bad_coordinates", "site \(index + 1) has no finite coordinates")
      }
      try result.place(site, index: index, group: group, options)
    }
    return result
  }
}

extension Reconstruction {
  /// Puts one site on the first candidate position that is free.
  fileprivate mutating func place(
    _ site: Site, index: Int, group: SpaceGroup, _ options: Options
  ) throws(Rejection) {
    let metric = crystal.lattice.metric
    var attempt = 0
    var nearestCollision: Collision?
    for (changed, candidates) in group.candidates(for: site.siteSymmetry) {
      let points = candidates.compactMap { candidate in
        group.wyckoffPositions[candidate.position].nearest(
          to: site.position, metric: metric, accepts: { candidate.members.contains($0) }
        ).map { (candidate.position, $0) }
      }.sorted { ($0.1.distance, $0.0) < ($1.1.distance, $1.0) }
      for (p, nearest) in points {
        let position = group.wyckoffPositions[p]
        guard crystal.count + position.multiplicity <= CIF.maximumSites else {
          throw Rejection("too_many_atoms", "more than \(CIF.maximumSites) atoms in the cell")
        }
        if let collision = collision(of: site.atomicNumber, position, nearest, options) {
          nearestCollision = nearestCollision ?? collision
          attempt += 1
          if attempt < options.attempts { continue }
          return try giveUp(site, index, nearestCollision ?? collision)
        }
        if attempt > 0, outcome == .projected { outcome = .moved }
        accept(site, index, position, nearest, changed: changed)
        return
      }
    }
    if let nearestCollision { try giveUp(site, index, nearestCollision) }
  }

  fileprivate struct Collision {
    var distance: Double
    var withOwnElement: Bool
  }

  /// A site that found no place: left out where it coincides with its own element, else the crystal falls.
  private mutating func giveUp(_ site: Site, _ index: Int, _ collision: Collision) throws(Rejection) {
    guard collision.withOwnElement, crystal.count > 0 else {
      let rounded = (collision.distance * 1000).rounded() / 1000
      throw Rejection(
        "collision",
        "site \(index + 1) (\(Element.symbol(Int(site.atomicNumber)))) comes within \(rounded) angstrom of another atom and no free position is near"
      )
    }
    outcome = .merged
  }

  private mutating func accept(
    _ site: Site, _ index: Int, _ position: WyckoffPosition,
    _ nearest: (point: Vector3, member: Int, distance: Double), changed: Int
  ) {
    unit.sites.append(
      Site(
        atomicNumber: site.atomicNumber, position: nearest.point,
        siteSymmetry: position.members[nearest.member].siteSymmetry, wyckoffLetter: position.letter,
        multiplicity: position.multiplicity))
    crystal.append(
      position.orbit(of: nearest.point, onMember: nearest.member), atomicNumber: site.atomicNumber,
      orbit: Int32(unit.sites.count - 1))
    sources.append(index)
    distances.append(nearest.distance)
    operationsChanged.append(changed)
  }

  /// The closest approach of an orbit to itself and to the atoms placed, where it is too close. One point of the orbit tells for
  /// all of them.
  private func collision(
    of z: UInt8, _ position: WyckoffPosition, _ nearest: (point: Vector3, member: Int, distance: Double),
    _ options: Options
  ) -> Collision? {
    let metric = crystal.lattice.metric
    let own = position.orbit(of: nearest.point, onMember: nearest.member)
    var worst: Collision?
    var worstRatio = 1.0
    func look(_ q: Vector3, _ element: UInt8, isPlaced: Bool, isItself: Bool) {
      let limit = options.limit(z, element)
      let squared = shortestSquared(from: nearest.point, to: q, metric: metric, isItself: isItself)
      guard squared < limit * limit else { return }
      let ratio = squared.squareRoot() / limit
      if ratio < worstRatio {
        worstRatio = ratio
        worst = Collision(distance: squared.squareRoot(), withOwnElement: isPlaced && element == z)
      }
    }
    for (k, q) in own.enumerated() { look(q, z, isPlaced: false, isItself: k == nearest.member) }
    for (q, element) in zip(crystal.fractionalCoordinates, crystal.atomicNumbers) {
      look(q, element, isPlaced: true, isItself: false)
    }
    return worst
  }
}

/// The squared distance between two points over the nearest lattice translations; without the zero one for a point and itself.
private func shortestSquared(from p: Vector3, to q: Vector3, metric: Matrix3, isItself: Bool) -> Double {
  var d = q - p
  d -= d.rounded(.toNearestOrEven)
  var best = Double.infinity
  for i in -1...1 {
    for j in -1...1 {
      for k in -1...1 where !(isItself && i == 0 && j == 0 && k == 0) {
        let v = d + Vector3(Double(i), Double(j), Double(k))
        best = min(best, v.dot(metric * v))
      }
    }
  }
  return best
}

extension SpaceGroup {
  /// The Wyckoff positions by how many axes of their members' codes differ from a code, the closest first.
  ///
  /// - Returns: for each number of differing axes the positions, each with those of its members (of distinct flats) that have it.
  func candidates(
    for code: SiteSymmetry
  ) -> [(changed: Int, positions: [(position: Int, members: [Int])])] {
    var byDistance = [[(position: Int, members: [Int])]](repeating: [], count: SiteSymmetry.axisCount + 1)
    for (p, position) in wyckoffPositions.enumerated() {
      var members = [[Int]](repeating: [], count: SiteSymmetry.axisCount + 1)
      for m in position.distinctFlats {
        members[position.members[m].siteSymmetry.distance(to: code)].append(m)
      }
      for (distance, chosen) in members.enumerated() where !chosen.isEmpty {
        byDistance[distance].append((p, chosen))
      }
    }
    return byDistance.enumerated().filter { !$0.element.isEmpty }.map { ($0.offset, $0.element) }
  }
}
