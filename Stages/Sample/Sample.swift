import ArgumentParser
import Generators
import StageKit
import Tensors

/// Draws asymmetric units from a trained model.
///
/// | reads  | model.h5; with --like, dataset.h5                            |
/// | writes | samples.h5: units as predicted, and the last probabilities   |
/// | drops  | nothing; with --like, targets that have no skeleton          |
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
      """, version: friezeVersion)

  @Option(help: "Model to sample from (HDF5, from train).")
  var model: String

  @Option(help: "How many samples to draw in all; with --like, --per-target for every target where not given.")
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
    guard count != nil || condition.like != nil else { throw ValidationError("Missing expected argument '--count <count>'") }
    guard (1...Self.mostSamples).contains(count ?? 1) else {
      throw ValidationError("--count goes from 1 to \(Self.mostSamples); another --seed gives others.")
    }
  }

  var files: StageFiles { StageFiles(inputs: [model, condition.like], outputs: [.file(output)]) }

  func perform() throws {
    var report = StageReport(stage: "sample")
    let precision = try arithmetic.resolved(stage: "sample", shared)
    let model = try ModelFile.read(model, weights: weights, precision: precision)
    let options = sampling.applied(to: model.configuration.sampling)
    let sampler = SymmBFNSampler(model, sampling: options, seed: shared.seed, isExact: exact)
    let source = try RequestSource(
      condition, statistics: model.statistics, templates: options.templates, seed: shared.seed)
    for warning in source.warnings where !shared.quiet { standardError("sample: \(warning)") }
    let total = count ?? source.count
    let range = shared.part.range(of: total, blocksOf: SymmBFNSampler.groupSize)
    for (id, rejection) in source.rejected where shared.part.index == 0 { report.reject(id, because: rejection) }
    let requests = try parallelMap(count: range.count, threads: shared.threadCount) {
      try source.request(range.lowerBound + $0)
    }
    try SamplesFile.write(
      requests, steps: options.steps, to: output, inputs: [self.model] + (condition.like.map { [$0] } ?? []),
      rejected: report.rejected, options: shared, records: RecordRange(range, of: total), precision: precision,
      seconds: report.seconds
    ) { append in
      try draw(sampler, range, append) {
        range.contains($0) ? requests[$0 - range.lowerBound] : try source.request($0)
      }
    }
    report.accept(range.count)
    report.note("seconds_per_sample", report.seconds / Double(max(1, range.count)))
    report.note("network_calls", options.steps + 1)
    report.note("precision", json: "\"\(precision.rawValue)\"")
    try report.finish(shared, output: output)
  }

  /// Draws the groups that hold a range, a thread a group, and hands over what is in the range.
  private func draw(
    _ sampler: SymmBFNSampler, _ range: Range<Int>, _ append: ([PredictedUnit]) throws -> Void,
    request: @Sendable (Int) throws -> SampleRequest
  ) throws {
    let groups = Array(SymmBFNSampler.groups(of: range))
    var progress = Progress("sample", total: range.count, quiet: shared.quiet)
    var drawn = 0
    for start in stride(from: 0, to: groups.count, by: 2 * shared.threadCount) {
      try Interruption.check()
      let part = Array(groups[start..<min(groups.count, start + 2 * shared.threadCount)])
      let units = try parallelMap(count: part.count, threads: shared.threadCount) {
        try sampler.sample(group: part[$0], request: request)
      }
      for (group, units) in zip(part, units) {
        let first = group * SymmBFNSampler.groupSize
        let wanted = units.enumerated().filter { range.contains(first + $0.offset) }.map(\.element)
        try append(wanted)
        drawn += wanted.count
      }
      progress.update(drawn)
    }
    progress.finish()
  }
}
