import Artifacts
import Crystals
import Foundation
import Generators
import StageKit
import TestSupport
import Testing

/// Crystal-GFN and tuned skeletons as their users run them: proxy, policy, blueprints, skeletons, samples; and what is said of what cannot be.
@Suite("Crystal-GFN through the programs", .serialized) struct CrystalGFNLineTests {
  private static let proxy = """
    method: property
    input: INPUT
    columns: [energy]
    network: {width: 16, layers: 1, heads: 2, embedding: 8}
    training: {batch: 8, epochs: 20, warm_up_steps: 0, learning_rate: 0.01}
    """
  private static let policy = """
    method: crystal-gfn
    reward: exp(-2 * energy)
    space: {least_elements: 2, most_elements: 2, most_atoms: 16, most_of_element: 8, electroneutrality: pauling, alloys: false}
    network: {hidden: 16, layers: 2}
    trajectories: {epoch: 200}
    training: {batch: 20, epochs: 2, learning_rate: 0.001}
    """
  private static let skeletons = """
    method: skeletons
    network: {width: 16, layers: 1, heads: 2, embedding: 8}
    training: {batch: 8, epochs: 40, warm_up_steps: 0, learning_rate: 0.01}
    """

  /// Salts with energies, and models of them.
  private static func place() throws -> Workplace {
    let place = try Workplace()
    var text = ""
    for (a, metal) in ["Li", "Na", "K", "Rb"].enumerated() {
      for (b, halogen) in ["F", "Cl", "Br", "I"].enumerated() {
        for isCubic in [false, true] {
          let cell = (isCubic ? 3.2 : 4.8) + 0.3 * Double(a) + 0.2 * Double(b)
          let points = isCubic ? [[0, 0, 0]] : [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
          text += "\(2 * points.count)\nLattice=\"\(cell) 0 0 0 \(cell) 0 0 0 \(cell)\" Properties=species:S:1:pos:R:3 "
          text += "energy=\(-3 + 0.2 * Double(a) + 0.5 * Double(b))\n"
          for point in points {
            let x = point.map { cell * $0 }
            text += "\(metal) \(x[0]) \(x[1]) \(x[2])\n"
            text += "\(halogen) \(x[0] + 0.5 * cell) \(x[1] + 0.5 * cell) \(x[2] + 0.5 * cell)\n"
          }
        }
      }
    }
    let outcome = try place.run("preprocess", ["--input", try place.write("salts.extxyz", text), "--output", "dataset.h5"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    try train(place, proxy.replacingOccurrences(of: "INPUT", with: "composition"), "proxy.h5")
    try train(place, proxy.replacingOccurrences(of: "INPUT", with: "blueprint"), "energy.h5")
    try train(place, skeletons, "skeletons.h5")
    return place
  }

  private static func run(_ place: Workplace, _ yaml: String, _ output: String, _ more: [String]) throws -> Workplace.Outcome {
    _ = try place.write("model.yaml", yaml)
    return try place.run(
      "train", ["--dataset", "dataset.h5", "--config", "model.yaml", "--output", output, "--threads", "1"] + more)
  }

  private static func train(_ place: Workplace, _ yaml: String, _ output: String, _ more: String...) throws {
    let outcome = try run(place, yaml, output, more)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("from a proxy to crystals, the same in shards and with any threads; stopped and gone on with, the same")
  func line() throws {
    let place = try Self.place()
    defer { place.remove() }
    try Self.train(place, Self.policy, "gfn.h5", "--predictor", "proxy.h5")
    try Self.train(place, Self.policy, "parts.h5", "--predictor", "proxy.h5", "--epochs", "1")
    try Self.train(place, Self.policy, "parts.h5", "--predictor", "proxy.h5", "--resume")
    func propose(_ output: String, _ more: String...) throws -> [Blueprint] {
      let outcome = try place.run("propose", ["--count", "30", "--seed", "2", "--output", output] + more)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try BlueprintsFile.read(place.path(output)).blueprints
    }
    let whole = try propose("b.h5", "--model", "gfn.h5")
    #expect(try propose("parts-b.h5", "--model", "parts.h5", "--threads", "1") == whole)
    let shards = try (0..<2).flatMap { try propose("s\($0).h5", "--model", "gfn.h5", "--shard", "\($0)/2") }
    #expect(shards == whole)
    for blueprint in whole {
      let (group, formula) = (try #require(blueprint.spaceGroup), try #require(blueprint.composition?.formula))
      #expect(CompositionCompatibility(SpaceGroup.numbered(group)).isCompatible(formula.counts))
      #expect(formula.elements.count == 2 && Electroneutrality.pauling.allows(formula), "\(formula) is not neutral")
      let lattice = try #require(blueprint.lattice)
      #expect(lattice.lattice.isUsable && lattice == lattice.constrained(to: group))
    }
    #expect(
      try propose("f.h5", "--model", "gfn.h5", "--elements", "Na,Cl,F", "--require", "Na").allSatisfy {
        Set($0.composition?.formula.elements ?? []).isSubset(of: [9, 11, 17])
          && $0.composition?.formula.elements.contains(11) == true
      })

    let filled = try propose("sites.h5", "--model", "gfn.h5", "--skeletons", "skeletons.h5")
    #expect(!filled.isEmpty && filled.allSatisfy { $0.isComplete && $0.lattice != nil })
    try Self.train(place, Workplace.model, "model.h5")
    for (flags, keeps) in [([], true), (["--free-lattice"], false)] {
      let sampled = try place.run(
        "sample", ["--model", "model.h5", "--blueprints", "sites.h5", "--steps", "3", "--output", "samples.h5"] + flags)
      #expect(sampled.status == 0, "\(sampled.errors)")
      let units = try Artifact.open(place.path("samples.h5")).units()
      let same = zip(units, filled).count { unit, blueprint in
        zip(unit.latticeLogMetric.k, blueprint.lattice?.k ?? []).allSatisfy { abs($0 - $1) < 1e-4 }
      }
      #expect(keeps ? same == units.count : same < units.count)
    }
    #expect(try place.run("reconstruct", ["--samples", "samples.h5", "--output", "crystals.h5"]).status == 0)
  }

  @Test("skeletons are tuned to a reward, and go on")
  func tuned() throws {
    let place = try Self.place()
    defer { place.remove() }
    let yaml = """
      method: tuned-skeletons
      reward: exp(-2 * energy)
      network: {width: 16, layers: 1, heads: 2, embedding: 8}
      trajectories: {epoch: 64}
      training: {batch: 16, epochs: 2, schedule: plateau}
      """
    let flags = ["--predictor", "energy.h5", "--initial", "skeletons.h5"]
    for (output, more) in [
      ("whole.h5", flags), ("parts.h5", flags + ["--epochs", "1"]), ("parts.h5", ["--predictor", "energy.h5", "--resume"]),
    ] {
      let outcome = try Self.run(place, yaml, output, more)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    var drawn: [[Blueprint]] = []
    for model in ["whole.h5", "parts.h5"] {
      let outcome = try place.run("propose", ["--model", model, "--count", "20", "--output", "b.h5"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      drawn.append(try BlueprintsFile.read(place.path("b.h5")).blueprints)
    }
    #expect(drawn[0] == drawn[1] && drawn[0].allSatisfy(\.isComplete))
  }

  @Test("what cannot be is said")
  func refused() throws {
    let place = try Self.place()
    defer { place.remove() }
    func complaint(_ yaml: String, _ more: String...) throws -> String {
      let outcome = try Self.run(place, yaml, "gfn.h5", more)
      #expect(outcome.status != 0 && outcome.status < 100)
      return outcome.errors
    }
    func changed(_ old: String, _ new: String) -> String { Self.policy.replacingOccurrences(of: old, with: new) }
    #expect(try complaint(Self.policy).contains("the reward asks for energy, which no --predictor says"))
    #expect(try complaint(Self.policy, "--predictor", "energy.h5").contains("Wyckoff positions"))
    #expect(try complaint(Self.skeletons, "--predictor", "proxy.h5").contains("for a method with a reward"))
    #expect(
      try complaint(changed("exp(-2 * energy)", "exp(-2 * energy"), "--predictor", "proxy.h5").contains("a closing parenthesis")
    )
    #expect(try complaint(changed("exp(-2 * energy)", "0 * energy"), "--predictor", "proxy.h5").contains("no positive number"))
    let salts = changed("space: {", "space: {elements: [Li, K], ")
    #expect(
      try complaint(salts, "--predictor", "proxy.h5").contains(
        "no composition in any group"))
    #expect(try complaint(changed("space: {", "space: {elements: [Xx], "), "--predictor", "proxy.h5").contains("'Xx'"))
    #expect(
      try complaint(Self.policy, "--predictor", "proxy.h5", "--hull", "nothing.csv").contains(
        "--hull needs a --predictor of formation_energy_per_atom"))
    // Another predictor is another run.
    try Self.train(place, Self.policy, "gfn.h5", "--predictor", "proxy.h5", "--epochs", "1")
    try Self.train(place, Self.proxy.replacingOccurrences(of: "INPUT", with: "composition"), "other.h5", "--seed", "9")
    #expect(try complaint(Self.policy, "--predictor", "other.h5", "--resume").contains("another predictor than 'other.h5'"))

    func refused(_ arguments: String...) throws -> String {
      let outcome = try place.run("propose", ["--count", "3", "--output", "b.h5"] + arguments)
      #expect(outcome.status != 0 && outcome.status < 100)
      return outcome.errors
    }
    #expect(try refused("--model", "gfn.h5", "--composition", "NaCl").contains("says compositions itself"))
    #expect(try refused("--model", "gfn.h5", "--elements", "K,Rb").contains("no composition in these groups"))
    #expect(try refused("--model", "gfn.h5", "--require", "U").contains("does not know U"))
    #expect(try refused("--model", "skeletons.h5", "--skeletons", "skeletons.h5").contains("says the sites itself"))
    #expect(try refused("--model", "gfn.h5", "--skeletons", "gfn.h5").contains("no model of skeletons"))
    let outcome = try place.run(
      "sample", ["--model", "skeletons.h5", "--count", "1", "--output", "s.h5", "--free-lattice"])
    #expect(outcome.errors.contains("--free-lattice needs --blueprints"))
  }
}
