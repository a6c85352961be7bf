public import Crystals
import Foundation
public import Networks
public import Tensors

/// Crystal-GFN: space groups, compositions and lattices in proportion to a reward (Mila AI4Science et al. 2023), by trajectory balance
/// (Malkin et al. 2022).
///
///     L = (ln Z + sum ln P_F - sum ln P_B - ln R)^2
///
/// The masks are exact (`CompositionCompletion`): every trajectory ends in a crystal that is neutral and possible in its group.
public struct CrystalGFN: BlueprintModel {
  /// The method's name in YAML and model files.
  public static let name = "crystal-gfn"
  /// Raised when a model file of before is no longer read.
  public static let version = 1
  /// Of a trajectory: the square that is lowered, ln of its reward, ln of the sum of all rewards.
  public static let terms = ["trajectory balance", "log reward", "log Z"]
  /// How well trajectories balance says little of how well they are: the last parameters are the best.
  public static let keepsBest = false

  /// Compositions alone.
  public static let saysSites = false

  /// What crystals may be and are worth, sizes and schedule.
  public let options: CrystalGFNConfiguration
  /// Of the training set.
  public let statistics: DatasetStatistics
  let space: CrystalSpace
  let policy: CrystalPolicy
  private var reward: CrystalReward?

  /// A method with policies of random parameters yet to be drawn.
  public init(_ options: CrystalGFNConfiguration, statistics: DatasetStatistics) {
    (self.options, self.statistics) = (options, statistics)
    space = CrystalSpace(options, statistics, chemistry: Chemistry(), among: [])
    policy = CrystalPolicy(options, space)
  }

  /// Draws crystals.
  public func proposer(_ parameters: Parameters, among: [Int]) -> any Proposer {
    CrystalProposer(self, parameters, among: among)
  }
}

extension CrystalGFN {
  /// A trajectory to draw.
  public struct Example: Sendable {}

  /// Tapes, and what is known of compositions; one a thread.
  public struct Workspace: Sendable {
    var forward = Tape()
    var backward = Tape()
    var sampler = Tape(isRecording: false)
    var solver = CrystalSolver()
  }

  /// Names, shapes and places of the policies' parameters.
  public var layout: ParameterLayout { policy.layout }

  /// The square alone.
  public var weights: [Double] { [1, 0, 0] }

  /// So many trajectories; the data say which elements and groups there are.
  ///
  /// - Throws: `Rejection`: `no_crystal` where nothing can be as asked.
  public func examples(_ data: TrainingData, isTraining: Bool, threads: Int) throws(Rejection) -> [Example] {
    try check()
    return [Example](repeating: Example(), count: isTraining ? options.trajectories.epoch : 256)
  }

  /// Groups and elements that the training set has not.
  public var warnings: [String] {
    let groups = space.groups.filter { statistics.spaceGroups[$0] == 0 }.map(String.init)
    let elements = space.rules.elements.filter { statistics.elements[Int($0)] == 0 }.map { Element.symbol(Int($0)) }
    return [("space group", groups), ("", elements)].filter { !$1.isEmpty }.map { kind, names in
      "no crystal of the training set has \(kind)\(kind.isEmpty ? "" : " ")\(names.joined(separator: ", ")): what a predictor says of them is a "
        + "guess."
    }
  }

  private func check() throws(Rejection) {
    guard !space.groups.isEmpty else {
      throw Rejection(
        "no_crystal",
        "no composition in any group has the elements, sizes and charges that 'space' asks for; allow more elements, or another "
          + "electroneutrality")
    }
  }

  /// The same with a reward that has been tried.
  ///
  /// - Throws: `Rejection`: `no_predictor`; `no_reward` where nothing that is drawn is worth anything; `no_crystal`.
  public func asking(_ predictors: [BlueprintPredictor]) throws(Rejection) -> Self {
    try check()
    var other = self
    let reward = try CrystalReward(try Reward(options.reward), predictors, least: options.trajectories.leastReward)
    other.reward = reward
    var workspace = makeWorkspace()
    let randoms = (0..<64).map { RandomStream(seed: 0, purpose: "reward", index: UInt64($0)) }
    let parameters = Parameters(layout.initialParameters(seed: 0))
    let drawn = trajectories(randoms, parameters, random: 1, &workspace)
    let values = reward.values(drawn.map { space.blueprint($0.state) })
    guard values.contains(where: { $0.isFinite && $0 > 0 }) else {
      throw Rejection(
        "no_reward",
        "'\(options.reward)' is no positive number for any of \(randoms.count) random crystals: nothing can be learnt")
    }
    return other
  }

