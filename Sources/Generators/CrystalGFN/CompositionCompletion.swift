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
  /// By set of `Occupancy`.
  private var rooms: [Int: [Int]] = [:]
  /// Bits of the elements that must occur.
  private let required: UInt128

  /// Answers that are kept, about 10 MB a group.
  private static let mostKnown = 50_000

  /// Whether so many further elements can bring a charge.
  private struct Question: Hashable {
    var table: Int
    var charge: Int
    /// Of `Occupancy`.
    var set: Int
    /// Bits of the elements that are there; of those that are alike, the first so many.
    var used: UInt128
    /// Elements that come.
    var elements: Int
    /// Atoms that may come.
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
    /// (tables) charges that there can be, the smallest first.
    fileprivate var charges: [[Int]]
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
    guard let set = room(atoms, of: element, in: state) else { return nil }
    var next = state
    next.counts[element] = UInt8(atoms)
    next.set = set
    next.used |= 1 << UInt128(element)
    next.elements += 1
    next.atoms += atoms
    for t in next.charges.indices {
      next.charges[t] = Self.sums(state.charges[t], rules.charges.charges[t][element][atoms])
    }
    return next
  }

  /// What an element more leaves of the positions; nil where there is no room for it.
  private mutating func room(_ atoms: Int, of element: Int, in state: State) -> Int? {
    guard atoms <= rules.mostOfElement, state.atoms + atoms <= rules.atomCount.upperBound,
      state.elements < rules.elementCount.upperBound, state.counts[element] == 0
    else { return nil }
    return occupancy.placing(atoms, after: state.set)
  }

  /// Sums of two charges, each once, the smallest first.
  private static func sums(_ a: [Int], _ b: [Int]) -> [Int] {
    var sums: [Int] = []
    for x in a { for y in b where !sums.contains(x + y) { sums.append(x + y) } }
    return sums.sorted { abs($0) < abs($1) }
  }

  /// Whether a composition is one that may be.
  func isComplete(_ state: State) -> Bool {
    isComplete(used: state.used, elements: state.elements, atoms: state.atoms) { state.charges.contains { $0.contains(0) } }
  }

  private func isComplete(used: UInt128, elements: Int, atoms: Int, isBalanced: () -> Bool) -> Bool {
    guard rules.elementCount.contains(elements), rules.atomCount.contains(atoms), required & ~used == 0 else { return false }
    return (rules.charges.exemptsElements && elements == 1) || isBalanced()
  }

  /// Whether it is, or becomes one with further elements.
  mutating func canEnd(_ state: State) -> Bool {
    if isComplete(state) { return true }
    if state.elements == 0, rules.charges.exemptsElements, canBeElement() { return true }
    return (1...rules.elementCount.upperBound).contains { count in
      canGoOn(state, set: state.set, used: state.used, elements: state.elements, atoms: state.atoms, by: count) { _ in [0] }
    }
  }

  /// The same after an element more; false where there is no room for it.
  mutating func canEnd(_ state: State, adding atoms: Int, of element: Int) -> Bool {
    guard let set = room(atoms, of: element, in: state) else { return false }
    let (used, tables) = (state.used | 1 << UInt128(element), rules.charges.charges)
    let (elements, sum) = (state.elements + 1, state.atoms + atoms)
    // Most are ended by one element more, which is found at once; that the charges balance already is asked of every table.
    if canGoOn(state, set: set, used: used, elements: elements, atoms: sum, by: 1, charges: { tables[$0][element][atoms] }) {
      return true
    }
    let isDone = isComplete(used: used, elements: elements, atoms: sum) {
      tables.indices.contains { t in
        let more = tables[t][element][atoms]
        return state.charges[t].contains { more.contains(-$0) }
      }
    }
    if isDone { return true }
    return (2...max(2, rules.elementCount.upperBound)).contains { count in
      canGoOn(state, set: set, used: used, elements: elements, atoms: sum, by: count) { tables[$0][element][atoms] }
    }
  }

  /// Whether so many further elements end what a state and charges more have.
  private mutating func canGoOn(
    _ state: State, set: Int, used: UInt128, elements: Int, atoms: Int, by count: Int, charges more: (Int) -> [Int]
  ) -> Bool {
    guard (required & ~used).nonzeroBitCount <= count, elements + count <= rules.elementCount.upperBound,
      atoms < rules.atomCount.upperBound
    else { return false }
    var question = Question(
      table: 0, charge: 0, set: set, used: used, elements: count, atoms: rules.atomCount.upperBound - atoms,
      leastElements: max(0, rules.elementCount.lowerBound - elements), leastAtoms: max(0, rules.atomCount.lowerBound - atoms))
    for table in state.charges.indices where !state.charges[table].isEmpty {
      question.table = table
      for own in more(table) {
        for charge in state.charges[table] {
          question.charge = -charge - own
          if answer(question) { return true }
        }
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

  private mutating func answer(_ question: Question) -> Bool {
    let reach = rules.charges.reach[question.table]
    guard question.charge <= reach.upperBound * question.atoms, question.charge >= reach.lowerBound * question.atoms else {
      return false
    }
    if question.elements == 1 { return isEnded(question) }
    var key = question
    key.used = rules.charges.canonical(question.used, table: question.table, elements: question.elements)
    if let known = known[key] { return known }
    let found = search(question)
    if known.count > Self.mostKnown { known = [:] }
    known[key] = found
    return found
  }

  /// Whether one element more ends it.
  private mutating func isEnded(_ question: Question) -> Bool {
    let missing = required & ~question.used
    guard question.leastElements <= 1, missing.nonzeroBitCount <= 1 else { return false }
    let open = missing == 0 ? ~question.used : missing
    return rooms(after: question.set).contains { atoms in
      atoms >= question.leastAtoms && atoms <= question.atoms
        && rules.charges.elements(bringing: question.charge, atoms: atoms, table: question.table) & open != 0
    }
  }

  /// In what numbers an element more finds room.
  private mutating func rooms(after set: Int) -> [Int] {
    if let known = rooms[set] { return known }
    let found = (1...rules.mostOfElement).filter { occupancy.placing($0, after: set) != nil }
    rooms[set] = found
    return found
  }

  /// An element after which it can be ended.
  private mutating func search(_ question: Question) -> Bool {
    let table = question.table
    let rooms = rooms(after: question.set).prefix { $0 <= question.atoms }.compactMap { n in
      occupancy.placing(n, after: question.set).map { (atoms: n, set: $0) }
    }
    let candidates = rules.charges.classes[table].compactMap { alike in
      alike.first { question.used & 1 << UInt128($0) == 0 }
    }
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
}
