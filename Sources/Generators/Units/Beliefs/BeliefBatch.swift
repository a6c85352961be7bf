public import Networks
public import Tensors

/// The input distributions of a batch of crystals, as the network sees them.
///
/// B crystals, N sites; element classes are atomic numbers less one.
public struct BeliefBatch: Sendable {
  /// Elements 1 to 100.
  public static let elementClasses = 100
  /// Axes of a site-symmetry code.
  public static let symmetryAxes = 15
  /// Kinds of symmetry along an axis.
  public static let symmetryClasses = 13
  /// The most Wyckoff positions of a group, those of Pmmm.
  public static let positionClasses = 27
  /// Numbers of sites that networks with position features tell apart: 1...20, and more.
  public static let siteCountClasses = 21

  /// Sites and edges of the crystals.
  public let graph: CrystalGraph
  /// (B) international numbers.
  public var spaceGroups: [Int]
  /// (B) in 0...1.
  public var times: [Float]
  /// (N, 100) probabilities.
  public var elements: Matrix
  /// (N, 15 x 13) probabilities.
  public var siteSymmetries: Matrix
  /// (N, 3) means in [0, 1).
  public var coordinates: Matrix
  /// (B, 6) means of the k-vectors.
  public var lattice: Matrix

  /// (B) how the coordinates were observed; read only by the informed form, as are the next three.
  var coordinateNoise: [GaussianObservation]
  /// (B, 6) posterior means and deviations of the k-vectors, from `lattice` and the training set's moments.
  var latticeMeans: Matrix
  /// (B, 6) deviations of `latticeMeans`.
  var latticeDeviations: Matrix
  /// (N, 27) beliefs about Wyckoff positions where they are what is observed, and not operations; else no rows.
  var observedPositions = Matrix(rows: 0, columns: BeliefBatch.positionClasses)

  /// (N, 13) what `InformedForm.describe` makes of the beliefs; read only by networks with geometry features.
  public var geometry: Matrix
  /// Columns of `geometry`.
  public static let geometryFeatures = 13
  /// (N, 3) posterior means, not wrapped, and deviations of the coordinates, by `InformedForm.describe`.
  public var positions: Matrix
  /// (N, 3) deviations of `positions`, fractional.
  public var deviations: Matrix
  /// (B, 100) shares of the elements in the crystal's atoms, by `InformedForm.describe`; read only by networks with composition
  /// features.
  public var composition: Matrix

  /// (N, 27) probabilities of the group's Wyckoff positions, in the order of `SpaceGroup.wyckoffPositions`, zero beyond them, by
  /// `InformedForm.describe`; read only by networks with position features, as are the next two.
  public var wyckoffPositions: Matrix
  /// (N, 15 x 13) the operations' shares in those.
  public var operations: Matrix
  /// (N, 27) `ln(1.02 - n)`, n how many of the crystal's other sites are believed on a position that takes one alone; else 0.
  public var vacancies: Matrix

  /// (N) indices into `SpaceGroup.wyckoffPositions`, and numbers that sites of one element share, where the template is known
  /// beforehand; nil where it is not.
  public private(set) var knownPositions: [Int?]
  /// Which sites share an element, by a number a species; nil where it is not told.
  public private(set) var knownSpecies: [Int?]
  /// (N) atomic numbers that are known beforehand; nil where they are not.
  public private(set) var knownElements: [UInt8?]
  /// (E, 2) whether two sites are known to share their element, and whether they are known not to; self edges share it.
  public private(set) var ties: Matrix
  /// Columns of `ties`.
  public static let tieFeatures = 2

  /// (E, 10 x 3) directions to the neighbours' images, by `InformedForm.describeDirections`; no rows for networks without them.
  public var directions: Matrix
  /// Columns of `directions`: ten distances, three components each.
  public static let directionFeatures = 30

  /// (N, 100) how well elements balance the charge of the others, by `InformedForm.describeBalances`; 0 where the template is unknown.
  public var balances: Matrix

  /// (B, columns) what is told of the crystals' properties, by `PropertyEncoding`; no columns for networks without conditions.
  public var conditions: Matrix

