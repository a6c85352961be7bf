import ArgumentParser
import Artifacts
import Crystals
import Generators

/// What the samples are to be.
struct ConditionOptions: ParsableArguments {
  @OptionGroup var asked: CompositionOptions

  @Option(help: "What the crystals are to be (HDF5, from propose); samples have the blueprints' names.")
  var blueprints: String?

  @Option(
    help: "Predict the crystals of a dataset (HDF5) from what their primitive cells hold; samples are named <target>#<k>.")
  var like: String?

  @Option(help: "With --like: the part of the dataset, train, validation or test.")
  var split: DatasetPart?

  @Option(help: "With --like: samples a target.")
  var perTarget: Int?

  @Flag(help: "With --like: the space group and the Wyckoff positions are given, too.")
  var knownWyckoff = false

  @Option(
    name: .customLong("target"),
    help: ArgumentHelp(
      "NAME=VALUE or NAME=LOWEST..HIGHEST: what a property is to be; several times for several.",
      discussion: """
        A property that the model was trained with, in the unit of its column: --target formation_energy_per_atom=-2 --target \
        band_gap=1..2. From a range every sample gets a value of its own, drawn as training crystals have them; with the value \
        come the Wyckoff positions of a training crystal that has it.
        """))
  var targets: [String] = []

  @Option(
    help: "How much what is asked of properties counts: 1 as learnt, more exaggerates and costs a second call of the network.")
  var guidance: Double?

  func validate() throws {
    guard guidance.map({ $0 > 0 && $0 <= 100 }) ?? true else {
      throw ValidationError("--guidance must be above 0 and at most 100.")
    }
    _ = try Self.targets(targets)
    guard (1...10_000).contains(perTarget ?? 1) else { throw ValidationError("--per-target goes from 1 to 10000.") }
    if like == nil, split != nil || perTarget != nil || knownWyckoff {
      throw ValidationError("--split, --per-target and --known-wyckoff need --like.")
    }
    if like != nil, asked.composition != nil || asked.spaceGroup != nil {
      throw ValidationError("--like takes compositions and groups from the dataset; leave out --composition and --space-group.")
    }
    if blueprints != nil, like != nil || asked.composition != nil || asked.spaceGroup != nil {
      throw ValidationError("--blueprints say what crystals are to be; leave out --like, --composition and --space-group.")
    }
  }

  /// --guidance as an option of the model's sampler.
  func settings() throws -> [ModelConfiguration.Setting] {
    try guidance.map { [try ModelConfiguration.Setting("sampling.guidance=\($0)")] } ?? []
  }

  /// Names and what is asked for.
  static func targets(_ texts: [String]) throws -> [(name: String, target: PropertyTarget)] {
    var targets: [(name: String, target: PropertyTarget)] = []
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty, let target = PropertyTarget(parts[1]) else {
        throw ValidationError(
          "--target '\(text)': expected NAME=VALUE or NAME=LOWEST..HIGHEST, as band_gap=1..2, numbers in the property's unit.")
      }
      guard !targets.contains(where: { $0.name == parts[0] }) else {
        throw ValidationError("--target asks for \(parts[0]) twice.")
      }
      targets.append((parts[0], target))
    }
    return targets
  }
}
