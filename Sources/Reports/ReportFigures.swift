import Evaluation
import Foundation

// The figures of the report, each a function from numbers to SVG.

/// A histogram of each run as a step line over the reference's, filled.
func histogramFigure(_ runs: [Distribution], width: Double = 460) -> SVGFigure? {
  let targets = runs.map(\.target) + runs.map(\.targetEnd)
  guard let first = runs.first, let low = (runs.compactMap(\.edges.first) + targets.compactMap { $0 }).min(),
    let high = (runs.compactMap(\.edges.last) + targets.compactMap { $0 }).max()
  else { return nil }
  var figure = SVGFigure(width: width, height: 230, title: first.label)
  let isShared = runs.allSatisfy { $0.edges == first.edges }
  // Shares of bins of different widths compare only a unit of the axis.
  func heights(_ shares: [Double], _ edges: [Double]) -> [Double] {
    isShared || edges.count < 2 ? shares : shares.map { $0 / (edges[1] - edges[0]) }
  }
  let all = runs.flatMap { heights($0.generated, $0.edges) + heights($0.reference, $0.edges) }
  let right = width - 10
  let x = Scale(low...high, from: 44, to: right)
  let y = Scale(0...max(all.max() ?? 1, 1e-9) * 1.06, from: 190, to: 12)
  for tick in y.ticks(4) {
    figure.line(44, y(tick), right, y(tick))
    if isShared {
      figure.text(percent(tick), x: 38, y: y(tick) + 4, anchor: .end)
    }
  }
  for tick in x.ticks(width > 460 ? 14 : 7) { figure.text(tickText(tick), x: x(tick), y: 206, anchor: .middle) }
  func steps(_ values: [Double], _ edges: [Double]) -> [(Double, Double)] {
    guard !values.isEmpty else { return [] }
    var points = [(x(edges[0]), y(0))]
    for (k, value) in values.enumerated() {
      points += [(x(edges[k]), y(value)), (x(edges[k + 1]), y(value))]
    }
    return points + [(x(edges[values.count]), y(0))]
  }
  figure.path(
    steps(heights(first.reference, first.edges), first.edges), ink: .reference, width: 1,
    fill: .reference)
  for (index, run) in runs.enumerated() {
    figure.path(steps(heights(run.generated, run.edges), run.edges), ink: .run(index), width: 1.6)
    for case let target? in [run.target, run.targetEnd] {
      figure.line(x(target), 12, x(target), 190, ink: .run(index), width: 1.4, isDashed: true)
    }
  }
  figure.line(44, 190, right, 190, ink: .faint)
  let unit = first.unit.isEmpty ? "" : " (\(first.unit))"
  figure.text(first.label + unit, x: 0.5 * (44 + right), y: 224, anchor: .middle)
  return figure
}

/// Shares of categories: the run's upwards, the reference's downwards.
///
/// - Parameters:
///   - marks: shares of a further set that are marked beside the reference's; none where empty.
///   - position: where a category stands on an axis of `1...last`.
func mirrorFigure(
  _ distribution: Distribution, run: Int, last: Int, ticks: [(Int, String)], marks: [Double] = [],
  position: (String) -> Int?
) -> SVGFigure {
  let height = 250.0
  var figure = SVGFigure(width: 940, height: height, title: distribution.label)
  let top = max(1e-9, (distribution.generated + distribution.reference + marks).max() ?? 0)
  let x = Scale(0.5...Double(last) + 0.5, from: 44, to: 934)
  let up = Scale(0...top, from: 114, to: 8)
  let down = Scale(0...top, from: 135, to: 241)
  let width = max(1.6, 0.72 * 890 / Double(last))
  for tick in up.ticks(3) where tick > 0 {
    figure.line(44, up(tick), 934, up(tick))
    figure.line(44, down(tick), 934, down(tick))
    figure.text(percent(tick), x: 38, y: up(tick) + 4, anchor: .end)
    figure.text(percent(tick), x: 38, y: down(tick) + 4, anchor: .end)
  }
  for (k, category) in distribution.categories.enumerated() {
    guard let place = position(category) else { continue }
    let left = x(Double(place)) - width / 2
    func hint(_ share: Double) -> String { "\(distribution.label) \(category): \(percent(share, 2))" }
    if k < distribution.generated.count, distribution.generated[k] > 0 {
      let share = distribution.generated[k]
      figure.rectangle(
        x: left, y: up(share), width: width, height: 114 - up(share), fill: .run(run),
        hint: hint(share))
    }
    if k < distribution.reference.count, distribution.reference[k] > 0 {
      let share = distribution.reference[k]
      figure.rectangle(
        x: left, y: 135, width: width, height: down(share) - 135, fill: .reference,
        hint: "reference, " + hint(share))
    }
    if k < marks.count, down(marks[k]) > 136.5 {
      figure.line(left - 1, down(marks[k]), left + width + 1, down(marks[k]), ink: .text, width: 1.2)
    }
  }
  let isCrowded = ticks.count > 40
  for (place, label) in ticks {
    // Two rows where one would run together.
    let y = isCrowded ? (place % 2 == 0 ? 131.5 : 123.0) : 128
    figure.text(label, x: x(Double(place)), y: y, size: isCrowded ? 8.5 : 10, anchor: .middle)
  }
  return figure
}

