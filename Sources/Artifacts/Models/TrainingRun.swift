import Crystals
import Foundation
public import Generators
public import Networks
public import StageKit
public import Tensors

/// One run of `train`, whatever the method: begins or goes on, steps until its end or a signal, saves.
public struct TrainingRun<M: Method> {
  /// Where the run stands.
  public private(set) var trainer: Trainer<M>
  private let dataset: String
  private let output: String
  private let predictors: [String]
  private let shared: SharedOptions
  private let trainingSet: TrainingSetRecord
  /// How far a model of properties is from what is known of the validation and the test part; none before its training is over.
  public private(set) var errors: [PropertyErrors] = []
  /// Seconds of the runs before this one.
  private let before: Double

  /// Where a run that is stopped keeps what it has done.
  public var unfinished: String { output + ".unfinished.h5" }

  /// - Parameters:
  ///   - initial: a model whose parameters to begin with.
  ///   - resume: whether to go on from what is at `unfinished` or `output`, where there is something.
  ///   - epochs: in all; the options' where nil.
  ///   - predictors: of what the options ask for.
  /// - Throws: `StageError` where the dataset cannot be learnt, or the model to go on from is of another run.
  public init(
    _ options: M.Options, dataset: String, output: String, initial: String? = nil, resume: Bool = false, epochs: Int? = nil,
    predictors: [BlueprintPredictor] = [], precision: Precision = .float32, shared: SharedOptions
  ) throws {
    (self.dataset, self.output, self.shared) = (dataset, output, shared)
    self.predictors = predictors.compactMap(\.path)
    let data = try Dataset(reading: dataset)
    var training = data.training
    if !options.learnsGeometryAlone, !training.geometry.isEmpty {
      standardError(
        "train: '\(M.name)' with these options is not told elements and Wyckoff positions, so that lattice and coordinates cannot be "
          + "learnt alone: the \(training.geometry.count) crystals of the part 'geometry' are left out.")
      training.geometry = []
    }
    trainingSet = TrainingSetRecord(data, withGeometry: options.learnsGeometryAlone)
    try Self.check(options.properties, data, named: dataset)
    do {
      trainer = try Trainer<M>(
        options, training: training, validation: data.data(of: .validation), predictors: predictors,
        seed: shared.seed, threads: shared.threadCount, precision: precision)
    } catch {
      throw StageError(.input, "'\(dataset)': \(error.description).")
    }
    let places = [output + ".unfinished.h5", output]
    if resume, let path = places.first(where: FileManager.default.fileExists(atPath:)) {
      try ModelFile.restore(&trainer, from: path, dataset: dataset, predictors: predictors.compactMap(\.path))
    } else if let initial {
      let unseen = try ModelFile.begin(&trainer, with: initial)
      if !unseen.isEmpty {
        standardError(
          "train: '\(initial)' has never seen \(unseen.joined(separator: ", ")): of \(unseen.count == 1 ? "it" : "them") it learns "
            + "what these crystals say alone.")
      }
    }
    trainer.lastEpoch = epochs ?? options.training.epochs
    before = trainer.history.last?.seconds ?? 0
  }

  /// The fewest training crystals whose value of a property is known.
  private static var fewestKnown: Int { 5 }

  /// Refuses columns that the dataset lacks, or knows for a handful of crystals only.
  private static func check(_ names: [String], _ data: Dataset, named path: String) throws {
    let training = data.indices(of: .train)
    for name in names {
      guard let values = data.properties[name] else {
        let known = data.properties.keys.sorted()
        throw StageError(
          .input,
          "'\(path)' has no property '\(name)' (columns of text are none); "
            + (known.isEmpty ? "it has none: 'properties' adds some." : "it has \(known.joined(separator: ", "))."))
      }
      let count = training.count { values[$0].isFinite }
      guard count >= fewestKnown else {
        throw StageError(
          .input,
          "'\(path)': property '\(name)' is known for \(count) of \(training.count) training crystals; nothing can be learnt "
            + "from fewer than \(fewestKnown).")
      }
    }
  }

  /// Steps until the epochs or the minutes are over and writes the model; true where a signal stopped it, which is saved at
  /// `unfinished`.
  ///
  /// - Parameters:
  ///   - minutes: of this run; no end where nil.
  ///   - checkpoint: minutes between checkpoints.
  /// - Throws: `StageError` where the model cannot be written.
  public mutating func perform(minutes: Double? = nil, checkpoint: Double = 5, _ report: StageReport) throws -> Bool {
    let stopped = try step(minutes: minutes, checkpoint: checkpoint, report)
    if !stopped, let model = trainer.learner as? any PropertyModel { errors = try measure(model) }
    try save(stopped ? unfinished : output, report)
    try saveLosses()
    if !stopped { try? FileManager.default.removeItem(atPath: unfinished) }
    return stopped
  }

