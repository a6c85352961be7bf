import Crystals
public import Evaluation

/// One run as the report shows it.
public struct ReportRun: Sendable {
  /// The figures of the run.
  public var summary: MetricsSummary
  /// For headings; says the number of network calls where runs of one model differ in it.
  var name: String
  /// Its loss curves; nil where they are not known.
  public var history: TrainingHistory?
  /// Crystals to draw.
  public var gallery: [GalleryCrystal]
  /// What made the crystals and judged them.
  public var origin = PageOrigin()

  /// A run without curves and crystals, unless they are given.
  public init(
    summary: MetricsSummary, history: TrainingHistory? = nil, gallery: [GalleryCrystal] = []
  ) {
    self.summary = summary
    name = summary.name
    self.history = history
    self.gallery = gallery
  }
}

/// How training went.
public struct TrainingHistory: Codable, Sendable {
  /// What the curves run over, e.g. `epoch`.
  public var axis: String
  /// A curve a quantity.
  public var curves: [Curve]

  /// One quantity; values that are not finite are left out of the figure.
  public struct Curve: Codable, Sendable {
    /// For readers.
    public var name: String
    /// Which crystals it is of, `training` or `validation`; empty where nobody knows.
    public var part: String
    /// Places along the axis, in rising order.
    public var x: [Double]
    /// A value a place.
    public var y: [Double]

    /// - Parameters:
    ///   - part: which crystals it is of.
    ///   - x: places along the axis.
    ///   - y: a value a place.
    public init(name: String, part: String = "", x: [Double], y: [Double]) {
      self.name = name
      self.part = part
      self.x = x
      self.y = y
    }
  }

  /// - Parameters:
  ///   - axis: what the curves run over.
  ///   - curves: one a quantity.
  public init(axis: String, curves: [Curve]) {
    self.axis = axis
    self.curves = curves
  }
}

/// A page that stands alone: one or several runs side by side.
public struct Report: Sendable {
  /// Title of the page.
  public var title: String
  /// Where and when, in words; the library knows no clock.
  public var subtitle: String
  /// Side by side, in their order.
  public var runs: [ReportRun]
  /// Rows of papers to stand beside the runs.
  public var published: [PublishedResult]

  /// - Parameters:
  ///   - subtitle: where and when, in words.
  ///   - runs: side by side.
  ///   - published: rows of papers.
  public init(
    title: String, subtitle: String = "", runs: [ReportRun], published: [PublishedResult] = []
  ) {
    self.title = title
    self.subtitle = subtitle
    self.runs = runs
    self.published = published
    guard comparesCalls else { return }
    for i in runs.indices {
      guard let calls = runs[i].summary.figure("network_calls")?.value else { continue }
      self.runs[i].name = "\(runs[i].summary.name), \(Int(calls)) calls"
    }
  }

  /// The page: no file beside it and no network.
  public var html: String {
    let body = [
      header, PublishedTable(runs: runs, published: published).html, calls, ReportTable(runs: runs).html, funnels,
      distributionFigures,
      training, times, gallery, conditions,
    ].filter { !$0.isEmpty }.joined(separator: "\n")
    return page(title: title, body: body + "\n" + Glossary.section(for: body), crystals: runs.flatMap(\.gallery))
  }

  /// The figures by name, each an SVG file of its own.
  public var figures: [(name: String, svg: String)] {
    drawnFigures.map { ($0.name, $0.figure.svg) }
  }

  private var header: String {
    let line = subtitle.isEmpty ? "" : "<p class=\"faint\">\(escaped(subtitle))</p>"
    return "<header>\n<h1>\(escaped(title))</h1>\n\(line)\n\(key)\n\(headline)\n</header>"
  }

  /// Which colour is which run.
  private var key: String {
    guard let first = runs.first else { return "<p>There are no runs to report.</p>" }
    let names = comparesCalls ? ladders.map(\.name) : runs.map(\.name)
    var entries = names.enumerated().map { index, name in
      "<li><i style=\"background:\(SVGFigure.Ink.run(index).css)\"></i>\(escaped(name))</li>"
    }
    let reference = first.summary.reference
    let count = reference.comparedWith == "test" ? reference.test : reference.train
    entries.append(
      "<li><i style=\"background:\(SVGFigure.Ink.reference.css)\"></i>reference: "
        + "\(escaped(reference.name)), \(escaped(reference.comparedWith)) set, \(count) crystals</li>")
    return "<ul class=\"key\">\n\(entries.joined(separator: "\n"))\n</ul>"
  }

