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
    where figure.section == section && !figures.contains(where: { $0.name == figure.name }) {
      figures.append(figure)
    }
    guard !figures.isEmpty else { return "" }
    let columns = 1 + runs.count
    let rows = figures.map { figure -> String in
      let own = runs.map { run in
        "<td>\(run.summary.figure(figure.name).map(Self.cell) ?? "–")</td>"
      }
      return "<tr><td>\(escaped(figure.label))\(Self.arrow(figure))</td>\(own.joined())</tr>"
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

  /// The value with its interval and its counts.
  private static func cell(_ figure: Figure) -> String {
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
    return text
  }

  /// Shares in percent, other numbers with their unit.
  static func valueText(_ figure: Figure, _ value: Double? = nil) -> String {
    guard let value = value ?? figure.value else { return "–" }
    if figure.total != nil { return percent(value, 1) }
    return readable(value) + (figure.unit.isEmpty ? "" : " \(escaped(figure.unit))")
  }
}
