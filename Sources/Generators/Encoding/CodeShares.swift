import Crystals
import Foundation
import Synchronization

/// The site-symmetry codes of a space group's Wyckoff positions, and their shares where only each axis's operations are known.
struct CodeShares: Sendable {
  /// (positions) operation of each of the 15 axes.
  let codes: [[Int]]
  /// Axes on which codes differ, one of those that tell the same codes apart.
  let telling: [Int]

  private init(spaceGroup: Int) {
    let codes = SpaceGroup.numbered(spaceGroup).wyckoffPositions.map { position in
      position.members[0].siteSymmetry.operations.map { Int($0) }
    }
    self.codes = codes
    var seen: Set<[Int]> = []
    telling = (0..<SiteSymmetry.axisCount).filter { axis in
      // Codes named by the first that has the same operation on the axis.
      let parts = codes.map { code in codes.firstIndex { $0[axis] == code[axis] } ?? 0 }
      return parts.contains { $0 > 0 } && seen.insert(parts).inserted
    }
  }

  private static let cache = Mutex<[Int: CodeShares]>([:])

  static func of(spaceGroup: Int) -> CodeShares {
    if let known = cache.withLock({ $0[spaceGroup] }) { return known }
    let made = CodeShares(spaceGroup: spaceGroup)
    cache.withLock { $0[spaceGroup] = made }
    return made
  }

  /// The shares of the positions that give the operations' shares on every axis, by iterative proportional fitting (Deming & Stephan,
  /// Ann. Math. Statist. 11, 427, 1940): of all that do, those nearest to the shares begun with.
  ///
  /// - Parameters:
  ///   - start: (positions) shares to begin with; even ones where nil.
  ///   - share: of an operation on an axis, both by index.
  func fit(
    from start: [Double]? = nil, rounds: Int, _ share: (_ axis: Int, _ operation: Int) -> Double
  ) -> [Double] {
    var shares = start ?? [Double](repeating: 1 / Double(codes.count), count: codes.count)
    var expected = [Double](repeating: 0, count: SiteSymmetry.operationCount)
    for _ in 0..<rounds {
      for axis in telling {
        for k in expected.indices { expected[k] = 0 }
        for (code, share) in zip(codes, shares) { expected[code[axis]] += share }
        var sum = 0.0
        for (c, code) in codes.enumerated() {
          let operation = code[axis]
          shares[c] *= max(1e-12, share(axis, operation)) / max(1e-12, expected[operation])
          sum += shares[c]
        }
        for c in shares.indices { shares[c] /= sum }
      }
    }
    return shares
  }
}
