import Crystals
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Generators

/// Noise, losses and steps back against SymmCD's own code.
@Suite("SymmCD's steps") struct SymmCDStepTests {
  /// `Tests/References/SymmCD/steps.json`.
  private struct Reference: Decodable {
    struct Losses: Decodable { var loss, loss_lattice, loss_coord, loss_type, loss_symm: Double }
    struct Training: Decodable {
      var t, space_groups, sites: [Int]
      var x_0, k_0: [[Float]]
      var atomic_numbers: [Int]
      var site_symmetry: [[UInt8]]
      var noise_x, noise_k, x_t, k_t, decoder_k, decoder_x, decoder_type_logits, decoder_symmetry_logits: [[Float]]
      var losses: Losses
    }
    struct Sampling: Decodable {
      var t: Int
      var space_groups, sites: [Int]
      var k_prior_noise, x_t, k_t, decoder_1_x, decoder_2_x, decoder_2_k, x_half, x_previous, k_previous: [[Float]]
      var noise_x_corrector, noise_k, noise_x_predictor: [[Float]]?
    }
    var score_norms: [String: Double]
    var step_rate: Double
    var training: [Training]
    var sampling: [Sampling]

    /// The published schedules with the norms that the code drew.
    var schedules: SymmCDSchedules {
      var norms = [Double](repeating: 1, count: 1001)
      for (t, norm) in score_norms { if let t = Int(t) { norms[t] = norm } }
      return SymmCDSchedules(scoreNorms: norms)
    }
  }

  private static func read() throws -> Reference { try reference("SymmCD/steps.json", as: Reference.self) }

  private static func constraint(_ group: Int) -> [Float?] {
    LatticeLogMetric.constraint(spaceGroup: group).map { $0.map { Float($0) } }
  }

  /// Rows of the sites of each crystal, one behind the other.
  private static func parts(_ rows: [[Float]], _ sites: [Int]) -> [[Float]] {
    var first = 0
    return sites.map { count in
      defer { first += count }
      return rows[first..<first + count].flatMap { $0 }
    }
  }

