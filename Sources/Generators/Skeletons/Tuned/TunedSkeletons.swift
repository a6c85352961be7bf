public import Crystals
import Foundation
public import Networks
public import Tensors

/// A model of skeletons that is tuned to a reward: it draws a skeleton in proportion to what the model was that drew it before, times what it
/// is worth, by relative trajectory balance (Venkatraman et al. 2024).
///
///     L = (ln Z + ln P(tau) - a ln P_prior(tau) - ln R)^2        a = trajectories.prior_power
///
/// A trajectory is a space group and its sites in the order in which they are drawn, and the same for both models, so that nothing has to be
/// said of the ways back. The prior's parameters stand in the model file and do not move.
public struct TunedSkeletons: BlueprintModel {
  /// The method's name in YAML and model files.
  public static let name = "tuned-skeletons"
  /// Raised when a model file of before is no longer read.
  public static let version = 1
  /// Of a skeleton: the square that is lowered, ln of its reward, nats by which it is likelier than it was.
  public static let terms = ["trajectory balance", "log reward", "likelier"]
  /// How well trajectories balance says little of how well they are.
  public static let keepsBest = false

  /// What skeletons are worth, and the schedule.
  public let options: TunedSkeletonConfiguration
  /// Of the training set.
  public let statistics: DatasetStatistics
  let skeletons: Skeletons
  /// Names, shapes and places of the network's parameters, of those of the prior, and of ln Z.
  public let layout: ParameterLayout
  private let logZ: Range<Int>
  private let limits: SkeletonLimits
  private var reward: CrystalReward?

  /// A method with a network of random parameters yet to be drawn.
  public init(_ options: TunedSkeletonConfiguration, statistics: DatasetStatistics) {
    (self.options, self.statistics, limits) = (options, statistics, SkeletonLimits(statistics))
    skeletons = Skeletons(options.skeletons, statistics: statistics)
    var layout = skeletons.layout
    for entry in skeletons.layout.entries {
      _ = layout.add(Self.prior(entry.name), shape: entry.shape, bound: entry.bound, rate: 0)
    }
    logZ = layout.add("log_z", shape: [1], bound: 0, rate: options.trajectories.logZRate)
    self.layout = layout
  }

  private static func prior(_ name: String) -> String { "prior.\(name)" }

  /// The same with those who say what its reward asks for.
  ///
  /// - Throws: `Rejection` with code `no_predictor`.
  public func asking(_ predictors: [BlueprintPredictor]) throws(Rejection) -> Self {
    var other = self
    other.reward = try CrystalReward(try Reward(options.reward), predictors, least: options.trajectories.leastReward)
    return other
  }

  /// Draws skeletons.
  public func proposer(_ parameters: Parameters, among: [Int]) -> any Proposer {
    SkeletonProposer(skeletons, own(parameters), among: among, saysGroups: true)
  }

  /// The parameters of the network as tuned.
  private func own(_ parameters: Parameters) -> Parameters { Parameters(Array(parameters.values[0..<skeletons.layout.count])) }

  /// The parameters of the network as it was.
  private func prior(_ parameters: Parameters) -> Parameters {
    Parameters(Array(parameters.values[skeletons.layout.count..<2 * skeletons.layout.count]))
  }
}

extension TunedSkeletons {
  /// A skeleton to draw.
  public struct Example: Sendable {}

  /// Tapes, the prior, and what is known of skeletons that can be ended; one a thread.
  public struct Workspace: Sendable {
    var tape = Tape()
    var sampler = Tape(isRecording: false)
    var solvers: [Int: SkeletonCompletion] = [:]
    fileprivate var prior: (parameters: Parameters, tables: SkeletonNetwork.Tables)?
  }

  /// Models of skeletons that are told nothing of properties.
  public typealias Beginning = Skeletons

  /// With the same network.
  public func canBegin(with other: SkeletonConfiguration) -> Bool {
    options.network == other.network && other.conditioning.properties.isEmpty
  }

  /// To be tuned, and to be remembered.
  public func beginnings(_ name: String) -> [String] { [name, Self.prior(name)] }

  /// The square alone.
  public var weights: [Double] { [1, 0, 0] }

