import Crystals
import Foundation
import Networks
import TestSupport
import Testing

@testable import Generators

/// Against the released code of Crystal-GFN, and against brute force.
@Suite("Crystal-GFN as published") struct PublishedCrystalGFNTests {
  /// `Tests/References/CrystalGFN/published.json`.
  private struct Reference: Decodable {
    struct Counts: Decodable {
      var source: [Int]
      var after_system, after_point_symmetry: [String: [Int]]
      var after_both: [String: Int]
    }
    struct SpaceGroups: Decodable {
      var system, point_symmetry, subset_113: [Int]
      var counts_all, counts_113: Counts
    }
    struct Move: Decodable {
      var kind: String
      var x: [Double]
      var action: [Double?]
      var log_p: Double
    }
    struct LatticeCase: Decodable {
      var dimensions, components: Int
      var min_increment: Double
      var ignored: [Bool]
      var alpha, beta, weight_logits: [[Double]]
      var eos_logit, back_to_source_logit: Double
      var alpha_raw: [Double]
      var moves: [Move]
    }
    struct Lattice: Decodable { var cases: [LatticeCase] }
    struct Step: Decodable {
      var action: String
      var valid_forward, valid_backward: Int
      var log_pf, log_pb: Double
    }
    struct Trajectory: Decodable {
      var policy_input, policy_output: Int
      var steps: [Step]
      var sum_log_pf, sum_log_pb, log_z, log_reward, loss, a_angstrom: Double
    }
    struct Pair: Decodable {
      var group: Int
      var counts: [Int]
      var compatible: Bool
    }
    struct Bits: Decodable { var bits: [String] }
    struct Compatibility: Decodable {
      var pairs: [Pair]
      var single_element_counts: Bits
    }
    struct ChargeCase: Decodable {
      var composition: [String: Int]
      var one_state, pauling: Bool
    }
    struct Charges: Decodable { var cases: [ChargeCase] }
    var space_groups: SpaceGroups
    var lattice: Lattice
    var trajectory: Trajectory
    var compatibility: Compatibility
    var electroneutrality: Charges
  }

  private static func read() throws -> Reference { try reference("CrystalGFN/published.json", as: Reference.self) }

  /// The space of the paper's experiments, without charges.
  private static func paper(_ groups: [Int]) -> (model: CrystalGFN, space: CrystalSpace) {
    var options = CrystalGFNConfiguration()
    options.form = .published
    options.space.elements = ["H", "Li", "C", "N", "O", "F", "Mg", "Si", "P", "S", "Cl", "Fe"]
    options.space.groups = groups
    options.space.electroneutrality = .none
    options.lattice.kind = .lengths
    let model = CrystalGFN(options, statistics: SmallWorld.statistics)
    return (model, model.space)
  }

  @Test("systems, point symmetries, and what is left after each choice")
  func spaceGroups() throws {
    let table = try Self.read().space_groups
    #expect((1...230).map(SpaceGroupChoice.system) == table.system)
    #expect((1...230).map(SpaceGroupChoice.symmetry) == table.point_symmetry)
    for (groups, counts) in [(Array(1...230), table.counts_all), (table.subset_113, table.counts_113)] {
      func left(_ choice: SpaceGroupChoice) -> [Int] {
        let open = groups.filter(choice.allows)
        return [
          choice.system > 0 ? 0 : Set(open.map(SpaceGroupChoice.system)).count,
          choice.symmetry > 0 ? 0 : Set(open.map(SpaceGroupChoice.symmetry)).count, open.count,
        ]
      }
      #expect(left(SpaceGroupChoice()) == counts.source)
      for (key, expected) in counts.after_system {
        var choice = SpaceGroupChoice()
        choice.system = try #require(Int(key))
        #expect(left(choice) == expected, "system \(key)")
      }
      for (key, expected) in counts.after_point_symmetry {
        var choice = SpaceGroupChoice()
        choice.symmetry = try #require(Int(key))
        #expect(left(choice) == expected, "symmetry \(key)")
      }
      for (key, expected) in counts.after_both {
        var choice = SpaceGroupChoice()
        let parts = key.split(separator: ",").compactMap { Int($0) }
        (choice.system, choice.symmetry) = (parts[0], parts[1])
        #expect(left(choice)[2] == expected, "\(key)")
      }
    }
  }

