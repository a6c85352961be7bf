public import Crystals

/// What a crystal is made of but for its elements and coordinates: space group and the multiset of its Wyckoff positions.
///
/// The letters are those of the origin and axes that name them first in alphabetical order, so that crystals that differ by nothing
/// else have one template.
public struct Template: Hashable, Sendable {
  /// International number.
  public let spaceGroup: Int
  /// ASCII letters in rising order, one a site.
  public let letters: [UInt8]

  /// - Parameter canonicalLetters: as another template of the group has them.
  init(spaceGroup: Int, canonicalLetters: [UInt8]) {
    self.spaceGroup = spaceGroup
    letters = canonicalLetters
  }

  /// The template of an asymmetric unit; nil where a letter is not known.
  public init?(_ unit: AsymmetricUnit) {
    guard !unit.sites.isEmpty, (1...230).contains(unit.spaceGroup),
      unit.sites.allSatisfy({ $0.wyckoffLetter != 0 && $0.wyckoffLetter < 128 })
    else { return nil }
    let group = SpaceGroup.numbered(unit.spaceGroup)
    let positions = unit.sites.compactMap { group.positionIndex(lettered: $0.wyckoffLetter) }
    guard positions.count == unit.sites.count else { return nil }
    spaceGroup = unit.spaceGroup
    letters = group.canonical(positions.map { (0, $0) }, .affine).map { group.wyckoffPositions[$0.wyckoffPosition].letter }
  }
}
