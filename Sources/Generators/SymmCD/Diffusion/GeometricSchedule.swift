import Foundation

/// Deviations of the noise on fractional coordinates after t of `steps` steps (Jiao et al. 2023, DiffCSP; Levy et al. 2025, SymmCD):
///
///     sigma_t = smallest (largest / smallest)^((t - 1) / (steps - 1)),  sigma_0 = 0
///
/// The coordinates themselves do not shrink: x_t = x_0 + sigma_t noise, modulo 1.
struct GeometricSchedule: Sendable {
  /// The last step, all noise.
  let steps: Int
  /// (steps + 1) by step.
  private let sigmas: [Double]

  init(steps: Int = 1000, smallest: Double = 0.005, largest: Double = 0.5) {
    precondition(steps > 1 && smallest > 0 && largest >= smallest)
    self.steps = steps
    let (ratio, span) = (largest / smallest, Double(steps - 1))
    sigmas = (0...steps).map { t in t == 0 ? 0 : smallest * pow(ratio, Double(t - 1) / span) }
  }

  /// In fractional coordinates.
  func sigma(_ t: Int) -> Double { sigmas[t] }
}
