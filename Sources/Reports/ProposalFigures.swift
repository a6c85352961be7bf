import Crystals
import Evaluation
import Foundation

extension ProposalPage {
  /// All figures in the order of the page.
  var drawnFigures: [DrawnFigure] {
    let histograms = summary.distributions.filter { !$0.edges.isEmpty }
    let categories = summary.distributions.filter { $0.edges.isEmpty }
    return histograms.compactMap(histogram) + relaxedFigures + categories.flatMap(mirrors) + categories.compactMap(bars)
      + occurrenceFigures
  }

  /// What a distribution says of each file beside the reference.
  private func runs(_ distribution: ProposalDistribution) -> [Distribution] {
    distribution.files.enumerated().map { index, shares in
      Distribution(
        name: distribution.name, label: distribution.label, unit: distribution.unit, categories: distribution.categories,
        edges: distribution.edges, generated: shares, reference: distribution.reference,
        target: index < distribution.medians.count ? distribution.medians[index] : nil)
    }
  }

  private func caption(_ index: Int, _ words: String) -> String {
    summary.names.count < 2 ? words : "\(summary.names[index]): \(words)"
  }

  private func histogram(_ distribution: ProposalDistribution) -> DrawnFigure? {
    let isWide = distribution.name == summary.settings.property
    return histogramFigure(runs(distribution), width: isWide ? 940 : 460).map {
      DrawnFigure(name: distribution.name, group: isWide ? .wide : .narrow, caption: "", figure: $0)
    }
  }

  /// Elements and space groups, each file over the reference.
  private func mirrors(_ distribution: ProposalDistribution) -> [DrawnFigure] {
    guard ["element", "element_crystals", "space_group"].contains(distribution.name) else { return [] }
    let isGroup = distribution.name == "space_group"
    let places = Dictionary(zip(distribution.categories, 1...)) { first, _ in first }
    let ticks =
      isGroup
      ? [1, 25, 50, 75, 100, 125, 150, 175, 200, 225].map { ($0, "\($0)") }
      : distribution.categories.enumerated().map { ($0.offset + 1, $0.element) }
    return runs(distribution).enumerated().map { index, run in
      DrawnFigure(
        name: "\(distribution.name)-\(index)", group: .wide, caption: caption(index, distribution.label),
        figure: mirrorFigure(
          run, run: index, last: distribution.categories.count, ticks: ticks, marks: distribution.training
        ) { places[$0] })
    }
  }

  /// Systems and point symmetries.
  private func bars(_ distribution: ProposalDistribution) -> DrawnFigure? {
    guard ["crystal_lattice_system", "point_symmetry"].contains(distribution.name) else { return nil }
    return barFigure(runs(distribution), indent: 136).map {
      DrawnFigure(name: distribution.name, group: .narrow, caption: distribution.label, figure: $0)
    }
  }

  private var relaxedFigures: [DrawnFigure] {
    let settings = summary.settings
    return agreementFigure(
      summary.relaxed, "\(settings.label) (\(settings.unit))",
      "relaxed, by \(settings.potential ?? "the potential") (\(settings.unit))"
    ).map { [DrawnFigure(name: "relaxed", group: .narrow, caption: "", figure: $0)] } ?? []
  }

  private var occurrenceFigures: [DrawnFigure] {
    let occurrence = summary.occurrence
    let panels =
      zip(summary.names, occurrence.files).enumerated().map { (name: $1.0, ink: SVGFigure.Ink.run($0), shares: $1.1) } + [
        (name: "reference, \(summary.settings.part) part", ink: .text, shares: occurrence.reference),
        (name: "reference, training part", ink: .text, shares: occurrence.training),
      ]
    let drawing = OccurrenceFigure(occurrence)
    // The part that is compared with may be the training part itself.
    let last = summary.settings.part == "train" ? 1 : 0
    return panels.dropLast(last).enumerated().map { index, panel in
      DrawnFigure(
        name: "occurrence-\(index)", group: .narrow, caption: panel.name,
        figure: drawing.panel(panel.shares, panel.ink, panel.name)
      )
    }
  }
}

/// Panels of which elements occur together, all with the same elements and colours.
struct OccurrenceFigure {
  /// More are not to be told apart.
  static let mostElements = 40

  private let symbols: [String]
  /// Places of the elements that are drawn.
  let places: [Int]
  private let width: Int
  private let most: Double

  init(_ occurrence: ElementOccurrence) {
    let width = occurrence.elements.count
    let all = occurrence.files + [occurrence.reference, occurrence.training]
    func share(_ place: Int) -> Double { occurrence.files.map { $0.isEmpty ? 0 : $0[place * width + place] }.max() ?? 0 }
    let ranked = (0..<width).filter { share($0) > 0 }.sorted { (share($1), $0) < (share($0), $1) }
    places = ranked.prefix(Self.mostElements).sorted()
    symbols = occurrence.elements.map { Element.symbol($0) }
    self.width = width
    most = max(1e-9, all.joined().max() ?? 0)
  }