  @Test("densities of moves in the lattice")
  func latticeMoves() throws {
    for item in try Self.read().lattice.cases {
      let steps = LatticeSteps(components: item.components, leastIncrement: item.min_increment)
      var outputs = [Float](repeating: 0, count: steps.outputs)
      for d in 0..<item.dimensions {
        for k in 0..<item.components {
          let place = BetaMixture.numbers * (d * item.components + k)
          #expect(abs(BetaMixture.coefficient(item.alpha_raw[d * item.components + k]) - item.alpha[d][k]) < 1e-3)
          outputs[place] = Float(BetaMixture.raw(item.alpha[d][k]))
          outputs[place + 1] = Float(BetaMixture.raw(item.beta[d][k]))
          outputs[place + 2] = Float(item.weight_logits[d][k])
        }
      }
      outputs[steps.outputs - 2] = Float(item.eos_logit)
      outputs[steps.outputs - 1] = Float(item.back_to_source_logit)
      let free = (0..<item.dimensions).filter { !item.ignored[$0] }
      for move in item.moves {
        let x = move.x + [Double](repeating: 0, count: 6 - item.dimensions)
        let action = move.action.compactMap { $0 } + [Double](repeating: 0, count: 6 - item.dimensions)
        func moved(_ sign: Double) -> [Double] { zip(x, action).map { $0 + sign * $1 } }
        let decision: LatticeSteps.Decision =
          switch move.kind {
          case "first step from the source": steps.up(from: nil, to: action, free)
          case "increment": steps.up(from: x, to: moved(1), free)
          case "end", "forced end": steps.up(from: x, to: nil, free)
          case "eos backward": .init()
          case "decrement": steps.down(from: x, to: moved(-1), free)
          default: steps.down(from: x, to: nil, free)
          }
        // Numbers of policies are float32, and so are the raw ones of the coefficients.
        let found = steps.logProbability(decision, outputs[...])
        #expect(abs(found - move.log_p) < 2e-5 * max(1, abs(move.log_p)), "\(move.kind): \(found), not \(move.log_p)")
      }
    }
  }

