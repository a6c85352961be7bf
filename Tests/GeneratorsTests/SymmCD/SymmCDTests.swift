import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

@Suite("SymmCD") struct SymmCDTests {
  static var informed: SymmCDConfiguration {
    var configuration = SymmCDConfiguration()
    configuration.form = .informed
    (configuration.network.hidden, configuration.network.layers, configuration.network.embedding) = (24, 2, 8)
    (configuration.network.frequencies, configuration.network.coordinateFrequencies) = (5, 3)
    // Only crystals whose template is not told teach positions.
    configuration.diffusion.knownTemplates = 0.3
    configuration.training = TrainingOptions()
    configuration.training.batch = 12
    configuration.training.learningRate = 5e-3
    configuration.training.averageDecay = 0.9
    configuration.sampling.steps = 12
    return configuration
  }

  private static func trainer(_ units: [AsymmetricUnit]) throws -> Trainer<SymmCD> {
    try Trainer<SymmCD>(
      informed, training: TrainingData(units), validation: TrainingData(units), seed: 5, threads: 2)
  }

  @Test("every gradient agrees with differences along random directions")
  func gradients() throws {
    let units = SymmBFNTests.units(6)
    let trainer = try Self.trainer(units)
    let examples = try SymmBFNTests.examples(units).map { [$0] }
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    let parameters = trainer.optimizer.parameters.values
    let check = try GradientCheck(
      parameters: parameters, gradient: try trainer.gradients(examples, randoms, Parameters(parameters)).gradient
    ) { try trainer.gradients(examples, randoms, Parameters($0)).losses.objective }
    for entry in trainer.learner.layout.entries {
      try #require(check.norm(entry.range) > 0, "\(entry.name) has no gradient")
      let wrong = try check.disagreements(entry.range, tolerance: 0.03)
      #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
    }
  }

  @Test("training lowers every part of the loss that can be learnt")
  func training() throws {
    var trainer = try Self.trainer(SymmBFNTests.units(30))
    let before = try trainer.validationLosses()
    for _ in 0..<300 { if try trainer.step() { try trainer.endEpoch(seconds: 0) } }
    let after = try trainer.validationLosses()
    #expect(after.objective < 0.8 * before.objective)
    #expect(after.values[2] < before.values[2] && after.values[3] < before.values[3])
  }

  @Test("samples come out the same every time, obey blueprints, and never put two sites on a point", arguments: [1, 2, 12])
  func samples(steps: Int) throws {
    let units = SymmBFNTests.units(12)
    var configuration = Self.informed
    configuration.sampling.steps = steps
    let method = SymmCD(configuration, statistics: DatasetStatistics(units))
    let sampler = method.sampler(Parameters(method.layout.initialParameters(seed: 2)), seed: 9, isExact: false)
    #expect(sampler.steps == steps && sampler.networkCalls == steps)
    let (group, posterior) = (SpaceGroup.numbered(225), WyckoffPosterior.of(spaceGroup: 225))
    let sites = [(0, 0, UInt8(12)), (1, 1, nil), (8, 1, nil)].map { position, label, element in
      Blueprint.Site(spaceGroup: 225, wyckoffPosition: position, elementLabel: label, element: element)
    }
    var told = Blueprint(spaceGroup: 225)
    told.take(sites)
    func draw() -> [PredictedUnit] {
      sampler.sample(group: 0) { $0.isMultiple(of: 2) ? told : Blueprint(spaceGroup: 225, siteCount: 3) }
    }
    let (once, again) = (draw(), draw())
    #expect(once.map(\.unit.sites) == again.map(\.unit.sites))
    for (i, sample) in once.enumerated() {
      let letters = sample.unit.sites.map(\.wyckoffLetter)
      let points = letters.compactMap { group.positionIndex(lettered: $0) }.filter { posterior.isPoint($0) }
      #expect(Set(points).count == points.count)
      guard i.isMultiple(of: 2) else { continue }
      #expect(letters == sites.map { group.wyckoffPositions[$0.wyckoffPosition].letter })
      let elements = sample.unit.sites.map(\.atomicNumber)
      #expect(elements[0] == 12 && elements[1] == elements[2] && elements[1] != 12)
    }
  }

