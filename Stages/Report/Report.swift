import ArgumentParser
import Artifacts
import Crystals
import Evaluation
import Foundation
import Generators
import Reports
import StageKit

/// Draws metrics as a page.
///
/// | reads  | metrics.json and the metrics.h5 beside it, one run or several; model.h5 for loss curves |
/// | writes | report.html, which stands alone; figures as SVG where asked for                          |
/// | drops  | nothing                                                                                  |
@main
struct ReportStage: Stage {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw metrics as an HTML page that stands alone.", version: friezeVersion)

  @Option(parsing: .upToNextOption, help: "Metrics of one run, or of several to see side by side (JSON).")
  var metrics: [String]

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

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard !metrics.isEmpty else { throw ValidationError("--metrics needs at least one file.") }
    guard model.isEmpty || model.count == metrics.count else {
      throw ValidationError("--model needs as many files as --metrics, or none.")
    }
    guard !agreement || metrics.count > 1 else { throw ValidationError("--agreement needs two files or more.") }
    guard (0...1_000_000).contains(gallery) else { throw ValidationError("--gallery goes from 0 to 1000000.") }
  }

  var files: StageFiles {
    StageFiles(
      inputs: metrics + metrics.map(table) + model + [published],
      outputs: [.file(output), figures.map { StageFiles.Output.folder($0) }])
  }

  /// The file of every crystal beside the totals.
  private func table(of path: String) -> String { (path as NSString).deletingPathExtension + ".h5" }

  func perform() throws {
    var stage = StageReport(stage: "report")
    var runs: [ReportRun] = []
    for (i, path) in metrics.enumerated() {
      let summary = try JSONFile.read(MetricsSummary.self, path)
      var run = ReportRun(summary: summary)
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
    let subtitle = "frieze \(friezeVersion), \(ISO8601DateFormatter().string(from: Date()))"
    let page = Report(title: title, subtitle: subtitle, runs: runs, published: rows)
    try AtomicFile.write(page.html, to: output)
    if let figures {
      for figure in page.figures { try AtomicFile.write(figure.svg, to: "\(figures)/\(figure.name).svg") }
    }
    stage.accept(runs.count)
    try stage.finish(shared, output: output)
  }
}
