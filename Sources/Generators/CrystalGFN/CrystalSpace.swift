import Crystals
import Foundation

/// A crystal on its way through its three parts: space group, composition, lattice.
struct CrystalState: Sendable, Equatable {
  /// What is being said.
  enum Part: Int, Sendable { case group, composition, lattice, done }

  var part = Part.group
  var choice = SpaceGroupChoice()
  /// (elements) atoms of each in the conventional cell.
  var counts: [UInt8]
  /// (6) where in the box; nil at the source.
  var point: [Double]?

  /// Atoms of the conventional cell.
  var atoms: Int { counts.reduce(0) { $0 + Int($1) } }
  /// Different elements.
  var elements: Int { counts.count { $0 > 0 } }
}

/// What crystals may be, and the actions that lead to them and back.
///
/// An action is a place among the numbers that a policy says: of the group part, `8 x 2 + 5 x 2 + groups x 4 + 1` (a choice from another kind
/// of state is another action; the last is the end), of the composition `elements x mostOfElement + 1`, of the lattice `LatticeSteps`.
struct CrystalSpace: Sendable {
  /// International numbers of groups that hold at least one composition.
  let groups: [Int]
  let rules: CompositionRules
  let box: LatticeBox
  let steps: LatticeSteps

  /// Where the parts' actions begin, and how many there are.
  let compositionStart: Int
  let latticeStart: Int
  let actions: Int
  /// (231) places of groups; -1 for those that are none.
  private let places: [Int]
  /// Groups that policies know; those that cannot be chosen here keep their places.
  let allGroups: [Int]

  /// - Parameters:
  ///   - allGroups: that policies know.
  ///   - among: groups that may be chosen; those of them that hold no composition are left out.
  init(allGroups: [Int], among: [Int], _ rules: CompositionRules, _ box: LatticeBox, _ steps: LatticeSteps) {
    (self.allGroups, self.rules, self.box, self.steps) = (allGroups, rules, box, steps)
    groups = among.filter { number in
      guard allGroups.contains(number) else { return false }
      var completion = CompositionCompletion(SpaceGroup.numbered(number), rules)
      return completion.canEnd(completion.start)
    }
    var places = [Int](repeating: -1, count: 231)
    for (place, number) in allGroups.enumerated() { places[number] = place }
    self.places = places
    compositionStart = Self.groupStart + 4 * allGroups.count + 1
    latticeStart = compositionStart + rules.elements.count * rules.mostOfElement + 1
    actions = latticeStart + steps.outputs
  }

  private static let symmetryStart = 2 * SpaceGroupChoice.systems
  private static let groupStart = symmetryStart + 2 * SpaceGroupChoice.symmetries
  private var groupEnd: Int { compositionStart - 1 }
  private var compositionEnd: Int { latticeStart - 1 }

  /// The place of a group among those that policies know; -1 where it is open.
  func place(_ number: Int) -> Int { places[number] }

  /// Nothing said yet.
  var start: CrystalState { CrystalState(counts: [UInt8](repeating: 0, count: rules.elements.count)) }

  // MARK: Actions

  private func system(_ system: Int, from kind: Int) -> Int { (kind == 0 ? 0 : SpaceGroupChoice.systems) + system - 1 }
  private func symmetry(_ symmetry: Int, from kind: Int) -> Int {
    Self.symmetryStart + (kind == 0 ? 0 : SpaceGroupChoice.symmetries) + symmetry - 1
  }
  private func group(_ number: Int, from kind: Int) -> Int { Self.groupStart + kind * allGroups.count + places[number] }
  private func element(_ element: Int, atoms: Int) -> Int { compositionStart + element * rules.mostOfElement + atoms - 1 }

  /// Actions of a state whose part is the group or the composition, in rising order.
  func choices(_ state: CrystalState, _ solver: inout CrystalSolver) -> [Int32] {
    state.part == .group ? groupChoices(state.choice) : solver.compositions(state, self)
  }

  private func groupChoices(_ choice: SpaceGroupChoice) -> [Int32] {
    guard choice.group == 0 else { return [Int32(groupEnd)] }
    let open = groups.filter(choice.allows)
    var actions: [Int] = []
    if choice.system == 0 {
      for s in Set(open.map(SpaceGroupChoice.system)) { actions.append(system(s, from: choice.kind)) }
    }
    if choice.symmetry == 0 {
      for s in Set(open.map(SpaceGroupChoice.symmetry)) { actions.append(symmetry(s, from: choice.kind)) }
    }
    for number in open { actions.append(group(number, from: choice.kind)) }
    return actions.sorted().map { Int32($0) }
  }