  /// So many skeletons; the data say which elements and groups there are.
  ///
  /// - Throws: nothing.
  public func examples(_ data: TrainingData, isTraining: Bool, threads: Int) throws(Rejection) -> [Example] {
    [Example](repeating: Example(), count: isTraining ? options.trajectories.epoch : 256)
  }

  /// A skeleton.
  public func cost(_ example: Example) -> Int { 1 }

  /// Nothing known yet.
  public func makeWorkspace() -> Workspace { Workspace() }

  /// Draws skeletons, some of them as the prior does where they are to be learnt from, and balances them.
  public func losses(
    _ examples: [Example], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters,
    _ workspace: inout Workspace, gradient: inout [Float]
  ) -> LossTerms {
    let share = 1 / Double(share.examples)
    let prior = takePrior(parameters, &workspace)
    var (own, before): ([RandomStream], [RandomStream]) = ([], [])
    for random in randoms {
      var random = random
      if !gradient.isEmpty, random.uniform() < Double(options.trajectories.prior) {
        before.append(random)
      } else {
        own.append(random)
      }
    }
    let drawn =
      draw(own, parameters, skeletons.network.tables(parameters), &workspace)
      + draw(before, prior.parameters, prior.tables, &workspace)
    return balance(drawn, share, parameters, &workspace, gradient: &gradient)
  }

  /// The squares of skeletons that were drawn, and their gradient.
  ///
  /// - Parameter share: what each counts.
  func balance(
    _ drawn: [SkeletonTrajectory], _ share: Double, _ parameters: Parameters, _ workspace: inout Workspace,
    gradient: inout [Float]
  ) -> LossTerms {
    let prior = takePrior(parameters, &workspace)
    let rewards =
      reward?.logRewards(drawn.map { Blueprint(spaceGroup: $0.group, sites: $0.sites) }) ?? drawn.map { _ in 0 }
    let was = SkeletonPass(drawn, skeletons.network, prior.parameters, tables: prior.tables, &workspace.sampler)
    let now = SkeletonPass(drawn, skeletons.network, parameters, tables: nil, &workspace.tape)
    var losses = LossTerms.none(Self.terms.count)
    var slopes: [Double] = []
    for i in drawn.indices {
      let likelier = now.logProbabilities[i] - was.logProbabilities[i]
      let target = (options.trajectories.priorPower - 1) * was.logProbabilities[i] + rewards[i]
      let excess = Double(parameters.values[logZ.lowerBound]) + likelier - target
      losses.values[0] += share * excess * excess
      losses.values[1] += share * rewards[i]
      losses.values[2] += share * likelier
      slopes.append(2 * share * excess)
    }
    losses.objective = losses.values[0]
    guard !gradient.isEmpty else { return losses }
    now.backward(slopes, &workspace.tape, into: &gradient)
    gradient[logZ.lowerBound] += Float(slopes.reduce(0, +))
    return losses
  }

  /// The prior does not change while a run lasts.
  private func takePrior(
    _ parameters: Parameters, _ workspace: inout Workspace
  ) -> (parameters: Parameters, tables: SkeletonNetwork.Tables) {
    if let known = workspace.prior { return known }
    let prior = prior(parameters)
    let known = (prior, skeletons.network.tables(prior))
    workspace.prior = known
    return known
  }

