import ArgumentParser
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

  @Option(help: "The part of the dataset that distances are measured to: test (train where there is none) or train.")
  var compareWith = ComparedPart.test

  @Option(help: "The crystals are predictions, made from the composition or from composition, group and Wyckoff positions.")
  var prediction: Given?

  @Option(parsing: .upToNextOption, help: "Values that were asked for of properties, NAME=VALUE.")
  var target: [String] = []

  @OptionGroup var shared: SharedOptions

  enum Given: String, ExpressibleByArgument, CaseIterable { case composition, wyckoff }
  enum ComparedPart: String, ExpressibleByArgument, CaseIterable { case test, train }

  func validate() throws {
    guard symprec > 0, symprec <= 1 else { throw ValidationError("--symprec must be above 0 and at most 1 angstrom.") }
    guard output.hasSuffix(".json") else { throw ValidationError("--output must end in .json.") }
    _ = try targets()
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
    (input.properties, input.targets) = (judged.properties, try targets())
    input.notes = notes + (try otherTrainingSet(judged, data))
    input.comparesWithTrain = compareWith == .train
    input.prediction = prediction.map {
      PredictionTask(
        given: $0 == .wyckoff ? .wyckoff : .composition, ids: judged.ids, testIDs: data.indices(ofSplit: 2).map { data.ids[$0] }
      )
    }
    input.work = Work(threads: shared.threadCount) { phase, done, total in
      try Interruption.check()
      progress.withLock { $0.update(phase, done, of: total) }
    }
    let judgement = try MetricsSummary.judge(input)
    report.note("seconds_by_phase", json: progress.withLock { $0.finish() })
    try MetricsFile.write(
      judgement, ids: judged.ids, crystals: judged.crystals.map(\.crystal), rejected: judged.rejected,
      to: (output as NSString).deletingPathExtension + ".h5", inputs: judged.inputs + (data.ids.isEmpty ? [] : [reference]),
      options: shared, seconds: report.seconds)
    try JSONFile.write(judgement.summary, to: output)
    if !shared.quiet { print(judgement.summary.table) }
    report.accept(judged.crystals.count)
    report.finish(shared, output: output)
  }

  /// A word where the crystals' model was not trained on the reference's training part: novelty would be measured against others.
  private func otherTrainingSet(_ judged: JudgedSet, _ data: Dataset) throws -> [String] {
    guard let learnt = judged.trainingSet, !data.ids.isEmpty, try TrainingSetRecord(data).fingerprint() != learnt else {
      return []
    }
    let note =
      "the model of these crystals was trained on \(learnt.prefix { $0 != " " }) crystals that are not the training part of the reference: "
      + "what is called novel here may be known to it."
    if !shared.quiet { standardError("metrics: \(note)") }
    return [note]
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
