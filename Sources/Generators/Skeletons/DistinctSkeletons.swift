import Crystals

/// A space group and its sites in the least of their equivalent descriptions.
struct Skeleton: Hashable {
  let spaceGroup: Int
  /// Element and position of each site, as one number.
  let sites: [Int]

  init(spaceGroup: Int, _ sites: [(element: UInt8, wyckoffPosition: Int)]) {
    self.spaceGroup = spaceGroup
    self.sites = SpaceGroup.numbered(spaceGroup).canonical(sites).map { 32 * Int($0.element) + $0.wyckoffPosition }
  }

  init(_ blueprint: Blueprint) {
    self.init(spaceGroup: blueprint.spaceGroup ?? 1, blueprint.sites.map { ($0.element ?? 0, $0.wyckoffPosition) })
  }

  /// The same without elements: the template.
  init(spaceGroup: Int, positions: [Int]) { self.init(spaceGroup: spaceGroup, positions.map { (0, $0) }) }
}

/// The templates that a training set has: space groups and occupied positions, without elements.
public struct KnownTemplates: Sendable {
  private let all: Set<Skeleton>

  /// - Parameter statistics: of the training set.
  public init(_ statistics: DatasetStatistics) {
    all = Set(
      statistics.prototypes.map { Skeleton(spaceGroup: $0.prototype.spaceGroup, positions: $0.prototype.wyckoffPositions) })
  }

  /// Whether the training set has a blueprint's template.
  public func contains(_ blueprint: Blueprint) -> Bool {
    all.contains(Skeleton(spaceGroup: blueprint.spaceGroup ?? 1, positions: blueprint.sites.map(\.wyckoffPosition)))
  }
}

/// Which skeletons there are already.
public struct DistinctSkeletons: Sendable {
  private var seen: Set<Skeleton> = []
  /// Choices whose skeletons were all there already.
  public private(set) var repeats = 0

  /// None yet.
  public init() {}

  /// The first of some blueprints whose skeleton was not taken before, which is taken now; nil where all were.
  public mutating func take(firstOf candidates: [Blueprint]) -> Blueprint? {
    candidates.first { seen.insert(Skeleton($0)).inserted }
  }

  /// The first of some blueprints whose skeleton was not taken before; where all were, the first, which counts as a repeat.
  public mutating func choose(of candidates: [Blueprint]) -> Blueprint {
    if let new = take(firstOf: candidates) { return new }
    repeats += 1
    return candidates[0]
  }
}
