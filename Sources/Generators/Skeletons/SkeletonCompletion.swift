import Crystals

/// What a skeleton of one space group is to be, in numbers.
struct SkeletonTask: Sendable, Hashable {
  /// Atomic numbers that may occur, in rising order.
  var elements: [UInt8]
  /// Indices into `elements` that must occur.
  var required: Set<Int> = []
  /// Of the conventional cell.
  var mostAtoms: Int
  var mostSites: Int
  /// Where a composition is asked for: the atoms of each of `elements` that the conventional cell may hold, one list each.
  var contents: [[Int]] = []
  var isNeutral = false
}

/// What is placed of a skeleton: elements as indices into the task's.
struct SkeletonState: Sendable {
  private(set) var sites: [(element: Int, wyckoffPosition: Int)] = []
  /// Positions taken that hold one site alone.
  private(set) var taken: Set<Int> = []
  /// (elements) placed.
  private(set) var atoms: [Int]
  private(set) var atomCount = 0
  /// Of `PositionClasses`.
  private(set) var left: Int

  init(_ positions: PositionClasses, elements: Int) { (atoms, left) = ([Int](repeating: 0, count: elements), positions.full) }

  /// - Returns: false, with nothing changed, where the position is taken.
  mutating func place(_ element: Int, _ wyckoffPosition: Int, _ positions: PositionClasses) -> Bool {
    let place = positions.classes[wyckoffPosition]
    guard !taken.contains(wyckoffPosition), let rest = positions.taking(place, from: left) else { return false }
    left = rest
    if place < positions.fixedCount { taken.insert(wyckoffPosition) }
    sites.append((element, wyckoffPosition))
    atoms[element] += positions.multiplicities[place]
    atomCount += positions.multiplicities[place]
    return true
  }
}

/// Whether a skeleton that was begun can be ended as asked: exact, so that no draw ends in a place without a way on.
struct SkeletonCompletion: Sendable {
  let positions: PositionClasses
  let task: SkeletonTask
  private let balance: ChargeBalance
  /// The fewest sites of atoms still to place; by element, positions left and atoms.
  private var fewestSites: [SIMD16<UInt8>: Int] = [:]
  /// (atoms) the fewest orbits with freedom that make so many.
  private let coins: [Int]
  private var charges: [[Int]: ChargeCompletion] = [:]

  init(_ group: SpaceGroup, _ task: SkeletonTask) {
    self.task = task
    positions = PositionClasses(group, mostAtoms: task.mostAtoms)
    balance = ChargeBalance(task.isNeutral ? task.elements : [])
    let free = positions.multiplicities.dropFirst(positions.fixedCount)
    var coins = [0]
    for n in 1...max(1, task.mostAtoms) {
      coins.append(free.filter { $0 <= n }.map { coins[n - $0] + 1 }.min() ?? Self.never)
    }
    self.coins = coins
  }

  private static let never = 1 << 20

  /// An empty skeleton.
  var start: SkeletonState { SkeletonState(positions, elements: task.elements.count) }

  /// Whether a skeleton is one that was asked for.
  func isComplete(_ state: SkeletonState) -> Bool {
    guard !state.sites.isEmpty, state.sites.count <= task.mostSites, state.atomCount <= task.mostAtoms,
      task.required.allSatisfy({ state.atoms[$0] > 0 })
    else { return false }
    if !task.contents.isEmpty { return task.contents.contains(state.atoms) }
    return !task.isNeutral || balance.isBalanced(orbits(state))
  }

  /// Whether a skeleton is one that was asked for, or becomes one with further sites.
  mutating func canEnd(_ state: SkeletonState) -> Bool {
    let (sites, atoms) = (task.mostSites - state.sites.count, task.mostAtoms - state.atomCount)
    guard sites >= 0, atoms >= 0 else { return false }
    if !task.contents.isEmpty {
      for content in task.contents {
        let rest = zip(content, state.atoms).map { $0 - $1 }
        if rest.allSatisfy({ $0 >= 0 }), fewestSites(rest, 0, state.left) <= sites { return true }
      }
      return false
    }
    let missing = task.required.filter { state.atoms[$0] == 0 }.sorted()
    if task.isNeutral { return canBalance(state, missing, sites: sites, atoms: atoms) }
    let more = max(missing.count, state.sites.isEmpty ? 1 : 0)
    guard !task.elements.isEmpty, more <= sites else { return false }
    return positions.fewestAtoms(sites: more, left: state.left).map { $0 <= atoms } ?? false
  }

