import Crystals
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Generators

@Suite("Models of properties") struct PropertyTests {
  private static func options(_ input: PropertyConfiguration.Input, _ columns: [String]) -> PropertyConfiguration {
    var options = PropertyConfiguration()
    (options.input, options.columns) = (input, columns)
    (options.network.width, options.network.layers, options.network.heads, options.network.embedding) = (16, 2, 2, 8)
    (options.training.batch, options.training.learningRate, options.training.warmUpSteps) = (16, 0.01, 0)
    (options.training.averageDecay, options.training.weightDecay) = (0.9, 0)
    return options
  }

  /// Rock salts, caesium chlorides and rutiles of several elements and sizes.
  private static let units: [AsymmetricUnit] = {
    var random = RandomStream(seed: 2, purpose: "units")
    let (metals, others) = (["Li", "Na", "K", "Rb", "Mg", "Ca"], ["F", "Cl", "Br", "O", "S"])
    return (0..<120).map { i in
      let (a, b, cell) = (metals[i % 6], others[(i / 6) % 5], 4 + 2 * random.uniform())
      switch i % 4 {
      case 0: return unit(225, "a \(a), b \(b)", cell: cell)
      case 1: return unit(221, "a \(a), b \(b)", cell: 0.7 * cell)
      case 2: return unit(136, "a \(a), f \(b) \(0.28 + 0.04 * random.uniform()) 0 0", cell: cell)
      default: return unit(62, "c \(a) \(random.uniform()) 0.25 \(random.uniform()), c \(b) 0.1 0.25 0.4", cell: cell)
      }
    }
  }()

  private static func data(_ columns: [String: @Sendable (AsymmetricUnit) -> Double]) -> TrainingData {
    TrainingData(units, properties: columns.mapValues { units.map($0) })
  }

  private static let values: [String: @Sendable (AsymmetricUnit) -> Double] = [
    "a": { Double($0.sites[0].atomicNumber) - 0.1 * Double($0.sites[1].atomicNumber) },
    "b": { $0.sites[0].atomicNumber == 3 ? .nan : $0.latticeLogMetric.lattice.volume },
  ]

  @Test("the gradient is that of the losses, unknown values left out", arguments: PropertyConfiguration.Input.allCases)
  func gradient(input: PropertyConfiguration.Input) throws {
    let data = Self.data(Self.values)
    let trainer = try Trainer<PropertyRegression>(
      Self.options(input, ["a", "b"]), training: data, validation: TrainingData([]), seed: 1, threads: 1)
    let examples = try trainer.learner.examples(data.taking(Array(0..<24)), isTraining: true, threads: 1)
    #expect(examples.contains { $0.targets[1].isNaN && !$0.targets[0].isNaN })
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    let values = trainer.optimizer.parameters.values
    let gradient = try trainer.gradients(examples, randoms, Parameters(values)).gradient
    let check = try GradientCheck(parameters: values, gradient: gradient, largestStep: 0.003) {
      try trainer.gradients(examples, randoms, Parameters($0)).losses.objective
    }
    for entry in trainer.learner.layout.entries {
      let wrong = try check.disagreements(entry.range, tolerance: 0.03, directions: 2)
      #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
      #expect(check.norm(entry.range) > 0, "\(entry.name) moves nothing")
    }
  }

