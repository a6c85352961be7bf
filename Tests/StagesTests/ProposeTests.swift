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
      (["--screen", "best"], 64, "--screen is new, known or surprisal:K with K from 2 to 1000."),
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
}
