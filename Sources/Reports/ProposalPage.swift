import Crystals
public import Evaluation

/// A page about proposals, one file or several beside a reference; it stands alone.
public struct ProposalPage: Sendable {
  /// Title of the page.
  public var title: String
  /// Where and when, in words; the library knows no clock.
  public var subtitle: String
  /// All that is known of the proposals.
  public var summary: ProposalSummary

  /// - Parameters:
  ///   - title: of the page.
  ///   - subtitle: where and when, in words.
  ///   - summary: all that is known of the proposals.
  public init(title: String, subtitle: String = "", summary: ProposalSummary) {
    (self.title, self.subtitle, self.summary) = (title, subtitle, summary)
  }

  /// The page: no file beside it and no network.
  public var html: String {
    let drawn = drawnFigures
    func figures(_ names: String...) -> String {
      names.flatMap { name in drawn.filter { $0.name == name || $0.name.hasPrefix("\(name)-") } }.map(\.element)
        .joined(separator: "\n")
    }
    func pairs(_ elements: String) -> String { elements.isEmpty ? "" : "<div class=\"pair\">\n\(elements)\n</div>" }
    let property = summary.settings.property
    let body = [
      header,
      section("Predicted property", "Dashed lines are medians of the proposals. " + Self.histograms, figures(property)),
      section(
        "After relaxation",
        "The same crystals by the predictor and, with atoms and relaxed, by the potential; the dashed line of the first "
          + "figure is where both say the same, that of the second the median.", pairs(figures("relaxed", "gap"))),
      ProposalTable(summary: summary).html,
      section("Elements", "Proposals upwards, the reference downwards; \(Self.marks).", figures("element", "element_crystals")),
      section("Elements that occur together", occurrenceLead, pairs(figures("occurrence"))),
      section(
        "Space groups", "Proposals upwards, the reference downwards; \(Self.marks).",
        figures("space_group") + "\n" + pairs(figures("crystal_lattice_system", "point_symmetry"))),
      section(
        "Lattices",
        "Of the conventional cell, trigonal groups in hexagonal axes. Angles are of the groups that leave them free. "
          + Self.histograms, pairs(figures("a", "b", "c", "alpha", "beta", "gamma", "volume_per_atom"))),
    ]
    let parts = body.filter { !$0.isEmpty }.joined(separator: "\n")
    return page(title: title, body: parts + "\n" + Glossary.section(for: parts), crystals: [])
  }

  /// The figures by name, each an SVG file of its own.
  public var figures: [(name: String, svg: String)] { drawnFigures.map { ($0.name, $0.figure.svg) } }

  private static let histograms = "The outermost bins hold all that lies beyond them."
  private static let marks = "short lines are the reference's training part"

  private var occurrenceLead: String {
    let (drawn, all) = (OccurrenceFigure(summary.occurrence).places.count, summary.occurrence.elements.count)
    return "Share of crystals that have both elements, on the diagonal of those that have one; darker is more, the same in all "
      + "panels." + (drawn < all ? " Drawn are the \(drawn) of \(all) elements that most proposals have." : "")
  }

  private var header: String {
    let settings = summary.settings
    let line = subtitle.isEmpty ? "" : "<p class=\"faint\">\(escaped(subtitle))</p>"
    var entries = summary.names.enumerated().map { index, name in
      "<li><i style=\"background:\(SVGFigure.Ink.run(index).css)\"></i>\(escaped(name))</li>"
    }
    let count = summary.figure("crystals")?.values.last?.count ?? 0
    entries.append(
      "<li><i style=\"background:\(SVGFigure.Ink.reference.css)\"></i>reference: \(escaped(settings.reference)), "
        + "\(escaped(settings.part)) part, \(count) crystals</li>")
    return """
      <header>
      <h1>\(escaped(title))</h1>
      \(line)
      <ul class="key">
      \(entries.joined(separator: "\n"))
      </ul>
      \(headline)
      <p class="note worth">\(escaped(worth))</p>
      </header>
      """
  }

  /// The few numbers that a reader looks for first.
  private var headline: String {
    guard summary.names.count == 1 else { return "" }
    let cells = ["crystals", "median", "below_-2", "compositions", "groups", "neutral"].compactMap { name -> String? in
      guard let figure = summary.figure(name), let value = figure.values.first, value.value != nil else { return nil }
      return "<div><b>\(ProposalTable.number(figure, value))</b><span>\(escaped(ProposalTable.label(figure)))</span></div>"
    }
    return "<div class=\"headline\">\(cells.joined())</div>"
  }

  /// What the predictions can be trusted in.
  private var worth: String {
    let settings = summary.settings
    let error = settings.error.map {
      " On the reference's \(settings.part) part it is \(readable($0)) \(settings.unit) off in the mean; of crystals unlike those that "
        + "it has learnt from it may be off by far more."
    }
    let gap =
      summary.relaxed.isEmpty
      ? "How far a potential's values of relaxed crystals are from it is a result of its own, which this page does not have."
      : "How far the potential's values of relaxed crystals are from it is a result of its own: see After relaxation."
    return
      "What the numbers are worth: predictions are those of \(settings.predictor), which knows group, composition and cell, and no "
      + "atoms.\(error ?? "") \(gap)"
  }
}

/// The table of all figures: a column a file, the reference last.
struct ProposalTable {
  let summary: ProposalSummary

  var html: String {
    let heads = (summary.names + ["reference"]).map { "<th>\(escaped($0))</th>" }.joined()
    let bodies = ProposalFigure.Section.allCases.map(body).filter { !$0.isEmpty }
    return section(
      "Figures", "",
      """
      <div class="scroll"><table>
      <thead><tr><th></th>\(heads)</tr></thead>
      \(bodies.joined(separator: "\n"))
      </table></div>
      """)
  }

  private func body(_ section: ProposalFigure.Section) -> String {
    let rows = summary.figures.filter { $0.section == section }.map { figure in
      let cells = figure.values.map { "<td>\(Self.cell(figure, $0))</td>" }.joined()
      return "<tr><td>\(escaped(Self.label(figure)))<span class=\"meaning\">\(escaped(figure.meaning))</span></td>\(cells)</tr>"
    }
    guard !rows.isEmpty else { return "" }
    return """
      <tbody><tr><th colspan="\(summary.names.count + 2)">\(section.rawValue)</th></tr>
      \(rows.joined(separator: "\n"))</tbody>
      """
  }

  /// With the unit.
  static func label(_ figure: ProposalFigure) -> String { figure.label + (figure.unit.isEmpty ? "" : ", \(figure.unit)") }

  /// The number without its unit.
  static func number(_ figure: ProposalFigure, _ value: ProposalFigure.Value) -> String {
    guard let number = value.value else { return "–" }
    return figure.isShare ? percent(number, 1) : value.count.map(String.init) ?? readable(number)
  }

  private static func cell(_ figure: ProposalFigure, _ value: ProposalFigure.Value) -> String {
    let text = number(figure, value)
    guard value.value != nil, let count = value.count, let total = value.total else { return text }
    return text + (figure.isShare ? " <small>\(count)/\(total)</small>" : " <small>of \(total)</small>")
  }
}
