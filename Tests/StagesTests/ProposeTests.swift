import ArgumentParser
import Artifacts
import Crystals
import Foundation
import Generators
import StageKit
import TestSupport
import Testing

/// `propose` as its users give it: what they ask for, what the file holds, and what is said of what cannot be.
@Suite("Propose", .serialized) struct ProposeTests {
  /// A folder with a dataset, a model of crystals and one of skeletons, of a few steps each.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    try place.run("preprocess", ["--input", try place.writeCrystals(), "--output", "dataset.h5"])
    _ = try place.write("model.yaml", Workplace.model)
    _ = try place.write(
      "skeletons.yaml",
      """
      method: skeletons
      network: {width: 16, layers: 1, heads: 2, embedding: 8}
      training: {batch: 8, epochs: 40, warm_up_steps: 0, learning_rate: 0.01}
      """)
    for (config, output) in [("model.yaml", "model.h5"), ("skeletons.yaml", "skeletons.h5")] {
      let outcome = try place.run(
        "train", ["--dataset", "dataset.h5", "--config", config, "--output", output, "--threads", "1"])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    return place
  }

  private func propose(_ place: Workplace, _ arguments: [String], count: Int? = 20) throws -> Workplace.Outcome {
    try place.run(
      "propose",
      ["--model", "skeletons.h5", "--output", "blueprints.h5"] + (count.map { ["--count", "\($0)"] } ?? []) + arguments)
  }

  @Test("blueprints have what was asked for, are the same in shards, and become crystals that have it")
  func line() throws {
    let place = try Self.place()
    defer { place.remove() }
    let asked = ["--elements", "Na,Cl,Ca,F", "--require", "F", "--max-atoms", "12", "--neutral", "--seed", "3"]
    let outcome = try propose(place, asked)
    #expect(outcome.status == 0 && outcome.errors.contains("propose: 20 of 20"), "\(outcome.errors)")
    let whole = try BlueprintsFile.read(place.path("blueprints.h5"))
    for blueprint in whole.blueprints {
      #expect(blueprint.isComplete && blueprint.atoms[9] != nil && Set(blueprint.atoms.keys).isSubset(of: [9, 11, 17, 20]))
    }
    for i in 0..<3 { _ = try propose(place, asked + ["--shard", "\(i)/3", "--output", "part\(i).h5"]) }
    #expect(try place.run("merge", ["part0.h5", "part1.h5", "part2.h5", "--output", "merged.h5"]).status == 0)
    let merged = try BlueprintsFile.read(place.path("merged.h5"))
    #expect(merged.ids == whole.ids && merged.blueprints == whole.blueprints)

    let sample = ["sample", "--model", "model.h5", "--blueprints", "blueprints.h5", "--output", "samples.h5", "--steps", "4"]
    #expect(try place.run(sample[0], Array(sample.dropFirst())).status == 0)
    let reader = try Artifact.open(place.path("samples.h5"))
    #expect(try reader.ids() == whole.ids)
    for (unit, blueprint) in zip(try reader.units(), whole.blueprints) {
      #expect(unit.spaceGroup == blueprint.spaceGroup && unit.sites.map(\.atomicNumber) == blueprint.sites.map(\.element))
    }
    #expect(try reader.blueprints()?.map(\.sites) == whole.blueprints.map(\.sites))
  }

