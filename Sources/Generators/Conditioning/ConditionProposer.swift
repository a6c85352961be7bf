public import Crystals
import Synchronization
import Tensors

/// Draws what a model is told of the properties asked for, and with them a prototype: of the training crystals that have what is asked
/// for, or of those nearest to it, one gives its values, where a range is asked for, and its Wyckoff positions, where they are open.
///
/// So ranges are drawn from as densely as the training set fills them, several properties together; a range that no training crystal
/// reaches is drawn from evenly.
public final class ConditionProposer: Proposer {
  private let statistics: DatasetStatistics
  private let kind: ProposerKind?
  private let spaceGroups: Set<Int>
  /// Training crystals by what is asked for.
  private let nearest = Mutex<[[String: PropertyTarget]: [Int]]>([:])

  /// - Parameters:
  ///   - kind: whether Wyckoff positions are drawn, too, or space groups and numbers of sites; neither where nil.
  ///   - among: space groups to choose from; those of the training set where empty.
  public init(_ statistics: DatasetStatistics, kind: ProposerKind?, among: [Int] = []) {
    (self.statistics, self.kind, spaceGroups) = (statistics, kind, Set(among))
  }

  /// Says the values, and the Wyckoff positions. Properties that the training set's labels lack stay as they are.
  ///
  /// - Throws: nothing.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    let labels = statistics.labels
    let targets = blueprint.properties.filter { labels.names.contains($0.key) }
    guard !targets.isEmpty else { return blueprint }
    var blueprint = blueprint
    var random = RandomStream(seed: seed, purpose: "target", index: UInt64(index))
    let nearest = nearest(targets)
    let crystal = nearest.isEmpty ? nil : nearest[Int(random.uniform() * Double(nearest.count))]
    for (column, name) in labels.names.enumerated() {
      guard var target = targets[name], target.value == nil else { continue }
      let own = crystal.map { Double(labels.values[column][$0]) }
      target.value = own.flatMap { target.range.contains($0) ? $0 : nil } ?? even(target, column, &random)
      blueprint.properties[name] = target
    }
    guard let kind, let crystal, blueprint.siteCount == nil, blueprint.spaceGroup == nil else { return blueprint }
    let prototype = statistics.prototypes[Int(labels.prototypes[crystal])].prototype
    if kind == .training {
      blueprint.take(prototype)
    } else {
      blueprint.spaceGroup = prototype.spaceGroup
      blueprint.siteCount = prototype.wyckoffPositions.count
    }
    return blueprint
  }

  private func nearest(_ targets: [String: PropertyTarget]) -> [Int] {
    nearest.withLock { known in
      if let found = known[targets] { return found }
      let columns = statistics.labels.names.enumerated().compactMap { column, name in targets[name].map { (column, $0) } }
      let found = statistics.labels.nearest(
        Dictionary(uniqueKeysWithValues: columns), among: spaceGroups, statistics.prototypes)
      known[targets] = found
      return found
    }
  }

  /// Evenly from a range whose open ends end where the training set does.
  private func even(_ target: PropertyTarget, _ column: Int, _ random: inout RandomStream) -> Double {
    let all = statistics.labels.range(ofColumn: column) ?? 0...0
    let lower = target.range.lowerBound.isFinite ? target.range.lowerBound : min(all.lowerBound, target.range.upperBound)
    let upper = target.range.upperBound.isFinite ? target.range.upperBound : max(all.upperBound, target.range.lowerBound)
    return lower + random.uniform() * (upper - lower)
  }
}
