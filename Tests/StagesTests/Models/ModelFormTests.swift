import Artifacts
import Crystals
import Foundation
import Generators
import Networks
import StageKit
import TestSupport
import Testing

@Suite("Methods, forms and options") struct ModelFormTests {

  private static func options(_ text: String, _ settings: String..., isStored: Bool = false) throws -> SymmBFNConfiguration {
    let configuration = try ModelConfiguration(text, name: "text", settings: settings.map { try .init($0) })
    return try configuration.options(SymmBFN.self, isStored: isStored)
  }

  @Test("every YAML that is shipped names a method and is read; the published one says what the defaults are")
  func shipped() throws {
    let folder = Checkout.root.appendingPathComponent("Pipelines/models")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(files.count >= 3)
    func read<M: Generators.Method>(_: M.Type, _ configuration: ModelConfiguration) throws {
      _ = try configuration.options(M.self)
    }
    for file in files {
      let path = folder.appendingPathComponent(file).path
      #expect(try String(contentsOfFile: path, encoding: .utf8).contains("\nmethod: "), "\(file)")
      let configuration = try ModelConfiguration.read(path: path)
      try read(configuration.method, configuration)
    }
    let published = try ModelConfiguration.read(path: folder.appendingPathComponent("symmbfn.yaml").path)
    #expect(try published.options(SymmBFN.self) == SymmBFNConfiguration())
    #expect(SymmBFNConfiguration().form == .published)
  }

  @Test("options are set by their paths, and what is stored is read back")
  func settings() throws {
    let options = try Self.options(
      "form: informed", "training.batch=7", "sampling.proposer=training", "flow.weights.lattice=0.5")
    #expect(options.training.batch == 7 && options.sampling.proposer == .training && options.flow.weights.lattice == 0.5)
    let text = try ModelConfiguration.text(SymmBFN(options, statistics: DatasetStatistics([])))
    #expect(text.hasPrefix("method: symmbfn\n"))
    #expect(try Self.options(text, isStored: true) == options)
  }

  /// What files of the time of switches say.
  private static func old(_ changes: [String: String] = [:]) -> String {
    var values = [
      "network.geometry_features": "true", "network.composition_features": "true", "network.position_features": "true",
      "network.template_features": "true", "network.pair_directions": "true", "network.charge_balance": "true",
      "flow.lattice_output": "posterior", "flow.coordinate_output": "posterior", "flow.class_output": "posterior",
      "flow.class_loss": "cross_entropy", "training.origin_shifts": "true", "training.known_templates": "6e-1",
      "sampling.coordinate_update": "unwrapped", "sampling.final_choice": "draw", "sampling.code_draw": "positions",
      "sampling.temperature": "1e+0", "sampling.placement_time": "4.00000005960464e-1", "sampling.templates": "training",
      "network.hidden": "64",
    ]
    values.merge(changes) { $1 }
    let sections = Dictionary(grouping: values.sorted { $0.key < $1.key }) { $0.key.prefix { $0 != "." } }
    return sections.map { name, values in
      "\(name):\n" + values.map { "  \($0.key.dropFirst(name.count + 1)): \($0.value)\n" }.joined()
    }.joined()
  }

