import Artifacts
import Crystals
import Foundation
import Generators
import StageKit
import Tensors
import Testing

/// Models of properties through the programs: trained, taken up again, exported, and as a screen of skeletons.
@Suite("Models of properties in files", .serialized) struct PropertyModelTests {
  private static let metals = ["Li", "Na", "K", "Rb", "Cs"]
  private static let halogens = ["F", "Cl", "Br", "I"]

  /// Forty salts of two kinds, whose energies their elements and kinds say.
  private static func salts() -> String {
    var text = ""
    for (a, metal) in metals.enumerated() {
      for (b, halogen) in halogens.enumerated() {
        for isCubic in [false, true] {
          let energy = -3 + 0.2 * Double(a) + 0.5 * Double(b) + (isCubic ? 0.3 : 0)
          let cell = (isCubic ? 3.2 : 4.8) + 0.3 * Double(a) + 0.2 * Double(b)
          let points = isCubic ? ["0 0 0"] : ["0 0 0", "0 0.5 0.5", "0.5 0 0.5", "0.5 0.5 0"]
          text += "\(2 * points.count)\n"
          text +=
            "Lattice=\"\(cell) 0 0 0 \(cell) 0 0 0 \(cell)\" Properties=species:S:1:pos:R:3 formation_energy_per_atom=\(energy) "
          text += "gap=\(5 - energy)\n"
          for point in points {
            let x = point.split(separator: " ").map { cell * (Double($0) ?? 0) }
            text +=
              "\(metal) \(x[0]) \(x[1]) \(x[2])\n\(halogen) \(x[0] + 0.5 * cell) \(x[1] + 0.5 * cell) \(x[2] + 0.5 * cell)\n"
          }
        }
      }
    }
    return text
  }

  private static func yaml(_ input: String, _ columns: String) -> String {
    """
    method: property
    input: \(input)
    columns: [\(columns)]
    network: {width: 16, layers: 1, heads: 2, embedding: 8}
    training: {batch: 8, epochs: 40, warm_up_steps: 0, learning_rate: 0.01, average_decay: 0.9}
    """
  }

