/// The sites of a crystal on their Wyckoff positions while it is put together.
struct SitePlacement {
  /// A site on its place.
  struct Placed {
    /// Which site of the prediction.
    var source: Int
    var atomicNumber: UInt8
    var place: PositionCandidate
    /// All points of the orbit; that of the site itself is `orbit[place.member]`.
    var orbit: [Vector3]
    /// Where the site may slide: orthonormal directions in angstrom; nil where nobody has asked yet.
    var directions: [Vector3]?
    /// How far it has slid from the nearest point of its position, in angstrom.
    var slid = 0.0
    /// Whether it is not on the first position of its choice.
    var isMoved: Bool

    var canSlide: Bool { !(directions?.isEmpty ?? true) }
  }

  let group: SpaceGroup
  let lattice: Lattice
  let options: Reconstruction.Options
  private(set) var sites: [Placed] = []
  let distance: PeriodicDistance

  init(group: SpaceGroup, lattice: Lattice, options: Reconstruction.Options) {
    (self.group, self.lattice, self.options) = (group, lattice, options)
    distance = PeriodicDistance(lattice)
  }

  var atomCount: Int { sites.reduce(0) { $0 + $1.orbit.count } }

  mutating func clear() { sites = [] }

  /// Puts a site on the first of its candidates that is free, or becomes free when sites slide apart within their positions.
  ///
  /// - Returns: nil where the site has its place, else the closest approach that stood in the way of the first candidate, in
  ///   angstrom; infinite where every orbit would make the cell too large.
  mutating func place(_ site: Site, source: Int, _ candidates: PositionCandidates) -> Double? {
    var first: Double?
    var attempts = 0
    for candidate in candidates {
      let position = group.wyckoffPositions[candidate.position]
      guard atomCount + position.multiplicity <= CIF.maximumSites else { continue }
      sites.append(
        Placed(
          source: source, atomicNumber: site.atomicNumber, place: candidate,
          orbit: position.orbit(of: candidate.point, onMember: candidate.member),
          isMoved: attempts > 0))
      guard let collision = closestCollision() else { return nil }
      let before = Array(sites.dropLast())
      if separate() { return nil }
      first = first ?? collision
      sites = before
      attempts += 1
      if attempts == options.attempts { break }
    }
    return first ?? .infinity
  }

  /// Directions in which a point of a member may move: the free columns of its flat, made orthonormal in angstrom.
  private func directions(_ position: WyckoffPosition, _ member: Int) -> [Vector3] {
    let flat = position.members[member].flat
    var directions: [Vector3] = []
    for k in flat.freeColumns {
      let column = flat.column(k)
      var v = lattice.cartesian(Vector3(Double(column[0]), Double(column[1]), Double(column[2])))
      for d in directions { v -= v.dot(d) * d }
      directions.append(v / v.length)
    }
    return directions
  }

  /// How near the last site's orbit comes to itself and to the others, where that is too near.
  private func closestCollision() -> Double? {
    guard let last = sites.last else { return nil }
    var closest: Double?
    visitCollisions(of: last) { _, v, _ in closest = min(closest ?? .infinity, v.length) }
    return closest
  }

  /// Calls a function with every site that has an atom too near to a site's point, the vector to it, and the distance wanted.
  private func visitCollisions(of site: Placed, _ body: (Placed, Vector3, Double) -> Void) {
    let point = site.orbit[site.place.member]
    for other in sites {
      let limit = options.limit(site.atomicNumber, other.atomicNumber)
      for (k, q) in other.orbit.enumerated() {
        let v = distance.vector(from: point, to: q, isItself: other.source == site.source && k == site.place.member)
        if v.dot(v) < limit * limit { body(other, v, limit) }
      }
    }
  }

  /// Slides sites within their positions until no two atoms are too near.
  ///
  /// Every site goes away from each atom that is too near by half of what is missing, all of it where the other can't slide; then
  /// once more. Symmetric deadlocks are broken by fixed directions.
  ///
  /// - Returns: whether that came to an end; where not, the sites are anywhere.
  private mutating func separate() -> Bool {
    for i in sites.indices where sites[i].directions == nil {
      let place = sites[i].place
      sites[i].directions = directions(group.wyckoffPositions[place.position], place.member)
    }
    var worst = Double.infinity
    var stalled = 0
    for round in 0..<options.rounds {
      var missing = 0.0
      var steps = [Vector3](repeating: .zero, count: sites.count)
      for (i, site) in sites.enumerated() {
        visitCollisions(of: site) { other, v, limit in
          let length = v.length
          // A little more than needed, so that rounding does not ask for another round.
          let push = limit * 1.001 - length
          missing += push
          let away = length > 1e-3 ? v / -length : Self.direction(i + 1)
          steps[i] += push * (other.canSlide ? 0.5 : 1) * away
        }
      }
      if missing == 0 { return true }
      stalled = missing < 0.98 * worst ? 0 : stalled + 1
      worst = min(worst, missing)
      if stalled > options.patience { return false }
      var isStuck = true
      for i in sites.indices where steps[i] != .zero && sites[i].canSlide {
        let kick = stalled > 0 && stalled.isMultiple(of: 4) ? 0.3 * Self.direction(7 * round + i) : .zero
        isStuck = !slide(i, by: steps[i] + kick) && isStuck
      }
      if isStuck, stalled > 4 { return false }
    }
    return false
  }

  /// Moves a site along its free directions; says whether it went anywhere.
  private mutating func slide(_ i: Int, by step: Vector3) -> Bool {
    guard let directions = sites[i].directions else { return false }
    var along = Vector3.zero
    for d in directions { along += step.dot(d) * d }
    // A push across a line or plane says nothing of where to go along it.
    if along.length < 0.05 * step.length { along = 0.25 * step.length * directions[0] }
    let length = along.length
    guard length > 1e-9 else { return false }
    if length > 0.5 { along *= 0.5 / length }
    let place = sites[i].place
    let point = (sites[i].orbit[place.member] + distance.fractional(along)).wrapped
    sites[i].orbit = group.wyckoffPositions[place.position].orbit(of: point, onMember: place.member)
    sites[i].slid = distance(from: place.point, to: point)
    return true
  }

  /// Unit vectors in all directions, one a number: the golden spiral.
  private static func direction(_ k: Int) -> Vector3 {
    let turns = Double(k) * 0.618_033_988_749_895
    let z = 1 - 2 * (Double(k) * 0.414_213_562_373_095).truncatingRemainder(dividingBy: 1)
    let angle = 2 * Double.pi * turns.truncatingRemainder(dividingBy: 1)
    let r = max(0, 1 - z * z).squareRoot()
    return Vector3(r * _cosine(angle), r * _cosine(angle - Double.pi / 2), z)
  }
}