  @Test("model files of the time of switches are read where they are one of the forms; others are refused by what differs")
  func renewed() throws {
    let informed = try Self.options(Self.old(), isStored: true)
    #expect(informed.form == .informed && informed.network.hidden == 64 && informed.sampling.proposer == .training)
    #expect(informed.flow.knownTemplates == 0.6)
    let published = try Self.options(
      Self.old([
        "network.geometry_features": "false", "network.composition_features": "false", "network.position_features": "false",
        "network.template_features": "false", "network.pair_directions": "false", "network.charge_balance": "false",
        "flow.lattice_output": "noise", "flow.coordinate_output": "noise", "flow.class_output": "direct",
        "flow.class_loss": "squared", "training.origin_shifts": "false", "sampling.coordinate_update": "wrapped",
        "sampling.code_draw": "axes", "sampling.placement_time": "1e+0", "sampling.templates": "network",
      ]), isStored: true)
    #expect(published.form == .published && published.sampling.proposer == .network)
    do {
      _ = try Self.options(Self.old(["network.pair_directions": "false", "sampling.temperature": "0.7"]), isStored: true)
      Issue.record("a model of neither form was taken")
    } catch let error as StageError {
      #expect(error.status == .input)
      #expect(
        error.description.contains("informed but for network.pair_directions false, sampling.temperature 0.7. Train it anew"))
    }
  }

  @Test("the shipped model is of the informed form, its samples say what they were asked to be, and crystals carry it on")
  func target() throws {
    let place = try Workplace()
    defer { place.remove() }
    func run(_ name: String, _ arguments: String...) throws {
      let outcome = try place.run(name, arguments + ["--quiet"])
      try #require(outcome.status == 0, "\(name): \(outcome.errors)")
    }
    let reader = try Artifact.open(PretrainedTests.model)
    let configuration = try ModelFile.configuration(reader)
    #expect(try configuration.options(SymmBFN.self, isStored: true).form == .informed)

    try run(
      "sample", "--model", PretrainedTests.model, "--count", "8", "--steps", "3", "--composition", "SrTiO3", "--output",
      "samples.h5")
    let samples = try Artifact.open(place.path("samples.h5"))
    let targets = try #require(try samples.blueprints())
    let units = try samples.units()
    for (target, unit) in zip(targets, units) {
      #expect(target.spaceGroup == unit.spaceGroup)
      #expect(target.sites.map(\.element) == unit.sites.map(\.atomicNumber))
      let letters = target.sites.map { SpaceGroup.numbered(unit.spaceGroup).wyckoffPositions[$0.wyckoffPosition].letter }
      #expect(letters == unit.sites.map(\.wyckoffLetter))
    }
    try run("reconstruct", "--samples", "samples.h5", "--output", "crystals.h5")
    try run("relax", "--crystals", "crystals.h5", "--potential", "pair", "--max-steps", "2", "--output", "relaxed.h5")
    for file in ["crystals.h5", "relaxed.h5"] {
      let reader = try Artifact.open(place.path(file))
      let ids = try samples.ids()
      let kept = try reader.ids().compactMap { ids.firstIndex(of: $0) }
      let carried = try reader.blueprints()
      #expect(!kept.isEmpty && carried == kept.map { targets[$0] }, "\(file)")
    }
    // Where the network says the positions, only the group and the number of sites were asked for.
    try run(
      "sample", "--model", PretrainedTests.model, "--count", "4", "--steps", "2", "--proposer", "network", "--output", "free.h5"
    )
    let free = try #require(try Artifact.open(place.path("free.h5")).blueprints())
    #expect(free.allSatisfy { $0.spaceGroup != nil && $0.siteCount != nil && $0.sites.isEmpty })
  }

  @Test("crystals carry the fingerprint of what their model was trained on")
  func trainingSet() throws {
    let place = try Workplace()
    defer { place.remove() }
    _ = try place.write("model.yaml", Workplace.model)
    func run(_ name: String, _ arguments: String...) throws {
      let outcome = try place.run(name, arguments)
      try #require(outcome.status == 0, "\(name): \(outcome.errors)")
    }
    let folder = try place.writeCrystals()
    try run("preprocess", "--input", folder, "--output", "dataset.h5")
    try run("preprocess", "--input", folder, "--limit", "7", "--output", "other.h5")
    let other = try TrainingSetRecord(Dataset(reading: place.path("other.h5"))).fingerprint()
    try run("train", "--dataset", "dataset.h5", "--config", "model.yaml", "--epochs", "0", "--output", "model.h5")
    try run("export", "--model", "model.h5", "--output", "exported.h5")
    try run("sample", "--model", "exported.h5", "--count", "6", "--steps", "2", "--output", "samples.h5")
    try run("reconstruct", "--samples", "samples.h5", "--output", "crystals.h5")
    let fingerprint = try TrainingSetRecord(Dataset(reading: place.path("dataset.h5"))).fingerprint()
    for file in ["model.h5", "exported.h5", "samples.h5", "crystals.h5"] {
      #expect(try Artifact.open(place.path(file)).attribute("training_set") == fingerprint, "\(file)")
    }
    #expect(other != fingerprint)
  }
}
