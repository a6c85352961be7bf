import Crystals
import Foundation
import Tensors
import Testing

@testable import Generators

/// Bayes' rule in its three places, against what counting says.
@Suite("Posteriors") struct PosteriorTests {
  /// (15, 13) probabilities that a belief of a code at an accuracy gives.
  private func belief(_ code: SiteSymmetry, accuracy: Float, _ random: inout RandomStream) -> [Float] {
    let (axes, classes) = (BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    var logits = [Float](repeating: 0, count: axes * classes)
    var noise = logits
    var span = noise.mutableSpan
    random.fillNormal(&span)
    for (axis, operation) in code.operations.enumerated() {
      BayesianFlow.observe(
        Int(operation), classes: classes, accuracy: accuracy, logits: &logits, offset: axis * classes, noise: noise,
        noiseOffset: axis * classes)
    }
    Kernels.softmax(&logits, groups: axes, classes: classes)
    return logits
  }

  private static func shortest(_ d: Double) -> Double { abs(d - d.rounded()) }

  @Test(
    "late beliefs find the Wyckoff position, and its fixed coordinates exactly",
    arguments: [2, 14, 62, 139, 166, 194, 221, 225, 227])
  func places(spaceGroup: Int) throws {
    var random = RandomStream(seed: 4, purpose: "places", index: UInt64(spaceGroup))
    let posterior = WyckoffPosterior.of(spaceGroup: spaceGroup)
    let gamma = 0.9999
    for position in SpaceGroup.numbered(spaceGroup).wyckoffPositions {
      let (flat, origin) = position.generatorFlat
      let point = (flat * Vector3(random.uniform(), random.uniform(), random.uniform()) + origin).wrapped
      let symmetry = belief(position.members[0].siteSymmetry, accuracy: 2.5, &random)
      var noise = [Float](repeating: 0, count: 3)
      var span = noise.mutableSpan
      random.fillNormal(&span)
      let mean = (0..<3).map { gamma * point[$0] + (gamma * (1 - gamma)).squareRoot() * Double(noise[$0]) }
      let found = posterior.belief(
        symmetry: symmetry, offset: 0, mean: Vector3(mean).wrapped, gamma: gamma)
      #expect(abs(found.multiplicity - Double(position.multiplicity)) < 1e-3, "\(Character(UnicodeScalar(position.letter)))")
      for k in 0..<3 {
        let error = Self.shortest(found.position[k] - point[k])
        if flat[k] == .zero {
          #expect(error < 1e-6 && found.deviation[k] < 1e-3, "\(Character(UnicodeScalar(position.letter))) \(k): \(error)")
        } else {
          #expect(error < 0.06 && found.deviation[k] < 0.0101, "\(Character(UnicodeScalar(position.letter))) \(k): \(error)")
        }
      }
    }
  }

  @Test("the deviation is the size of the error, over positions and places drawn from the prior", arguments: [0.3, 0.8, 0.98])
  func deviations(gamma: Double) {
    var random = RandomStream(seed: 4, purpose: "deviations")
    var (errors, variances) = (0.0, 0.0)
    for spaceGroup in [12, 62, 139, 166, 225] {
      let posterior = WyckoffPosterior.of(spaceGroup: spaceGroup)
      let positions = SpaceGroup.numbered(spaceGroup).wyckoffPositions
      for _ in 0..<400 {
        let position = positions[Int(random.uniform() * Double(positions.count))]
        let (flat, origin) = position.generatorFlat
        let point = (flat * Vector3(random.uniform(), random.uniform(), random.uniform()) + origin).wrapped
        let symmetry = belief(position.members[0].siteSymmetry, accuracy: 0.3, &random)
        var noise = [Float](repeating: 0, count: 3)
        var span = noise.mutableSpan
        random.fillNormal(&span)
        let mean = (0..<3).map { gamma * point[$0] + (gamma * (1 - gamma)).squareRoot() * Double(noise[$0]) }
        let found = posterior.belief(symmetry: symmetry, offset: 0, mean: Vector3(mean).wrapped, gamma: gamma)
        for k in 0..<3 {
          let error = Self.shortest(found.position[k] - point[k])
          errors += error * error
          variances += found.deviation[k] * found.deviation[k]
        }
      }
    }
    #expect(errors < 1.5 * variances && variances < 1.5 * errors, "\(errors / variances)")
  }

  @Test("a class's belief times what is known without it is its posterior")
  func classes() {
    var flow = SymmBFNConfiguration.Flow()
    flow.classOutput = .posterior
    let statistics = DatasetStatistics(SymmBFNTests.units(6))
    var random = RandomStream(seed: 4, purpose: "classes")
    // Two classes of prior 0.9 and 0.1, observed many times: the posterior must be right on average.
    let prior: [Float] = [0.9, 0.1] + [Float](repeating: 1e-12, count: 11)
    var (said, right) = (0.0, 0.0)
    let count = 20_000
    for _ in 0..<count {
      let truth = random.uniform() < 0.9 ? 0 : 1
      var logits = [Float](repeating: 0, count: 13)
      var noise = logits
      var span = noise.mutableSpan
      random.fillNormal(&span)
      BayesianFlow.observe(truth, classes: 13, accuracy: 0.05, logits: &logits, offset: 0, noise: noise, noiseOffset: 0)
      Kernels.softmax(&logits, groups: 1, classes: 13)
      var outputs = prior.map { log($0) }
      BayesianFlow(flow, statistics).addBeliefs(logits, to: &outputs)
      Kernels.softmax(&outputs, groups: 1, classes: 13)
      guard outputs[1] > 0.3 else { continue }
      said += Double(outputs[1])
      right += truth == 1 ? 1 : 0
    }
    #expect(right > 300 && abs(said / right - 1) < 0.1, "\(said) of \(right)")
  }

  @Test("a site copies from the others, not from itself")
  func copies() {
    var flow = SymmBFNConfiguration.Flow()
    flow.classOutput = .direct
    var batch = BeliefBatch(spaceGroups: [225, 225], siteCounts: [3, 1])
    batch.elements.fill(0)
    for (site, element) in [(0, 7), (1, 7), (2, 25), (3, 7)] { batch.elements[site, element] = 1 }
    var output = Matrix(rows: 4, columns: BeliefBatch.elementClasses + 1)
    for site in 0..<4 { output[site, BeliefBatch.elementClasses] = 1 }
    let (logits, copies) = BayesianFlow(flow, DatasetStatistics(SymmBFNTests.units(6))).elementLogits(output, batch)
    func logit(_ site: Int, _ element: Int) -> Float { logits[site * BeliefBatch.elementClasses + element] }
    #expect(logits == copies)
    #expect(abs(logit(0, 7) - log(0.501)) < 1e-5 && abs(logit(0, 25) - log(0.501)) < 1e-5)
    #expect(abs(logit(2, 7) - log(1.001)) < 1e-5 && abs(logit(2, 25) - log(0.001)) < 1e-5)
    #expect(logit(3, 7) == 0 && logit(0, 3) < -6)
  }
}
