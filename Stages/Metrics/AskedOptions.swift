import ArgumentParser
import Artifacts
import Evaluation
import Generators
import StageKit

/// What the crystals were to be.
struct AskedOptions: ParsableArguments {
  @Option(help: "The crystals are predictions, made from the composition or from composition, group and Wyckoff positions.")
  var prediction: Given?

  @Option(
    parsing: .upToNextOption,
    help: "What was asked of properties, NAME=VALUE or NAME=LOWEST..HIGHEST; what the crystals' file says where not given.")
  var target: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: """
      How far from what was asked for still counts, NAME=VALUE; 0.2 eV/atom, 0.5 eV or a tenth of the training set's deviation from a \
      value, nothing from a range, where not given.
      """)
  var tolerance: [String] = []

  enum Given: String, ExpressibleByArgument, CaseIterable { case composition, wyckoff }

  func validate() throws { (_, _) = (try TargetOptions.targets(target), try tolerances()) }

  private func tolerances() throws -> [String: Double] {
    var values: [String: Double] = [:]
    for text in tolerance {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let value = Double(parts[1]), value >= 0, value.isFinite else {
        throw ValidationError("--tolerance takes NAME=VALUE with a number of 0 or more, not '\(text)'.")
      }
      values[parts[0]] = value
    }
    return values
  }

  /// What was asked of properties of the crystals.
  ///
  /// - Parameter training: properties of the training set.
  func properties(_ judged: JudgedSet, training: [String: [Double]]) throws -> [AskedProperty] {
    let given = try TargetOptions.targets(target)
    var ranges = judged.targets
    for (name, target) in given { ranges[name] = judged.crystals.map { _ in target.range } }
    let tolerances = try tolerances()
    if let name = tolerances.keys.sorted().first(where: { ranges[$0] == nil }) {
      throw StageError(
        .usage, "--tolerance \(name): nobody asked for it; asked for: \(ranges.keys.sorted().joined(separator: ", ")).")
    }
    return ranges.sorted { $0.key < $1.key }.map {
      AskedProperty($0.key, $0.value, tolerance: tolerances[$0.key], training: training[$0.key] ?? [])
    }
  }

  /// The crystals as predictions of a dataset's test part, or of its validation part where that is compared with, where they are that.
  func task(_ judged: JudgedSet, _ data: Dataset, comparedWith part: ComparedPart) -> PredictionTask? {
    prediction.map {
      PredictionTask(
        given: $0 == .wyckoff ? .wyckoff : .composition, ids: judged.ids,
        targetIDs: data.indices(of: part == .validation ? .validation : .test).map { data.ids[$0] },
        lost: judged.rejected.map(\.id))
    }
  }
}
