import Foundation
import Tensors

/// A step of a trajectory that a policy had to decide: the state it saw, and what came of it.
struct PolicyDecision: Sendable {
  let state: CrystalState
  let kind: Kind

  enum Kind: Sendable {
    /// The place of what was chosen among the actions that there were.
    case choice([Int32], chosen: Int)
    case lattice(LatticeSteps.Decision)
  }

  /// ln of its probability, a density in the lattice.
  ///
  /// - Parameter outputs: (actions) of the policy.
  func logProbability(_ outputs: ArraySlice<Float>, _ space: CrystalSpace) -> Double {
    switch kind {
    case .choice(let actions, let chosen):
      let logits = actions.map { Double(outputs[outputs.startIndex + Int($0)]) }
      let most = logits.max() ?? 0
      return logits[chosen] - most - log(logits.reduce(0) { $0 + exp($1 - most) })
    case .lattice(let decision):
      return space.steps.logProbability(decision, outputs[(outputs.startIndex + space.latticeStart)...])
    }
  }

  /// Adds the gradient of `logProbability`, times a factor.
  func addGradient(_ outputs: ArraySlice<Float>, _ space: CrystalSpace, factor: Double, into gradient: inout Matrix, row: Int) {
    switch kind {
    case .choice(let actions, let chosen):
      let logits = actions.map { Double(outputs[outputs.startIndex + Int($0)]) }
      let most = logits.max() ?? 0
      let shares = logits.map { exp($0 - most) }
      let whole = shares.reduce(0, +)
      for (place, action) in actions.enumerated() {
        gradient[row, Int(action)] += Float(factor * ((place == chosen ? 1 : 0) - shares[place] / whole))
      }
    case .lattice(let decision):
      space.steps.addGradient(
        decision, outputs[(outputs.startIndex + space.latticeStart)...], factor: factor, into: &gradient, row: row,
        start: space.latticeStart)
    }
  }
}

/// A whole way from nothing to a crystal: what was decided on the way there, and what would have to be on the way back.
struct Trajectory: Sendable {
  private(set) var state: CrystalState
  private(set) var forward: [PolicyDecision] = []
  private(set) var backward: [PolicyDecision] = []

  /// Nothing said yet.
  init(_ space: CrystalSpace) { state = space.start }

  /// Takes all steps that leave no choice; returns what the next may be, nil at the end.
  mutating func advance(_ space: CrystalSpace, _ solver: inout CrystalSolver) -> Next? {
    while true {
      switch state.part {
      case .group, .composition:
        let actions = space.choices(state, &solver)
        precondition(!actions.isEmpty, "masks are exact")
        if actions.count > 1 { return .choice(actions) }
        take(action: 0, of: actions, space)
      case .lattice:
        let free = space.free(state)
        if let point = state.point, space.steps.mustEnd(point, free) {
          state.part = .done
        } else {
          return .lattice(free)
        }
      case .done: return nil
      }
    }
  }

  enum Next: Sendable {
    case choice([Int32])
    case lattice([Int])
  }

  /// Draws the next step.
  ///
  /// - Parameter outputs: (actions) of the policy.
  mutating func step(
    _ next: Next, _ outputs: ArraySlice<Float>, _ space: CrystalSpace, temperature: Float = 1, _ random: inout RandomStream
  ) {
    switch next {
    case .choice(let actions):
      let logits = actions.map { outputs[outputs.startIndex + Int($0)] }
      take(action: random.index(logits: logits, temperature: temperature), of: actions, space)
    case .lattice(let free):
      let slice = outputs[(outputs.startIndex + space.latticeStart)...]
      move(to: space.steps.drawUp(from: state.point, free, slice, &random), free, space)
    }
  }

  /// Takes an action of the group or the composition.
  mutating func take(action place: Int, of actions: [Int32], _ space: CrystalSpace) {
    if actions.count > 1 { forward.append(PolicyDecision(state: state, kind: .choice(actions, chosen: place))) }
    let part = state.part
    state = space.applying(Int(actions[place]), to: state)
    // Back from the end of a part there is one way.
    guard state.part == part else { return }
    let parents = space.parents(state)
    if parents.count > 1, let chosen = parents.firstIndex(of: actions[place]) {
      backward.append(PolicyDecision(state: state, kind: .choice(parents, chosen: chosen)))
    }
  }

  /// Moves in the lattice's box; nil ends there.
  mutating func move(to next: [Double]?, _ free: [Int], _ space: CrystalSpace) {
    let decision = space.steps.up(from: state.point, to: next, free)
    forward.append(PolicyDecision(state: state, kind: .lattice(decision)))
    guard let next else {
      state.part = .done
      return
    }
    let before = state.point
    state.point = next
    let back = space.steps.down(from: next, to: before, free)
    if back.end != nil { backward.append(PolicyDecision(state: state, kind: .lattice(back))) }
  }
}