  /// The few numbers that a reader looks for first.
  private var headline: String {
    guard runs.count == 1, let summary = runs.first?.summary else { return "" }
    // What was asked for, by its judges, comes first.
    let names =
      summary.figures.map(\.name).filter { $0.hasSuffix("_in_range") }.prefix(2) + [
        "sun_0.0", "sun_0.1", "match_rate", "valid", "unique", "novel", "valid_unique_novel", "space_group_kept",
        "space_group_distance",
      ]
    var cells = ["<div><b>\(summary.sampled)</b><span>structures sampled</span></div>"]
    for figure in names.compactMap({ summary.figure($0) }).prefix(5) where figure.value != nil {
      let floor = ReportTable.floor(of: figure, in: summary).map { ", " + ReportTable.floorText($0) } ?? ""
      cells.append(
        "<div><b>\(ReportTable.valueText(figure))</b><span>\(Glossary.label(figure.label, of: figure.name))\(floor)</span></div>"
      )
    }
    return "<div class=\"headline\">\(cells.joined())</div>"
  }

  private var calls: String {
    let drawn = drawnFigures.filter { $0.group == .calls }.map(\.element)
    return section(
      "Quality against network calls", "A curve a model; bars are 95 % intervals.",
      drawn.isEmpty ? "" : "<div class=\"pair\">\(drawn.joined(separator: "\n"))</div>")
  }

  private var funnels: String {
    section(
      "From sampled to kept",
      "Every structure ends at the first test it fails, and the counts add up to those sampled.",
      drawnFigures.filter { $0.group == .funnel }.map(\.element).joined(separator: "\n"))
  }

  private var distributionFigures: String {
    let drawn = drawnFigures
    let wide = drawn.filter { $0.group == .wide }.map(\.element)
    let narrow = drawn.filter { $0.group == .narrow }.map(\.element)
    guard !(wide + narrow).isEmpty else { return "" }
    return section(
      "Distributions",
      "Generated crystals in colour, the reference in grey; the outermost bins of a histogram hold all that lies beyond them. "
        + "Dashed lines are values that were asked for.",
      wide.joined(separator: "\n") + "\n<div class=\"pair\">\(narrow.joined(separator: "\n"))</div>")
  }

  private var training: String {
    let drawn = drawnFigures.filter { $0.group == .training }.map(\.element)
    return section(
      "Training", "", drawn.isEmpty ? "" : "<div class=\"pair\">\(drawn.joined(separator: "\n"))</div>")
  }

  private var times: String {
    let drawn = drawnFigures.filter { $0.group == .time }.map(\.element)
    return section(
      "Seconds per stage", "",
      drawn.isEmpty ? "" : "<div class=\"pair\">\(drawn.joined(separator: "\n"))</div>")
  }

  private var gallery: String {
    var index = 0
    var parts: [String] = []
    for run in runs where !run.gallery.isEmpty {
      var cards: [String] = []
      for item in run.gallery {
        cards.append(item.card(scene: index))
        index += 1
      }
      let heading = runs.count > 1 ? "<h3>\(escaped(run.name))</h3>\n" : ""
      parts.append(heading + "<div class=\"gallery\">\n\(cards.joined(separator: "\n"))\n</div>")
    }
    return section("Crystals", "Drag to turn, or use the arrow keys.", parts.joined(separator: "\n"))
  }

  /// What the numbers rest on.
  private var conditions: String {
    let lines = runs.map { run -> String in
      let summary = run.summary
      let matcher = summary.settings.matcher
      var words = [
        "\(summary.sampled) sampled, \(summary.judged) judged; train \(summary.reference.train), test \(summary.reference.test) crystals",
        "symprec \(tickText(summary.settings.symprec)) Å",
        "structures match at lengths \(tickText(matcher.lengthTolerance)), sites \(tickText(matcher.siteTolerance)), angles \(tickText(matcher.angleTolerance))°",
        "seed \(summary.settings.seed)",
      ]
      if let judge = summary.settings.judge {
        words.append("energies by \(judge)" + (summary.settings.judgeWeights.map { " (\($0))" } ?? ""))
      }
      if let hull = summary.settings.hull {
        words.append("hull \(hull)" + (summary.settings.hullHash.map { " (sha256:\($0))" } ?? ""))
      }
      var machines: [String] = []
      for case let name? in summary.stages.map(\.processor) where !machines.contains(name) { machines.append(name) }
      if !machines.isEmpty { words.append("on \(machines.joined(separator: ", "))") }
      let notes = summary.notes.map { "<p class=\"note\">\(escaped($0))</p>" }.joined()
      return "<p class=\"note\"><b>\(escaped(summary.name))</b>: \(escaped(words.joined(separator: "; "))).</p>" + notes
        + run.origin.html
    }
    return section(
      "Conditions",
      "Rates are per sampled structure unless a denominator is given; brackets hold 95 % intervals.",
      lines.joined(separator: "\n"))
  }
}