  /// A trajectory.
  public func cost(_ example: Example) -> Int { 1 }

  /// Nothing known yet.
  public func makeWorkspace() -> Workspace { Workspace() }

  /// Draws trajectories, a tenth of their steps by who knows nothing where they are to be learnt from, and balances them.
  public func losses(
    _ examples: [Example], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters,
    _ workspace: inout Workspace, gradient: inout [Float]
  ) -> LossTerms {
    let random = gradient.isEmpty ? 0 : options.trajectories.random
    let drawn = trajectories(randoms, parameters, random: random, &workspace)
    let rewards = reward?.logRewards(drawn.map { space.blueprint($0.state) }) ?? drawn.map { _ in 0 }
    return balance(drawn, logRewards: rewards, share, parameters, &workspace, gradient: &gradient)
  }

  /// The squares of trajectories, and their gradient.
  func balance(
    _ drawn: [Trajectory], logRewards: [Double], _ share: BatchShare, _ parameters: Parameters, _ workspace: inout Workspace,
    gradient: inout [Float]
  ) -> LossTerms {
    let forward = PolicyPass(drawn.map(\.forward), .forward, self, parameters, &workspace.forward)
    let backward = PolicyPass(drawn.map(\.backward), .backward, self, parameters, &workspace.backward)
    let logZ = policy.logZ(parameters)
    let scale = 1 / Double(share.examples)
    var losses = LossTerms.none(Self.terms.count)
    var slopes: [Double] = []
    for i in drawn.indices {
      let excess = logZ + forward.logProbabilities[i] - backward.logProbabilities[i] - logRewards[i]
      losses.values[0] += scale * excess * excess
      losses.values[1] += scale * logRewards[i]
      losses.values[2] += scale * logZ
      slopes.append(2 * scale * excess)
    }
    losses.objective = losses.values[0]
    guard !gradient.isEmpty else { return losses }
    forward.backward(slopes, space, &workspace.forward, into: &gradient)
    backward.backward(slopes.map { -$0 }, space, &workspace.backward, into: &gradient)
    policy.addLogZGradient(slopes.reduce(0, +), into: &gradient)
    return losses
  }

  /// Draws a trajectory for each stream, all a step at a time.
  ///
  /// - Parameter random: share of the steps that are drawn by who knows nothing.
  func trajectories(
    _ randoms: [RandomStream], _ parameters: Parameters, random: Double, _ workspace: inout Workspace,
    in space: CrystalSpace? = nil
  ) -> [Trajectory] {
    let space = space ?? self.space
    var randoms = randoms
    var drawn = randoms.map { _ in Trajectory(space) }
    let ignorance = [Float](repeating: 0, count: space.latticeStart) + space.steps.ignorance
    while true {
      var open: [(index: Int, next: Trajectory.Next)] = []
      for i in drawn.indices {
        if let next = drawn[i].advance(space, &workspace.solver) { open.append((i, next)) }
      }
      guard !open.isEmpty else { return drawn }
      workspace.sampler.start(parameters)
      let value = policy.outputs(.forward, open.map { drawn[$0.index].state }, space, &workspace.sampler)
      let outputs = workspace.sampler[value]
      for (row, (i, next)) in open.enumerated() {
        let isRandom = random > 0 && randoms[i].uniform() < random
        let own = isRandom ? ignorance[...] : outputs.values[row * outputs.columns..<(row + 1) * outputs.columns]
        drawn[i].step(next, own, space, temperature: options.sampling.temperature, &randoms[i])
      }
    }
  }
}

/// What a policy says of all decisions of some trajectories at once.
private struct PolicyPass {
  private let decisions: [[PolicyDecision]]
  private let outputs: Tape.Value?
  /// (trajectories) sums over the decisions of each.
  let logProbabilities: [Double]

