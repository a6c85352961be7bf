/// What readers of crystals refuse.
public struct ReadingOptions: Sendable {
  /// Two atoms nearer to each other than this share of the sum of their covalent radii are refused; 0 refuses none but those at
  /// one place.
  public var minimumDistance: Double
  /// Takes what the sites say where the file's formula, number of formula units, multiplicities, density or attached hydrogens
  /// contradict them.
  public var trustSites: Bool

  /// Of the sum: bonds are above 0.7, the nearest atoms of 100,000 crystals of the Materials Project at 0.47.
  public static let defaultMinimumDistance = 0.4

  /// - Parameters:
  ///   - minimumDistance: as a share of the sum of the covalent radii.
  ///   - trustSites: whether the sites are right where the file contradicts them.
  public init(minimumDistance: Double = defaultMinimumDistance, trustSites: Bool = false) {
    (self.minimumDistance, self.trustSites) = (minimumDistance, trustSites)
  }

  /// For crystals that somebody will judge: however near their atoms are, they are taken.
  public static let unjudged = ReadingOptions(minimumDistance: 0)
}
