import Foundation

/// One quantity of one run over the course of training.
struct TrainingCurve {
  let run: Int
  /// The run's, for readers; empty where there is one only.
  let name: String
  /// `training` or `validation`; empty where nobody knows.
  let part: String
  let points: [(Double, Double)]

  /// What the key calls it.
  var words: String { [name, part].filter { !$0.isEmpty }.joined(separator: ", ") }
  /// Validation is what is to be looked at.
  var isDashed: Bool { part == "training" }
}

/// Curves of one quantity over the course of training, with both axes and a key; nil where there is nothing to draw.
///
/// - Parameter axis: what the curves run over.
func curveFigure(_ label: String, axis: String, _ curves: [TrainingCurve]) -> SVGFigure? {
  let finite = curves.map { curve in curve.points.filter { $0.0.isFinite && $0.1.isFinite } }
  let values = finite.flatMap { $0.map(\.1) }
  let places = finite.flatMap { $0.map(\.0) }
  guard let low = values.min(), let high = values.max(), let start = places.min(), let end = places.max() else { return nil }
  // Losses that fall by orders of magnitude show nothing on a linear axis.
  let isLogarithmic = low > 0 && high / low > 30
  func level(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }
  let keyed = zip(curves, finite).filter { !$0.words.isEmpty && !$1.isEmpty }.map(\.0)
  let top = 28.0 + 14 * Double((keyed.count + 1) / 2)
  let bottom = top + 160
  var figure = SVGFigure(width: 460, height: bottom + 40, title: "\(label) by \(axis)")
  let margin = 0.04 * (level(high) - level(low))
  let x = Scale(start...end, from: 56, to: 450)
  let y = Scale((level(low) - margin)...(level(high) + margin), from: bottom, to: top)
  let ticks = isLogarithmic ? logarithmicTicks(low...high) : y.ticks(6)
  for tick in ticks {
    figure.line(56, y(level(tick)), 450, y(level(tick)))
    figure.text(tickText(tick), x: 50, y: y(level(tick)) + 4, anchor: .end)
  }
  for tick in x.ticks(6) where tick == tick.rounded() {
    figure.line(x(tick), bottom, x(tick), bottom + 4, ink: .faint)
    figure.text(tickText(tick), x: x(tick), y: bottom + 17, anchor: .middle)
  }
  for (curve, points) in zip(curves, finite) {
    // More points than pixels only make the page heavy.
    let stride = max(1, points.count / 800)
    let kept = points.enumerated().filter { $0.offset % stride == 0 || $0.offset == points.count - 1 }.map(\.element)
    let last = points.last.map { ", at the end \(readable($0.1))" } ?? ""
    figure.path(
      kept.map { (x($0.0), y(level($0.1))) }, ink: .run(curve.run), width: curve.isDashed ? 1 : 1.5, isDashed: curve.isDashed,
      hint: [label, curve.words].filter { !$0.isEmpty }.joined(separator: ", ") + last)
  }
  for (k, curve) in keyed.enumerated() {
    let (left, middle) = (56 + 200 * Double(k % 2), 22 + 14 * Double(k / 2))
    figure.path(
      [(left, middle), (left + 24, middle)], ink: .run(curve.run), width: curve.isDashed ? 1 : 1.5, isDashed: curve.isDashed)
    figure.text(curve.words, x: left + 30, y: middle + 4)
  }
  figure.line(56, bottom, 450, bottom, ink: .faint)
  figure.line(56, top, 56, bottom, ink: .faint)
  figure.text("\(label), mean a crystal (no unit\(isLogarithmic ? ", logarithmic" : ""))", x: 56, y: 11)
  figure.text(axis, x: 253, y: bottom + 34, anchor: .middle)
  return figure
}

/// 1, 2 and 5 times the powers of ten in a range, or the powers alone where those are many.
func logarithmicTicks(_ range: ClosedRange<Double>) -> [Double] {
  let (first, last) = (Int(log10(range.lowerBound).rounded(.down)), Int(log10(range.upperBound).rounded(.up)))
  let factors = last - first > 3 ? [1.0] : [1, 2, 5]
  return (first...max(first, last)).flatMap { power in factors.map { $0 * pow(10, Double(power)) } }.filter(range.contains)
}
