import ArgumentParser
import Crystals
import Evaluation
import Foundation
import StageKit

/// Judges crystals against a dataset.
///
/// | reads  | any file with /crystal, or CIF, extxyz, CSV; dataset.h5                          |
/// | writes | metrics.json (totals) and metrics.h5 beside it (every crystal)                   |
/// | drops  | nothing: what an earlier stage dropped is a line of the funnel                   |
@main
struct Metrics: Stage {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Judge crystals against a dataset.",
    discussion: """
      Crystals of any origin can be judged: --crystals takes .h5 files, folders of CIF or extxyz files, and tables. Rates are per \
      sampled structure.
      """, version: friezeVersion)

  @Option(help: "Crystals to judge: .h5, CIF, extxyz, CSV or a folder of them.")
  var crystals: String

  @Option(help: "The dataset to compare with (HDF5, from preprocess).")
  var reference: String

  @Option(help: "The totals to write (JSON); a file of the same name with .h5 holds every crystal.")
  var output: String

  @Option(help: "Name of the run in tables.")
  var name: String?

  @Option(parsing: .upToNextOption, help: "Files of earlier stages whose seconds belong to the run.")
  var timing: [String] = []

  @Option(help: "Tolerance of the symmetry search, in angstrom.")
  var symprec = 0.1

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard symprec > 0, symprec <= 1 else { throw ValidationError("--symprec must be above 0 and at most 1 angstrom.") }
    guard output.hasSuffix(".json") else { throw ValidationError("--output must end in .json.") }
  }

  func perform() throws {
    var report = StageReport(stage: "metrics")
    let judged = try JudgedSet(reading: crystals)
    let data = try Dataset(reading: reference)
    let input = MetricsInput(
      name: name ?? (crystals as NSString).lastPathComponent, sampled: judged.crystals.count + judged.rejected.count,
      drops: judged.drops, crystals: judged.crystals, reference: try referenceSet(data),
      stages: try timing.map(StageTime.init(ofArtifact:)),
      settings: Settings(symprec: symprec, seed: shared.seed, judge: judged.potential, hull: judged.hull))
    try Interruption.check()
    let (summary, results) = MetricsSummary.judge(input)
    let table = (output as NSString).deletingPathExtension + ".h5"
    try MetricsFile.write(
      results, ids: judged.ids, crystals: judged.crystals.map(\.crystal), to: table, inputs: judged.inputs + [reference],
      options: shared, seconds: report.seconds)
    try JSONFile.write(summary, to: output)
    if !shared.quiet { print(summary.table) }
    report.accept(judged.crystals.count)
    report.finish(shared, output: output)
  }

  private func referenceSet(_ data: Dataset) throws -> ReferenceSet {
    let train = data.indices(ofSplit: 0)
    let test = data.indices(ofSplit: 2)
    return ReferenceSet(
      name: (reference as NSString).lastPathComponent, train: train.map { data.crystals[$0] },
      test: test.map { data.crystals[$0] }, trainTemplates: Set(train.compactMap { Template(data.units[$0]) }))
  }
}
