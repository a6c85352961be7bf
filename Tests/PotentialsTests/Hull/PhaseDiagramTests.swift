import Crystals
import Testing

@testable import Potentials

@Suite("Phase diagrams") struct PhaseDiagramTests {
  /// Compounds of Li, Fe and O of the Materials Project, formation energies in eV/atom.
  static let compounds: [(String, Double)] = [
    ("FeLi7O6", -1.875768), ("FeLi3O4", -1.763432), ("FeLi2O3", -1.820169), ("FeLi2O2", -1.825343), ("FeLiO2", -1.94494),
    ("Fe5Li4O10", -1.810299), ("Fe4Li3O8", -1.781717), ("Fe2LiO4", -1.691851), ("Fe2LiO3", -1.763123), ("Fe2O3", -1.707096),
    ("Fe13O19", -1.391032), ("Fe5O7", -1.499977), ("Fe3O4", -1.629588), ("Fe4O5", -1.519243), ("Fe8O9", -1.486619),
    ("Fe9O10", -1.502102), ("LiO8", -0.421708), ("LiO", -1.65017), ("Li2O", -2.061598),
  ]

  static func hull(_ compounds: [(String, Double)] = compounds, elements: [String] = ["Li", "Fe", "O"]) -> ConvexHull {
    ConvexHull(
      phases: (compounds + elements.map { ($0, 0) }).map { formula, energy in
        ConvexHull.Phase(
          amounts: HullTests.composition(formula).map { (UInt8($0.atomicNumber), Double($0.count)) }, formationEnergy: energy)
      })
  }

  static func ties(_ diagram: PhaseDiagram) -> Set<String> {
    Set(
      diagram.tieLines.map { a, b in [diagram.phases[a].formula, diagram.phases[b].formula].sorted().joined(separator: "|") })
  }

  @Test("stable phases and tie lines of Li-Fe-O are those of pymatgen")
  func ternary() throws {
    let diagram = try Self.hull().phaseDiagram(of: [26, 3, 8])
    #expect(diagram.elements == [3, 8, 26] && diagram.phases.count == 22)
    #expect(
      Set(diagram.phases.filter(\.isStable).map(\.formula)) == [
        "Fe", "Fe2O3", "Fe3O4", "Fe9O10", "Li", "Li2O", "LiO", "LiFeO2", "LiO8", "O",
      ])
    // pymatgen 2026.10.24, the edges of PhaseDiagram.facets.
    #expect(
      Self.ties(diagram) == [
        "Fe|Fe9O10", "Fe|Li", "Fe|Li2O", "Fe|LiFeO2", "Fe2O3|Fe3O4", "Fe2O3|LiFeO2", "Fe2O3|LiO8", "Fe2O3|O", "Fe3O4|Fe9O10",
        "Fe3O4|LiFeO2", "Fe9O10|LiFeO2", "Li|Li2O", "Li2O|LiO", "Li2O|LiFeO2", "LiFeO2|LiO", "LiO|LiO8", "LiFeO2|LiO8",
        "LiO8|O",
      ])
    let above = Dictionary(uniqueKeysWithValues: diagram.phases.map { ($0.formula, $0.energyAboveHull) })
    for (formula, energy) in [("Li2FeO3", 0.026514), ("Fe13O19", 0.299109), ("Fe8O9", 0.024232), ("Li2FeO2", 0.036598)] {
      #expect(abs((above[formula] ?? .nan) - energy) < 2e-6, "\(formula) \(above[formula] ?? .nan)")
    }
    for phase in diagram.phases { #expect(abs(phase.fractions.reduce(0, +) - 1) < 1e-12) }
  }

  @Test("a system of two elements is a line from one to the other; others of its phases have no part in it")
  func binary() throws {
    let diagram = try Self.hull().phaseDiagram(of: [26, 8])
    #expect(Self.ties(diagram) == ["Fe|Fe9O10", "Fe3O4|Fe9O10", "Fe2O3|Fe3O4", "Fe2O3|O"])
    #expect(diagram.phases.count == 9)
    // Without compounds the elements are joined.
    #expect(try Self.ties(Self.hull([]).phaseDiagram(of: [26, 3])) == ["Fe|Li"])
    #expect(throws: HullError.missingElement(atomicNumber: 17)) { try Self.hull().phaseDiagram(of: [26, 17]) }
  }

  @Test("no tie line passes over a phase, and phases in one plane are all joined")
  func degenerate() throws {
    // Exactly half way: on the line between its neighbours.
    let line = try Self.hull([("FeO", -1), ("Fe3O", -0.5)], elements: ["Fe", "O"]).phaseDiagram(of: [26, 8])
    #expect(Self.ties(line) == ["Fe|Fe3O", "Fe3O|FeO", "FeO|O"])
    // Four corners of a square in composition at the same height: both diagonals.
    let plane = try Self.hull([("Li2O", -1), ("LiO2", -1), ("Li2Fe", -1), ("LiFe2", -1), ("FeO2", -1), ("Fe2O", -1)])
      .phaseDiagram(of: [3, 26, 8])
    #expect(Self.ties(plane).isSuperset(of: ["Fe2O|LiO2", "FeO2|Li2O"]))
  }
}