  /// Room for crystals of these groups and numbers of sites, with zeros in it.
  public init(spaceGroups: [Int], siteCounts: [Int]) {
    precondition(spaceGroups.count == siteCounts.count)
    graph = CrystalGraph(siteCounts: siteCounts)
    self.spaceGroups = spaceGroups
    times = [Float](repeating: 0, count: spaceGroups.count)
    elements = Matrix(rows: graph.sites, columns: Self.elementClasses)
    elements.fill(1 / Float(Self.elementClasses))
    siteSymmetries = Matrix(rows: graph.sites, columns: Self.symmetryAxes * Self.symmetryClasses)
    siteSymmetries.fill(1 / Float(Self.symmetryClasses))
    coordinates = Matrix(rows: graph.sites, columns: 3)
    lattice = Matrix(rows: spaceGroups.count, columns: 6)
    coordinateNoise = [GaussianObservation](repeating: GaussianObservation(scale: 1, variance: 1), count: spaceGroups.count)
    latticeMeans = Matrix(rows: spaceGroups.count, columns: 6)
    latticeDeviations = Matrix(rows: spaceGroups.count, columns: 6)
    positions = Matrix(rows: graph.sites, columns: 3)
    deviations = Matrix(rows: graph.sites, columns: 3)
    composition = Matrix(rows: spaceGroups.count, columns: Self.elementClasses)
    geometry = Matrix(rows: graph.sites, columns: Self.geometryFeatures)
    wyckoffPositions = Matrix(rows: graph.sites, columns: Self.positionClasses)
    operations = Matrix(rows: graph.sites, columns: Self.symmetryAxes * Self.symmetryClasses)
    balances = Matrix(rows: graph.sites, columns: Self.elementClasses)
    conditions = Matrix(rows: spaceGroups.count, columns: 0)
    directions = Matrix(rows: 0, columns: Self.directionFeatures)
    knownPositions = [Int?](repeating: nil, count: graph.sites)
    knownSpecies = knownPositions
    knownElements = [UInt8?](repeating: nil, count: graph.sites)
    ties = Matrix(rows: graph.edges, columns: Self.tieFeatures)
    vacancies = Matrix(rows: graph.sites, columns: Self.positionClasses)
  }

  /// Puts the logits of classes that may not occur out of reach.
  static func mask(_ logits: inout [Float], firstRow: Int = 0, rows: Int, _ allowed: [Bool]) {
    let banned = allowed.indices.filter { !allowed[$0] }
    for row in firstRow..<firstRow + rows {
      for c in banned { logits[row * allowed.count + c] = -1e9 }
    }
  }

  /// (N, 15 x 13) probabilities of the operations of every axis by itself, from their logits.
  static func operationProbabilities(_ logits: Matrix) -> [Float] {
    var p = logits.values
    Kernels.softmax(&p, groups: logits.rows * symmetryAxes, classes: symmetryClasses)
    return p
  }

  /// Tells a crystal's template: its site symmetries are certain from now on.
  ///
  /// - Parameters:
  ///   - positions: (m) indices into `SpaceGroup.wyckoffPositions`.
  ///   - species: (m) numbers that sites of one element share.
  mutating func know(crystal b: Int, positions: [Int], species: [Int]) {
    let (axes, ops, range) = (Self.symmetryAxes, Self.symmetryClasses, graph.ranges[b])
    let codes = WyckoffPosterior.of(spaceGroup: spaceGroups[b]).codes
    for i in 0..<range.sites {
      let site = range.firstSite + i
      (knownPositions[site], knownSpecies[site]) = (positions[i], species[i])
      for (axis, operation) in codes[positions[i]].enumerated() {
        let offset = (site * axes + axis) * ops
        for c in 0..<ops { siteSymmetries.values[offset + c] = c == operation ? 1 : 0 }
      }
      for j in 0..<range.sites {
        let edge = range.firstEdge + i * range.sites + j
        ties[edge, 0] = species[i] == species[j] ? 1 : 0
        ties[edge, 1] = 1 - ties[edge, 0]
      }
    }
  }

  /// Tells elements of a crystal's sites: they are certain from now on.
  ///
  /// - Parameter elements: (m) atomic numbers; nil where one stays open.
  mutating func know(crystal b: Int, elements: [UInt8?]) {
    let first = graph.ranges[b].firstSite
    for (i, element) in elements.enumerated() {
      guard let element else { continue }
      knownElements[first + i] = element
      for c in 0..<Self.elementClasses { self.elements[first + i, c] = c + 1 == element ? 1 : 0 }
    }
  }

  /// Sites of each element of a crystal whose template is known, in order; empty where it is not.
  func species(ofCrystal b: Int) -> [[Int]] {
    var sites: [[Int]] = []
    for site in graph.ranges[b].firstSite..<graph.ranges[b].firstSite + graph.ranges[b].sites {
      guard let number = knownSpecies[site] else { return [] }
      while sites.count <= number { sites.append([]) }
      sites[number].append(site)
    }
    return sites
  }
}
