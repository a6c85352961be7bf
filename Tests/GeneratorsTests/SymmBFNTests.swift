import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

@Suite("SymmBFN") struct SymmBFNTests {
  /// Small crystals of several groups and sizes, one site and many; the fourth site has the first one's element.
  static func units(_ count: Int) -> [AsymmetricUnit] {
    var random = RandomStream(seed: 7, purpose: "units")
    return (0..<count).map { i in
      let group = [1, 12, 62, 139, 166, 225][i % 6]
      let positions = SpaceGroup.numbered(group).wyckoffPositions
      let elements = (0...(i % 5)).map { _ in UInt8(1 + Int(random.uniform() * 80)) }
      let sites = (0...(i % 5)).map { s in
        let position = positions[(i + s) % positions.count]
        let (matrix, origin) = position.generatorFlat
        return Site(
          atomicNumber: elements[s == 3 ? 0 : s],
          position: (matrix * Vector3(random.uniform(), random.uniform(), random.uniform()) + origin).wrapped,
          siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: position.letter)
      }
      let k = (0..<6).map { _ in random.uniform() - 0.5 }
      return AsymmetricUnit(
        spaceGroup: group, latticeLogMetric: LatticeLogMetric(k: k).constrained(to: group), sites: sites)
    }
  }

  static var configuration: SymmBFNConfiguration {
    var configuration = SymmBFNConfiguration()
    configuration.network = .init()
    configuration.network.hidden = 24
    configuration.network.layers = 2
    configuration.network.embedding = 8
    configuration.network.frequencies = 5
    configuration.network.coordinateFrequencies = 3
    configuration.training.batch = 12
    configuration.training.learningRate = 5e-3
    configuration.training.averageDecay = 0.9
    configuration.sampling.steps = 12
    return configuration
  }

  /// The same of the informed form.
  static var informed: SymmBFNConfiguration {
    var configuration = configuration
    configuration.form = .informed
    // Only crystals whose template is not told teach positions.
    configuration.flow.knownTemplates = 0.3
    return configuration
  }

  /// A sampler with parameters that nobody trained.
  static func sampler(
    _ configuration: SymmBFNConfiguration, _ statistics: DatasetStatistics, isExact: Bool = false
  ) -> any UnitSampler {
    let method = SymmBFN(configuration, statistics: statistics)
    return method.sampler(Parameters(method.layout.initialParameters(seed: 2)), seed: 9, isExact: isExact)
  }

  /// Examples, every other one with its template known.
  static func examples(_ units: [AsymmetricUnit]) throws -> [TrainingExample] {
    try units.enumerated().map { i, unit in
      var example = try TrainingExample(unit)
      example.knowsTemplate = i.isMultiple(of: 2)
      return example
    }
  }