  /// Whether a site can be placed so that the skeleton can still be ended.
  mutating func allows(_ element: Int, _ wyckoffPosition: Int, after state: SkeletonState) -> Bool {
    var next = state
    return next.place(element, wyckoffPosition, positions) && canEnd(next)
  }

  /// The positions that a site of an element may be on so that there is a way on; positions of one class are alike.
  mutating func positions(for element: Int, after state: SkeletonState) -> [Int] {
    var known = [Bool?](repeating: nil, count: positions.multiplicities.count)
    var found: [Int] = []
    for position in positions.classes.indices where !state.taken.contains(position) {
      let place = positions.classes[position]
      let allowed = known[place] ?? allows(element, position, after: state)
      known[place] = allowed
      if allowed { found.append(position) }
    }
    return found
  }

  private func orbits(_ state: SkeletonState) -> [(element: Int, atoms: Int)] {
    state.sites.map { ($0.element, positions.multiplicities[positions.classes[$0.wyckoffPosition]]) }
  }

  // MARK: Compositions

  /// The fewest sites that hold the atoms of elements from a number on; `never` where none do.
  private mutating func fewestSites(_ atoms: [Int], _ element: Int, _ left: Int) -> Int {
    guard element < atoms.count else { return 0 }
    var key = SIMD16<UInt8>()
    (key[0], key[1], key[2]) = (UInt8(element), UInt8(left & 255), UInt8(left >> 8))
    for (lane, n) in atoms[element...].enumerated() {
      precondition(lane < 13 && n < 256)
      key[3 + lane] = UInt8(n)
    }
    if let known = fewestSites[key] { return known }
    var best = Self.never
    var pending = [(place: 0, rest: atoms[element], left: left, sites: 0)]
    while let (place, rest, left, sites) = pending.popLast() {
      guard sites < best else { continue }
      if place == positions.fixedCount {
        let own = sites + coins[rest]
        if own < best { best = min(best, own + fewestSites(atoms, element + 1, left)) }
        continue
      }
      for n in 0...positions.left(place, in: left) {
        let remaining = rest - n * positions.multiplicities[place]
        guard remaining >= 0, let after = positions.taking(place, from: left, sites: n) else { break }
        pending.append((place + 1, remaining, after, sites + n))
      }
    }
    fewestSites[key] = best
    return best
  }

  // MARK: Charges

  private mutating func canBalance(_ state: SkeletonState, _ missing: [Int], sites: Int, atoms: Int) -> Bool {
    let orbits = orbits(state)
    for threshold in balance.thresholds {
      let sums = balance.sums(orbits, threshold)
      guard !sums.isEmpty else { continue }
      if canBalance(sums, missing[...], left: state.left, sites: sites, atoms: atoms, threshold, isEmpty: orbits.isEmpty) {
        return true
      }
    }
    return false
  }

  /// - Parameter missing: elements that must get a site yet.
  private mutating func canBalance(
    _ sums: Set<Int>, _ missing: ArraySlice<Int>, left: Int, sites: Int, atoms: Int, _ threshold: Double, isEmpty: Bool
  ) -> Bool {
    guard sites >= missing.count, atoms >= 0 else { return false }
    if let element = missing.first ?? (isEmpty ? -1 : nil) {
      // A skeleton without sites begins with any.
      let own = element < 0 ? balance.allStates(threshold) : balance.states(element, threshold)
      guard sites > 0, !own.isEmpty else { return false }
      for (place, multiplicity) in positions.multiplicities.enumerated() {
        guard let rest = positions.taking(place, from: left) else { continue }
        let next = ChargeBalance.adding(multiplicity, own, to: sums)
        if canBalance(
          next, missing.dropFirst(), left: rest, sites: sites - 1, atoms: atoms - multiplicity, threshold, isEmpty: false)
        {
          return true
        }
      }
      return false
    }
    let states = balance.allStates(threshold)
    return charges[states, default: ChargeCompletion(positions, states: states)]
      .balances(sums, left: left, sites: sites, atoms: atoms)
  }
}
