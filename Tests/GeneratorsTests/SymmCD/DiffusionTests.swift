import Foundation
import TestSupport
import Testing

@testable import Generators

/// Noise and its way back against SymmCD's own code, and laws that hold beyond it.
@Suite("SymmCD's diffusion") struct SymmCDDiffusionTests {
  /// `Tests/References/SymmCD/diffusion.json`.
  private struct Reference: Decodable {
    struct Step: Decodable {
      var t: Int
      var beta, alpha_bar, posterior_sigma, sigma_x, score_norm: Double
    }
    struct Score: Decodable {
      var x, sigma: Double
      var value: Double?
    }
    struct Posterior: Decodable {
      var marginal: [Double]
      var t, z_t: Int
      var p_x0, p_previous: [Double]
    }
    var schedule: [Step]
    var wrapped_score: [Score]
    var posterior: [Posterior]
  }

  private static func read() throws -> Reference { try reference("SymmCD/diffusion.json", as: Reference.self) }

  private let cosine = CosineSchedule()
  private let geometric = GeometricSchedule()

  private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-6) -> Bool { abs(a - b) <= tolerance * abs(b) }

  @Test("schedules are the published ones")
  func schedules() throws {
    let rows = try Self.read().schedule
    #expect(rows.count == 20)
    for row in rows {
      #expect(isClose(cosine.beta(row.t), row.beta), "beta \(row.t)")
      #expect(isClose(cosine.alphaBar(row.t), row.alpha_bar), "alphaBar \(row.t)")
      #expect(isClose(cosine.posteriorDeviation(row.t), row.posterior_sigma), "posterior deviation \(row.t)")
      #expect(isClose(geometric.sigma(row.t), row.sigma_x), "sigma \(row.t)")
      let norm = WrappedNormal.scoreNorm(sigma: row.sigma_x)
      #expect(isClose(norm, row.score_norm), "score norm \(row.t): \(norm), not \(row.score_norm)")
    }
    #expect(cosine.beta(0) == 0 && cosine.alphaBar(0) == 1 && cosine.posteriorDeviation(0) == 0 && geometric.sigma(0) == 0)
  }

  @Test("scores are the published ones, and where those are 0/0 the nearest image's")
  func scores() throws {
    let rows = try Self.read().wrapped_score
    #expect(rows.count == 98 && rows.contains { $0.value == nil })
    for row in rows {
      let nearest = row.x - row.x.rounded()
      // Between two images, where the code has no number.
      let isMiddle = abs(abs(nearest) - 0.5) < 1e-9
      let expected = row.value ?? (isMiddle ? 0 : nearest / (row.sigma * row.sigma))
      let found = WrappedNormal.score(row.x, sigma: row.sigma)
      // The published sums leave a rest where they cancel.
      let scale = max(abs(expected), 1e-9 / (row.sigma * row.sigma))
      #expect(abs(found - expected) < 1e-6 * scale, "x \(row.x), sigma \(row.sigma): \(found), not \(expected)")
    }
  }

  @Test("a score is minus the slope of the log density, is odd and has period 1")
  func scoreLaws() {
    func logDensity(_ d: Double, _ sigma: Double) -> Double {
      log((-10...10).reduce(0) { $0 + exp(-(d + Double($1)) * (d + Double($1)) / (2 * sigma * sigma)) })
    }
    for sigma in [0.05, 0.1, 0.3, 0.5] {
      for d in stride(from: -0.93, to: 1, by: 0.17) {
        let (score, h) = (WrappedNormal.score(d, sigma: sigma), 1e-5)
        let slope = (logDensity(d - h, sigma) - logDensity(d + h, sigma)) / (2 * h)
        let scale = 1e-6 / (sigma * sigma)
        #expect(abs(score - slope) < scale)
        #expect(abs(score + WrappedNormal.score(-d, sigma: sigma)) < scale)
        #expect(abs(score - WrappedNormal.score(d + 3, sigma: sigma)) < scale)
      }
    }
    let numbers = [1e-6, 0.005, 0.5].flatMap { sigma in [0, 0.5, -7.3, 25].map { WrappedNormal.score($0, sigma: sigma) } }
    #expect(!numbers.contains { !$0.isFinite })
  }

  @Test("posteriors of classes are the published ones, also of impossible classes")
  func posteriors() throws {
    let rows = try Self.read().posterior
    #expect(rows.count == 96 && rows.contains { $0.marginal[$0.z_t] == 0 })
    for row in rows {
      let found = CategoricalDiffusion.posterior(
        estimate: row.p_x0, observed: row.z_t, marginal: row.marginal,
        .init(earlier: cosine.alphaBar(row.t - 1), later: cosine.alphaBar(row.t)))
      let worst = zip(found, row.p_previous).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-5, "\(row): \(found)")
    }
  }

  /// What noise of the steps `first + 1...last` does to a class, by steps.
  private func transition(_ first: Int, _ last: Int, _ marginal: [Double]) -> [[Double]] {
    let classes = marginal.indices
    var matrix = classes.map { i in classes.map { $0 == i ? 1.0 : 0 } }
    for t in (first + 1)..<(last + 1) {
      let step = classes.map { CategoricalDiffusion.noisy(class: $0, marginal: marginal, alphaBar: 1 - cosine.beta(t)) }
      matrix = matrix.map { row in classes.map { j in classes.reduce(0) { $0 + row[$1] * step[$1][j] } } }
    }
    return matrix
  }

  @Test("a posterior is Bayes' rule on the noise of single steps", arguments: [(37, 38), (12, 40), (0, 25), (400, 480)])
  func bayes(earlier: Int, later: Int) {
    let (marginal, estimate) = ([0.4, 0.1, 0.25, 0.05, 0.2], [0.05, 0.3, 0.35, 0.1, 0.2])
    let toEarlier = transition(0, earlier, marginal)
    let between = transition(earlier, later, marginal)
    let toLater = transition(0, later, marginal)
    let jump = CategoricalDiffusion.Jump(earlier: cosine.alphaBar(earlier), later: cosine.alphaBar(later))
    for z in marginal.indices {
      let found = CategoricalDiffusion.posterior(estimate: estimate, observed: z, marginal: marginal, jump)
      for j in marginal.indices {
        let expected = marginal.indices.reduce(0.0) {
          $0 + estimate[$1] * between[j][z] * toEarlier[$1][j] / toLater[$1][z]
        }
        #expect(abs(found[j] - expected) < 1e-9)
      }
    }
  }

  @Test("a jump is what single steps make of it, for every class of the data", arguments: [(10, 30), (200, 215), (985, 1000)])
  func jumps(earlier: Int, later: Int) {
    let marginal = [0.4, 0.1, 0.25, 0.05, 0.2]
    for data in marginal.indices {
      let certain = marginal.indices.map { $0 == data ? 1.0 : 0 }
      func posterior(_ z: Int, _ s: Int, _ t: Int) -> [Double] {
        CategoricalDiffusion.posterior(
          estimate: certain, observed: z, marginal: marginal, .init(earlier: cosine.alphaBar(s), later: cosine.alphaBar(t)))
      }
      for z in marginal.indices {
        var steps = marginal.indices.map { $0 == z ? 1.0 : 0 }
        for t in ((earlier + 1)...later).reversed() {
          var before = marginal.map { _ in 0.0 }
          for k in marginal.indices { for (j, p) in posterior(k, t - 1, t).enumerated() { before[j] += steps[k] * p } }
          steps = before
        }
        for (a, b) in zip(posterior(z, earlier, later), steps) { #expect(abs(a - b) < 1e-9) }
      }
    }
  }
}
