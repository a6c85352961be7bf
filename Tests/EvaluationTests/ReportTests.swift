import Crystals
import Foundation
import TestSupport
import Testing

@testable import Evaluation
@testable import Reports

@Suite("Report") struct ReportTests {
  static func run(_ name: String, crystals: [Crystal], sampled: Int) throws -> ReportRun {
    let generated = crystals.enumerated().map { index, crystal in
      GeneratedCrystal(
        crystal, askedSpaceGroup: crystal.spaceGroup, energyAboveHull: Double(index % 9) * 0.03 - 0.02)
    }
    let summary = try MetricsSummary.judge(
      MetricsInput(
        name: name, sampled: sampled,
        drops: [("overlapping", "sites overlap", sampled - crystals.count)], crystals: generated,
        reference: ReferenceSet(
          name: "minerals", train: Array(crystals.prefix(20)), test: Array(crystals.suffix(40))),
        cost: Cost(stages: [
          StageTime(stage: "train", seconds: 118), StageTime(stage: "sample", seconds: 14.2),
          StageTime(stage: "relax", seconds: 41),
        ]))
    ).summary
    let steps = (0..<100).map(Double.init)
    return ReportRun(
      summary: summary,
      history: TrainingHistory(
        axis: "epoch",
        curves: [
          .init(name: "loss", x: steps, y: steps.map { 90 / ($0 + 1) + 1 }),
          .init(name: "coordinates", x: steps, y: steps.map { 0.5 - $0 / 300 }),
        ]),
      gallery: crystals.prefix(12).enumerated().map { index, crystal in
        GalleryCrystal(
          identifier: "\(index)", crystal: crystal, spaceGroup: crystal.spaceGroup,
          energyAboveHull: 0.01 * Double(index), remark: "unique, novel",
          cif: "data_\(index)\n_cell_length_a '1' # 100 %\n")
      })
  }

