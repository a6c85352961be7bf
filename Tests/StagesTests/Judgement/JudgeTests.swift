import Artifacts
import Crystals
import Foundation
import StageKit
import Testing

@Suite("Judging anybody's crystals") struct JudgeTests {
  private func dataset(_ place: Workplace) throws {
    let outcome = try place.run("preprocess", ["--input", try place.writeCrystals(), "--output", "dataset.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  private func figures(_ place: Workplace) throws -> (summary: [String: Any], values: [String: Double]) {
    let data = try Data(contentsOf: URL(fileURLWithPath: place.path("m.json")))
    let summary = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    var values: [String: Double] = [:]
    for case let figure as [String: Any] in summary["figures"] as? [Any] ?? [] {
      if let name = figure["name"] as? String, let value = figure["value"] as? Double { values[name] = value }
    }
    return (summary, values)
  }

  private func judge(_ place: Workplace, _ crystals: String, _ more: String...) throws -> Workplace.Outcome {
    try place.run("metrics", ["--crystals", crystals, "--reference", "dataset.h5", "--output", "m.json"] + more)
  }

  @Test("a folder, one crystal, a table with energies; the file of every crystal holds what it should")
  func inputs() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    let folder = try judge(place, "crystals")
    #expect(folder.status == 0, "\(folder.errors)")
    let reader = try Artifact.open(place.path("m.h5"), formats: [.metrics])
    for name in [
      "density", "volume", "elements", "min_distance", "structure_valid", "composition_valid", "distances_valid",
      "density_valid", "cif_round_trip", "unique", "novel", "energy_above_hull", "space_group_found", "space_group_asked",
      "first_of_kind", "train_match", "formula", "wyckoff_letters", "atoms_in_primitive_cell",
    ] { #expect(try reader.shape(of: "/structure/\(name)") == [10], "\(name)") }
    #expect(try reader.shape(of: "/fingerprint/composition") == [10, 132])
    #expect(try reader.shape(of: "/fingerprint/structure") == [10, 61])
    #expect(reader.attribute("peak_memory_bytes", as: Int64.self) ?? 0 > 1_000_000)
    #expect(reader.attribute("threads", as: Int64.self) ?? 0 > 0 && reader.attribute("processor") != nil)
    #expect(try figures(place).values["novel"] ?? 1 < 1)

    let one = try judge(place, "crystals/NaCl.cif")
    #expect(one.status == 0, "\(one.errors)")
    #expect(try figures(place).values["unique"] == 1)

    let cif = Workplace.cif("x", "P m -3 m", 4.0, "Fe Fe 0 0 0")
    _ = try place.write("t.csv", "material_id,cif,e_above_hull\na,\"\(cif)\",0.05\nb,\"\(cif)\",\nc,nonsense,0\n")
    let table = try judge(place, "t.csv", "--target", "e_above_hull=0.1")
    #expect(table.status == 0, "\(table.errors)")
    let (summary, values) = try figures(place)
    #expect(abs((values["stable_0.1"] ?? 0) - 1.0 / 3) < 1e-9 && values["stable_0.0"] == 0)
    #expect(values["e_above_hull_target_error"].map { abs($0 - 0.05) < 1e-9 } ?? false)
    #expect((summary["settings"] as? [String: Any])?["judge"] as? String != nil)
    #expect(
      (summary["notes"] as? [String] ?? []).contains(
        "1 of 2 crystals have no energy above the hull and count as not stable."))
    #expect(try judge(place, "t.csv", "--target", "e_above_hull").status == 64)
  }

  @Test("predictions of the test set, named as their targets")
  func predictions() throws {
    let place = try Workplace()
    defer { place.remove() }
    func rows(_ names: [(String, String, Double, String)]) -> String {
      "material_id,cif\n" + names.map { "\($0.0),\"\(Workplace.cif($0.0, $0.1, $0.2, $0.3))\"\n" }.joined()
    }
    let (fe, cscl) = ("Fe Fe 0 0 0", "Cs Cs 0 0 0\nCl Cl 0.5 0.5 0.5")
    _ = try place.write("tables/train.csv", rows([("mp-1", "I m -3 m", 2.87, fe)]))
    _ = try place.write("tables/test.csv", rows([("mp-2", "P m -3 m", 4.12, cscl), ("mp-3", "F m -3 m", 3.6, fe)]))
    #expect(try place.run("preprocess", ["--input", "tables", "--output", "dataset.h5"]).status == 0)
    // The first prediction of mp-2 has the atoms of a chain, the second is right; mp-3 is right at once.
    let chain = "Cs Cs 0 0 0\nCl Cl 0 0 0.5"
    _ = try place.write(
      "p.csv", rows([("mp-2#1", "P m -3 m", 4.12, chain), ("mp-2#2", "P m -3 m", 4.1, cscl), ("mp-3", "F m -3 m", 3.7, fe)]))
    let outcome = try judge(place, "p.csv", "--prediction", "wyckoff")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let values = try figures(place).values
    #expect(values["match_rate_wyckoff"] == 0.5 && values["match_rate_best_of_2_wyckoff"] == 1)
    #expect(abs((values["match_rate_crmse_wyckoff"] ?? 0) - 0.25) < 1e-6 && values["metre_wyckoff"] == 1)
    #expect(values["match_rate_unleaked_wyckoff"] == 0)
  }

  @Test("an empty folder and elements that nobody knows are one clear line; the rest comes out")
  func bad() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    try FileManager.default.createDirectory(atPath: place.path("empty"), withIntermediateDirectories: true)
    let empty = try judge(place, "empty")
    #expect(empty.status == 65)
    #expect(
      empty.errors
        == "metrics: the folder 'empty' holds no CIF, extxyz, JSON or POSCAR file at any depth and no train/val/test table.\n")

