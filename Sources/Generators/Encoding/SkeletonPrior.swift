import Crystals

/// How often Wyckoff positions and numbers of sites occur in each space group of a training set.
public struct SkeletonPrior: Sendable {
  public let statistics: DatasetStatistics
  /// (231, positions) share of the sites of a group on each position; positions of one code share evenly.
  let positions: [[Double]]
  /// (231, M + 1) chance of each number of sites.
  let siteCounts: [[Double]]

  /// The most sites that the model has seen.
  public var mostSites: Int { siteCounts[1].count - 1 }

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
  ///
  /// The counts of an axis are sums of the codes' shares, so the most likely shares follow from them by expectation and maximisation
  /// (Richardson, J. Opt. Soc. Am. 62, 55, 1972; Lucy, Astron. J. 79, 745, 1974); only axes on which codes differ are asked.
  private static func positionShares(spaceGroup: Int, _ statistics: DatasetStatistics) -> [Double] {
    let (axes, operations) = (SiteSymmetry.axisCount, SiteSymmetry.operationCount)
    let codes = SpaceGroup.numbered(spaceGroup).wyckoffPositions.map { $0.members[0].siteSymmetry.operations }
    let counts = (0..<axes).map { axis in
      (0..<operations).map { Double(statistics.siteSymmetries[(spaceGroup * axes + axis) * operations + $0]) }
    }
    let sites = counts[0].reduce(0, +)
    var shares = [Double](repeating: 1 / Double(codes.count), count: codes.count)
    let telling = (0..<axes).filter { axis in codes.contains { $0[axis] != codes[0][axis] } }
    guard sites > 0, !telling.isEmpty else { return shares }
    for _ in 0..<200 {
      var factors = [Double](repeating: 0, count: codes.count)
      for axis in telling {
        var expected = [Double](repeating: 0, count: operations)
        for (code, share) in zip(codes, shares) { expected[Int(code[axis])] += share }
        for (c, code) in codes.enumerated() {
          let operation = Int(code[axis])
          factors[c] += counts[axis][operation] / (sites * max(expected[operation], 1e-12))
        }
      }
      for c in shares.indices { shares[c] *= factors[c] / Double(telling.count) }
      let sum = max(1e-300, shares.reduce(0, +))
      for c in shares.indices { shares[c] /= sum }
    }
    // As if every position had half a site more.
    let more = 0.5 * Double(codes.count)
    return shares.map { ($0 * sites + 0.5) / (sites + more) }
  }
}
