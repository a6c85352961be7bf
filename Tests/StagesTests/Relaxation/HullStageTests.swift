import Crystals
import Foundation
import Potentials
import Testing

@testable import Artifacts
@testable import StageKit

@Suite("hull") struct HullStageTests {
  static let entries = """
    [{"composition": {"Na": 2}, "energy": -2.6, "entry_id": "Na"}, {"composition": {"Cl": 4}, "energy": -7.4, "entry_id": "Cl"},
     {"composition": {"Na": 4, "Cl": 4}, "energy": -27, "entry_id": "salt"}, {"composition": {"Na": 1, "Cl": 1}, "energy": -6, "entry_id": "high"}]
    """

  private func dataset(_ place: Workplace) throws {
    let folder = try place.writeCrystals()
    let outcome = try place.run("preprocess", ["--input", folder, "--output", "dataset.h5", "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("entries to a hull: phases, references, sources, counts; .gz; a fill; a hull as input") func entries() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.write("entries.json", Self.entries)
    var outcome = try place.run("hull", ["--input", "entries.json", "--output", "own.h5", "--json", "--data", "a test"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\"phases\":3") && outcome.output.contains("\"higher_in_energy\":1"), "\(outcome.output)")
    let own = try HullTable(reading: place.path("own.h5"))
    #expect(own.phases.map(\.id) == ["Na", "Cl", "salt"] && own.sources.map(\.name) == ["entries.json"])
    #expect(
      abs((own.references[11]?.energy ?? 0) + 1.3) < 1e-12 && abs(own.phases[2].formationEnergy + (27.0 / 8 - 1.575)) < 1e-12)
    let reader = try Artifact.open(place.path("own.h5"), formats: [.hull])
    #expect(reader.attribute("phases_by_elements") == "1:2 2:1" && reader.attribute("data") == "a test")
    #expect(own.sources[0].sha256.count == 64)

    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-k", place.path("entries.json")]
    try gzip.run()
    gzip.waitUntilExit()
    _ = try place.write("other.csv", "formula,formation_energy_per_atom\nNaCl,-9\nNa3Cl,-0.7\nK,0\n")
    _ = try place.write("elements.csv", "element,energy_per_atom\nK,-1.1\nNa,-1.2\n")
    outcome = try place.run(
      "hull", ["--input", "entries.json.gz", "--fill", "other.csv", "--output", "filled.h5", "--quiet", "--json"])
    // NaCl at -9 eV/atom is no compound's energy.
    #expect(outcome.status == 65 && outcome.errors.contains("other.csv") && outcome.errors.contains("-9"), "\(outcome.errors)")
    _ = try place.write("other.csv", "formula,formation_energy_per_atom\nNaCl,-1\nNa3Cl,-0.7\nK,0\n")
    outcome = try place.run(
      "hull", ["--input", "entries.json.gz", "--fill", "other.csv", "--output", "filled.h5", "--quiet", "--json"])
    #expect(outcome.status == 0 && outcome.output.contains("\"filled\":2"), "\(outcome.errors) \(outcome.output)")
    let filled = try HullTable(reading: place.path("filled.h5"))
    #expect(filled.phases.filter { filled.sources[$0.source].name == "other.csv" }.count == 2)
    #expect(filled.references[19].map { filled.sources[$0.source].name } == "elements.csv")
    outcome = try place.run("hull", ["--input", "filled.h5", "--output", "again.h5", "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try HullTable(reading: place.path("again.h5")).phases.count == filled.phases.count)
  }

  @Test("what makes no hull ends with a line and status 65, and what was there stays") func badInput() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.write("hull.h5", "what was there")
    func expect(_ name: String, _ text: String, _ words: String) throws {
      _ = try place.write(name, text)
      let outcome = try place.run("hull", ["--input", name, "--output", "hull.h5", "--quiet"])
      #expect(outcome.status == 65 && outcome.errors.contains(words), "\(name): \(outcome.status) \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.errors.contains(name), "\(outcome.errors)")
      #expect(try String(contentsOfFile: place.path("hull.h5"), encoding: .utf8) == "what was there")
    }
    try expect("half.json", String(Self.entries.prefix(200)), "cut off")
    try expect("empty.json", "[]", "no entry")
    try expect("none.json", "", "cut off")
    try expect("empty.csv", "formula,energy_per_atom\n", "no entry")
    try expect("columns.csv", "x,y\n1,2\n", "composition_fractions")
    try expect("no-element.json", "[{\"composition\": {\"Na\": 1, \"Cl\": 1}, \"energy\": -6}]", "no energy of the element")
    try expect("cells.csv", "formula,formation_energy_per_atom\nAl2O3,-16.5\n", "energy a cell where one an atom is meant")
    try expect("energies.xyz", "x", "no energies are read from it")
    try expect("broken.json.gz", "not packed", "damaged")
    let missing = try place.run("hull", ["--input", "nowhere.json", "--output", "hull.h5", "--quiet"])
    #expect(missing.status == 65 && missing.errors.contains("nowhere.json"))
    #expect(try place.run("hull", ["--input", "half.json", "--output", "hull.csv"]).status == 64)
  }

  @Test("a hull of static energies; relax places above several hulls, and above another potential's only as asked")
  func severalHulls() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    for (options, output) in [(["--static"], "static.h5"), ([], "plain.h5")] {
      let outcome = try place.run(
        "relax", ["--crystals", "dataset.h5", "--output", output, "--potential", "pair", "--quiet"] + options)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    // The pair potential's elements: made by hand, so that every element has one.
    let symbols = ["Na", "Cl", "Cs", "Cu", "Si", "Zn", "S", "Ca", "F", "Sr", "Ti", "O", "Fe", "Mg"]
    _ = try place.write(
      "elements.csv", "element,energy_per_atom\n" + symbols.map { "\($0),0.0" }.joined(separator: "\n") + "\n")
    var outcome = try place.run(
      "hull", ["--input", "static.h5", "--references", "elements.csv", "--output", "pair.h5", "--json", "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try HullTable(reading: place.path("pair.h5")).sources[0].potential == "pair")
    _ = try place.write("table/table.csv", "composition_fractions,formation_energy_per_atom\nNa:0.5 Cl:0.5,-1\n")
    _ = try place.write("table/elements.csv", "element,energy_per_atom\n" + symbols.map { "\($0),0.0" }.joined(separator: "\n"))
    outcome = try place.run(
      "relax",
      [
        "--crystals", "dataset.h5", "--output", "relaxed.h5", "--potential", "pair", "--static", "--hull", "pair.h5",
        "table/table.csv",
      ])
    #expect(outcome.status == 0 && outcome.errors.contains("does not say whose energies it has"), "\(outcome.errors)")
    #expect(outcome.errors.contains("covers") && outcome.errors.contains("thinly"), "\(outcome.errors)")
    let reader = try Artifact.open(place.path("relaxed.h5"))
    let own = try reader.read(Double.self, "/relaxation/energy_above_hull")
    #expect(
      try reader.read(Double.self, "/hull/pair/energy_above_hull").map { ($0 * 1e6).rounded() }
        == own.map { ($0 * 1e6).rounded() })
    // Every crystal is a phase of the first hull: none is below, and the lowest of each formula is on or above it.
    #expect(own.allSatisfy { $0 > -1e-9 } && own.contains { abs($0) < 1e-9 })
    let ids = try reader.ids()
    let above = try reader.read(Double.self, "/hull/table/energy_above_hull")
    #expect(above[ids.firstIndex(of: "NaCl") ?? 0].isFinite)
    #expect(reader.attribute("hull") == "pair.h5")

    _ = try place.write("entries.json", Self.entries)
    #expect(try place.run("hull", ["--input", "entries.json", "--output", "dft.h5", "--quiet"]).status == 0)
    var options = SharedOptions()
    (options.seed, options.threads, options.quiet, options.json) = (0, 1, true, false)
    options.shard = Shard(index: 0, count: 1)
    var foreign = HullTable(sources: [.init(name: "x", potential: "other")], phases: [], references: [:])
    foreign.phases = try HullTable(reading: place.path("dft.h5")).phases
    try foreign.write(
      to: place.path("foreign.h5"), inputs: [], data: "x", fillFrom: 1, rejected: [], options: options, seconds: 0)
    let arguments = ["--crystals", "dataset.h5", "--output", "x.h5", "--potential", "pair", "--static", "--hull", "foreign.h5"]
    outcome = try place.run("relax", arguments)
    #expect(outcome.status == 65 && outcome.errors.contains("has energies of other, not of pair"), "\(outcome.errors)")
    outcome = try place.run("relax", arguments + ["--foreign-hull"])
    #expect(outcome.status == 0 && outcome.errors.contains("as asked"), "\(outcome.errors)")
  }
}
