import Crystals
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Generators

@Suite("Models of properties of space group, composition and cell") struct CompositionPropertyTests {
  private static func options(_ form: PropertyConfiguration.Form) -> PropertyConfiguration {
    var options = PropertyConfiguration()
    (options.input, options.form, options.columns) = (.composition, form, ["a"])
    (options.network.width, options.network.layers, options.network.heads, options.network.embedding) = (16, 2, 2, 8)
    (options.training.batch, options.training.learningRate, options.training.warmUpSteps) = (16, 0.005, 0)
    (options.training.averageDecay, options.training.weightDecay) = (0.9, 0)
    return options
  }

  /// Salts of several elements, kinds and sizes, with an energy that their elements, group and volume say.
  private static let data: TrainingData = {
    var random = RandomStream(seed: 5, purpose: "units")
    let (metals, others) = (["Li", "Na", "K", "Mg", "Ca", "Ti"], ["F", "Cl", "O", "S", "N"])
    var (units, energies): ([AsymmetricUnit], [Double]) = ([], [])
    for i in 0..<90 {
      let (a, b, cell) = (metals[i % 6], others[(i / 6) % 5], 4 + 2 * random.uniform())
      switch i % 3 {
      case 0: units.append(unit(225, "a \(a), b \(b)", cell: cell))
      case 1: units.append(unit(136, "a \(a), f \(b) 0.3 0.3 0", cell: cell))
      default:
        units.append(unit(148, "c \(a) 0 0 \(0.2 + 0.05 * random.uniform()), f \(b) 0.1 0.2 0.3", cell: cell))
      }
      energies.append(-2 + 0.3 * Double(i % 6) - 0.2 * Double((i / 6) % 5) + 0.3 * (cell - 5) + (i % 3 == 0 ? 0.4 : 0))
    }
    return TrainingData(units, properties: ["a": energies])
  }()

  private static func method(_ form: PropertyConfiguration.Form) -> (PropertyRegression, Parameters) {
    let method = PropertyRegression(options(form), statistics: DatasetStatistics(data, labels: ["a"]))
    return (method, Parameters(method.layout.initialParameters(seed: 7)))
  }

  /// Space group, cell, and a composition in some order of elements, without sites.
  private static func blueprint(_ unit: AsymmetricUnit, reversed: Bool) throws -> Blueprint {
    let atoms = try Blueprint(unit).atoms.sorted { ($0.key < $1.key) != reversed }
    let units = atoms.map(\.value).reduce(0) { a, b in b == 0 ? a : greatestCommonDivisor(a, b) }
    var blueprint = Blueprint(spaceGroup: unit.spaceGroup)
    blueprint.lattice = unit.latticeLogMetric
    blueprint.composition = Blueprint.Composition(
      Formula(elements: atoms.map(\.key), counts: atoms.map { $0.value / units }), content: .formulaUnits(units))
    return blueprint
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }

