import ArgumentParser
import Artifacts
import Crystals
import Evaluation
import Foundation
import Generators
import StageKit
import Testing

/// `report --blueprints`: from files to the page, and what is said of files that will not do.
@Suite("Page of proposals", .serialized) struct ProposalPageTests {
  /// A dataset of salts, models of their energies from cells and from skeletons, and blueprints of the same salts.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    var text = ""
    for (a, metal) in ["Li", "Na", "K", "Rb", "Cs"].enumerated() {
      for (b, halogen) in ["F", "Cl", "Br", "I"].enumerated() {
        let cell = 3.2 + 0.3 * Double(a) + 0.2 * Double(b)
        text += "2\nLattice=\"\(cell) 0 0 0 \(cell) 0 0 0 \(cell)\" Properties=species:S:1:pos:R:3 "
        text += "formation_energy_per_atom=\(-3 + 0.2 * Double(a) + 0.5 * Double(b)) gap=\(a)\n"
        text += "\(metal) 0 0 0\n\(halogen) \(0.5 * cell) \(0.5 * cell) \(0.5 * cell)\n"
      }
    }
    try run(place, "preprocess", "--input", try place.write("salts.extxyz", text), "--output", "dataset.h5")
    for input in ["composition", "blueprint", "crystal"] {
      let yaml = try place.write(
        "\(input).yaml",
        """
        method: property
        input: \(input)
        columns: [\(input == "composition" ? "formation_energy_per_atom, " : "")gap]
        network: {width: 16, layers: 1, heads: 2, embedding: 8}
        training: {batch: 8, epochs: 2}
        """)
      try run(place, "train", "--dataset", "dataset.h5", "--config", yaml, "--output", "\(input).h5", "--threads", "1")
    }
    let data = try Dataset(reading: place.path("dataset.h5"))
    let blueprints = data.units.map { unit in
      var blueprint = Blueprint(spaceGroup: 221)
      let elements = Set(unit.sites.map(\.atomicNumber)).sorted()
      blueprint.composition = .init(Formula(elements: elements, counts: [1, 1]), content: .formulaUnits(1))
      blueprint.lattice = unit.latticeLogMetric
      return blueprint
    }
    try write(place, "a.h5", data.ids, blueprints)
    try write(place, "b.h5", Array(data.ids.prefix(5)), Array(blueprints.prefix(5)))
    var open = blueprints
    open[3].lattice = nil
    try write(place, "no-lattice.h5", data.ids, open)
    try write(place, "other.h5", data.ids, Array(blueprints.reversed()))
    let skeletons = try data.units.map { try Blueprint($0) }
    try write(place, "skeletons.h5", data.ids, skeletons)
    try write(place, "empty.h5", [], [])
    return place
  }

  private static func write(_ place: Workplace, _ name: String, _ ids: [String], _ blueprints: [Blueprint]) throws {
    try BlueprintsFile.write(
      ids: ids, blueprints: blueprints, rejected: [], to: place.path(name), inputs: [], options: try SharedOptions.parse([]),
      records: RecordRange(0..<ids.count, of: ids.count), seconds: 0)
  }

  private static func run(_ place: Workplace, _ stage: String, _ arguments: String...) throws {
    let outcome = try place.run(stage, arguments + ["--quiet"])
    try #require(outcome.status == 0, "\(stage): \(outcome.errors)")
  }

  private static func relax(_ place: Workplace) throws {
    let symbols = ["Li", "Na", "K", "Rb", "Cs", "F", "Cl", "Br", "I"]
    let pure = symbols.map { "\($0):1,0" }.joined(separator: "\n")
    _ = try place.write("table/table.csv", "composition_fractions,formation_energy_per_atom\nNa:0.5 Cl:0.5,-1\n\(pure)\n")
    _ = try place.write("table/elements.csv", "element,energy_per_atom\n" + symbols.map { "\($0),0.0" }.joined(separator: "\n"))
    let crystals = ["--crystals", "dataset.h5", "--potential", "pair", "--static"]
    for (output, more) in [("relaxed.h5", ["--hull", "table/table.csv"]), ("no-hull.h5", [])] {
      let outcome = try place.run("relax", crystals + ["--output", output, "--quiet"] + more)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
  }

  private static let usual = ["--predictor", "composition.h5", "--reference", "dataset.h5", "--output", "page.html"]

  @Test("two files become a page, its figures and its numbers; relaxed crystals stand beside predictions")
  func page() throws {
    let place = try Self.place()
    defer { place.remove() }
    try Self.relax(place)
    let outcome = try place.run(
      "report",
      ["--blueprints", "a.h5", "b.h5", "--names", "all", "a few", "--relaxed", "relaxed.h5", "--numbers", "n.json"] + Self.usual
        + ["--figures", "figures"])
    #expect(outcome.status == 0 && outcome.errors.contains("report: 2 of 2"), "\(outcome.errors)")
    let page = try String(contentsOfFile: place.path("page.html"), encoding: .utf8)
    #expect(page.contains("<th>all</th><th>a few</th><th>reference</th>") && !page.contains("NaN"))
    let figure = try String(contentsOfFile: place.path("figures/space_group-1.svg"), encoding: .utf8)
    #expect(page.contains(figure))
    let summary = try JSONFile.read(ProposalSummary.self, place.path("n.json"))
    #expect(summary.names == ["all", "a few"] && summary.figure("crystals")?.values.prefix(2).map(\.count) == [20, 5])
    #expect(summary.figure("neutral")?.values.map(\.value) == [1, 1, 1])
    #expect(summary.figure("lattice")?.values[0].value == 1 && summary.figure("groups")?.values[0].count == 1)
    #expect(summary.settings.potential == "pair" && summary.relaxed.map(\.count) == [20, 0])
    // Crystals and blueprints are the same, so both files say the same of the first.
    let model = try LoadedPropertyModel(reading: place.path("composition.h5"))
    let (_, blueprints, _) = try BlueprintsFile.read(place.path("a.h5"))
    let predicted = try model.predict(blueprints).map { try $0.get()[0] }
    #expect(summary.relaxed[0].map(\.predicted) == predicted)
    let energies = try Artifact.open(place.path("relaxed.h5")).read(Double.self, "/relaxation/formation_energy", shape: [20])
    #expect(summary.relaxed[0].map(\.relaxed) == energies)
    // Another column, which is no energy.
    let gap = try place.run("report", ["--blueprints", "a.h5", "--property", "gap", "--numbers", "g.json"] + Self.usual)
    #expect(gap.status == 0, "\(gap.errors)")
    #expect(try JSONFile.read(ProposalSummary.self, place.path("g.json")).figure("below_-2") == nil)
  }

  @Test("what will not do is said in a line")
  func badInput() throws {
    let place = try Self.place()
    defer { place.remove() }
    try Self.relax(place)
    let cases: [(arguments: [String], status: Int32, words: String)] = [
      (["--blueprints", "empty.h5"], 65, "'empty.h5' has no blueprint in /blueprint."),
      (
        ["--blueprints", "dataset.h5"], 65,
        "'dataset.h5' is a frieze-dataset file, expected frieze-blueprints: run 'propose' to make one."
      ),
      (["--blueprints", "no-lattice.h5"], 65, "has no lattice: --blueprints are those of a model that says"),
      (["--blueprints", "skeletons.h5"], 65, "has no lattice: --blueprints are those of a model that says"),
      (["--blueprints", "nowhere.h5"], 65, "nowhere.h5"),
      (
        ["--blueprints", "a.h5", "--predictor", "crystal.h5"], 65,
        "'crystal.h5' predicts from coordinates, and there are none yet: a page of proposals needs a model with input: composition"
      ),
      (
        ["--blueprints", "a.h5", "--predictor", "blueprint.h5"], 65,
        "'blueprint.h5' predicts from Wyckoff positions, and there are none yet: a page of proposals needs"
      ),
      (
        ["--blueprints", "a.h5", "--predictor", "dataset.h5"], 65,
        "'dataset.h5' is a frieze-dataset file, expected frieze-model"
      ),
      (
        ["--blueprints", "a.h5", "--property", "density"], 65,
        "'composition.h5' predicts formation_energy_per_atom, gap, and no density: see --property."
      ),
      (["--blueprints", "a.h5", "--reference", "a.h5"], 65, "'a.h5' is a frieze-blueprints file, expected frieze-dataset"),
      (
        ["--blueprints", "a.h5", "--relaxed", "dataset.h5"], 65,
        "'dataset.h5' is a frieze-dataset file, expected frieze-relaxed"
      ),
      (["--blueprints", "a.h5", "--relaxed", "no-hull.h5"], 65, "'no-hull.h5' has no formation energies: relax with --hull."),
      (["--blueprints", "other.h5", "--relaxed", "relaxed.h5"], 65, "is of another composition."),
      (["--blueprints", "b.h5", "--relaxed", "relaxed.h5"], 65, "is no blueprint there."),
      (
        ["--blueprints", "a.h5", "--relaxed", "relaxed.h5", "relaxed.h5"], 64,
        "--relaxed takes no more files than --blueprints."
      ),
      (["--blueprints", "a.h5", "--names", "x", "y"], 64, "--names needs as many names as --blueprints files, or none."),
      (["--blueprints", "a.h5", "--metrics", "m.json"], 64, "report needs --metrics or --blueprints, and not both."),
      (["--blueprints", "a.h5", "--model", "composition.h5"], 64, "--model, --published and --agreement go with --metrics."),
      ([], 64, "--predictor needs --blueprints."),
    ]
    for (arguments, status, words) in cases {
      // What is said twice holds as it is said last.
      let outcome = try place.run("report", Self.usual + arguments)
      #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome.status) \(outcome.errors)")
      #expect(!place.files.contains("page.html"))
    }
    let nothing = try place.run("report", ["--output", "page.html"])
    #expect(nothing.status == 64 && nothing.errors.contains("report needs --metrics or --blueprints"), "\(nothing.errors)")
    let half = try place.run("report", ["--blueprints", "a.h5", "--output", "page.html"])
    #expect(half.status == 64 && half.errors.contains("--blueprints needs a --predictor and a --reference."), "\(half.errors)")
  }
}
