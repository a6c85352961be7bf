import Crystals
import Foundation
import Testing

@testable import Evaluation
@testable import Potentials
@testable import Reports

@Suite("Figures of the pages") struct PageFiguresTests {
  @Test("loss curves have both axes, and say which is training and which validation")
  func training() throws {
    let points = (1...50).map { (Double($0), 100 / Double($0)) }
    let figure = try #require(
      curveFigure(
        "coordinates", axis: "epoch",
        [
          TrainingCurve(run: 0, name: "", part: "training", points: points),
          TrainingCurve(run: 0, name: "", part: "validation", points: points.map { ($0.0, $0.1 + 1) }),
        ]))
    #expect(
      figure.svg.contains(">epoch</text>") && figure.svg.contains(">coordinates, mean a crystal (no unit, logarithmic)</text>"))
    #expect(figure.svg.contains(">training</text>") && figure.svg.contains(">validation</text>"))
    #expect(figure.svg.contains("coordinates, validation, at the end 3"))
    for tick in ["5", "10", "20", "50", "100"] { #expect(figure.svg.contains(">\(tick)</text>"), "\(tick)") }
    // Training is dashed, its curve and its place in the key.
    #expect(figure.svg.components(separatedBy: "stroke-dasharray").count == 3)
    #expect(logarithmicTicks(0.5...30) == [0.5, 1, 2, 5, 10, 20] && logarithmicTicks(1...1e5).count == 6)
    #expect(curveFigure("a", axis: "epoch", []) == nil)
  }

  @Test("elements stand where the periodic table has them")
  func table() {
    let places = [
      1: (0, 0), 2: (0, 17), 3: (1, 0), 5: (1, 12), 13: (2, 12), 18: (2, 17), 19: (3, 0), 26: (3, 7), 36: (3, 17), 55: (5, 0),
      57: (7, 2), 71: (7, 16), 72: (5, 3), 86: (5, 17), 88: (6, 1), 92: (8, 5), 104: (6, 3), 118: (6, 17),
    ]
    for (z, place) in places {
      let own = PeriodicTable.place(z)
      #expect(own.row == place.0 && own.column == place.1, "\(z): \(own)")
    }
    #expect(Set((1...118).map { PeriodicTable.place($0).row * 18 + PeriodicTable.place($0).column }).count == 118)
    let buttons = PeriodicTable.buttons([8: 3, 26: 1])
    #expect(buttons.contains("data-element=\"O\"") && buttons.contains("title=\"O: 3 crystals\""))
    #expect(buttons.contains("aria-label=\"Fe: 1 crystal\"") && !buttons.contains("data-element=\"Li\""))
  }

  @Test("the map of elements holds shares of generated and of training crystals")
  func elements() throws {
    let crystals = try MetricsTests.crystals()
    let own = Array(crystals.prefix(30))
    let summary = try ReportTests.run("run", crystals: own, sampled: 30).summary
    let shares = try #require(summary.distribution("element_crystals"))
    let oxygen = try #require(shares.categories.firstIndex(of: "O"))
    #expect(abs(shares.generated[oxygen] - Double(own.count { $0.atomicNumbers.contains(8) }) / 30) < 1e-12)
    let train = own.prefix(20)
    #expect(abs(shares.reference[oxygen] - Double(train.count { $0.atomicNumbers.contains(8) }) / 20) < 1e-12)
    let svg = elementMap(shares, run: 0).svg
    #expect(
      svg.contains(
        "O: in \(percent(shares.generated[oxygen], 2)) of generated, \(percent(shares.reference[oxygen], 2)) of training crystals"
      ))
  }

  private func plot(_ elements: [Int], _ compounds: [(String, [Double], Double)], _ points: [HullPlot.Point]) throws -> HullPlot
  {
    let phases =
      elements.map { ConvexHull.Phase(amounts: [(UInt8($0), 1)], formationEnergy: 0) }
      + compounds.map { _, amounts, energy in
        ConvexHull.Phase(amounts: zip(elements, amounts).filter { $0.1 > 0 }.map { (UInt8($0), $1) }, formationEnergy: energy)
      }
    return HullPlot(diagram: try ConvexHull(phases: phases).phaseDiagram(of: elements), crystals: points)
  }

  @Test("a hull of two elements is a line through its phases, crystals are points that lead to their pictures")
  func binaryHull() throws {
    let plot = try plot(
      [8, 26], [("Fe2O3", [3, 2], -1.7), ("FeO", [1, 1], -1)],
      [
        HullPlot.Point(
          card: 4, formula: "Fe3O4", name: "sample <7>", fractions: [4.0 / 7, 3.0 / 7], formationEnergy: -1.5,
          energyAboveHull: 0.0125)
      ])
    let svg = try #require(plot.figure?.svg)
    #expect(svg.contains("href=\"#crystal-4\"") && svg.contains("role=\"group\""))
    #expect(svg.contains("Fe₃O₄, sample &lt;7&gt;: formation energy -1.50 eV/atom, 0.0125 eV/atom above the hull"))
    #expect(svg.contains("Fe₂O₃: formation energy -1.70 eV/atom, on the hull") && svg.contains("--energy-1"))
    // O, Fe2O3 and Fe; FeO lies above the line from Fe2O3 to Fe.
    #expect(plot.diagram.tieLines.count == 2 && svg.contains("FeO: formation energy -1 eV/atom, known"))
    #expect(svg.contains(">formation energy (eV/atom)</text>") && svg.contains(">share of Fe among the atoms</text>"))
    var page = GalleryPage(title: "t", lead: "", crystals: [])
    #expect(!page.html.contains("Convex hulls"))
    (page.hulls, page.hullNote) = ([plot], "Energies are above mp.")
    #expect(page.html.contains("<option value=\"0\">Fe-O (1)</option>") && page.html.contains("Energies are above mp."))
    #expect(page.html.contains("id=\"term-tie_line\"") && page.html.contains("Fe₂O₃ -1.7"))
  }

  @Test("a hull of three elements is a triangle with tie lines, one mark a composition")
  func ternaryHull() throws {
    func point(_ card: Int, _ above: Double) -> HullPlot.Point {
      HullPlot.Point(
        card: card, formula: "LiFeO2", name: "\(card)", fractions: [0.25, 0.5, 0.25], formationEnergy: -1.9 + above,
        energyAboveHull: above)
    }
    let plot = try plot([3, 8, 26], [("LiFeO2", [1, 2, 1], -1.9)], [point(3, 0.2), point(1, 0.03)])
    let svg = try #require(plot.figure?.svg)
    #expect(plot.diagram.tieLines.count == 6 && plot.name == "Fe-Li-O")
    // The lowest stands for both.
    #expect(svg.contains("href=\"#crystal-1\"") && !svg.contains("href=\"#crystal-3\""))
    #expect(svg.contains("the lowest of 2 of this composition") && svg.contains("LiFeO₂"))
    #expect(HullPlot.ink(0).css.contains("energy-0") && HullPlot.ink(0.05).css.contains("energy-2"))
    #expect(HullPlot.ink(-0.1).css.contains("energy-0") && HullPlot.ink(0.3).css.contains("energy-4"))
  }
}
