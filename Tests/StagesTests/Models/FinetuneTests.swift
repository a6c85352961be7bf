import Artifacts
import Crystals
import Foundation
import Generators
import StageKit
import TestSupport
import Testing

/// The model shipped goes on with crystals of one's own: the first command.
@Suite("Going on from a shipped model") struct FinetuneTests {
  private static let model = Checkout.path("Artifacts/pretrained/mp20-symmcd.h5")
  private static let configuration = Checkout.path("Pipelines/models/symmcd-finetune.yaml")

  private func train(_ place: Workplace, _ folder: String, _ options: String...) throws -> Workplace.Outcome {
    let made = try place.run("preprocess", ["--input", folder, "--output", "dataset.h5"])
    try #require(made.status == 0, "\(made.errors)")
    return try place.run(
      "train",
      [
        "--dataset", "dataset.h5", "--config", Self.configuration, "--initial", Self.model, "--epochs", "2", "--output",
        "model.h5",
      ] + options)
  }

  @Test("the configuration is that of the model, and its crystals are learnt; what it never saw is named")
  func learns() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.writeCrystals()
    _ = try place.write("crystals/PoO.cif", Workplace.cif("PoO", "F m -3 m", 5.6, "Po Po 0 0 0\nO O 0.5 0.5 0.5"))
    _ = try place.write("crystals/Cf.cif", Workplace.cif("Cf", "F m -3 m", 5.75, "Cf Cf 0 0 0"))
    let outcome = try train(place, "crystals")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let statistics = try Artifact.open(place.path("model.h5")).statistics()
    let before = try Artifact.open(Self.model).statistics()
    let unseen = statistics.elements.indices.filter { statistics.elements[$0] > 0 && before.elements[$0] == 0 }
    #expect(!unseen.isEmpty == outcome.errors.contains("has never seen"), "\(outcome.errors)")
    #expect(statistics.elements[98] == 0 || outcome.errors.contains("Cf"))
    let sampled = try place.run("sample", ["--model", "model.h5", "--count", "8", "--steps", "10", "--output", "samples.h5"])
    #expect(sampled.status == 0, "\(sampled.errors)")
  }

  @Test("three crystals are few, and enough")
  func three() throws {
    let place = try Workplace()
    defer { place.remove() }
    let all = try place.writeCrystals()
    for name in ["NaCl", "Cu", "SrTiO3"] {
      try FileManager.default.createDirectory(atPath: place.path("few"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(all)/\(name).cif", toPath: place.path("few/\(name).cif"))
    }
    let outcome = try train(place, "few")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let sampled = try place.run("sample", ["--model", "model.h5", "--count", "4", "--steps", "10", "--output", "samples.h5"])
    #expect(sampled.status == 0, "\(sampled.errors)")
  }

  @Test("another network is refused in words")
  func other() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.writeCrystals()
    let outcome = try train(place, "crystals", "--set", "network.hidden=64")
    #expect(outcome.status == 65 && outcome.errors.contains("has another network or flow"), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: place.path("model.h5")))
  }
}
