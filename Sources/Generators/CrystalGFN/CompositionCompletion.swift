import Crystals

/// What compositions may be.
struct CompositionRules: Sendable {
  /// Atomic numbers that may occur, in rising order; at most 128.
  let elements: [UInt8]
  /// Indices into `elements` that must occur.
  var required: Set<Int> = []
  /// Different elements of a composition.
  var elementCount = 1...5
  /// Atoms of the conventional cell.
  var atomCount = 1...50
  /// The most atoms of one element.
  var mostOfElement = 16
  /// Charges that must balance.
  let charges: ChargeTables
}

/// Whether a composition that was begun can be ended in a group: exact, with all that is asked of compositions together, so that no trajectory
/// ends in a place without a way on, and every composition that may be is reached.
struct CompositionCompletion: Sendable {
  private let rules: CompositionRules
  private var occupancy: Occupancy
  private var known: [Question: Bool] = [:]
  /// Bits of the elements that must occur.
  private let required: UInt128

  /// Whether further elements can bring a charge.
  private struct Question: Hashable {
    var table: Int
    var charge: Int
    /// Of `Occupancy`.
    var set: Int
    /// Bits of the elements that are there; of those that are alike, the first so many.
    var used: UInt128
    /// Elements and atoms that may come.
    var elements: Int
    var atoms: Int
    /// Elements and atoms that must come.
    var leastElements: Int
    var leastAtoms: Int
  }

  init(_ group: SpaceGroup, _ rules: CompositionRules) {
    self.rules = rules
    occupancy = Occupancy(group, mostAtoms: rules.mostOfElement)
    required = rules.required.reduce(0) { $0 | 1 << UInt128($1) }
  }

  /// A composition on its way: what is there, and what it leaves.
  struct State: Sendable {
    /// (elements) atoms of each.
    fileprivate(set) var counts: [UInt8]
    fileprivate var set = Occupancy.start
    fileprivate var used: UInt128 = 0
    fileprivate var elements = 0
    fileprivate var atoms = 0
    /// (tables) charges that there can be.
    fileprivate var charges: [Set<Int>]
  }

  /// An empty cell.
  var start: State {
    State(counts: [UInt8](repeating: 0, count: rules.elements.count), charges: rules.charges.charges.map { _ in [0] })
  }

  /// The state of a composition; nil where the positions do not hold it, or an element has too many atoms.
  mutating func state(_ counts: [UInt8]) -> State? {
    var state = start
    for (element, n) in counts.enumerated() where n > 0 {
      guard let next = adding(Int(n), of: element, to: state) else { return nil }
      state = next
    }
    return state
  }

  /// A state with an element more; nil where there is no room for it.
  mutating func adding(_ atoms: Int, of element: Int, to state: State) -> State? {
    guard atoms <= rules.mostOfElement, state.atoms + atoms <= rules.atomCount.upperBound,
      state.elements < rules.elementCount.upperBound, state.counts[element] == 0,
      let set = occupancy.placing(atoms, after: state.set)
    else { return nil }
    var next = state
    next.counts[element] = UInt8(atoms)
    next.set = set
    next.used |= 1 << UInt128(element)
    next.elements += 1
    next.atoms += atoms
    for (t, table) in rules.charges.charges.enumerated() where !next.charges[t].isEmpty {
      let more = table[element][atoms]
      next.charges[t] =
        more.count == 1 && more[0] == 0 ? state.charges[t] : Set(state.charges[t].flatMap { q in more.map { q + $0 } })
    }
    return next
  }

  /// Whether a composition is one that may be.
  func isComplete(_ state: State) -> Bool {
    guard rules.elementCount.contains(state.elements), rules.atomCount.contains(state.atoms), required & ~state.used == 0 else {
      return false
    }
    return (rules.charges.exemptsElements && state.elements == 1) || state.charges.contains { $0.contains(0) }
  }

  /// Whether it is, or becomes one with further elements.
  mutating func canEnd(_ state: State) -> Bool {
    if isComplete(state) { return true }
    if state.elements == 0, rules.charges.exemptsElements, canBeElement() { return true }
    guard state.elements < rules.elementCount.upperBound, state.atoms < rules.atomCount.upperBound else { return false }
    for (table, charges) in state.charges.enumerated() {
      for charge in charges.sorted(by: { abs($0) < abs($1) }) {
        let question = Question(
          table: table, charge: -charge, set: state.set, used: state.used,
          elements: rules.elementCount.upperBound - state.elements, atoms: rules.atomCount.upperBound - state.atoms,
          leastElements: max(0, rules.elementCount.lowerBound - state.elements),
          leastAtoms: max(0, rules.atomCount.lowerBound - state.atoms))
        if answer(question) { return true }
      }
    }
    return false
  }

  /// Whether a single element may be all.
  private mutating func canBeElement() -> Bool {
    guard rules.elementCount.contains(1), rules.required.count <= 1 else { return false }
    return (1...rules.mostOfElement).contains { n in
      rules.atomCount.contains(n) && occupancy.placing(n, after: Occupancy.start) != nil
    }
  }

  /// - Parameter question: with at least one element that may come.
  private mutating func answer(_ question: Question) -> Bool {
    let signs = rules.charges.signs[question.table]
    if question.charge > 0 && !signs.positive || question.charge < 0 && !signs.negative { return false }
    if (required & ~question.used).nonzeroBitCount > question.elements { return false }
    var key = question
    key.used = canonical(question)
    if let known = known[key] { return known }
    let found = search(question)
    if known.count > 2_000_000 { known = [:] }
    known[key] = found
    return found
  }

  /// One element that ends it, or else one after which it can be ended.
  private mutating func search(_ question: Question) -> Bool {
    let (table, most) = (question.table, min(rules.mostOfElement, question.atoms))
    guard most > 0 else { return false }
    let rooms = (1...most).compactMap { n in occupancy.placing(n, after: question.set).map { (atoms: n, set: $0) } }
    let candidates = rules.charges.classes[table].compactMap { alike in
      alike.first { question.used & 1 << UInt128($0) == 0 }
    }
    let missing = required & ~question.used
    if question.leastElements <= 1, missing.nonzeroBitCount <= 1 {
      for element in candidates where missing == 0 || missing == 1 << UInt128(element) {
        for room in rooms where room.atoms >= question.leastAtoms {
          if rules.charges.charges[table][element][room.atoms].contains(question.charge) { return true }
        }
      }
    }
    guard question.elements > 1 else { return false }
    for element in candidates {
      for room in rooms {
        for charge in rules.charges.charges[table][element][room.atoms] {
          var next = question
          next.charge -= charge
          next.set = room.set
          next.used |= 1 << UInt128(element)
          next.elements -= 1
          next.atoms -= room.atoms
          next.leastElements = max(0, question.leastElements - 1)
          next.leastAtoms = max(0, question.leastAtoms - room.atoms)
          if next.atoms > 0, answer(next) { return true }
        }
      }
    }
    return false
  }

  /// The elements that are there as far as they matter: of those that are alike it counts how many are left, and no more than may come.
  private func canonical(_ question: Question) -> UInt128 {
    var (key, rest) = (UInt128(0), question.used)
    for alike in rules.charges.classes[question.table] where rest != 0 {
      let taken = alike.count { question.used & 1 << UInt128($0) != 0 }
      guard taken > 0 else { continue }
      for element in alike { rest &= ~(1 << UInt128(element)) }
      if alike.count - taken < question.elements { for element in alike.prefix(taken) { key |= 1 << UInt128(element) } }
    }
    return key
  }
}
