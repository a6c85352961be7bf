import Foundation
import Networks
import Tensors

/// Site symmetries as Wyckoff positions: their probabilities from the network's outputs, and the way back.
///
/// The 15 operations of a site symmetry are those of one of the group's positions, so the classes are the positions. Their log
/// probabilities are, but for a constant,
///
///     ln q_p + sum over axes s_(a, operation of p) + l_p + v ln(1.02 - n_p)
///
/// q from the site's own beliefs by Bayes' rule (`WyckoffPosterior`, the training set's shares beforehand); s, (15, 13), scores of
/// operations, which groups share; l, (27), scores of positions; v what it counts that others are on a position for one.
extension BayesianFlow {
  /// (N, 27) probabilities of the positions.
  ///
  /// - Parameter output: (N, 223) s, l and v.
  func positionProbabilities(_ output: Matrix, _ batch: BeliefBatch) -> [Float] {
    let (classes, width, ops) = (BeliefBatch.positionClasses, output.columns, BeliefBatch.symmetryClasses)
    let letters = BeliefBatch.symmetryAxes * ops
    var scores = [Float](repeating: -1e9, count: batch.graph.sites * classes)
    for (b, range) in batch.graph.ranges.enumerated() {
      let codes = WyckoffPosterior.of(spaceGroup: batch.spaceGroups[b]).codes
      for site in range.firstSite..<range.firstSite + range.sites {
        let row = site * width
        if let known = batch.knownPositions[site] {
          scores[site * classes + known] = 0
          continue
        }
        let weight = output.values[row + letters + classes]
        for (p, code) in codes.enumerated() {
          var score: Float = log(max(Self.leastBelief, batch.wyckoffPositions[site, p]))
          for (axis, operation) in code.enumerated() { score += output.values[row &+ axis &* ops &+ operation] }
          score += output.values[row + letters + p]
          score += weight * batch.vacancies[site, p]
          scores[site * classes + p] = score
        }
      }
    }
    Kernels.softmax(&scores, groups: batch.graph.sites, classes: classes)
    return scores
  }

  /// The gradient of the outputs, (N, 223), from that of the positions' log probabilities, (N, 27).
  func outputGradient(positions gradient: [Float], _ batch: BeliefBatch) -> Matrix {
    let (classes, ops) = (BeliefBatch.positionClasses, BeliefBatch.symmetryClasses)
    let letters = BeliefBatch.symmetryAxes * ops
    var outputs = Matrix(rows: batch.graph.sites, columns: letters + classes + 1)
    let width = outputs.columns
    for (b, range) in batch.graph.ranges.enumerated() {
      let codes = WyckoffPosterior.of(spaceGroup: batch.spaceGroups[b]).codes
      for site in range.firstSite..<range.firstSite + range.sites {
        let row = site * width
        for (p, code) in codes.enumerated() {
          let g = gradient[site * classes + p]
          for (axis, operation) in code.enumerated() { outputs.values[row &+ axis &* ops &+ operation] += g }
          outputs.values[row + letters + p] = g
          outputs.values[row + letters + classes] += g * batch.vacancies[site, p]
        }
      }
    }
    return outputs
  }

  /// (N, 15 x 13) the operations' shares in the positions' probabilities, but for those below 1e-6.
  func operationShares(_ probabilities: [Float], _ batch: BeliefBatch) -> [Float] {
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
