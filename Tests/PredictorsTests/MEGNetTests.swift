import Crystals
import Foundation
import Potentials
import TestSupport
import Testing

@testable import Predictors

/// MEGNet with drawn weights: what must hold for any.
@Suite("MEGNet") struct MEGNetTests {
  private static let seed: UInt64 = 71

  private func predictor(cutoff: Double = 4, isShared: Bool = true) throws -> MEGNet {
    let network = try SyntheticNetwork.network(seed: Self.seed, cutoff: cutoff)
    let quantity = try #require(MEGNetQuantity.known.first { $0.key == "formation_energy@uncorrected" })
    return try MEGNet([quantity], isShared: isShared) { _ in network }
  }

  private func values(_ predictor: MEGNet, _ crystals: [Crystal]) throws -> [Double] {
    try predictor.predict(crystals).map { $0[0].value }
  }

  @Test("the network agrees with its slow twin, in every state and with a probability at its end")
  func twin() throws {
    let crystals = SyntheticNetwork.crystals(12, seed: Self.seed)
    for (hasStates, isProbability) in [(false, false), (true, false), (false, true)] {
      let parameters = SyntheticNetwork.parameters(seed: Self.seed, hasStates: hasStates)
      let settings = SyntheticNetwork.settings(isProbability: isProbability)
      let network = try MEGNetNetwork(parameters: parameters, settings: settings)
      let twin = MEGNetTwin(parameters: parameters, settings: settings)
      var workspace = Neighborhoods.Workspace(cutoff: settings.cutoff)
      var scratch = MEGNetNetwork.Scratch()
      #expect(network.stateCount == (hasStates ? 4 : 1))
      for (i, crystal) in crystals.enumerated() {
        let graphs = try MEGNetGraph.graphs(of: crystal, cutoffs: [settings.cutoff], &workspace).compactMap { $0 }
        guard !graphs.isEmpty else { continue }
        let state = hasStates ? i % 4 : 0
        let (found, expected) = (
          network.run(MEGNetBatch(graphs), state: state, &scratch)[0], twin.output(crystal, state: state)
        )
        #expect(abs(found - expected) < 2e-5 * max(1, abs(expected)), "crystal \(i): \(found), not \(expected)")
      }
    }
  }

