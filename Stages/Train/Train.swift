import ArgumentParser
import Artifacts
import Foundation
import Generators
import Networks
import StageKit
import Tensors

/// Trains a model on the training part of a dataset.
///
/// | reads  | dataset.h5, a YAML file of options that names the method; where these ask  |
/// |        | for a reward, models of properties and a convex hull                       |
/// | writes | model.h5, model.losses.csv; until then checkpoints beside them, so that a  |
/// |        | stopped run goes on                                                       |
/// | drops  | nothing                                                                   |
@main
struct Train: Stage {
  static let usesProducts = true
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on a dataset.",
    discussion: """
      The YAML says which method (method: symmbfn where it says none) and its options; --set takes an option's place by its \
      path, as in --set training.batch=128.

      Checkpoints go to OUTPUT.unfinished.h5, a model file like any other; Ctrl-C or SIGTERM writes one and leaves with status \
      75. Started again, the run goes on from there as if it had not been stopped (with the same number of threads); --anew begins \
      at the first epoch all the same. --resume goes on from OUTPUT, too, where training is over and more epochs are asked for. \
      --epochs 0 writes an initialised model.

      A line an epoch says the losses, and the table beside the model (OUTPUT without .h5, .losses.csv) has all of them.
      """, version: friezeVersion)

  @Option(help: "Dataset to learn (HDF5, from preprocess).")
  var dataset: String

  @Option(help: "Method and options of network and training (YAML); the method's defaults where not given.")
  var config: String

  @Option(help: "The model to write (HDF5).")
  var output: String

  @Option(help: "Model whose parameters to begin with (HDF5), of the same network and flow; random ones where not given.")
  var initial: String?

  @Option(
    help: """
      Of a method with a reward (crystal-gfn): a model of properties that says what the reward asks for (HDF5, from train, method: \
      property, input: composition). May be given several times.
      """)
  var predictor: [String] = []

  @Option(
    help: """
      With --predictor: a convex hull (hull.h5, or a table), for rewards that ask for energy_above_hull.
      """)
  var hull: String?

  @Option(help: "Epochs to train in all; the configuration's where not given.")
  var epochs: Int?

  @Option(help: "Stop, saved and in order, after so many minutes of this run.")
  var minutes: Double?

  @Option(help: "Minutes between checkpoints.")
  var checkpoint = 5.0

  @Flag(help: "Go on from --output, too, where there is no checkpoint of it.")
  var resume = false

  @Flag(help: "Begin at the first epoch, and drop the checkpoint of --output where there is one.")
  var anew = false

  @OptionGroup var settings: SettingsOption
  @OptionGroup var arithmetic: PrecisionOption
  @OptionGroup var seeded: SeededOptions
  var shared: SharedOptions { seeded.shared }

  func validate() throws {
    guard (0...1_000_000_000).contains(epochs ?? 0) else { throw ValidationError("--epochs goes from 0 to 1000000000.") }
    guard hull == nil || !predictor.isEmpty else { throw ValidationError("--hull needs a --predictor.") }
    guard !(resume && anew) else { throw ValidationError("--resume goes on and --anew does not: give one of them.") }
    guard minutes ?? 1 > 0, checkpoint > 0 else { throw ValidationError("--minutes and --checkpoint must be above 0.") }
  }

  static let savesWork = true

  var files: StageFiles {
    StageFiles(
      inputs: [dataset, config, initial, hull] + predictor,
      outputs: [.file(output), .file(unfinished), .file(ModelFile.losses(of: output))])
  }

  /// Where an unfinished run keeps what it has done.
  private var unfinished: String { output + ".unfinished.h5" }

  func perform() throws {
    let configuration = try ModelConfiguration.read(path: config, settings: settings.values)
    try train(configuration.method, configuration)
  }

  private func train<M: Generators.Method>(_: M.Type, _ configuration: ModelConfiguration) throws {
    var report = StageReport(stage: "train")
    let options = try configuration.options(M.self)
    guard predictor.isEmpty || !options.predicted.isEmpty else {
      throw StageError(
        .input, "--predictor is for a method with a reward, and '\(config)' asks for nothing that a model predicts.")
    }
    let predictors = try RewardPredictors.read(
      predictor, withSites: (M.self as? any BlueprintModel.Type)?.saysSites ?? true, hull: hull)
    let precision = try arithmetic.resolved(stage: "train", shared)
    let goesOn = !anew && FileManager.default.fileExists(atPath: unfinished)
    var run = try TrainingRun<M>(
      options, dataset: dataset, output: output, initial: initial, resume: resume || goesOn, epochs: epochs,
      predictors: predictors,
      precision: precision, shared: shared)
    if !shared.quiet { standardError("train: \(run.opening(from: goesOn ? unfinished : nil))") }
    for warning in run.trainer.learner.warnings where !shared.quiet { standardError("train: \(warning)") }
    let stopped = try run.perform(minutes: minutes, checkpoint: checkpoint, report)
    report.accept(run.trainer.trainingCount)
    let isShort = !stopped && run.trainer.epoch < run.trainer.lastEpoch
    if isShort, !shared.quiet {
      standardError(
        "train: the \(minutes ?? 0) minutes are over after \(run.progress); start again with --resume to go on.")
    }
    report.note("epochs", run.trainer.epoch)
    report.note("steps", run.trainer.optimizer.step)
    report.note("precision", json: "\"\(precision.rawValue)\"")
    report.note("parameters", run.trainer.learner.layout.count)
    report.note("validation_loss", run.validationLoss)
    for errors in run.errors {
      report.note("error_\(errors.part)_\(errors.column)", errors.meanAbsolute)
      if !shared.quiet { standardError("train: \(errors.line)") }
    }
    try report.finish(shared, output: stopped ? unfinished : output)
    if stopped {
      throw StageError(
        .interrupted,
        "stopped by a signal after \(run.trainer.epoch) epochs; '\(unfinished)' is saved. Start again to go on.")
    }
  }
}
