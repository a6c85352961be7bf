import Foundation
import StageKit
import TestSupport
import Testing

/// Files that other programs write, and ours that they read; FRIEZE_PYTHON (or ASE_PYTHON) names a Python that has h5py and, for JSON and
/// extxyz, pymatgen and ase.
@Suite("Files of other programs") struct ForeignFileTests {
  private static let python = ["FRIEZE_PYTHON", "ASE_PYTHON"].compactMap { ProcessInfo.processInfo.environment[$0] }
    .first { !$0.isEmpty }

  private func run(_ code: String, in place: borrowing Workplace) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.python ?? "python3")
    process.arguments = ["-c", code]
    process.currentDirectoryURL = place.folder
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }

  @Test(
    "the writer and the reader of the documents",
    .enabled(if: ForeignFileTests.python != nil, "FRIEZE_PYTHON names no Python with h5py"))
  func documents() throws {
    let text = try String(contentsOf: Checkout.root.appendingPathComponent("Documentation/Reading.md"), encoding: .utf8)
    let parts = text.components(separatedBy: "```python\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    try #require(parts.count == 2)
    let place = try Workplace()
    defer { place.remove() }
    _ = try run(parts[0], in: place)
    let relaxed = try place.run(
      "relax", ["--crystals", "salt.h5", "--potential", "pair", "--static", "--output", "relaxed.h5"])
    #expect(relaxed.status == 0, "\(relaxed.errors)")
    #expect(
      try run(parts[1], in: place).split(separator: "\n").map { String($0.prefix(5)) } == ["salt ", "iron "])
    let converted = try place.run("convert", ["--input", "salt.h5", "--output", "salt.extxyz"])
    #expect(converted.status == 0, "\(converted.errors)")
    #expect(try String(contentsOfFile: place.path("salt.extxyz"), encoding: .utf8).contains("name=\"iron\""))
    _ = try place.writeCrystals()
    try place.run("preprocess", ["--input", "crystals", "--output", "dataset.h5"])
    let judged = try place.run("metrics", ["--crystals", "salt.h5", "--reference", "dataset.h5", "--output", "m.json"])
    #expect(judged.status == 0, "\(judged.errors)")
  }

  @Test(
    "JSON of pymatgen and extxyz of ASE, both ways",
    .enabled(if: ForeignFileTests.python != nil, "FRIEZE_PYTHON names no Python with pymatgen"))
  func structures() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try run(
      """
      from pymatgen.core import Structure, Lattice
      s = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na+", "Cl-"], [[0,0,0],[.5,.5,.5]])
      s.properties = {"material_id": "mp-22862"}
      s.to(filename="NaCl.json")
      """, in: place)
    let outcome = try place.run("convert", ["--input", "NaCl.json", "--output", "back.jsonl"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let answer = try run(
      """
      import json
      from pymatgen.core import Structure
      s = Structure.from_dict(json.loads(open("back.jsonl").readline()))
      t = Structure.from_file("NaCl.json")
      print(s.composition.reduced_formula, s.properties["material_id"], len(s), abs(s.volume - t.volume) < 1e-9)
      """, in: place)
    #expect(answer == "NaCl mp-22862 8 True\n")
    _ = try run(
      """
      from ase.build import bulk
      from ase.calculators.emt import EMT
      from ase.io import write
      a = bulk("Cu", cubic=True); a.rattle(0.05, seed=1); a.calc = EMT(); a.get_potential_energy(); a.get_forces(); a.get_stress()
      a.info["name"] = 'with "quotes"'
      write("cu.extxyz", a)
      """, in: place)
    try place.run("convert", ["--input", "cu.extxyz", "--output", "again.extxyz"])
    let again = try run(
      """
      from ase.io import read
      a, b = read("cu.extxyz"), read("again.extxyz")
      print(abs(a.get_potential_energy() - b.get_potential_energy()) < 1e-9, abs(a.get_forces() - b.get_forces()).max() < 1e-6,
            abs(a.get_stress() - b.get_stress()).max() < 1e-9, a.info["name"] == b.info["name"])
      """, in: place)
    #expect(again == "True True True True\n")
  }

  @Test("a file that is cut off is not told to be removed; crystals need no provenance")
  func messages() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.writeCrystals()
    try place.run("convert", ["--input", "crystals", "--output", "all.h5"])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: place.path("all.h5")))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: place.path("half.h5")))
    let half = try place.run("relax", ["--crystals", "half.h5", "--potential", "pair", "--output", "r.h5"])
    #expect(half.status == 65 && half.errors.contains("'half.h5' cannot be opened: it was cut off"))
    #expect(!half.errors.contains("Remove"))
    _ = try place.write("text.h5", "no such thing")
    let text = try place.run("relax", ["--crystals", "text.h5", "--potential", "pair", "--output", "r.h5"])
    #expect(
      text.status == 65
        && text.errors
          == "relax: 'text.h5' is no HDF5 file; 'preprocess' makes a dataset of crystal files, 'convert' other crystals.\n"
    )
  }
}
