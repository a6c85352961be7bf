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

  /// Edges, sums of their two atoms and their bond.
  let edges: GatedRows
  /// (Q) bonds of the bond graph.
  let shortBonds: IndexedRows
  /// Angles, sums of their two bonds and their atom.
  let angles: GatedRows

  /// (B, 32), (Q, 32) and (A, 32) with their derivatives by length, length and cosine.
  let atomBasis: (values: Matrix, slopes: Matrix)
  let bondBasis: (values: Matrix, slopes: Matrix)
  let angleBasis: (values: Matrix, slopes: Matrix)
  /// (A) derivative of the angle by its cosine.
  let angleSlopes: [Double]

  var nodes: Int { atomicNumbers.count }
  var bonds: Int { shortBonds.count }

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
    func rows<Row>(
      _ all: (BondGraph) -> [Row], _ offsets: [Int], _ index: (Row) -> Int32
    ) -> IndexedRows {
      var indices: [Int32] = []
      indices.reserveCapacity(graphs.reduce(0) { $0 + all($1).count })
      for (k, g) in graphs.enumerated() {
        let shift = Int32(offsets[k])
        for row in all(g) { indices.append(index(row) + shift) }
      }
      return IndexedRows(indices, count: offsets[graphs.count])
    }
    let centers = rows(\.edges, offsets.nodes) { $0.center }
    let edgeBonds = rows(\.edges, offsets.bonds) { $0.bond }
    edges = GatedRows(
      first: centers, second: rows(\.edges, offsets.nodes) { $0.neighbor }, rest: edgeBonds,
      weights: graphs.flatMap { $0.edges.map(\.weight) }, factor: edgeBonds, otherFactor: nil, target: centers)
    shortBonds = rows(\.shortBonds, offsets.bonds) { $0 }
    let first = rows(\.angles, offsets.shorts) { $0.first }
    let second = rows(\.angles, offsets.shorts) { $0.second }
    angles = GatedRows(
      first: first, second: second, rest: rows(\.angles, offsets.nodes) { $0.center },
      weights: graphs.flatMap { $0.angles.map(\.weight) }, factor: first, otherFactor: second, target: first)

    let lengths = graphs.flatMap { $0.bonds.map(\.length) }
    atomBasis = GatedKernels.radialBasis(
      lengths, frequencies: parameters.atomFrequencies, cutoff: CHGNet.cutoff, order: CHGNet.cutoffOrder)
    bondBasis = GatedKernels.radialBasis(
      shortBonds.indices.map { lengths[Int($0)] }, frequencies: parameters.bondFrequencies, cutoff: CHGNet.angleCutoff,
      order: CHGNet.cutoffOrder)
    // The network was trained with the cosine shrunk by a millionth, which keeps the angle differentiable on a line.
    let shrink = 1 - 1e-6
    let cosines = graphs.flatMap { $0.angles.map { shrink * min(1, max(-1, $0.cosine)) } }
    angleBasis = GatedKernels.angularBasis(
      cosines.map(arcCosine), frequencies: parameters.angleFrequencies)
    angleSlopes = cosines.map { -shrink / (1 - $0 * $0).squareRoot() }
  }
}