  /// Beliefs of a few crystals in the middle of their flow.
  static func beliefs(_ units: [AsymmetricUnit]) throws -> BeliefBatch {
    let examples = try Self.examples(units)
    let flow = BayesianFlow(SymmBFNConfiguration.Flow(), DatasetStatistics(units), form: .informed)
    var beliefs = flow.beliefs(
      examples, randoms: examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) })
    flow.describe(&beliefs)
    return beliefs
  }

  @Test("the network agrees with its plain twin, packed or not, in float32 to rounding and in bfloat16 to a few hundredths")
  func twin() throws {
    var configuration = Self.configuration.network
    (configuration.hidden, configuration.embedding, configuration.frequencies) = (64, 32, 20)
    let network = UnitNetwork(configuration, form: .informed)
    let values = network.layout.initialParameters(seed: 2)
    let batch = try Self.beliefs(Self.units(9))
    let expected = NetworkTwin(network, values).forward(batch)
    for (precision, tolerance) in [(Precision.float32, 2e-5), (.bfloat16, 0.02)]
    where precision == .float32 || Precision.bfloat16Missing == nil {
      var tape = Tape(isRecording: false)
      let parameters = Parameters(values, precision: precision)
      let outputs = network.forward(batch, parameters, &tape).map { tape[$0] }
      let packed = PackedUnitNetwork(network, parameters: parameters)
      var packedWorkspace = PackedUnitNetwork.Workspace(packed)
      for _ in 0..<2 { packed.forward(batch, &packedWorkspace) }
      for (way, outputs) in [("as in training", outputs), ("packed", packedWorkspace.outputs)] {
        for (name, worst) in outputs.differences(from: expected) {
          #expect(worst < tolerance, "\(precision) \(way), \(name): \(worst)")
        }
      }
    }
  }

  @Test(
    "gradients in bfloat16 point where float32's do",
    .enabled(if: Precision.bfloat16Missing == nil, "no oneDNN or no bfloat16 instructions here"))
  func roundedGradients() throws {
    let units = Self.units(30)
    var configuration = Self.configuration
    (configuration.network.hidden, configuration.network.embedding) = (64, 32)
    let trainer = try Trainer<SymmBFN>(
      configuration, training: TrainingData(units), validation: TrainingData([]), seed: 1, threads: 2)
    let examples = try units.map { [try TrainingExample($0)] }
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    let values = trainer.optimizer.parameters.values
    let exact = try trainer.gradients(examples, randoms, Parameters(values)).gradient
    let rounded = try trainer.gradients(examples, randoms, Parameters(values, precision: .bfloat16)).gradient
    func norm(_ x: [Float]) -> Double { x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
    #expect(norm(zip(exact, rounded).map(-)) < 0.02 * norm(exact))
  }

  @Test(
    "every gradient agrees with differences along random directions, and would not with a row forgotten",
    arguments: [configuration, informed])
  func gradients(configuration: SymmBFNConfiguration) throws {
    let units = Self.units(6)
    let trainer = try Trainer<SymmBFN>(
      configuration, training: TrainingData(units), validation: TrainingData([]), seed: 1, threads: 2)
    let examples =
      (configuration.form == .informed ? try Self.examples(units) : try units.map { try TrainingExample($0) }).map { [$0] }
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    let parameters = trainer.optimizer.parameters.values
    func loss(_ p: [Float]) throws -> Double {
      try trainer.gradients(examples, randoms, Parameters(p)).losses.objective
    }
    let gradient = try trainer.gradients(examples, randoms, Parameters(parameters)).gradient
    let check = try GradientCheck(parameters: parameters, gradient: gradient, loss: loss)
    for entry in trainer.learner.layout.entries {
      try #require(check.norm(entry.range) > 0, "\(entry.name) has no gradient")
      let wrong = try check.disagreements(entry.range, tolerance: 0.03)
      #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
    }
    // One row's part of the largest gradient left out: what a backward pass that skips rows would give.
    let entry = try #require(trainer.learner.layout.entries.first { $0.name == "layer.1.node.0.weight" })
    var forgetful = gradient
    for i in entry.range.prefix(3 * entry.shape[1]) { forgetful[i] = 0 }
    let found = try GradientCheck(parameters: parameters, gradient: forgetful, loss: loss)
      .disagreements(entry.range, tolerance: 0.03)
    #expect(!found.isEmpty)
  }

  @Test("elements count by time, or the same at all times with the same mean")
  func elementWeighting() throws {
    let units = Self.units(8)
    let examples = try units.map { try TrainingExample($0) }
    func objective(_ change: (inout SymmBFNConfiguration) -> Void, _ index: Int) throws -> Double {
      var configuration = Self.informed
      change(&configuration)
      let method = SymmBFN(configuration, statistics: DatasetStatistics(units))
      let parameters = Parameters(method.layout.initialParameters(seed: 2))
      var (tape, gradient) = (Tape(), [Float](repeating: 0, count: method.layout.count))
      let random = RandomStream(seed: 3, purpose: "flow", index: UInt64(index))
      return method.losses(
        [[examples[index]]], [random], share: BatchShare(rows: 1, examples: 1), parameters, &tape, gradient: &gradient
      ).objective
    }
    for index in examples.indices {
      var random = RandomStream(seed: 3, purpose: "flow", index: UInt64(index))
      let time = random.uniform()
      let none = try objective({ $0.flow.weights.elements = 0 }, index)
      let likelihood = try objective({ _ in }, index) - none
      let uniform = try objective({ $0.flow.elementWeighting = .uniform }, index) - none
      #expect(abs(uniform * time / likelihood - 0.5) < 1e-3, "\(uniform) \(likelihood) \(time)")
    }
    var published = Self.configuration
    published.flow.elementWeighting = .uniform
    #expect(published.complaint?.contains("flow.element_weighting") == true)
  }

  @Test("training lowers the loss as much as ever with what is not published")
  func informedTraining() throws {
    let units = Self.units(30)
    var trainer = try Trainer<SymmBFN>(
      Self.informed, training: TrainingData(units), validation: TrainingData(units), seed: 5, threads: 2)
    let before = try trainer.validationLosses()
    for _ in 0..<300 { if try trainer.step() { try trainer.endEpoch(seconds: 0) } }
    let after = try trainer.validationLosses()
    #expect(after.objective < 0.8 * before.objective)
    #expect(after.values[2] < before.values[2] && after.values[3] < before.values[3])
  }

  @Test("training lowers the loss, and a run taken up again is the run that was never stopped")
  func resumes() throws {
    let units = Self.units(30)
    func fresh() throws -> Trainer<SymmBFN> {
      try Trainer<SymmBFN>(
        Self.configuration, training: TrainingData(units), validation: TrainingData(units), seed: 5, threads: 2)
    }
    var whole = try fresh()
    let before = try whole.validationLosses().total(whole.learner.weights)
    func run(_ trainer: inout Trainer<SymmBFN>, steps: Int) throws {
      for _ in 0..<steps { if try trainer.step() { try trainer.endEpoch(seconds: 0) } }
    }
    try run(&whole, steps: 60)
    var first = try fresh()
    try run(&first, steps: 31)
    var second = try fresh()
    second.optimizer = first.optimizer
    second.schedule = first.schedule
    second.bestAverage = first.bestAverage
    second.epoch = first.epoch
    second.batchInEpoch = first.batchInEpoch
    second.running = first.running
    second.history = first.history
    try run(&second, steps: 29)
    #expect(second.optimizer.parameters.values == whole.optimizer.parameters.values)
    #expect(second.optimizer.average == whole.optimizer.average)
    #expect(second.history == whole.history)
    let after = try whole.validationLosses().total(whole.learner.weights)
    #expect(after < 0.8 * before)
  }

  @Test(
    "samples come out the same every time, of elements that occur and groups that were asked for",
    arguments: [configuration, informed])
  func samples(configuration: SymmBFNConfiguration) throws {
    let units = Self.units(12)
    let statistics = DatasetStatistics(units)
    let sampler = Self.sampler(configuration, statistics)
    let proposer = TrainingProposer(statistics, kind: .network, among: [12, 225])
    func draw(_ group: Int) throws -> [PredictedUnit] {
      try sampler.sample(group: group) { try proposer.complete(Blueprint(), index: $0, seed: 9) }
    }
    let (once, again, other) = (try draw(1), try draw(1), try draw(2))
    #expect(once.count == SampleGroup.size)
    #expect(once.map(\.unit.sites) == again.map(\.unit.sites))
    #expect(once.map(\.unit.sites) != other.map(\.unit.sites))
    #expect(once.allSatisfy { [12, 225].contains($0.unit.spaceGroup) })
    let occurring = Set(units.flatMap { $0.sites.map(\.atomicNumber) })
    #expect(once.allSatisfy { $0.unit.sites.allSatisfy { occurring.contains($0.atomicNumber) } })
    #expect(SampleGroup.groups(of: 31..<33) == 0..<2)
    #expect(SampleGroup.groups(of: 64..<96) == 2..<3)
  }
}
