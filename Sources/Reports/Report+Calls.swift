import Evaluation
import Foundation

/// Runs of one model with different numbers of network calls: their quality as curves.
extension Report {
  /// Figures that a curve is drawn of; those in pairs of crystals as generated, or of the only ones that there are.
  private static let quantities = [
    ["sun_0.0"], ["stable_0.0"], ["stable_0.1"], ["initial_structure_valid", "structure_valid"],
    ["initial_density_distance", "density_distance"], ["unique"],
  ]

  /// The runs of each model, by rising numbers of calls; empty where none has been sampled with two.
  var ladders: [(name: String, runs: [(index: Int, calls: Double)])] {
    var names: [String] = []
    for run in runs where !names.contains(run.summary.name) { names.append(run.summary.name) }
    let ladders = names.map { name in
      (
        name: name,
        runs: runs.enumerated().filter { $1.summary.name == name }
          .compactMap { index, run in run.summary.figure("network_calls")?.value.map { (index: index, calls: $0) } }
          .sorted { $0.calls < $1.calls }
      )
    }
    return ladders.contains { Set($0.runs.map(\.calls)).count > 1 } ? ladders : []
  }

  /// Whether the page compares numbers of calls, and so says them beside the runs' names.
  var comparesCalls: Bool { !ladders.isEmpty }

  /// A figure a quantity, a curve a model.
  var callFigures: [DrawnFigure] {
    let ladders = ladders
    guard !ladders.isEmpty else { return [] }
    return Self.quantities.compactMap { names in
      guard let quantity = names.first(where: { name in runs.contains { $0.summary.figure(name) != nil } }),
        let label = runs.compactMap({ $0.summary.figure(quantity)?.label }).first
      else { return nil }
      let curves = ladders.enumerated().compactMap { number, ladder -> LadderCurve? in
        let points = ladder.runs.compactMap { run -> LadderCurve.Point? in
          guard let figure = runs[run.index].summary.figure(quantity), let value = figure.value else { return nil }
          return LadderCurve.Point(x: run.calls, y: value, low: figure.low, high: figure.high)
        }
        return points.isEmpty ? nil : LadderCurve(name: ladder.name, ink: number, points: points)
      }
      return ladderFigure(label, curves).map {
        DrawnFigure(name: "calls-\(quantity)", group: .calls, caption: "", figure: $0)
      }
    }
  }
}

/// A quantity over the number of calls.
struct LadderCurve {
  struct Point {
    let x: Double
    let y: Double
    let low: Double?
    let high: Double?
  }

  let name: String
  /// Number of its colour.
  let ink: Int
  let points: [Point]
}

/// Curves over a logarithmic axis, with intervals and a name at the end of each.
private func ladderFigure(_ label: String, _ curves: [LadderCurve]) -> SVGFigure? {
  let points = curves.flatMap(\.points)
  let values = points.flatMap { [$0.y, $0.low, $0.high].compactMap { $0 } }
  guard let low = values.min(), let high = values.max(), let first = points.map(\.x).min(), let last = points.map(\.x).max(),
    first > 0
  else { return nil }
  var figure = SVGFigure(width: 460, height: 230, title: label)
  let margin = max(1e-9, 0.06 * (high - low))
  let x = Scale(log10(first)...max(log10(first) + 1e-6, log10(last)), from: 56, to: 440)
  let y = Scale((low - margin)...(high + margin), from: 180, to: 24)
  for tick in y.ticks(4) {
    figure.line(56, y(tick), 440, y(tick))
    figure.text(tickText(tick), x: 50, y: y(tick) + 4, anchor: .end)
  }
  var lastTick = -Double.infinity
  for place in Set(points.map(\.x)).sorted() where x(log10(place)) > lastTick + 18 {
    lastTick = x(log10(place))
    figure.text(tickText(place), x: lastTick, y: 196, anchor: .middle)
  }
  for (number, curve) in curves.enumerated() {
    let ink = SVGFigure.Ink.run(curve.ink)
    figure.path(curve.points.map { (x(log10($0.x)), y($0.y)) }, ink: ink, width: 1.6)
    for point in curve.points {
      let place = x(log10(point.x))
      if let low = point.low, let high = point.high { figure.line(place, y(low), place, y(high), ink: ink, width: 1.2) }
      figure.rectangle(
        x: place - 2.5, y: y(point.y) - 2.5, width: 5, height: 5, fill: ink,
        hint: "\(curve.name), \(tickText(point.x)) calls: \(tickText(point.y))")
    }
    figure.rectangle(x: 60 + 190 * Double(number), y: 6, width: 9, height: 9, fill: ink)
    figure.text(curve.name, x: 73 + 190 * Double(number), y: 14, size: 10)
  }
  figure.line(56, 180, 440, 180, ink: .faint)
  figure.text("\(label) by network calls a sample", x: 248, y: 222, anchor: .middle)
  return figure
}