  @Test("the page holds every figure, crystal and number, and refers to nothing outside")
  func page() throws {
    let crystals = try MetricsTests.crystals()
    let run = try Self.run("small <model>", crystals: Array(crystals.prefix(100)), sampled: 120)
    let report = Report(
      title: "Frieze & minerals", runs: [run],
      published: [
        PublishedResult(name: "Paper", source: "Table 2", values: ["valid": 0.8512]),
        PublishedResult(name: "Other", source: "Table 3", values: ["density_distance": 0.5]),
      ])
    let page = report.html
    for figure in report.figures { #expect(page.contains(figure.svg), "\(figure.name)") }
    #expect(report.figures.map(\.name).contains("space_group-0"))
    #expect(report.figures.map(\.name).contains("training-loss"))
    #expect(report.figures.count == 14)
    #expect(page.contains("small &lt;model&gt;") && !page.contains("small <model>"))
    #expect(page.contains("Frieze &amp; minerals"))
    #expect(page.contains("<td class=\"published\">85.1 %</td>"))
    // A method stands in the parts that it has numbers of, and a distance beside its floor.
    for name in ["Paper", "Other"] {
      #expect(page.components(separatedBy: "<tr><td class=\"published\">\(name)</td>").count == 2)
    }
    #expect(page.contains("<h3>Validity and coverage</h3>") && page.contains("<h3>Distances to the reference, templates</h3>"))
    let floor = try #require(run.summary.figure("density_distance_floor"))
    #expect(page.components(separatedBy: "<small>\(ReportTable.floorText(floor))</small>").count == 3)
    #expect(!page.contains("floor (training crystals)"))
    #expect(page.contains("data:chemical/x-cif;charset=utf-8,data_3%0A_cell_length_a%20%271%27%20%23%20100%20%25%0A"))
    #expect(page.components(separatedBy: "<canvas").count == 13)
    // Addresses in the page are data: or the name of the SVG format.
    let outside = page.replacing("http://www.w3.org/2000/svg", with: "").components(separatedBy: "://")
    #expect(outside.count == 1)
  }

  @Test("runs of models with different numbers of network calls become curves, and say their calls")
  func calls() throws {
    let crystals = try MetricsTests.crystals()
    func run(_ name: String, calls: Double) throws -> ReportRun {
      var run = try Self.run(name, crystals: Array(crystals.prefix(60)), sampled: 70)
      var figure = run.summary.figures[0]
      (figure.name, figure.value) = ("network_calls", calls)
      run.summary.figures.append(figure)
      return run
    }
    let report = Report(
      title: "Calls", runs: [try run("flow", calls: 21), try run("flow", calls: 101), try run("diffusion", calls: 20)])
    let stable = try #require(report.figures.first { $0.name == "calls-stable_0.0" }?.svg)
    #expect(stable.contains("flow, 101 calls") && stable.contains("diffusion, 20 calls"))
    #expect(stable.contains("--run-1") && !stable.contains("--run-2"))
    #expect(report.html.contains("<th>flow, 21 calls</th>"))
    #expect(!report.figures.contains { $0.name.hasPrefix("funnel") })
    // One number of calls: runs side by side as ever.
    let plain = Report(title: "One", runs: [try run("flow", calls: 21), try run("diffusion", calls: 21)])
    #expect(!plain.figures.contains { $0.name.hasPrefix("calls") } && plain.html.contains("<th>flow</th>"))
  }

  @Test("scenes are JSON with the copies of atoms on faces")
  func scenes() throws {
    struct Scene: Decodable { var cell: [[Double]] }
    let cube = Lattice(lengths: Vector3(repeating: 4), angles: Vector3(repeating: 90))
    let item = GalleryCrystal(
      identifier: "a",
      crystal: Crystal(
        lattice: cube, atomicNumbers: [55, 17],
        fractionalCoordinates: [.zero, Vector3(repeating: 0.5)]), spaceGroup: 221, cif: "")
    let scene = try JSONDecoder().decode(Scene.self, from: Data(item.scene.utf8))
    #expect(scene.cell == [[4, 0, 0], [0, 4, 0], [0, 0, 4]])
    #expect(item.scene.components(separatedBy: ElementColor.of(55)).count == 9)
    #expect(item.scene.components(separatedBy: ElementColor.of(17)).count == 2)
    #expect(item.formulaMarkup == "CsCl")
    var oxide = item
    oxide.crystal.atomicNumbers = [8, 8]
    oxide.crystal.append(contentsOf: 26)
    #expect(oxide.formulaMarkup == "FeO<sub>2</sub>")
    oxide.remark = "hull: 0.333 Fe2O3 + 0.667 <O>, known as mp-20, 2 times"
    #expect(oxide.remarkMarkup == "hull: 0.333 Fe<sub>2</sub>O<sub>3</sub> + 0.667 &lt;O&gt;, known as mp-20, 2 times")
    #expect(item.scene.contains("\"Cs\"]") && item.card(scene: 7).contains("id=\"crystal-7\""))
  }

  @Test("a page comes out of a run with nothing in it, and of no run at all")
  func empty() throws {
    let summary = try MetricsSummary.judge(
      MetricsInput(
        name: "none", sampled: 0, crystals: [], reference: ReferenceSet(name: "r", train: []))
    ).summary
    let page = Report(title: "t", runs: [ReportRun(summary: summary)]).html
    #expect(page.contains("There are no crystals to judge."))
    #expect(page.contains("The reference is empty: no distances, no novelty."))
    #expect(!page.contains("nan") && !page.contains("inf<"))
    #expect(Report(title: "t", runs: []).html.contains("There are no runs to report."))
  }

  @Test("runs stand side by side in their own colours")
  func sideBySide() throws {
    let crystals = try MetricsTests.crystals()
    let report = Report(
      title: "Two",
      runs: [
        try Self.run("first", crystals: Array(crystals.prefix(60)), sampled: 70),
        try Self.run("second", crystals: Array(crystals.suffix(70)), sampled: 90),
      ])
    let names = report.figures.map(\.name)
    #expect(names.contains("space_group-0") && names.contains("space_group-1"))
    let density = try #require(report.figures.first { $0.name == "density" }?.svg)
    #expect(density.contains("--run-0") && density.contains("--run-1"))
    #expect(report.html.contains("<th>first</th><th>second</th>"))
  }

  @Test("the papers' rows name figures that a judgement has", arguments: ["mp20", "perov5", "mpts52"])
  func publishedRows(dataset: String) throws {
    let crystals = Array(try MetricsTests.crystals().prefix(6))
    let template = try #require(Template(AsymmetricUnit.standardize(crystals[0], symprec: 0.1).unit))
    let names = Set(
      try MetricsSummary.judge(
        MetricsInput(
          name: "n", sampled: 6, crystals: crystals.map { GeneratedCrystal($0, energyAboveHull: -1) },
          reference: ReferenceSet(name: "r", train: [crystals[0]], test: crystals, trainTemplates: [template]),
          cost: Cost(stages: [StageTime(stage: "sample", seconds: 1)]))
      ).summary.figures.map(\.name))
    let data = try Data(contentsOf: Checkout.root.appending(path: "Pipelines/published/\(dataset).json"))
    let rows = try JSONDecoder().decode([PublishedResult].self, from: data)
    #expect(rows.count >= 3)
    for row in rows {
      #expect(row.source.contains("table") && row.data != nil && !row.values.isEmpty)
      for (name, value) in row.values { #expect(names.contains(name) && value > 0, "\(row.name): \(name)") }
      for name in ["stable_0.0", "sun_0.0", "structure_valid"] { #expect(row.values[name] ?? 0 <= 1, "\(row.name)") }
    }
  }

  @Test("numbers are written for readers")
  func numbers() {
    #expect(readable(0) == "0")
    #expect(readable(1234.6) == "1235")
    #expect(readable(12.345) == "12.3")
    #expect(readable(0.0123) == "0.0123")
    #expect(readable(2) == "2")
    #expect(readable(.nan) == "–")
    #expect(percent(0.8512, 1) == "85.1 %")
    #expect(Scale(0...1, from: 0, to: 100).ticks(2) == [0, 0.5, 1])
  }
}

extension Crystal {
  fileprivate mutating func append(contentsOf atomicNumber: UInt8) {
    atomicNumbers.append(atomicNumber)
    fractionalCoordinates.append(Vector3(0.25, 0.25, 0.25))
    orbit.append(Int32(orbit.count))
  }
}
