import Crystals
import TestSupport
import Testing

@testable import Potentials

@Suite("Neighbour list") struct NeighborListTests {
  /// One directed edge in a form that can be sorted and compared.
  struct Edge: Hashable {
    var center: Int
    var neighbor: Int
    var image: SIMD3<Int32>
  }

  /// All images in a box that surely holds the sphere, one after another.
  static func bruteForce(_ crystal: Crystal, cutoff: Double) -> [Edge: Double] {
    let reciprocal = crystal.lattice.reciprocal
    let wrap = crystal.fractionalCoordinates.map { ($0.max(), $0.min()) }
    let spread = (wrap.map(\.0).max() ?? 0) - (wrap.map(\.1).min() ?? 0)
    let reach = (0..<3).map { Int((cutoff * reciprocal[$0].length + spread).rounded(.up)) + 1 }
    var edges: [Edge: Double] = [:]
    for (i, a) in crystal.fractionalCoordinates.enumerated() {
      for (j, b) in crystal.fractionalCoordinates.enumerated() {
        for x in -reach[0]...reach[0] {
          for y in -reach[1]...reach[1] {
            for z in -reach[2]...reach[2] where !(i == j && x == 0 && y == 0 && z == 0) {
              let d = crystal.lattice.cartesian(b - a + Vector3(Double(x), Double(y), Double(z)))
              if d.length < cutoff {
                edges[Edge(center: i, neighbor: j, image: SIMD3(Int32(x), Int32(y), Int32(z)))] = d.length
              }
            }
          }
        }
      }
    }
    return edges
  }

