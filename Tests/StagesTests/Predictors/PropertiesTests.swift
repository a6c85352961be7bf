import Crystals
import Foundation
import Predictors
import StageKit
import TestSupport
import Testing

@testable import Artifacts

/// `properties` as its users give it: columns, what is kept, and what is said of what cannot be.
@Suite("Properties", .serialized) struct PropertiesTests {
  /// A folder with a dataset and networks of drawn numbers.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    #expect(try place.run("preprocess", ["--input", try place.writeCrystals(), "--output", "dataset.h5"]).status == 0)
    try KerasFolder(place).writeWeights()
    return place
  }

  private func run(_ place: Workplace, _ arguments: [String], output: String = "out.h5") throws -> Workplace.Outcome {
    try place.run("properties", ["--weights", "megnet=megnet.h5", "--output", output] + arguments)
  }

  @Test("a dataset keeps all that it had and gets columns with unit, predictor, weights and note")
  func dataset() throws {
    let place = try Self.place()
    defer { place.remove() }
    let outcome = try run(place, ["--crystals", "dataset.h5", "--model", "megnet", "geometry", "--json"])
    #expect(outcome.status == 0 && outcome.errors.contains("properties: 10 of 10"), "\(outcome.errors)")
    let before = try HDF5Reader(path: place.path("dataset.h5"))
    let after = try HDF5Reader(path: place.path("out.h5"))
    let old = try before.datasetNames()
    for name in old {
      #expect(after.attribute("sha256", of: name) == before.attribute("sha256", of: name), "\(name)")
      #expect(after.attribute("unit", of: name) == before.attribute("unit", of: name), "\(name)")
    }
    #expect(after.attribute("format") == "frieze-dataset" && after.attribute("symprec", as: Double.self) == 0.1)
    let new = Set(try after.datasetNames()).subtracting(old)
    let names = [
      "megnet_band_gap", "megnet_band_gap_deviation", "megnet_bulk_modulus", "megnet_fermi_energy", "megnet_formation_energy",
      "megnet_shear_modulus", "geometry_density", "geometry_atoms", "geometry_volume_per_atom",
    ]
    #expect(new == Set(names.map { "/property/\($0)" }))
    let content = try HDF5Reader(path: place.path("megnet.h5")).attribute("content") ?? ""
    for (name, unit) in [
      ("megnet_formation_energy", "eV/atom"), ("megnet_bulk_modulus", "GPa"), ("megnet_band_gap_deviation", "eV"),
    ] {
      #expect(after.attribute("unit", of: "/property/\(name)") == unit && PropertyUnit.of(name) == unit)
      #expect(after.attribute("predictor", of: "/property/\(name)") == "megnet")
      #expect(after.attribute("weights", of: "/property/\(name)") == "megnet.h5 \(content)" && content.hasPrefix("sha256:"))
    }
    #expect(after.attribute("note", of: "/property/megnet_formation_energy")?.hasPrefix("corrected to MP2020") ?? false)
    let data = try Dataset(reading: place.path("out.h5"))
    let copper = try #require(data.ids.firstIndex { $0.hasSuffix("Cu") })
    #expect(data.properties["geometry_atoms"]?[copper] == 1)
    #expect(abs((data.properties["geometry_density"]?[copper] ?? 0) - 8.97) < 0.02)
    #expect(abs((data.properties["geometry_volume_per_atom"]?[copper] ?? 0) - 3.61 * 3.61 * 3.61 / 4) < 1e-6)

    // The same on any number of threads; a column that is there is replaced.
    for threads in ["1", "3"] {
      #expect(
        try run(place, ["--crystals", "out.h5", "--model", "megnet", "--threads", threads], output: "t\(threads).h5").status
          == 0)
      #expect(try HDF5Reader(path: place.path("t\(threads).h5")).attribute("content") == after.attribute("content"))
    }
    // Other stages read it.
    _ = try place.write("model.yaml", Workplace.model)
    for (program, arguments) in [
      ("train", ["--dataset", "out.h5", "--config", "model.yaml", "--epochs", "1", "--output", "m.h5"]),
      ("relax", ["--crystals", "out.h5", "--potential", "pair", "--max-steps", "2", "--output", "r.h5"]),
      ("metrics", ["--crystals", "out.h5", "--reference", "out.h5", "--output", "m.json"]),
      ("convert", ["--input", "out.h5", "--output", "x.extxyz"]),
      ("preprocess", ["--input", "out.h5", "--output", "again.h5"]),
      ("reconstruct", ["--samples", "out.h5", "--output", "c.h5"]),
    ] {
      let outcome = try place.run(program, arguments)
      #expect(outcome.status == 0, "\(program): \(outcome.errors)")
    }
    #expect(try String(contentsOfFile: place.path("x.extxyz"), encoding: .utf8).contains("megnet_band_gap="))
  }

  @Test("relaxed crystals and what they were before; crystals of another program")
  func otherFiles() throws {
    let place = try Self.place()
    defer { place.remove() }
    let relax = ["--crystals", "dataset.h5", "--potential", "pair", "--max-steps", "3", "--output", "relaxed.h5"]
    #expect(try place.run("relax", relax).status == 0)
    let both = try run(place, ["--crystals", "relaxed.h5", "--initial", "--model", "megnet:bulk_modulus", "geometry:density"])
    #expect(both.status == 0, "\(both.errors)")
    let reader = try HDF5Reader(path: place.path("out.h5"))
    #expect(
      try reader.names(in: "/property") == [
        "geometry_density", "geometry_density_initial", "megnet_bulk_modulus", "megnet_bulk_modulus_initial",
      ])
    let crystals = try reader.crystals(group: "/initial")
    #expect(try reader.read(Double.self, "/property/geometry_density_initial") == crystals.map(\.density))
    #expect(try RelaxedFile(reading: place.path("out.h5")).records.count == crystals.count)
    let wrong = try run(place, ["--crystals", "dataset.h5", "--initial", "--model", "geometry"])
    #expect(wrong.status == 65 && wrong.errors.contains("is no relaxed.h5: it has no crystals before relaxation for --initial"))

    #expect(try place.run("convert", ["--input", "dataset.h5", "--output", "plain.h5"]).status == 0)
    #expect(try place.run("fuzz", ["damage", "plain.h5", "--kind", "foreign"]).status == 0)
    let foreign = try run(place, ["--crystals", "plain.h5.foreign.h5", "--model", "geometry"])
    #expect(foreign.status == 0, "\(foreign.errors)")
    #expect(try Artifact.open(place.path("out.h5"), formats: [.crystals]).crystals().count == crystals.count)
  }

  @Test("what is not known is no number, counted and named")
  func unknown() throws {
    let place = try Self.place()
    defer { place.remove() }
    _ = try place.write("odd/Cs.cif", Workplace.cif("Cs", "P m -3 m", 6.5, "Cs Cs 0 0 0"))
    _ = try place.write("odd/Am.cif", Workplace.cif("Am", "F m -3 m", 4.9, "Am Am 0 0 0"))
    _ = try place.write("odd/Cu.cif", Workplace.cif("Cu", "F m -3 m", 3.61, "Cu Cu 0 0 0"))
    #expect(try place.run("convert", ["--input", "odd", "--output", "odd.h5"]).status == 0)
    let outcome = try run(place, ["--crystals", "odd.h5", "--model", "megnet:formation_energy,bulk_modulus", "--json"])
    #expect(outcome.status == 0 && outcome.errors.contains("properties: 3 of 3"), "\(outcome.errors)")
    #expect(
      outcome.errors.contains(
        "megnet_bulk_modulus: 1 of 3 not known, no_neighbors, e.g. Cs: no two atoms are within 4.0 angstrom"),
      "\(outcome.errors)")
    #expect(
      outcome.errors.contains("1 of 3 not known, unknown_element, e.g. Am: the model does not know Am (atomic number 95)"))
    #expect(outcome.output.contains(#""unknown_megnet_formation_energy":2"#))
    let values = try HDF5Reader(path: place.path("out.h5")).read(Double.self, "/property/megnet_bulk_modulus")
    #expect(values.count(where: \.isNaN) == 2 && values.count(where: \.isFinite) == 1)
  }

  @Test(
    "what cannot be is said in a line",
    arguments: [
      (
        ["--model", "megnat"], 64,
        "--model: there is no model 'megnat'; there are megnet, chgnet, geometry, and files of models, FILE.h5."
      ),
      (
        ["--model", "megnet:gap"], 64,
        "--model megnet: there is no property 'gap'; there are formation_energy, formation_energy@2018"
      ),
      (["--model", "megnet:"], 64, "--model megnet: there is no property ''"),
      (["--model", "megnet:band_gap,band_gap"], 64, "'band_gap' is named twice."),
      (["--model", "geometry", "geometry:atoms"], 64, "'geometry_atoms' would be written twice."),
      (["--model", "chgnet:energy_above_hull"], 64, "--model chgnet:energy_above_hull needs a --hull."),
      (["--model", "megnet:band_gap@2018"], 65, "has no network 'mp-2018.6.1/band_classification'"),
      (["--model", "chgnet:energy", "--weights", "chgnet=nowhere.h5"], 69, "'make potentials' fetches them"),
      (["--model", "geometry", "--shard", "0/2"], 64, "Unknown option '--shard'"),
      (["--model", "geometry", "--weights", "x=y"], 64, "--weights takes NAME=FILE.h5, each of megnet, chgnet once."),
      ([], 64, "--crystals, --model and --output are needed"),
    ])
  func impossible(arguments: [String], status: Int32, words: String) throws {
    let place = try Self.place()
    defer { place.remove() }
    var given = ["--crystals", "dataset.h5", "--output", "out.h5"] + arguments
    if !arguments.contains("--weights") { given += ["--weights", "megnet=megnet.h5"] }
    let outcome = try place.run("properties", given)
    #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome.status) \(outcome.errors)")
    #expect(!place.files.contains("out.h5"))
  }

  @Test("weights that are not there, or are something else")
  func weights() throws {
    let place = try Workplace()
    defer { place.remove() }
    #expect(try place.run("preprocess", ["--input", try place.writeCrystals(), "--output", "dataset.h5"]).status == 0)
    let line = ["--crystals", "dataset.h5", "--model", "megnet", "--output", "out.h5"]
    let none = try place.run("properties", line)
    #expect(
      none.status == 69
        && none.errors.contains(
          "the weights of megnet are not at 'Artifacts/predictors/megnet-1.3.2.h5'. 'make predictors' fetches them")
    )
    let other = try place.run("properties", line + ["--weights", "megnet=dataset.h5"])
    #expect(
      other.status == 65
        && other.errors.contains("has no network 'mp-2019.4.1/formation_energy': these are not MEGNet's weights"))
    let list = try place.run("properties", ["--list-models"]).output
    for word in [
      "megnet", "band_gap@hse, eV: mean of six networks", "volume_per_atom, angstrom^3", "needs: Artifacts/predictors",
    ] {
      #expect(list.contains(word), "\(list)")
    }
  }
}