  @Test("the gradient is that of the losses", arguments: PropertyConfiguration.Form.allCases)
  func gradient(form: PropertyConfiguration.Form) throws {
    let trainer = try Trainer<PropertyRegression>(
      Self.options(form), training: Self.data, validation: TrainingData([]), seed: 1, threads: 1)
    let examples = try trainer.learner.examples(Self.data.taking(Array(0..<24)), isTraining: true, threads: 1)
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

  @Test("units, sites and formula units in any order say the same", arguments: PropertyConfiguration.Form.allCases)
  func agreement(form: PropertyConfiguration.Form) throws {
    let (method, parameters) = Self.method(form)
    let units = Self.data.units
    let predicted = try method.predict(units, parameters, threads: 1).map { try $0.get()[0] }
    #expect(Set(predicted.map { ($0 * 1e4).rounded() }).count > 60)
    let withSites = try units.map { unit in
      var blueprint = try Blueprint(unit)
      blueprint.lattice = unit.latticeLogMetric
      return blueprint
    }
    let orders = try [false, true].map { reversed in try units.map { try Self.blueprint($0, reversed: reversed) } }
    for blueprints in [withSites] + orders {
      for (a, b) in zip(predicted, method.predict(blueprints, parameters, threads: 1)) {
        #expect(abs(a - (try b.get()[0])) < 1e-6)
      }
    }
    // The conventional cell of rock salt holds four primitive ones.
    var primitive = try Self.blueprint(units[0], reversed: false)
    primitive.composition?.content = .primitiveCell
    #expect(abs(try method.predict([primitive], parameters, threads: 1)[0].get()[0] - predicted[0]) < 1e-6)
  }

  @Test("many at once are what each is by itself", arguments: PropertyConfiguration.Form.allCases)
  func batches(form: PropertyConfiguration.Form) throws {
    let (method, parameters) = Self.method(form)
    let blueprints = try (0..<5).flatMap { _ in try Self.data.units.map { try Self.blueprint($0, reversed: false) } }
    let together = method.predict(blueprints, parameters, threads: 2)
    #expect(together.count == 450)
    for (blueprint, all) in zip(blueprints, together) {
      #expect(abs(try method.predict([blueprint], parameters, threads: 1)[0].get()[0] - all.get()[0]) < 1e-5)
    }
  }

  @Test("what the published form does not know is the number of atoms and the volume of each")
  func size() throws {
    let small = try Self.blueprint(Self.data.units[0], reversed: false)
    var large = small
    large.composition?.content = .formulaUnits(8)
    for form in PropertyConfiguration.Form.allCases {
      let (method, parameters) = Self.method(form)
      let two = try method.predict([small, large], parameters, threads: 1).map { try $0.get()[0] }
      #expect((abs(two[0] - two[1]) < 1e-6) == (form == .published))
    }
  }

  @Test("what does not say atoms or cell is refused, and the others are predicted")
  func refused() throws {
    let (method, parameters) = Self.method(.informed)
    let sound = try Self.blueprint(Self.data.units[0], reversed: false)
    var wrong = [Blueprint](repeating: sound, count: 7)
    wrong[0].lattice = nil
    wrong[1].spaceGroup = nil
    wrong[2].composition = nil
    wrong[3].composition?.content = .any
    wrong[4].composition?.content = .formulaUnits(0)
    wrong[5].composition?.formula = try Formula("NaMd")
    wrong[6].lattice = LatticeLogMetric(k: [0, 0, 0, 0, 0, 1000])
    let codes = ["no_cell", "no_cell"] + [String](repeating: "no_composition", count: 4) + ["bad_cell"]
    let results = method.predict([sound] + wrong + [sound], parameters, threads: 1)
    #expect(try results[0].get() == results[8].get())
    for (code, result) in zip(codes, results[1...7]) {
      #expect { try result.get() } throws: { ($0 as? Rejection)?.code == code }
    }
  }

  @Test("a few crystals are learnt", arguments: PropertyConfiguration.Form.allCases)
  func learning(form: PropertyConfiguration.Form) throws {
    var options = Self.options(form)
    (options.network.width, options.training.epochs, options.training.schedule) = (32, 60, .cosine)
    var trainer = try Trainer<PropertyRegression>(
      options, training: Self.data, validation: Self.data, seed: 1, threads: 1)
    while trainer.epoch < options.training.epochs {
      if try trainer.step() { try trainer.endEpoch(seconds: 0) }
    }
    let errors = trainer.learner.errors(Self.data, part: "train", Parameters(trainer.bestAverage), threads: 1)[0]
    #expect(errors.count == 90 && errors.meanAbsolute < 0.2 * errors.ofMean, "\(errors)")
  }

  @Test("the published network has the paper's sizes")
  func sizes() {
    var options = Self.options(.published)
    (options.network.width, options.network.layers) = (576, 5)
    let network = options.makeNetwork()
    let head = 876 * 576 + 4 * 576 * 576 + 5 * 3 * 576 + 577
    let embeddings = (SkeletonElement.rows + 231) * 128 + 8 * 256 + 20 * 16 + 15 * 64 + 64 + 464 * 465 + 6 * 284 + 3 * 284
    #expect(network.layout.count == head + embeddings)
  }

  @Test("published is a form of this input alone")
  func complaint() {
    var options = Self.options(.published)
    #expect(options.complaint == nil)
    options.input = .blueprint
    #expect(options.complaint == "form: published needs input: composition")
  }
}
