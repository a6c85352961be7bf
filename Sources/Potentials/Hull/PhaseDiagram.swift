import Crystals

/// The phases of a chemical system, which of them are on its hull, and which of those are stable beside each other.
public struct PhaseDiagram: Sendable {
  /// A phase of the hull's table.
  public struct Phase: Sendable {
    /// Elements in the order of chemists: `LiFeO2`.
    public let formula: String
    /// Shares of the system's elements, in their order; they add up to 1.
    public let fractions: [Double]
    /// eV/atom
    public let formationEnergy: Double
    /// eV/atom; 0 on the hull.
    public let energyAboveHull: Double

    /// Whether it is on the hull.
    public var isStable: Bool { energyAboveHull < PhaseDiagram.tolerance }
  }

  /// Atomic numbers, rising.
  public let elements: [Int]
  /// All that the elements can make, the lowest of each composition.
  public let phases: [Phase]
  /// Pairs of phases on the hull, by their places in `phases`, between which no mixture of others is lower.
  public let tieLines: [(Int, Int)]

  /// eV/atom: what rounding leaves of an energy above the hull.
  static let tolerance = 1e-7
}

extension ConvexHull {
  /// The phase diagram of a few elements.
  ///
  /// Two phases of the hull are joined where the hull's energy half way between them is the mean of theirs: the hull is convex, so
  /// that it then is the straight line between them. Where more phases than a simplex has corners lie in one plane, all their pairs are
  /// joined.
  ///
  /// - Throws: `HullError` where the hull has no phase of an element.
  public func phaseDiagram(of elements: [Int]) throws(HullError) -> PhaseDiagram {
    let elements = Set(elements).sorted()
    let places = systems.phases(within: elements)
    var found: [PhaseDiagram.Phase] = []
    for z in elements where !places.contains(where: { phases[$0].fractions.map { Int($0.atomicNumber) } == [z] }) {
      throw .missingElement(atomicNumber: z)
    }
    for place in places {
      let phase = phases[place]
      let own = systems.phases(within: phase.fractions.map { Int($0.atomicNumber) })
      let above = try position(of: phase, among: own).energyAboveHull
      found.append(
        PhaseDiagram.Phase(
          formula: (try? Formula(phase.formula))?.conventional.description ?? phase.formula,
          fractions: elements.map { z in phase.fractions.first { Int($0.atomicNumber) == z }?.fraction ?? 0 },
          formationEnergy: phase.formationEnergy, energyAboveHull: max(0, above)))
    }
    return PhaseDiagram(elements: elements, phases: found, tieLines: try tieLines(elements, places, found))
  }

  private func tieLines(
    _ elements: [Int], _ places: [Int], _ found: [PhaseDiagram.Phase]
  ) throws(HullError) -> [(Int, Int)] {
    let stable = found.indices.filter { found[$0].isStable }
    var lines: [(Int, Int)] = []
    for (k, i) in stable.enumerated() {
      for j in stable[(k + 1)...] {
        let (a, b) = (found[i], found[j])
        var amounts: [(z: UInt8, amount: Double)] = []
        for (e, z) in elements.enumerated() where a.fractions[e] + b.fractions[e] > 0 {
          amounts.append((UInt8(z), a.fractions[e] + b.fractions[e]))
        }
        let middle = Phase(amounts: amounts, formationEnergy: 0.5 * (a.formationEnergy + b.formationEnergy))
        let own = Set(middle.fractions.map(\.atomicNumber))
        let others = stable.filter { s in phases[places[s]].fractions.allSatisfy { own.contains($0.atomicNumber) } }
        guard try position(of: middle, among: others.map { places[$0] }).energyAboveHull < PhaseDiagram.tolerance,
          !others.contains(where: { $0 != i && $0 != j && found[$0].isBetween(a, b) })
        else { continue }
        lines.append((i, j))
      }
    }
    return lines
  }
}

extension PhaseDiagram.Phase {
  /// Whether its composition is a mixture of two others'.
  fileprivate func isBetween(_ a: Self, _ b: Self) -> Bool {
    func step(_ k: Int) -> Double { b.fractions[k] - a.fractions[k] }
    let axis = fractions.indices.max { abs(step($0)) < abs(step($1)) } ?? 0
    guard abs(step(axis)) > 1e-9 else { return false }
    let share = (fractions[axis] - a.fractions[axis]) / step(axis)
    guard share > 1e-9, share < 1 - 1e-9 else { return false }
    return fractions.indices.allSatisfy { abs(a.fractions[$0] + share * step($0) - fractions[$0]) < 1e-6 }
  }
}
