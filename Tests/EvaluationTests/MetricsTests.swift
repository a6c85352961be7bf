import Crystals
import Foundation
import Testing

@testable import Evaluation

@Suite("Metrics") struct MetricsTests {
  /// The 150 real crystals of the references, classified at 0.1 angstrom.
  static func crystals() throws -> [Crystal] {
    try ReferenceCrystal.records("Judgement/validity.json").prefix(150).map { record in
      var crystal = record.crystal
      crystal.spaceGroup = SymmetrySearch.spaceGroupNumber(crystal, symprec: 0.1) ?? 0
      return crystal
    }
  }

  /// The same crystal in another cell: atoms in reverse order, origin moved, basis sheared.
  private func disguised(_ crystal: Crystal) -> Crystal {
    let shear = Matrix3(Vector3(1, 1, 0), Vector3(0, 1, -1), Vector3(0, 0, 1))
    return Crystal(
      lattice: Lattice(vectors: shear * crystal.lattice.vectors),
      atomicNumbers: crystal.atomicNumbers.reversed(),
      fractionalCoordinates: crystal.fractionalCoordinates.reversed().map {
        (($0 + Vector3(0.31, 0.17, 0.77)) * shear.inverse).wrapped
      })
  }

  @Test("a set judged against itself: nothing novel, all distances zero")
  func selfReference() throws {
    let crystals = try Self.crystals()
    let templates = Set(
      crystals.compactMap { crystal in
        (try? AsymmetricUnit.standardize(crystal, symprec: 0.1)).flatMap { Template($0.unit) }
      })
    let input = MetricsInput(
      name: "itself", sampled: 150, crystals: crystals.map { GeneratedCrystal(disguised($0)) },
      reference: ReferenceSet(name: "r", train: crystals, test: crystals, trainTemplates: templates))
    let judgement = try MetricsSummary.judge(input)
    let (summary, results) = (judgement.summary, judgement.results)
    #expect(summary.figure("novel")?.value == 0)
    #expect(summary.figure("structure_valid")?.value == 1)
    #expect(summary.figure("composition_valid")?.count == 132)
    #expect(summary.figure("leakage")?.value == 1)
    #expect(summary.figure("coverage_recall")?.value == 1)
    #expect(summary.figure("coverage_precision")?.value == 1)
    #expect(try #require(summary.figure("space_group_distance")?.value) < 0.05)
    #expect(try #require(summary.figure("density_distance")?.value) < 0.3)
    // 18 of the 150 are not valid, and distances are those of the valid ones.
    #expect(try #require(summary.figure("atoms_distance")?.value) < 1)
    #expect(results.count == 150)
    let density = zip(results.density, crystals).allSatisfy { abs($0 - $1.density) < 1e-9 }
    #expect(density)
  }

  @Test("valid crystals in other cells are no distance from themselves, by any measure, and further from half of them")
  func noDistance() throws {
    let valid = try Self.crystals().filter { Validity(of: $0).both }
    func distances(to test: [Crystal]) throws -> [String: Double] {
      let summary = try MetricsSummary.judge(
        MetricsInput(
          name: "valid", sampled: valid.count, crystals: valid.map { GeneratedCrystal(disguised($0)) },
          reference: ReferenceSet(name: "r", train: [], test: test))
      ).summary
      let figures = summary.figures.filter { $0.section == .distance }
      return Dictionary(uniqueKeysWithValues: figures.compactMap { figure in figure.value.map { (figure.name, $0) } })
    }
    let none = try distances(to: valid)
    #expect(Set(none.keys).isSuperset(of: ["space_group_distance", "density_distance", "atoms_distance", "elements_distance"]))
    for (name, value) in none { #expect(value < 1e-6, "\(name)") }
    let some = try distances(to: Array(valid.prefix(valid.count / 2)))
    for (name, value) in some where none[name] != nil { #expect(value > 1e-3, "\(name)") }
  }

  @Test("a crystal as it stands has a known template, one of another kind a new one")
  func templates() throws {
    let crystals = Array(try Self.crystals().prefix(30))
    let templates = try crystals.prefix(20).map { crystal in
      try #require(Template(AsymmetricUnit.standardize(crystal, symprec: 0.1).unit))
    }
    let input = MetricsInput(
      name: "t", sampled: 30, crystals: crystals.map { GeneratedCrystal($0) },
      reference: ReferenceSet(
        name: "r", train: Array(crystals.prefix(20)), trainTemplates: Set(templates)))
    let judgement = try MetricsSummary.judge(input)
    let (summary, results) = (judgement.summary, judgement.results)
    #expect(results.templateInTrain.prefix(20).allSatisfy { $0 == true })
    #expect(try #require(summary.figure("template_in_train")?.value) < 1)
    let new = Set(results.templates.compactMap { $0 }).subtracting(templates).count
    #expect(summary.figure("templates_new")?.value == Double(new) && new > 0)
  }

  @Test("the funnel names every drop and its counts add up")
  func funnel() throws {
    let all = try Self.crystals()
    let valid = all.filter { Validity(of: $0).both }
    var generated = valid.prefix(40).map { GeneratedCrystal($0, isRelaxed: true) }
    generated.append(GeneratedCrystal(disguised(valid[3]), isRelaxed: true))
    generated.append(GeneratedCrystal(disguised(valid[4]), isRelaxed: true))
    generated[10].isRelaxed = false
    var squeezed = valid[7]
    squeezed.lattice.vectors = 0.1 * squeezed.lattice.vectors
    generated.append(GeneratedCrystal(squeezed, isRelaxed: true))
    let input = MetricsInput(
      name: "a", sampled: 60, drops: [("overlapping", "sites overlap", 12)], crystals: generated,
      reference: ReferenceSet(name: "r", train: Array(valid[20..<25])))
    let summary = try MetricsSummary.judge(input).summary
    let dropped = Dictionary(uniqueKeysWithValues: summary.funnel.map { ($0.name, $0.dropped) })
    #expect(
      dropped == [
        "overlapping": 12, "unaccounted": 5, "too_close": 1, "not_neutral": 0, "not_relaxed": 1,
        "not_unique": 2, "not_novel": 5,
      ])
    #expect(summary.funnel.last?.kept == 60 - 26)
    // The squeezed crystal matches its original: volumes are scaled.
    #expect(summary.figure("unique")?.count == 40)
    #expect(summary.figure("unique")?.total == 60)
    #expect(summary.figure("unique_novel")?.count == 35)
    #expect(summary.reference.comparedWith == "train")
  }

  @Test("energies give stable and S.U.N. shares, and NaN is not stable")
  func energies() throws {
    let crystals = Array(try Self.crystals().prefix(5))
    let energies: [Double?] = [-0.01, 0.05, .nan, nil, 0.4]
    let input = MetricsInput(
      name: "e", sampled: 10,
      crystals: zip(crystals, energies).map { GeneratedCrystal($0, energyAboveHull: $1) },
      reference: ReferenceSet(name: "r", train: [crystals[1]]))
    let summary = try MetricsSummary.judge(input).summary
    #expect(summary.figure("stable_0.0")?.value == 0.1)
    #expect(summary.figure("stable_0.1")?.value == 0.2)
    #expect(summary.figure("sun_0.1")?.count == 1)
    #expect(abs((summary.figure("energy_above_hull")?.value ?? 0) - 0.44 / 3) < 1e-12)
    #expect(
      summary.notes.contains(
        "2 of 5 crystals have no energy above the hull and count as not stable."))
    #expect(summary.distribution("energy_above_hull")?.generated.reduce(0, +) == 1)
  }

