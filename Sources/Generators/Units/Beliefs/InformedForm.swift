import Foundation
import Networks
import Tensors

/// What the informed form adds to a process: what sites are told of the crystal, and what the network's outputs mean.
///
/// A process brings what it believes (`BeliefBatch`: classes, `coordinateNoise`, posterior lattice); everything here follows from that
/// and the training set, whatever the process is.
struct InformedForm: Sendable {
  /// (6, 2) mean and deviation of the k-vector's components.
  let latticeMoments: [Float]
  /// (231, positions) logarithms of the shares of the training set's sites.
  let logPositionShares: [[Double]]

  init(_ statistics: DatasetStatistics) {
    latticeMoments = statistics.latticeMoments.map { Float($0) }
    logPositionShares = SkeletonPrior(statistics).positions.map { $0.map { log($0) } }
  }

  /// Makes logits given everything but a site's own belief, the likelihood of its noisy observations, those of its probabilities by
  /// Bayes' rule.
  static func addBeliefs(_ beliefs: [Float], to logits: inout [Float]) {
    var logarithms = beliefs
    Kernels.logarithm(&logarithms, floor: leastBelief)
    Kernels.add(logarithms, to: &logits)
  }

  /// Smaller ones count as this.
  static let leastBelief: Float = 1e-20

  /// Whether sites are put where there is room for them at a step: behind the first two fifths.
  static func isPlacing(step: Int, of steps: Int) -> Bool { Float(step) > 0.4 * Float(steps) }

  /// Largest number of deviations that an output may say.
  static let largestOutput: Float = 10

  /// An estimate that the network's output moves away from the posterior mean, in units of the posterior's deviation, and its
  /// derivative by the output.
  static func estimate(mean: Float, deviation: Float, output: Float) -> (estimate: Float, slope: Float) {
    let bounded = min(largestOutput, max(-largestOutput, output))
    return (mean + deviation * bounded, bounded == output ? deviation : 0)
  }

  /// The estimate of a coordinate, not wrapped, and its derivative by the output: coordinates that symmetry fixes are exact.
  static func coordinateEstimate(
    _ batch: BeliefBatch, site: Int, component c: Int, output: Float, noise: GaussianObservation
  ) -> (estimate: Float, slope: Float) {
    let prior = WyckoffPosterior.priorVariance
    // A hundredth of a free coordinate's variance is left, should the posterior be too sure of itself.
    let free = Float(prior * (1 - noise.weight(priorVariance: prior)))
    let deviation = (batch.deviations[site, c] * batch.deviations[site, c] + 0.01 * free).squareRoot()
    return estimate(mean: batch.positions[site, c], deviation: deviation, output: output)
  }

  /// Which lattice image of an estimate the data have: representatives lie in [0, 1).
  ///
  /// - Parameter observed: the coordinate on the line, over its scale. Late it says which image, early it says nothing.
  static func image(of estimate: Float, observed: Float, noise: GaussianObservation) -> Float {
    let weight = noise.weight(priorVariance: WyckoffPosterior.priorVariance)
    let image = weight > 0.9 ? estimate + (observed - estimate).rounded() : estimate
    return min(1.5, max(-0.5, image))
  }

  /// `-scale ln p` of the right one of some classes.
  ///
  /// - Parameters:
  ///   - weight: what the loss counts in the objective.
  ///   - gradient: of the objective by the logits, written: `scale weight (p - e)`.
  static func crossEntropy(
    _ p: [Float], offset: Int, classes: Int, target: Int, scale: Float, weight: Float, gradient: inout [Float]
  ) -> Double {
    for c in 0..<classes { gradient[offset &+ c] = scale * weight * (p[offset &+ c] - (c == target ? 1 : 0)) }
    return -Double(scale) * log(max(1e-30, Double(p[offset + target])))
  }

  /// What the network's outputs, as `UnitNetwork.read` has them, say of samples on their way.
  ///
  /// - Parameter observed: (N, 3) coordinates on the line, over their scales.
  static func prediction(
    _ outputs: UnitNetwork.Outputs<Matrix>, _ state: UnitState, observed: (_ index: Int, _ crystal: Int) -> Float
  ) -> UnitPrediction {
    let (batch, graph) = (state.beliefs, state.beliefs.graph)
    var prediction = UnitPrediction(
      coordinates: outputs.coordinates.values, lattice: outputs.lattice.values, elements: outputs.elements.values,
      siteSymmetries: [])
    for (b, range) in graph.ranges.enumerated() {
      for site in range.firstSite..<range.firstSite + range.sites {
        for c in 0..<3 {
          let i = 3 * site + c
          let estimate = coordinateEstimate(
            batch, site: site, component: c, output: prediction.coordinates[i], noise: batch.coordinateNoise[b]
          ).estimate
          prediction.coordinates[i] = image(of: estimate, observed: observed(i, b), noise: batch.coordinateNoise[b])
        }
      }
      for c in 0..<6 {
        prediction.lattice[6 * b + c] =
          state.constraints[b][c]
          ?? estimate(
            mean: batch.latticeMeans[b, c], deviation: batch.latticeDeviations[b, c], output: prediction.lattice[6 * b + c]
          ).estimate
      }
    }
    (prediction.wyckoffPositions, prediction.siteSymmetries) = positionProbabilities(outputs.siteSymmetries, batch)
    state.finishElements(&prediction)
    return prediction
  }
}
