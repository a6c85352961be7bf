/// A noisy observation of a number x: normal around `scale x`.
///
/// A Bayesian flow has scale gamma and variance gamma (1 - gamma), a diffusion whose variance is preserved sqrt(alpha) and 1 - alpha,
/// one whose variance explodes 1 and sigma^2.
struct GaussianObservation: Sendable, Equatable {
  let scale: Double
  let variance: Double

  /// Of x itself: that of the observation over its scale.
  var relativeVariance: Double { variance / (scale * scale) }

  /// How much of the posterior mean is the observation, with a normal prior of some variance.
  func weight(priorVariance: Double) -> Double { priorVariance / (priorVariance + relativeVariance) }
}
