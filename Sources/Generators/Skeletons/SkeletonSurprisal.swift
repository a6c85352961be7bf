public import Crystals
import Foundation
import Networks
import Tensors

/// Who can say how likely skeletons are.
public protocol SkeletonJudge: Sendable {
  /// `-ln p` of each of some skeletons, nats: over the orders of its sites, some of which are drawn; given what was asked for.
  ///
  /// - Parameters:
  ///   - blueprints: complete.
  ///   - asked: what they were made from.
  /// - Throws: `Rejection` where the model has no probability for one of them, as where an element is unknown.
  func surprisals(of blueprints: [Blueprint], asked: Blueprint, orders: Int, seed: UInt64) throws(Rejection) -> [Double]
}

extension SkeletonProposer: SkeletonJudge {
  func surprisals(
    of blueprints: [Blueprint], asked: Blueprint, orders: Int, seed: UInt64
  ) throws(Rejection) -> [Double] {
    let question = try SkeletonQuestion(asked, limits, model.conditions)
    var beginnings = SkeletonBeginnings()
    var ways: [[SkeletonBeginnings.Way]] = []
    for blueprint in blueprints {
      guard let number = blueprint.spaceGroup, blueprint.isComplete else { throw Rejection("not_complete", "a site is open") }
      let sites = blueprint.sites.map { (element: $0.element ?? 0, wyckoffPosition: $0.wyckoffPosition) }
      guard sites.allSatisfy({ $0.element <= BeliefBatch.elementClasses }) else {
        throw Rejection("unknown_element", "an element is beyond the \(BeliefBatch.elementClasses) element classes")
      }
      var random = RandomStream(seed: seed, purpose: "orders")
      ways.append((0..<orders).map { _ in beginnings.way(number, sites.shuffled(using: &random)) })
    }
    let logarithms = logarithms(beginnings, question.request)
    let groups = groupWeights(question, among: Array(1...230))
    let all = groups.reduce(0) { $0 + Double($1) }
    return zip(blueprints, ways).map { blueprint, ways in
      let logs = ways.map { $0.reduce(0) { $0 + logarithms.elements[$1.beginning][$1.element] + logarithms.positions($1) } }
      let most = logs.max() ?? 0
      let mean = most + log(logs.reduce(0) { $0 + exp($1 - most) } / Double(logs.count))
      // As many orders as there are that differ.
      let repeats = Dictionary(grouping: blueprint.sites) { 256 * Int($0.element ?? 0) + $0.wyckoffPosition }.values.map(
        \.count)
      let orderCount = lgamma(Double(blueprint.sites.count + 1)) - repeats.reduce(0) { $0 + lgamma(Double($1 + 1)) }
      let group = log(max(1e-12, Double(groups[blueprint.spaceGroup ?? 0]) / all))
      return -(mean + orderCount + group)
    }
  }

  /// Skeletons that go through the network together: their tokens stay in the second-level cache.
  private static var chunk: Int { 64 }

  /// What the network says about what follows some beginnings.
  private func logarithms(_ beginnings: SkeletonBeginnings, _ request: SkeletonRequest) -> SkeletonBeginnings.Logarithms {
    var found = SkeletonBeginnings.Logarithms()
    found.choices = [[Double]](repeating: [], count: beginnings.choices.count)
    var tape = Tape(isRecording: false)
    let choices = Dictionary(grouping: beginnings.choices.indices) { beginnings.choices[$0].beginning / Self.chunk }
    for first in stride(from: 0, to: beginnings.all.count, by: Self.chunk) {
      let own = beginnings.all[first..<min(first + Self.chunk, beginnings.all.count)]
      let batch = SkeletonBatch(
        own.map { beginning in
          .init(
            spaceGroup: beginning.spaceGroup,
            sites: beginning.sites.map { (.known(UInt8($0.element)), $0.wyckoffPosition) }, request: request)
        })
      let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
      let scores = model.network.elements(trunk, &tape)
      found.elements += own.indices.map { logSoftmax(tape[scores], $0 - first) }
      let asked = choices[first / Self.chunk] ?? []
      guard !asked.isEmpty else { continue }
      let positions = model.network.positions(
        trunk, batch, rows: asked.map { beginnings.choices[$0].beginning - first },
        elements: asked.map { beginnings.choices[$0].element }, &tape)
      for (row, choice) in asked.enumerated() {
        let taken = beginnings.all[beginnings.choices[choice].beginning].taken
        found.choices[choice] = logSoftmax(tape[positions], row, without: taken)
      }
    }
    return found
  }

