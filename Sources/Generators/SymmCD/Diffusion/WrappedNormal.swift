import Foundation

/// A normal distribution on a circle of circumference 1, the noise of fractional coordinates (Jiao et al. 2023, DiffCSP, appendix B.1).
enum WrappedNormal {
  /// Images of the normal distribution: -10...10.
  private static let images = 10

  /// **Minus** the derivative of the log density, the sign that SymmCD's network learns and its sampler subtracts:
  ///
  ///     s(d) = sum_j (d + j) / sigma^2 w_j / sum_j w_j,  w_j = exp(-(d + j)^2 / (2 sigma^2)),  j = -10...10
  ///
  /// The largest weight is 1 here, so that nothing is 0/0 far from 0: the nearest image decides there.
  static func score(_ d: Double, sigma: Double) -> Double {
    precondition(sigma > 0)
    let precision = 1 / (sigma * sigma)
    let nearest = d - min(Double(images), max(-Double(images), d.rounded()))
    var (sum, weights) = (0.0, 0.0)
    for j in -images...images {
      let x = d + Double(j)
      let exponent = precision * (nearest * nearest - x * x) / 2
      // A weight of 1e-35 is lost beside 1.
      guard exponent > -80 else { continue }
      let weight = exp(exponent)
      sum += x * weight
      weights += weight
    }
    return sum / weights * precision
  }

  /// The mean of the squared score over the noise, E[s^2]: what scores are scaled by.
  ///
  /// The integrand is smooth and has period 1, so that equal steps are as good as any quadrature; 16 a deviation leave nothing to be
  /// seen in double precision.
  static func scoreNorm(sigma: Double) -> Double {
    precondition(sigma > 0)
    let half = max(64, Int((8 / sigma).rounded(.up)))
    var sum = 0.0
    // It is even: 0 and 1/2 stand once on the circle, where the score is 0, all others twice.
    for i in 1..<half {
      let d = Double(i) / Double(2 * half)
      let score = score(d, sigma: sigma)
      sum += 2 * density(d, sigma: sigma) * score * score
    }
    return sum / Double(2 * half)
  }

  private static func density(_ d: Double, sigma: Double) -> Double {
    var sum = 0.0
    for j in -images...images {
      let x = (d + Double(j)) / sigma
      sum += exp(-x * x / 2)
    }
    return sum / (sigma * (2 * .pi).squareRoot())
  }
}