  @Test("a whole trajectory, with its masks, and its loss")
  func trajectory() throws {
    let reference = try Self.read()
    let expected = reference.trajectory
    let (model, space) = Self.paper(reference.space_groups.subset_113)
    #expect(space.groups.count == 113)
    let inputs = try #require(model.layout.entries.first { $0.name == "forward.0.weight" }).shape[0]
    #expect(inputs == expected.policy_input)
    // The released policies have one number more, for setting the lattice's system, which leaves no choice.
    #expect(space.actions + 1 == expected.policy_output)
    let outputs = ([Float](repeating: 0, count: space.latticeStart) + space.steps.ignorance)[...]
    var solver = CrystalSolver()
    var trajectory = Trajectory(space)
    var (forward, backward) = (0.0, 0.0)
    func take(_ wanted: CrystalState, _ step: Reference.Step) throws {
      let actions = space.choices(trajectory.state, &solver)
      #expect(actions.count == step.valid_forward, "\(step.action): \(actions.count) ways on")
      let place = try #require(actions.firstIndex { space.applying(Int($0), to: trajectory.state) == wanted })
      let (there, back) = (trajectory.forward.count, trajectory.backward.count)
      trajectory.take(action: place, of: actions, space)
      check(step, there, back)
    }
    func check(_ step: Reference.Step, _ there: Int, _ back: Int) {
      let logF = trajectory.forward[there...].reduce(0) { $0 + $1.logProbability(outputs, space) }
      let logB = trajectory.backward[back...].reduce(0) { $0 + $1.logProbability(outputs, space) }
      #expect(abs(logF - step.log_pf) < 1e-5, "\(step.action): forward \(logF)")
      #expect(abs(logB - step.log_pb) < 1e-5, "\(step.action): backward \(logB)")
      (forward, backward) = (forward + logF, backward + logB)
    }
    let steps = expected.steps
    var wanted = space.start
    wanted.choice.system = 8
    try take(wanted, steps[0])
    wanted.choice.symmetry = 2
    try take(wanted, steps[1])
    wanted.choice.group = 225
    #expect(space.parents(wanted).count == steps[2].valid_backward)
    try take(wanted, steps[2])
    wanted.part = .composition
    try take(wanted, steps[3])
    wanted.counts[try #require(space.rules.elements.firstIndex(of: 12))] = 4
    try take(wanted, steps[4])
    wanted.counts[try #require(space.rules.elements.firstIndex(of: 8))] = 4
    #expect(space.parents(wanted).count == steps[5].valid_backward)
    try take(wanted, steps[5])
    wanted.part = .lattice
    try take(wanted, steps[6])
    let first: [Double] = [0.25, 0, 0, 0, 0, 0]
    trajectory.move(to: first, space.free(trajectory.state), space)
    check(steps[8], trajectory.forward.count - 1, trajectory.backward.count - 1)
    let second: [Double] = [0.5625, 0, 0, 0, 0, 0]
    trajectory.move(to: second, space.free(trajectory.state), space)
    check(steps[9], trajectory.forward.count - 1, trajectory.backward.count - 1)
    trajectory.move(to: nil, space.free(trajectory.state), space)
    check(steps[10], trajectory.forward.count - 1, trajectory.backward.count)
    #expect(abs(forward - expected.sum_log_pf) < 1e-4 && abs(backward - expected.sum_log_pb) < 1e-4)
    let excess = expected.log_z + forward - backward - expected.log_reward
    #expect(abs(excess * excess - expected.loss) < 1e-4)
    let blueprint = try #require(space.blueprint(trajectory.state))
    #expect(abs((blueprint.lattice?.lattice.lengths.x ?? 0) - expected.a_angstrom) < 1e-6)
    #expect(blueprint.composition?.formula.counts == [4, 4] && blueprint.spaceGroup == 225)
  }

  @Test("which numbers of atoms a group holds")
  func occupancy() throws {
    let reference = try Self.read().compatibility
    #expect(reference.pairs.count == 40)
    for pair in reference.pairs {
      var occupancy = Occupancy(SpaceGroup.numbered(pair.group), mostAtoms: 50)
      var set: Int? = Occupancy.start
      for n in pair.counts { set = set.flatMap { occupancy.placing(n, after: $0) } }
      #expect((set != nil) == pair.compatible, "\(pair.group) \(pair.counts)")
    }
    for group in 1...230 {
      let bits = try #require(UInt64(reference.single_element_counts.bits[group - 1].dropFirst(2), radix: 16))
      var occupancy = Occupancy(SpaceGroup.numbered(group), mostAtoms: 50)
      for n in 1...50 {
        #expect((occupancy.placing(n, after: Occupancy.start) != nil) == (bits >> UInt64(n - 1) & 1 == 1), "\(group): \(n)")
      }
    }
  }

  @Test("which compositions are neutral")
  func neutrality() throws {
    for item in try Self.read().electroneutrality.cases {
      let elements = item.composition.keys.compactMap { UInt8($0) }.sorted()
      let counts = elements.map { item.composition[String($0)] ?? 0 }
      let composition = Array(zip(elements.indices, counts)).map { (element: $0, atoms: $1) }
      for (rule, expected) in [(Electroneutrality.oneState, item.one_state), (.pauling, item.pauling)] {
        let tables = ChargeTables(elements, rule, mostAtoms: 20, exemptsAlloys: false)
        #expect(tables.isNeutral(composition) == expected, "\(item.composition) by \(rule.rawValue)")
      }
    }
    func isNeutral(_ elements: [UInt8], _ counts: [Int], _ rule: Electroneutrality, alloys: Bool = false) -> Bool {
      ChargeTables(elements, rule, mostAtoms: 20, exemptsAlloys: alloys)
        .isNeutral(Array(zip(elements.indices, counts)).map { (element: $0, atoms: $1) })
    }
    // Magnetite; an alloy.
    #expect(!isNeutral([8, 26], [4, 3], .pauling) && isNeutral([8, 26], [4, 3], .mixedValence))
    #expect(!isNeutral([3, 12], [1, 1], .pauling) && isNeutral([3, 12], [1, 1], .pauling, alloys: true))
    #expect(isNeutral([3, 12], [1, 1], .none))
  }

  /// Rules of every kind, each with groups that are narrow in their own way.
  @Test(
    "what can be ended is what brute force can end", arguments: [Electroneutrality.none, .oneState, .pauling, .mixedValence])
  func completion(rule: Electroneutrality) throws {
    for (elements, required, least, alloys) in [
      ([1, 3, 8, 12, 26] as [UInt8], Set<Int>(), 1, false), ([3, 9, 12, 17], [1], 2, true), ([3, 11, 12], [], 2, false),
      ([7, 8, 9, 15], [0], 3, false),
    ] {
      var rules = CompositionRules(
        elements: elements,
        charges: ChargeTables(elements, rule, mostAtoms: 6, exemptsAlloys: alloys, apart: required))
      (rules.required, rules.elementCount, rules.atomCount, rules.mostOfElement) = (required, least...3, 3...11, 6)
      for group in [1, 62, 139, 194, 221, 216] {
        var completion = CompositionCompletion(SpaceGroup.numbered(group), rules)
        let solver = CompositionCompatibility(SpaceGroup.numbered(group))
        /// All compositions there are, of so many atoms of each element.
        var all: [[UInt8]] = [[]]
        for _ in elements { all = all.flatMap { head in (0...6).map { head + [UInt8($0)] } } }
        let complete = all.filter { counts in
          let present = counts.indices.filter { counts[$0] > 0 }
          return rules.elementCount.contains(present.count) && rules.atomCount.contains(counts.reduce(0) { $0 + Int($1) })
            && required.isSubset(of: present)
            && rules.charges.isNeutral(present.map { (element: $0, atoms: Int(counts[$0])) })
            && solver.isCompatible(present.map { Int(counts[$0]) })
        }
        var reachable: Set<[UInt8]> = []
        for counts in complete {
          let present = counts.indices.filter { counts[$0] > 0 }
          for subset in 0..<(1 << present.count) {
            var part = counts
            for (bit, element) in present.enumerated() where subset >> bit & 1 == 0 { part[element] = 0 }
            reachable.insert(part)
          }
        }
        for counts in all where counts.count(where: { $0 > 0 }) <= 3 {
          let state = completion.state(counts)
          let can = state.map { completion.canEnd($0) } ?? false
          #expect(can == reachable.contains(counts), "\(group) \(counts) of \(elements) by \(rule.rawValue)")
          for (element, atoms) in elements.indices.flatMap({ e in (1...6).map { (e, $0) } }) where counts[element] == 0 {
            guard let state else { break }
            var next = counts
            next[element] = UInt8(atoms)
            let can = completion.canEnd(state, adding: atoms, of: element)
            #expect(can == reachable.contains(next), "\(group) \(next) of \(elements) by \(rule.rawValue)")
          }
          if let state { #expect(completion.isComplete(state) == complete.contains(counts), "\(group) \(counts)") }
        }
      }
    }
  }
}
