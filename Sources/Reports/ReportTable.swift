import Evaluation
import Foundation

/// The table of all figures: a column a run.
struct ReportTable {
  let runs: [ReportRun]

  var html: String {
    guard !runs.isEmpty else { return "" }
    let heads = runs.map { "<th>\(escaped($0.name))</th>" }
    let bodies = Figure.Section.allCases.map(body).filter { !$0.isEmpty }
    return """
      <section>
      <h2>Figures</h2>
      <p class="faint">\(Glossary.link("Brackets", to: "interval")) hold 95 % intervals, small numbers the counts; a distance stands beside its \(Glossary.link("floor", to: "floor")). Words lead to the \(Self.glossary).</p>
      <div class="scroll"><table>
      <thead><tr><th></th>\(heads.joined())</tr></thead>
      \(bodies.joined(separator: "\n"))
      </table></div>
      </section>
      """
  }

  private func body(_ section: Figure.Section) -> String {
    var figures: [Figure] = []
    for figure in runs.flatMap(\.summary.figures)
    where figure.section == section && !Self.isFloor(figure) && !figures.contains(where: { $0.name == figure.name }) {
      figures.append(figure)
    }
    guard !figures.isEmpty else { return "" }
    let columns = 1 + runs.count
    let rows = figures.map { figure -> String in
      let own = runs.map { run in
        "<td>\(run.summary.figure(figure.name).map { Self.cell($0, floor: Self.floor(of: $0, in: run.summary)) } ?? "–")</td>"
      }
      return "<tr><td>\(Glossary.label(figure.label, of: figure.name))\(Self.arrow(figure))</td>\(own.joined())</tr>"
    }
    return """
      <tbody><tr><th colspan="\(columns)">\(section.rawValue)</th></tr>
      \(rows.joined(separator: "\n"))</tbody>
      """
  }

  private static func arrow(_ figure: Figure) -> String {
    switch figure.isHigherBetter {
    case true?: " <small title=\"higher is better\">↑</small>"
    case false?: " <small title=\"lower is better\">↓</small>"
    case nil: ""
    }
  }

  private static let glossary = "<a href=\"#glossary\">glossary</a>"

  /// Floors stand in the cells of their distances.
  private static func isFloor(_ figure: Figure) -> Bool { figure.name.contains("_distance_floor") }

  /// What a perfect sampler would have in place of a distance; nil of other figures, and where it is not known.
  static func floor(of figure: Figure, in summary: MetricsSummary) -> Figure? {
    let name = figure.name.replacing("_distance", with: "_distance_floor")
    guard name != figure.name else { return nil }
    // Of a thousand crystals there is one floor only.
    return [name, name + "_at_1000"].compactMap(summary.figure).first { $0.value != nil }
  }

  /// The floor of a distance in words: `floor 0.02 ± 0.001`.
  static func floorText(_ floor: Figure) -> String {
    "floor \(readable(floor.value ?? .nan))" + (floor.deviation.map { " ± \(readable($0))" } ?? "")
  }

  /// The value with its interval, its counts and its floor.
  private static func cell(_ figure: Figure, floor: Figure?) -> String {
    guard figure.value != nil else { return "–" }
    var text = valueText(figure)
    if let deviation = figure.deviation { text += " <small>± \(readable(deviation))</small>" }
    if let low = figure.low, let high = figure.high {
      let scale = figure.total == nil ? 1.0 : 100.0
      text +=
        figure.total == nil
        ? " <small>[\(readable(low)), \(readable(high))]</small>"
        : String(format: " <small>[%.1f, %.1f]</small>", scale * low, scale * high)
    }
    if let count = figure.count, let total = figure.total {
      text += " <small>\(count)/\(total)</small>"
    }
    if let floor { text += " <small>\(floorText(floor))</small>" }
    return text
  }

  /// Shares in percent, other numbers with their unit.
  static func valueText(_ figure: Figure, _ value: Double? = nil) -> String {
    guard let value = value ?? figure.value else { return "–" }
    if figure.total != nil { return percent(value, 1) }
    return readable(value) + (figure.unit.isEmpty ? "" : " \(escaped(figure.unit))")
  }
}