/// Pairs of horizontal bars, one category a row.
///
/// - Parameter indent: room for the categories' names.
func barFigure(_ runs: [Distribution], indent: Double = 92) -> SVGFigure? {
  guard let first = runs.first else { return nil }
  var names: [String] = []
  for name in runs.flatMap(\.categories) where !names.contains(name) { names.append(name) }
  let thickness = 9.0
  let pitch = Double(runs.count + 1) * thickness + 8
  var figure = SVGFigure(
    width: 460, height: pitch * Double(names.count) + 12, title: first.label)
  let top = runs.flatMap { $0.generated + $0.reference }.max() ?? 1
  let x = Scale(0...max(top, 1e-9), from: indent, to: 400)
  for (row, name) in names.enumerated() {
    var y = 6 + Double(row) * pitch
    figure.text(name, x: indent - 6, y: y + pitch / 2 - 1, anchor: .end)
    func bar(_ shares: [Double], of run: Distribution, ink: SVGFigure.Ink) {
      if let k = run.categories.firstIndex(of: name), k < shares.count {
        figure.rectangle(x: indent, y: y, width: x(shares[k]) - indent, height: thickness - 1, fill: ink)
        figure.text(percent(shares[k], 1), x: x(shares[k]) + 4, y: y + 7.5, size: 9)
      }
      y += thickness
    }
    for (index, run) in runs.enumerated() { bar(run.generated, of: run, ink: .run(index)) }
    bar(first.reference, of: first, ink: .reference)
  }
  return figure
}

/// What is left of the sampled structures after each step.
func funnelFigure(_ steps: [FunnelStep], sampled: Int, run: Int) -> SVGFigure {
  let pitch = 30.0
  var figure = SVGFigure(
    width: 940, height: pitch * Double(steps.count + 1) + 6, title: "From sampled to kept")
  let x = Scale(0...Double(max(1, sampled)), from: 250, to: 780)
  func row(_ index: Int, _ label: String, kept: Int, dropped: Int) {
    let y = 4 + Double(index) * pitch
    figure.text(label, x: 240, y: y + 16, size: 12.5, ink: .text, anchor: .end)
    figure.rectangle(
      x: 250, y: y + 3, width: x(Double(kept)) - 250, height: 18, fill: .run(run))
    figure.rectangle(
      x: x(Double(kept)), y: y + 3, width: x(Double(kept + dropped)) - x(Double(kept)), height: 18,
      fill: .reference, opacity: 0.55)
    let share = sampled > 0 ? " · \(percent(Double(kept) / Double(sampled), 1))" : ""
    let loss = dropped > 0 ? "   −\(dropped)" : ""
    figure.text(
      "\(kept)\(share)\(loss)", x: x(Double(kept + dropped)) + 8, y: y + 16, size: 11.5)
  }
  row(0, "sampled", kept: sampled, dropped: 0)
  for (index, step) in steps.enumerated() {
    row(index + 1, "− " + step.label, kept: step.kept, dropped: max(0, step.dropped))
  }
  return figure
}

/// Wall time of the stages as horizontal bars.
func stageFigure(_ stages: [StageTime], run: Int) -> SVGFigure {
  let pitch = 24.0
  var figure = SVGFigure(
    width: 460, height: pitch * Double(stages.count) + 8, title: "Seconds per stage")
  let x = Scale(0...max(1e-9, stages.map(\.seconds).max() ?? 1), from: 100, to: 390)
  for (index, stage) in stages.enumerated() {
    let y = 4 + Double(index) * pitch
    figure.text(stage.stage, x: 92, y: y + 14, size: 12, ink: .text, anchor: .end)
    figure.rectangle(x: 100, y: y + 3, width: x(stage.seconds) - 100, height: 14, fill: .run(run))
    figure.text("\(readable(stage.seconds)) s", x: x(stage.seconds) + 6, y: y + 14)
  }
  return figure
}

/// A share in percent.
func percent(_ share: Double, _ decimals: Int? = nil) -> String {
  let places = decimals ?? (share > 0 && share < 0.0095 ? 1 : 0)
  return String(format: "%.\(places)f %%", 100 * share)
}