  /// Draws skeletons, all a site at a time; what cannot be ended within the training set's limits is masked.
  func draw(
    _ randoms: [RandomStream], _ parameters: Parameters, _ tables: SkeletonNetwork.Tables, _ workspace: inout Workspace
  ) -> [SkeletonTrajectory] {
    guard !randoms.isEmpty else { return [] }
    var randoms = randoms
    let groups = SkeletonPass.groups(skeletons.network, parameters, tables, &workspace.sampler)
    let weights = (0...230).map { statistics.spaceGroups[$0] > 0 ? exp(groups[$0] - (groups.max() ?? 0)) : 0 }
    var drawn: [SkeletonTrajectory] = []
    var states: [SkeletonState] = []
    for i in randoms.indices {
      let group = randoms[i].index(weights: weights.span)
      drawn.append(SkeletonTrajectory(group: group, sites: []))
      states.append(solver(group, &workspace).start)
    }
    var open = Array(randoms.indices)
    while !open.isEmpty {
      let batch = SkeletonBatch(open.map { drawn[$0].entry(drawn[$0].sites.count) })
      let trunk = skeletons.network.trunk(batch, parameters, tables: tables, &workspace.sampler)
      let elementValue = skeletons.network.elements(trunk, &workspace.sampler)
      let scores = workspace.sampler[elementValue]
      // Of every skeleton its next element and the positions it may take; none at its end.
      var next: [(element: Int, allowed: [Int])] = []
      for (row, i) in open.enumerated() {
        var solver = solver(drawn[i].group, &workspace)
        next.append(
          nextElement(Array(scores.values[row * scores.columns..<(row + 1) * scores.columns]), states[i], &solver, &randoms[i]))
        workspace.solvers[drawn[i].group] = solver
      }
      let elements = next.map { $0.allowed.isEmpty ? 0 : Int(limits.elements[$0.element]) }
      let positionValue = skeletons.network.positions(trunk, batch, elements: elements, &workspace.sampler)
      let positions = workspace.sampler[positionValue]
      for (row, i) in open.enumerated() where !next[row].allowed.isEmpty {
        let (element, allowed) = next[row]
        let position = allowed[randoms[i].index(logits: allowed.map { positions[row, $0] })]
        let solver = solver(drawn[i].group, &workspace)
        guard states[i].place(element, position, solver.positions) else { preconditionFailure("masks are exact") }
        drawn[i].sites.append((limits.elements[element], position))
      }
      open = zip(open, next).filter { !$1.allowed.isEmpty }.map(\.0)
    }
    return drawn
  }

  /// - Parameter logits: of the end, then of elements by atomic number.
  private func nextElement(
    _ logits: [Float], _ state: SkeletonState, _ solver: inout SkeletonCompletion, _ random: inout RandomStream
  ) -> (element: Int, allowed: [Int]) {
    var candidates = [-1] + Array(solver.task.elements.indices)
    while !candidates.isEmpty {
      let place = random.index(logits: candidates.map { logits[$0 < 0 ? 0 : Int(solver.task.elements[$0])] })
      let element = candidates[place]
      if element < 0 {
        if solver.isComplete(state) { return (-1, []) }
      } else {
        let allowed = solver.positions(for: element, after: state)
        if !allowed.isEmpty { return (element, allowed) }
      }
      candidates.remove(at: place)
    }
    preconditionFailure("a skeleton that was begun can be ended")
  }

  private func solver(_ group: Int, _ workspace: inout Workspace) -> SkeletonCompletion {
    if let known = workspace.solvers[group] { return known }
    let own = SpaceGroup.numbered(group)
    let task = SkeletonTask(
      elements: limits.elements, mostAtoms: limits.mostAtoms * own.centrings, mostSites: limits.mostSites)
    let solver = SkeletonCompletion(own, task)
    workspace.solvers[group] = solver
    return solver
  }
}

/// A skeleton in the order in which its sites were drawn.
struct SkeletonTrajectory: Sendable {
  let group: Int
  var sites: [(element: UInt8, wyckoffPosition: Int)]

  /// Its first so many sites.
  func entry(_ count: Int) -> SkeletonBatch.Entry {
    .init(
      spaceGroup: group, sites: sites.prefix(count).map { (.known($0.element), $0.wyckoffPosition) }, request: SkeletonRequest()
    )
  }
}

/// What a network says of some skeletons, step by step: the group, then every site's element and position, then the end. Positions without
/// freedom that are taken are masked, as in training; nothing else is.
private struct SkeletonPass {
  private struct Row {
    let trajectory: Int
    let element: Int
    let position: Int?
    let taken: Set<Int>
  }
  private let drawn: [SkeletonTrajectory]
  private let rows: [Row]
  private let groups: Tape.Value
  private let elements: Tape.Value
  private let positions: Tape.Value
  /// (trajectories)
  let logProbabilities: [Double]

