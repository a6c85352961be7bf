import Crystals
import Foundation
import Networks
import Synchronization
import Tensors

/// Draws skeletons from a network, with what cannot become what was asked for masked at every step.
///
/// The space group: where a composition or elements are asked for as the network says, else as often as the training set has it, among the
/// groups that can hold what is asked. Then sites, element first, until the end. Elements of given positions are named in random order.
struct SkeletonProposer: Proposer {
  let model: Skeletons
  let parameters: Parameters
  let tables: SkeletonNetwork.Tables
  private let among: [Int]
  let limits: SkeletonLimits
  private let solvers = SolverPool()
  private let values: ConditionProposer
  /// Whether the network says the space group even where it is told nothing.
  private let saysGroups: Bool

  init(_ model: Skeletons, _ parameters: Parameters, among: [Int], saysGroups: Bool = false) {
    (self.model, self.parameters, self.among, self.saysGroups) = (model, parameters, among, saysGroups)
    tables = model.network.tables(parameters)
    limits = SkeletonLimits(model.statistics)
    values = ConditionProposer(model.statistics, kind: nil)
  }

  func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    guard !blueprint.isComplete else { return blueprint }
    var random = RandomStream(seed: seed, purpose: "skeleton", index: UInt64(index))
    var blueprint = try values.complete(blueprint, index: index, seed: seed)
    let question = try SkeletonQuestion(blueprint, limits, model.conditions)
    if blueprint.siteCount == blueprint.sites.count, !blueprint.sites.isEmpty, let group = blueprint.spaceGroup {
      blueprint.take(try name(blueprint.sites, group, question, &random))
      return blueprint
    }
    let group: Int
    if let asked = blueprint.spaceGroup { group = asked } else { group = try drawSpaceGroup(question, &random) }
    blueprint.spaceGroup = group
    let sites = try draw(blueprint.sites, group, question, &random)
    let own = Blueprint(
      spaceGroup: group, sites: blueprint.sites.isEmpty ? limits.usual(sites, spaceGroup: group) : sites)
    blueprint.take(own.sites)
    return blueprint
  }

  // MARK: Space groups

  private func drawSpaceGroup(_ question: SkeletonQuestion, _ random: inout RandomStream) throws(Rejection) -> Int {
    let candidates = among.isEmpty ? (1...230).filter { model.statistics.spaceGroups[$0] > 0 } : among
    let possible = solvers.possibleGroups(question) { candidates.filter { canHold(question, $0) } }
    guard !possible.isEmpty else { throw question.impossible(among.isEmpty ? nil : among) }
    let weights = groupWeights(question, among: possible)
    return random.index(weights: weights.span)
  }

  /// (231) how likely space groups are, but for a factor: as often as the training set has them, or as the network says where it is told
  /// something.
  func groupWeights(_ question: SkeletonQuestion, among possible: [Int]) -> [Float] {
    var weights = [Float](repeating: 0, count: 231)
    if question.request.isEmpty, !saysGroups {
      for group in possible { weights[group] = Float(model.statistics.spaceGroups[group]) }
      if !weights.contains(where: { $0 > 0 }) { for group in possible { weights[group] = 1 } }
    } else {
      let logits = solvers.groupLogits(question) {
        var tape = Tape(isRecording: false)
        let batch = batch(spaceGroup: 0, [], question.request)
        let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
        let scores = model.network.spaceGroups(trunk, &tape)
        return guided(tape[scores])
      }
      let most = possible.map { logits[$0] }.max() ?? 0
      for group in possible { weights[group] = exp(logits[group] - most) }
    }
    return weights
  }

  /// A skeleton on its way, and where properties count for more or less than was learnt, the same without them.
  private func batch(
    spaceGroup: Int, _ sites: [(element: SkeletonElement, wyckoffPosition: Int)], _ request: SkeletonRequest
  ) -> SkeletonBatch {
    var entries = [SkeletonBatch.Entry(spaceGroup: spaceGroup, sites: sites, request: request)]
    if request.asksProperties, model.options.sampling.guidance != 1 {
      entries.append(entries[0])
      entries[1].request.conditions = model.conditions.unknown
    }
    return SkeletonBatch(entries)
  }

  /// The scores of a batch's first row, moved away from those of its second (Ho and Salimans 2022, equation 6).
  private func guided(_ scores: Matrix) -> [Float] {
    guard scores.rows == 2 else { return scores.values }
    let w = model.options.sampling.guidance
    return (0..<scores.columns).map { scores[1, $0] + w * (scores[0, $0] - scores[1, $0]) }
  }

  private func canHold(_ question: SkeletonQuestion, _ group: Int) -> Bool {
    guard let task = question.task(group) else { return false }
    return solvers.with(group, task) { solver in solver.canEnd(solver.start) }
  }

  // MARK: Sites

  /// Draws the sites that follow some.
  private func draw(
    _ begun: [Blueprint.Site], _ number: Int, _ question: SkeletonQuestion, _ random: inout RandomStream
  ) throws(Rejection) -> [(element: UInt8, wyckoffPosition: Int)] {
    guard let task = question.task(number) else { throw question.impossible([number]) }
    // Out of the pool while it works, as it remembers.
    var solver = solvers.take(number, task)
    defer { solvers.give(solver, number) }
    var state = solver.start
    for site in begun {
      guard let z = site.element, let element = task.elements.firstIndex(of: z) else {
        throw Rejection("open_element", "a site that is given has no element, or one that may not occur")
      }
      guard state.place(element, site.wyckoffPosition, solver.positions) else {
        throw Rejection("position_twice", "two sites are given on a position that holds one")
      }
    }
    guard solver.canEnd(state) else { throw question.impossible([number]) }
    var tape = Tape(isRecording: false)
    while let next = try step(state, number, question, &solver, &tape, &random) {
      guard state.place(next.element, next.wyckoffPosition, solver.positions) else { preconditionFailure("masks are exact") }
    }
    return state.sites.map { (task.elements[$0.element], $0.wyckoffPosition) }
  }

  /// The next site; nil at the end.
  private func step(
    _ state: SkeletonState, _ number: Int, _ question: SkeletonQuestion, _ solver: inout SkeletonCompletion,
    _ tape: inout Tape, _ random: inout RandomStream
  ) throws(Rejection) -> (element: Int, wyckoffPosition: Int)? {
    let elements = solver.task.elements
    let batch = batch(
      spaceGroup: number, state.sites.map { (.known(elements[$0.element]), $0.wyckoffPosition) }, question.request)
    let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
    let scores = model.network.elements(trunk, &tape)
    let logits = guided(tape[scores])
    // The end, then the task's elements.
    var candidates = [-1] + Array(elements.indices)
    while !candidates.isEmpty {
      let drawn = draw(candidates.map { logits[$0 < 0 ? 0 : Int(elements[$0])] }, &random)
      let element = candidates[drawn]
      if element < 0, solver.isComplete(state) { return nil }
      let allowed = element < 0 ? [] : solver.positions(for: element, after: state)
      if !allowed.isEmpty {
        let chosen = batch.spaceGroups.map { _ in Int(elements[element]) }
        let scores = model.network.positions(trunk, batch, elements: chosen, &tape)
        let logits = guided(tape[scores])
        return (element, allowed[draw(allowed.map { logits[$0] }, &random)])
      }
      candidates.remove(at: drawn)
    }
    throw Rejection("dead_end", "a skeleton of space group \(number) cannot be ended")
  }

  /// A class drawn from logits at the model's temperature.
  private func draw(_ logits: [Float], _ random: inout RandomStream) -> Int {
    random.index(logits: logits, temperature: model.options.sampling.temperature)
  }

  // MARK: Elements

  /// Names the elements of sites that are open.
  private func name(
    _ sites: [Blueprint.Site], _ number: Int, _ question: SkeletonQuestion, _ random: inout RandomStream
  ) throws(Rejection) -> [Blueprint.Site] {
    guard let task = question.task(number) else { throw question.impossible([number]) }
    let labels = Array(Set(sites.map(\.elementLabel))).sorted()
    guard labels.count <= 8 else { throw Rejection("too_many_elements", "more than 8 elements are open") }
    let own = labels.map { label in sites.filter { $0.elementLabel == label } }
    let naming = ElementNaming(task, atoms: own.map { $0.map(\.multiplicity) })
    var names: [Int?] = []
    for sites in own {
      guard let z = sites.compactMap(\.element).first else {
        names.append(nil)
        continue
      }
      guard let element = task.elements.firstIndex(of: z) else {
        throw Rejection("element_not_allowed", "\(Element.symbol(Int(z))) is not among the elements that may occur")
      }
      names.append(element)
    }
    guard naming.canEnd(names) else { throw question.impossible([number]) }
    var tape = Tape(isRecording: false)
    for label in labels.indices.filter({ names[$0] == nil }).shuffled(using: &random) {
      let entries = sites.map { site in
        let number = labels.firstIndex(of: site.elementLabel) ?? 0
        return (element: names[number].map { SkeletonElement.known(task.elements[$0]) } ?? .open(number), site.wyckoffPosition)
      }
      let batch = batch(spaceGroup: number, entries, question.request)
      let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
      let site = sites.firstIndex { $0.elementLabel == labels[label] } ?? 0
      let scores = model.network.names(trunk, rows: batch.firstSites.map { $0 + site }, &tape)
      let logits = guided(tape[scores])
      var candidates = task.elements.indices.filter { !names.contains($0) }
      while names[label] == nil {
        guard !candidates.isEmpty else { throw Rejection("dead_end", "the elements of a prototype cannot be named") }
        let drawn = draw(candidates.map { logits[Int(task.elements[$0]) - 1] }, &random)
        var next = names
        next[label] = candidates[drawn]
        if naming.canEnd(next) { names = next } else { candidates.remove(at: drawn) }
      }
    }
    return sites.map { site in
      let name = labels.firstIndex(of: site.elementLabel).flatMap { names[$0] }
      return Blueprint.Site(
        spaceGroup: number, wyckoffPosition: site.wyckoffPosition, elementLabel: site.elementLabel,
        element: name.map { task.elements[$0] })
    }
  }
}

