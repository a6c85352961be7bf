import Tensors

/// Graphs of several crystals, side by side as one.
struct MEGNetBatch: Sendable {
  /// (B + 1) where the nodes and edges of each crystal begin.
  private(set) var nodeOffsets: [Int] = [0]
  private(set) var edgeOffsets: [Int] = [0]
  /// (N) atomic numbers; how many atoms each stands for, and as a share of the crystal's.
  private(set) var elements: [UInt8] = []
  private(set) var multiplicities: [Float] = []
  private(set) var atomShares: [Float] = []
  /// (N) edges from a node, as a share of the crystal's; 0 for an atom without neighbours.
  private(set) var edgeShares: [Float] = []
  /// (E)
  let centers: IndexedRows
  let neighbors: IndexedRows
  private(set) var distances: [Float] = []
  /// (E) how many edges each stands for, and as a share of those from its centre.
  private(set) var counts: [Float] = []
  private(set) var weights: [Float] = []

  var crystals: Int { nodeOffsets.count - 1 }
  var nodes: Int { elements.count }
  var edges: Int { distances.count }

  init(_ graphs: [MEGNetGraph]) {
    var (from, to): ([Int32], [Int32]) = ([], [])
    for graph in graphs {
      let first = Int32(elements.count)
      let (atoms, edges) = (graph.atoms, graph.edges)
      var degrees = [Float](repeating: 0, count: graph.elements.count)
      for (center, count) in zip(graph.centers, graph.counts) { degrees[Int(center)] += count }
      elements += graph.elements
      multiplicities += graph.multiplicities
      atomShares += graph.multiplicities.map { $0 / atoms }
      edgeShares += degrees.map { $0 / edges }
      from += graph.centers.map { $0 + first }
      to += graph.neighbors.map { $0 + first }
      distances += graph.distances
      counts += graph.counts
      weights += zip(graph.centers, graph.counts).map { $1 / degrees[Int($0)] }
      nodeOffsets.append(elements.count)
      edgeOffsets.append(distances.count)
    }
    centers = IndexedRows(from, count: elements.count)
    neighbors = IndexedRows(to, count: elements.count)
  }
}
