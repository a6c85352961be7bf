import Crystals

/// A set of atomic numbers below 128.
struct ElementSet: Sendable, Hashable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ atomicNumbers: [Int]) {
    for z in atomicNumbers {
      if z < 64 { low |= 1 << UInt64(z) } else { high |= 1 << UInt64(z - 64) }
    }
  }

  func isSubset(of other: Self) -> Bool { low & ~other.low == 0 && high & ~other.high == 0 }

  var count: Int { low.nonzeroBitCount + high.nonzeroBitCount }
}

/// A composition for telling whether two are the same: whole numbers without a common divisor where there are some, else shares in
/// hundred thousandths.
struct CompositionKey: Sendable, Hashable {
  private let parts: [UInt64]

  init(_ phase: ConvexHull.Phase) {
    let least = phase.fractions.map(\.fraction).min() ?? 1
    for scale in 1...24 {
      let counts = phase.fractions.map { $0.fraction / least * Double(scale) }
      guard counts.allSatisfy({ abs($0 - $0.rounded()) < 1e-6 * $0 }) else { continue }
      parts = zip(phase.fractions, counts).map { UInt64($0.atomicNumber) << 48 | UInt64($1.rounded()) }
      return
    }
    parts = phase.fractions.map { UInt64($0.atomicNumber) << 48 | 1 << 40 | UInt64(($0.fraction * 1e5).rounded()) }
  }
}

/// Phases by the elements that they have.
struct ChemicalSystems: Sendable {
  private let bySet: [ElementSet: [Int]]
  private let sets: [ElementSet]

  init(_ phases: [ConvexHull.Phase]) {
    let all = phases.map { ElementSet($0.fractions.map { Int($0.atomicNumber) }) }
    bySet = Dictionary(grouping: phases.indices) { all[$0] }
    sets = Array(bySet.keys)
  }

  /// The phases that some elements, and no others, can make; in the order of the hull.
  func phases(within elements: [Int]) -> [Int] {
    // Up to eight elements have fewer subsets than a hull has chemical systems.
    guard elements.count > 8 else {
      var found: [Int] = []
      for subset in 1..<(1 << elements.count) {
        let chosen = elements.indices.filter { subset >> $0 & 1 == 1 }.map { elements[$0] }
        found += bySet[ElementSet(chosen)] ?? []
      }
      return found.sorted()
    }
    let whole = ElementSet(elements)
    return sets.filter { $0.isSubset(of: whole) }.flatMap { bySet[$0] ?? [] }.sorted()
  }
}

extension ConvexHull {
  /// How many compounds, phases of two elements or more, the hull knows that some elements can make.
  public func compounds(of elements: [Int]) -> Int {
    systems.phases(within: Array(Set(elements)).sorted()).count { phases[$0].fractions.count > 1 }
  }

  /// Whether the hull knows too little of a chemical system for a distance above it to say much: fewer compounds than elements.
  public func isThin(_ elements: [Int]) -> Bool {
    let distinct = Set(elements).count
    return distinct > 1 && compounds(of: elements) < distinct
  }

  /// Phases by their number of elements, `[1: 89, 2: 20000]`.
  public var phasesByElements: [Int: Int] {
    Dictionary(grouping: phases, by: \.fractions.count).mapValues(\.count)
  }

  /// A chemical system in words: `Fe-O`, by rising symbols.
  public static func name(ofSystem elements: [Int]) -> String {
    Set(elements).map(Element.symbol).sorted().joined(separator: "-")
  }
}
