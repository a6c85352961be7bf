import Foundation
import Networks
import Tensors

/// The sites' outputs for site symmetries, (N, 223), to scores of their Wyckoff positions, (N, 27): log probabilities but for a constant.
///
/// The 15 operations of a site symmetry are those of one of the group's positions, so the classes are the positions. Their scores are
///
///     ln q_p + sum over axes s_(a, operation of p) + l_p + v ln(1.02 - n_p)
///
/// q from the site's own beliefs by Bayes' rule (`WyckoffPosterior`, the training set's shares beforehand); the outputs are s,
/// (15, 13), scores of operations, which groups share; l, (27), scores of positions; v what it counts that others are on a position
/// for one.
struct PositionScores: Networks.Operation {
  private let batch: BeliefBatch
  private let classes = BeliefBatch.positionClasses
  private let operations = BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses

  init(_ batch: BeliefBatch) { self.batch = batch }

  func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, classes) }

  func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let x = x[0]
    y.fill(-1e9)
    for (site, known) in batch.knownPositions.enumerated() { if let known { y[site, known] = 0 } }
    visit { site, p, code in
      let row = site * x.columns
      var score: Float = log(max(InformedForm.leastBelief, batch.wyckoffPositions[site, p]))
      for (axis, operation) in code.enumerated() {
        score += x.values[row &+ axis &* BeliefBatch.symmetryClasses &+ operation]
      }
      score += x.values[row + operations + p]
      score += x.values[row + operations + classes] * batch.vacancies[site, p]
      y[site, p] = score
    }
  }

  func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    visit { site, p, code in
      let (row, g) = (site * x[0].columns, dy[site, p])
      for (axis, operation) in code.enumerated() {
        dx[0].values[row &+ axis &* BeliefBatch.symmetryClasses &+ operation] += g
      }
      dx[0].values[row + operations + p] += g
      dx[0].values[row + operations + classes] += g * batch.vacancies[site, p]
    }
  }

  /// - Parameter body: gets every site whose position is not known, with each of its group's positions and their 15 operations.
  private func visit(_ body: (Int, Int, [Int]) -> Void) {
    for (b, range) in batch.graph.ranges.enumerated() {
      let codes = WyckoffPosterior.of(spaceGroup: batch.spaceGroups[b]).codes
      for site in range.firstSite..<range.firstSite + range.sites where batch.knownPositions[site] == nil {
        for (p, code) in codes.enumerated() { body(site, p, code) }
      }
    }
  }
}

extension InformedForm {
  /// Probabilities of the Wyckoff positions, (N, 27), and of the operations of every axis, (N, 15 x 13), from the scores.
  static func positionProbabilities(_ scores: Matrix, _ batch: BeliefBatch) -> (positions: [Float], operations: [Float]) {
    var p = scores.values
    Kernels.softmax(&p, groups: batch.graph.sites, classes: BeliefBatch.positionClasses)
    return (p, operationShares(p, batch))
  }

  /// (N, 15 x 13) the operations' shares in the positions' probabilities, but for those below 1e-6.
  static func operationShares(_ probabilities: [Float], _ batch: BeliefBatch) -> [Float] {
    let (classes, ops) = (BeliefBatch.positionClasses, BeliefBatch.symmetryClasses)
    let width = BeliefBatch.symmetryAxes * ops
    var shares = [Float](repeating: 0, count: batch.graph.sites * width)
    for (b, range) in batch.graph.ranges.enumerated() {
      let codes = WyckoffPosterior.of(spaceGroup: batch.spaceGroups[b]).codes
      for site in range.firstSite..<range.firstSite + range.sites {
        for (p, code) in codes.enumerated() {
          let share = probabilities[site * classes + p]
          guard share > 1e-6 else { continue }
          for (axis, operation) in code.enumerated() { shares[site &* width &+ axis &* ops &+ operation] += share }
        }
      }
    }
    return shares
  }
}
