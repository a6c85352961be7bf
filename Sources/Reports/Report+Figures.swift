import Crystals
import Evaluation

/// A figure with its place on the page.
struct DrawnFigure {
  enum Group { case calls, funnel, wide, narrow, training, time }

  let name: String
  let group: Group
  let caption: String
  let figure: SVGFigure

  /// With its caption, for a page.
  var element: String {
    let words = caption.isEmpty ? "" : "<figcaption>\(escaped(caption))</figcaption>"
    return "<figure>\(words)\n\(figure.svg)</figure>"
  }
}

/// A part of a page under a heading; nothing without content.
func section(_ heading: String, _ lead: String, _ content: String) -> String {
  guard !content.isEmpty else { return "" }
  let words = lead.isEmpty ? "" : "<p class=\"faint\">\(escaped(lead))</p>\n"
  return "<section>\n<h2>\(escaped(heading))</h2>\n\(words)\(content)\n</section>"
}

extension Report {
  /// All figures in the order of the page.
  var drawnFigures: [DrawnFigure] {
    // A page about calls compares numbers: their pictures would be many and alike.
    comparesCalls ? callFigures : runFigures + mirrors + narrow + trainingFigures
  }

  /// The run's name where there is more than one.
  private func caption(_ run: ReportRun, _ words: String = "") -> String {
    runs.count < 2 ? words : words.isEmpty ? run.name : "\(run.name): \(words)"
  }

  private var runFigures: [DrawnFigure] {
    runs.enumerated().flatMap { index, run -> [DrawnFigure] in
      let summary = run.summary
      var figures: [DrawnFigure] = []
      if !summary.funnel.isEmpty {
        figures.append(
          DrawnFigure(
            name: "funnel-\(index)", group: .funnel, caption: caption(run),
            figure: funnelFigure(summary.funnel, sampled: summary.sampled, run: index)))
      }
      if !summary.stages.isEmpty {
        figures.append(
          DrawnFigure(
            name: "stages-\(index)", group: .time, caption: caption(run),
            figure: stageFigure(summary.stages, run: index)))
      }
      return figures
    }
  }

  private var mirrors: [DrawnFigure] {
    let groupTicks = [1, 25, 50, 75, 100, 125, 150, 175, 200, 225].map { ($0, "\($0)") }
    let elementTicks = (1...103).map { ($0, Element.symbol($0)) }
    return runs.enumerated().flatMap { index, run -> [DrawnFigure] in
      var figures: [DrawnFigure] = []
      if let groups = run.summary.distribution("space_group") {
        figures.append(
          DrawnFigure(
            name: "space_group-\(index)", group: .wide, caption: caption(run, "space group"),
            figure: mirrorFigure(groups, run: index, last: 230, ticks: groupTicks) { Int($0) }))
      }
      if let elements = run.summary.distribution("element") {
        figures.append(
          DrawnFigure(
            name: "element-\(index)", group: .wide, caption: caption(run, "elements"),
            figure: mirrorFigure(elements, run: index, last: 103, ticks: elementTicks) {
              Element.atomicNumber($0)
            }))
      }
      return figures
    }
  }

  private var narrow: [DrawnFigure] {
    var names: [String] = []
    for name in runs.flatMap({ $0.summary.distributions.map(\.name) })
    where !names.contains(name) && name != "space_group" && name != "element" {
      names.append(name)
    }
    return names.compactMap { name in
      // A run without this quantity keeps its colour: an empty distribution draws nothing.
      let present = runs.compactMap { $0.summary.distribution(name) }
      guard let model = present.first else { return nil }
      let all = runs.map { run in
        run.summary.distribution(name)
          ?? Distribution(
            name: name, label: model.label, unit: model.unit, categories: [], edges: model.edges,
            generated: [], reference: model.reference)
      }
      let figure = model.edges.isEmpty ? barFigure(all) : histogramFigure(all)
      return figure.map {
        DrawnFigure(
          name: name, group: .narrow, caption: model.edges.isEmpty ? model.label : "", figure: $0)
      }
    }
  }

  private var trainingFigures: [DrawnFigure] {
    var names: [String] = []
    for name in runs.flatMap({ $0.history?.curves.map(\.name) ?? [] }) where !names.contains(name) {
      names.append(name)
    }
    return names.compactMap { name in
      let curves = runs.enumerated().flatMap { index, run in
        (run.history?.curves ?? []).filter { $0.name == name }
          .map { (run: index, points: Array(zip($0.x, $0.y))) }
      }
      let axis = runs.compactMap { $0.history?.axis }.first ?? "step"
      return curveFigure(name, axis: axis, curves).map {
        DrawnFigure(name: "training-\(name)", group: .training, caption: "", figure: $0)
      }
    }
  }
}