  @Test("equivalent descriptions of a crystal have one prediction", arguments: PropertyConfiguration.Input.allCases)
  func equivalence(input: PropertyConfiguration.Input) throws {
    let method = PropertyRegression(
      Self.options(input, ["a"]), statistics: DatasetStatistics(Self.data(Self.values), labels: ["a"]))
    let parameters = Parameters(method.layout.initialParameters(seed: 7))
    func predicted(_ units: [AsymmetricUnit]) throws -> [Double] {
      try method.predict(units, parameters, threads: 2).map { try $0.get()[0] }
    }
    let before = try predicted(Self.units)
    #expect(Set(before.map { ($0 * 1e4).rounded() }).count > (input == .blueprint ? 55 : 110))
    let turned = Self.units.map { unit in
      var unit = unit
      unit.sites.reverse()
      return unit
    }
    for (a, b) in zip(before, try predicted(turned)) { #expect(abs(a - b) < 1e-4) }
    var shifts = 0
    for (unit, own) in zip(Self.units, before) {
      for shift in SpaceGroup.numbered(unit.spaceGroup).originShifts.dropFirst() {
        guard let other = unit.shifted(by: shift) else { continue }
        shifts += 1
        #expect(abs(try predicted([other])[0] - own) < 1e-4, "\(unit.spaceGroup)")
      }
    }
    #expect(shifts > 100)
    guard input == .blueprint else { return }
    let blueprints = try Self.units.map { try Blueprint($0) }
    let same = try method.predict(blueprints, parameters, threads: 1).map { try $0.get()[0] }
    #expect(same == before)
  }

  @Test("what follows from the elements or from distances is learnt", arguments: PropertyConfiguration.Input.allCases)
  func learning(input: PropertyConfiguration.Input) throws {
    let isVolume = input != .blueprint
    let data = Self.data([
      "toy": { unit in
        isVolume
          ? log(unit.latticeLogMetric.lattice.volume / Double(unit.sites.reduce(0) { $0 + $1.multiplicity }))
          : -1 - 0.3 * Double(unit.sites[0].atomicNumber % 8) + (unit.spaceGroup == 221 ? 0.5 : 0)
      }
    ])
    var options = Self.options(input, ["toy"])
    options.training.epochs = 60
    options.training.schedule = .cosine
    var trainer = try Trainer<PropertyRegression>(
      options, training: data, validation: data, seed: 1, threads: 2)
    while trainer.epoch < options.training.epochs {
      if try trainer.step() { try trainer.endEpoch(seconds: 0) }
    }
    let errors = trainer.learner.errors(data, part: "train", Parameters(trainer.bestAverage), threads: 2)
    #expect(errors.count == 1 && errors[0].count == 120 && errors[0].column == "toy")
    #expect(errors[0].meanAbsolute < 0.1 * errors[0].ofMean, "\(errors)")
    #expect(errors[0].rootMeanSquare >= errors[0].meanAbsolute)
  }

  @Test("errors are of the known values, beside those of the mean")
  func errors() {
    let errors = PropertyErrors(column: "x", part: "test", [1, nil, 3, 5], known: [2, 1, .nan, 1], mean: 2)
    #expect(
      errors
        == PropertyErrors(column: "x", part: "test", count: 2, meanAbsolute: 2.5, rootMeanSquare: 8.5.squareRoot(), ofMean: 0.5)
    )
    #expect(PropertyErrors(column: "x", part: "test", [nil], known: [1], mean: 0).meanAbsolute.isNaN)
  }

  @Test("coordinates count where the model reads them, and blueprints are refused there")
  func coordinates() throws {
    let (near, far) = (unit(136, "a Ti, f O 0.3 0.3 0", cell: 4.5), unit(136, "a Ti, f O 0.35 0.35 0", cell: 4.5))
    for input in PropertyConfiguration.Input.allCases {
      let method = PropertyRegression(
        Self.options(input, ["a"]), statistics: DatasetStatistics(Self.data(Self.values), labels: ["a"]))
      let parameters = Parameters(method.layout.initialParameters(seed: 7))
      let two = try method.predict([near, far], parameters, threads: 1).map { try $0.get()[0] }
      #expect((abs(two[0] - two[1]) < 1e-6) == (input != .crystal))
      let blueprint = method.predict([try Blueprint(near)], parameters, threads: 1)[0]
      if input == .blueprint {
        #expect(abs(try blueprint.get()[0] - two[0]) < 1e-6)
      } else {
        #expect(throws: Rejection.self) { try blueprint.get() }
      }
      #expect(throws: Rejection.self) {
        try method.predict([Blueprint(spaceGroup: 225, siteCount: 2)], parameters, threads: 1)[0].get()
      }
    }
  }

  @Test("distances are counted through all images: rock salt's first shells")
  func shells() throws {
    let example = try PropertyExample(unit(225, "a Na, b Cl", cell: 6), .crystal)
    // Six chlorines at 3 angstrom (m_8), the fade of 3 of 6 angstrom being a half; no sodium there, twelve at 4.24.
    let (toChlorine, toSodium) = (RadialFeatures.count, 0)
    #expect(abs(example.neighbors[toChlorine + 8] - 3) < 1e-4)
    #expect(example.neighbors[toSodium + 8] < 0.1)
    let fade = 0.5 * (1 + cos(.pi * sqrt(18) / 6)), width = (sqrt(18) - 4.25) / 0.25
    #expect(abs(Double(example.neighbors[toSodium + 13]) - 12 * fade * exp(-0.5 * width * width)) < 1e-3)
  }
}
