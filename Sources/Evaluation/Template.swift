public import Crystals

/// What a crystal is made of but for its elements and coordinates: space group and the multiset of its Wyckoff positions.
public struct Template: Hashable, Sendable {
  /// International number.
  public let spaceGroup: Int
  /// ASCII letters in rising order, one a site.
  public let letters: [UInt8]

  /// The template of an asymmetric unit; nil where a letter is not known.
  public init?(_ unit: AsymmetricUnit) {
    guard !unit.sites.isEmpty, unit.sites.allSatisfy({ $0.wyckoffLetter != 0 }) else { return nil }
    spaceGroup = unit.spaceGroup
    letters = unit.sites.map(\.wyckoffLetter).sorted()
  }
}
