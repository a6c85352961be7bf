public import Tensors

/// The fully connected graphs of a batch of crystals, self edges included.
///
/// B crystals, N sites, P pairs i < j, E ordered edges; rows of one crystal follow each other.
public struct CrystalGraph: Sendable {
  /// One range a crystal.
  public let ranges: [EdgeKernels.Range]
  /// Of all crystals.
  public let sites: Int
  /// Of two sites of one crystal, in one order.
  public let pairs: Int
  /// From every site of a crystal to every site of it, itself included.
  public let edges: Int

  /// - Parameter siteCounts: (B) sites of each crystal, at least 1.
  public init(siteCounts: [Int]) {
    var range = EdgeKernels.Range(firstSite: 0, sites: 0, firstPair: 0, firstEdge: 0)
    ranges = siteCounts.map { count in
      precondition(count > 0)
      range = EdgeKernels.Range(
        firstSite: range.firstSite + range.sites, sites: count, firstPair: range.firstPair + range.pairs,
        firstEdge: range.firstEdge + range.edges)
      return range
    }
    sites = range.firstSite + range.sites
    pairs = range.firstPair + range.pairs
    edges = range.firstEdge + range.edges
  }

  /// Adds a crystal's row to the first columns of its sites' rows.
  ///
  /// - Parameters: `crystals` (B, C); `sites` (N, C) or wider.
  public func spread(_ crystals: Matrix, to sites: inout Matrix) {
    let (c, stride) = (crystals.columns, sites.columns)
    precondition(crystals.rows >= ranges.count && sites.rows >= self.sites && stride >= c)
    for (b, range) in ranges.enumerated() {
      for site in range.firstSite..<range.firstSite + range.sites {
        let (row, from) = (site &* stride, b &* c)
        for k in 0..<c { sites.values[row &+ k] += crystals.values[from &+ k] }
      }
    }
  }

  /// `x_j - x_i` of every pair, in the order of pairs, rows of 3.
  public func differences(_ coordinates: Matrix) -> [Float] {
    var out: [Float] = []
    out.reserveCapacity(3 * pairs)
    for r in ranges {
      for i in 0..<r.sites {
        for j in (i + 1)..<max(i + 1, r.sites) {
          for k in 0..<3 { out.append(coordinates[r.firstSite + j, k] - coordinates[r.firstSite + i, k]) }
        }
      }
    }
    return out
  }
}
