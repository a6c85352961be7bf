/// What a crystal's elements and its size are to be.
public struct Chemistry: Sendable, Equatable {
  /// Atomic numbers that may occur; all where empty.
  public var allowedElements: Set<UInt8> = []
  /// Atomic numbers that must occur.
  public var requiredElements: Set<UInt8> = []
  /// Atomic numbers that may not occur.
  public var excludedElements: Set<UInt8> = []
  /// The most atoms of the primitive cell.
  public var mostAtoms: Int?
  /// The most sites of the asymmetric unit.
  public var mostSites: Int?
  /// Whether charges are to balance, by `ChargeBalance`.
  public var isNeutral = false

  /// Anything goes.
  public init() {}

  /// Whether an element may occur.
  public func allows(element z: UInt8) -> Bool {
    (allowedElements.isEmpty || allowedElements.contains(z)) && !excludedElements.contains(z)
  }
}
