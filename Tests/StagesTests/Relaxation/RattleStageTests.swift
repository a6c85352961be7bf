import Foundation
import Potentials
import Testing

@testable import Artifacts
@testable import StageKit

@Suite("relax in stages") struct RattleStageTests {
  private func dataset(_ place: Workplace) throws {
    let folder = try place.writeCrystals()
    #expect(try place.run("preprocess", ["--input", folder, "--output", "dataset.h5", "--quiet"]).status == 0)
  }

  @Test("--rattle writes both tracks, in one piece as in shards; --keep-energies places them anew") func rattle() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    let symbols = ["Na", "Cl", "Cs", "Cu", "Si", "Zn", "S", "Ca", "F", "Sr", "Ti", "O", "Fe", "Mg"]
    let elements = "element,energy_per_atom\n" + symbols.map { "\($0),-1.0" }.joined(separator: "\n") + "\n"
    let pure = symbols.map { "\($0):1,0" }.joined(separator: "\n")
    _ = try place.write("table/table.csv", "composition_fractions,formation_energy_per_atom\nNa:0.5 Cl:0.5,-1\n" + pure)
    _ = try place.write("table/elements.csv", elements)
    _ = try place.write("second/second.csv", "composition_fractions,formation_energy_per_atom\nNa:0.5 Cl:0.5,-2\n" + pure)
    _ = try place.write("second/elements.csv", elements)
    let arguments = [
      "--crystals", "dataset.h5", "--potential", "pair", "--rattle", "0.05", "--rescue", "--quiet", "--hull", "table/table.csv",
      "second/second.csv",
    ]
    var outcome = try place.run("relax", arguments + ["--output", "whole.h5", "--json"])
    #expect(outcome.status == 0 && outcome.output.contains("\"rattled\":"), "\(outcome.errors)")
    let reader = try Artifact.open(place.path("whole.h5"))
    let n = try reader.crystalCount()
    #expect(try reader.crystals(group: "/kept").count == n)
    let falls = try reader.read(Double.self, "/rattle/fall")
    let (free, kept) = (
      try reader.read(Double.self, "/hull/table/energy_above_hull"),
      try reader.read(Double.self, "/hull/table/energy_above_hull_kept")
    )
    let outcomes = try reader.read(Int16.self, "/relaxation/outcome")
    #expect(falls.contains { $0.isFinite } && falls.count == n)
    for i in 0..<n {
      if outcomes[i] == Int16(RelaxationOutcome.saddle.rawValue) {
        #expect(falls[i] > 0.005 && kept[i] > free[i], "\(i): \(falls[i]) \(kept[i]) \(free[i])")
      } else {
        #expect(kept[i] == free[i] || kept[i].isNaN && free[i].isNaN)
      }
    }
    for i in 0..<2 {
      #expect(try place.run("relax", arguments + ["--shard", "\(i)/2", "--output", "part\(i).h5"]).status == 0)
    }
    outcome = try place.run("merge", ["part0.h5", "part1.h5", "--output", "merged.h5", "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let merged = try Artifact.open(place.path("merged.h5"))
    #expect(merged.attribute("content") != nil)
    #expect(try merged.read(Double.self, "/relaxation/energy") == reader.read(Double.self, "/relaxation/energy"))
    #expect(try merged.read(Int16.self, "/rattle/space_group_after") == reader.read(Int16.self, "/rattle/space_group_after"))

    outcome = try place.run(
      "relax", ["--crystals", "whole.h5", "--keep-energies", "--output", "placed.h5", "--quiet", "--hull", "second/second.csv"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let placed = try Artifact.open(place.path("placed.h5"))
    #expect(placed.attribute("potential") == "pair" && placed.attribute("hull") == "second.csv")
    let second = try reader.read(Double.self, "/hull/second/energy_above_hull")
    let again = try placed.read(Double.self, "/relaxation/energy_above_hull")
    #expect(zip(second, again).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
    #expect(try placed.read(Double.self, "/rattle/fall").count == n)
  }

  @Test("--within relaxes what may reach the hull and leaves the rest at its energy; options that do not go together")
  func within() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    let symbols = ["Na", "Cl", "Cs", "Cu", "Si", "Zn", "S", "Ca", "F", "Sr", "Ti", "O", "Fe", "Mg"]
    let pure = symbols.map { "\($0):1,0" }.joined(separator: "\n")
    _ = try place.write("t/t.csv", "composition_fractions,formation_energy_per_atom\nNa:0.5 Cl:0.5,-1\n" + pure)
    _ = try place.write(
      "t/elements.csv", "element,energy_per_atom\n" + symbols.map { "\($0),0" }.joined(separator: "\n") + "\n")
    func relax(_ more: [String], _ output: String) throws -> (above: [Double], outcomes: [Int16]) {
      let outcome = try place.run(
        "relax", ["--crystals", "dataset.h5", "--potential", "pair", "--hull", "t/t.csv", "--quiet", "--output", output] + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let reader = try Artifact.open(place.path(output))
      return (try reader.read(Double.self, "/relaxation/energy_above_hull"), try reader.read(Int16.self, "/relaxation/outcome"))
    }
    let plain = try relax(["--static"], "static.h5").above
    let limit = plain.filter(\.isFinite).sorted()[plain.count { $0.isFinite } / 2]
    let (above, outcomes) = try relax(["--within=\(limit)"], "within.h5")
    for i in plain.indices where plain[i].isFinite {
      #expect((outcomes[i] == Int16(RelaxationOutcome.leftOut.rawValue)) == (plain[i] > limit))
      if plain[i] > limit { #expect(above[i] == plain[i]) }
    }
    let all = ["--crystals", "dataset.h5", "--potential", "pair", "--output", "x.h5"]
    for wrong in [
      ["--within", "0.3"], ["--rattle", "0.05", "--static"], ["--rattle", "0.05", "--free"], ["--rattle", "-1"],
      ["--keep-energies"], ["--no-forces"],
      ["--rattle", "0.05", "--protocol", "published"], ["--protocol", "mine"],
    ] { #expect(try place.run("relax", all + wrong).status == 64, "\(wrong)") }
    _ = try relax(["--protocol", "published"], "published.h5")
    let text = try Artifact.open(place.path("published.h5")).attribute("relaxation") ?? ""
    #expect(text.contains("max_steps=1500 optimizer=fire free=true"), "\(text)")
  }
}
