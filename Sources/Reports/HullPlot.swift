import Crystals
import Foundation
public import Potentials

/// The convex hull of a chemical system of two or three elements with crystals of a page above it.
public struct HullPlot: Sendable {
  /// A crystal of the page.
  public struct Point: Sendable {
    /// Its place on the page, from 0.
    public var card: Int
    /// As chemists write it.
    public var formula: String
    /// The crystal's name.
    public var name: String
    /// Shares of the system's elements, in their order.
    public var fractions: [Double]
    /// eV/atom
    public var formationEnergy: Double
    /// eV/atom
    public var energyAboveHull: Double

    /// - Parameters:
    ///   - card: its place on the page, from 0.
    ///   - formula: as chemists write it.
    ///   - fractions: shares of the system's elements.
    ///   - formationEnergy: eV/atom.
    ///   - energyAboveHull: eV/atom.
    public init(
      card: Int, formula: String, name: String, fractions: [Double], formationEnergy: Double, energyAboveHull: Double
    ) {
      (self.card, self.formula, self.name, self.fractions) = (card, formula, name, fractions)
      (self.formationEnergy, self.energyAboveHull) = (formationEnergy, energyAboveHull)
    }

    var hint: String {
      let side = energyAboveHull < 0 ? "below" : "above"
      return "\(subscripted(formula)), \(name): formation energy \(readable(formationEnergy)) eV/atom, "
        + "\(readable(abs(energyAboveHull))) eV/atom \(side) the hull"
    }
  }

  /// The known phases.
  public var diagram: PhaseDiagram
  /// Crystals of the system and of its parts.
  public var crystals: [Point]

  /// Crystals above a diagram of two or three elements.
  public init(diagram: PhaseDiagram, crystals: [Point]) {
    (self.diagram, self.crystals) = (diagram, crystals)
  }

  /// `Fe-Li-O`
  public var name: String { ConvexHull.name(ofSystem: diagram.elements) }

  /// Bounds of the classes of energies above the hull, eV/atom; the last class has no upper one.
  static let bounds = [0, 0.03, 0.1, 0.2]

  static func ink(_ energyAboveHull: Double) -> SVGFigure.Ink {
    .energy(bounds.firstIndex { energyAboveHull <= $0 + 1e-9 } ?? bounds.count)
  }

  /// The figure; nil where the system has neither two nor three elements.
  var figure: SVGFigure? {
    switch diagram.elements.count {
    case 2: binary
    case 3: ternary
    default: nil
    }
  }

  /// The phases on the hull in words.
  var words: String {
    let stable = diagram.phases.filter(\.isStable).sorted {
      ($0.formationEnergy, $0.formula) < ($1.formationEnergy, $1.formula)
    }
    return stable.map { "\(subscripted($0.formula)) \(tickText($0.formationEnergy))" }.joined(separator: ", ")
  }
}

