import Crystals
import Evaluation

/// A figure with its place on the page.
struct DrawnFigure {
  enum Group { case calls, funnel, wide, narrow, training, time }

  let name: String
  let group: Group
  let caption: String
  let figure: SVGFigure
  /// What else is said of it, e.g. a distance and its floor.
  var note = ""

  /// With its caption, for a page; what it shows is explained on hover and leads to the glossary.
  var element: String {
    let entry = Glossary.id(ofFigure: quantity)
    let words = caption.isEmpty && entry != nil ? figure.title : caption
    let more = note.isEmpty ? "" : " · " + note
    return
      "<figure>\(words.isEmpty ? "" : "<figcaption>\(Glossary.link(words, to: entry))\(more)</figcaption>")\n\(figure.svg)</figure>"
  }

  /// What it shows: the name without the number of the run, or what curves over network calls are of.
  private var quantity: String {
    let own = name.hasPrefix("calls-") ? name.dropFirst("calls-".count) : name[...]
    guard let dash = own.lastIndex(of: "-"), own[own.index(after: dash)...].allSatisfy(\.isNumber) else { return String(own) }
    return String(own[..<dash])
  }
}

/// A part of a page under a heading; nothing without content.
///
/// - Parameter id: where links to it point; empty where there are none.
func section(_ heading: String, _ lead: String, _ content: String, id: String = "") -> String {
  guard !content.isEmpty else { return "" }
  let words = lead.isEmpty ? "" : "<p class=\"faint\">\(escaped(lead))</p>\n"
  let place = id.isEmpty ? "" : " id=\"\(id)\""
  return "<section\(place)>\n<h2>\(escaped(heading))</h2>\n\(words)\(content)\n</section>"
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
            figure: mirrorFigure(groups, run: index, last: 230, ticks: groupTicks) { Int($0) },
            note: distances(of: "space_group", in: [run])))
      }
      if let elements = run.summary.distribution("element") {
        figures.append(
          DrawnFigure(
            name: "element-\(index)", group: .wide, caption: caption(run, "elements"),
            figure: mirrorFigure(elements, run: index, last: 103, ticks: elementTicks) {
              Element.atomicNumber($0)
            }))
      }
      if let elements = run.summary.distribution("element_crystals") {
        figures.append(
          DrawnFigure(
            name: "element_crystals-\(index)", group: .wide, caption: caption(run, "crystals with each element"),
            figure: elementMap(elements, run: index)))
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
    return names.filter { $0 != "element_crystals" }.compactMap { name in
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
          name: name, group: .narrow, caption: model.edges.isEmpty ? model.label : "", figure: $0,
          note: distances(of: name, in: runs))
      }
    }
  }

  /// The distances of a quantity from the reference beside their floors; empty where there are none.
  private func distances(of name: String, in runs: [ReportRun]) -> String {
    runs.compactMap { run -> String? in
      guard let figure = run.summary.figure("\(name)_distance"), figure.value != nil else { return nil }
      let floor = ReportTable.floor(of: figure, in: run.summary).map { Glossary.link(ReportTable.floorText($0), to: "floor") }
      let distance = Glossary.label("distance", of: figure.name) + " " + ReportTable.valueText(figure)
      return (runs.count < 2 ? "" : escaped(run.name) + ": ") + [distance, floor].compactMap { $0 }.joined(separator: ", ")
    }.joined(separator: "; ")
  }

  private var trainingFigures: [DrawnFigure] {
    var names: [String] = []
    for name in runs.flatMap({ $0.history?.curves.map(\.name) ?? [] }) where !names.contains(name) {
      names.append(name)
    }
    return names.compactMap { name in
      let curves = runs.enumerated().flatMap { index, run in
        (run.history?.curves ?? []).filter { $0.name == name }
          .map {
            TrainingCurve(run: index, name: runs.count < 2 ? "" : run.name, part: $0.part, points: Array(zip($0.x, $0.y)))
          }
      }
      let axis = runs.compactMap { $0.history?.axis }.first ?? "step"
      return curveFigure(name, axis: axis, curves).map {
        DrawnFigure(name: "training-\(name)", group: .training, caption: "", figure: $0)
      }
    }
  }
}
