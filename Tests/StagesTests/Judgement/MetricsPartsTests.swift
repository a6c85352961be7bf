import Foundation
import Testing

@Suite("metrics in parts, and what it is measured against") struct MetricsPartsTests {
  private func dataset(_ place: Workplace) throws {
    let folder = try place.writeCrystals()
    let outcome = try place.run(
      "preprocess", ["--input", folder, "--output", "dataset.h5", "--quiet", "--held-out", "0.2"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  private func summary(_ place: Workplace, _ name: String) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: place.path(name)))) as? [String: Any])
  }

  @Test("shards, merge and a judgement of the whole equal the judgement of one process") func parts() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    #expect(
      try place.run(
        "relax", ["--crystals", "dataset.h5", "--output", "relaxed.h5", "--potential", "pair", "--rattle", "0.05", "--quiet"]
      ).status == 0)
    let arguments = ["--crystals", "relaxed.h5", "--reference", "dataset.h5", "--published", "--name", "run", "--quiet"]
    var outcome = try place.run("metrics", arguments + ["--output", "whole.json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for i in 0..<3 {
      outcome = try place.run("metrics", arguments + ["--shard", "\(i)/3", "--output", "part\(i).h5"])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    outcome = try place.run("metrics", arguments + ["--measures", "part0.h5", "--output", "early.json"])
    #expect(outcome.status == 65 && outcome.errors.contains("put all parts together"), "\(outcome.errors)")
    outcome = try place.run("merge", ["part2.h5", "part0.h5", "part1.h5", "--output", "measures.h5", "--quiet"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    outcome = try place.run("metrics", arguments + ["--measures", "measures.h5", "--output", "merged.json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: place.path("whole.json")))
        == Data(contentsOf: URL(fileURLWithPath: place.path("merged.json"))))
    // Measures of other crystals are refused.
    #expect(
      try place.run(
        "relax", ["--crystals", "dataset.h5", "--output", "relaxed.h5", "--potential", "pair", "--static", "--quiet"]
      ).status
        == 0)
    outcome = try place.run("metrics", arguments + ["--measures", "measures.h5", "--output", "merged.json"])
    #expect(outcome.status == 65 && outcome.errors.contains("was not measured of 'relaxed.h5'"), "\(outcome.errors)")
    #expect(try place.run("metrics", arguments + ["--shard", "0/3", "--output", "part.json"]).status == 64)
  }

  @Test("novelty against a set that a model was not trained on is refused with a line; --trained-on names the right one")
  func trainedOn() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    _ = try place.write("model.yaml", Workplace.model)
    #expect(
      try place.run(
        "train", ["--dataset", "dataset.h5", "--config", "model.yaml", "--output", "model.h5", "--epochs", "0", "--quiet"]
      ).status
        == 0)
    for name in ["SrTiO3", "MgO", "FeS2", "CsCl"] {
      try FileManager.default.removeItem(atPath: place.path("crystals/\(name).cif"))
    }
    #expect(
      try place.run("preprocess", ["--input", "crystals", "--output", "other.h5", "--quiet", "--held-out", "0.2"]).status == 0)
    let arguments = ["--crystals", "dataset.h5", "--output", "metrics.json", "--timing", "model.h5", "--quiet"]
    func names() throws -> Set<String> {
      Set(try #require(try summary(place, "metrics.json")["figures"] as? [[String: Any]]).compactMap { $0["name"] as? String })
    }
    var outcome = try place.run("metrics", arguments + ["--reference", "dataset.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try names().contains("novel"))
    outcome = try place.run("metrics", arguments + ["--reference", "other.h5"])
    #expect(outcome.status == 0 && outcome.errors.contains("The model was not trained on 'other.h5'"), "\(outcome.errors)")
    let left = try names()
    #expect(!left.contains("novel") && left.contains("unique"))
    outcome = try place.run(
      "metrics", arguments + ["--reference", "other.h5", "--trained-on", "dataset.h5", "--known", "crystals"])
    #expect(
      try names().isSuperset(of: ["novel", "in_known_crystals", "unique_novel_known"]),
      "\(outcome.errors)")
    #expect(try place.run("metrics", arguments + ["--reference", "other.h5", "--coverage-limits", "x"]).status == 64)
    #expect(try place.run("metrics", arguments + ["--reference", "other.h5", "--stol", "0"]).status == 64)
    outcome = try place.run(
      "metrics", arguments + ["--reference", "dataset.h5", "--compare-with", "validation", "--same-by", "rms", "--ltol", "0.3"])
    let compared = try #require(try summary(place, "metrics.json")["reference"] as? [String: Any])["comparedWith"] as? String
    #expect(outcome.status == 0 && ["validation", "train"].contains(compared), "\(outcome.errors)")
  }
}
