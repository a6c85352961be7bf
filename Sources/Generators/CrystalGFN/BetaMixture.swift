import Foundation
import Tensors

/// Mixtures of Beta distributions on (0, 1), one a dimension, from the raw numbers of a network.
///
/// Raw numbers lie by dimension and component, three each: of alpha and of beta (`100 sigmoid(raw) + 1`), and the logit of the component's
/// weight.
enum BetaMixture {
  /// Raw numbers of a component.
  static let numbers = 3
  /// Relative increments stay so far from 0 and 1.
  static let margin = 1e-6

  /// Coefficient of a Beta distribution, 1 to 101.
  static func coefficient(_ raw: Double) -> Double { 100 / (1 + exp(-raw)) + 1 }

  /// The raw number of a coefficient.
  static func raw(_ coefficient: Double) -> Double {
    let share = (coefficient - 1) / 100
    return log(share / (1 - share))
  }

  /// ln of the density of one dimension at r.
  ///
  /// - Parameter raw: (components, 3).
  static func logDensity(_ r: Double, _ raw: ArraySlice<Float>) -> Double {
    let parts = components(r, raw)
    return logSum(parts.map { $0.logWeight + $0.logDensity })
  }

  /// Adds the gradient of ln of the density to that of the raw numbers, times a factor.
  ///
  /// - Parameter start: of the dimension's numbers in the row.
  static func addGradient(
    _ r: Double, _ raw: ArraySlice<Float>, factor: Double, into gradient: inout Matrix, row: Int, start: Int
  ) {
    let parts = components(r, raw)
    let whole = logSum(parts.map { $0.logWeight + $0.logDensity })
    let (logR, logRest) = (log(clipped(r)), log1p(-clipped(r)))
    for (k, part) in parts.enumerated() {
      let share = exp(part.logWeight + part.logDensity - whole)
      let both = Gamma.digamma(part.alpha + part.beta)
      func slope(_ coefficient: Double) -> Double { (coefficient - 1) * (1 - (coefficient - 1) / 100) }
      let alpha = share * (logR - Gamma.digamma(part.alpha) + both) * slope(part.alpha)
      let beta = share * (logRest - Gamma.digamma(part.beta) + both) * slope(part.beta)
      let place = start + numbers * k
      gradient[row, place] += Float(factor * alpha)
      gradient[row, place + 1] += Float(factor * beta)
      gradient[row, place + 2] += Float(factor * (share - exp(part.logWeight)))
    }
  }

  /// Draws from one dimension.
  static func draw(_ raw: ArraySlice<Float>, _ random: inout RandomStream) -> Double {
    let parts = components(0.5, raw)
    let weights = parts.map { Float(exp($0.logWeight)) }
    let part = parts[random.index(weights: weights.span)]
    let (a, b) = (Gamma.draw(part.alpha, &random), Gamma.draw(part.beta, &random))
    return clipped(a / (a + b))
  }

  static func clipped(_ r: Double) -> Double { min(1 - margin, max(margin, r)) }

  private static func components(
    _ r: Double, _ raw: ArraySlice<Float>
  ) -> [(alpha: Double, beta: Double, logWeight: Double, logDensity: Double)] {
    let r = clipped(r)
    let (logR, logRest, first) = (log(r), log1p(-r), raw.startIndex)
    let count = raw.count / numbers
    let whole = logSum((0..<count).map { Double(raw[first + numbers * $0 + 2]) })
    return (0..<count).map { k in
      let place = first + numbers * k
      let (alpha, beta) = (coefficient(Double(raw[place])), coefficient(Double(raw[place + 1])))
      let density =
        (alpha - 1) * logR + (beta - 1) * logRest
        + Gamma.logarithm(alpha + beta) - Gamma.logarithm(alpha) - Gamma.logarithm(beta)
      return (alpha, beta, Double(raw[place + 2]) - whole, density)
    }
  }

  private static func logSum(_ x: [Double]) -> Double {
    let most = x.max() ?? 0
    return most + log(x.reduce(0) { $0 + exp($1 - most) })
  }
}

/// The gamma function for arguments of 1 and more, by Stirling's series (Abramowitz & Stegun 6.1.41, 6.3.18), to 1e-12.
enum Gamma {
  /// ln of the gamma function.
  static func logarithm(_ x: Double) -> Double {
    var (x, below) = (x, 0.0)
    var product = 1.0
    while x < 10 {
      product *= x
      x += 1
    }
    below = log(product)
    let inverse = 1 / (x * x)
    let series = (1.0 / 12 - inverse * (1.0 / 360 - inverse * (1.0 / 1260 - inverse * (1.0 / 1680 - inverse / 1188)))) / x
    return (x - 0.5) * log(x) - x + 0.5 * log(2 * .pi) + series - below
  }

  /// Its derivative.
  static func digamma(_ x: Double) -> Double {
    var (x, below) = (x, 0.0)
    while x < 10 {
      below += 1 / x
      x += 1
    }
    let inverse = 1 / (x * x)
    let series = inverse * (1.0 / 12 - inverse * (1.0 / 120 - inverse * (1.0 / 252 - inverse * (1.0 / 240 - inverse / 132))))
    return log(x) - 0.5 / x - series - below
  }

  /// A gamma variate of scale 1 (Marsaglia & Tsang 2000).
  ///
  /// - Parameter shape: 1 or more.
  static func draw(_ shape: Double, _ random: inout RandomStream) -> Double {
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      // A normal deviate by the polar method of Box and Muller.
      let x = (-2 * log(random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
      let cube = 1 + c * x
      guard cube > 0 else { continue }
      let v = cube * cube * cube
      if log(random.uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }
}