  @Test(
    "a bridge from a time to an earlier one leaves the noise's distribution there",
    arguments: SymmCDConfiguration.Sampler.allCases)
  func bridges(sampler: SymmCDConfiguration.Sampler) {
    let diffusion = InformedDiffusion(Self.informed, DatasetStatistics(SymmBFNTests.units(30)))
    var random = RandomStream(seed: 4, purpose: "bridges")
    func normal() -> Float {
      var pair = [Float](repeating: 0, count: 2)
      var span = pair.mutableSpan
      random.fillNormal(&span)
      return pair[0]
    }
    let shares = [0.6, 0.3, 0.1]
    for (t, s) in [(900, 700), (500, 490), (300, 20)] {
      let (from, to) = (diffusion.level(t), diffusion.level(s))
      let bridge = Bridge(from: from, to: to, sampler)
      // What is seen at t of 0.3 and of the third class, taken to s with the truth as the estimate.
      let count = 20_000
      var (lattice, squares, coordinates) = (0.0, 0.0, 0.0)
      var classes = [0.0, 0, 0]
      for _ in 0..<count {
        let k = bridge.lattice(0.3, from.signal.squareRoot() * 0.3 + (1 - from.signal).squareRoot() * normal(), normal())
        lattice += Double(k) / Double(count)
        squares += Double(k * k) / Double(count)
        let x = minimumImage(from: 0.3, to: bridge.coordinate(0.3, wrapped(0.3 + from.sigma * normal()), normal()))
        coordinates += Double(x * x) / Double(count)
        let seen = Float(random.uniform()) < from.signal ? 2 : CategoricalDiffusion.draw(shares, &random)
        classes[bridge.draw(2, seen, shares, &random)] += 1 / Double(count)
      }
      #expect(abs(lattice - Double(to.signal.squareRoot()) * 0.3) < 0.03)
      #expect(
        abs(squares - lattice * lattice - Double(1 - to.signal)) < 0.04, "lattice at \(t): \(squares - lattice * lattice)")
      // Half way around there is no further to go: wide noise ends early.
      if from.sigma < 0.15 {
        #expect(abs(coordinates.squareRoot() / Double(to.sigma) - 1) < 0.05, "coordinates at \(t): \(coordinates.squareRoot())")
      }
      for c in 0..<3 {
        let expected = Double(1 - to.signal) * shares[c] + (c == 2 ? Double(to.signal) : 0)
        #expect(abs(classes[c] - expected) < 0.015, "class \(c) at \(t): \(classes[c]), \(expected)")
      }
    }
  }

  @Test("what is believed of a class is its posterior: right as often as it says")
  func beliefs() throws {
    let diffusion = InformedDiffusion(Self.informed, DatasetStatistics(SymmBFNTests.units(30)))
    var random = RandomStream(seed: 4, purpose: "beliefs")
    let shares = [0.6, 0.3, 0.1]
    let level = diffusion.level(500)
    var (said, right) = (0.0, 0.0)
    for _ in 0..<20_000 {
      let truth = CategoricalDiffusion.draw(shares, &random)
      let seen = Float(random.uniform()) < level.signal ? truth : CategoricalDiffusion.draw(shares, &random)
      guard seen == 2 else { continue }
      var row = Matrix(rows: 1, columns: 3)
      InformedDiffusion.believe(seen, shares, level.signal, into: &row, row: 0)
      said += Double(row[0, 2])
      right += truth == 2 ? 1 : 0
    }
    #expect(right > 300 && abs(said / right - 1) < 0.1, "\(said) of \(right)")
  }
}
