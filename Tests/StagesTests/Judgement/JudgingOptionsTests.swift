import Crystals
import Foundation
import Testing

@Suite("Options of a judgement") struct JudgingOptionsTests {
  private func figures(_ place: Workplace, _ options: [String]) throws -> [String: Double] {
    let arguments = ["--crystals", "judged.h5", "--reference", "dataset.h5", "--output", "metrics.json", "--quiet"]
    let outcome = try place.run("metrics", arguments + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: place.path("metrics.json"))))
    let list = try #require((summary as? [String: Any])?["figures"] as? [[String: Any]])
    return Dictionary(
      list.compactMap { f in (f["name"] as? String).flatMap { n in (f["value"] as? Double).map { (n, $0) } } },
      uniquingKeysWith: { first, _ in first })
  }

  @Test("limits of coverage decide what covers; energies of the reference come from the file that is named")
  func coverageAndEnergies() throws {
    let place = try Workplace()
    defer { place.remove() }
    let folder = try place.writeCrystals()
    func run(_ program: String, _ arguments: [String]) throws {
      let outcome = try place.run(program, arguments + ["--quiet"])
      #expect(outcome.status == 0, "\(program): \(outcome.errors)")
    }
    try run("preprocess", ["--input", folder, "--output", "dataset.h5", "--held-out", "0.2"])
    try run("relax", ["--crystals", "dataset.h5", "--output", "energies.h5", "--potential", "pair", "--static"])
    let elements = (1...94).map { "\(Element.symbol($0)),0" }
    _ = try place.write("elements.csv", (["element,energy_per_atom"] + elements).joined(separator: "\n"))
    try run("hull", ["--input", "energies.h5", "--output", "hull.h5", "--references", "elements.csv"])
    try run(
      "relax",
      ["--crystals", "energies.h5", "--output", "judged.h5", "--potential", "pair", "--keep-energies", "--hull", "hull.h5"])

    let wide = try figures(place, ["--coverage-limits", "1000,100000"])
    #expect(wide["coverage_recall"] == 1 && wide["coverage_precision"] == 1)
    let usual = try figures(place, [])
    let narrow = try figures(place, ["--coverage-limits", "0.000001,0.000001"])
    // Crystals of the test part are themselves among those judged; what the training part has is covered by nothing.
    #expect(try #require(narrow["coverage_precision"]) < 1)
    #expect(try #require(narrow["coverage_precision"]) <= #require(usual["coverage_precision"]))

    #expect(usual["formation_energy_per_atom_distance"] == nil, "the reference has no energies of its own")
    let same = try figures(place, ["--reference-energies", "judged.h5"])
    #expect(same["formation_energy_per_atom_distance"] != nil, "\(same.keys.sorted())")
    let none = try place.run(
      "metrics",
      ["--crystals", "judged.h5", "--reference", "dataset.h5", "--output", "m.json", "--reference-energies", "energies.h5"])
    #expect(none.status == 65 && none.errors.contains("expected energies above a hull"), "\(none.errors)")
  }
}