  @Test("atoms and edges that are equal give what they give apart, in P1, with orbits and in supercells")
  func sharing() throws {
    let (shared, apart) = (try predictor(), try predictor(isShared: false))
    let (symmetric, _) = try symmetricCrystal()
    let crystals = SyntheticNetwork.crystals(12, seed: Self.seed + 1) + [symmetric]
    let large = crystals.map { $0.supercell(2, 1, 1) } + crystals.map { $0.supercell(1, 2, 2) }
    let (one, other) = (try values(shared, crystals), try values(apart, crystals))
    for (a, b) in zip(one, other) { #expect(abs(a - b) < 1e-5 || (a.isNaN && b.isNaN), "\(a), apart \(b)") }
    for (a, b) in zip(one + one, try values(shared, large)) {
      #expect(abs(a - b) < 1e-5 || (a.isNaN && b.isNaN), "\(a), in a supercell \(b)")
    }
    // What is claimed of orbits and groups changes nothing: equal atoms are found in the coordinates.
    var claimed = symmetric
    claimed.orbit = claimed.orbit.map { _ in 0 }
    claimed.spaceGroup = 225
    #expect(try values(shared, [claimed]) == values(shared, [symmetric]))
  }

  /// Rutile: two orbits, of 2 and 4 atoms.
  private func symmetricCrystal() throws -> (Crystal, orbits: Int) {
    let u = 0.305
    let crystal = Crystal(
      lattice: Lattice(lengths: Vector3(4.594, 4.594, 2.959), angles: Vector3(90, 90, 90)),
      atomicNumbers: [22, 22, 8, 8, 8, 8],
      fractionalCoordinates: [
        Vector3(0, 0, 0), Vector3(0.5, 0.5, 0.5), Vector3(u, u, 0), Vector3(-u, -u, 0), Vector3(0.5 + u, 0.5 - u, 0.5),
        Vector3(0.5 - u, 0.5 + u, 0.5),
      ])
    return (crystal, 2)
  }

  @Test("atoms of an orbit are one node, and edges of one length between them one edge")
  func classes() throws {
    let (crystal, orbits) = try symmetricCrystal()
    var workspace = Neighborhoods.Workspace(cutoff: 4)
    for cell in [crystal, crystal.supercell(2, 1, 3)] {
      let graph = try #require(try MEGNetGraph.graphs(of: cell, cutoffs: [4], &workspace)[0])
      #expect(graph.elements.count == orbits && graph.atoms == Float(cell.count))
      let list = try NeighborList(cell, cutoff: 4)
      #expect(graph.edges == Float(list.count) && graph.centers.count < list.count / cell.count * orbits)
    }
    // One atom moved: no two are equal any more but by what symmetry is left.
    var moved = crystal
    moved.fractionalCoordinates[2] += Vector3(0.01, 0.003, 0.002)
    let graph = try #require(try MEGNetGraph.graphs(of: moved, cutoffs: [4], &workspace)[0])
    #expect(graph.elements.count == 6)
  }

  @Test("the centring of a conventional cell is used where the atoms have it, whatever the group that is claimed")
  func centring() throws {
    func orthorhombic(_ points: [(UInt8, Vector3)], _ translations: [Vector3], _ group: Int) -> Crystal {
      let all = translations.flatMap { t in points.map { ($0.0, $0.1 + t) } }
      return Crystal(
        lattice: Lattice(lengths: Vector3(5.1, 5.9, 6.7), angles: Vector3(90, 90, 90)), atomicNumbers: all.map(\.0),
        fractionalCoordinates: all.map(\.1), spaceGroup: group)
    }
    let points: [(UInt8, Vector3)] = [(11, Vector3(0.02, 0.04, 0.07)), (17, Vector3(0.49, 0.03, 0.11))]
    let centrings: [(Int, [Vector3])] = [
      (22, [.zero, Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0)]), (23, [.zero, Vector3(0.5, 0.5, 0.5)]),
      (21, [.zero, Vector3(0.5, 0.5, 0)]), (38, [.zero, Vector3(0, 0.5, 0.5)]),
      (146, [.zero, Vector3(2.0 / 3, 1.0 / 3, 1.0 / 3), Vector3(1.0 / 3, 2.0 / 3, 2.0 / 3)]),
    ]
    let predictor = try predictor()
    for (group, translations) in centrings {
      let claimed = orthorhombic(points, translations, group)
      #expect(TranslationClasses(claimed).representatives.count == 2, "group \(group)")
      var (plain, wrong) = (claimed, claimed)
      plain.spaceGroup = 0
      wrong.fractionalCoordinates[claimed.count - 1] += Vector3(0.01, 0, 0)
      #expect(TranslationClasses(plain).representatives.count == claimed.count)
      #expect(TranslationClasses(wrong).representatives.count == claimed.count)
      let found = try values(predictor, [claimed, plain])
      #expect(abs(found[0] - found[1]) < 1e-5, "group \(group): \(found)")
    }
    #expect(TranslationClasses(orthorhombic(points, [.zero], 225)).representatives.count == 2)
  }

  @Test("a graph of a smaller cutoff made beside a larger one is the graph made alone")
  func cutoffs() throws {
    var both = Neighborhoods.Workspace(cutoff: 5)
    var alone = Neighborhoods.Workspace(cutoff: 4)
    for crystal in SyntheticNetwork.crystals(20, seed: Self.seed + 2) {
      let pair = try MEGNetGraph.graphs(of: crystal, cutoffs: [5, 4], &both)
      let one = try MEGNetGraph.graphs(of: crystal, cutoffs: [4], &alone)[0]
      #expect(pair[1]?.edges == one?.edges && pair[1]?.atoms == one?.atoms)
      #expect((pair[0]?.edges ?? 0) >= (one?.edges ?? 0))
    }
  }