  @Test("what is asked for is compared with what spglib finds")
  func spaceGroups() throws {
    let crystals = Array(try Self.crystals().prefix(20))
    var generated = crystals.map { GeneratedCrystal($0, askedSpaceGroup: $0.spaceGroup) }
    generated[0].askedSpaceGroup = crystals[0].spaceGroup == 2 ? 3 : 2
    generated[1].askedSpaceGroup = nil
    let summary = try MetricsSummary.judge(
      MetricsInput(
        name: "s", sampled: 20, crystals: generated,
        reference: ReferenceSet(name: "r", train: crystals))
    ).summary
    #expect(summary.figure("space_group_kept")?.count == 18)
    #expect(summary.figure("space_group_kept")?.total == 19)
  }

  @Test("nothing to judge, nothing to compare with, or a broken crystal: the rest still comes out")
  func missingParts() throws {
    let crystals = try Self.crystals()
    let empty = try MetricsSummary.judge(
      MetricsInput(
        name: "n", sampled: 0, crystals: [], reference: ReferenceSet(name: "r", train: crystals))
    ).summary
    #expect(empty.figure("valid")?.value == nil)
    #expect(empty.notes == ["There are no crystals to judge."])
    #expect(empty.funnel.allSatisfy { $0.dropped == 0 && $0.kept == 0 })

    var lost = crystals[0]
    lost.fractionalCoordinates[0].x = .nan
    var strange = crystals[1]
    strange.atomicNumbers[0] = 0
    let judgement = try MetricsSummary.judge(
      MetricsInput(
        name: "b", sampled: 1, drops: [("overlapping", "sites overlap", 2)],
        crystals: [lost, strange, crystals[2]].map { GeneratedCrystal($0) },
        reference: ReferenceSet(name: "none", train: []),
        cost: Cost(stages: [StageTime(stage: "sample", seconds: 10), StageTime(stage: "relax", seconds: .nan)])))
    let (summary, results) = (judgement.summary, judgement.results)
    #expect(summary.sampled == 5)
    #expect(summary.figure("seconds_per_sample")?.value == 2)
    #expect(summary.notes.contains("How long the stage 'relax' took is not known."))
    #expect(summary.figure("valid")?.count == 1)
    #expect(summary.figure("novel") == nil)
    #expect(summary.figure("density_distance")?.value == nil)
    #expect(results.density[1].isNaN)
    #expect(results.measures.map { $0.structureFingerprint == nil } == [true, true, false])
    #expect(results.measures.map { $0.compositionFingerprint == nil } == [false, true, false])
    #expect(summary.notes.contains("The reference is empty: no distances, no novelty."))
    let text = try JSONEncoder().encode(summary)
    #expect(try JSONDecoder().decode(MetricsSummary.self, from: text) == summary)
  }

  @Test("every distribution adds up to one on both sides")
  func distributions() throws {
    let crystals = try Self.crystals()
    let summary = try MetricsSummary.judge(
      MetricsInput(
        name: "d", sampled: 50, crystals: crystals.prefix(50).map { GeneratedCrystal($0) },
        reference: ReferenceSet(name: "r", train: crystals))
    ).summary
    #expect(
      summary.distributions.map(\.name) == [
        "space_group", "crystal_system", "atoms", "density", "elements", "element",
        "volume_per_atom", "shortest_distance", "element_crystals",
      ])
    // A crystal has several elements.
    for distribution in summary.distributions where distribution.name != "element_crystals" {
      #expect(abs(distribution.generated.reduce(0, +) - 1) < 1e-9, "\(distribution.name)")
      #expect(abs(distribution.reference.reduce(0, +) - 1) < 1e-9, "\(distribution.name)")
      let bins = max(distribution.categories.count, distribution.edges.count - 1)
      #expect(distribution.generated.count == bins)
    }
  }
}
