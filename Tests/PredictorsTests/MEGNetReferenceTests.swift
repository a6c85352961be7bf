import Crystals
import Foundation
import Potentials
import Tensors
import Testing

@testable import Predictors

/// The published networks against the Python package's numbers.
@Suite("MEGNet's numbers", .enabled(if: MEGNetReference.weightsPath != nil, Comment(rawValue: MEGNetReference.missing)))
struct MEGNetReferenceTests {
  private func outputs(
    _ network: MEGNetNetwork, _ crystals: [Crystal], state: Int = 0, isShared: Bool = true
  ) throws -> [Double] {
    var workspace = Neighborhoods.Workspace(cutoff: network.settings.cutoff)
    var scratch = MEGNetNetwork.Scratch()
    return try crystals.flatMap { crystal -> [Double] in
      let graphs = try MEGNetGraph.graphs(of: crystal, cutoffs: [network.settings.cutoff], isShared: isShared, &workspace)
      return network.run(MEGNetBatch(graphs.compactMap { $0 }), state: state, &scratch)
    }
  }

  @Test("networks say what the package says, whether equal atoms and edges are shared or not")
  func values() throws {
    let records = try MEGNetReference.numbers.get().records
    let crystals = records.map(\.crystal)
    for name in MEGNetReference.single {
      let network = try MEGNetReference.network(name)
      let property = name.components(separatedBy: "/")[1]
      let expected = records.map { (name.contains("2018") ? $0.values2018 : $0.values2019)[property] ?? .nan }
      for isShared in [true, false] {
        let found = try outputs(network, crystals, isShared: isShared)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .nan
        #expect(found.count == records.count && worst < (property == "efermi" ? 5e-5 : 1e-5), "\(name): off by \(worst)")
        if ProcessInfo.processInfo.environment["FRIEZE_MEGNET"] != nil { print(name, isShared ? "shared" : "apart", worst) }
      }
    }
    for model in 0..<6 {
      let network = try MEGNetReference.network("mf_2020/pbe_gllb_hse_exp/\(model)/best_model")
      for state in 0..<4 {
        let found = try outputs(network, crystals, state: state)
        let worst = zip(found, records).map { abs($0 - $1.ensemble[model][state]) }.max() ?? .nan
        #expect(worst < 5e-5, "network \(model) of 2020 at fidelity \(state): off by \(worst)")
        if ProcessInfo.processInfo.environment["FRIEZE_MEGNET"] != nil { print("mf_2020", model, state, worst) }
      }
    }
  }

  @Test("edges and atoms without neighbours are as many as the package has")
  func graphs() throws {
    for record in try MEGNetReference.numbers.get().records {
      var workspace = Neighborhoods.Workspace(cutoff: 5)
      let graphs = try MEGNetGraph.graphs(of: record.crystal, cutoffs: [5, 4], &workspace)
      for (cutoff, graph) in zip(["5", "4"], graphs) {
        let graph = try #require(graph)
        #expect(graph.edges == Float(record.edges[cutoff] ?? -1), "\(record.id) at \(cutoff)")
        let connected = Set(graph.centers)
        let alone = graph.multiplicities.indices.filter { !connected.contains(Int32($0)) }
        #expect(Int(alone.reduce(0) { $0 + graph.multiplicities[$1] }) == record.isolated[cutoff] ?? 0, "\(record.id)")
      }
    }
  }

  @Test("what there is before the blocks, and before and after scaling")
  func intermediates() throws {
    let reference = try MEGNetReference.numbers.get()
    let (energy, fermi) = try (
      MEGNetReference.network("mp-2019.4.1/formation_energy"), MEGNetReference.network("mp-2019.4.1/efermi")
    )
    // The reference's distance has six digits.
    func isNear(_ a: some Sequence<Float>, _ b: [Float]) -> Bool {
      let (a, b) = (Array(a), b)
      return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 * (1 + abs($1)) }
    }
    for one in reference.intermediates {
      let record = try #require(reference.records.first { $0.id == one.id })
      for (z, features) in zip(record.z, one.preblock) {
        #expect(isNear(energy.parameters.atoms[32 * Int(z)..<32 * Int(z) + 32], features))
      }
      var (edge, rest) = ([Float](repeating: 0, count: 32), [Float](repeating: 0, count: 64))
      energy.parameters.lengths.look(up: [one.edge.d], edges: 0..<1, into: &edge, first: 32, &rest)
      #expect(isNear(edge, one.edge.preblock))
      #expect(isNear(energy.parameters.states, one.state))
      #expect(try abs(outputs(energy, [record.crystal])[0] - one.output) < 1e-5)
      #expect(try abs(outputs(fermi, [record.crystal])[0] - one.efermi[1]) < 5e-5)
      #expect(abs(fermi.settings.mean + fermi.settings.deviation * one.efermi[0] - one.efermi[1]) < 1e-5)
    }
  }

  @Test("elements that the networks have never seen are found in their embeddings")
  func untrained() throws {
    let heavy: Set<UInt8> = [84, 85, 86, 87, 88]
    for name in MEGNetReference.single {
      let more: Set<UInt8> =
        switch name {
        case "mp-2018.6.1/formation_energy": [10]
        case "mp-2019.4.1/log10K": [2, 10, 18, 54]
        default: []
        }
      #expect(try MEGNetReference.network(name).untrained == heavy.union(more), "\(name)")
    }
  }

  @Test("properties are made of the networks' outputs as they say")
  func properties() throws {
    let records = try MEGNetReference.numbers.get().records
    func column(_ key: String) throws -> [PropertyPrediction] {
      let quantity = try #require(MEGNetQuantity.known.first { $0.key == key })
      return try MEGNet([quantity], network: MEGNetReference.network).predict(records.map(\.crystal)).map { $0[0] }
    }
    let corrections: [UInt8: Double] = [35: -0.534, 53: -0.379, 34: -0.472, 52: -0.422]
    let (energies, moduli) = try (column("formation_energy"), column("bulk_modulus"))
    let (gaps, pairs) = try (column("band_gap@hse"), column("band_gap@2018"))
    for (i, record) in records.enumerated() {
      let correction = record.z.reduce(0) { $0 + (corrections[$1] ?? 0) } / Double(record.z.count)
      #expect(abs(energies[i].value - (record.values2019["formation_energy"] ?? .nan) - correction) < 1e-5)
      #expect(abs(log10(moduli[i].value) - (record.values2019["log10K"] ?? .nan)) < 1e-5)
      let six = record.ensemble.map { $0[2] }
      let mean = six.reduce(0, +) / 6
      #expect(abs(gaps[i].value - max(0, mean)) < 5e-5)
      #expect(abs(gaps[i].deviation - (six.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 6).squareRoot()) < 5e-5)
      let hasGap = (record.values2018["band_classification"] ?? .nan) >= 0.5
      #expect(abs(pairs[i].value - (hasGap ? max(0, record.values2018["band_gap_regression"] ?? .nan) : 0)) < 1e-5)
    }
  }
}
