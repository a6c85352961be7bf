/// A Wyckoff position: all points whose site symmetries are conjugate in the group.
public struct WyckoffPosition: Sendable {
  /// ASCII, `a`...`z`, then `A`.
  public let letter: UInt8
  /// Points of an orbit in the conventional cell.
  public let multiplicity: Int
  /// Free coordinates: 0...3.
  public let degreesOfFreedom: Int
  /// The members of an orbit, the generator first; `multiplicity` of them.
  public let members: [Member]
  /// The members whose flats are different sets of points, one index each; distances need only these.
  let distinctFlats: [Int]

  /// One point of an orbit as a function of the generator's.
  public struct Member: Sendable {
    /// The operation that takes the generator's point to this one.
    public let operation: SymmetryOperation
    /// Site symmetry of this member (not of the generator).
    public let siteSymmetry: SiteSymmetry
    let inverse: SymmetryOperation
    let flat: Flat
    let projection: FlatProjection
  }

  init(letter: UInt8, flat: Flat, operations: [SymmetryOperation], hexagonal: Bool) {
    self.letter = letter
    degreesOfFreedom = flat.freeColumns.count
    let stabiliser = operations.filter { flat.image(under: $0) == flat }
    multiplicity = operations.count / stabiliser.count

    var members: [Member] = []
    var seen: Set<Flat> = []
    let projection = FlatProjection(flat)
    for g in operations where seen.insert(flat.image(under: g)).inserted {
      let inverse = integerInverse(g.rotation)
      let rotations = stabiliser.map { multiply(multiply(g.rotation, $0.rotation), inverse) }
      let image = flat.image(under: g)
      members.append(
        Member(
          operation: g, siteSymmetry: SiteSymmetry(rotations: rotations, hexagonal: hexagonal),
          inverse: g.inverse, flat: image, projection: projection.image(under: g, flat: image)))
    }
    self.members = members
    var distinct: [Int] = []
    for (k, member) in members.enumerated()
    where !distinct.contains(where: { members[$0].flat.isSameSet(as: member.flat) }) {
      distinct.append(k)
    }
    distinctFlats = distinct
  }

  /// The points that the generator may be at, `x = matrix u + origin` in fractional coordinates: a coordinate that is free is its
  /// own parameter (rows and columns of the matrix that are zero have none).
  public var generatorFlat: (matrix: Matrix3, origin: Vector3) {
    let flat = members[0].flat
    func row(_ k: Int) -> Vector3 { Vector3(flat.matrix[3 * k..<3 * k + 3].map(Double.init)) }
    return (
      Matrix3(row(0), row(1), row(2)), Vector3(flat.translation.map { Double($0) / Double(SymmetryOperation.denominator) })
    )
  }

  /// The points of the orbit of `point`, which lies on member `index`; the first is that of the generator.
  public func orbit(of point: Vector3, onMember index: Int = 0) -> [Vector3] {
    let generator = members[index].inverse(point)
    return members.map { $0.operation(generator).wrapped }
  }

  /// The point of this position that is nearest to another, over all members and all lattice translations.
  ///
  /// Exact for any cell: a closest-vector search in the lattice projected along the free directions. Where two members are
  /// equally near (within 1e-9 angstrom squared) the first stands.
  ///
  /// - Parameters:
  ///   - x: fractional coordinates.
  ///   - metric: metric tensor of the cell, angstrom squared.
  ///   - accepts: which members may be chosen, by index; all where nil.
  /// - Returns: the point (wrapped), the member it lies on, the distance in angstrom; nil where no member is accepted.
  public func nearest(
    to x: Vector3, metric: Matrix3, accepts: ((Int) -> Bool)? = nil
  ) -> (point: Vector3, member: Int, distance: Double)? {
    var best: (step: Vector3, member: Int, squared: Double)?
    for index in distinctFlats where accepts?(index) ?? true {
      let (step, squared) = members[index].projection.step(from: x, metric: metric)
      if squared < (best?.squared ?? .infinity) - 1e-9 { best = (step, index, squared) }
    }
    guard let best else { return nil }
    return ((x + best.step).wrapped, best.member, best.squared.squareRoot())
  }
}
