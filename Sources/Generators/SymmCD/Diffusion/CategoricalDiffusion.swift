import Tensors

/// Noise on classes that tends to a marginal distribution m (Austin et al. 2021, D3PM; Levy et al. 2025, SymmCD, with m of the training
/// set): after t steps a class is kept with probability alphaBar_t and drawn anew from m otherwise.
///
///     Q_{s to t} = a 1 + (1 - a) (1 m^T),  a = alphaBar_t / alphaBar_s
enum CategoricalDiffusion {
  /// How much is left at two steps of a schedule, the later of which has more noise.
  struct Jump: Sendable {
    /// alphaBar at the earlier step s; 1 for the data themselves.
    var earlier: Double
    /// alphaBar at the later step t.
    var later: Double
  }

  /// (K) probabilities of the classes after noise.
  ///
  /// - Parameter marginal: (K) what the noise tends to.
  static func noisy(class k: Int, marginal: [Double], alphaBar: Double) -> [Double] {
    marginal.indices.map { alphaBar * ($0 == k ? 1 : 0) + (1 - alphaBar) * marginal[$0] }
  }

  /// (K) probabilities of the class at an earlier step from the class at a later one and an estimate p of the data:
  ///
  ///     p(j) ~ sum_i p_i (Q_{s to t})_jz (Q_{0 to s})_ij / (Q_{0 to t})_iz
  ///          = (a delta_jz + (1 - a) m_z) (alphaBar_s w_j + (1 - alphaBar_s) m_j sum_i w_i),  w_i = p_i / (Q_{0 to t})_iz
  ///
  /// K steps instead of K^2. As in the published code, 1e-6 stands for a denominator of 0 (z cannot come of i), and all classes are alike
  /// where every probability is 0.
  ///
  /// - Parameters:
  ///   - estimate: (K) probabilities of the data's class.
  ///   - z: the class at the later step.
  ///   - marginal: (K) what the noise tends to.
  static func posterior(estimate: [Double], observed z: Int, marginal: [Double], _ jump: Jump) -> [Double] {
    let classes = estimate.indices
    precondition(marginal.count == classes.count && classes.contains(z) && jump.earlier >= jump.later)
    let drawn = (1 - jump.later) * marginal[z]
    var (weights, total) = (estimate, 0.0)
    for i in classes {
      let denominator = drawn + (i == z ? jump.later : 0)
      weights[i] /= denominator == 0 ? impossible : denominator
      total += weights[i]
    }
    let kept = jump.later / jump.earlier
    let replaced = (1 - kept) * marginal[z]
    var sum = 0.0
    for j in classes {
      weights[j] = jump.earlier * weights[j] + (1 - jump.earlier) * marginal[j] * total
      weights[j] *= replaced + (j == z ? kept : 0)
      sum += weights[j]
    }
    guard sum > 0 else { return weights.map { _ in 1 / Double(classes.count) } }
    return weights.map { $0 / sum }
  }

  /// A class by its share.
  static func draw(_ shares: [Double], _ random: inout RandomStream) -> Int {
    let weights = shares.map { Float($0) }
    return random.index(weights: weights.span)
  }

  /// What the published code divides by instead of 0.
  private static let impossible = 1e-6
}
