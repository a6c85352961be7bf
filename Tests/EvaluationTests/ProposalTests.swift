import Crystals
import Foundation
import Testing

@testable import Evaluation
@testable import Reports

/// Figures of proposals, and their page.
@Suite("Proposals") struct ProposalTests {
  private static func crystal(
    _ formula: String, _ group: Int, _ cell: (Vector3, Vector3), _ predicted: Double?, relaxed: Double? = nil,
    isNeutral: Bool = true
  ) throws -> ProposedCrystal {
    var crystal = ProposedCrystal(
      spaceGroup: group, formula: try Formula(formula), lattice: LatticeLogMetric(Lattice(lengths: cell.0, angles: cell.1)),
      predicted: predicted, isNeutral: isNeutral, isNeutralInOneState: true)
    crystal.relaxed = relaxed
    return crystal
  }

  private static func cube(_ a: Double) -> (Vector3, Vector3) { (Vector3(repeating: a), Vector3(repeating: 90)) }

  /// Two salts of one formula, an oxide, and what space group 225 has neither places nor a cell for.
  static func proposals() throws -> ProposalSet {
    ProposalSet(
      name: "small <model>",
      crystals: [
        try crystal("Na4Cl4", 225, cube(5.6), -2.1, relaxed: -2),
        try crystal("NaCl", 221, cube(3.5), -1),
        try crystal("Fe2O3", 1, (Vector3(5, 6, 7), Vector3(80, 95, 100)), -2.5, relaxed: -2.2),
        try crystal("Mg3O3", 225, (Vector3(4, 4, 5), Vector3(repeating: 90)), nil, isNeutral: false),
      ])
  }

  static func summary(_ sets: [ProposalSet]) throws -> ProposalSummary {
    var known = try crystal("MgO", 221, cube(3), -3)
    known.known = -2.75
    return ProposalSummary(
      of: sets, reference: ProposalSet(name: "r", crystals: [known, try crystal("Cu4", 225, cube(3.6), -0.1)]),
      training: ProposalSet(name: "r", crystals: [try crystal("Fe2O3", 167, cube(5), nil)]),
      .init(
        property: "formation_energy_per_atom", unit: "eV/atom", predictor: "proxy.h5", reference: "r.h5", part: "validation",
        potential: "chgnet"))
  }

  @Test("figures of a few crystals are those by hand")
  func figures() throws {
    let summary = try Self.summary([try Self.proposals()])
    func value(_ name: String, of column: Int = 0) throws -> Double? {
      let figure = try #require(summary.figure(name), "\(name)")
      #expect(figure.values.count == 2 && !figure.meaning.isEmpty)
      return figure.values[column].value
    }
    let expected: [(String, Double)] = [
      ("crystals", 4), ("predicted", 0.75), ("median", -2.1), ("percentile_5", -2.46), ("percentile_95", -1.11),
      ("mean", -5.6 / 3), ("below_-2", 2.0 / 3), ("elements", 5), ("lowest_elements", 4), ("groups", 3), ("lowest_groups", 3),
      ("systems", 2), ("lowest_systems", 2), ("symmetries", 2), ("lowest_symmetries", 2), ("compositions", 3),
      ("repeated", 0.25), ("neutral", 0.75), ("neutral_one_state", 1), ("possible", 0.75), ("lattice", 0.75), ("relaxed", 0.5),
      ("relaxed_median", -2.1), ("relaxed_predicted_median", -2.3), ("gap_median", 0.2), ("gap_absolute", 0.2),
      ("relaxed_below_-2", 0.5), ("relaxed_predicted_below_-2", 1),
    ]
    for (name, number) in expected {
      let found = try #require(try value(name), "\(name)")
      #expect(abs(found - number) < 1e-12, "\(name): \(found)")
    }
    #expect(summary.figures.count == expected.count)
    #expect(try value("crystals", of: 1) == 2 && value("possible", of: 1) == 1 && value("gap_median", of: 1) == nil)
    #expect(summary.settings.error == 0.25)
    #expect(summary.figure("groups")?.values[0].total == 230 && summary.figure("lowest_systems")?.values[0].total == 8)
  }