  @Test("compositions, targets, prototypes and given sites")
  func requests() throws {
    let place = try Self.place()
    defer { place.remove() }
    func drawn(_ arguments: [String], count: Int? = 20) throws -> [Blueprint] {
      let outcome = try propose(place, arguments, count: count)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
      return try BlueprintsFile.read(place.path("blueprints.h5")).blueprints
    }
    for blueprint in try drawn(["--composition", "CaF2"]) {
      #expect(2 * (blueprint.atoms[20] ?? 0) == blueprint.atoms[9] && blueprint.atoms.count == 2)
    }
    let targets = try drawn(["--like", "dataset.h5", "--split", "train", "--per-target", "2", "--known-group"], count: nil)
    let names = try BlueprintsFile.read(place.path("blueprints.h5")).ids
    #expect(targets.count == names.count && names[0].hasSuffix("#1") && names[1].hasSuffix("#2"))
    for blueprint in try drawn(["--prototype", place.path("crystals/SrTiO3.cif"), "--keep", "O"]) {
      #expect(blueprint.spaceGroup == 221 && blueprint.sites.count == 3 && blueprint.atoms[8] == 3)
    }
    for blueprint in try drawn(["--prototype", "A3BC_cP5_221_c_b_a"]) {
      #expect(blueprint.spaceGroup == 221 && blueprint.sites.count == 3 && blueprint.atoms.values.sorted() == [1, 1, 3])
    }
    // NaCl, MgO: 225; CsCl: 221; ZnS: 216. CaF2 and FeS2 are AB2.
    let binary = try drawn(["--anonymous-formula", "AB"], count: 60)
    #expect(Set(binary.map(\.spaceGroup)) == [225, 221, 216] && binary.allSatisfy { Set($0.atoms.values).count == 1 })
    for blueprint in try drawn(["--anonymous-formula", "A2B", "--max-atoms", "3", "--require", "O"]) {
      #expect(blueprint.spaceGroup == 225 && blueprint.atoms[8] != nil && blueprint.sites.count == 2)
    }
    for blueprint in try drawn(["--space-group", "221", "--sites", "Ti:a"]) {
      #expect(blueprint.spaceGroup == 221 && blueprint.sites.contains { $0.element == 22 && $0.wyckoffPosition == 0 })
    }
    let screened = try propose(place, ["--screen", "surprisal:3", "--max-sites", "3"], count: 4)
    #expect(screened.status == 0 && screened.errors.contains("the screen kept 4 of 12 skeletons drawn"), "\(screened.errors)")
  }

  @Test(
    "what cannot be is said in a line",
    arguments: [
      (["--require", "O", "--exclude", "O"], 64, "--require asks for O, and --exclude forbids it."),
      (["--require", "O", "--elements", "Na,Cl"], 64, "--require asks for O, and --elements leaves it out."),
      (["--elements", "Na,Xx"], 64, "--elements takes symbols of elements with commas between, not 'Xx'."),
      (["--composition", "LiFePO4;"], 64, "--composition: 'LiFePO4;' is no formula: there is no element at ';'."),
      (["--sites", "Ti:a"], 64, "--sites needs one --space-group."),
      (["--space-group", "221", "--sites", "Ti:z"], 64, "space group 221 has no Wyckoff position z."),
      (["--screen", "best"], 64, "--screen is new, known, surprisal:K, energy:K or target:K with K from 2 to 1000."),
      (["--keep", "O"], 64, "--keep needs --prototype."),
      (["--require", "Pu"], 65, "the model has never seen Pu."),
      (["--composition", "PuO2"], 65, "the model has never seen Pu."),
      (["--elements", "Na,Ca", "--neutral"], 65, "and charges that balance."),
      (
        ["--space-group", "227", "--max-atoms", "1"], 65,
        "into space group 227 (Fd-3m), with at most 1 atoms in the primitive cell"
      ),
      (["--composition", "CaF2", "--require", "Na"], 65, "Na is required, and CaF2 has none."),
      (["--composition", "CaF3", "--neutral"], 65, "the charges of CaF3 do not balance in common oxidation states."),
      (["--prototype", "half.cif"], 65, "partial_occupancy"),
      (
        ["--prototype", "AB_cF8_225_a_c"], 64,
        "there is no such file, and 'AB_cF8_225_a_c' is no label of a prototype: its letters make AB2"
      ),
      (["--prototype", "AB_cF8_225_a_b", "--keep", "O"], 64, "--keep needs a --prototype with elements"),
      (["--prototype", "nowhere.cif"], 65, "nowhere.cif"),
      (["--anonymous-formula", "NaCl"], 64, "'NaCl' is no anonymous formula"),
      (["--anonymous-formula", "AB", "--composition", "NaCl"], 64, "leave out --composition, --prototype and --sites."),
      (["--anonymous-formula", "A2B7"], 65, "no crystal of the training set is A2B7; of as many elements it has AB, AB2"),
      (["--anonymous-formula", "AB", "--space-group", "227"], 65, "it has them in groups 216, 221, 225"),
    ])
  func impossible(arguments: [String], status: Int32, words: String) throws {
    let place = try Self.place()
    defer { place.remove() }
    _ = try place.write(
      "half.cif",
      Workplace.cif("half", "F m -3 m", 5.6, "Na Na 0 0 0 0.5\nCl Cl 0.5 0.5 0.5 1").replacing(
        "_atom_site_fract_z", with: "_atom_site_fract_z\n_atom_site_occupancy"))
    let outcome = try propose(place, arguments)
    #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome.status) \(outcome.errors)")
    #expect(!place.files.contains("blueprints.h5"))
  }

