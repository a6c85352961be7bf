import Crystals
import Tensors

/// The bond graphs of several crystals, side by side as one, and the bases of their lengths and angles.
struct CHGNetBatch: Sendable {
  let graphs: [BondGraph]
  /// (crystals + 1) where the nodes, bonds and angles of each crystal begin.
  let nodeOffsets: [Int]
  let bondOffsets: [Int]
  let angleOffsets: [Int]

  /// (N) atomic numbers and atoms of each node.
  let atomicNumbers: [UInt8]
  let multiplicities: [Float]

  let edgeCenters: IndexedRows
  let edgeNeighbors: IndexedRows
  let edgeBonds: IndexedRows
  let edgeWeights: [Float]

  /// (Q) bonds of the bond graph.
  let shortBonds: [Int]
  let angleCenters: IndexedRows
  let angleFirst: IndexedRows
  let angleSecond: IndexedRows
  let angleWeights: [Float]

  /// (B, 32), (Q, 32) and (A, 32) with their derivatives by length, length and cosine.
  let atomBasis: (values: Matrix, slopes: Matrix)
  let bondBasis: (values: Matrix, slopes: Matrix)
  let angleBasis: (values: Matrix, slopes: Matrix)
  /// (A) derivative of the angle by its cosine.
  let angleSlopes: [Double]

  var nodes: Int { atomicNumbers.count }
  var bonds: Int { edgeBonds.count }

  init(_ graphs: [BondGraph], parameters: CHGNetParameters) {
    self.graphs = graphs
    var offsets = (nodes: [0], bonds: [0], shorts: [0], angles: [0])
    for g in graphs {
      offsets.nodes.append((offsets.nodes.last ?? 0) + g.nodes.count)
      offsets.bonds.append((offsets.bonds.last ?? 0) + g.bonds.count)
      offsets.shorts.append((offsets.shorts.last ?? 0) + g.shortBonds.count)
      offsets.angles.append((offsets.angles.last ?? 0) + g.angles.count)
    }
    (nodeOffsets, bondOffsets, angleOffsets) = (offsets.nodes, offsets.bonds, offsets.angles)
    atomicNumbers = graphs.flatMap(\.nodes)
    multiplicities = graphs.flatMap { $0.symmetry.multiplicities.map(Float.init) }
    func rows(
      _ offsets: [Int], _ indices: (BondGraph) -> [Int32]
    ) -> IndexedRows {
      var all: [Int32] = []
      for (k, g) in graphs.enumerated() {
        let shift = Int32(offsets[k])
        all += indices(g).map { $0 + shift }
      }
      return IndexedRows(all, count: offsets[graphs.count])
    }
    edgeCenters = rows(offsets.nodes) { $0.edges.map(\.center) }
    edgeNeighbors = rows(offsets.nodes) { $0.edges.map(\.neighbor) }
    edgeBonds = rows(offsets.bonds) { $0.edges.map(\.bond) }
    edgeWeights = graphs.flatMap { $0.edges.map(\.weight) }
    let shorts = rows(offsets.bonds) { $0.shortBonds }
    shortBonds = shorts.indices.map(Int.init)
    angleCenters = rows(offsets.nodes) { $0.angles.map(\.center) }
    angleFirst = rows(offsets.shorts) { $0.angles.map(\.first) }
    angleSecond = rows(offsets.shorts) { $0.angles.map(\.second) }
    angleWeights = graphs.flatMap { $0.angles.map(\.weight) }

    let lengths = graphs.flatMap { $0.bonds.map(\.length) }
    atomBasis = GatedKernels.radialBasis(
      lengths, frequencies: parameters.atomFrequencies, cutoff: CHGNet.cutoff, order: CHGNet.cutoffOrder)
    bondBasis = GatedKernels.radialBasis(
      shortBonds.map { lengths[$0] }, frequencies: parameters.bondFrequencies, cutoff: CHGNet.angleCutoff,
      order: CHGNet.cutoffOrder)
    // The network was trained with the cosine shrunk by a millionth, which keeps the angle differentiable on a line.
    let shrink = 1 - 1e-6
    let cosines = graphs.flatMap { $0.angles.map { shrink * min(1, max(-1, $0.cosine)) } }
    angleBasis = GatedKernels.angularBasis(
      cosines.map(arcCosine), frequencies: parameters.angleFrequencies)
    angleSlopes = cosines.map { -shrink / (1 - $0 * $0).squareRoot() }
  }
}