    _ = try place.write("some/known.cif", Workplace.cif("k", "P m -3 m", 4.0, "Fe Fe 0 0 0"))
    _ = try place.write("some/heavy.cif", Workplace.cif("h", "P m -3 m", 4.0, "Og Og 0 0 0"))
    _ = try place.write("some/unknown.cif", Workplace.cif("u", "P m -3 m", 4.0, "Xx Xx 0 0 0"))
    let some = try judge(place, "some")
    #expect(some.status == 0, "\(some.errors)")
    let (summary, values) = try figures(place)
    #expect(summary["sampled"] as? Int == 3 && summary["judged"] as? Int == 2)
    #expect(abs((values["structure_valid"] ?? 0) - 2.0 / 3) < 1e-9)
    let notes = summary["notes"] as? [String] ?? []
    #expect(notes.contains { $0.hasPrefix("1 of 2 crystals have no fingerprints") }, "\(notes)")
    #expect(values["density_distance"] != nil && values["coverage_precision"] != nil)
  }

  @Test("a reference of another version costs the figures that need one, and no others")
  func otherVersion() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.writeCrystals()
    try AtomicFile.write(to: place.path("dataset.h5")) { path in
      let writer = try HDF5Writer(path: path)
      try writer.setAttribute("format", "frieze-dataset")
      try writer.setAttribute("format_version", Int64(99))
      try writer.close()
    }
    let outcome = try judge(place, "crystals", "--quiet")
    #expect(outcome.status == 0)
    let line = "'dataset.h5': format_version is 99, this program reads 1. Run 'preprocess' again."
    #expect(outcome.errors == "metrics: \(line) Judging without a reference.\n")
    let (summary, values) = try figures(place)
    #expect(values["structure_valid"] == 1 && values["unique"] == 1)
    #expect(values["novel"] == nil && values["density_distance"] == nil)
    let notes = summary["notes"] as? [String] ?? []
    #expect(notes.contains(line) && notes.contains("The reference is empty: no distances, no novelty."))
  }

  @Test("a relaxed file: judge and hull with their hashes, both crystals, and no energies of what did not converge")
  func relaxed() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    let source = try Artifact.open(place.path("dataset.h5"))
    let (ids, crystals) = (try source.ids(), try source.crystals())
    try AtomicFile.write(to: place.path("relaxed.h5")) { path in
      let writer = try HDF5Writer(path: path)
      try writer.setAttribute("format", "frieze-relaxed")
      for name in ["format_version", "site_symmetry_table"] {
        try writer.setAttribute(name, source.attribute(name, as: Int64.self) ?? 0)
      }
      try writer.setAttribute("stage", "relax")
      try writer.setAttribute("wall_seconds", 3.0)
      try writer.setAttribute("peak_memory_bytes", Int64(5_000_000))
      try writer.setAttribute("potential", "chgnet:somewhere/weights.h5")
      try writer.setAttribute("potential_weights", "weights.h5 sha256:0123")
      try writer.setAttribute("hull", "hull.csv")
      try writer.setAttribute("hull_sha256", "4567")
      try writer.write(ids, to: "/id")
      try writer.write(crystals: crystals)
      try writer.write(crystals: crystals, group: "/initial")
      // The first stopped early with an absurd energy, the second has none, the third was not to be relaxed at all.
      try writer.write([0, 1, 0] + [UInt8](repeating: 1, count: 7), to: "/relaxation/converged")
      try writer.write([1, 0, 9] + [Int16](repeating: 0, count: 7), to: "/relaxation/outcome")
      let energies = [-44, .nan, -0.1, 0.05] + [Double](repeating: 0.2, count: 6)
      try writer.write(energies, to: "/relaxation/energy_above_hull")
      try writer.write(energies.map { $0 - 1 }, to: "/relaxation/formation_energy")
      try writer.write(rejected: [RejectedRecord(id: "lost", code: "collision", reason: "too near")])
      try writer.close()
    }
    let outcome = try judge(place, "relaxed.h5", "--timing", "relaxed.h5")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let (summary, values) = try figures(place)
    let settings = try #require(summary["settings"] as? [String: Any])
    #expect(settings["judge"] as? String == "chgnet" && settings["judgeWeights"] as? String == "weights.h5 sha256:0123")
    #expect(settings["hull"] as? String == "hull.csv" && settings["hullHash"] as? String == "4567")
    #expect(abs((values["stable_0.0"] ?? 0) - 1.0 / 11) < 1e-9 && abs((values["stable_0.1"] ?? 0) - 2.0 / 11) < 1e-9)
    #expect(values["initial_density_distance"] != nil && values["reconstructed_space_group_kept"] == 1)
    #expect(abs((values["seconds_per_sample"] ?? 0) - 3.0 / 11) < 1e-9 && values["peak_memory"] == 5)
    #expect(values["formation_energy_per_atom_mean"] == nil)
    let notes = summary["notes"] as? [String] ?? []
    #expect(notes.contains("2 of 10 crystals have no energy above the hull and count as not stable."), "\(notes)")
    #expect(try Artifact.open(place.path("m.h5")).shape(of: "/initial_structure/density") == [10])
  }

  @Test("a report shows published rows, two runs, and the figures as files")
  func report() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    #expect(try judge(place, "dataset.h5").status == 0)
    let rows = """
      [{"name": "Theirs", "source": "A. Paper 2026, table 1", "steps": 100, "judge": "DFT", "values": {"density_distance": 0.25}}]
      """
    _ = try place.write("rows.json", rows)
    let outcome = try place.run(
      "report",
      ["--metrics", "m.json", "m.json", "--published", "rows.json", "--output", "r.html", "--figures", "figures", "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let page = try String(contentsOfFile: place.path("r.html"), encoding: .utf8)
    #expect(page.contains("A. Paper 2026, table 1; energies by DFT.") && page.contains("<td class=\"published\">0.250</td>"))
    #expect(FileManager.default.fileExists(atPath: place.path("figures/space_group-1.svg")))
    _ = try place.write("rows.json", "[{\"name\": 3}]")
    let bad = try place.run("report", ["--metrics", "m.json", "--published", "rows.json", "--output", "s.html"])
    #expect(bad.status == 65 && bad.errors.contains("'rows.json' is not the JSON expected here"))
  }
}
