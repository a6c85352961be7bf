import Crystals
import Tensors
import Testing

@testable import Generators

/// The masks against every skeleton that there is, in worlds so small that all can be made.
@Suite("What can become of a skeleton") struct CompletionTests {
  /// All ways on, one site after the other, whatever the masks say.
  private struct Enumeration {
    let group: SpaceGroup
    let solver: SkeletonCompletion
    private var known: [[Int]: Bool] = [:]
    /// States that were met, and how many of them have a way on.
    private(set) var states = 0
    private(set) var alive = 0

    init(_ group: SpaceGroup, _ task: SkeletonTask) { (self.group, solver) = (group, SkeletonCompletion(group, task)) }

    /// The same for states that differ by nothing that counts.
    private func key(_ state: SkeletonState) -> [Int] {
      [state.left] + state.sites.map { 64 * $0.element + solver.positions.classes[$0.wyckoffPosition] }.sorted()
    }

    /// Charges by brute force: every site takes every state.
    private func isBalanced(_ state: SkeletonState) -> Bool {
      let task = solver.task
      let sites = state.sites.map { site in
        (task.elements[site.element], group.wyckoffPositions[site.wyckoffPosition].multiplicity)
      }
      func extend(_ i: Int, _ sum: Int, _ signs: [UInt8: Int]) -> Bool {
        guard i < sites.count else {
          let chi = signs.mapValues { $0 }
          let positive = chi.filter { $0.value > 0 }.compactMap { OxidationStates.of(Int($0.key))?.electronegativity }
          let negative = chi.filter { $0.value < 0 }.compactMap { OxidationStates.of(Int($0.key))?.electronegativity }
          guard positive.count + negative.count == chi.count, let least = negative.min() else { return false }
          return sum == 0 && positive.allSatisfy { $0 < least }
        }
        return OxidationStates.common(Int(sites[i].0)).contains { q in
          guard (signs[sites[i].0] ?? q.signum()) == q.signum() else { return false }
          return extend(i + 1, sum + q * sites[i].1, signs.merging([sites[i].0: q.signum()]) { $1 })
        }
      }
      return extend(0, 0, [:])
    }

    private func isComplete(_ state: SkeletonState) -> Bool {
      let task = solver.task
      guard !state.sites.isEmpty, state.sites.count <= task.mostSites, state.atoms.reduce(0, +) <= task.mostAtoms,
        task.required.allSatisfy({ state.atoms[$0] > 0 })
      else { return false }
      if !task.contents.isEmpty { return task.contents.contains(state.atoms) }
      return !task.isNeutral || isBalanced(state)
    }

    mutating func canEnd(_ state: SkeletonState, _ found: (SkeletonState, Bool, Bool) -> Void) -> Bool {
      if let known = known[key(state)] { return known }
      let complete = isComplete(state)
      var result = complete
      if state.sites.count < solver.task.mostSites {
        for element in solver.task.elements.indices {
          for position in group.wyckoffPositions.indices {
            var next = state
            guard next.place(element, position, solver.positions), next.atomCount <= solver.task.mostAtoms else { continue }
            if canEnd(next, found) { result = true }
          }
        }
      }
      known[key(state)] = result
      states += 1
      alive += result ? 1 : 0
      found(state, result, complete)
      return result
    }
  }