  @Test("templates of a training set come from any model, and elements from none but one of skeletons")
  func otherModels() throws {
    let place = try Self.place()
    defer { place.remove() }
    let model = ["--model", "model.h5", "--count", "5", "--output", "t.h5"]
    #expect(try place.run("propose", model).status == 0)
    #expect(try BlueprintsFile.read(place.path("t.h5")).blueprints.allSatisfy { !$0.sites.isEmpty && !$0.isComplete })
    let outcome = try place.run("propose", model + ["--elements", "Na,Cl"])
    #expect(outcome.status == 65 && outcome.errors.contains("the model names no elements"), "\(outcome.errors)")
    let sample = try place.run("sample", ["--model", "skeletons.h5", "--count", "1", "--output", "x.h5"])
    #expect(sample.status == 65 && sample.errors.contains("is a model of skeletons, which gives no crystals to 'sample'"))
  }

  @Test("a blueprint's cell that no crystal has is refused; one that is open is not")
  func impossibleCell() throws {
    let place = try Workplace()
    defer { place.remove() }
    func read(_ k: Double?) throws -> Blueprint {
      var blueprint = Blueprint(spaceGroup: 221, sites: [(element: 55, wyckoffPosition: 0)])
      blueprint.lattice = k.map { LatticeLogMetric(k: [0, 0, 0, 0, 0, $0]) }
      try BlueprintsFile.write(
        ids: ["a"], blueprints: [blueprint], rejected: [], to: place.path("b.h5"), inputs: [],
        options: try SharedOptions.parse([]), records: RecordRange(0..<1, of: 1), seconds: 0)
      return try BlueprintsFile.read(place.path("b.h5")).blueprints[0]
    }
    #expect(try read(1.5).lattice?.k[5] == 1.5 && read(nil).lattice == nil)
    #expect(throws: StageError.self) { try read(1e300) }
  }

