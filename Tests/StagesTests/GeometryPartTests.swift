import Artifacts
import Crystals
import Foundation
import Generators
import StageKit
import Testing

/// Further crystals of which lattice and coordinates alone are learnt, from `preprocess` to `metrics`.
@Suite("Crystals for their geometry alone") struct GeometryPartTests {
  @discardableResult
  private func run(_ place: Workplace, _ name: String, _ arguments: String...) throws -> Workplace.Outcome {
    let outcome = try place.run(name, arguments)
    #expect(outcome.status == 0, "\(name): \(outcome.errors)")
    return outcome
  }

  /// Tables with two training crystals, one for validation and one for the test; a folder of further crystals; another dataset.
  private func write(_ place: Workplace) throws {
    func row(_ id: String, _ formula: String, _ group: String, _ a: Double, _ sites: String) -> String {
      "\(id),\"\(Workplace.cif(formula, group, a, sites))\""
    }
    let salt = "Na Na 0 0 0\nCl Cl 0.5 0.5 0.5"
    let sulphide = "Zn Zn 0 0 0\nS S 0.25 0.25 0.25"
    let tables = [
      "train": [row("t1", "NaCl", "F m -3 m", 5.64, salt), row("t2", "Cu", "F m -3 m", 3.61, "Cu Cu 0 0 0")],
      "val": [row("v1", "ZnS", "F -4 3 m", 5.41, sulphide)],
      "test": [row("s1", "Fe", "I m -3 m", 2.87, "Fe Fe 0 0 0")],
    ]
    for (name, rows) in tables {
      _ = try place.write("data/\(name).csv", (["material_id,cif"] + rows).joined(separator: "\n") + "\n")
    }
    _ = try place.write(
      "other/val.csv", "material_id,cif\n" + row("o1", "MgO", "F m -3 m", 4.21, "Mg Mg 0 0 0\nO O 0.5 0.5 0.5") + "\n")
    let further: [(String, String, Double, String)] = [
      ("expanded-ZnS", "F -4 3 m", 5.6, sulphide), ("bcc", "I m -3 m", 2.80, "Fe Fe 0 0 0"),
      ("halite", "F m -3 m", 5.5, salt), ("periclase", "F m -3 m", 4.3, "Mg Mg 0 0 0\nO O 0.5 0.5 0.5"),
      ("fcc-iron", "F m -3 m", 3.6, "Fe Fe 0 0 0"), ("CsCl", "P m -3 m", 4.12, "Cs Cs 0 0 0\nCl Cl 0.5 0.5 0.5"),
      ("NaCl-as-CsCl", "P m -3 m", 3.4, "Na Na 0 0 0\nCl Cl 0.5 0.5 0.5"),
    ]
    for (name, group, a, sites) in further {
      _ = try place.write("further/\(name).cif", Workplace.cif(name, group, a, sites))
    }
    _ = try place.write("further/notes.cif", "no crystal at all\n")
  }

  private static let arguments = ["--input", "data", "--geometry", "further", "--unlike", "other", "--output", "dataset.h5"]

  @Test("what has the structure of a held-out crystal or of one that is there is named and left out; formulas do not decide")
  func filter() throws {
    let place = try Workplace()
    defer { place.remove() }
    try write(place)
    let outcome = try place.run("preprocess", Self.arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let data = try Dataset(reading: place.path("dataset.h5"))
    let further = data.indices(of: .geometry)
    #expect(further.map { data.ids[$0] } == ["CsCl", "NaCl-as-CsCl", "fcc-iron"])
    let reasons = Dictionary(data.rejected.map { ($0.id, $0.code) }) { first, _ in first }
    #expect(reasons["expanded-ZnS"] == "held_out" && reasons["bcc"] == "held_out" && reasons["periclase"] == "held_out")
    #expect(reasons["halite"] == "known" && reasons["notes"] != nil && reasons.count == 5)
    #expect(outcome.errors.contains("3 held_out") && outcome.errors.contains("1 known"))
    #expect(try place.run("preprocess", Self.arguments + ["--max-geometry-sites", "1", "--output", "small.h5"]).status == 0)
    let small = try Dataset(reading: place.path("small.h5"))
    #expect(small.indices(of: .geometry).map { small.ids[$0] } == ["fcc-iron"] && small.indices(of: .train).count == 2)
    // What is learnt of elements and positions is the training part's.
    let statistics = try Artifact.open(place.path("dataset.h5")).statistics()
    #expect(statistics.spaceGroups.reduce(0, +) == 2 && statistics.elements[55] == 0)
    #expect(data.training.units.count == 2 && data.training.geometry.count == 3)
  }

  @Test("a model learns them, its record names them, and none of them is novel")
  func line() throws {
    let place = try Workplace()
    defer { place.remove() }
    try write(place)
    #expect(try place.run("preprocess", Self.arguments).status == 0)
    _ = try place.write("model.yaml", "form: informed\nflow: {known_elements: 0.5}\n" + Workplace.model)
    try run(place, "train", "--dataset", "dataset.h5", "--config", "model.yaml", "--output", "model.h5")
    #expect(try Artifact.open(place.path("model.h5")).trainingSet?.hasPrefix("5 crystals") == true)
    let same = try run(
      place, "metrics", "--crystals", "further/CsCl.cif", "--reference", "dataset.h5", "--output", "metrics.json")
    #expect((same.output + same.errors).contains("3 others of which the model has seen lattice and coordinates"))
    let text = try String(contentsOfFile: place.path("metrics.json"), encoding: .utf8)
    let figures = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let novel = (figures["figures"] as? [[String: Any]])?.first { $0["name"] as? String == "novel" }
    #expect(novel?["value"] as? Double == 0)
  }

  @Test("a model that cannot be told elements leaves them out, and says so")
  func published() throws {
    let place = try Workplace()
    defer { place.remove() }
    try write(place)
    #expect(try place.run("preprocess", Self.arguments).status == 0)
    _ = try place.write("model.yaml", "form: published\n" + Workplace.model)
    let outcome = try run(place, "train", "--dataset", "dataset.h5", "--config", "model.yaml", "--output", "model.h5")
    #expect(outcome.errors.contains("the 3 crystals of the part 'geometry' are left out"))
    #expect(try Artifact.open(place.path("model.h5")).trainingSet?.hasPrefix("2 crystals") == true)
  }

  @Test("--unlike without what it is for, or without held-out parts, is refused in words")
  func refused() throws {
    let place = try Workplace()
    defer { place.remove() }
    try write(place)
    let alone = try place.run("preprocess", ["--input", "data", "--unlike", "other", "--output", "x.h5"])
    #expect(alone.status == 64 && alone.errors.contains("--unlike needs --geometry"))
    let whole = try place.run(
      "preprocess", ["--input", "data", "--geometry", "further", "--unlike", "further", "--output", "x.h5"])
    #expect(whole.status == 65 && whole.errors.contains("has no validation and no test part"))
    #expect(!FileManager.default.fileExists(atPath: place.path("x.h5")))
  }
}
