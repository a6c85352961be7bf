import ArgumentParser
import Artifacts
import Crystals
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

  @Option(help: "The crystals are predictions, made from the composition or from composition, group and Wyckoff positions.")
  var prediction: Given?

  @Option(parsing: .upToNextOption, help: "Values that were asked for of properties, NAME=VALUE.")
  var target: [String] = []

  @OptionGroup var shared: SharedOptions

  enum Given: String, ExpressibleByArgument, CaseIterable { case composition, wyckoff }

  func validate() throws {
    guard symprec >= 1e-6, symprec <= 1 else { throw ValidationError("--symprec must be from 0.000001 to 1 angstrom.") }
    guard output.hasSuffix(isPart ? ".h5" : ".json") else {
      throw ValidationError(isPart ? "--output of a shard must end in .h5." : "--output must end in .json.")
    }
    _ = try targets()
  }

  /// Whether only a part of the crystals is measured.
  private var isPart: Bool { shared.part.count > 1 }

  /// The file of every crystal, beside the totals.
  private var table: String { (output as NSString).deletingPathExtension + ".h5" }

  var files: StageFiles {
    StageFiles(inputs: [crystals, reference] + timing, outputs: isPart ? [.file(output)] : [.file(output), .file(table)])
  }

  private func targets() throws -> [String: Double] {
    var values: [String: Double] = [:]
    for text in target {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
        throw ValidationError("--target takes NAME=VALUE with a number, not '\(text)'.")
      }
      values[parts[0]] = value
    }
    return values
  }

  func perform() throws {
    var report = StageReport(stage: "metrics")
    let progress = Mutex(PhaseProgress(quiet: shared.quiet))
    let judged = try JudgedSet(reading: crystals, threads: shared.threadCount)
    let (data, notes) = try referenceData()
    var input = MetricsInput(
      name: name ?? (crystals as NSString).lastPathComponent, sampled: judged.crystals.count + judged.rejected.count,
      drops: judged.drops, crystals: judged.crystals,
      reference: ReferenceSet(data, name: (reference as NSString).lastPathComponent), cost: try Cost(ofArtifacts: timing),
      settings: Settings(
        symprec: symprec, seed: shared.seed, judge: judged.potential, hull: judged.hull,
        judgeWeights: judged.potentialWeights, hullHash: judged.hullHash))
    (input.properties, input.targets, input.notes) = (judged.properties, try targets(), notes)
    try judging.apply(
      to: &input, data: data, reference: reference,
      models: try timing.filter { try Artifact.open($0).attribute("format") == Artifact.Format.model.name },
      threads: shared.threadCount)
    input.hulls = judged.hulls
    input.prediction = prediction.map {
      PredictionTask(
        given: $0 == .wyckoff ? .wyckoff : .composition, ids: judged.ids,
        testIDs: data.indices(ofSplit: 2).map { data.ids[$0] },
        lost: judged.rejected.map(\.id))
    }
    input.work = Work(threads: shared.threadCount) { phase, done, total in
      try Interruption.check()
      progress.withLock { $0.update(phase, done, of: total) }
    }
    if isPart { return try measure(input, judged, &report) }
    if let measures {
      let file = try MeasuresFile(reading: measures, inputs: judged.inputs + (data.ids.isEmpty ? [] : [reference]))
      guard file.ids == judged.ids else { throw StageError(.input, "'\(measures)' is of other crystals than '\(crystals)'.") }
      input.stored = file.sets
    }
    let judgement = try MetricsSummary.judge(input)
    report.note("seconds_by_phase", json: progress.withLock { $0.finish() })
    try MetricsFile.write(
      judgement, ids: judged.ids, crystals: judged.crystals.map(\.crystal), rejected: judged.rejected,
      to: table, inputs: judged.inputs + (data.ids.isEmpty ? [] : [reference]),
      options: shared, seconds: report.seconds)
    try JSONFile.write(judgement.summary, to: output)
    if !shared.quiet { try standardOutput(judgement.summary.table) }
    report.accept(judged.crystals.count)
    try report.finish(shared, output: output)
  }

  /// Measures a part of the crystals, to be merged and judged later.
  private func measure(_ input: MetricsInput, _ judged: JudgedSet, _ report: inout StageReport) throws {
    let range = shared.part.range(of: judged.ids.count)
    let sets = try input.measured(range)
    try MeasuresFile(ids: Array(judged.ids[range]), sets: sets).write(
      to: output, inputs: judged.inputs + (input.reference.name.isEmpty ? [] : [reference]), options: shared,
      records: RecordRange(range, of: judged.ids.count), seconds: report.seconds)
    report.accept(range.count)
    try report.finish(shared, output: output)
  }

  /// A reference of another version costs the figures that need one, and no others.
  private func referenceData() throws -> (Dataset, notes: [String]) {
    do {
      return (try Dataset(reading: reference), [])
    } catch let error as StageError where error.isOtherVersion {
      standardError("metrics: \(error.description) Judging without a reference.")
      return (Dataset(), [error.description])
    }
  }
}
