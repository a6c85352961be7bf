import Crystals
import Potentials
public import Reports

/// Crystals of a page above the hulls of their chemical systems.
public struct HullPlots: Sendable {
  /// Those with the most crystals first.
  public let plots: [HullPlot]
  /// What the reader is to know of them, in sentences.
  public let note: String

  /// - Parameters:
  ///   - items: the crystals of the page, in their order; those without an energy have no place.
  ///   - hull: phases and energies of the elements.
  ///   - most: systems that are drawn.
  public init(of items: [RankedCrystals.Item], above hull: HullFile, most: Int = 40) {
    var points: [(elements: Set<Int>, point: HullPlot.Point, composition: [(atomicNumber: Int, count: Int)])] = []
    var others = 0
    for (place, item) in items.enumerated() {
      guard let energy = item.energy else { continue }
      let (crystal, composition) = (item.crystal, item.crystal.composition)
      let own = hull.place(crystal, energy: energy * Double(crystal.count))
      guard own.formationEnergy.isFinite, own.aboveHull.isFinite else { continue }
      if let ranked = item.energyAboveHull, abs(ranked - own.aboveHull) > 0.001 { others += 1 }
      points.append(
        (
          Set(composition.map(\.atomicNumber)),
          HullPlot.Point(
            card: place, formula: (try? Formula(crystal.reducedFormula))?.conventional.description ?? crystal.reducedFormula,
            name: item.id, fractions: [],
            formationEnergy: own.formationEnergy, energyAboveHull: own.aboveHull), composition
        ))
    }
    let systems = Set(points.map(\.elements)).filter { (2...3).contains($0.count) }.map { system in
      (
        elements: system.sorted(), name: ConvexHull.name(ofSystem: Array(system)),
        own: points.filter { $0.elements.isSubset(of: system) }
      )
    }.sorted { ($1.own.count, $0.name) < ($0.own.count, $1.name) }
    plots = systems.prefix(most).compactMap { system in
      guard let diagram = hull.phaseDiagram(of: system.elements) else { return nil }
      return HullPlot(
        diagram: diagram,
        crystals: system.own.map { _, point, composition in
          var point = point
          let atoms = Double(composition.reduce(0) { $0 + $1.count })
          point.fractions = system.elements.map { z in
            Double(composition.first { $0.atomicNumber == z }?.count ?? 0) / atoms
          }
          return point
        })
    }
    var words = ["Energies are above \(hull.name)."]
    if systems.count > most { words.append("Drawn are the \(most) of \(systems.count) systems with the most crystals.") }
    let many = points.count { $0.elements.count > 3 }
    if many > 0 { words.append("\(many) crystals of four elements or more are in no figure.") }
    if others > 0 { words.append("\(others) of them were ranked above another hull, so that numbers differ.") }
    note = words.joined(separator: " ")
  }
}
