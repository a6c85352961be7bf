import Networks
import Tensors

/// Crystals whose properties are predicted together without their sites: B crystals, N elements in them.
struct CompositionBatch: Sendable {
  /// Elements of one crystal follow each other.
  let graph: CrystalGraph
  /// (B) international numbers.
  let spaceGroups: [Int]
  /// (N) atomic numbers.
  let elements: [Int]
  /// (N) shares of their crystal's atoms.
  let shares: [Float]

  init(_ examples: [PropertyExample]) {
    graph = CrystalGraph(siteCounts: examples.map(\.elements.count))
    spaceGroups = examples.map(\.spaceGroup)
    elements = examples.flatMap { $0.elements.map(Int.init) }
    shares = examples.flatMap(\.shares)
  }

  /// (B, columns) some numbers of each crystal.
  static func rows(_ examples: [PropertyExample], columns: Int, _ numbers: (PropertyExample) -> [Float]) -> Matrix {
    var rows = Matrix(rows: examples.count, columns: columns)
    rows.values = examples.flatMap(numbers)
    precondition(rows.values.count == examples.count * columns)
    return rows
  }
}