  /// The logarithms of a row's probabilities, some columns of which cannot be.
  private func logSoftmax(_ scores: Matrix, _ row: Int, without: Set<Int> = []) -> [Double] {
    let own = (0..<scores.columns).map { without.contains($0) ? -Double.infinity : Double(scores[row, $0]) }
    let most = own.max() ?? 0
    let logarithm = most + log(own.reduce(0) { $0 + exp($1 - most) })
    return own.map { $0 - logarithm }
  }
}

/// The beginnings of skeletons in all the orders that are looked at, each set of sites once: to the network they have no order.
private struct SkeletonBeginnings {
  struct Beginning: Hashable {
    let spaceGroup: Int
    /// `256 element + Wyckoff position`, in rising order.
    let codes: [Int]

    var sites: [(element: Int, wyckoffPosition: Int)] { codes.map { ($0 / 256, $0 % 256) } }
    /// Positions without freedom that are occupied.
    var taken: Set<Int> {
      let positions = SpaceGroup.numbered(spaceGroup).wyckoffPositions
      return Set(sites.map(\.wyckoffPosition).filter { positions[$0].degreesOfFreedom == 0 })
    }
  }
  /// An element that follows a beginning.
  struct Choice: Hashable {
    let beginning: Int
    let element: Int
  }
  /// What follows a beginning: an element on a position, or 0, the end.
  struct Step {
    let beginning: Int
    let element: Int
    let choice: Int?
    let wyckoffPosition: Int
  }
  /// One order of a skeleton's sites, the end included.
  typealias Way = [Step]

  /// What the network says.
  struct Logarithms {
    /// (beginnings, 101) of elements.
    var elements: [[Double]] = []
    /// (choices, 27) of positions, given the element.
    var choices: [[Double]] = []

    func positions(_ step: Step) -> Double { step.choice.map { choices[$0][step.wyckoffPosition] } ?? 0 }
  }

  private(set) var all: [Beginning] = []
  private(set) var choices: [Choice] = []
  private var beginningNumbers: [Beginning: Int] = [:]
  private var choiceNumbers: [Choice: Int] = [:]

  /// Notes the steps of sites in a sequence.
  mutating func way(_ spaceGroup: Int, _ sites: [(element: UInt8, wyckoffPosition: Int)]) -> Way {
    let codes = sites.map { 256 * Int($0.element) + $0.wyckoffPosition }
    return (0...sites.count).map { n in
      let beginning = number(of: Beginning(spaceGroup: spaceGroup, codes: codes.prefix(n).sorted()))
      guard n < sites.count else { return Step(beginning: beginning, element: 0, choice: nil, wyckoffPosition: 0) }
      let choice = number(of: Choice(beginning: beginning, element: Int(sites[n].element)))
      return Step(
        beginning: beginning, element: Int(sites[n].element), choice: choice, wyckoffPosition: sites[n].wyckoffPosition)
    }
  }

  private mutating func number(of beginning: Beginning) -> Int {
    if let known = beginningNumbers[beginning] { return known }
    all.append(beginning)
    beginningNumbers[beginning] = all.count - 1
    return all.count - 1
  }

  private mutating func number(of choice: Choice) -> Int {
    if let known = choiceNumbers[choice] { return known }
    choices.append(choice)
    choiceNumbers[choice] = choices.count - 1
    return choices.count - 1
  }
}
