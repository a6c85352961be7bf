import Crystals

/// What numbers of atoms leave of the Wyckoff positions of a group: exact, in integers.
///
/// A position without freedom holds one orbit. What is left of them is a state of `PositionClasses`; several states may come of one
/// composition, and those are kept of which no other has everything left. Sets of states are numbered as they are met.
struct Occupancy: Sendable {
  private let positions: PositionClasses
  /// (atoms + 1) whether positions with freedom hold so many.
  private let isFree: [Bool]
  private var sets: [[Int]]
  private var numbers: [[Int]: Int]
  /// (sets, atoms + 1) the set after so many atoms of a further element; -1 for none, -2 where not known yet.
  private var after: [[Int]]
  private let mostAtoms: Int

  /// The set of an empty cell.
  static let start = 0

  /// - Parameter mostAtoms: of one element.
  init(_ group: SpaceGroup, mostAtoms: Int) {
    positions = PositionClasses(group, mostAtoms: mostAtoms)
    self.mostAtoms = mostAtoms
    var isFree = [Bool](repeating: false, count: mostAtoms + 1)
    isFree[0] = true
    for n in 1...max(1, mostAtoms) where n <= mostAtoms {
      isFree[n] = positions.multiplicities.dropFirst(positions.fixedCount).contains { $0 <= n && isFree[n - $0] }
    }
    self.isFree = isFree
    sets = [[positions.full]]
    numbers = [sets[0]: 0]
    after = [[Int](repeating: -2, count: mostAtoms + 1)]
  }

  /// The set after atoms of an element that was not there yet; nil where the positions do not hold them.
  mutating func placing(_ atoms: Int, after set: Int) -> Int? {
    let known = after[set][atoms]
    if known > -2 { return known < 0 ? nil : known }
    var found: Set<Int> = []
    for left in sets[set] { take(atoms, from: left, class: 0, into: &found) }
    let best = found.filter { state in !found.contains { $0 != state && holds($0, all: state) } }.sorted()
    let number = best.isEmpty ? -1 : number(of: best)
    after[set][atoms] = number
    return number < 0 ? nil : number
  }

  private mutating func number(of set: [Int]) -> Int {
    if let number = numbers[set] { return number }
    numbers[set] = sets.count
    sets.append(set)
    after.append([Int](repeating: -2, count: mostAtoms + 1))
    return sets.count - 1
  }

  private func take(_ rest: Int, from left: Int, class place: Int, into found: inout Set<Int>) {
    guard place < positions.fixedCount else {
      if isFree[rest] { found.insert(left) }
      return
    }
    for n in 0...positions.left(place, in: left) {
      let remaining = rest - n * positions.multiplicities[place]
      guard remaining >= 0, let next = positions.taking(place, from: left, sites: n) else { break }
      take(remaining, from: next, class: place + 1, into: &found)
    }
  }

  /// Whether a state has left whatever another has.
  private func holds(_ state: Int, all other: Int) -> Bool {
    (0..<positions.fixedCount).allSatisfy { positions.left($0, in: state) >= positions.left($0, in: other) }
  }
}
