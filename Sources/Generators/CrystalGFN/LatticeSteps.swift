import Foundation
import Tensors

/// The lattice part of a trajectory: all free dimensions go up together from a source, the first time anywhere in [0, 1], then by increments
/// of `leastIncrement` at least, until the end (Lahlou et al. 2023; the released code of Crystal-GFN).
///
///     up:    x' = x + m + r (1 - x - m)        down:  x' = x - m - r (x - m)        m = leastIncrement, r of `BetaMixture`
///
/// Going up ends with a probability, going down goes back to the source with one; both are forced where there is no room for a step.
struct LatticeSteps: Sendable, Hashable {
  /// Dimensions of the box.
  static let dimensions = 6
  /// Beta distributions a dimension.
  let components: Int
  /// Of the range, so that trajectories end.
  let leastIncrement: Double

  /// Numbers of a policy: the mixtures, the logit of the end, the logit of going back to the source.
  var outputs: Int { Self.dimensions * components * BetaMixture.numbers + 2 }

  private var endLogit: Int { outputs - 2 }
  private var sourceLogit: Int { outputs - 1 }

  /// What is decided: where to go in the box, and whether to end, or to go back to the source.
  struct Decision: Sendable {
    /// Free dimensions and their relative increments; empty where there is no step.
    var increments: [(dimension: Int, r: Double)] = []
    /// ln of what a step of r is in the box.
    var logVolume = 0.0
    /// The logit that was decided on, and which way; nil where nothing was to be decided.
    var end: (logit: Int, taken: Bool)?
  }

  // MARK: Up

  /// Whether there is room for a further increment.
  func mustEnd(_ x: [Double], _ free: [Int]) -> Bool { free.contains { x[$0] > 1 - leastIncrement } }

  /// The decision of a step up.
  ///
  /// - Parameters:
  ///   - x: nil at the source.
  ///   - next: nil at the end.
  func up(from x: [Double]?, to next: [Double]?, _ free: [Int]) -> Decision {
    var decision = Decision()
    guard let x else {
      decision.increments = free.map { ($0, next?[$0] ?? 0) }
      return decision
    }
    guard !mustEnd(x, free) else { return decision }
    decision.end = (endLogit, next == nil)
    guard let next else { return decision }
    for d in free {
      let room = 1 - x[d] - leastIncrement
      decision.increments.append((d, (next[d] - x[d] - leastIncrement) / room))
      decision.logVolume -= log(room)
    }
    return decision
  }

  /// Draws where to go; nil is the end.
  func drawUp(from x: [Double]?, _ free: [Int], _ outputs: ArraySlice<Float>, _ random: inout RandomStream) -> [Double]? {
    if let x {
      if mustEnd(x, free) || random.uniform() < sigmoid(outputs, endLogit) { return nil }
    }
    var next = x ?? [Double](repeating: 0, count: Self.dimensions)
    for d in free {
      let r = BetaMixture.draw(mixture(outputs, d), &random)
      next[d] = x.map { $0[d] + leastIncrement + r * (1 - $0[d] - leastIncrement) } ?? r
    }
    return next
  }

  // MARK: Down

  /// Whether there is no room for a step down but to the source.
  func mustReturn(_ x: [Double], _ free: [Int]) -> Bool { free.contains { x[$0] < leastIncrement } }

  /// The decision of a step down.
  ///
  /// - Parameter before: nil at the source.
  func down(from x: [Double], to before: [Double]?, _ free: [Int]) -> Decision {
    var decision = Decision()
    guard !mustReturn(x, free) else { return decision }
    decision.end = (sourceLogit, before == nil)
    guard let before else { return decision }
    for d in free {
      let room = x[d] - leastIncrement
      decision.increments.append((d, (x[d] - before[d] - leastIncrement) / room))
      decision.logVolume -= log(room)
    }
    return decision
  }

  // MARK: Probabilities

  /// ln of the probability, a density where there are increments.
  ///
  /// - Parameter outputs: of the policy, `outputs` of them.
  func logProbability(_ decision: Decision, _ outputs: ArraySlice<Float>) -> Double {
    var sum = decision.logVolume
    for (d, r) in decision.increments { sum += BetaMixture.logDensity(r, mixture(outputs, d)) }
    guard let end = decision.end else { return sum }
    let logit = Double(outputs[outputs.startIndex + end.logit])
    return sum - log1p(exp(end.taken ? -logit : logit))
  }

  /// Adds the gradient of `logProbability`, times a factor.
  ///
  /// - Parameter start: of the policy's numbers in the row.
  func addGradient(
    _ decision: Decision, _ outputs: ArraySlice<Float>, factor: Double, into gradient: inout Matrix, row: Int, start: Int
  ) {
    for (d, r) in decision.increments {
      BetaMixture.addGradient(
        r, mixture(outputs, d), factor: factor, into: &gradient, row: row, start: start + d * components * BetaMixture.numbers)
    }
    guard let end = decision.end else { return }
    gradient[row, start + end.logit] += Float(factor * ((end.taken ? 1 : 0) - sigmoid(outputs, end.logit)))
  }

  /// Outputs of who knows nothing: Beta(10, 10) everywhere, a tenth for the end and the source.
  var ignorance: [Float] {
    let raw = Float(BetaMixture.raw(10))
    let mixtures = [[Float]](repeating: [raw, raw, 0], count: Self.dimensions * components).flatMap { $0 }
    let tenth = Float(log(0.1 / 0.9))
    return mixtures + [tenth, tenth]
  }

  private func mixture(_ outputs: ArraySlice<Float>, _ dimension: Int) -> ArraySlice<Float> {
    let width = components * BetaMixture.numbers
    let start = outputs.startIndex + dimension * width
    return outputs[start..<start + width]
  }

  private func sigmoid(_ outputs: ArraySlice<Float>, _ logit: Int) -> Double {
    1 / (1 + exp(-Double(outputs[outputs.startIndex + logit])))
  }
}
