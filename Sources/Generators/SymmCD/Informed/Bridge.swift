import Tensors

/// A step of the reversed noise, from a time t to an earlier one s: the distribution at s of what is seen, given what is seen at t and an
/// estimate of what there was before the noise; with its noise, or with the noise that there is already.
struct Bridge {
  private let from: InformedDiffusion.Level
  private let to: InformedDiffusion.Level
  private let sampler: SymmCDConfiguration.Sampler
  /// `alpha_bar_t / alpha_bar_s`.
  private let kept: Float

  init(from: InformedDiffusion.Level, to: InformedDiffusion.Level, _ sampler: SymmCDConfiguration.Sampler) {
    (self.from, self.to, self.sampler) = (from, to, sampler)
    kept = from.signal / to.signal
  }

  /// Variance preserved (Ho et al. 2020, equation 7; without noise Song et al. 2021, equation 12).
  func lattice(_ estimate: Float, _ seen: Float, _ noise: Float) -> Float {
    let (now, next) = (1 - from.signal, 1 - to.signal)
    guard sampler == .ancestral else {
      return to.signal.squareRoot() * estimate + (next / now).squareRoot() * (seen - from.signal.squareRoot() * estimate)
    }
    let mean = (to.signal.squareRoot() * (1 - kept) * estimate + kept.squareRoot() * next * seen) / now
    return mean + ((1 - kept) * next / now).squareRoot() * noise
  }

  /// Variance exploding, along the shortest way (Song et al. 2021, score-based models, equation 47; Jiao et al. 2023, DiffCSP).
  func coordinate(_ estimate: Float, _ seen: Float, _ noise: Float) -> Float {
    let ratio = to.sigma / from.sigma
    let away = minimumImage(from: estimate, to: seen)
    guard sampler == .ancestral else { return estimate + ratio * away }
    return estimate + ratio * ratio * away + to.sigma * (1 - ratio * ratio).squareRoot() * noise
  }

  /// A class at s (Austin et al. 2021, equation 3; without noise Song et al. 2021, appendix A: what is seen stays or gives way to the
  /// estimate).
  ///
  /// - Parameter shares: what classes turn into.
  func draw(_ estimate: Int, _ seen: Int, _ shares: [Double], _ random: inout RandomStream) -> Int {
    guard sampler == .ancestral else {
      return Float(random.uniform()) * (1 - from.signal) < 1 - to.signal ? seen : estimate
    }
    let truth = shares.indices.map { $0 == estimate ? 1.0 : 0 }
    let posterior = CategoricalDiffusion.posterior(
      estimate: truth, observed: seen, marginal: shares, .init(earlier: Double(to.signal), later: Double(from.signal)))
    return CategoricalDiffusion.draw(posterior, &random)
  }
}