  /// Of a cell.
  private var pitch: Double { min(28, 424 / Double(max(1, places.count))) }

  /// Darkness grows with the square root, so that rare pairs are seen.
  private func darkness(_ share: Double) -> Double { share > 0 ? max(0.04, (share / most).squareRoot()) : 0 }

  /// The lower triangle.
  ///
  /// - Parameter shares: (elements, elements) empty where there are no crystals.
  func panel(_ shares: [Double], _ ink: SVGFigure.Ink, _ name: String) -> SVGFigure {
    var figure = SVGFigure(
      width: 460, height: max(130, 32 + pitch * Double(places.count)), title: "Elements that occur together: \(name)")
    let size = min(11, 0.86 * pitch)
    for (row, first) in places.enumerated() {
      let y = 4 + Double(row) * pitch
      figure.text(symbols[first], x: 22, y: y + 0.5 * pitch + 0.36 * size, size: size, anchor: .end)
      figure.text(
        symbols[first], x: 26 + (Double(row) + 0.5) * pitch, y: 8 + Double(places.count) * pitch + size, size: size,
        anchor: .middle)
      for (column, second) in places.prefix(row + 1).enumerated() where !shares.isEmpty {
        let share = shares[first * width + second]
        guard share > 0 else { continue }
        let words = row == column ? symbols[first] : "\(symbols[first]) and \(symbols[second])"
        figure.rectangle(
          x: 26 + Double(column) * pitch, y: y, width: pitch - 0.6, height: pitch - 0.6, fill: ink, opacity: darkness(share),
          hint: "\(words): \(percent(share, 2))")
      }
    }
    key(&figure, ink)
    return figure
  }

  /// What is how dark, in the empty corner.
  private func key(_ figure: inout SVGFigure, _ ink: SVGFigure.Ink) {
    for (place, share) in ([most] + [0.5, 0.2, 0.05, 0.01, 0.001].filter { $0 < 0.8 * most }).enumerated() {
      let y = 8 + 17 * Double(place)
      figure.rectangle(x: 386, y: y, width: 12, height: 12, fill: ink, opacity: darkness(share))
      figure.text(percent(share), x: 404, y: y + 10)
    }
  }
}

/// Two values of the same crystals, file by file; nil where there are none.
func agreementFigure(_ sets: [[ProposalSummary.EnergyPair]], _ first: String, _ second: String) -> SVGFigure? {
  // A few relaxations that ended far away would press all others together: they stand at the edge.
  func range(_ values: [Double]) -> ClosedRange<Double>? {
    let sorted = values.sorted()
    guard let low = quantile(sorted, 0.01), let high = quantile(sorted, 0.99) else { return nil }
    let margin = max(0.05, 0.05 * (high - low))
    return low - margin...high + margin
  }
  guard let across = range(sets.joined().map(\.predicted)), let along = range(sets.joined().map(\.relaxed)) else { return nil }
  var figure = SVGFigure(width: 460, height: 340, title: "\(second) against \(first)")
  let x = Scale(across, from: 50, to: 450)
  let y = Scale(along, from: 296, to: 26)
  for tick in y.ticks(6) {
    figure.line(50, y(tick), 450, y(tick))
    figure.text(tickText(tick), x: 44, y: y(tick) + 4, anchor: .end)
  }
  for tick in x.ticks(6) { figure.text(tickText(tick), x: x(tick), y: 312, anchor: .middle) }
  let (start, end) = (max(across.lowerBound, along.lowerBound), min(across.upperBound, along.upperBound))
  if start < end { figure.line(x(start), y(start), x(end), y(end), ink: .faint, isDashed: true) }
  func within(_ value: Double, _ range: ClosedRange<Double>) -> Double { min(range.upperBound, max(range.lowerBound, value)) }
  for (index, pairs) in sets.enumerated() {
    // More points than pixels only make the page heavy.
    for place in stride(from: 0, to: pairs.count, by: max(1, pairs.count / 2000)) {
      let (predicted, relaxed) = (x(within(pairs[place].predicted, across)), y(within(pairs[place].relaxed, along)))
      figure.rectangle(x: predicted - 1.5, y: relaxed - 1.5, width: 3, height: 3, fill: .run(index), opacity: 0.6)
    }
  }
  figure.line(50, 296, 450, 296, ink: .faint)
  figure.text(first, x: 250, y: 332, anchor: .middle)
  figure.text(second, x: 50, y: 14)
  return figure
}
