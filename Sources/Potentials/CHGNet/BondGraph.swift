import Crystals

/// The bonds and angles of a crystal up to its symmetry: what a network of invariant features has to compute once.
///
/// A network whose features are invariant gives equal atoms, bonds and angles equal features. So nodes are orbits of atoms, an edge
/// stands for all edges of its centre that the centre's stabiliser turns into each other, a bond for all bonds (undirected) that
/// the group turns into each other, an angle for all ordered pairs of short bonds at a centre. Sums over neighbours become
/// sums over classes with the number of members as weight. The energy is then a function of one length a bond class and
/// one angle an angle class; derivatives by them, put on one member each and averaged over the group, are forces and stress.
struct BondGraph: Sendable {
  let crystal: Crystal
  let symmetry: CrystalSymmetry
  /// (N) atomic number of each orbit; its atoms are in `symmetry`.
  private(set) var nodes: [UInt8] = []

  /// A class of directed edges.
  struct Edge: Sendable {
    var center: Int32
    var neighbor: Int32
    var bond: Int32
    /// Edges of one centre in the class.
    var weight: Float
  }
  private(set) var edges: [Edge] = []

  /// A class of undirected bonds, by one of its members.
  struct Bond: Sendable {
    var length: Double
    /// From atom `from` to an image of atom `to`, angstrom.
    var vector: Vector3
    var from: Int32
    var to: Int32
  }
  private(set) var bonds: [Bond] = []
  /// (Q) bonds short enough for angles.
  private(set) var shortBonds: [Int32] = []

  /// A class of ordered pairs of short edges at one centre, by one of its members.
  struct Angle: Sendable {
    var center: Int32
    /// Places in `shortBonds`: the bond that hears and the bond that tells.
    var first: Int32
    var second: Int32
    /// Terms of the sum over a bond's neighbours in the class.
    var weight: Float
    var cosine: Double
    /// The two edges, as in the neighbour list.
    var firstEdge: Int32
    var secondEdge: Int32
  }
  private(set) var angles: [Angle] = []
  private(set) var list: NeighborList

  /// Edges and angles, a measure of the work.
  var rows: Int { edges.count + angles.count + nodes.count }

  /// Shorter distances than this are refused, angstrom: no network has seen any.
  static let closest = 0.1

  /// - Parameters:
  ///   - cutoff: of edges, angstrom.
  ///   - angleCutoff: of the bonds that make angles, angstrom.
  init(_ crystal: Crystal, cutoff: Double, angleCutoff: Double) throws(EvaluationFailure) {
    self.crystal = crystal
    let list: NeighborList
    if let found = CrystalSymmetry(crystal, tolerance: 2e-5) {
      symmetry = found
      list = try NeighborList(crystal, cutoff: cutoff, centers: found.representatives)
    } else {
      symmetry = CrystalSymmetry(trivialFor: crystal)
      list = try NeighborList(crystal, cutoff: cutoff)
    }
    self.list = list
    if let shortest = list.distances.min(), shortest < Self.closest {
      throw .atomsTooClose(distance: shortest)
    }
    nodes = symmetry.representatives.map { crystal.atomicNumbers[$0] }
    var shells = EdgeShells(list)
    let classes = EdgeClasses(&shells, symmetry: symmetry, list: list)
    appendEdges(classes, shells: shells)
    appendAngles(classes, shells: shells, cutoff: angleCutoff)
  }

  private mutating func appendEdges(_ classes: EdgeClasses, shells: EdgeShells) {
    var bondOfClass = [Int32](repeating: -1, count: classes.members.count)
    edges.reserveCapacity(classes.members.count)
    for c in classes.members.indices {
      let edge = classes.members[c]
      let center = shells.center(of: edge)
      if bondOfClass[c] < 0 {
        bondOfClass[c] = Int32(bonds.count)
        if classes.reverse[c] >= 0 { bondOfClass[Int(classes.reverse[c])] = Int32(bonds.count) }
        bonds.append(
          Bond(
            length: list.distances[edge], vector: list.vectors[edge],
            from: Int32(list.centers[center]), to: list.neighbors[edge]))
      }
      edges.append(
        Edge(
          center: Int32(center), neighbor: Int32(symmetry.images[Int(list.neighbors[edge])].orbit),
          bond: bondOfClass[c], weight: Float(classes.sizes[c])))
    }
  }

