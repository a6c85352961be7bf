import Foundation
public import Potentials
import Tensors

/// One network of MEGNet (Chen et al., Chem. Mater. 31, 3564, 2019) in float32.
///
/// Three blocks update edges, atoms and a state of the whole crystal from each other; atoms and edges are then pooled. Everything that
/// a layer multiplies by its first kernel is a concatenation of features: the products of atoms and state are made once an
/// atom and a crystal and added on the edges. What edges know before the first block follows from their length and is tabulated.
public struct MEGNetNetwork: Sendable {
  /// What tells it from others.
  public let settings: MEGNetSettings
  let parameters: MEGNetParameters

  /// Atomic numbers that it has never seen: it answers, and the answer means nothing.
  public var untrained: Set<UInt8> { parameters.untrained }
  /// States that it can be asked in: 1, or one a fidelity.
  public var stateCount: Int { parameters.states.count / 32 }

  /// - Parameters:
  ///   - parameters: by the names that the file of weights has.
  ///   - settings: plausible ones.
  /// - Throws: `ParameterError` where one is missing or of another shape.
  public init(parameters: [String: NamedParameter], settings: MEGNetSettings) throws(ParameterError) {
    precondition(settings.arePlausible)
    self.settings = settings
    self.parameters = try MEGNetParameters(parameters, settings)
  }

  /// Edges that are worked on together, so that what lies between two products stays near the processor; of a whole number of the
  /// products' blocks of rows.
  private static let edgesAtOnce = 96

  /// Memory that is used again from one network to the next.
  struct Scratch {
    fileprivate var edges: [Float] = []
    fileprivate var pooled: [Float] = []
    fileprivate var wide = [Float](repeating: 0, count: 64 * MEGNetNetwork.edgesAtOnce)
    fileprivate var other = [Float](repeating: 0, count: 64 * MEGNetNetwork.edgesAtOnce)
    fileprivate var narrow = [Float](repeating: 0, count: 32 * MEGNetNetwork.edgesAtOnce)
  }

  /// The outputs in the target's unit, one a crystal.
  ///
  /// - Parameter state: the fidelity; 0 where there is one.
  func run(_ batch: MEGNetBatch, state: Int = 0, _ scratch: inout Scratch) -> [Double] {
    precondition(state >= 0 && state < stateCount)
    let (n, b) = (batch.nodes, batch.crystals)
    if scratch.edges.count < 32 * batch.edges {
      scratch.edges = [Float](repeating: 0, count: 32 * batch.edges)
      scratch.pooled = [Float](repeating: 0, count: 16 * batch.edges)
    }
    var atoms: [Float] = []
    atoms.reserveCapacity(32 * n)
    for z in batch.elements { atoms += parameters.atoms[32 * Int(z)..<32 * Int(z) + 32] }
    var states: [Float] = []
    for _ in 0..<b { states += parameters.states[32 * state..<32 * state + 32] }
    for (k, block) in parameters.blocks.enumerated() {
      let a = block.dense.atoms.reduce(atoms) { $1.applied(to: $0, rows: n) }
      let g = block.dense.state.reduce(states) { $1.applied(to: $0, rows: b) }
      let parts = parts(a, g, block, batch)
      var means = edgeMeans(batch, block, number: k, parts: parts, &scratch)
      // Of the hidden features; the last layer is linear, and an atom without edges has a mean of zero.
      means = block.edges[2].applied(to: means, rows: n, isLast: true)
      for i in 0..<n where batch.edgeShares[i] == 0 { for c in 0..<32 { means[32 * i + c] = 0 } }
      let changes = perceptron(block.atoms, joined(means, a, g, batch), rows: n)
      var pooled = [Float](repeating: 0, count: 96 * b)
      for crystal in 0..<b {
        for i in batch.nodeOffsets[crystal]..<batch.nodeOffsets[crystal + 1] {
          let (edge, atom) = (batch.edgeShares[i], batch.atomShares[i])
          for c in 0..<32 {
            pooled[96 * crystal + c] += edge * means[32 * i + c]
            pooled[96 * crystal + 32 + c] += atom * changes[32 * i + c]
          }
        }
        for c in 0..<32 { pooled[96 * crystal + 64 + c] = g[32 * crystal + c] }
      }
      let stateChanges = perceptron(block.state, pooled, rows: b)
      for i in atoms.indices { atoms[i] += changes[i] }
      for i in states.indices { states[i] += stateChanges[i] }
    }
    return readout(batch, atoms: atoms, states: states, scratch)
  }

  /// (N, 128) what edges take from their centres, the state and the bias included, and from their neighbours.
  private func parts(_ a: [Float], _ g: [Float], _ block: MEGNetParameters.Block, _ batch: MEGNetBatch) -> [Float] {
    var parts = [Float](repeating: 0, count: 128 * batch.nodes)
    RowProducts.multiply(
      a, stride: 32, block.ends, rows: batch.nodes, inner: 32, columns: 128, into: &parts, outStride: 128)
    let state = block.common.applied(to: g, rows: batch.crystals, isLast: true)
    for crystal in 0..<batch.crystals {
      for i in batch.nodeOffsets[crystal]..<batch.nodeOffsets[crystal + 1] {
        for c in 0..<64 { parts[128 * i + c] += state[64 * crystal + c] }
      }
    }
    return parts
  }