  private static func place() throws -> Workplace {
    let place = try Workplace()
    let outcome = try place.run("preprocess", ["--input", try place.write("salts.extxyz", salts()), "--output", "dataset.h5"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return place
  }

  @discardableResult
  private static func train(_ place: Workplace, _ yaml: String, _ output: String, _ more: String...) throws -> String {
    _ = try place.write("model.yaml", yaml)
    let outcome = try place.run(
      "train", ["--dataset", "dataset.h5", "--config", "model.yaml", "--output", output, "--threads", "1"] + more)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.errors
  }

  @Test("are trained, taken up again, exported and read, with their errors on what was not learnt")
  func line() throws {
    let place = try Self.place()
    defer { place.remove() }
    for input in ["crystal", "blueprint", "composition"] {
      let yaml = Self.yaml(input, "formation_energy_per_atom, gap")
      let said = try Self.train(place, yaml, "whole.h5")
      try Self.train(place, yaml, "parts.h5", "--epochs", "15")
      try Self.train(place, yaml, "parts.h5", "--resume")
      let (whole, parts) = (
        try LoadedPropertyModel(reading: place.path("whole.h5")), try LoadedPropertyModel(reading: place.path("parts.h5"))
      )
      #expect(whole.columns == ["formation_energy_per_atom", "gap"] && whole.trainingSet != nil)
      // Another end of the cosine is another run; of one run the columns and parts are the same.
      #expect(whole.errors.map(\.column) == parts.errors.map(\.column))
      #expect(whole.errors.map(\.part) == ["validation", "validation", "test", "test"])
      let data = try Dataset(reading: place.path("dataset.h5"))
      for errors in whole.errors where errors.count > 0 {
        let part = try #require(DatasetPart.allCases.first { "\($0)" == errors.part })
        let own = whole.model.errors(data.data(of: part), part: errors.part, whole.parameters, threads: 1)
        #expect(own.contains(errors), "\(errors)")
        #expect(said.contains(errors.line), "\(said)")
      }
      let training = whole.model.errors(data.data(of: .train), part: "train", whole.parameters, threads: 1)
      #expect(training.allSatisfy { $0.meanAbsolute < 0.3 * $0.ofMean }, "\(training)")

      let export = try place.run("export", ["--model", "whole.h5", "--output", "small.h5"])
      #expect(export.status == 0, "\(export.errors)")
      let small = try LoadedPropertyModel(reading: place.path("small.h5"))
      #expect(small.errors == whole.errors)
      for (a, b) in zip(small.predict(data.units), whole.predict(data.units)) {
        #expect(abs(try a.get()[0] - b.get()[0]) < 0.01)
      }
    }
  }

  @Test("one that is stopped and goes on is the one that was not stopped")
  func resumed() throws {
    let place = try Self.place()
    defer { place.remove() }
    let yaml = Self.yaml("blueprint", "formation_energy_per_atom")
    try Self.train(place, yaml, "whole.h5", "--set", "training.epochs=12", "--set", "training.schedule=plateau")
    for epochs in ["5", "12"] {
      try Self.train(place, yaml, "parts.h5", "--resume", "--set", "training.schedule=plateau", "--epochs", epochs)
    }
    let models = try ["whole.h5", "parts.h5"].map { try LoadedPropertyModel(reading: place.path($0)) }
    #expect(models[0].parameters.values == models[1].parameters.values && models[0].errors == models[1].errors)
  }

  @Test("a screen keeps the lowest of K skeletons, above a hull where there is one, and says what by")
  func screen() throws {
    let place = try Self.place()
    defer { place.remove() }
    try Self.train(place, Self.yaml("blueprint", "formation_energy_per_atom"), "energy.h5")
    try Self.train(
      place,
      """
      method: skeletons
      network: {width: 16, layers: 1, heads: 2, embedding: 8}
      training: {batch: 8, epochs: 60, warm_up_steps: 0, learning_rate: 0.01}
      """, "skeletons.h5")
    // A hull far below all salts but the iodides.
    _ = try place.write(
      "hull/salts.csv",
      "composition_fractions,formation_energy_per_atom\n"
        + Self.metals.flatMap { m in
          Self.halogens.map { "\(m):0.5 \($0):0.5,\($0 == "I" ? -2.0 : -5.0)" }
        }.joined(separator: "\n"))
    _ = try place.write(
      "hull/elements.csv",
      "element,energy_per_atom\n" + (Self.metals + Self.halogens).map { "\($0),-1.0" }.joined(separator: "\n"))
    func drawn(_ arguments: String...) throws -> (blueprints: [Blueprint], said: String) {
      let outcome = try place.run(
        "propose", ["--model", "skeletons.h5", "--count", "24", "--output", "b.h5", "--max-sites", "2"] + arguments)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return (try BlueprintsFile.read(place.path("b.h5")).blueprints, outcome.errors)
    }
    let model = try LoadedPropertyModel(reading: place.path("energy.h5"))
    func mean(_ blueprints: [Blueprint]) throws -> Double {
      try model.predict(blueprints).reduce(0) { $0 + (try $1.get()[0]) } / Double(blueprints.count)
    }
    let hull = try HullFile(reading: place.path("hull/salts.csv"))
    func meanAboveHull(_ blueprints: [Blueprint]) throws -> Double {
      try zip(blueprints, model.predict(blueprints)).reduce(0) { sum, next in
        let atoms = next.0.atoms.map { (atomicNumber: Int($0.key), count: $0.value) }
        return sum + (try #require(hull.aboveHull(formationEnergy: try next.1.get()[0], of: atoms)))
      } / Double(blueprints.count)
    }
    let free = try drawn()
    let low = try drawn("--screen", "energy:8", "--screen-model", "energy.h5")
    #expect(low.said.contains("the screen kept 24 of 192 skeletons drawn"), "\(low.said)")
    #expect(low.said.contains("formation_energy_per_atom that 'energy.h5' predicts alone, which favours salts"), "\(low.said)")
    #expect(try mean(low.blueprints) < mean(free.blueprints) - 0.1)
    let above = try drawn("--screen", "energy:8", "--screen-model", "energy.h5", "--hull", "hull/salts.csv")
    #expect(above.said.contains("above the hull 'salts'"), "\(above.said)")
    #expect(try meanAboveHull(above.blueprints) < meanAboveHull(low.blueprints) - 0.2)
    #expect(try mean(above.blueprints) > mean(low.blueprints))
    // What was there already gives way to the next best, and what comes first stays.
    let distinct = try drawn("--screen", "energy:8", "--screen-model", "energy.h5", "--distinct")
    func skeletons(_ blueprints: [Blueprint]) -> Int {
      var taken = DistinctSkeletons()
      return blueprints.count { taken.take(firstOf: [$0]) != nil }
    }
    #expect(skeletons(low.blueprints) < 24 && distinct.blueprints[0] == low.blueprints[0])
    #expect(skeletons(distinct.blueprints) > skeletons(low.blueprints))
    let repeats = 24 - skeletons(distinct.blueprints)
    #expect(distinct.said.contains("\(repeats) of 24 repeat an earlier skeleton") == (repeats > 0), "\(distinct.said)")
    // The same number and seed are the same blueprint, whatever the threads.
    let again = try drawn("--screen", "energy:8", "--screen-model", "energy.h5", "--hull", "hull/salts.csv", "--threads", "1")
    #expect(again.blueprints == above.blueprints)
  }

  @Test("a screen keeps skeletons that are predicted to have what is asked for; a model of one's own describes crystals")
  func targets() throws {
    let place = try Self.place()
    defer { place.remove() }
    try Self.train(place, Self.yaml("blueprint", "gap"), "gap.h5")
    try Self.train(
      place,
      """
      method: skeletons
      network: {width: 16, layers: 1, heads: 2, embedding: 8}
      conditioning: {properties: [gap, formation_energy_per_atom], frequencies: 4}
      training: {batch: 8, epochs: 60, warm_up_steps: 0, learning_rate: 0.01}
      """, "skeletons.h5")
    let model = try LoadedPropertyModel(reading: place.path("gap.h5"))
    let asked = ["propose", "--model", "skeletons.h5", "--count", "24", "--output", "b.h5", "--max-sites", "2", "--target"]
    func misses(_ arguments: String...) throws -> [Double] {
      let outcome = try place.run(asked[0], asked.dropFirst() + ["gap=7.5"] + arguments)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try model.predict(try BlueprintsFile.read(place.path("b.h5")).blueprints).map { abs(try $0.get()[0] - 7.5) }
    }
    let (free, screened) = (try misses(), try misses("--screen", "target:16", "--screen-model", "gap.h5"))
    func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
    #expect(mean(screened) < 0.5 * mean(free), "\(mean(screened)) \(mean(free))")
    for (arguments, status, words) in [
      (["gap=7.5", "--screen", "target:4"], 64, "--screen target:4 needs a --screen-model."),
      (
        ["formation_energy_per_atom=-1", "--screen", "target:4", "--screen-model", "gap.h5"], 65,
        "'gap.h5' predicts gap, and not formation_energy_per_atom"
      ),
    ] as [([String], Int32, String)] {
      let outcome = try place.run(asked[0], asked.dropFirst() + arguments)
      #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
    }
    let none = try place.run(
      "propose",
      ["--model", "skeletons.h5", "--count", "2", "--output", "b.h5", "--screen", "target:4", "--screen-model", "gap.h5"])
    #expect(none.status == 64 && none.errors.contains("--screen target needs a --target"), "\(none.errors)")
    // The same model as a predictor of whole crystals.
    let described = try place.run("properties", ["--crystals", "dataset.h5", "--model", "gap.h5", "--output", "described.h5"])
    #expect(described.status == 0, "\(described.errors)")
    let data = try Dataset(reading: place.path("described.h5"))
    let (said, known) = (try #require(data.properties["gap_gap"]), try #require(data.properties["gap"]))
    #expect(mean(zip(said, known).map { abs($0 - $1) }) < 0.3)
  }

  @Test("what does not go together is said in a line")
  func refused() throws {
    let place = try Self.place()
    defer { place.remove() }
    try Self.train(place, Self.yaml("crystal", "formation_energy_per_atom"), "crystal.h5", "--epochs", "1")
    try Self.train(place, Self.yaml("composition", "formation_energy_per_atom"), "composition.h5", "--epochs", "1")
    try Self.train(place, Self.yaml("blueprint", "gap"), "gap.h5", "--epochs", "1")
    try Self.train(
      place, "method: skeletons\nnetwork: {width: 8, layers: 1, heads: 2, embedding: 4}\ntraining: {batch: 8, epochs: 1}",
      "skeletons.h5")
    for (arguments, status, words) in [
      (["--screen", "energy:4"], 64, "--screen energy:4 needs a --screen-model."),
      (["--screen", "new", "--screen-model", "gap.h5"], 64, "--screen-model needs --screen energy:K or target:K."),
      (["--hull", "hull.csv"], 64, "--hull needs --screen energy:K."),
      (["--distinct", "--screen", "new"], 64, "--distinct needs --screen surprisal:K, energy:K or target:K"),
      (
        ["--distinct", "--screen", "surprisal:4", "--shard", "0/2"], 64, "--distinct goes neither with --shard nor with --like."
      ),
      (["--screen", "energy:4", "--screen-model", "crystal.h5"], 65, "'crystal.h5' predicts from coordinates"),
      (["--screen", "energy:4", "--screen-model", "composition.h5"], 65, "'composition.h5' predicts from the cell"),
      (["--screen", "energy:4", "--screen-model", "gap.h5"], 65, "'gap.h5' predicts gap, and no energy"),
      (
        ["--screen", "energy:4", "--screen-model", "skeletons.h5"], 65, "is a model of skeletons, which predicts no properties."
      ),
    ] as [([String], Int32, String)] {
      let outcome = try place.run("propose", ["--model", "skeletons.h5", "--count", "2", "--output", "b.h5"] + arguments)
      #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome.status) \(outcome.errors)")
    }
    let sample = try place.run("sample", ["--model", "gap.h5", "--count", "1", "--output", "x.h5"])
    #expect(sample.status == 65 && sample.errors.contains("is a model of property, which gives no crystals to 'sample'"))
    for (yaml, words) in [
      (Self.yaml("blueprint", "modulus"), "has no property 'modulus'"),
      (Self.yaml("blueprint", ""), "columns must name one property"),
      (Self.yaml("picture", "gap"), "input cannot be used"),
      (Self.yaml("blueprint", "gap") + "\nform: published", "form: published needs input: composition"),
    ] {
      _ = try place.write("bad.yaml", yaml)
      let outcome = try place.run("train", ["--dataset", "dataset.h5", "--config", "bad.yaml", "--output", "x.h5"])
      #expect(outcome.status == 65 && outcome.errors.contains(words), "\(outcome.errors)")
    }
  }
}
