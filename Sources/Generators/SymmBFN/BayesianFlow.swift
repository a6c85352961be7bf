import Foundation
import Networks
import Tensors

/// The Bayesian flow of SymmBFN: how data turn into beliefs, and beliefs and network outputs into predictions.
///
/// Continuous (coordinates, lattice): Graves et al. 2023, section 4; discrete (elements, site symmetries): section 6. Greek
/// letters: gamma(t) = 1 - sigma^(2t) is how much of the data a belief holds, alpha and beta(t) are accuracies.
public struct BayesianFlow: Sendable {
  let configuration: SymmBFNConfiguration.Flow
  /// What the network is told, and what its outputs mean.
  let form: UnitForm
  /// Nil in the published form.
  private let informed: InformedForm?

  init(_ configuration: SymmBFNConfiguration.Flow, _ statistics: DatasetStatistics, form: UnitForm) {
    (self.configuration, self.form) = (configuration, form)
    informed = form == .informed ? InformedForm(statistics) : nil
  }

  /// Of the informed form: tells what the beliefs say of the crystal as a whole.
  func describe(_ batch: inout BeliefBatch) {
    guard let informed else { return }
    for (b, t) in batch.times.enumerated() {
      batch.coordinateNoise[b] = Self.observation(Self.gamma(t, sigma: configuration.sigmaCoordinates))
      let gamma = Self.gamma(t, sigma: configuration.sigmaLattice)
      for c in 0..<6 {
        let (m, s) = (informed.latticeMoments[2 * c], informed.latticeMoments[2 * c + 1])
        let (mean, w) = Self.posterior(batch.lattice[b, c], priorMean: m, deviation: s, gamma: gamma)
        (batch.latticeMeans[b, c], batch.latticeDeviations[b, c]) = (mean, s * (1 - w).squareRoot())
      }
    }
    informed.describe(&batch)
  }

  /// The belief about a continuous variable as an observation of it.
  static func observation(_ gamma: Float) -> GaussianObservation {
    GaussianObservation(scale: Double(gamma), variance: Double(gamma) * (1 - Double(gamma)))
  }

  /// With x ~ N(m, s^2) and mu ~ N(gamma x, gamma (1 - gamma)) the posterior mean is m + w (mu / gamma - m), its variance
  /// s^2 (1 - w).
  static func posterior(
    _ mu: Float, priorMean m: Float, deviation s: Float, gamma: Float
  ) -> (mean: Float, weight: Float) {
    let w = gamma * s * s / (gamma * s * s + 1 - gamma)
    return (m + w * (mu / gamma - m), w)
  }

  /// The estimate of a component of the lattice from its belief and the network's output, and its derivative by the output.
  ///
  /// - Parameters:
  ///   - b: which crystal.
  ///   - c: which of the six components.
  func latticeEstimate(
    _ batch: BeliefBatch, crystal b: Int, component c: Int, output: Float, gamma: Float
  ) -> (estimate: Float, slope: Float) {
    form == .informed
      ? InformedForm.estimate(mean: batch.latticeMeans[b, c], deviation: batch.latticeDeviations[b, c], output: output)
      : Self.denoised(mean: batch.lattice[b, c], output: output, gamma: gamma)
  }

  /// The estimate of a coordinate from its belief and the network's output, not wrapped, and its derivative by the output.
  func coordinateEstimate(
    _ batch: BeliefBatch, site: Int, component c: Int, output: Float, gamma: Float
  ) -> (estimate: Float, slope: Float) {
    guard form == .published else {
      return InformedForm.coordinateEstimate(batch, site: site, component: c, output: output, noise: Self.observation(gamma))
    }
    // The output, with the mean added, is the noise.
    let mean = batch.coordinates[site, c]
    return Self.denoised(mean: mean, output: output + mean, gamma: gamma)
  }

  /// As published the output is the noise: at early times an error of it counts up to 36-fold.
  private static func denoised(mean: Float, output: Float, gamma: Float) -> (estimate: Float, slope: Float) {
    let bounded = min(largestNoise, max(-largestNoise, output))
    let slope = bounded == output ? -((1 - gamma) / gamma).squareRoot() : 0
    return (prediction(mean, gamma: gamma, noise: bounded), slope)
  }

  /// `gamma(t) = 1 - sigma^(2t)`.
  static func gamma(_ t: Float, sigma: Float) -> Float { Float(1 - pow(Double(sigma), 2 * Double(t))) }

  /// A sample of the Bayesian flow distribution of a continuous variable: `gamma x + sqrt(gamma (1 - gamma)) noise`.
  static func belief(_ x: Float, gamma: Float, noise: Float) -> Float {
    gamma * x + (gamma * (1 - gamma)).squareRoot() * noise
  }

  /// The prediction from a belief and the predicted noise: `mu / gamma - sqrt((1 - gamma) / gamma) noise`.
  static func prediction(_ mean: Float, gamma: Float, noise: Float) -> Float {
    mean / gamma - ((1 - gamma) / gamma).squareRoot() * noise
  }

  /// Largest noise that a network's output may say.
  static let largestNoise: Float = 10
}

/// `x` in [0, 1).
func wrapped(_ x: Float) -> Float {
  let w = x - x.rounded(.down)
  return w < 1 ? w : 0
}

/// The shortest way from a to b on a circle of length 1.
func minimumImage(from a: Float, to b: Float) -> Float {
  let d = b - a
  return d - d.rounded()
}
