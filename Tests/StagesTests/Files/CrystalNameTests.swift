import Artifacts
import Foundation
import StageKit
import Testing

@Suite("Names of crystals and kinds of files") struct CrystalNameTests {
  private static let poscar = "NaCl\n1.0\n0 2.82 2.82\n2.82 0 2.82\n2.82 2.82 0\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n"

  private static func frame(_ keys: String) -> String {
    "1\nLattice=\"2.87 0 0 0 2.87 0 0 0 2.87\" Properties=species:S:1:pos:R:3 pbc=\"T T T\" \(keys)\nFe 0 0 0\n"
  }

  private func ids(_ place: borrowing Workplace, _ input: String) throws -> [String] {
    let outcome = try place.run("convert", ["--input", input, "--output", "out.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try Artifact.open(place.path("out.h5")).ids()
  }

  @Test("a file's crystals have the names that stand in it")
  func inside() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.write("two.extxyz", Self.frame("name=\"mp-13\"") + Self.frame("material_id=mp-10018"))
    #expect(try ids(place, "two.extxyz") == ["mp-13", "mp-10018"])
    _ = try place.write("one.extxyz", Self.frame("name=\"a \\\"b\\\"\""))
    #expect(try ids(place, "one.extxyz") == ["a \"b\""])
    _ = try place.write("none.xyz", Self.frame("energy=1") + Self.frame("energy=2"))
    #expect(try ids(place, "none.xyz") == ["none#1", "none#2"])
    let (a, b) = (Workplace.cif("mp-1", "P m -3 m", 3, "Fe Fe 0 0 0"), Workplace.cif("mp-2", "P m -3 m", 3.4, "Po Po 0 0 0"))
    _ = try place.write("blocks.cif", a + b)
    #expect(try ids(place, "blocks.cif") == ["mp-1", "mp-2"])
    _ = try place.write("alike.cif", a + a)
    #expect(try ids(place, "alike.cif") == ["mp-1#1", "mp-1#2"])
    _ = try place.write("alone.cif", a)
    #expect(try ids(place, "alone.cif") == ["alone"])
    // What is written keeps its names.
    try place.run("convert", ["--input", "two.extxyz", "--output", "again.extxyz"])
    #expect(try ids(place, "again.extxyz") == ["mp-13", "mp-10018"])
    try place.run("convert", ["--input", "two.extxyz", "--output", "again.json"])
    #expect(try ids(place, "again.json") == ["mp-13", "mp-10018"])
    try place.run("convert", ["--input", "two.extxyz", "--output", "again.jsonl"])
    #expect(try ids(place, "again.jsonl") == ["mp-13", "mp-10018"])
  }

  @Test("a folder: names of files in every form, nothing passed over in silence")
  func folder() throws {
    let place = try Workplace()
    defer { place.remove() }
    for name in [
      "POSCAR.NaCl", "CONTCAR_KCl", "mp-22862_POSCAR", "LiF.contcar", "RbCl.vasp", "deep/POSCAR", "x.y.poscar", "CONTCAR-001",
    ] {
      _ = try place.write("in/\(name)", Self.poscar)
    }
    for name in ["notes.txt", "OUTCAR", "INCAR.relax"] { _ = try place.write("in/\(name)", "nothing") }
    _ = try place.write("in/.hidden", "nothing")
    let outcome = try place.run("preprocess", ["--input", "in", "--output", "set.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reader = try Artifact.open(place.path("set.h5"))
    #expect(Set(try reader.ids()) == ["NaCl", "KCl", "mp-22862", "LiF", "RbCl", "deep/POSCAR", "x.y", "001"])
    let rejected = try reader.rejected()
    #expect(Set(rejected.map(\.id)) == ["notes.txt", "OUTCAR", "INCAR.relax"])
    #expect(rejected.allSatisfy { $0.code == "unknown_kind" })
  }

  @Test("packed files of every kind", arguments: ["gzip:gz", "xz:xz", "zstd:zst", "zip:zip"])
  func packed(tool: String) throws {
    let parts = tool.split(separator: ":").map(String.init)
    let place = try Workplace()
    defer { place.remove() }
    for (name, text) in [
      ("NaCl.vasp", Self.poscar), ("Fe.cif", Workplace.cif("x", "P m -3 m", 3, "Fe Fe 0 0 0")), ("f.extxyz", Self.frame("")),
    ] {
      _ = try place.write(name, text)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = parts[0] == "zip" ? ["zip", "-q", "\(name).zip", name] : [parts[0], "-q", name]
      process.currentDirectoryURL = place.folder
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0, "\(parts[0]) is not there")
      #expect(try ids(place, "\(name).\(parts[1])") == [String(name.split(separator: ".")[0])])
    }
    let outcome = try place.run("convert", ["--input", "NaCl.vasp.\(parts[1])", "--output", "x.cif.gz"])
    #expect(outcome.status == 65 && outcome.errors.contains("files are written unpacked"))
    _ = try place.write("bad.cif.\(parts[1])", "no packed file")
    let bad = try place.run("convert", ["--input", "bad.cif.\(parts[1])", "--output", "x.cif"])
    #expect(bad.status == 65)
  }

  @Test("an archive of many files is read like a folder")
  func archive() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.write("a/POSCAR.NaCl", Self.poscar)
    _ = try place.write("a/Fe [1].cif", Workplace.cif("x", "P m -3 m", 3, "Fe Fe 0 0 0"))
    _ = try place.write("a/notes.txt", "nothing")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["zip", "-qr", "all.zip", "a"]
    process.currentDirectoryURL = place.folder
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    #expect(Set(try ids(place, "all.zip")) == ["a/NaCl", "a/Fe [1]"])
  }

  @Test("JSON of databases")
  func json() throws {
    let place = try Workplace()
    defer { place.remove() }
    func optimade(_ id: String, _ species: String, _ extra: String = "") -> String {
      """
      {"id": "\(id)", "type": "structures", "attributes": {"lattice_vectors": [[4.2,0,0],[0,4.2,0],[0,0,4.2]], "dimension_types": [1,1,1],
       "cartesian_site_positions": [[0,0,0],[2.1,2.1,2.1]], "species_at_sites": ["A", "Cl"], "species": [\(species),
       {"name": "Cl", "chemical_symbols": ["Cl"], "concentration": [1.0]}]\(extra)}}
      """
    }
    let whole = "{\"name\": \"A\", \"chemical_symbols\": [\"Cs\"], \"concentration\": [1.0]}"
    _ = try place.write(
      "o.json",
      "{\"data\": [\(optimade("a/1", whole)), \(optimade("a/2", whole, ", \"chemical_formula_reduced\": \"Cl2Cs\"")), "
        + "\(optimade("a/3", "{\"name\": \"A\", \"chemical_symbols\": [\"Cs\", \"Rb\"], \"concentration\": [0.5, 0.5]}")), "
        + "\(optimade("a/4", "{\"name\": \"A\", \"chemical_symbols\": [\"Cs\", \"vacancy\"], \"concentration\": [0.9, 0.1]}"))], \"meta\": {}}"
    )
    let outcome = try place.run("convert", ["--input", "o.json", "--output", "o.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reader = try Artifact.open(place.path("o.h5"))
    #expect(try reader.ids() == ["a/1"])
    #expect(try reader.rejected().map(\.code) == ["formula_mismatch", "mixed_occupancy", "partial_occupancy"])
    #expect(try reader.rejected().map(\.id) == ["a/2", "a/3", "a/4"])
    let site =
      "{\"species\": [{\"element\": \"Fe\", \"oxidation_state\": 2, \"occu\": 0.5}, {\"element\": \"Fe\", \"oxidation_state\": 3, \"occu\": 0.5}], \"abc\": [0,0,0]}"
    let structure =
      "{\"lattice\": {\"a\": 2.9, \"b\": 2.9, \"c\": 2.9, \"alpha\": 90, \"beta\": 90, \"gamma\": 90}, \"sites\": [\(site)]}"
    _ = try place.write("docs.json", "[{\"material_id\": \"mp-13\", \"energy\": -8.4, \"structure\": \(structure)}]")
    #expect(try ids(place, "docs.json") == ["mp-13"])
    #expect(try Artifact.open(place.path("out.h5")).properties(records: 1)["energy"] == [-8.4])
    _ = try place.write("named.json", "{\"first\": \(structure), \"second\": \(structure)}")
    #expect(try ids(place, "named.json") == ["first", "second"])
    _ = try place.write("bad.json", "{\"sites\": [")
    let bad = try place.run("convert", ["--input", "bad.json", "--output", "x.h5"])
    #expect(bad.status == 65 && bad.errors.contains("unreadable_json"))
  }

  @Test("a part of the records that nobody asked for is announced first")
  func arrays() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.writeCrystals()
    let variables = [
      "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "4",
    ]
    let part = try place.run("preprocess", ["--input", "crystals", "--output", "s.h5"], environment: variables)
    #expect(
      part.errors.hasPrefix(
        "preprocess: only shard 2/4 of the records is done, as the variables of this array job say; --shard 0/1 does all.\n"))
    let whole = try place.run(
      "preprocess", ["--input", "crystals", "--output", "s.h5", "--shard", "0/1"], environment: variables)
    #expect(!whole.errors.contains("only shard"))
    #expect(try Artifact.open(place.path("s.h5")).ids().count == 10)
  }

  @Test("what is refused can be taken on demand")
  func options() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.write("near.cif", Workplace.cif("x", "P 1", 4, "Ag1 Ag 0 0 0\nAg2 Ag 0.03 0 0"))
    let refused = try place.run("convert", ["--input", "near.cif", "--output", "n.cif", "--list-rejected"])
    #expect(refused.status == 65 && refused.errors.contains("less than --minimum-distance 0.4: one atom split over two sites"))
    #expect(try place.run("convert", ["--input", "near.cif", "--output", "n.cif", "--minimum-distance", "0"]).status == 0)
    #expect(try place.run("convert", ["--input", "near.cif", "--output", "n.cif", "--trust-sites"]).status == 0)
    #expect(try place.run("convert", ["--input", "near.cif", "--output", "n.cif", "--minimum-distance", "2"]).status == 64)
  }
}
