import ArgumentParser
import Artifacts
import Crystals

/// What the samples are to be.
struct ConditionOptions: ParsableArguments {
  @OptionGroup var asked: CompositionOptions

  @Option(help: "What the crystals are to be (HDF5, from propose); samples have the blueprints' names.")
  var blueprints: String?

  @Flag(help: "With --blueprints: the model says the lattices; those of the blueprints are not obeyed.")
  var freeLattice = false

  @Option(
    help: "Predict the crystals of a dataset (HDF5) from what their primitive cells hold; samples are named <target>#<k>.")
  var like: String?

  @Option(help: "With --like: the part of the dataset, train, validation or test.")
  var split: DatasetPart?

  @Option(help: "With --like: samples a target.")
  var perTarget: Int?

  @Flag(help: "With --like: the space group and the Wyckoff positions are given, too.")
  var knownWyckoff = false

  @OptionGroup var targets: TargetOptions

  func validate() throws {
    guard (1...10_000).contains(perTarget ?? 1) else { throw ValidationError("--per-target goes from 1 to 10000.") }
    if like == nil, split != nil || perTarget != nil || knownWyckoff {
      throw ValidationError("--split, --per-target and --known-wyckoff need --like.")
    }
    if blueprints == nil, freeLattice { throw ValidationError("--free-lattice needs --blueprints.") }
    if like != nil, asked.composition != nil || asked.spaceGroup != nil {
      throw ValidationError("--like takes compositions and groups from the dataset; leave out --composition and --space-group.")
    }
    if blueprints != nil, like != nil || asked.composition != nil || asked.spaceGroup != nil {
      throw ValidationError("--blueprints say what crystals are to be; leave out --like, --composition and --space-group.")
    }
  }
}
