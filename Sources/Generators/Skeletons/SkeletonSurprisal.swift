public import Crystals
import Foundation
import Networks
import Tensors

/// Who can say how likely a skeleton is.
public protocol SkeletonJudge: Sendable {
  /// `-ln p` of a skeleton, nats: over the orders of its sites, some of which are drawn; given what was asked for.
  ///
  /// - Parameters:
  ///   - blueprint: complete.
  ///   - asked: what it was made from.
  /// - Throws: `Rejection` where the model has no probability for it, as where an element is unknown.
  func surprisal(of blueprint: Blueprint, asked: Blueprint, orders: Int, seed: UInt64) throws(Rejection) -> Double
}

extension SkeletonProposer: SkeletonJudge {
  /// Orders whose steps are worked on together.
  private static var chunk: Int { 8 }

  func surprisal(of blueprint: Blueprint, asked: Blueprint, orders: Int, seed: UInt64) throws(Rejection) -> Double {
    guard let number = blueprint.spaceGroup, blueprint.isComplete else { throw Rejection("not_complete", "a site is open") }
    let question = try SkeletonQuestion(asked, limits, model.conditions)
    let sites = blueprint.sites.map { (element: $0.element ?? 0, wyckoffPosition: $0.wyckoffPosition) }
    guard sites.allSatisfy({ $0.element <= BeliefBatch.elementClasses }) else {
      throw Rejection("unknown_element", "an element is beyond the \(BeliefBatch.elementClasses) element classes")
    }
    var random = RandomStream(seed: seed, purpose: "orders")
    var logs: [Double] = []
    var tape = Tape(isRecording: false)
    while logs.count < orders {
      let own = (0..<min(Self.chunk, orders - logs.count)).map { _ in sites.shuffled(using: &random) }
      logs += orderLogarithms(own, number, question.request, &tape)
    }
    let most = logs.max() ?? 0
    let mean = most + log(logs.reduce(0) { $0 + exp($1 - most) } / Double(logs.count))
    // As many orders as there are that differ.
    let repeats = Dictionary(grouping: sites) { 256 * Int($0.element) + $0.wyckoffPosition }.values.map(\.count)
    let orderCount = lgamma(Double(sites.count + 1)) - repeats.reduce(0) { $0 + lgamma(Double($1 + 1)) }
    return -(mean + orderCount + groupLogarithm(number, question))
  }

  /// (orders) the logarithms of the probabilities of sites in a sequence, the end included.
  private func orderLogarithms(
    _ orders: [[(element: UInt8, wyckoffPosition: Int)]], _ number: Int, _ request: SkeletonRequest, _ tape: inout Tape
  ) -> [Double] {
    let steps = orders[0].count + 1
    let batch = SkeletonBatch(
      orders.flatMap { sites in
        (0..<steps).map { n in
          .init(spaceGroup: number, sites: sites.prefix(n).map { (.known($0.element), $0.wyckoffPosition) }, request: request)
        }
      })
    let trunk = model.network.trunk(batch, parameters, tables: tables, &tape)
    let next = orders.flatMap { sites in sites.map { Int($0.element) } + [0] }
    let elementScores = model.network.elements(trunk, &tape)
    let positionScores = model.network.positions(trunk, batch, elements: next, &tape)
    let (elements, positions) = (tape[elementScores], tape[positionScores])
    func logarithm(_ scores: Matrix, _ row: Int, _ column: Int, without: Set<Int> = []) -> Double {
      let own = (0..<scores.columns).filter { !without.contains($0) }.map { Double(scores[row, $0]) }
      let most = own.max() ?? 0
      return Double(scores[row, column]) - most - log(own.reduce(0) { $0 + exp($1 - most) })
    }
    let group = SpaceGroup.numbered(number)
    return orders.enumerated().map { o, sites in
      var taken: Set<Int> = []
      return (0..<steps).reduce(0.0) { sum, n in
        let row = o * steps + n
        let element = logarithm(elements, row, next[row])
        guard n < sites.count else { return sum + element }
        let position = logarithm(positions, row, sites[n].wyckoffPosition, without: taken)
        if group.wyckoffPositions[sites[n].wyckoffPosition].degreesOfFreedom == 0 { taken.insert(sites[n].wyckoffPosition) }
        return sum + element + position
      }
    }
  }

  /// ln p of a space group given what is told.
  private func groupLogarithm(_ number: Int, _ question: SkeletonQuestion) -> Double {
    let weights = groupWeights(question, among: Array(1...230))
    let total = weights.reduce(0) { $0 + Double($1) }
    return log(max(1e-12, Double(weights[number]) / total))
  }
}
