public import Crystals

/// What crystals of one prototype have in common but for coordinates: the space group, the Wyckoff position of every site, and which
/// sites share their element (as the labels of AFLOW's prototypes say it, Mehl et al. 2017, but with this setting's own letters).
public struct Prototype: Sendable, Hashable {
  /// International number.
  public let spaceGroup: Int
  /// (m) indices into `SpaceGroup.wyckoffPositions`.
  public let wyckoffPositions: [Int]
  /// (m) numbers from 0 on that sites of one element share.
  public let elementLabels: [Int]

  /// In any order of sites and labels; prototypes that differ in it alone come out equal.
  public init(spaceGroup: Int, wyckoffPositions: [Int], elementLabels: [Int]) {
    self.spaceGroup = spaceGroup
    var sites: [Int: [Int]] = [:]
    for (position, number) in zip(wyckoffPositions, elementLabels) { sites[number, default: []].append(position) }
    let sorted = sites.values.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) }
    self.wyckoffPositions = sorted.flatMap { $0 }
    self.elementLabels = sorted.enumerated().flatMap { [Int](repeating: $0, count: $1.count) }
  }

  /// - Returns: nil where a site's letter is not one of the group's.
  public init?(_ unit: AsymmetricUnit) {
    let group = SpaceGroup.numbered(unit.spaceGroup)
    let positions = unit.sites.compactMap { group.positionIndex(lettered: $0.wyckoffLetter) }
    guard positions.count == unit.sites.count, !positions.isEmpty else { return nil }
    self.init(
      spaceGroup: unit.spaceGroup, wyckoffPositions: positions, elementLabels: ElementLabels.of(unit.sites.map(\.atomicNumber)))
  }
}

/// How often a prototype occurs in a training set.
public struct PrototypeCount: Sendable, Equatable {
  /// Group, positions and shared elements.
  public let prototype: Prototype
  /// Crystals of the training set that have it.
  public let count: Int

  /// A prototype that `count` crystals have.
  public init(prototype: Prototype, count: Int) {
    self.prototype = prototype
    self.count = count
  }

  /// Of the units that have one, in the order of their first occurrence.
  static func count(_ units: [AsymmetricUnit]) -> [PrototypeCount] {
    var indices: [Prototype: Int] = [:]
    var counts: [(Prototype, Int)] = []
    for prototype in units.compactMap({ Prototype($0) }) {
      if let i = indices[prototype] {
        counts[i].1 += 1
      } else {
        indices[prototype] = counts.count
        counts.append((prototype, 1))
      }
    }
    return counts.map { PrototypeCount(prototype: $0.0, count: $0.1) }
  }
}
