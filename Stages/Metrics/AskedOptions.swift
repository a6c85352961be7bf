import ArgumentParser
import Artifacts
import Evaluation
import StageKit

/// What the crystals were to be.
struct AskedOptions: ParsableArguments {
  @Option(help: "The crystals are predictions, made from the composition or from composition, group and Wyckoff positions.")
  var prediction: Given?

  @Option(parsing: .upToNextOption, help: "Values that were asked for of properties, NAME=VALUE.")
  var target: [String] = []

  enum Given: String, ExpressibleByArgument, CaseIterable { case composition, wyckoff }

  func validate() throws { _ = try targets() }

  /// Values by the properties' names.
  func targets() throws -> [String: Double] {
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

  /// The crystals as predictions of a dataset's test set, where they are that.
  func task(_ judged: JudgedSet, _ data: Dataset) -> PredictionTask? {
    prediction.map {
      PredictionTask(
        given: $0 == .wyckoff ? .wyckoff : .composition, ids: judged.ids,
        testIDs: data.indices(of: .test).map { data.ids[$0] }, lost: judged.rejected.map(\.id))
    }
  }
}
