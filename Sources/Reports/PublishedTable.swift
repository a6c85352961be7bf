import Evaluation

/// A row of a paper's table, shown beside the runs.
public struct PublishedResult: Codable, Sendable {
  /// Name of the method.
  public var name: String
  /// Where the numbers stand, e.g. `Ruple et al. 2026, table 1`.
  public var source: String
  /// Sampling steps, where the method has any.
  public var steps: Int?
  /// Which crystals the numbers are of, and what they are compared with.
  public var data: String?
  /// What judged the energies.
  public var judge: String?
  /// Values by the names of the figures, shares between 0 and 1; validity, coverage and distances are of crystals as generated.
  public var values: [String: Double]

  /// - Parameters:
  ///   - name: of the method.
  ///   - source: paper and table.
  ///   - values: by the names of the figures.
  public init(
    name: String, source: String, steps: Int? = nil, data: String? = nil, judge: String? = nil, values: [String: Double]
  ) {
    self.name = name
    self.source = source
    self.steps = steps
    self.data = data
    self.judge = judge
    self.values = values
  }
}

/// The table that papers print: a row a method, our runs first, with what makes the rows differ.
///
/// It stands in parts that a page of any width can hold, each with the methods that it has numbers of.
struct PublishedTable {
  let runs: [ReportRun]
  let published: [PublishedResult]

  private struct Column {
    let name: String
    let heading: String
    let isShare: Bool
    var part = Part.quality
  }

  private enum Part: String, CaseIterable {
    case quality = "Validity and coverage"
    case distances = "Distances to the reference, templates"
    case energies = "Stability, structure prediction and cost"
  }

  private static let columns = [
    Column(name: "structure_valid", heading: "struct. valid", isShare: true),
    Column(name: "composition_valid", heading: "comp. valid", isShare: true),
    Column(name: "valid", heading: "valid", isShare: true),
    Column(name: "coverage_recall", heading: "recall", isShare: true),
    Column(name: "coverage_precision", heading: "precision", isShare: true),
    Column(name: "density_distance", heading: "density, g/cm³", isShare: false, part: .distances),
    Column(name: "elements_distance", heading: "elements", isShare: false, part: .distances),
    Column(name: "space_group_distance", heading: "space group", isShare: false, part: .distances),
    Column(name: "templates_new", heading: "new templates", isShare: false, part: .distances),
    Column(name: "stable_0.0", heading: "stable 0.0", isShare: true, part: .energies),
    Column(name: "sun_0.0", heading: "S.U.N. 0.0", isShare: true, part: .energies),
    Column(name: "match_rate", heading: "match rate", isShare: true, part: .energies),
    Column(name: "match_rate_rms", heading: "rms", isShare: false, part: .energies),
    Column(name: "seconds_per_sample_generation", heading: "s a sample", isShare: false, part: .energies),
    Column(name: "seconds_per_sun_0.0_generation", heading: "s a S.U.N.", isShare: false, part: .energies),
  ]

  var html: String {
    guard !runs.isEmpty, !published.isEmpty else { return "" }
    return """
      <section>
      <h2>Beside published results</h2>
      <p class="faint">Rows of papers in grey. Validity, coverage and distances are of crystals as generated, energies of relaxed ones.</p>
      \(Part.allCases.map(table).filter { !$0.isEmpty }.joined(separator: "\n"))
      \(differences)
      </section>
      """
  }

  /// One part; empty where no paper has a number of it.
  private func table(_ part: Part) -> String {
    let columns = Self.columns.filter { column in column.part == part && published.contains { $0.values[column.name] != nil } }
    guard !columns.isEmpty else { return "" }
    let heads = columns.map { "<th>\(Glossary.label($0.heading, of: $0.name))</th>" }.joined()
    let own = runs.map { run -> String in
      let steps = run.summary.figure("sampling_steps")?.value.map { String(Int($0)) } ?? "–"
      let cells = columns.map { "<td>\(cell($0, in: run.summary))</td>" }
      return "<tr><td>\(escaped(run.name))</td><td>\(steps)</td>\(cells.joined())</tr>"
    }
    let others = published.filter { row in columns.contains { row.values[$0.name] != nil } }.map { row -> String in
      let cells = columns.map { "<td class=\"published\">\(text($0, row.values[$0.name]))</td>" }
      let steps = row.steps.map(String.init) ?? "–"
      return "<tr><td class=\"published\">\(escaped(row.name))</td><td class=\"published\">\(steps)</td>\(cells.joined())</tr>"
    }
    return """
      <h3>\(part.rawValue)</h3>
      <div class="scroll"><table class="narrow">
      <thead><tr><th>method</th><th>\(Glossary.link("steps", to: "network_calls"))</th>\(heads)</tr></thead>
      <tbody>
      \((own + others).joined(separator: "\n"))
      </tbody>
      </table></div>
      """
  }

  /// A run's value, a distance with its floor.
  private func cell(_ column: Column, in summary: MetricsSummary) -> String {
    let figure = figure(column.name, in: summary)
    let floor = figure.flatMap { ReportTable.floor(of: $0, in: summary) }
    return text(column, figure?.value) + (floor.map { " <small>\(ReportTable.floorText($0))</small>" } ?? "")
  }

  /// Papers measure as generated what we measure before and after relaxation.
  private func figure(_ name: String, in summary: MetricsSummary) -> Figure? {
    summary.figure("initial_\(name)") ?? summary.figure(name)
  }

  private func text(_ column: Column, _ value: Double?) -> String {
    value.map { column.isShare ? percent($0, 1) : readable($0) } ?? "–"
  }

  /// What the rows do not share, in words.
  private var differences: String {
    let own = runs.map { run -> String in
      let (summary, settings) = (run.summary, run.summary.settings)
      let set = summary.reference.comparedWith == "test" ? summary.reference.test : summary.reference.train
      let judge = settings.judge.map { "energies by \($0)" + (settings.hull.map { " above \($0)" } ?? "") } ?? "no energies"
      return note(
        summary.name,
        "\(summary.sampled) sampled, compared with the \(summary.reference.comparedWith) set (\(set)) of \(summary.reference.name); \(judge)"
      )
    }
    // Rows of one paper, data and judge share a note.
    var groups: [(text: String, names: [String])] = []
    for row in published {
      let words = [row.source, row.data, row.judge.map { "energies by \($0)" }].compactMap { $0 }.joined(separator: "; ")
      if let k = groups.firstIndex(where: { $0.text == words }) {
        groups[k].names.append(row.name)
      } else {
        groups.append((words, [row.name]))
      }
    }
    return (own + groups.map { note($0.names.joined(separator: " · "), $0.text) }).joined(separator: "\n")
  }

  private func note(_ name: String, _ words: String) -> String {
    "<p class=\"note\"><b>\(escaped(name))</b>: \(escaped(words)).</p>"
  }
}
