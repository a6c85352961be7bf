import Crystals
import Foundation
import Networks
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
        symmetry: symmetry[...], mean: Vector3(mean).wrapped, noise: BayesianFlow.observation(Float(gamma)))
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
        let found = posterior.belief(
          symmetry: symmetry[...], mean: Vector3(mean).wrapped, noise: BayesianFlow.observation(Float(gamma)))
        for k in 0..<3 {
          let error = Self.shortest(found.position[k] - point[k])
          errors += error * error
          variances += found.deviation[k] * found.deviation[k]
        }
      }
    }
    #expect(errors < 1.5 * variances && variances < 1.5 * errors, "\(errors / variances)")
  }

  @Test("unwrapped means of coordinates are the flow that training draws from, also at the cell's edge; wrapped ones are not")
  func coordinateUpdates() {
    let (steps, sigma, x) = (40, 0.02, Float(0))
    var random = RandomStream(seed: 4, purpose: "updates")
    // Mean square of what the flow's mean and deviation explain: 1 where the updates are the flow.
    func spread(isWrapped: Bool) -> Double {
      var sum = 0.0
      let chains = 500
      for _ in 0..<chains {
        var (mean, precision) = (Float(0), Float(1))
        var noise = [Float](repeating: 0, count: steps)
        var span = noise.mutableSpan
        random.fillNormal(&span)
        for i in 1...steps {
          let alpha = Float(pow(sigma, -2 * Double(i) / Double(steps)) * (1 - pow(sigma, 2 / Double(steps))))
          let average = (precision * mean + alpha * (x + noise[i - 1] / alpha.squareRoot())) / (precision + alpha)
          mean = isWrapped ? wrapped(average) : average
          precision += alpha
        }
        let gamma = BayesianFlow.gamma(1, sigma: Float(sigma))
        let d = Double(minimumImage(from: gamma * x, to: wrapped(mean)))
        sum += d * d / Double(gamma * (1 - gamma)) / Double(chains)
      }
      return sum
    }
    #expect(abs(spread(isWrapped: false) - 1) < 0.25)
    #expect(spread(isWrapped: true) > 10)
  }

  @Test("an estimate's image is the data's early, and the mean's late")
  func images() {
    func image(_ estimate: Float, mean: Float, gamma: Float) -> Float {
      InformedForm.image(of: estimate, observed: mean / gamma, noise: BayesianFlow.observation(gamma))
    }
    #expect(image(-0.001, mean: 0.3, gamma: 0.3) == -0.001)
    #expect(image(0.999, mean: 0.001, gamma: 0.9999) == 0.999 - 1)
    #expect(image(0.02, mean: 1.01, gamma: 0.9999) == 1.02)
    #expect(image(7.3, mean: 0.3, gamma: 0.3) == 1.5)
  }

  @Test("shares of positions follow their axes, and single out a position that one axis alone tells apart")
  func shares() {
    // Group 62: c is a mirror on [010] and nothing else; a, b are inversions, d is general.
    let codes = CodeShares.of(spaceGroup: 62)
    let letters = SpaceGroup.numbered(62).wyckoffPositions.map { Character(UnicodeScalar($0.letter)) }
    let truth: [Double] = letters.map { $0 == "c" ? 0.7 : 0.1 }
    func share(_ axis: Int, _ operation: Int) -> Double {
      zip(codes.codes, truth).reduce(0) { $0 + ($1.0[axis] == operation ? $1.1 : 0) }
    }
    #expect(zip(codes.fit(rounds: 3, share), truth).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test("a class's belief times what is known without it is its posterior")
  func classes() {
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
      InformedForm.addBeliefs(logits, to: &outputs)
      Kernels.softmax(&outputs, groups: 1, classes: 13)
      guard outputs[1] > 0.3 else { continue }
      said += Double(outputs[1])
      right += truth == 1 ? 1 : 0
    }
    #expect(right > 300 && abs(said / right - 1) < 0.1, "\(said) of \(right)")
  }

  @Test("a site copies from the others, not from itself")
  func copies() {
    var batch = BeliefBatch(spaceGroups: [225, 225], siteCounts: [3, 1])
    batch.elements.fill(0)
    for (site, element) in [(0, 7), (1, 7), (2, 25), (3, 7)] { batch.elements[site, element] = 1 }
    var output = Matrix(rows: 4, columns: BeliefBatch.elementClasses + 1)
    for site in 0..<4 { output[site, BeliefBatch.elementClasses] = 1 }
    let logits = TiedLogits(batch, .published).output(output)
    func logit(_ site: Int, _ element: Int) -> Float { logits[site, element] }
    #expect(abs(logit(0, 7) - log(0.501)) < 1e-5 && abs(logit(0, 25) - log(0.501)) < 1e-5)
    #expect(abs(logit(2, 7) - log(1.001)) < 1e-5 && abs(logit(2, 25) - log(0.001)) < 1e-5)
    #expect(logit(3, 7) == 0 && logit(0, 3) < -6)
  }

  @Test(
    "positions: what the network says shifts Bayes' rule, operations' shares are theirs, and a point that another has is taken")
  func wyckoffPositions() throws {
    let flow = BayesianFlow(.init(), DatasetStatistics(SymmBFNTests.units(6)), form: .informed)
    let group = SpaceGroup.numbered(225)
    var batch = BeliefBatch(spaceGroups: [225], siteCounts: [2])
    batch.times[0] = 0.9
    // The first site is all but known to be on a (m-3m at the origin), of the second nothing is known.
    let a = try #require(group.wyckoffPositions.firstIndex { $0.letter == UInt8(ascii: "a") })
    let b = try #require(group.wyckoffPositions.firstIndex { $0.letter == UInt8(ascii: "b") })
    let code = group.wyckoffPositions[a].members[0].siteSymmetry.operations.map { Int($0) }
    #expect(group.wyckoffPositions[b].members[0].siteSymmetry.operations.map { Int($0) } == code)
    for (axis, operation) in code.enumerated() {
      for k in 0..<13 { batch.siteSymmetries[0, 13 * axis + k] = k == operation ? 1 : 0 }
    }
    for c in 0..<3 { batch.coordinates[1, c] = 0.25 }
    flow.describe(&batch)
    var output = Matrix(rows: 2, columns: 15 * 13 + 27 + 1)
    func probabilities() -> [Float] {
      InformedForm.positionProbabilities(PositionScores(batch).output(output), batch).positions
    }
    var p = probabilities()
    for site in 0..<2 {
      for k in 0..<27 { #expect(abs(p[27 * site + k] - batch.wyckoffPositions[site, k]) < 1e-5) }
      #expect(abs(p[27 * site..<27 * (site + 1)].reduce(0, +) - 1) < 1e-5)
    }
    #expect(p[a] > 0.99)
    let shares = InformedForm.operationShares(p, batch)
    for (axis, operation) in code.enumerated() {
      #expect(abs(shares[13 * axis + operation] - 1) < 1e-3)
      #expect(abs(shares[15 * 13 + 13 * axis..<15 * 13 + 13 * (axis + 1)].reduce(0, +) - 1) < 1e-5)
    }
    #expect(zip(shares, batch.operations.values).allSatisfy { abs($0 - $1) < 1e-5 })
    // Scores of operations count for the positions that have them, both a and b; scores of positions and vacancies tell these apart.
    let before = (p[27 + a], p[27 + b])
    for (axis, operation) in code.enumerated() { output[1, 13 * axis + operation] = 1 }
    p = probabilities()
    #expect(p[27 + a] > before.0 && abs(p[27 + a] / p[27 + b] / (before.0 / before.1) - 1) < 1e-3)
    output[1, 15 * 13 + 27] = 1
    p = probabilities()
    #expect(abs(p[27 + a] / p[27 + b] / (before.0 / before.1) - 0.02) < 0.01)
    output[1, 15 * 13 + b] = 2
    let ratio = p[27 + b] / p[27 + a]
    p = probabilities()
    #expect(abs(p[27 + b] / p[27 + a] / ratio - exp(2)) < 0.05)
  }
}
