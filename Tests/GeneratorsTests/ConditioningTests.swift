import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

@Suite("Conditioning") struct ConditioningTests {
  private static var conditioning: ConditioningOptions {
    var options = ConditioningOptions()
    (options.properties, options.frequencies) = (["band_gap", "own_hardness"], 4)
    return options
  }

  /// Units with a gap that is 0 for half of them, and a hardness that every third lacks.
  private static func data(_ count: Int) -> TrainingData {
    TrainingData(
      SymmBFNTests.units(count),
      properties: [
        "band_gap": (0..<count).map { $0.isMultiple(of: 2) ? 0 : Double($0) / 10 },
        "own_hardness": (0..<count).map { $0.isMultiple(of: 3) ? .nan : -5 + Double($0) },
      ])
  }

  private static var configuration: SymmBFNConfiguration {
    var configuration = SymmBFNTests.informed
    configuration.conditioning = conditioning
    return configuration
  }

  @Test("targets are read as they are written, and nothing else is")
  func texts() {
    #expect(PropertyTarget("-2")?.range == -2...(-2) && PropertyTarget("-2")?.value == -2)
    #expect(PropertyTarget("1..2.5")?.range == 1...2.5 && PropertyTarget("1..2.5")?.value == nil)
    #expect(
      PropertyTarget("100..")?.range == 100...Double.infinity && PropertyTarget("..-1e-1")?.range == -Double.infinity...(-0.1))
    for text in ["", "..", "2..1", "1..2..3", "1 eV", "nan", "a..b", "1...2x", "inf"] {
      #expect(PropertyTarget(text) == nil, "\(text)")
    }
  }

  @Test("values become numbers of order one, and come back; unknown ones are told apart from 0")
  func encoding() throws {
    let data = Self.data(40)
    let labels = DatasetStatistics(data, labels: Self.conditioning.properties).labels
    let encoding = PropertyEncoding(Self.conditioning, labels)
    #expect(encoding.scales[0].isLogarithmic && !encoding.scales[1].isLogarithmic)
    for (scale, name) in zip(encoding.scales, encoding.names) {
      let known = try #require(data.properties[name]).filter { !$0.isNaN }
      let standardized = known.map(scale.standardized)
      #expect(abs(standardized.reduce(0, +)) < 1e-4 * Double(known.count))
      #expect(abs(standardized.reduce(0) { $0 + $1 * $1 } / Double(known.count) - 1) < 1e-4)
      for value in known { #expect(abs(scale.value(scale.standardized(value)) - value) < 1e-9) }
    }
    let width = PropertyEncoding.columns(Self.conditioning)
    let (zero, none) = (encoding.row([0, 1]), encoding.row([nil, 1]))
    #expect(zero.count == width && none.count == width && encoding.unknown.count == width)
    #expect(zero[1] == 1 && zero[width / 2 - 1] == 0)
    #expect(none.prefix(width / 2 - 1).allSatisfy { $0 == 0 } && none[width / 2 - 1] == 1)
    #expect(zero.suffix(width / 2) == none.suffix(width / 2))
    #expect(labels.index(of: "hardness") == 1 && labels.index(of: "gap") == 0 && labels.index(of: "weight") == nil)
    // What is asked for far beyond the training set stays finite.
    let far = encoding.row([1e300, -1e300])
    #expect(far.allSatisfy { $0.isFinite })
  }

  @Test("each value is left out by itself, and sometimes all, as often as the options say")
  func dropping() {
    var options = Self.conditioning
    (options.drop, options.dropAll) = (0.2, 0.1)
    let encoding = PropertyEncoding(options, DatasetStatistics(Self.data(40), labels: options.properties).labels)
    var random = RandomStream(seed: 1, purpose: "conditions")
    let shown = (0..<20_000).map { _ in encoding.shown([1, 2]) { random.uniform() } }
    func share(_ passes: ([Double?]) -> Bool) -> Double { Double(shown.count(where: passes)) / Double(shown.count) }
    #expect(abs(share { $0[0] == nil } - 0.28) < 0.015 && abs(share { $0 == [nil, nil] } - (0.1 + 0.9 * 0.04)) < 0.01)
    #expect(encoding.shown([.nan, 2]) { 0.9 } == [nil, 2])
  }

  @Test("a target draws values and prototypes of training crystals that have them")
  func proposing() throws {
    let data = Self.data(600)
    let statistics = DatasetStatistics(data, labels: Self.conditioning.properties)
    let proposer = ConditionProposer(statistics, kind: .training)
    var asked = Blueprint()
    asked.properties = ["band_gap": PropertyTarget(30...50), "own_hardness": PropertyTarget(400...400)]
    var values: Set<Double> = []
    for index in 0..<50 {
      let drawn = try proposer.complete(asked, index: index, seed: 1)
      #expect(try drawn == proposer.complete(asked, index: index, seed: 1))
      let gap = try #require(drawn.properties["band_gap"]?.value)
      #expect((30...50).contains(gap) && drawn.properties["own_hardness"]?.value == 400)
      #expect(
        statistics.prototypes.contains {
          $0.prototype.spaceGroup == drawn.spaceGroup && $0.prototype.wyckoffPositions.count == drawn.siteCount
        })
      values.insert(gap)
    }
    #expect(values.count > 30)
    // In one group alone, and where no crystal is.
    let within = ConditionProposer(statistics, kind: .training, among: [225])
    #expect(try within.complete(asked, index: 0, seed: 1).spaceGroup == 225)
    asked.properties = ["band_gap": PropertyTarget(1000...1001)]
    let beyond = try proposer.complete(asked, index: 3, seed: 1)
    let drawnBeyond = try #require(beyond.properties["band_gap"]?.value)
    #expect((1000...1001).contains(drawnBeyond))
    // What is open alone is filled in.
    asked.spaceGroup = 62
    #expect(try proposer.complete(asked, index: 3, seed: 1).sites.isEmpty)
    asked.properties = ["unheard_of": PropertyTarget(1...1)]
    #expect(try proposer.complete(asked, index: 3, seed: 1) == asked)
  }

  @Test("the gradient with conditions is that of the losses; a condition counts nothing before it is learnt")
  func gradient() throws {
    let data = Self.data(60)
    let trainer = try Trainer<SymmBFN>(Self.configuration, training: data, validation: TrainingData([]), seed: 1, threads: 2)
    let method = trainer.learner
    let all = try method.examples(data.taking(Array(0..<6)), isTraining: false, threads: 1)
    let examples = all.enumerated().map { i, example in
      var own = example[0]
      own.knowsTemplate = i.isMultiple(of: 2)
      own.conditions = own.properties.map { $0.isNaN || i == 4 ? nil : $0 }
      return [own]
    }
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    var values = trainer.optimizer.parameters.values
    let hidden = examples.map { example in
      var own = example[0]
      own.conditions = own.conditions.map { _ in nil }
      return [own]
    }
    func loss(_ examples: [[TrainingExample]], _ p: [Float]) throws -> Double {
      try trainer.gradients(examples, randoms, Parameters(p)).losses.objective
    }
    #expect(try loss(examples, values) == loss(hidden, values))
    // As if it had been learnt.
    var random = RandomStream(seed: 8, purpose: "learnt")
    for entry in method.layout.entries where entry.name.hasPrefix("embedding.condition") {
      for i in entry.range { values[i] += Float(random.uniform() - 0.5) * 0.3 }
    }
    #expect(try loss(examples, values) != loss(hidden, values))
    let gradient = try trainer.gradients(examples, randoms, Parameters(values)).gradient
    let check = try GradientCheck(parameters: values, gradient: gradient) { try loss(examples, $0) }
    let conditions = method.layout.entries.filter { $0.name.hasPrefix("embedding.condition") }
    #expect(conditions.count == 4)
    for entry in conditions {
      let wrong = try check.disagreements(entry.range, tolerance: 0.03)
      #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
    }
  }

  @Test("the packed network reads conditions as the other does; guidance moves away from what is drawn without")
  func sampling() throws {
    let statistics = DatasetStatistics(Self.data(60), labels: Self.conditioning.properties)
    func draw(_ guidance: Float, isExact: Bool, asked: Bool = true) throws -> [PredictedUnit] {
      var configuration = Self.configuration
      configuration.sampling.guidance = guidance
      let method = SymmBFN(configuration, statistics: statistics)
      var values = method.layout.initialParameters(seed: 2)
      var random = RandomStream(seed: 8, purpose: "learnt")
      for entry in method.layout.entries where entry.name.hasPrefix("embedding.condition.1") {
        for i in entry.range { values[i] = Float(random.uniform() - 0.5) * 0.5 }
      }
      var blueprint = Blueprint(spaceGroup: 62, siteCount: 3)
      if asked { blueprint.properties = ["band_gap": PropertyTarget(5...5)] }
      return method.sampler(Parameters(values), seed: 9, isExact: isExact).sample(group: 0) { _ in blueprint }
    }
    func lattices(_ units: [PredictedUnit]) -> [Double] { units.flatMap { $0.unit.latticeLogMetric.k } }
    let (packed, exact) = (lattices(try draw(1, isExact: false)), lattices(try draw(1, isExact: true)))
    #expect(zip(packed, exact).allSatisfy { abs($0 - $1) < 0.02 })
    let (without, twice) = (lattices(try draw(2, isExact: true, asked: false)), lattices(try draw(2, isExact: true)))
    #expect(lattices(try draw(1, isExact: true, asked: false)) == without)
    func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) } }
    #expect(distance(exact, without) > 0.1 && distance(twice, without) > 1.3 * distance(exact, without))
  }

  @Test("skeletons that are asked for a property have it once it is learnt, more so with guidance")
  func skeletons() throws {
    var options = SkeletonConfiguration()
    (options.network.width, options.network.layers, options.network.heads, options.network.embedding) = (16, 2, 2, 8)
    (options.training.batch, options.training.learningRate, options.training.warmUpSteps) = (24, 0.01, 0)
    (options.training.schedule, options.training.averageDecay) = (.plateau, 0.9)
    (options.conditioning.properties, options.conditioning.frequencies) = (["gap"], 4)
    // Salts of sodium have a gap of 5 or so, those of potassium mostly 1: the property says the element, and little else.
    var random = RandomStream(seed: 4, purpose: "salts")
    let salts = (0..<120).map { i -> (unit: AsymmetricUnit, gap: Double) in
      let group = SpaceGroup.numbered(225)
      let metal: UInt8 = i.isMultiple(of: 2) ? 11 : 19
      let isHigh = random.uniform() < (metal == 11 ? 0.9 : 0.1)
      let sites = [(metal, "a"), (UInt8(17), "b")].map { z, letter in
        let position = group.wyckoffPositions[group.positionIndex(lettered: letter.utf8.first ?? 0) ?? 0]
        return Site(
          atomicNumber: z, position: .zero, siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: position.letter,
          multiplicity: position.multiplicity)
      }
      return (
        AsymmetricUnit(spaceGroup: 225, latticeLogMetric: LatticeLogMetric(k: [0, 0, 0, 0, 0, 1.5]), sites: sites),
        (isHigh ? 5 : 1) + 0.1 * random.uniform()
      )
    }
    let data = TrainingData(salts.map(\.unit), properties: ["gap": salts.map(\.gap)])
    var trainer = try Trainer<Skeletons>(options, training: data, validation: TrainingData([]), seed: 1, threads: 1)
    while trainer.epoch < 40 { if try trainer.step() { try trainer.endEpoch(seconds: 0) } }
    func sodium(_ gap: Double?, guidance: Float = 1) throws -> Int {
      var own = options
      own.sampling.guidance = guidance
      let method = Skeletons(own, statistics: trainer.learner.statistics)
      let proposer = method.proposer(Parameters(trainer.optimizer.average), among: [])
      var asked = Blueprint()
      if let gap { asked.properties = ["gap": PropertyTarget(gap...gap)] }
      return try (0..<60).map { try proposer.complete(asked, index: $0, seed: 2).atoms[11] != nil }.count { $0 }
    }
    let (high, low, open) = (try sodium(5), try sodium(1), try sodium(nil))
    #expect(high > 42 && low < 18 && (15...45).contains(open), "\(high), \(low), \(open) of 60")
    let (higher, lower) = (try sodium(5, guidance: 3), try sodium(1, guidance: 3))
    #expect(higher >= high && lower <= low && higher > 54 && lower < 6, "\(higher), \(lower) of 60")
  }
}
