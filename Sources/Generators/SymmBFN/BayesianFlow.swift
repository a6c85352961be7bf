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
  private let latticeMoments: [Float]

  public init(_ configuration: SymmBFNConfiguration.Flow, _ statistics: DatasetStatistics) {
    self.configuration = configuration
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
    switch configuration.latticeOutput {
    case .noise:
      slope = -((1 - gamma) / gamma).squareRoot()
      estimate = Self.prediction(mean, gamma: gamma, noise: bounded)
    case .posterior:
      // x ~ N(m, s^2), mu ~ N(gamma x, gamma (1 - gamma)): the posterior mean is m + w (mu / gamma - m), its variance s^2 (1 - w).
      let (m, s) = (latticeMoments[2 * c], latticeMoments[2 * c + 1])
      let w = gamma * s * s / (gamma * s * s + 1 - gamma)
      slope = s * (1 - w).squareRoot()
      estimate = m + w * (mean / gamma - m) + slope * bounded
    }
    return (estimate, bounded == output ? slope : 0)
  }

  /// Tells the sites what the beliefs say of the crystal, in numbers of order one: the six components of the lattice (linear
  /// posterior means, standardised), the site's ln multiplicity, ln of the number of atoms in the cell, and the volume an atom.
  ///
  /// The volume is `exp(3 k6)`; 18 cubic angstrom an atom is 0, a factor e^0.4 is 1.
  func describe(_ batch: inout BeliefBatch) {
    for (b, range) in batch.graph.ranges.enumerated() {
      let gamma = Self.gamma(batch.times[b], sigma: configuration.sigmaLattice)
      let lattice = (0..<6).map { c in
        let (m, s) = (latticeMoments[2 * c], max(1e-3, latticeMoments[2 * c + 1]))
        let w = gamma * s * s / (gamma * s * s + 1 - gamma)
        return (estimate: m + w * (batch.lattice[b, c] / gamma - m), deviation: s, mean: m)
      }
      let codes = WyckoffCodes.of(spaceGroup: batch.spaceGroups[b])
      let multiplicities = (0..<range.sites).map {
        codes.multiplicity(
          batch.siteSymmetries.values, offset: (range.firstSite + $0) * BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses)
      }
      let atoms = log(multiplicities.reduce(0) { $0 + $1.mean })
      let volume = (3 * Double(lattice[5].estimate) - atoms - log(18)) / 0.4
      for i in 0..<range.sites {
        let site = range.firstSite + i
        for (c, k) in lattice.enumerated() { batch.geometry[site, c] = min(5, max(-5, (k.estimate - k.mean) / k.deviation)) }
        batch.geometry[site, 6] = Float(multiplicities[i].meanLogarithm - 2)
        batch.geometry[site, 7] = Float(atoms - 2.5)
        batch.geometry[site, 8] = Float(min(8, max(-8, volume)))
      }
    }
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

  /// Adds a noisy observation of class `k` to log-beliefs: `beta (K e_k - 1) + sqrt(beta K) noise`.
  ///
  /// - Parameters:
  ///   - logits: log-beliefs, the K from `offset` on.
  ///   - noise: K standard normal deviates from `noiseOffset` on.
  static func observe(
    _ k: Int, classes: Int, accuracy: Float, logits: inout [Float], offset: Int, noise: [Float], noiseOffset: Int
  ) {
    let scale = (accuracy * Float(classes)).squareRoot()
    for c in 0..<classes { logits[offset &+ c] += scale * noise[noiseOffset &+ c] - accuracy }
    logits[offset + k] += accuracy * Float(classes)
  }
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