extension HullPlot {
  /// Formation energy over composition.
  private var binary: SVGFigure {
    var figure = SVGFigure(width: 700, height: 430, title: "Convex hull of \(name)")
    let stable = diagram.phases.filter(\.isStable)
    let lowest = min(0, (diagram.phases.map(\.formationEnergy) + crystals.map(\.formationEnergy)).min() ?? 0)
    // What lies far above would press all others together: it stands at the edge.
    let top = min(max(0.05, crystals.map(\.formationEnergy).max() ?? 0), 0.3 + 0.25 * abs(lowest))
    let margin = 0.07 * (top - lowest)
    let x = Scale(0...1, from: 70, to: 680)
    let y = Scale((lowest - margin)...(top + margin), from: 360, to: 44)
    for tick in y.ticks(6) {
      figure.line(70, y(tick), 680, y(tick))
      figure.text(tickText(tick), x: 62, y: y(tick) + 4, anchor: .end)
    }
    for tick in x.ticks(5) { figure.text(tickText(tick), x: x(tick), y: 378, anchor: .middle) }
    for (i, j) in diagram.tieLines {
      let (a, b) = (diagram.phases[i], diagram.phases[j])
      figure.line(
        x(a.fractions[1]), y(a.formationEnergy), x(b.fractions[1]), y(b.formationEnergy), ink: .text, width: 1.4)
    }
    var labels = LabelPlaces(width: 700, height: 366)
    for phase in diagram.phases where !phase.isStable && phase.formationEnergy <= top {
      figure.disc(
        x: x(phase.fractions[1]), y: y(phase.formationEnergy), radius: 2.5, fill: .rule, edge: .faint, hint: hint(phase))
    }
    for crystal in crystals.sorted(by: { $0.energyAboveHull > $1.energyAboveHull }) {
      figure.disc(
        x: x(crystal.fractions[1]), y: max(44, y(crystal.formationEnergy)), radius: 5, fill: Self.ink(crystal.energyAboveHull),
        hint: crystal.hint, link: "#crystal-\(crystal.card)")
    }
    for phase in stable { labels.reserve((x(phase.fractions[1]), y(phase.formationEnergy))) }
    for phase in stable {
      let (px, py) = (x(phase.fractions[1]), y(phase.formationEnergy))
      figure.rectangle(x: px - 4, y: py - 4, width: 8, height: 8, fill: .text, hint: hint(phase))
      labels.place(subscripted(phase.formula), at: (px, py), size: 12, first: .below, on: &figure)
    }
    let symbols = diagram.elements.map { Element.symbol($0) }
    figure.line(70, 360, 680, 360, ink: .faint)
    figure.line(70, 44, 70, 360, ink: .faint)
    figure.text("formation energy (eV/atom)", x: 70, y: 32, size: 12)
    figure.text("share of \(symbols[1]) among the atoms", x: 375, y: 396, size: 12, anchor: .middle)
    figure.text(symbols[0], x: 70, y: 396, size: 13, ink: .text, anchor: .middle)
    figure.text(symbols[1], x: 680, y: 396, size: 13, ink: .text, anchor: .middle)
    key(&figure, y: 418)
    return figure
  }

  /// The triangle of compositions, energies above the hull as colours.
  private var ternary: SVGFigure {
    var figure = SVGFigure(width: 700, height: 600, title: "Convex hull of \(name)")
    let (side, left, bottom) = (580.0, 60.0, 530.0)
    let height = side * 3.0.squareRoot() / 2
    /// The first element at the lower left, the second at the lower right, the third above.
    func point(_ f: [Double]) -> (Double, Double) { (left + side * (f[1] + 0.5 * f[2]), bottom - height * f[2]) }
    let corners = [[1.0, 0, 0], [0, 1, 0], [0, 0, 1]].map(point)
    for tick in [0.2, 0.4, 0.6, 0.8] {
      for k in 0..<3 {
        var (from, to) = ([0.0, 0, 0], [0.0, 0, 0])
        (from[k], from[(k + 1) % 3], to[k], to[(k + 2) % 3]) = (tick, 1 - tick, tick, 1 - tick)
        figure.line(point(from).0, point(from).1, point(to).0, point(to).1, width: 0.6)
      }
    }
    figure.path(corners + [corners[0]], ink: .faint, width: 1)
    for (i, j) in diagram.tieLines {
      let (a, b) = (point(diagram.phases[i].fractions), point(diagram.phases[j].fractions))
      figure.line(a.0, a.1, b.0, b.1, ink: .text, width: 1)
    }
    // One mark a composition: its lowest crystal.
    let groups = Dictionary(grouping: crystals) { $0.fractions.map { ($0 * 1e6).rounded() } }
      .values.map { $0.sorted { ($0.energyAboveHull, $0.card) < ($1.energyAboveHull, $1.card) } }
    for group in groups.sorted(by: { ($0[0].energyAboveHull, $0[0].card) > ($1[0].energyAboveHull, $1[0].card) }) {
      let place = point(group[0].fractions)
      let more = group.count > 1 ? "; the lowest of \(group.count) of this composition" : ""
      figure.disc(
        x: place.0, y: place.1, radius: group.count > 1 ? 7.5 : 6, fill: Self.ink(group[0].energyAboveHull),
        hint: group[0].hint + more, link: "#crystal-\(group[0].card)")
    }
    var labels = LabelPlaces(width: 700, height: 560)
    for phase in diagram.phases where phase.isStable { labels.reserve(point(phase.fractions)) }
    for phase in diagram.phases where phase.isStable {
      let place = point(phase.fractions)
      figure.rectangle(x: place.0 - 3.5, y: place.1 - 3.5, width: 7, height: 7, fill: .text, hint: hint(phase))
      labels.place(
        subscripted(phase.formula), at: place, size: 12, first: phase.fractions[2] > 1e-9 ? .right : .below, on: &figure)
    }
    key(&figure, y: 588)
    return figure
  }