  /// Elements with their atoms after which the composition can be ended, and the end where it is one.
  fileprivate func compositionChoices(_ counts: [UInt8], _ completion: inout CompositionCompletion) -> [Int32] {
    guard let state = completion.state(counts) else { return [] }
    var actions: [Int32] = []
    // Elements that are alike may come in the same numbers.
    var known = [[Int]?](repeating: nil, count: rules.elements.count)
    for element in rules.elements.indices where counts[element] == 0 {
      let first = rules.charges.alike[element]
      let numbers = known[first] ?? (1...rules.mostOfElement).filter { completion.canEnd(state, adding: $0, of: element) }
      known[first] = numbers
      for atoms in numbers { actions.append(Int32(self.element(element, atoms: atoms))) }
    }
    if completion.isComplete(state) { actions.append(Int32(compositionEnd)) }
    return actions
  }

  /// The state after an action of the group or the composition.
  func applying(_ action: Int, to state: CrystalState) -> CrystalState {
    var next = state
    if action == groupEnd {
      next.part = .composition
    } else if action == compositionEnd {
      next.part = .lattice
    } else if action >= compositionStart {
      let place = action - compositionStart
      next.counts[place / rules.mostOfElement] = UInt8(place % rules.mostOfElement + 1)
    } else if action >= Self.groupStart {
      next.choice = SpaceGroupChoice(group: allGroups[(action - Self.groupStart) % allGroups.count])
    } else if action >= Self.symmetryStart {
      next.choice.symmetry = (action - Self.symmetryStart) % SpaceGroupChoice.symmetries + 1
    } else {
      next.choice.system = action % SpaceGroupChoice.systems + 1
    }
    return next
  }

  /// Actions that lead to a state within its part; empty at the part's beginning.
  func parents(_ state: CrystalState) -> [Int32] {
    let choice = state.choice
    switch state.part {
    case .group:
      if choice.group > 0 { return (0..<4).map { Int32(group(choice.group, from: $0)) } }
      switch choice.kind {
      case 1: return [Int32(system(choice.system, from: 0))]
      case 2: return [Int32(symmetry(choice.symmetry, from: 0))]
      case 3: return [Int32(system(choice.system, from: 2)), Int32(symmetry(choice.symmetry, from: 1))]
      default: return []
      }
    case .composition:
      return state.counts.indices.filter { state.counts[$0] > 0 }.map { Int32(element($0, atoms: Int(state.counts[$0]))) }
    case .lattice, .done: return []
    }
  }

  /// The state that an action of `parents` came from.
  func undoing(_ action: Int, from state: CrystalState) -> CrystalState {
    var before = state
    if action >= compositionStart {
      before.counts[(action - compositionStart) / rules.mostOfElement] = 0
    } else if action >= Self.groupStart {
      let kind = (action - Self.groupStart) / allGroups.count
      before.choice.group = 0
      if kind & 1 == 0 { before.choice.system = 0 }
      if kind & 2 == 0 { before.choice.symmetry = 0 }
    } else if action >= Self.symmetryStart {
      before.choice.symmetry = 0
    } else {
      before.choice.system = 0
    }
    return before
  }

  /// Free dimensions of the lattice.
  func free(_ state: CrystalState) -> [Int] { box.free(state.choice.group) }

  // MARK: Crystals

  /// What a state says of the crystal; nil before its end, and where the angles belong to no cell.
  func blueprint(_ state: CrystalState) -> Blueprint? {
    guard state.part == .done, let point = state.point,
      let lattice = box.lattice(point, group: state.choice.group, atoms: state.atoms)
    else { return nil }
    var blueprint = Blueprint(spaceGroup: state.choice.group)
    let present = state.counts.indices.filter { state.counts[$0] > 0 }
    let formula = Formula(elements: present.map { rules.elements[$0] }, counts: present.map { Int(state.counts[$0]) })
    blueprint.composition = .init(formula, content: .formulaUnits(1))
    blueprint.lattice = lattice
    return blueprint
  }
}

/// What a thread knows of compositions: searches by group, and the choices of states that were met.
struct CrystalSolver: Sendable {
  private var completions: [Int: CompositionCompletion] = [:]
  private var choices: [Key: [Int32]] = [:]

  private struct Key: Hashable {
    let group: Int
    let counts: [UInt8]
  }

  /// Actions that are kept, 80 MB, and how many there are.
  private static let most = 20_000_000
  private var kept = 0

  /// Nothing known yet.
  init() {}

  mutating func compositions(_ state: CrystalState, _ space: CrystalSpace) -> [Int32] {
    let key = Key(group: state.choice.group, counts: state.counts)
    if let known = choices[key] { return known }
    let group = state.choice.group
    var completion = completions.removeValue(forKey: group) ?? CompositionCompletion(SpaceGroup.numbered(group), space.rules)
    let found = space.compositionChoices(state.counts, &completion)
    completions[group] = completion
    if kept > Self.most { (choices, kept) = ([:], 0) }
    choices[key] = found
    kept += found.count
    return found
  }
}
