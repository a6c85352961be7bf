import ArgumentParser
import Crystals
import Foundation
import Generators
import Networks
import StageKit
import Tensors

/// Trains a model on the training part of a dataset.
///
/// | reads  | dataset.h5, a YAML file of options                                        |
/// | writes | model.h5; until then checkpoints beside it, so that a stopped run goes on  |
/// | drops  | nothing                                                                   |
@main
struct Train: Stage {
  static let usesProducts = true
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on a dataset.",
    discussion: """
      Checkpoints go to OUTPUT.unfinished.h5, a model file like any other; Ctrl-C or SIGTERM writes one and leaves with status \
      75. --resume goes on from there, or from OUTPUT where training is over and more epochs are asked for, as if the run had \
      not been stopped (with the same number of threads). --epochs 0 writes an initialised model.
      """, version: friezeVersion)

  @Option(help: "Dataset to learn (HDF5, from preprocess).")
  var dataset: String

  @Option(help: "Options of network, flow and training (YAML); published values where not given.")
  var config: String

  @Option(help: "The model to write (HDF5).")
  var output: String

  @Option(help: "Model whose parameters to begin with (HDF5), of the same network and flow; random ones where not given.")
  var initial: String?

  @Option(help: "Epochs to train in all; the configuration's where not given.")
  var epochs: Int?

  @Option(help: "Stop, saved and in order, after so many minutes of this run.")
  var minutes: Double?

  @Option(help: "Minutes between checkpoints.")
  var checkpoint = 5.0

  @Flag(help: "Go on from the checkpoint of --output, or from --output itself, where there is one.")
  var resume = false

  @OptionGroup var arithmetic: PrecisionOption
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard (0...1_000_000_000).contains(epochs ?? 0) else { throw ValidationError("--epochs goes from 0 to 1000000000.") }
    guard minutes ?? 1 > 0, checkpoint > 0 else { throw ValidationError("--minutes and --checkpoint must be above 0.") }
  }

  static let savesWork = true

  var files: StageFiles { StageFiles(inputs: [dataset, config, initial], outputs: [.file(output), .file(unfinished)]) }

  /// Where an unfinished run keeps what it has done.
  private var unfinished: String { output + ".unfinished.h5" }

  func perform() throws {
    var report = StageReport(stage: "train")
    let options = try ModelConfiguration.read(path: config)
    let data = try Dataset(reading: dataset)
    let training = data.indices(ofSplit: 0).map { data.units[$0] }
    let precision = try arithmetic.resolved(stage: "train", shared)
    var trainer: SymmBFNTrainer
    do {
      trainer = try SymmBFNTrainer(
        options, training: training, validation: data.indices(ofSplit: 1).map { data.units[$0] }, seed: shared.seed,
        threads: shared.threadCount, precision: precision)
    } catch {
      throw StageError(.input, "'\(dataset)': \(error.description).")
    }
    if resume, let path = [unfinished, output].first(where: FileManager.default.fileExists(atPath:)) {
      try ModelFile.restore(&trainer, from: path, dataset: dataset)
    } else if let initial {
      try ModelFile.begin(&trainer, with: initial)
    }
    trainer.lastEpoch = epochs ?? options.training.epochs
    let before = trainer.history.last?.seconds ?? 0
    func save(_ trainer: SymmBFNTrainer, _ path: String) throws {
      try ModelFile.write(
        trainer, to: path, dataset: dataset, options: shared, seconds: before + report.seconds)
    }
    let stopped = try train(&trainer, before: before, report) { try save($0, unfinished) }
    try save(trainer, stopped ? unfinished : output)
    if !stopped { try? FileManager.default.removeItem(atPath: unfinished) }
    report.accept(trainer.trainingCount)
    report.note("epochs", trainer.epoch)
    report.note("steps", trainer.optimizer.step)
    report.note("precision", json: "\"\(precision.rawValue)\"")
    report.note("parameters", trainer.network.layout.count)
    report.note("validation_loss", trainer.history.last?.validation.total(options.flow.weights) ?? .nan)
    try report.finish(shared, output: stopped ? unfinished : output)
    if stopped {
      throw StageError(
        .interrupted, "stopped by a signal after \(trainer.epoch) epochs; '\(unfinished)' is saved, --resume goes on.")
    }
  }

  /// Steps until the epochs or the minutes are over, or a signal comes; true for a signal.
  private func train(
    _ trainer: inout SymmBFNTrainer, before: Double, _ report: StageReport, _ save: (SymmBFNTrainer) throws -> Void
  ) throws -> Bool {
    let last = trainer.lastEpoch
    let start = Date()
    let firstEpoch = trainer.epoch
    let weights = trainer.configuration.flow.weights
    var saved = start
    var progress = Progress("train", total: (last - firstEpoch) * trainer.trainingCount, quiet: shared.quiet)
    while trainer.epoch < last {
      let elapsed = Date().timeIntervalSince(start)
      if Interruption.isRequested { return true }
      if let minutes, elapsed >= 60 * minutes { break }
      if try trainer.step() { try trainer.endEpoch(seconds: before + report.seconds) }
      if Date().timeIntervalSince(saved) >= 60 * checkpoint {
        try save(trainer)
        saved = Date()
      }
      let epochs = Double(trainer.epoch - firstEpoch) + Double(trainer.batchInEpoch) / Double(trainer.batchesPerEpoch)
      let fraction = max(epochs / Double(last - firstEpoch), minutes.map { elapsed / (60 * $0) } ?? 0)
      progress.update(
        Int(epochs * Double(trainer.trainingCount)), fraction: fraction, note: note(trainer, weights))
    }
    progress.finish()
    return false
  }

  private func note(_ trainer: SymmBFNTrainer, _ weights: SymmBFNConfiguration.Weights) -> String {
    guard let epoch = trainer.history.last else { return "epoch 1" }
    let v = epoch.validation
    return String(
      format: "epoch %d  loss %.3f  validation %.3f (coordinates %.3f lattice %.3f elements %.3f symmetry %.3f)",
      trainer.epoch + 1, epoch.training.total(weights), v.total(weights), v.coordinates, v.lattice, v.elements,
      v.siteSymmetry)
  }
}