  @Test("neighbours are those of the list with bins, in cells of any shape and size")
  func neighborhoods() throws {
    var workspace = Neighborhoods.Workspace(cutoff: 5)
    let needle = Crystal(
      lattice: Lattice(vectors: Matrix3(Vector3(3, 0, 0), Vector3(61, 4, 0), Vector3(-35, 11, 3.5))), atomicNumbers: [11, 17],
      fractionalCoordinates: [.zero, Vector3(0.5, 0.5, 0.4)])
    let small = SyntheticNetwork.crystals(20, seed: Self.seed + 3)
    for crystal in small + [needle, small[0].supercell(6, 6, 6)] {
      let found = try Neighborhoods(crystal, cutoffs: [5], &workspace)
      let list = try NeighborList(crystal, cutoff: (25 + 1e-8).squareRoot())
      #expect(found.offsets == list.offsets)
      for atom in 0..<crystal.count {
        let (own, other) = (found.offsets[atom]..<found.offsets[atom + 1], list.edges(ofCenter: atom))
        let (a, b) = (found.distances[own].sorted(), list.distances[other].sorted())
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-9 } && found.neighbors[own].sorted() == list.neighbors[other].sorted())
      }
    }
  }

  @Test("what is said of a crystal is the same bits in any batch")
  func batches() throws {
    let predictor = try predictor()
    let crystals =
      SyntheticNetwork.crystals(60, seed: Self.seed + 4) + [SyntheticNetwork.crystals(1, seed: 5)[0].supercell(4, 4, 3)]
    let together = try values(predictor, crystals)
    let alone = try crystals.flatMap { try values(predictor, [$0]) }
    #expect(zip(together, alone).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) })
  }

  @Test("what cannot be predicted says why and spoils no other")
  func failures() throws {
    func cubic(_ a: Double, _ z: UInt8, _ positions: [Vector3] = [.zero]) -> Crystal {
      Crystal(
        lattice: Lattice(lengths: Vector3(repeating: a), angles: Vector3(repeating: 90)),
        atomicNumbers: positions.map { _ in z }, fractionalCoordinates: positions)
    }
    let broken = Lattice(vectors: Matrix3(Vector3(1, 0, 0), Vector3(1, 0, 0), Vector3(0, 0, 1)))
    let crystals = [
      cubic(3.6, 29), cubic(6.2, 55), cubic(3, 95), cubic(3, 0), cubic(3, 29, []), cubic(4, 29, [.zero, Vector3(0.01, 0, 0)]),
      Crystal(lattice: broken, atomicNumbers: [1], fractionalCoordinates: [.zero]),
      Crystal(lattice: cubic(3, 1).lattice, atomicNumbers: [1], fractionalCoordinates: [Vector3(.nan, 0, 0)]),
      cubic(0.3, 1), cubic(3.6, 29),
    ]
    let found = try predictor().predict(crystals).map { $0[0] }
    #expect(
      found.map { $0.failure?.code } == [
        nil, "no_neighbors", "unknown_element", "unknown_element", "no_atoms", "atoms_too_close", "unusable_cell",
        "unusable_cell",
        "too_dense", nil,
      ])
    #expect(found[0].value == found[9].value && found[0].value.isFinite && found[1].value.isNaN)
    #expect(found[1].failure?.description == "no two atoms are within 4.0 angstrom")
    #expect(found[2].failure?.description == "the model does not know Am (atomic number 95)")
    // An atom too far from all others is kept as long as there is an edge somewhere.
    let apart = cubic(9, 29, [.zero, Vector3(0.25, 0, 0), Vector3(0.6, 0.6, 0.6)])
    #expect(try values(predictor(), [apart])[0].isFinite)
  }

  @Test("parameters that are missing, misshapen or not finite are named")
  func parameters() throws {
    var parameters = SyntheticNetwork.parameters(seed: 1)
    parameters["dense_7/bias"] = nil
    #expect(throws: ParameterError.missing("dense_7/bias")) {
      try MEGNetNetwork(parameters: parameters, settings: SyntheticNetwork.settings())
    }
    parameters["dense_7/bias"] = NamedParameter(shape: [32], values: [Float](repeating: 0, count: 32))
    #expect(throws: ParameterError.wrongShape("dense_7/bias", expected: [64], found: [32])) {
      try MEGNetNetwork(parameters: parameters, settings: SyntheticNetwork.settings())
    }
    parameters["dense_7/bias"] = NamedParameter(shape: [64], values: [Float](repeating: .nan, count: 64))
    #expect(throws: ParameterError.notFinite("dense_7/bias")) {
      try MEGNetNetwork(parameters: parameters, settings: SyntheticNetwork.settings())
    }
    let hse = try #require(MEGNetQuantity.known.first { $0.key == "band_gap@hse" })
    #expect(throws: ParameterError.missing("mf_2020/pbe_gllb_hse_exp/0/best_model/state_embedding")) {
      try MEGNet([hse]) { _ in try SyntheticNetwork.network(seed: 1) }
    }
  }
}
