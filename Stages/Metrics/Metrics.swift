import ArgumentParser
import Artifacts
import Evaluation
import Foundation
import StageKit
import Synchronization

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
      sampled structure. With --prediction the crystals are predictions of the dataset's test set, named as their targets (with \
      #2, /2, -2 or _2 behind where there are several).
      """, version: friezeVersion)

  @Option(help: "Crystals to judge: .h5, CIF, extxyz, CSV or a folder of them.")
  var crystals: String

  @Option(help: "The dataset to compare with (HDF5, from preprocess).")
  var reference: String

  @Option(help: "The totals to write (JSON); a file of the same name with .h5 holds every crystal.")
  var output: String

  @Option(help: "Name of the run in tables.")
  var name: String?

  @Option(parsing: .upToNextOption, help: "Files of earlier stages whose cost belongs to the run.")
  var timing: [String] = []

  @Option(help: "Tolerance of the symmetry search, in angstrom.")
  var symprec = 0.1

  @OptionGroup var judging: JudgingOptions

  @Option(help: "What 'metrics --shard' has measured, its parts put together by 'merge' (HDF5).")
  var measures: String?

  @OptionGroup var asked: AskedOptions
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard symprec >= 1e-6, symprec <= 1 else { throw ValidationError("--symprec must be from 0.000001 to 1 angstrom.") }
    guard output.hasSuffix(isPart ? ".h5" : ".json") else {
      throw ValidationError(isPart ? "--output of a shard must end in .h5." : "--output must end in .json.")
    }
  }

  /// Whether only a part of the crystals is measured.
  private var isPart: Bool { shared.part.count > 1 }

  /// The file of every crystal, beside the totals.
  private var table: String { (output as NSString).deletingPathExtension + ".h5" }

  var files: StageFiles {
    StageFiles(inputs: [crystals, reference] + timing, outputs: isPart ? [.file(output)] : [.file(output), .file(table)])
  }

  func perform() throws {
    var report = StageReport(stage: "metrics")
    let progress = Mutex(PhaseProgress(quiet: shared.quiet))
    let judged = try JudgedSet(reading: crystals, threads: shared.threadCount)
    let (data, notes) = try Dataset.unlessOutdated(reference)
    let sources = judged.inputs + (data.ids.isEmpty ? [] : [reference])
    var input = MetricsInput(
      judged, name: name ?? (crystals as NSString).lastPathComponent, data, reference: reference, symprec: symprec,
      seed: shared.seed, cost: try Cost(ofArtifacts: timing))
    input.notes = notes
    try judging.apply(
      to: &input, data: data, reference: reference,
      models: try timing.filter { try Artifact.open($0).attribute("format") == Artifact.Format.model.name },
      threads: shared.threadCount)
    input.prediction = asked.task(judged, data, comparedWith: input.comparedPart)
    input.targets = try asked.properties(judged, training: input.reference.trainProperties)
    input.work = Work(threads: shared.threadCount) { phase, done, total in
      try Interruption.check()
      progress.withLock { $0.update(phase, done, of: total) }
    }
    if isPart {
      let file = try MeasuresFile(input, of: judged, shared.part)
      try file.write(to: output, inputs: sources, options: shared, seconds: report.seconds)
      report.accept(file.ids.count)
      return try report.finish(shared, output: output)
    }
    if let measures { try input.takeMeasures(measures, of: judged, inputs: sources, path: crystals) }
    let judgement = try MetricsSummary.judge(input)
    report.note("seconds_by_phase", json: progress.withLock { $0.finish() })
    try MetricsFile.write(judgement, of: judged, to: table, inputs: sources, options: shared, seconds: report.seconds)
    try JSONFile.write(judgement.summary, to: output)
    if !shared.quiet { try standardOutput(judgement.summary.table) }
    report.accept(judged.crystals.count)
    try report.finish(shared, output: output)
  }
}