  @Test("properties that a model was told are asked for, by propose and by sample, and the files say what was asked for")
  func targets() throws {
    let place = try Workplace()
    defer { place.remove() }
    try place.run("preprocess", ["--input", try place.writeCrystals(), "--output", "plain.h5"])
    var data = try Dataset(reading: place.path("plain.h5"))
    data.properties["megnet_band_gap"] = data.ids.indices.map { Double($0 % 5) }
    data.properties["few"] = data.ids.indices.map { $0 < 3 ? 1 : .nan }
    try data.write(
      to: place.path("dataset.h5"), symprec: 0.1, options: try SharedOptions.parse(["--quiet"]), seconds: 0)
    let told = "conditioning: {properties: [megnet_band_gap], frequencies: 4}"
    _ = try place.write("model.yaml", Workplace.model + "\n" + told)
    _ = try place.write(
      "skeletons.yaml",
      "method: skeletons\nnetwork: {width: 16, layers: 1, heads: 2, embedding: 8}\ntraining: {batch: 8, epochs: 2}\n" + told)
    for name in ["model", "skeletons"] {
      let outcome = try place.run("train", ["--dataset", "dataset.h5", "--config", "\(name).yaml", "--output", "\(name).h5"])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let trained = try Artifact.open(place.path("model.h5")).statistics().labels
    #expect(trained.names == ["megnet_band_gap"] && trained.values[0].count == data.indices(of: .train).count)
    // From training templates and from skeletons; a range, short of the predictor's name.
    let asked = ["--target", "band_gap=1..3", "--guidance", "2", "--seed", "5"]
    #expect(
      try place.run("sample", ["--model", "model.h5", "--count", "6", "--steps", "3", "--output", "s.h5"] + asked).status == 0)
    #expect(try propose(place, asked).status == 0)
    let blueprints = try BlueprintsFile.read(place.path("blueprints.h5")).blueprints
    #expect(blueprints.allSatisfy { $0.properties["megnet_band_gap"]?.range == 1...3 && $0.isComplete })
    let line = ["sample", "--model", "model.h5", "--blueprints", "blueprints.h5", "--steps", "3", "--output", "b.h5"]
    #expect(try place.run(line[0], Array(line.dropFirst())).status == 0)
    for file in ["s.h5", "b.h5"] {
      let crystals = file + ".crystals.h5"
      #expect(try place.run("reconstruct", ["--samples", file, "--output", crystals]).status == 0)
      let targets = try #require(try Artifact.open(place.path(crystals)).blueprints())
      #expect(!targets.isEmpty && targets.allSatisfy { $0.properties["megnet_band_gap"]?.range == 1...3 })
      #expect(try JudgedSet(reading: place.path(crystals)).targets["megnet_band_gap"] == targets.map { _ in 1...3 })
    }
    // What cannot be, and what is far away.
    for (arguments, status, words) in [
      (["--target", "hardness=1"], Int32(64), "the model has not learnt it; it has learnt megnet_band_gap (0 to 4 eV)"),
      (["--target", "band_gap=1eV"], 64, "expected NAME=VALUE or NAME=LOWEST..HIGHEST"),
      (["--target", "band_gap=1", "--target", "band_gap=2"], 64, "asks for band_gap twice"),
      (["--target", "band_gap=1", "--target", "megnet_band_gap=2"], 64, "asks for megnet_band_gap twice"),
      (["--guidance", "0"], 64, "--guidance must be above 0"),
      (["--target", "band_gap=1500"], 0, "the training set has 0 to 4 eV; the model guesses beyond it"),
    ] {
      for stage in [["sample", "--model", "model.h5", "--steps", "2"], ["propose", "--model", "skeletons.h5"]] {
        let outcome = try place.run(stage[0], stage.dropFirst() + ["--count", "2", "--output", "x.h5"] + arguments)
        #expect(outcome.status == status && outcome.errors.contains(words), "\(stage[0]) \(arguments): \(outcome.errors)")
      }
    }
    for (column, words) in [
      ("few", "is known for"),
      ("nothing", "has no property 'nothing' (columns of text are none); it has few, megnet_band_gap."),
    ] {
      let outcome = try place.run(
        "train",
        [
          "--dataset", "dataset.h5", "--config", "model.yaml", "--output", "y.h5", "--set",
          "conditioning.properties=[\(column)]",
        ])
      #expect(outcome.status == 65 && outcome.errors.contains(words), "\(outcome.errors)")
    }
    // Begun from a model without, or with fewer properties: nothing that is known is forgotten.
    let more = try place.run(
      "train",
      [
        "--dataset", "dataset.h5", "--config", "model.yaml", "--initial", "model.h5", "--output", "more.h5", "--epochs", "0",
        "--set", "conditioning.properties=[megnet_band_gap, e]",
      ])
    #expect(more.status == 65)
    data.properties["e"] = data.ids.indices.map { Double($0) }
    try data.write(
      to: place.path("dataset.h5"), symprec: 0.1, options: try SharedOptions.parse(["--quiet"]), seconds: 0)
    #expect(
      try place.run(
        "train",
        [
          "--dataset", "dataset.h5", "--config", "model.yaml", "--initial", "model.h5", "--output", "more.h5", "--epochs", "0",
          "--set", "conditioning.properties=[megnet_band_gap, e]",
        ]
      ).status == 0)
  }
}
