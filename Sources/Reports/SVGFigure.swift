import Foundation

/// A figure as SVG text: marks in user units with the origin at the top left.
///
/// Colours are custom properties with a fallback, so that a figure follows the page's light or dark theme and stands alone as a file.
struct SVGFigure {
  let width: Double
  let height: Double
  /// What a reader who can't see the figure is told.
  let title: String
  private var marks = ""

  init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    self.title = title
  }

  /// Colours by role: text, rules, the reference, one for each run.
  enum Ink {
    case text, faint, rule, reference, run(Int)
    /// A class of energies above the hull, from 0 (on it) to 4.
    case energy(Int)

    var css: String {
      switch self {
      case .text: "var(--ink, #1f2328)"
      case .faint: "var(--faint, #6b6f76)"
      case .rule: "var(--rule, #d8d5cd)"
      case .reference: "var(--reference, #b9b4a8)"
      case .energy(let index): "var(--energy-\(index), \(Self.energies[index]))"
      case .run(let index): "var(--run-\(index % 4), \(Self.runs[index % 4]))"
      }
    }

    private static let energies = ["#1a7a3c", "#6fae3d", "#e0b13a", "#d9772f", "#b3312c"]
    private static let runs = ["#2f5f8f", "#b4632a", "#4c7d5b", "#7d5a91"]
  }

  enum Anchor: String { case start, middle, end }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: Ink, opacity: Double = 1,
    hint: String = ""
  ) {
    let tip = hint.isEmpty ? "/>" : "><title>\(escaped(hint))</title></rect>"
    let alpha = opacity < 1 ? " fill-opacity=\"\(short(opacity))\"" : ""
    marks +=
      "<rect x=\"\(short(x))\" y=\"\(short(y))\" width=\"\(short(max(0, width)))\" height=\"\(short(max(0, height)))\" style=\"fill:\(fill.css)\"\(alpha)\(tip)\n"
  }

  /// A disc with a thin edge; with an address it is a link.
  mutating func disc(x: Double, y: Double, radius: Double, fill: Ink, edge: Ink = .text, hint: String = "", link: String = "") {
    let tip = hint.isEmpty ? "/>" : "><title>\(escaped(hint))</title></circle>"
    let mark =
      "<circle cx=\"\(short(x))\" cy=\"\(short(y))\" r=\"\(short(radius))\" style=\"fill:\(fill.css);stroke:\(edge.css);stroke-width:0.6\"\(tip)"
    marks += link.isEmpty ? mark + "\n" : "<a href=\"\(escaped(link))\" aria-label=\"\(escaped(hint))\">\(mark)</a>\n"
  }

  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, ink: Ink = .rule, width: Double = 1, isDashed: Bool = false
  ) {
    let dashes = isDashed ? ";stroke-dasharray:5 4" : ""
    marks +=
      "<line x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" y2=\"\(short(y2))\" style=\"stroke:\(ink.css);stroke-width:\(short(width))\(dashes)\"/>\n"
  }

  mutating func path(
    _ points: [(Double, Double)], ink: Ink, width: Double = 1.5, fill: Ink? = nil, isDashed: Bool = false, hint: String = ""
  ) {
    guard let first = points.first else { return }
    let steps = points.dropFirst().map { "L\(short($0.0)) \(short($0.1))" }.joined()
    let area = fill.map { "fill:\($0.css);fill-opacity:0.45" } ?? "fill:none"
    let dashes = isDashed ? ";stroke-dasharray:5 4" : ""
    let tip = hint.isEmpty ? "/>" : "><title>\(escaped(hint))</title></path>"
    marks +=
      "<path d=\"M\(short(first.0)) \(short(first.1))\(steps)\" style=\"\(area);stroke:\(ink.css);stroke-width:\(short(width));stroke-linejoin:round\(dashes)\"\(tip)\n"
  }

  mutating func text(
    _ words: String, x: Double, y: Double, size: Double = 11, ink: Ink = .faint,
    anchor: Anchor = .start, hasHalo: Bool = false
  ) {
    let halo = hasHalo ? ";paint-order:stroke;stroke:var(--paper, #fdfcf9);stroke-width:3px" : ""
    marks +=
      "<text x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"\(anchor.rawValue)\" style=\"fill:\(ink.css);font-size:\(short(size))px\(halo)\">\(escaped(words))</text>\n"
  }

  /// The figure as an element of a page or a file of its own.
  var svg: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(short(width)) \(short(height))" role="\(marks.contains("<a ") ? "group" : "img")" \
    font-family="inherit"><title>\(escaped(title))</title>
    \(marks)</svg>
    """
  }
}

/// A linear scale from data to user units.
struct Scale {
  let domain: ClosedRange<Double>
  let start: Double
  let end: Double

  init(_ domain: ClosedRange<Double>, from start: Double, to end: Double) {
    // A scale of zero width would divide by zero.
    self.domain =
      domain.lowerBound < domain.upperBound
      ? domain : (domain.lowerBound - 0.5)...(domain.lowerBound + 0.5)
    self.start = start
    self.end = end
  }

  func callAsFunction(_ value: Double) -> Double {
    let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    return start + share * (end - start)
  }

  /// Round values inside the domain, about `count` of them.
  func ticks(_ count: Int) -> [Double] {
    let rough = (domain.upperBound - domain.lowerBound) / Double(max(1, count))
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
    let first = (domain.lowerBound / step - 1e-9).rounded(.up)
    let last = (domain.upperBound / step + 1e-9).rounded(.down)
    guard first <= last else { return [] }
    // Adding zero turns -0 into 0.
    return stride(from: first, through: last, by: 1).map { $0 * step + 0 }
  }
}

/// A number with at most two decimals and no trailing zeros, for coordinates.
func short(_ value: Double) -> String {
  guard value.isFinite else { return "0" }
  let hundredths = (value * 100).rounded()
  return hundredths == (hundredths / 100).rounded() * 100
    ? String(Int(hundredths / 100)) : String(format: "%.2f", value)
}

/// A number for readers: three significant digits, no exponent in the usual range.
func readable(_ value: Double) -> String {
  guard value.isFinite else { return "–" }
  let size = abs(value)
  if size == 0 { return "0" }
  if size >= 1e6 || size < 1e-4 { return String(format: "%.2e", value) }
  if size >= 100 || value == value.rounded() { return String(format: "%.0f", value) }
  return String(format: size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : size >= 0.1 ? "%.3f" : "%.4f", value)
}

/// The number of an axis tick: `readable` without the zeros at its end.
func tickText(_ value: Double) -> String {
  var text = readable(value)
  guard text.contains("."), !text.contains("e") else { return text }
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}

/// Text that may stand in HTML and SVG, in elements and in quoted attributes.
func escaped(_ text: String) -> String {
  var result = ""
  for c in text {
    switch c {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default: result.append(c)
    }
  }
  return result
}
