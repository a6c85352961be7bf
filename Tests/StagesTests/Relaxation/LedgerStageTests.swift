import Artifacts
import Foundation
import StageKit
import Testing

/// `ledger` through the program: rounds, a second judge, and what models learn from.
@Suite("ledger") struct LedgerStageTests {

  /// Relaxes with the pair potential above a hull of elements alone, in which those that are named lie so low that nothing with them is stable.
  private func relax(
    _ place: borrowing Workplace, _ crystals: String, hull name: String, without low: Set<String>, to output: String
  ) throws {
    let elements = ["Na", "Cl", "Mg", "O", "Cs", "Ca", "F", "Cu", "Si", "Zn", "S", "Sr", "Ti", "Fe"]
    _ = try place.write(
      "\(name)/\(name).csv",
      "composition_fractions,formation_energy_per_atom,source\n" + elements.map { "\($0):1,0,x\n" }.joined())
    _ = try place.write(
      "\(name)/elements.csv",
      "element,energy_per_atom,entry_id\n" + elements.map { "\($0),\(low.contains($0) ? -9999 : 99),a\n" }.joined())
    let outcome = try place.run(
      "relax",
      [
        "--crystals", crystals, "--potential", "pair", "--static", "--hull", "\(name)/\(name).csv", "--output", output,
        "--quiet",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// Ten crystals judged against a dataset that has one of them, Cu; nothing with iron is stable.
  private func round(_ place: borrowing Workplace) throws {
    let crystals = try place.writeCrystals()
    try FileManager.default.createDirectory(atPath: place.path("known"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: place.path("crystals/Cu.cif"), toPath: place.path("known/Cu.cif"))
    for (source, dataset) in [(crystals, "crystals.h5"), (place.path("known"), "dataset.h5")] {
      let outcome = try place.run("preprocess", ["--input", source, "--output", dataset, "--held-out", "0", "--quiet"])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    try relax(place, "crystals.h5", hull: "first", without: ["Fe"], to: "relaxed.h5")
    let judged = try place.run(
      "metrics", ["--crystals", "relaxed.h5", "--reference", "dataset.h5", "--output", "metrics.json", "--quiet"])
    #expect(judged.status == 0, "\(judged.errors)")
  }

  private func names(_ place: borrowing Workplace, _ file: String) throws -> [String] {
    let reader = try Artifact.open(place.path(file), formats: [.dataset])
    return try reader.ids(of: reader.rows(of: "/id")).sorted()
  }

  @Test("what both judges put within the limit is found; no template too often; models learn it beside the dataset")
  func secondJudge() throws {
    let place = try Workplace()
    defer { place.remove() }
    try round(place)
    var outcome = try place.run(
      "ledger",
      ["--relaxed", "relaxed.h5", "--judged", "metrics.h5", "--candidates", "candidates.h5", "--output", "one.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let first = ["CaF2", "CsCl", "MgO", "NaCl", "Si", "SrTiO3", "ZnS"].map { "round1-\($0)" }
    #expect(try names(place, "candidates.h5") == first)
    // All that was relaxed is in the ledger, known or not.
    #expect(try names(place, "one.h5").count == 10)
    // Energies have the name that they have as labels of a dataset, too.
    let ledger = try Artifact.open(place.path("one.h5"), formats: [.dataset])
    #expect(
      try ledger.read(Double.self, "/property/pair_formation_energy", shape: [10])
        == ledger.read(Double.self, "/property/formation_energy_per_atom", shape: [10]))

    try relax(place, "candidates.h5", hull: "second", without: ["Cs"], to: "second.h5")
    outcome = try place.run(
      "ledger",
      [
        "--ledger", "one.h5", "--second-judge", "second.h5", "--found", "found.h5", "--dataset", "dataset.h5", "--learn",
        "found",
        "--copies", "2", "--per-template", "1", "--training-set", "training-set.h5", "--output", "two.h5",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let found = try names(place, "found.h5")
    // NaCl and MgO have one template: the lower stays. CsCl is not found by the second judge.
    let energies = try Artifact.open(place.path("two.h5"), formats: [.dataset])
    let all = try energies.ids(of: energies.rows(of: "/id"))
    let above = try energies.read(Double.self, "/property/energy_above_first", shape: [all.count])
    let second = try energies.read(Double.self, "/property/energy_above_second", shape: [all.count])
    func highest(_ name: String) throws -> Double {
      let place = try #require(all.firstIndex(of: "round1-\(name)"))
      return max(above[place], second[place])
    }
    let lower = try highest("NaCl") < highest("MgO") ? "NaCl" : "MgO"
    #expect(found == (["CaF2", "Si", "SrTiO3", "ZnS"] + [lower]).map { "round1-\($0)" }.sorted())
    #expect(zip(all, second).filter { !$1.isNaN }.map(\.0).sorted() == first)
    #expect(try names(place, "training-set.h5") == (["Cu"] + found + found.map { "\($0)-copy1" }).sorted())

    // A round after that knows these crystals, and asks its own hulls alone for candidates.
    outcome = try place.run(
      "ledger",
      [
        "--relaxed", "relaxed.h5", "--judged", "metrics.h5", "--round", "2", "--ledger", "two.h5", "--candidates", "again.h5",
        "--output",
        "three.h5",
      ])
    #expect(outcome.status == 0 && outcome.errors.contains("0 of 10 are not in the ledger yet"), "\(outcome.errors)")
    #expect(try names(place, "again.h5").isEmpty)
  }

  @Test("files that are not of one another, energies that are there already, and options that do not fit are refused")
  func refused() throws {
    let place = try Workplace()
    defer { place.remove() }
    try round(place)
    #expect(try place.run("ledger", ["--relaxed", "relaxed.h5", "--judged", "metrics.h5", "--output", "one.h5"]).status == 0)
    func expect(_ arguments: [String], _ status: Int32, _ words: String) throws {
      let outcome = try place.run("ledger", arguments + ["--output", "out.h5"])
      #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
    }
    // Names of the relaxed file are those of the dataset, not the ledger's.
    try expect(
      ["--ledger", "one.h5", "--second-judge", "relaxed.h5"], 65, "'relaxed.h5' has 'CaF2', which is not in the ledger")
    try relax(place, "one.h5", hull: "first", without: [], to: "again.h5")
    try expect(["--ledger", "one.h5", "--second-judge", "again.h5"], 65, "above which the ledger has")
    try expect([], 64, "Give --relaxed and --judged, a --ledger, or all three.")
    try expect(["--ledger", "one.h5", "--candidates", "c.h5"], 64, "--candidates are of a round: give --relaxed.")
    try expect(["--ledger", "one.h5", "--copies", "0"], 64, "--copies goes from 1 to 1000.")
    try expect(["--ledger", "one.h5", "--per-template", "-1"], 64, "--per-template")
    try expect(["--ledger", "one.h5", "--learn", "nothing"], 64, "all")
  }
}
