import Artifacts
import Crystals
import Evaluation
import Foundation
import Generators
import StageKit
import TestSupport
import Testing

/// What comes with the repository must be worth having: crystals of the shipped model, and a floor under their figures.
@Suite("The shipped models") struct PretrainedTests {
  static let model = Checkout.path("Artifacts/pretrained/mp20.h5")

  /// A model of crystals and the least that is to be said of what it makes.
  struct Floor: Sendable {
    let model: String
    /// Middle of the volumes, cubic angstrom an atom.
    let volume: ClosedRange<Double>
    let compositionValid: Double
    /// With which its training set was read, angstrom.
    var symprec = 0.1
  }
  /// MP-20's middle is 18 cubic angstrom an atom, its middle half from 14 to 24; Perov-5's is 14, that of MPTS-52's samples 15.
  static let floors = [
    Floor(model: "mp20.h5", volume: 15...23, compositionValid: 0.72),
    Floor(model: "mp20-symmcd.h5", volume: 15...23, compositionValid: 0.72),
    Floor(model: "perov5.h5", volume: 12...17, compositionValid: 0.9, symprec: 0.01),
    Floor(model: "mpts52.h5", volume: 12...20, compositionValid: 0.72),
  ]

  @Test(
    "are small enough to ship, and their crystals are whole, of sensible volume and mostly charge-neutral", arguments: floors)
  func crystals(of floor: Floor) throws {
    let model = Checkout.path("Artifacts/pretrained/" + floor.model)
    let size = try #require(try FileManager.default.attributesOfItem(atPath: model)[.size] as? Int)
    #expect(size < 30 << 20)
    let place = try Workplace()
    defer { place.remove() }
    func stage(_ name: String, _ arguments: String...) throws {
      let outcome = try place.run(name, arguments + ["--quiet"])
      try #require(outcome.status == 0, "\(name): \(outcome.errors)")
    }
    try stage("preprocess", "--input", try place.writeCrystals(), "--output", "dataset.h5")
    try stage("sample", "--model", model, "--count", "96", "--steps", "30", "--output", "samples.h5")
    try stage("reconstruct", "--samples", "samples.h5", "--output", "crystals.h5")
    let crystals = try Artifact.open(place.path("crystals.h5"), formats: [.crystals]).crystals()
    #expect(crystals.count >= 94, "of 96")
    let volumes = crystals.map { $0.lattice.volume / Double($0.count) }.sorted()
    #expect(floor.volume.contains(volumes[volumes.count / 2]), "\(volumes[volumes.count / 2])")
    try stage(
      "metrics", "--crystals", "crystals.h5", "--reference", "dataset.h5", "--symprec", "\(floor.symprec)", "--output",
      "metrics.json")
    let totals = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: place.path("metrics.json"))))
    let figures = try #require((totals as? [String: Any])?["figures"] as? [[String: Any]])
    func figure(_ name: String) throws -> Double {
      try #require(figures.first { $0["name"] as? String == name }?["value"] as? Double, "\(name)")
    }
    #expect(try figure("structure_valid") >= 0.97)
    #expect(try figure("composition_valid") >= floor.compositionValid)
    #expect(try figure("space_group_kept") >= 0.96)
  }

  @Test(
    "the energies of skeletons are near what is known, and a screen with them keeps low ones",
    arguments: [
      ("mp20-skeleton-energy.h5", "formation_energy_per_atom", 0.06),
      ("mp20-tuned-skeleton-energy.h5", "formation_energy_per_atom", 0.06),
      // Its parts are by year: the test part has chemistry that the training part has not.
      ("mpts52-skeleton-energy.h5", "chgnet_formation_energy", 0.1),
    ])
  func energies(name: String, column: String, error: Double) throws {
    let path = Checkout.path("Artifacts/pretrained/" + name)
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size < 3 << 20)
    let model = try LoadedPropertyModel(reading: path)
    let test = try #require(model.errors.first { $0.part == "test" })
    #expect(test.column == column && test.count > 5000 && test.meanAbsolute < error, "\(test)")
    // The Materials Project's: rock salt -2.1, perovskite SrTiO3 -3.55, an alloy near 0.
    let known: [(Int, [(UInt8, Int)], Double)] = [
      (225, [(11, 0), (17, 1)], -2.1), (221, [(38, 0), (22, 1), (8, 2)], -3.55), (221, [(29, 0), (79, 2)], 0.0),
    ]
    let blueprints = known.map { Blueprint(spaceGroup: $0.0, sites: $0.1.map { (element: $0.0, wyckoffPosition: $0.1) }) }
    for (result, expected) in zip(model.predict(blueprints), known) {
      let energy = try result.get()[0]
      #expect(abs(energy - expected.2) < 0.25, "\(energy), \(expected)")
    }
    // Above a hull of elements alone salts are far below; how far makes no difference. On a hull that has them they are about on it.
    let place = try Workplace()
    defer { place.remove() }
    let elements = ["Na", "Cl", "Sr", "Ti", "O"].map { "\($0):1,0,x\n" }.joined()
    _ = try place.write(
      "hull/elements.csv", "element,energy_per_atom,entry_id\n" + ["Na", "Cl", "Sr", "Ti", "O"].map { "\($0),0,a\n" }.joined())
    for (phases, expected) in [("", [-0.05, -0.05]), ("Na:0.5 Cl:0.5,-2.3,x\nSr:0.2 Ti:0.2 O:0.6,-3.6,x\n", [0.2, 0.05])] {
      let hull = try place.write(
        "hull/hull.csv", "composition_fractions,formation_energy_per_atom,source\n" + elements + phases)
      let above = try SkeletonEnergies(reading: path, hull: hull)(Array(blueprints.prefix(2)))
      #expect(zip(above, expected).allSatisfy { abs($0 - $1) < (phases.isEmpty ? 1e-9 : 0.25) }, "\(above)")
    }
  }

  @Test("energies of composition and cell are near what is known")
  func proxy() throws {
    let path = Checkout.path("Artifacts/pretrained/mp20-proxy.h5")
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size < 4 << 20)
    let model = try LoadedPropertyModel(reading: path)
    let test = try #require(model.errors.first { $0.part == "test" })
    #expect(test.column == "formation_energy_per_atom" && test.count > 5000 && test.meanAbsolute < 0.05, "\(test)")
    // The Materials Project's: rock salt, perovskite SrTiO3, Cu3Au; atoms of the conventional cell and its edge in angstrom.
    for (group, formula, edge, expected) in [
      (225, "Na4Cl4", 5.69, -2.1), (221, "SrTiO3", 3.94, -3.55), (221, "Cu3Au", 3.78, -0.03),
    ] {
      var blueprint = Blueprint(spaceGroup: group)
      blueprint.composition = .init(try Formula(formula), content: .formulaUnits(1))
      blueprint.lattice = LatticeLogMetric(Lattice(lengths: Vector3(edge, edge, edge), angles: Vector3(90, 90, 90)))
      let energy = try model.predict([blueprint])[0].get()[0]
      #expect(abs(energy - expected) < 0.25, "\(formula): \(energy), not \(expected)")
    }
  }

  @Test("the skeletons shipped obey, are mostly known and often new, and balance more often than not")
  func skeletons() throws {
    let model = Checkout.path("Artifacts/pretrained/mp20-skeletons.h5")
    let place = try Workplace()
    defer { place.remove() }
    func drawn(_ arguments: String...) throws -> [Blueprint] {
      let outcome = try place.run("propose", ["--model", model, "--output", "b.h5", "--quiet"] + arguments)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try BlueprintsFile.read(place.path("b.h5")).blueprints
    }
    let free = try drawn("--count", "300")
    let statistics = try LoadedProposer(reading: model, weights: .best, settings: [], among: []).statistics
    let templates = KnownTemplates(statistics)
    let known = free.count { templates.contains($0) }
    #expect((150...270).contains(known), "\(known) of 300 templates are known")
    let balanced = free.count { blueprint in
      let elements = blueprint.atoms.keys.sorted()
      return Validity.isCompositionValid(elements.map { (Int($0), blueprint.atoms[$0] ?? 0) })
    }
    #expect(balanced > 180, "\(balanced) of 300")
    for blueprint in try drawn("--count", "100", "--elements", "Li,Fe,P,O", "--require", "Li,O", "--max-atoms", "14") {
      let atoms = blueprint.atoms
      #expect(Set(atoms.keys).isSubset(of: [3, 8, 15, 26]) && atoms[3] != nil && atoms[8] != nil)
    }
    // Perovskites are what the formula says to anybody.
    let perovskites = try drawn("--count", "100", "--composition", "SrTiO3").count { $0.spaceGroup == 221 }
    #expect(perovskites >= 10, "\(perovskites) of 100 in Pm-3m")
  }

  @Test("the skeletons of MPTS-52 are larger, none comes twice, and of four the likeliest balance more often than not")
  func largeSkeletons() throws {
    let place = try Workplace()
    defer { place.remove() }
    let outcome = try place.run(
      "propose",
      ["--model", Checkout.path("Artifacts/pretrained/mpts52-skeletons.h5"), "--count", "60", "--screen", "surprisal:4"]
        + ["--distinct", "--output", "b.h5", "--quiet"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let drawn = try BlueprintsFile.read(place.path("b.h5")).blueprints
    var taken = DistinctSkeletons()
    #expect(drawn.count == 60 && drawn.allSatisfy { taken.take(firstOf: [$0]) != nil })
    let sizes = drawn.map { $0.atoms.values.reduce(0, +) / SpaceGroup.numbered($0.spaceGroup ?? 1).centrings }
    #expect(sizes.contains { $0 > 20 } && sizes.allSatisfy { $0 <= 52 }, "\(sizes)")
    let balanced = drawn.count { blueprint in
      let elements = blueprint.atoms.keys.sorted()
      return Validity.isCompositionValid(elements.map { (Int($0), blueprint.atoms[$0] ?? 0) })
    }
    #expect(balanced > 36, "\(balanced) of 60")
  }
}
