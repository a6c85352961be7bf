public import Crystals

/// Whether a crystal could exist by the two simple rules of the field (Xie et al., CDVAE, ICLR 2022).
public struct Validity: Sendable, Codable, Equatable {
  /// Shortest distance between two atoms in angstrom, periodic images included; nil where the cell is unusable.
  public var shortestDistance: Double?
  /// Volume of the cell in cubic angstrom.
  public var volume: Double
  /// Shortest distance above 0.5 angstrom and volume at least 0.1 cubic angstrom.
  public var structure: Bool
  /// The composition can be neutral; see `isCompositionValid`.
  public var composition: Bool

  /// Both rules at once.
  public var both: Bool { structure && composition }

  /// Shortest distance that a valid structure must exceed, in angstrom.
  public static let minimumDistance = 0.5
  /// Least volume of a valid structure's cell, in cubic angstrom.
  public static let minimumVolume = 0.1

  /// Judges a crystal by the usual two rules (Xie et al., CDVAE, ICLR 2022).
  public init(of crystal: Crystal) {
    shortestDistance = crystal.shortestDistance
    volume = crystal.lattice.volume
    structure = (shortestDistance ?? 0) > Self.minimumDistance && volume >= Self.minimumVolume
    composition = Self.isCompositionValid(
      crystal.composition.map { ($0.atomicNumber, $0.count) })
  }

  /// Whether oxidation states exist that make a composition neutral, cations below anions in electronegativity.
  ///
  /// SMACT's rule with its table of 2014 as CDVAE's evaluation applies it: a single element is valid, and so are metals only. Otherwise
  /// every element takes one of its oxidation states, `sum_i n_i q_i = 0`, and every element with q > 0 has a lower Pauling
  /// electronegativity than every element with q < 0. An element without electronegativity or oxidation states makes it invalid.
  ///
  /// The order means that some electronegativity divides cations from anions, so the sums that can be reached are found for each
  /// divide in turn: the cost grows with the elements and the range of the sums, not with the combinations.
  public static func isCompositionValid(_ composition: [(atomicNumber: Int, count: Int)]) -> Bool {
    guard composition.count > 1 else { return !composition.isEmpty }
    let entries = composition.map { OxidationStates.of($0.atomicNumber) }
    if entries.allSatisfy({ $0?.isMetal == true }) { return true }

    let divisor = composition.reduce(0) { greatestCommonDivisor($0, $1.count) }
    var elements: [(electronegativity: Double, states: [Int], count: Int)] = []
    for (entry, part) in zip(entries, composition) {
      guard let entry, let electronegativity = entry.electronegativity, !entry.states.isEmpty else {
        return false
      }
      elements.append((electronegativity, entry.states, part.count / divisor))
    }
    return elements.contains { divide in
      var sums: Set<Int> = [0]
      for element in elements {
        let isCation = element.electronegativity <= divide.electronegativity
        let charges = element.states.filter { isCation ? $0 >= 0 : $0 <= 0 }
        var next: Set<Int> = []
        for charge in charges {
          for sum in sums { next.insert(sum + charge * element.count) }
        }
        sums = next
        if sums.isEmpty { return false }
      }
      return sums.contains(0)
    }
  }
}
