import Crystals

/// A crystal as a cluster of particles without periodicity: the atoms of its cell, and those of their periodic images that matter to
/// their energies (padding). Every particle has a number; the atoms of the cell come first, in order.
struct PaddedCluster {
  /// Atoms of the cell.
  let ownCount: Int
  /// (P) the atom that each particle is, or is an image of.
  private(set) var atoms: [Int]
  /// (P, 3) Cartesian, angstrom.
  private(set) var coordinates: [Double]
  /// (lists, P + 1) where the neighbours of each particle start.
  private(set) var offsets: [Int32]
  /// The neighbours' numbers.
  private(set) var neighbors: [Int32]

  /// Number of particles.
  var count: Int { atoms.count }

  func position(_ particle: Int) -> Vector3 {
    Vector3(coordinates[3 * particle], coordinates[3 * particle + 1], coordinates[3 * particle + 2])
  }

  /// More pairs than this are refused, so that a crystal takes at most some 300 MB.
  static let mostPairs = 2_000_000

  /// - Parameters:
  ///   - reach: images nearer than this to an atom of the cell belong to the cluster, angstrom.
  ///   - lists: lists of neighbours to make; those of padding, too, where they are read.
  ///   - closest: two atoms nearer than this are refused, angstrom.
  init(_ crystal: Crystal, reach: Double, lists: [KIMModel.List], closest: Double) throws(EvaluationFailure) {
    var crystal = crystal
    crystal.fractionalCoordinates = crystal.fractionalCoordinates.map(\.wrapped)
    let edges: NeighborList
    do throws(EvaluationFailure) {
      edges = try NeighborList(crystal, cutoff: reach, most: max(1, Self.mostPairs / max(1, crystal.count)))
    } catch {
      guard case .tooDense(let neighbors) = error else { throw error }
      throw Self.tooMany(neighbors, reach)
    }
    if let shortest = edges.distances.min(), shortest < closest { throw .atomsTooClose(distance: shortest) }
    // The neighbour of an edge as a particle: its lattice translation and its atom.
    func key(_ edge: Int) -> SIMD4<Int32> { SIMD4(edges.images[edge], edges.neighbors[edge]) }
    ownCount = crystal.count
    var keys = (0..<crystal.count).map { SIMD4(0, 0, 0, Int32($0)) }
    var numbers = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, Int32($0)) })
    let targets = (0..<edges.count).map { edge in
      let key = key(edge)
      if let number = numbers[key] { return number }
      numbers[key] = Int32(keys.count)
      keys.append(key)
      return Int32(keys.count - 1)
    }
    atoms = keys.map { Int($0.w) }
    coordinates = keys.flatMap { key in
      let translation = Vector3(Double(key.x), Double(key.y), Double(key.z))
      let position = crystal.lattice.cartesian(crystal.fractionalCoordinates[Int(key.w)] + translation)
      return [position.x, position.y, position.z]
    }
    offsets = []
    neighbors = []
    for list in lists {
      for (particle, place) in keys.enumerated() {
        offsets.append(Int32(neighbors.count))
        guard particle < ownCount || list.readsPadding else { continue }
        let translation = SIMD4(place.x, place.y, place.z, 0)
        for edge in edges.edges(ofCenter: Int(place.w)) where edges.distances[edge] < list.cutoff {
          if particle < ownCount {
            neighbors.append(targets[edge])
          } else if let number = numbers[key(edge) &+ translation] {
            neighbors.append(number)
          }
        }
        guard neighbors.count <= 8 * Self.mostPairs else { throw Self.tooMany(edges.count / ownCount, reach) }
      }
      offsets.append(Int32(neighbors.count))
    }
  }

  private static func tooMany(_ neighbors: Int, _ reach: Double) -> EvaluationFailure {
    .reported(
      "about \(neighbors) neighbours an atom within the model's \((reach * 100).rounded() / 100) angstrom, too many for the memory"
    )
  }
}
