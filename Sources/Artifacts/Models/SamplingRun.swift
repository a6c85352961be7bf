public import Generators
public import StageKit
public import Tensors

/// A trained method that fills blueprints, as `sample` needs it.
public struct LoadedGenerator: Sendable {
  /// The method with its options.
  public let method: any UnitGenerator
  /// What it has learnt.
  public let parameters: Parameters
  /// The fingerprint of what it was trained on; nil in files of earlier versions.
  public let trainingSet: String?

  /// - Parameter settings: options of the sampler taken over the model's own; `sampling.` alone can be set.
  /// - Throws: `StageError` where the model is of a method that gives no crystals.
  public init(
    reading path: String, weights: ModelFile.Weights, precision: Precision, settings: [ModelConfiguration.Setting],
    registry: MethodRegistry = .standard
  ) throws {
    try ModelConfiguration.Setting.checkSampler(settings)
    let reader = try Artifact.open(path, formats: [.model])
    let configuration = try ModelFile.configuration(reader, settings: settings, registry: registry)
    guard let type = configuration.method as? any UnitGenerator.Type else {
      throw StageError(.input, "'\(path)' is a model of \(configuration.method.name), which gives no crystals to 'sample'.")
    }
    (method, parameters) = try Self.load(type, reader, configuration, weights, precision)
    trainingSet = reader.trainingSet
  }

  private static func load<G: UnitGenerator>(
    _ type: G.Type, _ reader: borrowing HDF5Reader, _ configuration: ModelConfiguration, _ weights: ModelFile.Weights,
    _ precision: Precision
  ) throws -> (any UnitGenerator, Parameters) {
    let model = try ModelFile.read(type, reader, configuration, weights: weights, precision: precision)
    return (model.method, model.parameters)
  }
}

/// One run of `sample`, whatever the method: draws groups of samples, a thread a group, and writes them as they come.
public struct SamplingRun {
  private let sampler: any UnitSampler
  private let trainingSet: String?
  private let shared: SharedOptions

  /// - Parameter isExact: whether the method leaves out its shortcuts.
  public init(_ generator: LoadedGenerator, isExact: Bool = false, shared: SharedOptions) {
    sampler = generator.method.sampler(generator.parameters, seed: shared.seed, isExact: isExact)
    (trainingSet, self.shared) = (generator.trainingSet, shared)
  }

  /// Calls of the network a sample.
  public var networkCalls: Int { sampler.networkCalls }

  /// The part of a run that this shard draws: whole groups.
  public func range(of total: Int) -> Range<Int> { shared.part.range(of: total, blocksOf: SampleGroup.size) }

  /// - Parameters:
  ///   - total: samples of all shards.
  ///   - blueprint: what the sample with a number is to be, and its id; also of samples behind the last.
  ///   - inputs: the model, and a dataset whose crystals are predicted.
  /// - Throws: `StageError` where the run is stopped or the output cannot be written, and what `blueprint` throws.
  public func perform(
    total: Int, to output: String, inputs: [String], rejected: [RejectedRecord] = [], precision: Precision,
    _ report: StageReport, blueprint: @escaping @Sendable (Int) throws -> (id: String, blueprint: Blueprint)
  ) throws {
    let range = range(of: total)
    let asked = try parallelMap(count: range.count, threads: shared.threadCount) { try blueprint(range.lowerBound + $0) }
    try SamplesFile.write(
      ids: asked.map(\.id), blueprints: asked.map(\.blueprint), sampler: sampler, trainingSet: trainingSet, to: output,
      inputs: inputs, rejected: rejected, options: shared, records: RecordRange(range, of: total), precision: precision,
      seconds: report.seconds
    ) { append in
      try draw(range, append) { range.contains($0) ? asked[$0 - range.lowerBound].blueprint : try blueprint($0).blueprint }
    }
  }

  /// Draws the groups that hold a range, and hands over what is in the range.
  private func draw(
    _ range: Range<Int>, _ append: ([PredictedUnit]) throws -> Void, blueprint: @escaping @Sendable (Int) throws -> Blueprint
  ) throws {
    let groups = Array(SampleGroup.groups(of: range))
    var progress = Progress("sample", total: range.count, quiet: shared.quiet)
    var drawn = 0
    // Groups come in whatever order they are done, and go into the file in theirs.
    var (waiting, next) = ([Int: Result<[PredictedUnit], any Error>](), 0)
    let sampler = sampler
    try parallelForEach(count: groups.count, threads: shared.threadCount) { i in
      Result { try sampler.sample(group: groups[i], blueprint: blueprint) }
    } receive: { i, units in
      try Interruption.check()
      waiting[i] = units
      while let units = try waiting.removeValue(forKey: next)?.get() {
        let wanted = zip(SampleGroup.samples(of: groups[next]), units).filter { range.contains($0.0) }.map(\.1)
        try append(wanted)
        drawn += wanted.count
        next += 1
      }
      progress.update(drawn)
    }
    progress.finish()
  }
}
