import Crystals
import Networks
import Tensors
import Testing

@testable import Generators

/// SymmCD as published, from crystals to samples; its network, losses and steps have suites of their own.
@Suite("SymmCD as published") struct PublishedProcessTests {
  private static var configuration: SymmCDConfiguration {
    var configuration = SymmCDConfiguration()
    (configuration.network.hidden, configuration.network.layers, configuration.network.embedding) = (24, 2, 8)
    configuration.network.frequencies = 5
    configuration.diffusion.steps = 40
    configuration.training.batch = 12
    configuration.training.learningRate = 5e-3
    configuration.sampling.steps = 40
    return configuration
  }

  private static func sampler(steps: Int, corrector: Float) -> any UnitSampler {
    var configuration = configuration
    (configuration.sampling.steps, configuration.sampling.corrector) = (steps, corrector)
    let method = SymmCD(configuration, statistics: DatasetStatistics(SymmBFNTests.units(30)))
    return method.sampler(Parameters(method.layout.initialParameters(seed: 2)), seed: 9, isExact: false)
  }

  @Test("training lowers the losses of lattice and classes")
  func training() throws {
    let units = SymmBFNTests.units(30)
    var trainer = try Trainer<SymmCD>(
      Self.configuration, training: TrainingData(units), validation: TrainingData(units), seed: 5, threads: 2)
    let before = try trainer.validationLosses()
    for _ in 0..<200 { if try trainer.step() { try trainer.endEpoch(seconds: 0) } }
    let after = try trainer.validationLosses()
    #expect(after.objective < 0.8 * before.objective)
    #expect((1...3).allSatisfy { after.values[$0] < before.values[$0] }, "\(before), \(after)")
  }

  @Test(
    "a network without an opinion says what noise is: the losses begin at the variance of what is asked for and the classes' numbers"
  )
  func firstLosses() throws {
    let trainer = try Trainer<SymmCD>(
      Self.configuration, training: TrainingData(SymmBFNTests.units(300)), validation: TrainingData([]), seed: 5, threads: 2)
    let learner = trainer.learner
    // All heads at zero.
    var parameters = trainer.optimizer.parameters.values
    for entry in learner.layout.entries where entry.name.hasPrefix("head.") { for i in entry.range { parameters[i] = 0 } }
    let examples = try SymmBFNTests.units(300).map { [try TrainingExample($0)] }
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    let losses = try trainer.gradients(examples, randoms, Parameters(parameters)).losses
    // Scores are of unit variance.
    #expect(abs(losses.values[0] - 1) < 0.15, "\(losses.values[0])")
    // Components that the group fixes count as zeros.
    let free = examples.flatMap { $0[0].latticeConstraint }.map { $0 == nil ? 1.0 : 0 }
    #expect(abs(losses.values[1] - free.reduce(0, +) / Double(free.count)) < 0.1)
    #expect(abs(losses.values[2] - 4.543) < 1e-3 && abs(losses.values[3] - 2.565) < 1e-3)
  }

  @Test(
    "samples are the same every time, of groups, numbers and elements asked for",
    arguments: [(40, Float(1e-5)), (8, 1e-5), (8, 0)])
  func samples(steps: Int, corrector: Float) throws {
    let sampler = Self.sampler(steps: steps, corrector: corrector)
    #expect(sampler.steps == steps && sampler.networkCalls == (corrector > 0 ? 2 : 1) * steps)
    let sites = [(0, 0, UInt8(12)), (1, 1, nil), (8, 1, nil)].map { position, label, element in
      Blueprint.Site(spaceGroup: 225, wyckoffPosition: position, elementLabel: label, element: element)
    }
    var told = Blueprint(spaceGroup: 225)
    told.take(sites)
    func draw() -> [PredictedUnit] {
      sampler.sample(group: 0) {
        $0.isMultiple(of: 2) ? told : Blueprint(spaceGroup: [1, 62, 166][$0 % 3], siteCount: 1 + $0 % 4)
      }
    }
    let (once, again) = (draw(), draw())
    #expect(once.map(\.unit.sites) == again.map(\.unit.sites))
    let occurring = Set(SymmBFNTests.units(30).flatMap { $0.sites.map(\.atomicNumber) })
    for (i, sample) in once.enumerated() {
      #expect(sample.unit.latticeLogMetric.k.allSatisfy { $0.isFinite })
      let elements = sample.unit.sites.map(\.atomicNumber)
      guard i.isMultiple(of: 2) else {
        #expect(sample.unit.sites.count == 1 + i % 4 && elements.allSatisfy { occurring.contains($0) })
        continue
      }
      #expect(elements[0] == 12 && elements[1] == elements[2])
      #expect(sample.unit.sites.map(\.siteSymmetry) == sites.map(\.siteSymmetry))
    }
  }

  @Test("an element without a class is refused by name")
  func elements() throws {
    var unit = SymmBFNTests.units(6)[5]
    unit.sites[0].atomicNumber = 95
    let method = SymmCD(Self.configuration, statistics: DatasetStatistics([unit]))
    #expect(throws: Rejection.self) { try method.examples(TrainingData([unit]), isTraining: true, threads: 1) }
    do {
      _ = try method.examples(TrainingData([unit]), isTraining: true, threads: 1)
    } catch { #expect(error.description.contains("Am is beyond the 94 elements of SymmCD as published")) }
  }
}
