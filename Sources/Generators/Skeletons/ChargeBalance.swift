import Crystals

/// Whether the charges of sites balance: every site takes one of its element's common oxidation states, all sites of an element take states
/// of one sign, elements that are positive are less electronegative than those that are negative, and the charges of all atoms add up to
/// nothing. Iron may be +2 on one site and +3 on another; alloys have no charges to balance and are none of this.
///
/// A threshold of electronegativity says who is positive: elements below it. Only the elements' own values are thresholds that matter.
struct ChargeBalance: Sendable {
  /// (elements) of the task.
  private let states: [[Int]]
  private let electronegativities: [Double?]
  /// What may be the electronegativity of the least electronegative element that is negative.
  let thresholds: [Double]

  init(_ elements: [UInt8]) {
    states = elements.map { OxidationStates.common(Int($0)) }
    electronegativities = elements.map { OxidationStates.of(Int($0))?.electronegativity }
    let negative = zip(states, electronegativities).filter { $0.0.contains { $0 < 0 } }
    thresholds = Set(negative.compactMap(\.1)).sorted()
  }

  /// The states that an element's sites may take under a threshold.
  func states(_ element: Int, _ threshold: Double) -> [Int] {
    guard let own = electronegativities[element] else { return [] }
    return states[element].filter { ($0 < 0) == (own >= threshold) }
  }

  /// All states that are in use under a threshold, in rising order.
  func allStates(_ threshold: Double) -> [Int] {
    Set(states.indices.flatMap { states($0, threshold) }).sorted()
  }

  /// Whether numbers of atoms of each site balance.
  func isBalanced(_ sites: [(element: Int, atoms: Int)]) -> Bool {
    thresholds.contains { threshold in sums(sites, threshold).contains(0) }
  }

  /// Every one of some charges with so many atoms more, all in one of some states.
  static func adding(_ atoms: Int, _ states: some Collection<Int>, to charges: Set<Int>) -> Set<Int> {
    Set(charges.flatMap { charge in states.map { charge + $0 * atoms } })
  }

  /// The charges that sites can have together under a threshold; none where an element of theirs has no state.
  func sums(_ sites: [(element: Int, atoms: Int)], _ threshold: Double) -> Set<Int> {
    var sums: Set<Int> = [0]
    for site in sites {
      sums = Self.adding(site.atoms, states(site.element, threshold), to: sums)
      if sums.isEmpty { return [] }
    }
    return sums
  }
}

/// The least atoms that orbits can add a charge with, by how many sites and which positions without freedom are left: a coin problem.
struct ChargeCompletion: Sendable {
  private let positions: PositionClasses
  private let states: [Int]
  /// (sites, states of the positions left) charges that can be added by at most so many sites, and their least atoms.
  private var levels: [[[Int: Int]]]

  init(_ positions: PositionClasses, states: [Int]) {
    (self.positions, self.states) = (positions, states)
    levels = [[[Int: Int]](repeating: [0: 0], count: positions.stateCount)]
  }

  /// Whether some charge of a set can be taken back by at most so many sites and atoms.
  mutating func balances(_ charges: Set<Int>, left: Int, sites: Int, atoms: Int) -> Bool {
    var level = 0
    while level <= sites {
      if level == levels.count { extend() }
      let known = levels[level][left]
      if charges.count < known.count {
        if charges.contains(where: { charge in known[-charge].map { $0 <= atoms } ?? false }) { return true }
      } else if known.contains(where: { $0.value <= atoms && charges.contains(-$0.key) }) {
        return true
      }
      // Nothing new comes of more sites.
      if level > 0, known == levels[level - 1][left], levels[level] == levels[level - 1] { return false }
      level += 1
    }
    return false
  }

  private mutating func extend() {
    let before = levels[levels.count - 1]
    var next = before
    for left in before.indices {
      for (place, multiplicity) in positions.multiplicities.enumerated() {
        guard let rest = positions.taking(place, from: left) else { continue }
        for (charge, atoms) in before[rest] where atoms + multiplicity <= positions.mostAtoms {
          for state in states {
            let sum = charge + state * multiplicity
            if (next[left][sum] ?? .max) > atoms + multiplicity { next[left][sum] = atoms + multiplicity }
          }
        }
      }
    }
    levels.append(next)
  }
}