  /// Errors on the parts that were not learnt from; the test part is read here and nowhere else.
  private func measure(_ model: some PropertyModel) throws -> [PropertyErrors] {
    let data = try Dataset(reading: dataset)
    let values = trainer.bestAverage.isEmpty ? trainer.optimizer.average : trainer.bestAverage
    return [DatasetPart.validation, .test].flatMap { part in
      model.errors(data.data(of: part), part: "\(part)", Parameters(values), threads: shared.threadCount)
    }
  }

  private func save(_ path: String, _ report: StageReport) throws {
    guard trainer.optimizer.parameters.values.allSatisfy(\.isFinite), trainer.optimizer.average.allSatisfy(\.isFinite) else {
      throw StageError(
        .input,
        "training has diverged: its parameters are no numbers any more, and '\(path)' is not written. Begin with a lower "
          + "training.learning_rate, or with another model.")
    }
    try ModelFile.write(
      trainer, to: path, dataset: dataset, predictors: predictors, trainingSet: trainingSet, errors: errors, options: shared,
      seconds: before + report.seconds)
  }

  private mutating func step(minutes: Double?, checkpoint: Double, _ report: StageReport) throws -> Bool {
    let last = trainer.lastEpoch
    let start = Date()
    let firstEpoch = trainer.epoch
    var (saved, said) = (start, Date.distantPast)
    var progress = Progress("train", total: (last - firstEpoch) * trainer.trainingCount, quiet: shared.quiet)
    while trainer.epoch < last {
      let elapsed = Date().timeIntervalSince(start)
      if Interruption.isRequested { return true }
      if let minutes, elapsed >= 60 * minutes { break }
      if try trainer.step() {
        try trainer.endEpoch(seconds: before + report.seconds)
        // A line an epoch, or a second where epochs are shorter.
        if Date().timeIntervalSince(said) >= 1 || trainer.epoch == last {
          progress.say("epoch \(trainer.epoch) of \(last)  \(losses)")
          said = Date()
        }
      }
      if Date().timeIntervalSince(saved) >= 60 * checkpoint {
        try save(unfinished, report)
        try saveLosses()
        saved = Date()
      }
      let epochs = Double(trainer.epoch - firstEpoch) + Double(trainer.batchInEpoch) / Double(trainer.batchesPerEpoch)
      let fraction = max(epochs / Double(last - firstEpoch), minutes.map { elapsed / (60 * $0) } ?? 0)
      progress.update(Int(epochs * Double(trainer.trainingCount)), fraction: fraction, note: note)
    }
    progress.finish()
    return false
  }

  /// What the run is about to do, in words.
  ///
  /// - Parameter checkpoint: where it goes on; nil where it begins.
  public func opening(from checkpoint: String?) -> String {
    let crystals = "\(trainer.trainingCount) crystals to learn from"
    guard trainer.epoch > 0 || trainer.batchInEpoch > 0 else { return "\(trainer.lastEpoch) epochs; \(crystals)" }
    return "going on\(checkpoint.map { " from '\($0)'" } ?? ""), \(progress) done; \(crystals)"
  }

  /// How far the run is, in words: `1.3 of 250 epochs`.
  public var progress: String {
    let done = Double(trainer.epoch) + Double(trainer.batchInEpoch) / Double(max(1, trainer.batchesPerEpoch))
    return String(format: "%.1f of %d epochs", done, trainer.lastEpoch)
  }

  /// The weighted loss of the last epoch on the validation part; not a number before the first has ended.
  public var validationLoss: Double { trainer.history.last?.validation.total(trainer.learner.weights) ?? .nan }

  private var note: String { trainer.history.isEmpty ? "epoch 1" : "epoch \(trainer.epoch + 1)  \(losses)" }

  /// The losses of the last epoch; empty before the first has ended.
  private var losses: String {
    guard let epoch = trainer.history.last else { return "" }
    let terms = zip(M.terms, epoch.validation.values).map { "\($0) " + String(format: "%.3f", $1) }
    return String(format: "loss %.3f  validation %.3f", epoch.training.total(trainer.learner.weights), validationLoss)
      + " (\(terms.joined(separator: " ")))"
  }

  /// The losses of all epochs so far, those before the run was stopped among them.
  private func saveLosses() throws {
    guard !trainer.history.isEmpty else { return }
    let names = ["training", "validation"].flatMap { part in [part] + M.terms.map { "\(part)_\($0.replacing(" ", with: "_"))" }
    }
    let weights = trainer.learner.weights
    let rows = trainer.history.enumerated().map { number, epoch in
      let values = [epoch.training, epoch.validation].flatMap { [$0.total(weights)] + $0.values }
      return ([number + 1] as [any CustomStringConvertible] + values + [epoch.rate, epoch.seconds]).map(\.description)
    }
    let lines = [["epoch"] + names + ["learning_rate", "seconds"]] + rows
    try AtomicFile.write(
      lines.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n", to: ModelFile.losses(of: output))
  }
}