  /// (N, 96) the inputs of the atoms' update.
  private func joined(_ means: [Float], _ a: [Float], _ g: [Float], _ batch: MEGNetBatch) -> [Float] {
    var joined: [Float] = []
    joined.reserveCapacity(96 * batch.nodes)
    for crystal in 0..<batch.crystals {
      for i in batch.nodeOffsets[crystal]..<batch.nodeOffsets[crystal + 1] {
        joined += means[32 * i..<32 * i + 32]
        joined += a[32 * i..<32 * i + 32]
        joined += g[32 * crystal..<32 * crystal + 32]
      }
    }
    return joined
  }

  /// Three layers, the last one linear.
  private func perceptron(_ layers: [MEGNetLayer], _ x: [Float], rows: Int) -> [Float] {
    layers[2].applied(to: layers[1].applied(to: layers[0].applied(to: x, rows: rows), rows: rows), rows: rows, isLast: true)
  }

  /// One block's work on the edges, some at a time: (N, 64) the mean of the hidden features over the edges from each atom.
  private func edgeMeans(
    _ batch: MEGNetBatch, _ block: MEGNetParameters.Block, number: Int, parts: [Float], _ scratch: inout Scratch
  ) -> [Float] {
    var means = [Float](repeating: 0, count: 64 * batch.nodes)
    let (hidden, out) = (block.edges[1], block.edges[2])
    let projection = parameters.projections.edges
    for start in stride(from: 0, to: batch.edges, by: Self.edgesAtOnce) {
      let range = start..<min(batch.edges, start + Self.edgesAtOnce)
      let rows = range.count
      if number > 0 {
        let (first, second) = (block.dense.edges[0], block.dense.edges[1])
        RowProducts.multiply(
          scratch.edges, stride: 32, offset: 32 * start, first.kernel, rows: rows, inner: 32, columns: 64, into: &scratch.wide,
          outStride: 64)
        SoftplusKernels.softplus(&scratch.wide, bias: first.bias, rows: rows)
        RowProducts.multiply(
          scratch.wide, stride: 64, second.kernel, rows: rows, inner: 64, columns: 32, into: &scratch.narrow, outStride: 32)
        SoftplusKernels.softplus(&scratch.narrow, bias: second.bias, rows: rows)
        RowProducts.multiply(
          scratch.narrow, stride: 32, block.own, rows: rows, inner: 32, columns: 64, into: &scratch.wide, outStride: 64)
      } else {
        parameters.lengths.look(up: batch.distances, edges: range, into: &scratch.edges, first: 32, &scratch.wide)
      }
      SoftplusKernels.softplus(
        &scratch.wide, parts: parts, centers: batch.centers, neighbors: batch.neighbors, edges: range, width: 64)
      RowProducts.multiply(
        scratch.wide, stride: 64, hidden.kernel, rows: rows, inner: 64, columns: 64, into: &scratch.other, outStride: 64)
      SoftplusKernels.softplus(&scratch.other, bias: hidden.bias, rows: rows)
      SoftplusKernels.scatter(
        scratch.other, weights: batch.weights, to: batch.centers, edges: range, into: &means, width: 64)
      RowProducts.multiply(
        scratch.other, stride: 64, out.kernel, rows: rows, inner: 64, columns: 32, into: &scratch.edges, outStride: 32,
        outOffset: 32 * start, adding: true)
      guard number == parameters.blocks.count - 1 else { continue }
      RowProducts.multiply(
        scratch.edges, stride: 32, offset: 32 * start, projection.kernel, rows: rows, inner: 32, columns: 16,
        into: &scratch.pooled, outStride: 16, outOffset: 16 * start)
      for r in range { for c in 0..<16 { scratch.pooled[16 * r + c] += projection.bias[c] } }
    }
    return means
  }

  /// From pooled atoms and edges and the state to the output.
  private func readout(_ batch: MEGNetBatch, atoms: [Float], states: [Float], _ scratch: Scratch) -> [Double] {
    let b = batch.crystals
    let projected = parameters.projections.atoms.applied(to: atoms, rows: batch.nodes, isLast: true)
    var joined = [Float](repeating: 0, count: 96 * b)
    for crystal in 0..<b {
      parameters.pools.atoms.pool(
        projected, weights: batch.multiplicities, rows: batch.nodeOffsets[crystal]..<batch.nodeOffsets[crystal + 1],
        into: &joined, offset: 96 * crystal)
      parameters.pools.edges.pool(
        scratch.pooled, weights: batch.counts, rows: batch.edgeOffsets[crystal]..<batch.edgeOffsets[crystal + 1],
        into: &joined, offset: 96 * crystal + 32)
      for c in 0..<32 { joined[96 * crystal + 64 + c] = states[32 * crystal + c] }
    }
    let x = parameters.last[..<2].reduce(joined) { $1.applied(to: $0, rows: b) }
    let final = parameters.last[2]
    return (0..<b).map { crystal in
      var sum = Double(final.bias[0])
      for c in 0..<16 { sum += Double(x[16 * crystal + c]) * Double(final.kernel[c]) }
      return settings.isProbability ? 1 / (1 + exp(-sum)) : settings.mean + settings.deviation * sum
    }
  }
}
