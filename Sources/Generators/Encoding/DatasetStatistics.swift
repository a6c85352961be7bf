public import Crystals
public import Tensors

/// Counts over a training set: what sampling draws space groups and numbers of sites from, and what may occur at all.
public struct DatasetStatistics: Sendable, Equatable {
  /// (231) crystals of each space group, by number.
  public var spaceGroups: [Int64]
  /// (231, M + 1) crystals of each space group with each number of sites.
  public var sites: [[Int64]]
  /// (119) sites of each element, by atomic number.
  public var elements: [Int64]
  /// (231, 15, 13) sites by space group, axis and operation.
  public var siteSymmetries: [Int64]
  /// (6, 2) mean and standard deviation of each component of the k-vector over the crystals whose group leaves it free,
  /// ln(angstrom); 0 and 0.3 where there is none.
  public var latticeMoments: [Double]
  /// The prototypes that occur, and how often; none where units have no letters, and in files that were written without.
  public var prototypes: [PrototypeCount]
  /// Properties that a method reads.
  public var labels = PropertyLabels.none

  /// Counts as a file has them; see the properties for their shapes.
  public init(
    spaceGroups: [Int64], sites: [[Int64]], elements: [Int64], siteSymmetries: [Int64], latticeMoments: [Double],
    prototypes: [PrototypeCount] = [], labels: PropertyLabels = .none
  ) {
    self.labels = labels
    self.prototypes = prototypes
    self.latticeMoments = latticeMoments
    self.spaceGroups = spaceGroups
    self.sites = sites
    self.elements = elements
    self.siteSymmetries = siteSymmetries
  }

  /// Counts a set of asymmetric units.
  public init(_ units: [AsymmetricUnit]) {
    let most = units.map(\.sites.count).max() ?? 0
    let (axes, operations) = (SiteSymmetry.axisCount, SiteSymmetry.operationCount)
    spaceGroups = [Int64](repeating: 0, count: 231)
    sites = [[Int64]](repeating: [Int64](repeating: 0, count: most + 1), count: 231)
    elements = [Int64](repeating: 0, count: Element.last + 1)
    siteSymmetries = [Int64](repeating: 0, count: 231 * axes * operations)
    latticeMoments = (0..<6).flatMap { c in
      let free = units.filter { LatticeLogMetric.constraint(spaceGroup: $0.spaceGroup)[c] == nil }
      guard free.count > 1 else { return [0, 0.3] }
      let moments = Moments(free.map { $0.latticeLogMetric.k[c] })
      return [moments.mean, max(0.01, moments.deviation)]
    }
    prototypes = PrototypeCount.count(units)
    for unit in units {
      spaceGroups[unit.spaceGroup] += 1
      sites[unit.spaceGroup][unit.sites.count] += 1
      for site in unit.sites {
        elements[Int(site.atomicNumber)] += 1
        for (axis, operation) in site.siteSymmetry.operations.enumerated() {
          siteSymmetries[(unit.spaceGroup * axes + axis) * operations + Int(operation)] += 1
        }
      }
    }
  }

  /// Counts a set of asymmetric units, and keeps some of their properties.
  ///
  /// - Parameter labels: names of columns.
  public init(_ data: TrainingData, labels: [String]) {
    self.init(data.units)
    self.labels = PropertyLabels(data, labels, prototypes)
  }

  /// (100) element classes that occur.
  var elementMask: [Bool] { (1...BeliefBatch.elementClasses).map { elements[$0] > 0 } }

  /// Draws a space group: one of those asked for, in proportion to their counts (evenly where none occurs), or any.
  public func drawSpaceGroup(among asked: [Int], _ random: inout RandomStream) -> Int {
    var weights = [Float](repeating: 0, count: 231)
    for group in asked.isEmpty ? Array(1...230) : asked { weights[group] = Float(spaceGroups[group]) }
    if !weights.contains(where: { $0 > 0 }) {
      for group in asked { weights[group] = 1 }
    }
    return random.index(weights: weights.span)
  }

  /// Draws a prototype of a space group, as often as it occurs; nil where there is none.
  public func drawPrototype(spaceGroup: Int, _ random: inout RandomStream) -> Prototype? {
    let own = prototypes.filter { $0.prototype.spaceGroup == spaceGroup }
    let weights = own.map { Float($0.count) }
    return own.isEmpty ? nil : own[random.index(weights: weights.span)].prototype
  }

  /// Draws a number of sites given the group; given all crystals where the group does not occur.
  public func drawSiteCount(spaceGroup: Int, _ random: inout RandomStream) -> Int {
    var counts = sites[spaceGroup]
    if !counts.contains(where: { $0 > 0 }) {
      counts = counts.indices.map { m in sites.reduce(0) { $0 + $1[m] } }
    }
    return max(1, random.index(weights: counts.map { Float($0) }.span))
  }
}
