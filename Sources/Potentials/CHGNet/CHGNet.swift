public import Crystals
import Tensors

/// CHGNet 0.3.0: a graph network trained on the relaxations of the Materials Project, which knows energies, forces, stresses and
/// magnetic moments of crystals of 89 elements (Deng et al., Nature Machine Intelligence 5, 1031, 2023).
///
/// Energies carry the Materials Project's corrections of 2020. Features are float32, geometry and sums over atoms are double.
/// A crystal with symmetry costs as much as its asymmetric unit (see `BondGraph`). Energies of a crystal are the same bits
/// in any batch and on any number of threads.
public struct CHGNet: Potential {
  /// As `--potential` has it.
  public let name = "chgnet"
  /// One line for a list of potentials.
  public let description =
    "CHGNet 0.3.0 graph network, elements 1 to 94, energies with MP2020 corrections; needs its weights file"

  /// Of edges and of the bonds that make angles, angstrom.
  static let cutoff = 6.0
  static let angleCutoff = 3.0
  /// Order of the cut-off polynomial.
  static let cutoffOrder = 8.0

  let parameters: CHGNetParameters
  private let threads: Int
  private let pool = ScratchPool()

  /// - Parameters:
  ///   - parameters: all of the network's by their names in its own file; shape and values.
  ///   - threads: crystals of a call are shared out among as many.
  /// - Throws: `ParameterError`.
  public init(parameters: [String: NamedParameter], threads: Int = 1) throws(ParameterError) {
    precondition(threads > 0)
    self.parameters = try CHGNetParameters(parameters)
    self.threads = threads
  }

  /// Hydrogen to plutonium.
  public func supports(atomicNumber: Int) -> Bool {
    (1...CHGNetParameters.elements).contains(atomicNumber)
  }

  /// Energies with corrections, forces, stresses and magnetic moments.
  ///
  /// - Throws: nothing; a crystal that cannot be evaluated carries its failure.
  public func evaluate(_ crystals: [Crystal]) throws -> [CrystalEvaluation] { try evaluate(crystals, derivatives: true) }

  /// Energies with corrections, and magnetic moments: the way back through the network, more than half of the time, is left out.
  ///
  /// - Throws: nothing; a crystal that cannot be evaluated carries its failure.
  public func evaluateEnergies(_ crystals: [Crystal]) throws -> [CrystalEvaluation] {
    try evaluate(crystals, derivatives: false)
  }

  private func evaluate(_ crystals: [Crystal], derivatives: Bool) throws -> [CrystalEvaluation] {
    // In slices, so that the graphs of any number of crystals fit into memory.
    var evaluations: [CrystalEvaluation] = []
    for start in stride(from: 0, to: crystals.count, by: 512) {
      evaluations += try evaluate(slice: Array(crystals[start..<min(crystals.count, start + 512)]), derivatives: derivatives)
    }
    return evaluations
  }

  private func evaluate(slice crystals: [Crystal], derivatives: Bool) throws -> [CrystalEvaluation] {
    let graphs = try parallelMap(count: crystals.count, threads: threads) { index in
      graph(of: crystals[index])
    }
    let batches = share(graphs)
    let parts = try parallelMap(count: batches.count, threads: threads) { k in
      flushingDenormals { evaluate(batches[k], of: graphs, derivatives: derivatives) }
    }
    var evaluations = graphs.map { graph in
      switch graph {
      case .success: CrystalEvaluation(failure: .notFinite)
      case .failure(let failure): CrystalEvaluation(failure: failure)
      }
    }
    for (indices, part) in zip(batches, parts) {
      for (index, evaluation) in zip(indices, part) { evaluations[index] = evaluation }
    }
    return evaluations
  }

  private func graph(of crystal: Crystal) -> Result<BondGraph, EvaluationFailure> {
    if let failure = unsupportedElement(in: crystal) { return .failure(failure) }
    do throws(EvaluationFailure) {
      return .success(try BondGraph(crystal, cutoff: Self.cutoff, angleCutoff: Self.angleCutoff))
    } catch {
      return .failure(error)
    }
  }

  /// Edges and angles worked on together: enough for the products to be fast, few enough to stay near the processor.
  private static let rowsOfBatch = 2000

  /// A crystal with more edges and angles than this has its turn alone, and half its activations are computed twice instead of
  /// kept. It is always alone in its batch, so that what it gives depends on nothing else.
  static let rowsAtOnce = 30_000

  /// Crystals that have a graph, in batches.
  private func share(_ graphs: [Result<BondGraph, EvaluationFailure>]) -> [[Int]] {
    let sizes = graphs.map { graph in
      if case .success(let graph) = graph { graph.rows } else { 0 }
    }
    let limit = min(Self.rowsOfBatch, sizes.reduce(0, +) / threads + 1)
    var batches: [[Int]] = []
    var rows = 0
    for (index, size) in sizes.enumerated() where size > 0 {
      if batches.isEmpty || rows + size > limit {
        batches.append([])
        rows = 0
      }
      batches[batches.count - 1].append(index)
      rows += size
    }
    // The largest first: all others fit into the arrays that it took.
    return batches.map { batch in (batch, batch.reduce(0) { $0 + sizes[$1] }) }.sorted { $0.1 > $1.1 }.map(\.0)
  }

  private func evaluate(
    _ indices: [Int], of graphs: [Result<BondGraph, EvaluationFailure>], derivatives: Bool
  ) -> [CrystalEvaluation] {
    let batch = CHGNetBatch(indices.compactMap { try? graphs[$0].get() }, parameters: parameters)
    let rows = batch.edges.count + batch.angles.count
    let thrifty = rows > Self.rowsAtOnce
    func run(_ scratch: inout Scratch) -> CHGNetOutput {
      CHGNetNetwork.run(batch, parameters: parameters, derivatives: derivatives, thrifty: thrifty, scratch: &scratch)
    }
    let output = thrifty ? pool.borrowAlone(run) : pool.borrow(run)
    return batch.graphs.indices.map { k in
      let graph = batch.graphs[k]
      let nodes = batch.nodeOffsets[k]
      var energy = 0.0
      for (o, z) in graph.nodes.enumerated() {
        energy +=
          Double(graph.symmetry.multiplicities[o])
          * (Double(output.siteEnergies[nodes + o]) + Double(parameters.references[Int(z) - 1]))
      }
      let moments = graph.symmetry.images.map { Double(output.magneticMoments[nodes + $0.orbit]) }
      var evaluation = CrystalEvaluation(energy: energy, magneticMoments: moments)
      if derivatives {
        (evaluation.forces, evaluation.stress) = graph.derivatives(
          byLength: output.byLength[batch.bondOffsets[k]..<batch.bondOffsets[k + 1]],
          byCosine: output.byCosine[batch.angleOffsets[k]..<batch.angleOffsets[k + 1]])
      }
      return evaluation.isFinite ? evaluation : CrystalEvaluation(failure: .notFinite)
    }
  }
}
