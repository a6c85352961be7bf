import Artifacts
import Crystals
import Foundation
import StageKit
import TestSupport
import Testing

/// What comes with the repository must be worth having: crystals of the shipped model, and a floor under their figures.
@Suite("The shipped model") struct PretrainedTests {
  static let model = Checkout.path("Artifacts/pretrained/mp20.h5")

  @Test("is small enough to ship, and its crystals are whole, of sensible volume and mostly charge-neutral")
  func floor() throws {
    let size = try #require(try FileManager.default.attributesOfItem(atPath: Self.model)[.size] as? Int)
    #expect(size < 30 << 20)
    let place = try Workplace()
    defer { place.remove() }
    func stage(_ name: String, _ arguments: String...) throws {
      let outcome = try place.run(name, arguments + ["--quiet"])
      try #require(outcome.status == 0, "\(name): \(outcome.errors)")
    }
    try stage("preprocess", "--input", try place.writeCrystals(), "--output", "dataset.h5")
    try stage("sample", "--model", Self.model, "--count", "96", "--steps", "30", "--output", "samples.h5")
    try stage("reconstruct", "--samples", "samples.h5", "--output", "crystals.h5")
    let crystals = try Artifact.open(place.path("crystals.h5"), formats: [.crystals]).crystals()
    #expect(crystals.count >= 94, "of 96")
    // MP-20's middle is 18 cubic angstrom an atom, its middle half from 14 to 24.
    let volumes = crystals.map { $0.lattice.volume / Double($0.count) }.sorted()
    #expect((15...23).contains(volumes[volumes.count / 2]), "\(volumes[volumes.count / 2])")
    try stage("metrics", "--crystals", "crystals.h5", "--reference", "dataset.h5", "--output", "metrics.json")
    let totals = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: place.path("metrics.json"))))
    let figures = try #require((totals as? [String: Any])?["figures"] as? [[String: Any]])
    func figure(_ name: String) throws -> Double {
      try #require(figures.first { $0["name"] as? String == name }?["value"] as? Double, "\(name)")
    }
    #expect(try figure("structure_valid") >= 0.97)
    #expect(try figure("composition_valid") >= 0.72)
    #expect(try figure("space_group_kept") >= 0.96)
  }
}
