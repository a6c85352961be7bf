import Crystals
import Foundation
import Networks
import Tensors

@testable import Generators

/// A world that can be counted: two cubic groups, three elements, a handful of atoms, and a worth that anybody can look up.
struct SmallWorld {
  var options = CrystalGFNConfiguration()
  let model: CrystalGFN

  init(_ change: (inout CrystalGFNConfiguration) -> Void = { _ in }) throws {
    options.reward = "worth"
    options.space.elements = ["Li", "Mg", "F"]
    options.space.groups = [221, 225]
    options.space.leastElements = 2
    options.space.mostElements = 3
    options.space.mostAtoms = 10
    options.space.mostOfElement = 6
    options.network = .init(hidden: 64, layers: 2)
    options.trajectories.logZ = 0
    options.trajectories.logZRate = 20
    options.lattice.components = 5
    change(&options)
    let box = CrystalSpace(options, Self.statistics, chemistry: Chemistry(), among: []).box
    let predictor = BlueprintPredictor(columns: ["worth"]) { $0.map { [Self.worth($0, box)] } }
    model = try CrystalGFN(options, statistics: Self.statistics).asking([predictor])
  }

  /// Of a training set that has every group and element.
  static let statistics: DatasetStatistics = {
    var statistics = DatasetStatistics([])
    statistics.spaceGroups = [0] + [Int64](repeating: 1, count: 230)
    statistics.elements = [0] + [Int64](repeating: 1, count: Element.last)
    return statistics
  }()

  /// Between 0.2 and 1.8 by group and composition, whose mean over the lattice it is.
  static func worth(group: Int, _ formula: Formula) -> Double {
    let number = zip(formula.elements, formula.counts).reduce(group) { 31 * $0 + 7 * Int($1.0) + 13 * $1.1 }
    return 0.2 + 1.6 * Double(number % 17) / 16
  }

  private static func worth(_ blueprint: Blueprint, _ box: LatticeBox) -> Double {
    guard let group = blueprint.spaceGroup, let formula = blueprint.composition?.formula, let lattice = blueprint.lattice else {
      return .nan
    }
    let x = box.point(lattice, group: group, atoms: formula.atomCount)[box.free(group)[0]]
    return worth(group: group, formula) * (1 + 0.8 * sin(2 * .pi * x))
  }

  /// Every group with every composition that may be, and its worth.
  func crystals() -> [(state: CrystalState, worth: Double)] {
    var solver = CrystalSolver()
    var found: [(CrystalState, Double)] = []
    for group in model.space.groups {
      var state = model.space.start
      (state.part, state.choice) = (.composition, SpaceGroupChoice(group: group))
      var (open, seen) = ([state], Set([state.counts]))
      while let state = open.popLast() {
        for action in model.space.choices(state, &solver) {
          let next = model.space.applying(Int(action), to: state)
          if next.part == .lattice {
            let present = next.counts.indices.filter { next.counts[$0] > 0 }
            let formula = Formula(
              elements: present.map { model.space.rules.elements[$0] }, counts: present.map { Int(next.counts[$0]) })
            found.append((next, Self.worth(group: group, formula)))
          } else if seen.insert(next.counts).inserted {
            open.append(next)
          }
        }
      }
    }
    return found
  }

  /// The chance of every state that the lattice begins with, by all ways that lead there.
  func chances(_ parameters: Parameters) -> [String: Double] {
    var workspace = model.makeWorkspace()
    var level: [String: (state: CrystalState, chance: Double)] = ["": (model.space.start, 1)]
    var ended: [String: Double] = [:]
    while !level.isEmpty {
      var next: [String: (state: CrystalState, chance: Double)] = [:]
      for (state, chance) in level.values {
        guard state.part != .lattice else {
          ended[Self.name(state), default: 0] += chance
          continue
        }
        let actions = model.space.choices(state, &workspace.solver)
        workspace.sampler.start(parameters)
        let value = model.policy.outputs(.forward, [state], model.space, &workspace.sampler)
        let outputs = workspace.sampler[value].values
        for place in actions.indices {
          let decision = PolicyDecision(state: state, kind: .choice(actions, chosen: place))
          let after = model.space.applying(Int(actions[place]), to: state)
          let own = chance * exp(decision.logProbability(outputs[...], model.space))
          next[Self.name(after), default: (after, 0)].chance += own
        }
      }
      level = next
    }
    return ended
  }

  /// Tells states apart.
  static func name(_ state: CrystalState) -> String {
    "\(state.part) \(state.choice.system) \(state.choice.symmetry) \(state.choice.group) \(state.counts)"
  }
}
