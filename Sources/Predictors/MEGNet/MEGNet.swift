public import Crystals
import Potentials

/// MEGNet's pretrained networks, by the properties that they say together.
///
/// Networks of one cutoff share a crystal's graph. What is said of a crystal is the same bits in any batch and on any number of threads.
public struct MEGNet: PropertyPredictor {
  /// As `--model` has it.
  public let name = "megnet"
  /// In the order in which they were asked for.
  public let properties: [PredictedProperty]

  private let quantities: [MEGNetQuantity]
  /// One network in one state, which several quantities may need.
  private struct Run: Sendable {
    let network: MEGNetNetwork
    let state: Int
    let cutoff: Int
  }
  private let runs: [Run]
  /// (quantities) their runs.
  private let places: [[Int]]
  /// In falling order, angstrom.
  private let cutoffs: [Double]
  /// Whether atoms and edges that are equal are computed once.
  private let isShared: Bool

  /// - Parameters:
  ///   - quantities: what is to be predicted.
  ///   - isShared: whether atoms and edges that are equal are computed once.
  ///   - network: gives a network by its name among the weights.
  /// - Throws: what `network` throws, and `ParameterError` where a network has not the fidelities that it is asked for.
  public init(
    _ quantities: [MEGNetQuantity], isShared: Bool = true, network: (String) throws -> MEGNetNetwork
  ) throws {
    var networks: [String: MEGNetNetwork] = [:]
    for name in quantities.flatMap(\.networks) where networks[name] == nil { networks[name] = try network(name) }
    let cutoffs = Set(networks.values.map(\.settings.cutoff)).sorted(by: >)
    var (runs, numbers): ([Run], [String: Int]) = ([], [:])
    places = try quantities.map { quantity in
      try quantity.networks.compactMap { name in
        guard let network = networks[name] else { return nil }
        guard quantity.state < network.stateCount else { throw ParameterError.missing("\(name)/state_embedding") }
        let key = "\(name) \(quantity.state)"
        if numbers[key] == nil {
          numbers[key] = runs.count
          let cutoff = cutoffs.firstIndex(of: network.settings.cutoff) ?? 0
          runs.append(Run(network: network, state: quantity.state, cutoff: cutoff))
        }
        return numbers[key]
      }
    }
    (self.quantities, self.runs, self.cutoffs, self.isShared) = (quantities, runs, cutoffs, isShared)
    properties = quantities.map(\.property)
  }

  /// Edges of the crystals that are side by side in a batch: enough for the products of atoms to be fast.
  private static let edgesOfBatch = 2000

  /// - Throws: nothing; a crystal that cannot be predicted carries its failure.
  public func predict(_ crystals: [Crystal]) throws -> [[PropertyPrediction]] {
    var workspace = Neighborhoods.Workspace(cutoff: cutoffs.first ?? 1)
    var outputs = [[Double]](repeating: [Double](repeating: .nan, count: crystals.count), count: runs.count)
    var failures = [PredictionFailure?](repeating: nil, count: crystals.count)
    var graphs = [[(crystal: Int, graph: MEGNetGraph)]](repeating: [], count: cutoffs.count)
    var hasGraph = [[Bool]](repeating: [Bool](repeating: false, count: crystals.count), count: cutoffs.count)
    for (index, crystal) in crystals.enumerated() {
      do throws(PredictionFailure) {
        if let z = crystal.atomicNumbers.first(where: { !(1...MEGNetParameters.elements).contains(Int($0)) }) {
          throw .unknownElement(atomicNumber: Int(z))
        }
        let found = try MEGNetGraph.graphs(of: crystal, cutoffs: cutoffs, isShared: isShared, &workspace)
        for (place, graph) in found.enumerated() {
          guard let graph else { continue }
          graphs[place].append((index, graph))
          hasGraph[place][index] = true
        }
      } catch {
        failures[index] = error
      }
    }
    var scratch = MEGNetNetwork.Scratch()
    for place in cutoffs.indices {
      for part in batches(graphs[place].map { $0.graph.centers.count }) {
        let batch = MEGNetBatch(part.map { graphs[place][$0].graph })
        for (number, run) in runs.enumerated() where run.cutoff == place {
          let values = run.network.run(batch, state: run.state, &scratch)
          for (k, value) in zip(part, values) { outputs[number][graphs[place][k].crystal] = value }
        }
      }
    }
    return crystals.indices.map { index in
      quantities.indices.map { q in
        if let failure = failures[index] { return PropertyPrediction(failure: failure) }
        for run in places[q] where !hasGraph[runs[run].cutoff][index] {
          return PropertyPrediction(failure: .noNeighbors(cutoff: cutoffs[runs[run].cutoff]))
        }
        return prediction(q, places[q].map { outputs[$0][index] }, crystals[index])
      }
    }
  }

  /// Neighbouring crystals together, up to so many edges; a larger crystal is alone.
  private func batches(_ edges: [Int]) -> [Range<Int>] {
    var (ranges, start, sum): ([Range<Int>], Int, Int) = ([], 0, 0)
    for (k, count) in edges.enumerated() {
      if k > start, sum + count > Self.edgesOfBatch {
        ranges.append(start..<k)
        (start, sum) = (k, 0)
      }
      sum += count
    }
    return edges.isEmpty ? [] : ranges + [start..<edges.count]
  }

  private func prediction(_ quantity: Int, _ outputs: [Double], _ crystal: Crystal) -> PropertyPrediction {
    let value = quantities[quantity].reading.value(of: outputs, crystal)
    guard value.isFinite else { return PropertyPrediction(failure: .notFinite) }
    var deviation = Double.nan
    if quantities[quantity].property.hasDeviation {
      let mean = outputs.reduce(0, +) / Double(outputs.count)
      deviation = (outputs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(outputs.count)).squareRoot()
    }
    let unseen = places[quantity].reduce(into: Set<UInt8>()) { $0.formUnion(runs[$1].network.untrained) }
    let untrained = unseen.isEmpty ? [] : Set(crystal.atomicNumbers).intersection(unseen).map(Int.init).sorted()
    return PropertyPrediction(value: value, deviation: deviation, untrained: untrained)
  }
}