  init(
    _ drawn: [SkeletonTrajectory], _ network: SkeletonNetwork, _ parameters: Parameters, tables: SkeletonNetwork.Tables?,
    _ tape: inout Tape
  ) {
    self.drawn = drawn
    // Where the group is yet to be said, and then the steps.
    var entries = [SkeletonBatch.Entry(spaceGroup: 0, request: SkeletonRequest())]
    var rows: [Row] = []
    for (i, own) in drawn.enumerated() {
      let group = SpaceGroup.numbered(own.group)
      var taken: Set<Int> = []
      for n in 0...own.sites.count {
        entries.append(own.entry(n))
        let site = n < own.sites.count ? own.sites[n] : nil
        rows.append(
          Row(trajectory: i, element: Int(site?.element ?? 0), position: site?.wyckoffPosition, taken: taken))
        if let p = site?.wyckoffPosition, group.wyckoffPositions[p].degreesOfFreedom == 0 { taken.insert(p) }
      }
    }
    self.rows = rows
    let batch = SkeletonBatch(entries)
    let trunk = network.trunk(batch, parameters, tables: tables, &tape)
    groups = network.spaceGroups(trunk, &tape)
    elements = network.elements(trunk, &tape)
    positions = network.positions(trunk, batch, elements: [0] + rows.map(\.element), &tape)
    let (g, e, p) = (tape[groups], tape[elements], tape[positions])
    var sums = drawn.map { Self.logarithm(g, 0, $0.group) }
    for (r, row) in rows.enumerated() {
      sums[row.trajectory] += Self.logarithm(e, r + 1, row.element)
      if let position = row.position { sums[row.trajectory] += Self.logarithm(p, r + 1, position, without: row.taken) }
    }
    logProbabilities = sums
  }

  /// (231) logits of the space group.
  static func groups(
    _ network: SkeletonNetwork, _ parameters: Parameters, _ tables: SkeletonNetwork.Tables, _ tape: inout Tape
  ) -> [Float] {
    let trunk = network.trunk(
      SkeletonBatch([.init(spaceGroup: 0, request: SkeletonRequest())]), parameters, tables: tables, &tape)
    let scores = network.spaceGroups(trunk, &tape)
    return tape[scores].values
  }

  /// - Parameter slopes: (trajectories) of what is lowered by the sums.
  func backward(_ slopes: [Double], _ tape: inout Tape, into gradient: inout [Float]) {
    var seeds = (tape.zeros(like: groups), tape.zeros(like: elements), tape.zeros(like: positions))
    let (g, e, p) = (tape[groups], tape[elements], tape[positions])
    for (own, slope) in zip(drawn, slopes) { Self.add(slope, g, 0, own.group, to: &seeds.0) }
    for (r, row) in rows.enumerated() {
      let slope = slopes[row.trajectory]
      Self.add(slope, e, r + 1, row.element, to: &seeds.1)
      if let position = row.position { Self.add(slope, p, r + 1, position, without: row.taken, to: &seeds.2) }
    }
    tape.seed(groups, seeds.0)
    tape.seed(elements, seeds.1)
    tape.seed(positions, seeds.2)
    tape.backward(into: &gradient)
  }

  /// ln softmax of a column.
  private static func logarithm(_ scores: Matrix, _ row: Int, _ column: Int, without: Set<Int> = []) -> Double {
    Double(scores[row, column]) - logSum(scores, row, without)
  }

  private static func logSum(_ scores: Matrix, _ row: Int, _ without: Set<Int>) -> Double {
    var (most, sum) = (-Double.infinity, 0.0)
    for c in 0..<scores.columns where !without.contains(c) { most = max(most, Double(scores[row, c])) }
    for c in 0..<scores.columns where !without.contains(c) { sum += exp(Double(scores[row, c]) - most) }
    return most + log(sum)
  }

  private static func add(
    _ slope: Double, _ scores: Matrix, _ row: Int, _ column: Int, without: Set<Int> = [], to seed: inout Matrix
  ) {
    let whole = logSum(scores, row, without)
    for c in 0..<scores.columns where !without.contains(c) {
      seed[row, c] -= Float(slope * exp(Double(scores[row, c]) - whole))
    }
    seed[row, column] += Float(slope)
  }
}
