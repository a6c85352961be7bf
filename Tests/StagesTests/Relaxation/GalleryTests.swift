import Artifacts
import Crystals
import Foundation
import StageKit
import Testing

/// Crystals of one's own, relaxed, ranked and compared with known ones.
@Suite("gallery") struct GalleryTests {
  /// Crystals relaxed with the pair potential, above a hull where one is given.
  private func relax(_ place: borrowing Workplace, _ crystals: String, hull: String? = nil) throws -> Workplace.Outcome {
    try place.run(
      "relax",
      ["--crystals", crystals, "--output", "relaxed.h5", "--potential", "pair", "--threads", "1"]
        + (hull.map { ["--hull", $0] } ?? []))
  }

  /// The rows of crystals.csv by their columns; fields of these tests have no commas.
  private func rows(_ path: String) throws -> [[String: String]] {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let names = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return lines.dropFirst().map { line in
      Dictionary(
        uniqueKeysWithValues: zip(names, line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)))
    }
  }

  @Test("relax takes crystal files of all kinds with their symmetry, and names what cannot be read") func files() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    _ = try place.write("crystals/broken.cif", "data_x\n")
    _ = try place.write("crystals/FeO.vasp", "FeO\n1\n0 2.2 2.2\n2.2 0 2.2\n2.2 2.2 0\nFe O\n1 1\nDirect\n0 0 0\n.5 .5 .5\n")
    let outcome = try relax(place, crystals)
    #expect(outcome.status == 0 && outcome.errors.contains("relax: broken: "), "\(outcome.errors)")
    #expect(outcome.errors.contains("relax: 11 of 12 in"), "\(outcome.errors)")
    let reader = try Artifact.open(place.path("relaxed.h5"), formats: [.relaxed])
    let groups = Dictionary(uniqueKeysWithValues: zip(try reader.ids(), try reader.crystals().map(\.spaceGroup)))
    #expect(groups["SrTiO3"] == 221 && groups["FeO"] == 225 && groups["Si"] == 227)
    #expect(try reader.rejected().map(\.id) == ["broken"])
    #expect(try reader.units().count == 11)
    // One crystal, one file; a folder without crystals; parts of a folder.
    #expect(try relax(place, "crystals/NaCl.cif").errors.contains("relax: 1 of 1 in"))
    _ = try place.write("nothing/read.cif", "data_x\n")
    let nothing = try relax(place, "nothing")
    #expect(nothing.status == 65 && nothing.errors.contains("'nothing' gave no crystal: read: "), "\(nothing.errors)")
    let part = try place.run(
      "relax", ["--crystals", crystals, "--output", "part.h5", "--potential", "pair", "--shard", "1/2"])
    #expect(part.errors.contains("relax: 3 of 3 in"), "\(part.errors)")
  }

  @Test("without a hull nothing of different compositions is ranked, and that is said; energies stand in the tables")
  func unranked() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try relax(place, try place.writeCrystals())
    let outcome = try place.run("gallery", ["--crystals", "relaxed.h5", "--output", "page", "--table"])
    #expect(
      outcome.errors.contains(
        "gallery: energies of different compositions cannot be compared without a hull, so nothing is ranked; relax --hull "
          + "places them above one."), "\(outcome.errors)")
    #expect(outcome.output.contains("energies in eV/atom by pair, above no hull"), "\(outcome.output)")
    let rows = try rows(place.path("page/crystals.csv"))
    #expect(rows.map { $0["id"] } == ["CaF2", "CsCl", "Cu", "Fe", "FeS2", "MgO", "NaCl", "Si", "SrTiO3", "ZnS"])
    #expect(rows.allSatisfy { Double($0["energy [eV/atom]"] ?? "") != nil && $0["energy_above_hull [eV/atom]"] == "" })
    // Atoms of the cell that the CIF has.
    let salt = try #require(rows.first { $0["id"] == "NaCl" })
    #expect(salt["atoms"] == "8" && salt["space_group_symbol"] == "Fm-3m" && salt["file"] == "0007-NaCl-225.cif")
    let whole = try String(contentsOfFile: place.path("page/crystals.cif"), encoding: .utf8)
    #expect(whole.components(separatedBy: "data_").count == 11)
    struct Listing: Decodable {
      struct Item: Decodable { var formula: String, energy: Double?, energy_above_hull: Double? }
      var potential: String?, hull: String?, units: [String: String], crystals: [Item]
    }
    let data = try Data(contentsOf: URL(fileURLWithPath: place.path("page/crystals.json")))
    let listing = try JSONDecoder().decode(Listing.self, from: data)
    #expect(listing.potential == "pair" && listing.hull == nil && listing.units["energy"] == "eV/atom")
    #expect(listing.crystals.map(\.formula)[8] == "SrTiO3" && listing.crystals[8].energy != nil)
  }

  @Test("above a hull the best come first, but for those that it hardly knows") func ranked() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    // NaCl and MgO are on it; of Cs, Ca and the rest only the elements are. Energies of the elements that make them very stable.
    let elements = ["Na", "Cl", "Mg", "O", "Cs", "Ca", "F", "Cu", "Si", "Zn", "S", "Sr", "Ti", "Fe"]
    _ = try place.write(
      "hull/hull.csv",
      "composition_fractions,formation_energy_per_atom,source\nNa:0.5 Cl:0.5,-2,x\nMg:0.5 O:0.5,-3,x\n"
        + elements.map { "\($0):1,0,x\n" }.joined())
    _ = try place.write(
      "hull/elements.csv",
      "element,energy_per_atom,entry_id\n" + elements.map { "\($0),\($0 == "Cs" ? 9 : 0),a\n" }.joined())
    let relaxed = try relax(place, crystals, hull: "hull/hull.csv")
    #expect(relaxed.status == 0, "\(relaxed.errors)")
    let outcome = try place.run("gallery", ["--crystals", "relaxed.h5", "--output", "page", "--table"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = try rows(place.path("page/crystals.csv"))
    func row(_ id: String) -> [String: String] { rows.first { $0["id"] == id } ?? [:] }
    func above(_ id: String) -> Double { Double(row(id)["energy_above_hull [eV/atom]"] ?? "") ?? .nan }
    #expect(row("CsCl")["thin_hull"] == "yes" && row("NaCl")["thin_hull"] == "no" && row("Cu")["thin_hull"] == "no")
    #expect(above("CsCl") < above("NaCl"))
    let order = rows.compactMap { $0["id"] }
    #expect(try #require(order.firstIndex(of: "NaCl")) < #require(order.firstIndex(of: "CsCl")), "\(order)")
    let known = rows.filter { $0["thin_hull"] == "no" }.compactMap { Double($0["energy_above_hull [eV/atom]"] ?? "") }
    #expect(known.count == 5 && known == known.sorted())
    #expect(row("NaCl")["decomposition"] == "1.000 NaCl")
    #expect(outcome.output.contains("(thin): the hull has hardly a compound of these elements"))
    // The page draws the hull's phases with crystals above them, and says what made both.
    let page = try place.run("gallery", ["--crystals", "relaxed.h5", "--hull", "hull/hull.csv", "--output", "drawn"])
    #expect(page.status == 0, "\(page.errors)")
    let text = try String(contentsOfFile: place.path("drawn/index.html"), encoding: .utf8)
    #expect(text.contains(">Cl-Na (1)</option>") && text.contains("Energies are above hull."), "\(text)")
    #expect(text.contains("NaCl: formation energy -2 eV/atom, on the hull"))
    #expect(text.contains("NaCl, NaCl: formation energy") && text.contains("<h2>Glossary</h2>"))
    #expect(!text.contains("ranked above another hull"))
    #expect(text.contains("<li><code>relax --crystals \(crystals) --potential pair --hull hull/hull.csv</code></li>"))
    #expect(text.contains("<li><code>gallery --crystals relaxed.h5 --hull hull/hull.csv</code></li>"))
    let other = try place.run("gallery", ["--crystals", "relaxed.h5", "--output", "drawn"])
    #expect(
      try other.status == 0 && !String(contentsOfFile: place.path("drawn/index.html"), encoding: .utf8).contains("Convex hulls")
    )
  }

  @Test("the same structure stands once with its count, unless all are asked for") func merged() throws {
    let place = try Workplace()
    defer { place.remove() }
    for (name, a) in [("one", 5.6), ("two", 5.7), ("three", 5.65)] {
      _ = try place.write("mine/\(name).cif", Workplace.cif(name, "F m -3 m", a, "Na1 Na 0.5 0.5 0.5\nCl1 Cl 0 0 0"))
    }
    _ = try place.write("mine/other.cif", Workplace.cif("other", "P m -3 m", 3.4, "Na1 Na 0 0 0\nCl1 Cl .5 .5 .5"))
    #expect(try place.run("gallery", ["--crystals", "mine", "--output", "page"]).status == 0)
    #expect(try rows(place.path("page/crystals.csv")).compactMap { $0["found"] }.sorted() == ["1", "3"])
    let page = try String(contentsOfFile: place.path("page/index.html"), encoding: .utf8)
    #expect(page.contains("4 crystals of 2 structures") && page.contains("found 3 times") && !page.contains("found 1"))
    #expect(page.contains("aria-label=\"Na: 2 crystals\""))
    #expect(try place.run("gallery", ["--crystals", "mine", "--output", "all", "--no-merge"]).status == 0)
    #expect(try rows(place.path("all/crystals.csv")).count == 4)
  }

  @Test("the nearest known crystal: the same, one of the formula, of the prototype, of the elements, or none") func known()
    throws
  {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    #expect(try place.run("preprocess", ["--input", crystals, "--output", "known.h5"]).status == 0)
    let mine = [
      ("same", "F m -3 m", 5.8, "Na1 Na 0.5 0.5 0.5\nCl1 Cl 0 0 0"),
      ("formula", "P m -3 m", 3.4, "Na1 Na 0 0 0\nCl1 Cl .5 .5 .5"),
      ("prototype", "P m -3 m", 4.0, "Ba1 Ba 0 0 0\nTi1 Ti 0.5 0.5 0.5\nO1 O 0.5 0.5 0"),
      ("system", "P 4/m m m", 4.1, "Fe1 Fe 0 0 0\nFe2 Fe 0.5 0.5 0\nS1 S 0 0 0.5"),
      ("none", "I 4/m m m", 5, "Xe1 Xe 0 0 0.1\nKr1 Kr 0.5 0 0.3"),
    ]
    for (name, group, a, sites) in mine { _ = try place.write("mine/\(name).cif", Workplace.cif(name, group, a, sites)) }
    let outcome = try place.run("gallery", ["--crystals", "mine", "--known", "known.h5", "--output", "page", "--table"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = try rows(place.path("page/crystals.csv"))
    for row in rows {
      #expect(row["known"] == row["id"], "\(row)")
    }
    let ids = Dictionary(uniqueKeysWithValues: rows.map { ($0["id"] ?? "", $0["known_id"] ?? "") })
    #expect(ids == ["same": "NaCl", "formula": "NaCl", "prototype": "SrTiO3", "system": "FeS2", "none": ""])
    #expect(outcome.output.contains("known as NaCl") && outcome.output.contains("new, built as SrTiO3, SrTiO3, group 221"))
    #expect(outcome.output.contains("compared with 10 known crystals of known.h5"), "\(outcome.output)")
    let page = try String(contentsOfFile: place.path("page/index.html"), encoding: .utf8)
    #expect(page.contains("known as NaCl") && page.contains("Pm-3m (221)") && page.contains("BaTiO<sub>3</sub>"))
    #expect(page.contains("id=\"find\"") && page.contains("data-element=\"Ti\"") && page.contains("href=\"crystals.cif\""))
  }

  @Test("energies go into CSV an atom, and with the atoms in their order as they are; extxyz has energies and forces")
  func converted() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try relax(place, try place.writeCrystals())
    func convert(_ arguments: [String]) throws -> [String] {
      let outcome = try place.run("convert", ["--input", "relaxed.h5", "--output", arguments[0]] + arguments.dropFirst())
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try String(contentsOfFile: place.path(arguments[0]), encoding: .utf8).split(separator: "\n").map(String.init)
    }
    #expect(try convert(["a.csv"])[0] == "material_id,cif,energy_per_atom")
    #expect(try convert(["b.csv", "--symprec", "0"])[0] == "material_id,cif,energy_per_atom,energy,forces")
    let frames = try convert(["c.extxyz"])
    #expect(frames[1].contains("energy=") && frames[1].contains("forces:R:3"))
    // An energy an atom is that of the frame over its atoms.
    let energies = try Artifact.open(place.path("relaxed.h5")).read(Double.self, "/relaxation/energy")
    let read = try place.run("preprocess", ["--input", "a.csv", "--output", "a.h5"])
    #expect(read.status == 0, "\(read.errors)")
    let back = try Artifact.open(place.path("a.h5"))
    let column = try back.read(Double.self, "/property/energy_per_atom")
    for (i, crystal) in try Artifact.open(place.path("relaxed.h5")).crystals().enumerated() {
      #expect(abs(column[i] - energies[i] / Double(crystal.count)) < 1e-9)
    }
  }

  @Test("columns of tables are found by the names that are given") func columns() throws {
    let place = try Workplace()
    defer { place.remove() }
    let crystals = try place.writeCrystals()
    try place.run("convert", ["--input", crystals, "--output", "table.csv"])
    let text = try String(contentsOfFile: place.path("table.csv"), encoding: .utf8)
    _ = try place.write("mine.csv", text.replacing("material_id,cif", with: "name,structure"))
    let missing = try place.run("preprocess", ["--input", "mine.csv", "--output", "a.h5"])
    #expect(
      missing.status == 65
        && missing.errors.contains(
          "the table has no column 'cif', only: name, structure; --cif-column names the one with the CIF texts."),
      "\(missing.errors)")
    let read = try place.run(
      "preprocess", ["--input", "mine.csv", "--output", "a.h5", "--cif-column", "structure", "--id-column", "name"])
    #expect(read.status == 0, "\(read.errors)")
    #expect(try Artifact.open(place.path("a.h5")).ids().contains("SrTiO3"))
    let wrong = try place.run("preprocess", ["--input", "mine.csv", "--output", "a.h5", "--cif-column", "CIF"])
    #expect(wrong.status == 65 && wrong.errors.contains("no column 'CIF', only: name, structure."), "\(wrong.errors)")
  }
}