  init(
    _ decisions: [[PolicyDecision]], _ direction: CrystalPolicy.Direction, _ model: CrystalGFN, _ parameters: Parameters,
    _ tape: inout Tape
  ) {
    self.decisions = decisions
    let states = decisions.joined().map(\.state)
    guard !states.isEmpty else {
      (outputs, logProbabilities) = (nil, decisions.map { _ in 0 })
      return
    }
    tape.start(parameters)
    let value = model.policy.outputs(direction, states, model.space, &tape)
    let rows = tape[value]
    var row = -1
    logProbabilities = decisions.map { own in
      own.reduce(0) { sum, decision in
        row += 1
        return sum + decision.logProbability(rows.values[row * rows.columns..<(row + 1) * rows.columns], model.space)
      }
    }
    outputs = value
  }

  /// - Parameter slopes: (trajectories) of what is lowered by the sums.
  func backward(_ slopes: [Double], _ space: CrystalSpace, _ tape: inout Tape, into gradient: inout [Float]) {
    guard let outputs else { return }
    var seed = tape.zeros(like: outputs)
    let rows = tape[outputs]
    var row = 0
    for (own, slope) in zip(decisions, slopes) {
      for decision in own {
        let values = rows.values[row * rows.columns..<(row + 1) * rows.columns]
        decision.addGradient(values, space, factor: slope, into: &seed, row: row)
        row += 1
      }
    }
    tape.seed(outputs, seed)
    tape.backward(into: &gradient)
  }
}

extension CrystalSpace {
  /// As options have it.
  ///
  /// - Parameters:
  ///   - chemistry: what of the elements is asked for beyond the options.
  ///   - among: groups to choose from; all where empty.
  init(_ options: CrystalGFNConfiguration, _ statistics: DatasetStatistics, chemistry: Chemistry, among: [Int]) {
    let asked = options.space
    let named = asked.elements.compactMap { Element.atomicNumber($0) }
    let all = named.isEmpty ? (1...BeliefBatch.elementClasses).filter { statistics.elements[$0] > 0 } : named.sorted()
    let elements = all.map { UInt8($0) }
    let groups = asked.groups.isEmpty ? (1...230).filter { statistics.spaceGroups[$0] > 0 } : Set(asked.groups).sorted()
    let symbols = asked.required.compactMap { Element.atomicNumber($0) }.map { UInt8($0) }
    let required = Set(Set(symbols).union(chemistry.requiredElements).compactMap { elements.firstIndex(of: $0) })
    let rule = chemistry.isNeutral && asked.electroneutrality == .none ? .pauling : asked.electroneutrality
    var rules = CompositionRules(
      elements: elements,
      charges: ChargeTables(
        elements, rule, mostAtoms: asked.mostOfElement, exemptsAlloys: asked.alloys, apart: required,
        excluded: Set(elements.indices.filter { !chemistry.allows(element: elements[$0]) })))
    rules.required = required
    rules.elementCount = asked.leastElements...asked.mostElements
    rules.atomCount = asked.leastAtoms...min(asked.mostAtoms, max(asked.leastAtoms, chemistry.mostAtoms ?? .max))
    rules.mostOfElement = asked.mostOfElement
    let limits: [ClosedRange<Double>]
    switch options.lattice.kind {
    case .lengths:
      let (lengths, angles) = (options.lattice.lengths, options.lattice.angles)
      limits = (0..<6).map { $0 < 3 ? lengths[0]...lengths[1] : angles[0]...angles[1] }
    case .shape:
      limits = (0..<6).map { c in
        if c == 5 { return log(options.lattice.volume[0])...log(options.lattice.volume[1]) }
        let (mean, width) = (
          statistics.latticeMoments[2 * c], options.lattice.deviations * statistics.latticeMoments[2 * c + 1]
        )
        return mean - width...mean + width
      }
    }
    self.init(
      allGroups: groups, among: among.isEmpty ? groups : among, rules, LatticeBox(kind: options.lattice.kind, limits: limits),
      LatticeSteps(components: options.lattice.components, leastIncrement: options.lattice.leastIncrement))
  }
}
