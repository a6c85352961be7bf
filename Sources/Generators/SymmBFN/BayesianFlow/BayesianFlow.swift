import Foundation
import Networks
import Tensors

/// The Bayesian flow of SymmBFN: how data turn into beliefs, and beliefs and network outputs into predictions.
///
/// Continuous (coordinates, lattice): Graves et al. 2023, section 4; discrete (elements, site symmetries): section 6. Greek
/// letters: gamma(t) = 1 - sigma^(2t) is how much of the data a belief holds, alpha and beta(t) are accuracies.
public struct BayesianFlow: Sendable {
  let configuration: SymmBFNConfiguration.Flow
  /// (6, 2) mean and deviation of the k-vector's components.
  let latticeMoments: [Float]

  /// (231, positions) logarithms of the shares of the training set's sites; empty where positions are no classes.
  let logPositionShares: [[Double]]
  /// What the network is told, and what its outputs mean.
  let form: SymmBFNConfiguration.Form

  init(_ configuration: SymmBFNConfiguration.Flow, _ statistics: DatasetStatistics, form: SymmBFNConfiguration.Form) {
    self.form = form
    self.configuration = configuration
    logPositionShares = form == .informed ? SkeletonPrior(statistics).positions.map { $0.map { log($0) } } : []
    latticeMoments = statistics.latticeMoments.map { Float($0) }
  }

  /// The estimate of a component of the lattice from its belief and the network's output, and its derivative by the output.
  ///
  /// - Parameters:
  ///   - mean: of the belief.
  ///   - c: which of the six components.
  func latticeEstimate(mean: Float, output: Float, component c: Int, gamma: Float) -> (estimate: Float, slope: Float) {
    let bounded = min(Self.largestNoise, max(-Self.largestNoise, output))
    let slope: Float
    let estimate: Float
    switch form {
    // The output is the noise: at early times an error of it counts up to 36-fold.
    case .published:
      slope = -((1 - gamma) / gamma).squareRoot()
      estimate = Self.prediction(mean, gamma: gamma, noise: bounded)
    // The output moves the estimate away from the posterior mean under a normal prior with the training set's moments, in units of
    // the posterior's deviation: without knowledge the estimate is the best linear one.
    case .informed:
      let (m, s) = (latticeMoments[2 * c], latticeMoments[2 * c + 1])
      let (posterior, w) = Self.posterior(mean, priorMean: m, deviation: s, gamma: gamma)
      slope = s * (1 - w).squareRoot()
      estimate = posterior + slope * bounded
    }
    return (estimate, bounded == output ? slope : 0)
  }

  /// With x ~ N(m, s^2) and mu ~ N(gamma x, gamma (1 - gamma)) the posterior mean is m + w (mu / gamma - m), its variance
  /// s^2 (1 - w).
  static func posterior(
    _ mu: Float, priorMean m: Float, deviation s: Float, gamma: Float
  ) -> (mean: Float, weight: Float) {
    let w = gamma * s * s / (gamma * s * s + 1 - gamma)
    return (m + w * (mu / gamma - m), w)
  }

  /// The estimate of a coordinate from its belief and the network's output, not wrapped, and its derivative by the output.
  func coordinateEstimate(
    _ batch: BeliefBatch, site: Int, component c: Int, output: Float, gamma: Float
  ) -> (estimate: Float, slope: Float) {
    let mean = batch.coordinates[site, c]
    let raw = form == .published ? output + mean : output
    let bounded = min(Self.largestNoise, max(-Self.largestNoise, raw))
    let slope: Float
    let estimate: Float
    switch form {
    // The output, with the mean added, is the noise.
    case .published:
      slope = -((1 - gamma) / gamma).squareRoot()
      estimate = Self.prediction(mean, gamma: gamma, noise: bounded)
    // The output moves the estimate away from the posterior mean over the group's Wyckoff positions, in units of the posterior's
    // deviation: coordinates that symmetry fixes are exact.
    case .informed:
      let prior = Float(WyckoffPosterior.priorVariance)
      // A hundredth of a free coordinate's variance is left, should the posterior be too sure of itself.
      let free = prior * (1 - gamma) / (gamma * prior + 1 - gamma)
      slope = (batch.deviations[site, c] * batch.deviations[site, c] + 0.01 * free).squareRoot()
      estimate = batch.positions[site, c] + slope * bounded
    }
    return (estimate, bounded == raw ? slope : 0)
  }

  /// Which lattice image of an estimate the data have: representatives lie in [0, 1).
  ///
  /// - Parameter mean: of the belief on the line. Late it says which image, early it says nothing.
  func image(of estimate: Float, mean: Float, gamma: Float) -> Float {
    let prior = Float(WyckoffPosterior.priorVariance)
    let weight = gamma * prior / (gamma * prior + 1 - gamma)
    let early = form == .informed ? estimate : wrapped(estimate)
    let image = weight > 0.9 ? early + (mean / gamma - early).rounded() : early
    return min(1.5, max(-0.5, image))
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

  /// The network's outputs as the losses and the sampler read them: (N, 3) noise or displacements, (B, 6), (N, 100) logits of the
  /// elements, (N, 15 x 13) logits of operations or of the informed form (N, 27) of Wyckoff positions.
  func read(
    _ outputs: SymmBFNNetwork.Outputs<Tape.Value>, _ batch: BeliefBatch, _ tape: inout Tape
  ) -> SymmBFNNetwork.Outputs<Tape.Value> {
    var read = outputs
    read.elements = tape.apply(TiedLogits(batch, form), outputs.elements)
    guard form == .informed else { return read }
    read.coordinates = tape.apply(DirectionalMoves(batch), outputs.coordinates)
    read.siteSymmetries = tape.apply(PositionScores(batch), outputs.siteSymmetries)
    return read
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
