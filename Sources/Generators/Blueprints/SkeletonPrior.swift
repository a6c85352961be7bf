import Crystals

/// How often Wyckoff positions and numbers of sites occur in each space group of a training set.
public struct SkeletonPrior: Sendable {
  /// What the shares are of.
  public let statistics: DatasetStatistics
  /// (231, positions) share of the sites of a group on each position; positions of one code share evenly.
  let positions: [[Double]]
  /// (231, M + 1) chance of each number of sites.
  let siteCounts: [[Double]]

  /// The most sites that the model has seen.
  public var mostSites: Int { siteCounts[1].count - 1 }

  /// - Parameter statistics: of the training set.
  public init(_ statistics: DatasetStatistics) {
    self.statistics = statistics
    positions = (0...230).map { $0 == 0 ? [] : Self.positionShares(spaceGroup: $0, statistics) }
    let width = statistics.sites[1].count
    let all = (0..<width).map { m in Double(statistics.sites.reduce(0) { $0 + $1[m] }) }
    let total = max(1, all.reduce(0, +))
    // As if five crystals more had been seen, with the numbers of sites of all groups.
    siteCounts = statistics.sites.map { counts in
      let own = Double(counts.reduce(0, +))
      return (0..<width).map { (Double(counts[$0]) + 5 * all[$0] / total) / (own + 5) }
    }
  }

  /// Shares of the positions from the counts of operations on every axis.
  private static func positionShares(spaceGroup: Int, _ statistics: DatasetStatistics) -> [Double] {
    let (axes, operations) = (SiteSymmetry.axisCount, SiteSymmetry.operationCount)
    func count(_ axis: Int, _ operation: Int) -> Double {
      Double(statistics.siteSymmetries[(spaceGroup * axes + axis) * operations + operation])
    }
    let sites = (0..<operations).reduce(0) { $0 + count(0, $1) }
    let shares = CodeShares.of(spaceGroup: spaceGroup).fit(rounds: sites > 0 ? 200 : 0) { count($0, $1) / sites }
    // As if every position had half a site more.
    let more = 0.5 * Double(shares.count)
    return shares.map { ($0 * sites + 0.5) / (sites + more) }
  }
}
