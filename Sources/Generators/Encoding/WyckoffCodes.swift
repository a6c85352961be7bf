import Crystals
import Foundation
import Synchronization

/// The site-symmetry codes that occur in a space group, for weighing beliefs about codes.
struct WyckoffCodes: Sendable {
  /// One code of one Wyckoff position; members of an orbit that share a code count once.
  struct Code: Sendable {
    /// (15) operation of each axis.
    let operations: [UInt8]
    let multiplicity: Double
    /// ln of the prior: every position alike, its codes alike.
    let logPrior: Double
  }

  let codes: [Code]

  private init(spaceGroup: Int) {
    codes = SpaceGroup.numbered(spaceGroup).wyckoffPositions.flatMap { position in
      let distinct = Set(position.members.map(\.siteSymmetry.operations)).sorted { $0.lexicographicallyPrecedes($1) }
      return distinct.map {
        Code(
          operations: $0, multiplicity: Double(position.multiplicity), logPrior: -log(Double(distinct.count)))
      }
    }
  }

  private static let cache = Mutex<[Int: WyckoffCodes]>([:])

  static func of(spaceGroup: Int) -> WyckoffCodes {
    if let known = cache.withLock({ $0[spaceGroup] }) { return known }
    let made = WyckoffCodes(spaceGroup: spaceGroup)
    cache.withLock { $0[spaceGroup] = made }
    return made
  }

  /// What a belief about a site's code says of its multiplicity: the posterior means of the multiplicity and of its logarithm.
  ///
  /// The axes are observed independently, so a code's likelihood is the product of its operations' probabilities.
  ///
  /// - Parameter belief: (15, 13) probabilities, beginning at `offset`.
  func multiplicity(_ belief: [Float], offset: Int) -> (mean: Double, meanLogarithm: Double) {
    let classes = BeliefBatch.symmetryClasses
    let logs = (0..<BeliefBatch.symmetryAxes * classes).map { log(max(1e-9, belief[offset + $0])) }
    let scores = codes.map { code in
      code.operations.enumerated().reduce(code.logPrior) { $0 + Double(logs[$1.offset * classes + Int($1.element)]) }
    }
    let top = scores.max() ?? 0
    var (total, mean, meanLogarithm) = (0.0, 0.0, 0.0)
    for (code, score) in zip(codes, scores) {
      let weight = exp(score - top)
      total += weight
      mean += weight * code.multiplicity
      meanLogarithm += weight * log(code.multiplicity)
    }
    return (mean / total, meanLogarithm / total)
  }
}