  @Test("an oblique cell has the neighbours of the straight one, soon; a needle thinner than atoms is refused")
  func oblique() throws {
    let straight = Crystal(
      lattice: Lattice(vectors: Matrix3(Vector3(4, 0, 0), Vector3(0, 4.1, 0), Vector3(0, 0, 4.2))), atomicNumbers: [26, 8],
      fractionalCoordinates: [Vector3(0.1, 0.2, 0.3), Vector3(0.6, 0.7, 0.9)])
    let v = straight.lattice.vectors
    // The same lattice, b a long way along a.
    let oblique = Lattice(vectors: Matrix3(v[0], v[1] + 20_001 * v[0], v[2] - 7 * v[0]))
    let turned = Crystal(
      lattice: oblique, atomicNumbers: straight.atomicNumbers,
      fractionalCoordinates: straight.fractionalCoordinates.map { straight.lattice.cartesian($0) * oblique.vectors.inverse })
    let start = ContinuousClock.now
    let (a, b) = (try NeighborList(straight, cutoff: 6), try NeighborList(turned, cutoff: 6))
    #expect(ContinuousClock.now - start < .seconds(2))
    #expect(a.count == b.count && a.count > 50)
    for (x, y) in zip(a.distances.sorted(), b.distances.sorted()) { #expect(abs(x - y) < 1e-6) }
    for center in 0..<2 {
      for edge in b.edges(ofCenter: center) {
        let n = b.images[edge]
        let image = Vector3(Double(n.x), Double(n.y), Double(n.z))
        let d = turned.lattice.cartesian(
          turned.fractionalCoordinates[Int(b.neighbors[edge])] + image - turned.fractionalCoordinates[center])
        #expect((d - b.vectors[edge]).length < 1e-5)
      }
    }
    let needle = Crystal(
      lattice: Lattice(vectors: Matrix3(Vector3(1e-4, 0, 0), Vector3(0, 1e-4, 0), Vector3(0, 0, 9e5))), atomicNumbers: [26],
      fractionalCoordinates: [.zero])
    #expect(throws: EvaluationFailure.self) { try NeighborList(needle, cutoff: 6) }
  }

  @Test(
    "finds what brute force finds",
    arguments: [
      (lengths: Vector3(4, 5, 6), angles: Vector3(90, 90, 90), atoms: 6, cutoff: 5.04),
      (lengths: Vector3(2.1, 2.3, 1.9), angles: Vector3(60, 60, 60), atoms: 1, cutoff: 6.03),
      (lengths: Vector3(3, 3, 40), angles: Vector3(90, 95, 120), atoms: 8, cutoff: 6.03),
      (lengths: Vector3(9, 9.5, 30), angles: Vector3(20, 25, 12), atoms: 5, cutoff: 4.03),
      (lengths: Vector3(7, 7, 7), angles: Vector3(8, 80, 81), atoms: 3, cutoff: 6.03),
      (lengths: Vector3(5, 8, 11), angles: Vector3(150, 75, 90), atoms: 7, cutoff: 5.04),
      (lengths: Vector3(22, 19, 25), angles: Vector3(80, 100, 112), atoms: 60, cutoff: 6.03),
    ])
  func brute(lengths: Vector3, angles: Vector3, atoms: Int, cutoff: Double) throws {
    var random = SplitMix(seed: UInt64(atoms))
    let crystal = Crystal.random(
      Lattice(lengths: lengths, angles: angles), atoms: atoms, apart: 0, elements: [6], using: &random)
    let expected = Self.bruteForce(crystal, cutoff: cutoff)
    let list = try NeighborList(crystal, cutoff: cutoff)
    #expect(list.count == expected.count)
    var seen: Set<Edge> = []
    for center in 0..<crystal.count {
      for e in list.edges(ofCenter: center) {
        let edge = Edge(center: center, neighbor: Int(list.neighbors[e]), image: list.images[e])
        #expect(seen.insert(edge).inserted)
        let distance = try #require(expected[edge])
        #expect(abs(distance - list.distances[e]) < 1e-10)
        let n = Vector3(Double(edge.image.x), Double(edge.image.y), Double(edge.image.z))
        let vector = crystal.lattice.cartesian(
          crystal.fractionalCoordinates[edge.neighbor] + n - crystal.fractionalCoordinates[center])
        #expect((vector - list.vectors[e]).length < 1e-10)
      }
    }
  }

  @Test("some centres have the same edges as among all")
  func centers() throws {
    var random = SplitMix(seed: 3)
    let crystal = Crystal.random(
      Lattice(lengths: Vector3(6, 7, 8), angles: Vector3(70, 80, 95)), atoms: 9, apart: 0,
      elements: [6], using: &random)
    let all = try NeighborList(crystal, cutoff: 5)
    let some = try NeighborList(crystal, cutoff: 5, centers: [7, 2])
    for (index, center) in [7, 2].enumerated() {
      #expect(
        some.edges(ofCenter: index).map { some.vectors[$0] }
          == all.edges(ofCenter: center).map { all.vectors[$0] })
    }
  }

  @Test("refuses what has no neighbours to speak of")
  func refusals() {
    let cube = Lattice(lengths: Vector3(3, 3, 3), angles: Vector3(90, 90, 90))
    let flat = Lattice(vectors: Matrix3(Vector3(3, 0, 0), Vector3(0, 3, 0), Vector3(3, 3, 0)))
    let tiny = Lattice(lengths: Vector3(0.2, 0.2, 0.2), angles: Vector3(90, 90, 90))
    func crystal(_ lattice: Lattice, _ points: [Vector3]) -> Crystal {
      Crystal(
        lattice: lattice, atomicNumbers: points.map { _ in 6 }, fractionalCoordinates: points)
    }
    #expect(throws: EvaluationFailure.noAtoms) { try NeighborList(crystal(cube, []), cutoff: 6) }
    #expect(throws: EvaluationFailure.unusableCell) { try NeighborList(crystal(flat, [.zero]), cutoff: 6) }
    #expect(throws: EvaluationFailure.unusableCell) {
      try NeighborList(crystal(cube, [Vector3(0, .nan, 0)]), cutoff: 6)
    }
    #expect(throws: EvaluationFailure.tooDense(neighbors: 113129)) {
      try NeighborList(crystal(tiny, [.zero]), cutoff: 6)
    }
  }
}