  private mutating func appendAngles(_ classes: EdgeClasses, shells: EdgeShells, cutoff: Double) {
    var shortOfBond = [Int32](repeating: -1, count: bonds.count)
    for (b, bond) in bonds.enumerated() where bond.length < cutoff {
      shortOfBond[b] = Int32(shortBonds.count)
      shortBonds.append(Int32(b))
    }
    for c in classes.members.indices {
      let first = classes.members[c]
      let firstShort = shortOfBond[Int(edges[c].bond)]
      guard firstShort >= 0 else { continue }
      let center = Int(edges[c].center)
      // A bond hears both its ends; where the ends are of one class, that class stands for both.
      let ends: Float = classes.reverse[c] == Int32(c) ? 2 : 1
      let short = shells.edges(ofCenter: center).prefix { list.distances[$0] < cutoff }
      var seen = Set<Int>()
      let fixing = classes.stabiliser(of: first, center: center, shells: shells, symmetry: symmetry, list: list)
      for second in short where second != first && shortOfBond[Int(edges[classes.classOf[second]].bond)] >= 0 {
        var members = 1
        if fixing.count > 1 {
          guard !seen.contains(second) else { continue }
          var images: Set<Int> = [second]
          for rotation in fixing {
            if let image = shells.find(rotation * list.vectors[second], center: center, list: list) {
              images.insert(image)
            }
          }
          seen.formUnion(images)
          members = images.count
        }
        let cosine =
          list.vectors[first].dot(list.vectors[second]) / (list.distances[first] * list.distances[second])
        angles.append(
          Angle(
            center: Int32(center), first: firstShort,
            second: shortOfBond[Int(edges[classes.classOf[second]].bond)],
            weight: ends * Float(members), cosine: cosine, firstEdge: Int32(first), secondEdge: Int32(second)))
      }
    }
  }

  /// Forces and stress from the derivatives of the energy by the lengths of the bonds and the cosines of the angles.
  func derivatives(byLength: ArraySlice<Double>, byCosine: ArraySlice<Double>) -> (forces: [Vector3], stress: Matrix3) {
    precondition(byLength.count == bonds.count && byCosine.count == angles.count)
    var raw = [Vector3](repeating: .zero, count: crystal.count)
    var virial = Matrix3(.zero, .zero, .zero)
    func pull(_ g: Vector3, along d: Vector3, from: Int, to: Int) {
      raw[from] += g
      raw[to] -= g
      virial.rows.0 += d.x * g
      virial.rows.1 += d.y * g
      virial.rows.2 += d.z * g
    }
    for (bond, slope) in zip(bonds, byLength) {
      pull((slope / bond.length) * bond.vector, along: bond.vector, from: Int(bond.from), to: Int(bond.to))
    }
    for (angle, slope) in zip(angles, byCosine) {
      let (a, b) = (Int(angle.firstEdge), Int(angle.secondEdge))
      let (ra, rb) = (list.distances[a], list.distances[b])
      let (u, v) = (list.vectors[a] / ra, list.vectors[b] / rb)
      let center = list.centers[Int(angle.center)]
      pull((slope / ra) * (v - angle.cosine * u), along: list.vectors[a], from: center, to: Int(list.neighbors[a]))
      pull((slope / rb) * (u - angle.cosine * v), along: list.vectors[b], from: center, to: Int(list.neighbors[b]))
    }
    // Along a bond towards a longer one the energy rises by g: the atom at its start is pulled by +g.
    let forces = symmetry.symmetrized(forces: raw)
    return (forces, (1 / crystal.lattice.volume) * symmetry.symmetrized(virial))
  }
}
