public import Evaluation
import Foundation

extension MetricsSummary {
  /// The figures and the funnel as a table for a terminal.
  public var table: String {
    var lines = ["", "\(name): \(sampled) sampled, \(judged) judged against \(reference.name) (\(reference.comparedWith))", ""]
    for section in Figure.Section.allCases {
      let rows = figures.filter { $0.section == section }
      guard !rows.isEmpty else { continue }
      lines.append(section.rawValue)
      lines += rows.map { "  \(pad($0.label, 58)) \(cell($0))" }
    }
    if !funnel.isEmpty {
      lines.append("funnel")
      lines.append("  \(pad("sampled", 58)) \(right(sampled, 8))")
      lines += funnel.map { "  \(pad("- " + $0.label, 58)) \(right($0.dropped, 8))   kept \($0.kept)" }
    }
    if !stages.isEmpty {
      lines.append("seconds")
      lines += stages.map { "  \(pad($0.stage, 58)) \(String(format: "%8.1f", $0.seconds))" }
    }
    var machines: [String] = []
    for case let name? in stages.map(\.processor) where !machines.contains(name) { machines.append(name) }
    if !machines.isEmpty { lines.append("processor: \(machines.joined(separator: ", "))") }
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func cell(_ figure: Figure) -> String {
    guard let value = figure.value, value.isFinite else { return "       -" }
    var text = String(format: abs(value) >= 100 ? "%8.1f" : "%8.3f", value)
    if !figure.unit.isEmpty { text += " \(figure.unit)" }
    if let deviation = figure.deviation { text += String(format: " +- %.3f", deviation) }
    if let low = figure.low, let high = figure.high { text += String(format: "  (%.3f to %.3f)", low, high) }
    if let count = figure.count, let total = figure.total { text += "  \(count) of \(total)" }
    return text
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
  }

  private func right(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
