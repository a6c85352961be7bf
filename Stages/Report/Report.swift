import ArgumentParser
import Artifacts
import Crystals
import Evaluation
import Foundation
import Generators
import Reports
import StageKit

/// Draws metrics as a page, or proposals.
///
/// | reads  | metrics.json and the metrics.h5 beside it, one run or several; model.h5 for loss curves;                  |
/// |        | or blueprints.h5, a model.h5 of a property, dataset.h5, and relaxed.h5 where there is one                 |
/// | writes | report.html, which stands alone; figures as SVG, and numbers of proposals as JSON, where asked for        |
/// | drops  | nothing                                                                                                   |
@main
struct ReportStage: Stage {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw metrics, or proposals, as an HTML page that stands alone.",
    discussion: """
      report --metrics metrics.json --output report.html
      report --blueprints trained.h5 untrained.h5 --predictor proxy.h5 --reference dataset.h5 --output proposals.html
      """, version: friezeVersion)

  @Option(parsing: .upToNextOption, help: "Metrics of one run, or of several to see side by side (JSON).")
  var metrics: [String] = []

  @Option(parsing: .upToNextOption, help: "Models of the runs, in the same order, for their loss curves (HDF5).")
  var model: [String] = []

  @Option(help: "Rows of published tables (JSON).")
  var published: String?

  @Option(help: "The page to write (HTML).")
  var output: String

  @Option(help: "Folder for the figures as SVG files.")
  var figures: String?

  @Flag(help: "Print how often the runs, judges of the same crystals, agree on what is stable.")
  var agreement = false

  @Option(help: "Title of the page.")
  var title = "Frieze"

  @Option(help: "How many crystals to draw for each run.")
  var gallery = 12

  @OptionGroup(title: "Proposals") var proposals: ProposalOptions
  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  func validate() throws {
    guard metrics.isEmpty != proposals.blueprints.isEmpty else {
      throw ValidationError("report needs --metrics or --blueprints, and not both.")
    }
    guard proposals.blueprints.isEmpty || (model.isEmpty && published == nil && !agreement) else {
      throw ValidationError("--model, --published and --agreement go with --metrics.")
    }
    guard model.isEmpty || model.count == metrics.count else {
      throw ValidationError("--model needs as many files as --metrics, or none.")
    }
    guard !agreement || metrics.count > 1 else { throw ValidationError("--agreement needs two files or more.") }
    guard (0...1_000_000).contains(gallery) else { throw ValidationError("--gallery goes from 0 to 1000000.") }
  }

  var files: StageFiles {
    StageFiles(
      inputs: metrics + metrics.map(table) + model + [published] + proposals.inputs,
      outputs: [
        .file(output), figures.map { StageFiles.Output.folder($0) }, proposals.numbers.map { StageFiles.Output.file($0) },
      ])
  }

  /// The file of every crystal beside the totals.
  private func table(of path: String) -> String { (path as NSString).deletingPathExtension + ".h5" }

  private var subtitle: String { "frieze \(friezeVersion), \(ISO8601DateFormatter().string(from: Date()))" }

  func perform() throws {
    var stage = StageReport(stage: "report")
    if proposals.blueprints.isEmpty {
      let page = try self.page()
      try write(page.html, page.figures)
      stage.accept(metrics.count)
    } else {
      let page = ProposalPage(title: title, subtitle: subtitle, summary: try proposals.summary(threads: shared.threadCount))
      try write(page.html, page.figures)
      if let numbers = proposals.numbers { try JSONFile.write(page.summary, to: numbers) }
      stage.accept(proposals.blueprints.count)
    }
    try stage.finish(shared, output: output)
  }

  private func write(_ page: String, _ drawn: [(name: String, svg: String)]) throws {
    try AtomicFile.write(page, to: output)
    guard let figures else { return }
    for figure in drawn { try AtomicFile.write(figure.svg, to: "\(figures)/\(figure.name).svg") }
  }

  /// The runs' page.
  private func page() throws -> Report {
    var runs: [ReportRun] = []
    for (i, path) in metrics.enumerated() {
      let summary = try JSONFile.read(MetricsSummary.self, path)
      var run = ReportRun(summary: summary)
      run.origin = PageOrigin(of: table(of: path))
      if !model.isEmpty { run.history = try TrainingHistory(ofModel: model[i]) }
      let table = table(of: path)
      if gallery > 0, FileManager.default.fileExists(atPath: table) {
        run.gallery = try MetricsFile.gallery(table, count: gallery, symprec: summary.settings.symprec)
      }
      runs.append(run)
    }
    if agreement {
      let tables = metrics.map { ($0 as NSString).deletingPathExtension + ".h5" }
      print(try JudgeAgreement(ofTables: tables, names: runs.map { $0.summary.settings.judge ?? $0.summary.name }).table)
    }
    let rows = try published.map { try JSONFile.read([PublishedResult].self, $0) } ?? []
    return Report(title: title, subtitle: subtitle, runs: runs, published: rows)
  }
}
