import Crystals
import Foundation
import Networks
import Tensors

/// What is asked of a skeleton, as the network is told.
struct SkeletonRequest: Sendable, Equatable {
  /// Atoms of each element (by atomic number) in a formula; nil where it is not told.
  var composition: [(element: UInt8, count: Int)]?
  /// Whether the composition is the content of the primitive cell; else a formula in smallest whole numbers.
  var isPrimitiveCell = false
  /// Atomic numbers that may occur; nil where it is not told.
  var elements: [UInt8]?
  /// What is told of properties, by `PropertyEncoding`; none for networks without conditions.
  var conditions: [Float] = []
  /// Whether any property is told.
  var asksProperties = false

  /// Whether nothing is told.
  var isEmpty: Bool { elements == nil && composition == nil && !asksProperties }

  static func == (a: Self, b: Self) -> Bool {
    a.elements == b.elements && a.isPrimitiveCell == b.isPrimitiveCell && a.conditions == b.conditions
      && a.composition?.map(\.element) == b.composition?.map(\.element)
      && a.composition?.map(\.count) == b.composition?.map(\.count)
  }

  /// Elements that may occur; whether they, the composition and the primitive cell's are told; logarithm of the atoms of the composition.
  static let columns = BeliefBatch.elementClasses + 4

  /// (columns)
  var row: [Float] {
    var row = [Float](repeating: 0, count: Self.columns)
    for z in elements ?? composition?.map(\.element) ?? [] { row[Int(z) - 1] = 1 }
    row[Self.columns - 4] = isPrimitiveCell ? 1 : 0
    row[Self.columns - 3] = elements == nil && composition == nil ? 0 : 1
    row[Self.columns - 2] = composition == nil ? 0 : 1
    row[Self.columns - 1] = log(Float(max(1, composition?.reduce(0) { $0 + $1.count } ?? 1)))
    return row
  }

  /// Of an element of a composition: that it is one, its share, the logarithm of its count, and the count itself up to 24.
  static let countColumns = 3 + 24

  static func countRow(_ count: Int, of total: Int) -> [Float] {
    var row = [Float](repeating: 0, count: countColumns)
    (row[0], row[1], row[2]) = (1, Float(count) / Float(total), log(Float(count)))
    row[2 + min(24, count)] = 1
    return row
  }
}

/// A site as the network sees it.
enum SkeletonElement: Sendable, Equatable {
  case known(UInt8)
  /// One that is not known yet; sites of one number share it, 0...7.
  case open(Int)

  /// Rows of the table of elements: where a skeleton starts; elements; those that are open.
  static let rows = 1 + BeliefBatch.elementClasses + 8

  var row: Int {
    switch self {
    case .known(let z): Int(z)
    case .open(let number): 1 + BeliefBatch.elementClasses + number
    }
  }
}

/// Skeletons on their way, B of them; each has a token where it starts, one an element of the composition that is told, and one a site, N in
/// all.
struct SkeletonBatch: Sendable {
  let graph: CrystalGraph
  /// (B) international numbers; 0 where the group is yet to be said.
  let spaceGroups: [Int]
  /// (B) the tokens of the first sites.
  let firstSites: [Int]
  /// (N) rows of the table of elements.
  let elementRows: [Int]
  /// (N) rows of `positionRows`.
  let keyRows: [Int]
  /// (P) rows of `PositionTable`: none, then the positions of the groups that occur.
  let positionRows: [Int]
  /// (B) where each group's positions begin in them.
  let firstKeys: [Int]
  /// (B) positions of each group.
  let positionCounts: [Int]
  /// (N, columns) the counts of a composition's elements; 0 for other tokens.
  let counts: Matrix
  /// (B, columns) what is asked for.
  let requests: Matrix
  /// (B, columns) what is told of properties; no columns for networks without conditions.
  let conditions: Matrix
  /// (B, columns) what is placed: logarithms of one more than each element's atoms in the primitive cell; of all atoms; sites.
  let contents: Matrix

  static let contentColumns = BeliefBatch.elementClasses + 2

  /// One skeleton.
  struct Entry {
    /// 0 where it is yet to be said; then there are no sites.
    var spaceGroup: Int
    var sites: [(element: SkeletonElement, wyckoffPosition: Int)] = []
    var request: SkeletonRequest
  }

  init(_ entries: [Entry]) {
    let told = entries.map { $0.request.composition ?? [] }
    graph = CrystalGraph(siteCounts: zip(entries, told).map { 1 + $1.count + $0.sites.count })
    firstSites = zip(graph.ranges, told).map { $0.firstSite + 1 + $1.count }
    spaceGroups = entries.map(\.spaceGroup)
    var (rows, first) = ([0], [Int: Int]())
    for number in Set(spaceGroups).sorted() where number > 0 {
      first[number] = rows.count
      rows += PositionTable.firstRows[number]..<PositionTable.firstRows[number + 1]
    }
    positionRows = rows
    firstKeys = spaceGroups.map { first[$0, default: 0] }
    positionCounts = spaceGroups.map { $0 == 0 ? 0 : PositionTable.firstRows[$0 + 1] - PositionTable.firstRows[$0] }
    elementRows = zip(entries, told).flatMap { [0] + $1.map { Int($0.element) } + $0.sites.map(\.element.row) }
    keyRows = zip(entries, told).flatMap { entry, told in
      [Int](repeating: 0, count: 1 + told.count)
        + entry.sites.map { first[entry.spaceGroup, default: 0] + $0.wyckoffPosition }
    }
    var counts = Matrix(rows: graph.sites, columns: SkeletonRequest.countColumns)
    for (b, told) in told.enumerated() {
      let total = told.reduce(0) { $0 + $1.count }
      for (i, part) in told.enumerated() {
        for (c, value) in SkeletonRequest.countRow(part.count, of: total).enumerated() {
          counts[graph.ranges[b].firstSite + 1 + i, c] = value
        }
      }
    }
    self.counts = counts
    var requests = Matrix(rows: entries.count, columns: SkeletonRequest.columns)
    requests.values = entries.flatMap(\.request.row)
    self.requests = requests
    var conditions = Matrix(rows: entries.count, columns: entries.first?.request.conditions.count ?? 0)
    conditions.values = entries.flatMap(\.request.conditions)
    self.conditions = conditions
    var contents = Matrix(rows: entries.count, columns: Self.contentColumns)
    for (b, entry) in entries.enumerated() where entry.spaceGroup > 0 {
      let group = SpaceGroup.numbered(entry.spaceGroup)
      let scale = 1 / Float(group.centrings)
      var sum: Float = 0
      for site in entry.sites {
        let atoms = scale * Float(group.wyckoffPositions[site.wyckoffPosition].multiplicity)
        sum += atoms
        if case .known(let z) = site.element { contents[b, Int(z) - 1] += atoms }
      }
      for c in 0..<BeliefBatch.elementClasses { contents[b, c] = log(1 + contents[b, c]) }
      contents[b, Self.contentColumns - 2] = log(1 + sum)
      contents[b, Self.contentColumns - 1] = 0.2 * Float(entry.sites.count)
    }
    self.contents = contents
  }

  /// (B) the tokens where the skeletons start.
  var startRows: [Int] { graph.ranges.map(\.firstSite) }
}