  @Test("distributions of a few crystals are those by hand")
  func distributions() throws {
    let summary = try Self.summary([try Self.proposals()])
    func shares(_ name: String, _ category: String) throws -> [Double] {
      let distribution = try #require(summary.distribution(name), "\(name)")
      let place = try #require(distribution.categories.firstIndex(of: category), "\(category)")
      return [distribution.files[0][place], distribution.reference[place], distribution.training[place]]
    }
    #expect(try shares("element", "O") == [6.0 / 21, 1.0 / 6, 0.6])
    #expect(try shares("element_crystals", "O") == [0.5, 0.5, 1])
    #expect(try shares("space_group", "225") == [0.5, 0.5, 0])
    #expect(try shares("crystal_lattice_system", "trigonal, rhombohedral") == [0, 0, 1])
    #expect(try shares("point_symmetry", "enantiomorphic, polar") == [0.25, 0, 0])
    let energies = try #require(summary.distribution("formation_energy_per_atom"))
    #expect(abs(energies.files[0].reduce(0, +) - 1) < 1e-12 && energies.medians == [-2.1])
    // One crystal is triclinic, none of the reference.
    let alpha = try #require(summary.distribution("alpha"))
    #expect(alpha.files[0] == [1] && alpha.reference.isEmpty && alpha.edges[0] < 80 && alpha.edges[1] > 80)
    let occurrence = summary.occurrence
    func together(_ a: Int, _ b: Int) throws -> Double {
      let (i, j) = (try #require(occurrence.elements.firstIndex(of: a)), try #require(occurrence.elements.firstIndex(of: b)))
      return occurrence.files[0][i * occurrence.elements.count + j]
    }
    #expect(try together(11, 17) == 0.5 && together(17, 11) == 0.5 && together(8, 26) == 0.25 && together(8, 11) == 0)
    #expect(try together(8, 8) == 0.5)
  }

  @Test("the page holds its figures, one set or several, whole or empty, and no number that is none")
  func page() throws {
    let full = try Self.proposals()
    var bare = full
    bare.crystals = full.crystals.map { crystal in
      var crystal = crystal
      (crystal.predicted, crystal.relaxed) = (nil, nil)
      return crystal
    }
    var wild = full
    wild.crystals[0].lattice = LatticeLogMetric(k: [0, 0, 0, 0, 0, 300])
    for (sets, count) in [([full], 18), ([full, bare], 22), ([bare], 16), ([wild, bare, full, full, full], 34)] {
      let page = ProposalPage(title: "Proposals & more", summary: try Self.summary(sets))
      let html = page.html
      for figure in page.figures { #expect(html.contains(figure.svg), "\(figure.name)") }
      #expect(Set(page.figures.map(\.name)).count == count, "\(page.figures.map(\.name))")
      #expect(html.contains("small &lt;model&gt;") && !html.contains("<model>") && html.contains("Proposals &amp; more"))
      #expect(!html.contains("NaN") && !html.contains("nan<") && !html.contains("inf") && !html.contains("Optional"))
      #expect(html.replacing("http://www.w3.org/2000/svg", with: "").components(separatedBy: "://").count == 1)
      #expect(html.contains("which knows group, composition and cell, and no atoms"))
    }
    let html = ProposalPage(title: "t", summary: try Self.summary([full])).html
    #expect(html.contains("0.250 eV/atom off in the mean") && html.contains("see After relaxation"))
    #expect(html.contains("<td>66.7 % <small>2/3</small></td>") && html.contains("<td>3 <small>of 230</small></td>"))
    #expect(html.contains("<td>-2.10</td>") && html.contains("<td>median, eV/atom<span"))
  }
}
