import ArgumentParser
import Artifacts
import StageKit

/// Strips a trained model to what sampling needs, in half precision.
///
/// | reads  | model.h5                                                                  |
/// | writes | a model file of a twelfth of the size: one set of parameters as float16,  |
/// |        | options, statistics of the training set, history                          |
/// | drops  | the optimiser's state: `train --initial` begins from it, --resume can't   |
@main
struct Export: Stage {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Strip a trained model to what sampling needs, in half precision.",
    discussion: """
      The file is read wherever a model is: sample --model, report --model, train --initial. Parameters lose what is beyond 11 \
      significant bits.
      """, version: friezeVersion)

  @Option(help: "Model to strip (HDF5, from train).")
  var model: String

  @Option(help: "The model to write (HDF5).")
  var output: String

  @Option(help: "Parameters to keep: best (lowest validation loss) or last.")
  var weights = ModelFile.Weights.best

  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  var files: StageFiles { StageFiles(inputs: [model], outputs: [.file(output)]) }

  func perform() throws {
    var report = StageReport(stage: "export")
    report.accept(try ModelFile.export(model, to: output, weights: weights, options: shared, seconds: report.seconds))
    try report.finish(shared, output: output)
  }
}
