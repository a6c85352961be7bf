import Networks
import Tensors

/// Crystals whose properties are predicted together from their sites: B crystals, N sites, E pairs of sites of one crystal in both orders.
struct SiteBatch: Sendable {
  let graph: CrystalGraph
  /// (B) international numbers.
  let spaceGroups: [Int]
  /// (N) rows of `SkeletonElement`.
  let elementRows: [Int]
  /// (N) rows of `PositionTable`.
  let positionRows: [Int]
  /// (N) the sites' shares of their crystal's atoms.
  let shares: [Float]
  /// (N, 2) the site's share, and that of its element.
  let siteNumbers: Matrix
  /// (B, `CrystalContents.columns`) what a crystal is made of.
  let contents: Matrix
  /// (E, `RadialFeatures.count`), a quarter of each; no rows without coordinates.
  let neighbors: Matrix

  init(_ examples: [PropertyExample], _ input: PropertyConfiguration.Input) {
    graph = CrystalGraph(siteCounts: examples.map(\.elements.count))
    spaceGroups = examples.map(\.spaceGroup)
    elementRows = examples.flatMap { $0.elements.map(Int.init) }
    positionRows = examples.flatMap { example in example.positions.map { PositionTable.firstRows[example.spaceGroup] + $0 } }
    shares = examples.flatMap(\.shares)
    contents = CrystalContents.rows(examples)
    var siteNumbers = Matrix(rows: graph.sites, columns: 2)
    siteNumbers.values = examples.flatMap { example in
      zip(example.elements, example.shares).flatMap { z, share in [share, example.share(of: z)] }
    }
    self.siteNumbers = siteNumbers
    var neighbors = Matrix(rows: input == .crystal ? graph.edges : 0, columns: RadialFeatures.count)
    if input == .crystal { neighbors.values = examples.flatMap { $0.neighbors.map { 0.25 * $0 } } }
    self.neighbors = neighbors
  }
}
