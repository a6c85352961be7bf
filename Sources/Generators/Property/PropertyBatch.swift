import Crystals
import Foundation
import Networks
import Tensors

/// Crystals whose properties are predicted together: B crystals, N sites, E pairs of sites of one crystal in both orders.
struct PropertyBatch: Sendable {
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
  /// (B, contentColumns) what a crystal is made of.
  let contents: Matrix
  /// (E, `RadialFeatures.count`), a quarter of each; no rows without coordinates.
  let neighbors: Matrix

  /// Shares of the elements; means and deviations over the atoms of what elements are like; logarithm of the atoms of the primitive
  /// cell, sites, elements; logarithms of the volume an atom, and of it over the atoms' own.
  static let contentColumns = BeliefBatch.elementClasses + 2 * ElementTable.columns + 3 + 2

  init(_ examples: [PropertyExample], _ input: PropertyConfiguration.Input) {
    graph = CrystalGraph(siteCounts: examples.map(\.elements.count))
    spaceGroups = examples.map(\.spaceGroup)
    elementRows = examples.flatMap { $0.elements.map(Int.init) }
    positionRows = examples.flatMap { example in example.positions.map { PositionTable.firstRows[example.spaceGroup] + $0 } }
    var (shares, numbers): ([Float], [Float]) = ([], [])
    var contents = Matrix(rows: examples.count, columns: Self.contentColumns)
    for (b, example) in examples.enumerated() {
      let group = SpaceGroup.numbered(example.spaceGroup)
      let atoms = example.positions.map { Float(group.wyckoffPositions[$0].multiplicity) }
      let sum = atoms.reduce(0, +)
      var ofElement: [UInt8: Float] = [:]
      for (z, count) in zip(example.elements, atoms) { ofElement[z, default: 0] += count / sum }
      for (z, count) in zip(example.elements, atoms) {
        shares.append(count / sum)
        numbers += [count / sum, ofElement[z] ?? 0]
      }
      Self.describe(example, ofElement, atoms: sum / Float(group.centrings), into: &contents, b, input)
    }
    (self.shares, self.contents) = (shares, contents)
    var siteNumbers = Matrix(rows: graph.sites, columns: 2)
    siteNumbers.values = numbers
    self.siteNumbers = siteNumbers
    var neighbors = Matrix(rows: input == .crystal ? graph.edges : 0, columns: RadialFeatures.count)
    if input == .crystal { neighbors.values = examples.flatMap { $0.neighbors.map { 0.25 * $0 } } }
    self.neighbors = neighbors
  }

  /// Fills in row `b` of `contents`.
  ///
  /// - Parameter shares: of the elements in the atoms, by atomic number.
  private static func describe(
    _ example: PropertyExample, _ shares: [UInt8: Float], atoms: Float, into contents: inout Matrix, _ b: Int,
    _ input: PropertyConfiguration.Input
  ) {
    let (classes, width) = (BeliefBatch.elementClasses, ElementTable.columns)
    let table = ElementTable.descriptors
    var own: Float = 0
    // In one order, so that a crystal has one description.
    for (z, share) in shares.sorted(by: { $0.key < $1.key }) {
      contents[b, Int(z) - 1] = share
      for c in 0..<width { contents[b, classes + c] += share * table[Int(z), c] }
      own += share * Float(pow(Element.covalentRadius(Int(z)), 3))
    }
    for (z, share) in shares.sorted(by: { $0.key < $1.key }) {
      for c in 0..<width {
        let d = table[Int(z), c] - contents[b, classes + c]
        contents[b, classes + width + c] += share * d * d
      }
    }
    for c in classes + width..<classes + 2 * width { contents[b, c].formSquareRoot() }
    let rest = classes + 2 * width
    contents[b, rest] = log(atoms) - 2
    contents[b, rest + 1] = 0.2 * Float(example.elements.count)
    contents[b, rest + 2] = 0.3 * Float(shares.count)
    guard input == .crystal else { return }
    contents[b, rest + 3] = example.logVolume / 0.4
    contents[b, rest + 4] = (example.logVolume - log(own / 2.7)) / 0.4
  }
}