/// Solvers that nobody uses just now, as they remember what they have found; and the groups that can hold what was asked.
private final class SolverPool: Sendable {
  private struct Key: Hashable {
    let group: Int
    let task: SkeletonTask
  }
  private let free = Mutex<[Key: [SkeletonCompletion]]>([:])
  private let groups = Mutex<[SkeletonQuestion.Key: [Int]]>([:])
  private let logits = Mutex<[SkeletonQuestion.Key: [Float]]>([:])

  func take(_ group: Int, _ task: SkeletonTask) -> SkeletonCompletion {
    let known = free.withLock { $0[Key(group: group, task: task)]?.popLast() }
    return known ?? SkeletonCompletion(SpaceGroup.numbered(group), task)
  }

  func give(_ solver: SkeletonCompletion, _ group: Int) {
    free.withLock { $0[Key(group: group, task: solver.task), default: []].append(solver) }
  }

  func with<R>(_ group: Int, _ task: SkeletonTask, _ body: (inout SkeletonCompletion) -> R) -> R {
    var solver = take(group, task)
    defer { give(solver, group) }
    return body(&solver)
  }

  func possibleGroups(_ question: SkeletonQuestion, _ find: () -> [Int]) -> [Int] {
    if let known = groups.withLock({ $0[question.key] }) { return known }
    let found = find()
    groups.withLock { $0[question.key] = found }
    return found
  }

  func groupLogits(_ question: SkeletonQuestion, _ find: () -> [Float]) -> [Float] {
    // Values of properties hardly come twice.
    guard !question.request.asksProperties else { return find() }
    if let known = logits.withLock({ $0[question.key] }) { return known }
    let found = find()
    logits.withLock { $0[question.key] = found }
    return found
  }
}
