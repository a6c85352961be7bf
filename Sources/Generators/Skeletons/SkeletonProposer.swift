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
    try complete([(blueprint, index)], seed: seed)[0]
  }

  /// Skeletons whose sites are drawn at once.
  private static var most: Int { 64 }

  func complete(_ requests: [(blueprint: Blueprint, index: Int)], seed: UInt64) throws(Rejection) -> [Blueprint] {
    var completed: [Blueprint] = []
    for first in stride(from: 0, to: requests.count, by: Self.most) {
      var drawings = SkeletonDrawings()
      defer { drawings.give(to: solvers) }
      for (blueprint, index) in requests[first..<min(first + Self.most, requests.count)] {
        try begin(blueprint, index: index, seed: seed, &drawings)
      }
      try draw(&drawings)
      for drawing in drawings.all {
        var blueprint = drawing.blueprint
        if let sites = drawings.sites(of: drawing), let group = blueprint.spaceGroup {
          let own = Blueprint(
            spaceGroup: group, sites: blueprint.sites.isEmpty ? limits.usual(sites, spaceGroup: group) : sites)
          blueprint.take(own.sites)
        }
        completed.append(blueprint)
      }
    }
    return completed
  }

  /// Says all but the sites that are to be drawn.
  private func begin(
    _ blueprint: Blueprint, index: Int, seed: UInt64, _ drawings: inout SkeletonDrawings
  ) throws(Rejection) {
    guard !blueprint.isComplete else { return drawings.add(blueprint) }
    var random = RandomStream(seed: seed, purpose: "skeleton", index: UInt64(index))
    var blueprint = try values.complete(blueprint, index: index, seed: seed)
    let question = try SkeletonQuestion(blueprint, limits, model.conditions)
    if blueprint.siteCount == blueprint.sites.count, !blueprint.sites.isEmpty, let group = blueprint.spaceGroup {
      blueprint.take(try name(blueprint.sites, group, question, &random))
      return drawings.add(blueprint)
    }
    let group: Int
    if let asked = blueprint.spaceGroup { group = asked } else { group = try drawSpaceGroup(question, &random) }
    blueprint.spaceGroup = group
    try drawings.add(blueprint, group, question, random, solvers)
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
        let (batch, rows) = batch([.init(spaceGroup: 0, request: question.request)])
        let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
        let scores = model.network.spaceGroups(trunk, &tape)
        return guided(tape[scores], rows[0])
      }
      let most = possible.map { logits[$0] }.max() ?? 0
      for group in possible { weights[group] = exp(logits[group] - most) }
    }
    return weights
  }

  /// Skeletons on their way, and behind each where properties count for more or less than was learnt, the same without them.
  ///
  /// - Returns: the batch, and which of its rows are a skeleton's.
  private func batch(_ skeletons: [SkeletonBatch.Entry]) -> (SkeletonBatch, rows: [Range<Int>]) {
    var (entries, rows): ([SkeletonBatch.Entry], [Range<Int>]) = ([], [])
    for skeleton in skeletons {
      let first = entries.count
      entries.append(skeleton)
      if skeleton.request.asksProperties, model.options.sampling.guidance != 1 {
        entries.append(skeleton)
        entries[first + 1].request.conditions = model.conditions.unknown
      }
      rows.append(first..<entries.count)
    }
    return (SkeletonBatch(entries), rows)
  }

  /// The scores of a skeleton's first row, moved away from those of its second (Ho and Salimans 2022, equation 6).
  private func guided(_ scores: Matrix, _ rows: Range<Int>) -> [Float] {
    let (told, untold) = (rows.lowerBound, rows.upperBound - 1)
    guard told < untold else { return (0..<scores.columns).map { scores[told, $0] } }
    let w = model.options.sampling.guidance
    return (0..<scores.columns).map { scores[untold, $0] + w * (scores[told, $0] - scores[untold, $0]) }
  }

  private func canHold(_ question: SkeletonQuestion, _ group: Int) -> Bool {
    guard let task = question.task(group) else { return false }
    return solvers.with(group, task) { solver in solver.canEnd(solver.start) }
  }

  // MARK: Sites

  /// Draws a site of every skeleton, until all have ended.
  private func draw(_ drawings: inout SkeletonDrawings) throws(Rejection) {
    var tape = Tape(isRecording: false)
    while true {
      let open = drawings.open
      guard !open.isEmpty else { return }
      let (batch, rows) = batch(open.map { drawings.entry($0) })
      let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
      let scores = model.network.elements(trunk, &tape)
      var choices: [(drawing: Int, rows: Range<Int>, element: UInt8, allowed: [Int])] = []
      for (i, own) in zip(open, rows) {
        guard let (element, allowed) = try drawElement(guided(tape[scores], own), &drawings, i) else { continue }
        choices.append((i, own, element, allowed))
      }
      guard !choices.isEmpty else { return }
      let positions = model.network.positions(
        trunk, batch, rows: choices.flatMap { Array($0.rows) },
        elements: choices.flatMap { choice in choice.rows.map { _ in Int(choice.element) } }, &tape)
      var first = 0
      for choice in choices {
        let logits = guided(tape[positions], first..<first + choice.rows.count)
        first += choice.rows.count
        let drawn = draw(choice.allowed.map { logits[$0] }, &drawings.all[choice.drawing].random)
        drawings.place(choice.element, choice.allowed[drawn], choice.drawing)
      }
    }
  }

  /// The next site's element, and the positions that it may be on; nil where the skeleton is at its end, which it is told.
  private func drawElement(
    _ logits: [Float], _ drawings: inout SkeletonDrawings, _ i: Int
  ) throws(Rejection) -> (element: UInt8, allowed: [Int])? {
    let elements = drawings.elements(i)
    // The end, then the task's elements.
    var candidates = [-1] + Array(elements.indices)
    while !candidates.isEmpty {
      let drawn = draw(candidates.map { logits[$0 < 0 ? 0 : Int(elements[$0])] }, &drawings.all[i].random)
      let element = candidates[drawn]
      if element < 0, drawings.end(i) { return nil }
      let allowed = element < 0 ? [] : drawings.positions(for: element, i)
      if !allowed.isEmpty { return (elements[element], allowed) }
      candidates.remove(at: drawn)
    }
    throw Rejection("dead_end", "a skeleton of space group \(drawings.all[i].group) cannot be ended")
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
      let (batch, rows) = batch([.init(spaceGroup: number, sites: entries, request: question.request)])
      let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
      let site = sites.firstIndex { $0.elementLabel == labels[label] } ?? 0
      let scores = model.network.names(trunk, rows: batch.firstSites.map { $0 + site }, &tape)
      let logits = guided(tape[scores], rows[0])
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
