/// SymmCD's noise on a crystal: schedules, what they make of data, and the steps back (Levy et al. 2025; coordinates by Jiao et al. 2023,
/// DiffCSP). Functions of one crystal's arrays; a lattice comes with what its group fixes, which is never noised.
struct SymmCDSchedules: Sendable {
  /// Of lattice and classes.
  let cosine: CosineSchedule
  /// Of the coordinates.
  let geometric: GeometricSchedule
  /// (steps + 1) E[s^2] of the wrapped normal at each step, what scores are scaled by; 0 at 0.
  let scoreNorms: [Double]

  /// - Parameters:
  ///   - smallest: deviation of the coordinates' noise at the first step, in fractions of the cell.
  ///   - largest: the same at the last.
  ///   - scoreNorms: (steps + 1), where a model has its own; exact ones where nil.
  init(steps: Int = 1000, smallest: Double = 0.005, largest: Double = 0.5, scoreNorms: [Double]? = nil) {
    cosine = CosineSchedule(steps: steps)
    geometric = GeometricSchedule(steps: steps, smallest: smallest, largest: largest)
    let schedule = geometric
    let norms = scoreNorms ?? (0...steps).map { $0 == 0 ? 0 : WrappedNormal.scoreNorm(sigma: schedule.sigma($0)) }
    precondition(norms.count == steps + 1)
    self.scoreNorms = norms
  }
}

/// Forwards: data at step t.
extension SymmCDSchedules {
  /// `(x + sigma_t noise) mod 1`.
  ///
  /// - Parameters: `x`, `noise` (m, 3).
  func noisyCoordinates(_ x: [Float], noise: [Float], t: Int) -> [Float] {
    precondition(x.count == noise.count)
    let sigma = geometric.sigma(t)
    return x.indices.map { wrapped(Float(Double(x[$0]) + sigma * Double(noise[$0]))) }
  }

  /// What the network is to say of coordinates with this noise: `s(sigma_t noise, sigma_t) / sqrt(E[s^2])`.
  func scoreTarget(noise: [Float], t: Int) -> [Float] {
    let (sigma, scale) = (geometric.sigma(t), 1 / scoreNorms[t].squareRoot())
    return noise.map { Float(WrappedNormal.score(sigma * Double($0), sigma: sigma) * scale) }
  }

  /// `sqrt(alphaBar_t) k + sqrt(1 - alphaBar_t) noise` of the components that are free.
  ///
  /// - Parameters: `k`, `noise` (6); `constraint` (6) what the group fixes.
  func noisyLattice(_ k: [Float], noise: [Float], t: Int, constraint: [Float?]) -> [Float] {
    precondition(k.count == noise.count && k.count == constraint.count)
    let left = cosine.alphaBar(t)
    return k.indices.map {
      constraint[$0] ?? Float(left.squareRoot() * Double(k[$0]) + (1 - left).squareRoot() * Double(noise[$0]))
    }
  }

  /// What the network is to say of a lattice with this noise: the noise, and 0 of components that are fixed.
  func noiseTarget(noise: [Float], constraint: [Float?]) -> [Float] { zip(noise, constraint).map { $1 == nil ? $0 : 0 } }
}

/// Back: from step t to an earlier one. As the network's scores carry the opposite sign, they are subtracted.
extension SymmCDSchedules {
  /// A step of Langevin dynamics at t, before the step back (Song et al. 2021, algorithm 5); not wrapped.
  ///
  ///     x - h s + sqrt(2 h) noise,  h = rate (sigma_t / sigma_1)^2
  ///
  /// - Parameters:
  ///   - output: (m, 3) the network's, the score over sqrt(E[s^2]).
  ///   - noise: (m, 3); empty for none, as published at t = 1.
  func corrected(_ x: [Float], output: [Float], noise: [Float], t: Int, rate: Double = 1e-5) -> [Float] {
    let ratio = geometric.sigma(t) / geometric.sigma(1)
    let step = rate * ratio * ratio
    return moved(x, output, by: step, noise, deviation: (2 * step).squareRoot(), t: t)
  }

  /// The coordinates at an earlier step (Jiao et al. 2023, algorithm 2), wrapped.
  ///
  ///     x - (sigma_t^2 - sigma_s^2) s + sigma_s / sigma_t sqrt(sigma_t^2 - sigma_s^2) noise
  ///
  /// - Parameters:
  ///   - output: (m, 3) the network's, the score over sqrt(E[s^2]).
  ///   - noise: (m, 3); empty for none. At s = 0 it counts nothing.
  func earlierCoordinates(_ x: [Float], output: [Float], noise: [Float], from t: Int, to s: Int) -> [Float] {
    let (later, earlier) = (geometric.sigma(t), geometric.sigma(s))
    let step = later * later - earlier * earlier
    return moved(x, output, by: step, noise, deviation: earlier / later * step.squareRoot(), t: t).map { wrapped($0) }
  }

  private func moved(
    _ x: [Float], _ output: [Float], by step: Double, _ noise: [Float], deviation: Double, t: Int
  ) -> [Float] {
    precondition(x.count == output.count && (noise.isEmpty || noise.count == x.count))
    let scale = step * scoreNorms[t].squareRoot()
    return x.indices.map {
      let drift = Double(x[$0]) - scale * Double(output[$0])
      return Float(noise.isEmpty ? drift : drift + deviation * Double(noise[$0]))
    }
  }

  /// The lattice at an earlier step (Ho et al. 2020, algorithm 2; of several steps at once, with a = alphaBar_t / alphaBar_s).
  ///
  ///     (k - (1 - a) / sqrt(1 - alphaBar_t) output) / sqrt(a) + sqrt((1 - a) (1 - alphaBar_s) / (1 - alphaBar_t)) noise
  ///
  /// - Parameters:
  ///   - output: (6) the noise, as the network says.
  ///   - noise: (6); empty for none. At s = 0 it counts nothing.
  ///   - constraint: (6) what the group fixes.
  func earlierLattice(
    _ k: [Float], output: [Float], noise: [Float], from t: Int, to s: Int, constraint: [Float?]
  ) -> [Float] {
    precondition(k.count == output.count && (noise.isEmpty || noise.count == k.count) && k.count == constraint.count)
    let (later, earlier) = (cosine.alphaBar(t), cosine.alphaBar(s))
    // Of one step the schedule's own beta: 1 less the ratio of two products has lost digits.
    let lost = s == t - 1 ? cosine.beta(t) : 1 - later / earlier
    let (share, grown) = (lost / (1 - later).squareRoot(), 1 / (1 - lost).squareRoot())
    let deviation = (lost * (1 - earlier) / (1 - later)).squareRoot()
    return k.indices.map {
      let mean = grown * (Double(k[$0]) - share * Double(output[$0]))
      return constraint[$0] ?? Float(noise.isEmpty ? mean : mean + deviation * Double(noise[$0]))
    }
  }
}