  private static let worlds: [(group: Int, task: SkeletonTask)] = {
    let lithiumIronOxide: [UInt8] = [3, 8, 26]
    var worlds: [(Int, SkeletonTask)] = []
    for (group, atoms) in [(1, 4), (2, 5), (12, 12), (47, 4), (62, 12), (136, 8), (166, 9), (221, 7), (225, 24), (227, 32)] {
      let plain = SkeletonTask(elements: lithiumIronOxide, mostAtoms: atoms, mostSites: 3)
      worlds.append((group, plain))
      var required = plain
      required.required = [0, 2]
      worlds.append((group, required))
      required.isNeutral = true
      worlds.append((group, required))
      var neutral = SkeletonTask(elements: [1, 11, 16], mostAtoms: atoms, mostSites: 3)
      neutral.isNeutral = true
      worlds.append((group, neutral))
      // Nothing here balances.
      neutral.elements = [11, 12]
      worlds.append((group, neutral))
      var composition = SkeletonTask(elements: [8, 22, 38], mostAtoms: 2 * atoms, mostSites: 4)
      composition.contents = (1...4).map { [3 * $0, $0, $0] }.filter { $0.reduce(0, +) <= 2 * atoms }
      worlds.append((group, composition))
    }
    return worlds.map { (group: $0.0, task: $0.1) }
  }()

  @Test("every state of small worlds has a way on exactly if the masks say so")
  func exact() {
    var (states, alive, dead) = (0, 0, 0)
    for (number, task) in Self.worlds where task.contents.isEmpty == (task.contents.count == 0) {
      let group = SpaceGroup.numbered(number)
      var solver = SkeletonCompletion(group, task)
      var enumeration = Enumeration(group, task)
      _ = enumeration.canEnd(solver.start) { state, canEnd, isComplete in
        #expect(solver.canEnd(state) == canEnd, "group \(number), \(task), \(state.sites)")
        #expect(solver.isComplete(state) == isComplete, "group \(number), \(task), \(state.sites)")
      }
      states += enumeration.states
      alive += enumeration.alive
      dead += enumeration.states - enumeration.alive
    }
    #expect(states > 5_000 && alive > 1_000 && dead > 1_000, "\(states) states, \(alive) alive, \(dead) dead")
  }

  @Test("elements of given positions have names exactly if the masks say so")
  func names() {
    let atoms = [[1], [1, 3], [2]]
    var tasks = [SkeletonTask(elements: [3, 8, 16, 26], mostAtoms: 99, mostSites: 9)]
    tasks[0].required = [1]
    var neutral = tasks[0]
    neutral.isNeutral = true
    var formula = SkeletonTask(elements: [3, 8, 26], mostAtoms: 99, mostSites: 9)
    formula.contents = [[1, 4, 2], [4, 1, 3]]
    tasks += [neutral, formula]
    for task in tasks {
      let naming = ElementNaming(task, atoms: atoms)
      func canEnd(_ names: [Int?]) -> Bool {
        guard let open = names.firstIndex(of: nil) else { return naming.canEnd(names) }
        return task.elements.indices.contains { element in
          guard !names.contains(element) else { return false }
          var next = names
          next[open] = element
          return canEnd(next)
        }
      }
      var states: [[Int?]] = [[nil, nil, nil]]
      for label in 0..<3 {
        states += states.flatMap { names in
          task.elements.indices.filter { !names.contains($0) }.map { element in
            var next = names
            next[label] = element
            return next
          }
        }
      }
      for names in states { #expect(naming.canEnd(names) == canEnd(names), "\(task), \(names)") }
    }
  }

  @Test("balance knows mixed valence, and that alloys and wrong signs have none")
  func balance() {
    func isBalanced(_ elements: [UInt8], _ sites: [(element: Int, atoms: Int)]) -> Bool {
      ChargeBalance(elements).isBalanced(sites)
    }
    #expect(isBalanced([8, 26], [(0, 32), (1, 8), (1, 16)]))  // magnetite: Fe2+ and Fe3+ on their own sites
    #expect(isBalanced([11, 17], [(0, 4), (1, 4)]))
    #expect(!isBalanced([11, 17], [(0, 4), (1, 8)]))
    #expect(!isBalanced([13, 28], [(0, 1), (1, 1)]))
    #expect(!isBalanced([8], [(0, 2)]))
    #expect(isBalanced([8, 16, 20], [(0, 4), (1, 1), (2, 1)]))  // sulphate
  }
}