  /// The largest difference over a scale of at least 1; coordinates on the circle.
  private func distance(_ found: [Float], _ expected: [Float], onCircle: Bool = false) -> Float {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).map { a, b in
      let d = a - b
      return abs(onCircle ? d - d.rounded() : d) / max(1, abs(b))
    }.max() ?? .infinity
  }

  @Test("data with noise are the published code's")
  func noise() throws {
    let reference = try Self.read()
    let schedules = reference.schedules
    #expect(reference.training.count == 2)
    for row in reference.training {
      let (x, noise, expected) = (
        Self.parts(row.x_0, row.sites), Self.parts(row.noise_x, row.sites), Self.parts(row.x_t, row.sites)
      )
      for (b, t) in row.t.enumerated() {
        #expect(distance(schedules.noisyCoordinates(x[b], noise: noise[b], t: t), expected[b], onCircle: true) < 1e-5)
        let k = schedules.noisyLattice(
          row.k_0[b], noise: row.noise_k[b], t: t, constraint: Self.constraint(row.space_groups[b]))
        #expect(distance(k, row.k_t[b]) < 1e-5, "\(k), not \(row.k_t[b])")
      }
    }
  }

  /// What the network said and was to say of the two crystals of a training step.
  private static func step(
    _ row: Reference.Training, _ schedules: SymmCDSchedules
  ) -> (SymmCDNetwork.Outputs<Matrix>, SymmCDTargets) {
    func matrix(_ rows: [[Float]]) -> Matrix {
      var matrix = Matrix(rows: rows.count, columns: rows[0].count)
      matrix.values = rows.flatMap { $0 }
      return matrix
    }
    let outputs = SymmCDNetwork.Outputs(
      coordinates: matrix(row.decoder_x), lattice: matrix(row.decoder_k), elements: matrix(row.decoder_type_logits),
      siteSymmetries: matrix(row.decoder_symmetry_logits))
    var targets = SymmCDTargets()
    for (b, noise) in parts(row.noise_x, row.sites).enumerated() {
      targets.coordinates += schedules.scoreTarget(noise: noise, t: row.t[b])
      targets.lattice += schedules.noiseTarget(noise: row.noise_k[b], constraint: constraint(row.space_groups[b]))
    }
    targets.elements = row.atomic_numbers.map { $0 - 1 }
    targets.siteSymmetries = row.site_symmetry.flatMap { $0 }
    return (outputs, targets)
  }

  @Test("losses are the published code's")
  func losses() throws {
    let reference = try Self.read()
    for row in reference.training {
      let (outputs, targets) = Self.step(row, reference.schedules)
      var gradients = outputs
      let share = BatchShare(rows: row.x_0.count, examples: row.sites.count)
      let found = SymmCDLosses().values(outputs, targets, share: share, gradients: &gradients)
      let losses = row.losses
      let expected = [losses.loss_coord, losses.loss_lattice, losses.loss_type, losses.loss_symm]
      for (name, (a, b)) in zip(SymmCD.terms, zip(found.values, expected)) {
        #expect(abs(a - b) < 1e-5 * b, "\(name): \(a), not \(b)")
      }
      #expect(abs(found.objective - losses.loss) < 1e-5 * losses.loss)
    }
  }

  @Test("their gradients are slopes of the objective")
  func gradients() throws {
    let reference = try Self.read()
    let (outputs, targets) = Self.step(reference.training[0], reference.schedules)
    let (losses, share) = (SymmCDLosses(), BatchShare(rows: 7, examples: 3))
    var (gradients, scratch) = (outputs, outputs)
    _ = losses.values(outputs, targets, share: share, gradients: &gradients)
    for path in [\SymmCDNetwork.Outputs<Matrix>.coordinates, \.lattice, \.elements, \.siteSymmetries] {
      let gradient = gradients[keyPath: path].values
      let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      var slope = (measured: 0.0, expected: 0.0)
      for direction in 0..<3 {
        var random = RandomStream(seed: 6, purpose: "direction", index: UInt64(direction))
        var (up, down) = (outputs, outputs)
        let h: Float = 0.02
        slope.expected = 0
        for i in gradient.indices {
          let sign: Float = random.uniform() < 0.5 ? -1 : 1
          up[keyPath: path].values[i] += h * sign
          down[keyPath: path].values[i] -= h * sign
          slope.expected += Double(sign) * Double(gradient[i])
        }
        let above = losses.values(up, targets, share: share, gradients: &scratch).objective
        let below = losses.values(down, targets, share: share, gradients: &scratch).objective
        slope.measured = (above - below) / Double(2 * h)
        #expect(abs(slope.measured - slope.expected) < 2e-3 * norm, "\(path), \(slope), length \(norm)")
      }
    }
  }

  @Test("the step back is the published code's: corrector, predictor, lattice")
  func sampling() throws {
    let reference = try Self.read()
    let schedules = reference.schedules
    #expect(reference.sampling.map(\.t) == [1000, 500, 2, 1])
    for row in reference.sampling {
      let t = row.t
      func noise(_ rows: [[Float]]?, _ b: Int) -> [Float] { rows.map { Self.parts($0, row.sites)[b] } ?? [] }
      let (x, half, previous) = (
        Self.parts(row.x_t, row.sites), Self.parts(row.x_half, row.sites), Self.parts(row.x_previous, row.sites)
      )
      let (first, second) = (Self.parts(row.decoder_1_x, row.sites), Self.parts(row.decoder_2_x, row.sites))
      for b in row.sites.indices {
        let constraint = Self.constraint(row.space_groups[b])
        let start = zip(row.k_prior_noise[b], constraint).map { $1 ?? $0 }
        #expect(distance(start, row.k_t[b]) < 1e-6)
        let corrected = schedules.corrected(
          x[b], output: first[b], noise: noise(row.noise_x_corrector, b), t: t, rate: reference.step_rate)
        #expect(distance(corrected, half[b]) < 1e-5, "t \(t): \(corrected), not \(half[b])")
        let earlier = schedules.earlierCoordinates(
          corrected, output: second[b], noise: noise(row.noise_x_predictor, b), from: t, to: t - 1)
        #expect(distance(earlier, previous[b], onCircle: true) < 1e-5, "t \(t): \(earlier), not \(previous[b])")
        let k = schedules.earlierLattice(
          row.k_t[b], output: row.decoder_2_k[b], noise: row.noise_k?[b] ?? [], from: t, to: t - 1, constraint: constraint)
        // 1 / sqrt(1 - beta) is 100 at t = 1000, where the code's float32 has three digits less of 1 - beta.
        #expect(distance(k, row.k_previous[b]) < (t == 1000 ? 2e-4 : 1e-5), "t \(t): \(k), not \(row.k_previous[b])")
      }
    }
  }

  @Test("with the true noise several steps at once lead to the data, and what a group fixes stays")
  func jumps() {
    let schedules = SymmCDSchedules()
    let (x, noise): ([Float], [Float]) = ([0.2, 0.7, 0.95], [0.3, -0.8, 0.5])
    let constraint = Self.constraint(194)
    let k: [Float] = zip([0, 0, 0, 0, 0.4, 1.5] as [Float], constraint).map { $1 ?? $0 }
    let kNoise: [Float] = [1, -1, 0.5, 2, 0.3, -0.7]
    for t in [50, 300, 700] {
      let noisy = schedules.noisyLattice(k, noise: kNoise, t: t, constraint: constraint)
      let back = schedules.earlierLattice(noisy, output: kNoise, noise: [], from: t, to: 0, constraint: constraint)
      #expect(distance(back, k) < 1e-4, "t \(t): \(back)")
      #expect(zip(noisy, constraint).allSatisfy { $1 == nil || $0 == $1 })
    }
    // While the noise is narrow, the score of one image is d / sigma^2.
    let t = 100
    let noisy = schedules.noisyCoordinates(x, noise: noise, t: t)
    let back = schedules.earlierCoordinates(
      noisy, output: schedules.scoreTarget(noise: noise, t: t), noise: [], from: t, to: 0)
    #expect(distance(back, x, onCircle: true) < 1e-5, "\(back)")
  }
}
