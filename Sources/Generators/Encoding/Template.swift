public import Crystals

/// What crystals of one structure type have in common but for coordinates: the space group, the Wyckoff position of every site, and
/// which sites share their element.
public struct Template: Sendable, Hashable {
  public let spaceGroup: Int
  /// (m) indices into `SpaceGroup.wyckoffPositions`.
  public let positions: [Int]
  /// (m) numbers from 0 on that sites of one element share.
  public let species: [Int]

  /// - Parameters: in any order of sites and species; templates that differ in it alone come out equal.
  public init(spaceGroup: Int, positions: [Int], species: [Int]) {
    self.spaceGroup = spaceGroup
    var sites: [Int: [Int]] = [:]
    for (position, number) in zip(positions, species) { sites[number, default: []].append(position) }
    let sorted = sites.values.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) }
    self.positions = sorted.flatMap { $0 }
    self.species = sorted.enumerated().flatMap { [Int](repeating: $0, count: $1.count) }
  }

  /// - Returns: nil where a site's letter is not one of the group's.
  public init?(_ unit: AsymmetricUnit) {
    let group = SpaceGroup.numbered(unit.spaceGroup)
    let positions = unit.sites.compactMap { group.positionIndex(lettered: $0.wyckoffLetter) }
    guard positions.count == unit.sites.count, !positions.isEmpty else { return nil }
    self.init(spaceGroup: unit.spaceGroup, positions: positions, species: Skeleton.species(unit.sites.map(\.atomicNumber)))
  }
}

/// How often a template occurs in a training set.
public struct TemplateCount: Sendable, Equatable {
  public let template: Template
  public let count: Int

  public init(template: Template, count: Int) {
    self.template = template
    self.count = count
  }

  /// Of the units that have a template, in the order of their first occurrence.
  static func count(_ units: [AsymmetricUnit]) -> [TemplateCount] {
    var indices: [Template: Int] = [:]
    var counts: [(Template, Int)] = []
    for template in units.compactMap({ Template($0) }) {
      if let i = indices[template] {
        counts[i].1 += 1
      } else {
        indices[template] = counts.count
        counts.append((template, 1))
      }
    }
    return counts.map { TemplateCount(template: $0.0, count: $0.1) }
  }
}
