import Artifacts
import Crystals
import Foundation
import Generators
import StageKit
import Testing

/// Datasets whose every atom is a site of its own, through the line.
@Suite("Datasets without symmetry") struct NoSymmetryTests {
  private func run(_ place: Workplace, _ name: String, _ arguments: String...) throws {
    let outcome = try place.run(name, arguments)
    #expect(outcome.status == 0, "\(name): \(outcome.errors)")
  }

  /// The crystals with symmetry in `dataset.h5` and without in `cells.h5`.
  private func datasets(_ place: Workplace) throws -> (symmetric: Dataset, cells: Dataset) {
    let crystals = try place.writeCrystals()
    try run(place, "preprocess", "--input", crystals, "--output", "dataset.h5")
    try run(place, "preprocess", "--input", crystals, "--no-symmetry", "--output", "cells.h5")
    return (try Dataset(reading: place.path("dataset.h5")), try Dataset(reading: place.path("cells.h5")))
  }

  @Test("units are all atoms of the same cells in group 1; crystals, names and splits stay, and the option is on record")
  func units() throws {
    let place = try Workplace()
    defer { place.remove() }
    let (symmetric, cells) = try datasets(place)
    #expect(cells.ids == symmetric.ids && cells.split == symmetric.split && cells.rejected.isEmpty && cells.ids.count == 10)
    #expect(symmetric.units.contains { $0.spaceGroup > 1 })
    for (i, unit) in cells.units.enumerated() {
      let (own, other) = (cells.crystals[i], symmetric.crystals[i])
      #expect(own.fractionalCoordinates == other.fractionalCoordinates && own.orbit == other.orbit)
      #expect(own.spaceGroup == symmetric.units[i].spaceGroup && unit.spaceGroup == 1)
      #expect(unit.sites.count == other.count && unit.sites.count >= symmetric.units[i].sites.count)
      #expect(unit.sites.map(\.position) == other.fractionalCoordinates.map(\.wrapped))
      #expect(unit.sites.allSatisfy { $0.siteSymmetry == .trivial && $0.multiplicity == 1 && $0.wyckoffLetter == 97 })
      for (a, b) in zip(unit.latticeLogMetric.k, symmetric.units[i].latticeLogMetric.k) { #expect(abs(a - b) < 1e-9) }
      let back = try #require(cells.symmetricUnit(i))
      #expect(back.spaceGroup == symmetric.units[i].spaceGroup)
      #expect(back.sites.map(\.wyckoffLetter) == symmetric.units[i].sites.map(\.wyckoffLetter))
    }
    let reader = try Artifact.open(place.path("cells.h5"))
    let options = reader.attribute("configuration") ?? ""
    #expect(options.contains("--no-symmetry"))
    let statistics = try reader.statistics()
    #expect(
      statistics.spaceGroups[1] == Int64(cells.indices(of: .train).count)
        && statistics.spaceGroups.reduce(0, +) == statistics.spaceGroups[1])
  }

  @Test("a limit of sites counts atoms, and names what it leaves out")
  func limit() throws {
    let place = try Workplace()
    defer { place.remove() }
    let cells = try datasets(place).cells
    try run(place, "preprocess", "--input", "crystals", "--no-symmetry", "--max-sites", "5", "--output", "small.h5")
    let small = try Dataset(reading: place.path("small.h5"))
    let fitting = cells.ids.indices.filter { cells.crystals[$0].count <= 5 }
    #expect(!fitting.isEmpty && fitting.count < cells.ids.count && small.ids == fitting.map { cells.ids[$0] })
    #expect(
      small.rejected.count == cells.ids.count - fitting.count && small.rejected.allSatisfy { $0.code == "too_many_sites" })
  }

  @Test(
    "the line runs on it in both forms: samples are of group 1, and nothing is projected", arguments: ["published", "informed"])
  func line(form: String) throws {
    let place = try Workplace()
    defer { place.remove() }
    let cells = try datasets(place).cells
    _ = try place.write("model.yaml", "form: \(form)\n" + Workplace.model)
    try run(place, "train", "--dataset", "cells.h5", "--config", "model.yaml", "--output", "model.h5")
    try run(place, "sample", "--model", "model.h5", "--count", "40", "--steps", "4", "--output", "samples.h5")
    let samples = try Artifact.open(place.path("samples.h5")).units()
    let sizes = Set(cells.indices(of: .train).map { cells.units[$0].sites.count })
    #expect(samples.count == 40 && samples.allSatisfy { $0.spaceGroup == 1 && sizes.contains($0.sites.count) })
    try run(place, "reconstruct", "--samples", "samples.h5", "--output", "crystals.h5")
    let reader = try Artifact.open(place.path("crystals.h5"))
    #expect(try reader.crystals().allSatisfy { $0.spaceGroup == 1 } && reader.ids().count + reader.rejected().count == 40)
    try run(place, "reconstruct", "--samples", "cells.h5", "--output", "back.h5")
    let back = try Artifact.open(place.path("back.h5")).crystals()
    #expect(zip(back, cells.crystals).allSatisfy { $0.fractionalCoordinates == $1.fractionalCoordinates.map(\.wrapped) })
    try run(
      place, "metrics", "--crystals", "crystals.h5", "--reference", "cells.h5", "--timing", "model.h5", "--output", "m.json")
    #expect(try !String(contentsOfFile: place.path("m.json"), encoding: .utf8).contains("not trained on"))
  }

  @Test("metrics says the same of groups, templates and novelty with either dataset as the reference")
  func reference() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try datasets(place)
    func figures(_ reference: String) throws -> [String] {
      try run(place, "metrics", "--crystals", "crystals", "--reference", reference, "--output", "m.json")
      let data = try Data(contentsOf: URL(fileURLWithPath: place.path("m.json")))
      let summary = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let all = try #require(summary["figures"] as? [[String: Any]])
      return all.map { "\($0["name"] ?? "") \($0["value"] ?? "") \($0["count"] ?? "")" }
    }
    let (expected, found) = (try figures("dataset.h5"), try figures("cells.h5"))
    #expect(
      expected == found && expected.contains { $0.hasPrefix("template_in_train 0.") || $0.hasPrefix("template_in_train 1") })
    #expect(expected.contains { $0.hasPrefix("p1_reference 0") })
  }

  @Test("relaxing the dataset itself keeps the crystals' symmetry, and moves every site with its atom")
  func relaxed() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try datasets(place)
    try run(place, "relax", "--crystals", "cells.h5", "--potential", "pair", "--output", "relaxed.h5")
    let reader = try Artifact.open(place.path("relaxed.h5"))
    let (units, crystals) = (try reader.units(), try reader.crystals())
    #expect(units.count == 10 && crystals.contains { $0.spaceGroup > 1 })
    for (unit, crystal) in zip(units, crystals) {
      #expect(unit.sites.count == crystal.count)
      for (site, x) in zip(unit.sites, crystal.fractionalCoordinates) {
        let d = site.position - x
        #expect((d - d.rounded(.toNearestOrEven)).length < 1e-6)
      }
    }
  }
}