  private func hint(_ phase: PhaseDiagram.Phase) -> String {
    "\(subscripted(phase.formula)): formation energy \(readable(phase.formationEnergy)) eV/atom, "
      + (phase.isStable ? "on the hull" : "known, \(readable(phase.energyAboveHull)) eV/atom above the hull")
  }

  /// What the marks and colours are.
  private func key(_ figure: inout SVGFigure, y: Double) {
    figure.rectangle(x: 20, y: y - 8, width: 8, height: 8, fill: .text)
    figure.text("phase of the hull", x: 34, y: y)
    figure.text("crystals, eV/atom above it:", x: 148, y: y)
    let words = ["on it or below"] + Self.bounds.dropFirst().map { "to \(tickText($0))" } + ["more"]
    for (k, text) in words.enumerated() {
      let x = 300 + (k == 0 ? 0 : 50 + 74 * Double(k))
      figure.disc(x: x, y: y - 4, radius: 5, fill: .energy(k))
      figure.text(text, x: x + 9, y: y)
    }
  }
}

/// Places of labels that do not lie over one another.
private struct LabelPlaces {
  enum Side: CaseIterable { case right, below, left, above }

  let width: Double
  let height: Double
  private var taken: [(x: Double, y: Double, width: Double, height: Double)] = []

  init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

  /// Keeps labels off a mark.
  mutating func reserve(_ mark: (Double, Double)) { taken.append((mark.0 - 4, mark.1 - 4, 8, 8)) }

  /// Writes a label beside a mark, on the first side that is free; none where none is.
  mutating func place(_ words: String, at mark: (Double, Double), size: Double, first: Side, on figure: inout SVGFigure) {
    let wide = 0.56 * size * Double(words.count)
    for side in [first] + Side.allCases.filter({ $0 != first }) {
      let (x, y): (Double, Double) =
        switch side {
        case .right: (mark.0 + 7, mark.1 - 0.5 * size)
        case .left: (mark.0 - 7 - wide, mark.1 - 0.5 * size)
        case .below: (mark.0 - 0.5 * wide, mark.1 + 6)
        case .above: (mark.0 - 0.5 * wide, mark.1 - 7 - size)
        }
      let isFree = !taken.contains { x < $0.x + $0.width && $0.x < x + wide && y < $0.y + $0.height && $0.y < y + size }
      guard isFree, x >= 0, y >= 0, x + wide <= width, y + size <= height + 6 else { continue }
      taken.append((x, y, wide, size))
      figure.text(words, x: x, y: y + 0.85 * size, size: size, ink: .text, hasHalo: true)
      return
    }
  }
}

/// A formula with its numbers as subscripts, for texts that know no markup.
func subscripted(_ formula: String) -> String {
  String(
    formula.map { c in c.isASCII ? c.wholeNumberValue.flatMap { Unicode.Scalar(0x2080 + $0) }.map(Character.init) ?? c : c })
}
