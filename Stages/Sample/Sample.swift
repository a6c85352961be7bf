import ArgumentParser
import Generators
import StageKit
import Tensors

/// Draws asymmetric units from a trained model.
///
/// | reads  | model.h5                                                    |
/// | writes | samples.h5: units as predicted, and the last probabilities  |
/// | drops  | nothing                                                     |
@main
struct Sample: Stage {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw asymmetric units from a trained model.",
    discussion: """
      Sample number n is the same whatever the number of threads or shards: it depends on the model, the seed and the options.
      """, version: friezeVersion)

  @Option(help: "Model to sample from (HDF5, from train).")
  var model: String

  @Option(help: "How many samples to draw in all.")
  var count: Int

  @Option(help: "The samples to write (HDF5).")
  var output: String

  @Option(help: "Sampling steps; the network is called once more than that. The model's own where not given.")
  var steps: Int?

  @Option(help: "Space groups to sample, by number, with commas between; those of the training set where not given.")
  var spaceGroup: String?

  @Option(help: "How the mean of coordinates moves: wrapped (as published) or minimum_image.")
  var coordinateUpdate: SymmBFNConfiguration.CoordinateUpdate?

  @Option(help: "The last classes: draw (as published) or most_probable.")
  var finalChoice: SymmBFNConfiguration.FinalChoice?

  @Option(help: "Divides the logits of elements and site symmetries; below 1 likelier ones are drawn more often.")
  var temperature: Float?

  @Option(help: "Parameters to sample with: best (lowest validation loss) or last.")
  var weights = ModelFile.Weights.best

  @OptionGroup var arithmetic: PrecisionOption
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count must be above 0.") }
    guard temperature ?? 1 > 0 else { throw ValidationError("--temperature must be above 0.") }
    guard steps ?? 1 > 0 else { throw ValidationError("--steps must be above 0.") }
    _ = try groups()
  }

  private func groups() throws -> [Int] {
    guard let spaceGroup else { return [] }
    return try spaceGroup.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let number = Int($0), (1...230).contains(number) else {
        throw ValidationError("--space-group takes numbers from 1 to 230 with commas between, not '\($0)'.")
      }
      return number
    }
  }

  func perform() throws {
    var report = StageReport(stage: "sample")
    let precision = try arithmetic.resolved(stage: "sample", shared)
    let model = try ModelFile.read(model, weights: weights, precision: precision)
    var options = model.configuration.sampling
    options.steps = steps ?? options.steps
    options.coordinateUpdate = coordinateUpdate ?? options.coordinateUpdate
    options.finalChoice = finalChoice ?? options.finalChoice
    options.temperature = temperature ?? options.temperature
    let asked = try groups()
    let unknown = asked.filter { model.statistics.spaceGroups[$0] == 0 }
    if !unknown.isEmpty, !shared.quiet {
      standardError("sample: the model has seen no crystal of space group \(unknown.map(String.init).joined(separator: ", ")).")
    }
    let sampler = SymmBFNSampler(model, sampling: options, seed: shared.seed)
    let range = shared.part.range(of: count, blocksOf: SymmBFNSampler.groupSize)
    let seed = shared.seed
    let requests = range.map { SampleRequest(index: $0, seed: seed, statistics: model.statistics, among: asked) }
    try SamplesFile.write(
      requests, steps: options.steps, to: output, model: self.model, options: shared, records: RecordRange(range, of: count),
      precision: precision, seconds: report.seconds
    ) { append in
      try draw(sampler, range, append) {
        range.contains($0)
          ? requests[$0 - range.lowerBound]
          : SampleRequest(index: $0, seed: seed, statistics: model.statistics, among: asked)
      }
    }
    report.accept(range.count)
    report.note("seconds_per_sample", report.seconds / Double(max(1, range.count)))
    report.note("network_calls", options.steps + 1)
    report.note("precision", json: "\"\(precision.rawValue)\"")
    report.finish(shared, output: output)
  }

  /// Draws the groups that hold a range, a thread a group, and hands over what is in the range.
  private func draw(
    _ sampler: SymmBFNSampler, _ range: Range<Int>, _ append: ([PredictedUnit]) throws -> Void,
    request: @Sendable (Int) -> SampleRequest
  ) throws {
    let groups = Array(SymmBFNSampler.groups(of: range))
    var progress = Progress("sample", total: range.count, quiet: shared.quiet)
    var drawn = 0
    for start in stride(from: 0, to: groups.count, by: 2 * shared.threadCount) {
      try Interruption.check()
      let part = Array(groups[start..<min(groups.count, start + 2 * shared.threadCount)])
      let units = try parallelMap(count: part.count, threads: shared.threadCount) {
        sampler.sample(group: part[$0], request: request)
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
