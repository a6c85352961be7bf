import Foundation

/// How much of lattice, elements and site symmetries is left after t of `steps` steps (Nichol and Dhariwal 2021, eq. 17; Levy et al.
/// 2025, SymmCD):
///
///     f(t) = cos^2(pi / 2 (t / steps + s) / (1 + s)),  s = 0.008
///     beta_t = 1 - f(t) / f(t - 1), at least 1e-4 and at most 0.9999
///     alphaBar_t = product over u <= t of (1 - beta_u)
///
/// The product is that of the bounded betas: it ends at 2.4e-10, not at 0.
struct CosineSchedule: Sendable {
  /// The last step, all noise.
  let steps: Int
  /// (steps + 1) by step.
  private let betas, alphaBars, posteriorDeviations: [Double]

  private static let offset = 0.008
  private static let bounds = 1e-4...0.9999

  init(steps: Int = 1000) {
    precondition(steps > 0)
    self.steps = steps
    func left(_ t: Int) -> Double {
      let wave = cos(.pi / 2 * (Double(t) / Double(steps) + Self.offset) / (1 + Self.offset))
      return wave * wave
    }
    var (betas, alphaBars, deviations) = ([0.0], [1.0], [0.0])
    for t in 1...steps {
      let beta = min(Self.bounds.upperBound, max(Self.bounds.lowerBound, 1 - left(t) / left(t - 1)))
      let before = alphaBars[t - 1]
      betas.append(beta)
      alphaBars.append(before * (1 - beta))
      deviations.append((beta * (1 - before) / (1 - alphaBars[t])).squareRoot())
    }
    (self.betas, self.alphaBars, posteriorDeviations) = (betas, alphaBars, deviations)
  }

  /// The variance of the noise of step t; 0 at t = 0.
  func beta(_ t: Int) -> Double { betas[t] }

  /// The share of the data's variance that is left at t; 1 at t = 0.
  func alphaBar(_ t: Int) -> Double { alphaBars[t] }

  /// The deviation of the state at t - 1 from its mean given that at t and the data: `sqrt(beta_t (1 - alphaBar_{t-1}) / (1 -
  /// alphaBar_t))` (Ho et al. 2020, eq. 7); 0 at t = 0 and 1.
  func posteriorDeviation(_ t: Int) -> Double { posteriorDeviations[t] }
}
