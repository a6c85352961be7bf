import ArgumentParser
import Artifacts
import Generators
import StageKit
import Tensors

/// Draws asymmetric units from a trained model.
///
/// | reads  | model.h5; blueprints.h5; with --like, dataset.h5                              |
/// | writes | samples.h5: units as predicted, what they were to be, the last probabilities   |
/// | drops  | nothing; with --like, targets that have no skeleton                           |
@main
struct Sample: Stage {
  static let usesProducts = true
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw asymmetric units from a trained model.",
    discussion: """
      Sample number n is the same whatever the number of threads or shards: it depends on the model, the seed and the options.

      With --composition, elements and Wyckoff positions that give the formula are drawn first, as the training set has them, and \
      the model finds coordinates and lattice; reconstruct keeps the composition.

      A model that was trained with properties (conditioning.properties) can be asked for them: --target band_gap=1..2.
      """, version: friezeVersion)

  @Option(help: "Model to sample from (HDF5, from train).")
  var model: String

  @Option(
    help:
      "How many samples to draw in all; one a blueprint of --blueprints, --per-target for every target of --like where not given."
  )
  var count: Int?

  @Option(help: "The samples to write (HDF5).")
  var output: String

  @OptionGroup var sampling: SamplingOptions

  @Option(help: "Parameters to sample with: best (lowest validation loss) or last.")
  var weights = ModelFile.Weights.best

  @Flag(help: "Multiply the network's Fourier features and don't look them up in tables: the reference, and slower.")
  var exact = false

  @OptionGroup var condition: ConditionOptions
  @OptionGroup var arithmetic: PrecisionOption
  @OptionGroup var shared: SharedOptions

  /// What a run keeps in memory, with room to spare.
  private static let mostSamples = 10_000_000

  func validate() throws {
    guard count != nil || condition.like != nil || condition.blueprints != nil else {
      throw ValidationError("Missing expected argument '--count <count>'")
    }
    guard (1...Self.mostSamples).contains(count ?? 1) else {
      throw ValidationError("--count goes from 1 to \(Self.mostSamples); another --seed gives others.")
    }
  }

  var files: StageFiles { StageFiles(inputs: [model, condition.like, condition.blueprints], outputs: [.file(output)]) }

  func perform() throws {
    if let echo = try condition.asked.echo(), !shared.quiet { standardError("sample: \(echo)") }
    var report = StageReport(stage: "sample")
    let precision = try arithmetic.resolved(stage: "sample", shared)
    let generator = try LoadedGenerator(
      reading: model, weights: weights, precision: precision, settings: try sampling.values + condition.targets.settings)
    let source = try BlueprintSource(
      condition, statistics: generator.method.statistics, kind: sampling.proposer ?? generator.method.proposer,
      seed: shared.seed)
    for warning in source.warnings where !shared.quiet { standardError("sample: \(warning)") }
    for (id, rejection) in source.rejected where shared.part.index == 0 { report.reject(id, because: rejection) }
    let run = SamplingRun(generator, isExact: exact, shared: shared)
    let total = count ?? source.count
    try run.perform(
      total: total, to: output, inputs: [model, condition.like, condition.blueprints].compactMap { $0 },
      rejected: report.rejected,
      precision: precision, report
    ) { try source.blueprint($0) }
    let drawn = run.range(of: total).count
    report.accept(drawn)
    report.note("seconds_per_sample", report.seconds / Double(max(1, drawn)))
    report.note("network_calls", run.networkCalls)
    report.note("precision", json: "\"\(precision.rawValue)\"")
    try report.finish(shared, output: output)
  }
}
