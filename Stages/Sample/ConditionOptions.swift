import ArgumentParser
import Artifacts
import Crystals

/// What the samples are to be.
struct ConditionOptions: ParsableArguments {
  @Option(help: "Space groups to sample, by number, with commas between; those of the training set where not given.")
  var spaceGroup: String?

  @Option(help: "Formula that every crystal is to have, e.g. NaCl or Ca(OH)2.")
  var composition: String?

  @Option(help: "With --composition: formula units, as written, in the conventional cell; any number where not given.")
  var formulaUnits: Int?

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

  func validate() throws {
    guard formulaUnits == nil || composition != nil else { throw ValidationError("--formula-units needs --composition.") }
    guard (1...1000).contains(formulaUnits ?? 1) else { throw ValidationError("--formula-units goes from 1 to 1000.") }
    guard (1...10_000).contains(perTarget ?? 1) else { throw ValidationError("--per-target goes from 1 to 10000.") }
    if like == nil, split != nil || perTarget != nil || knownWyckoff {
      throw ValidationError("--split, --per-target and --known-wyckoff need --like.")
    }
    if like != nil, composition != nil || spaceGroup != nil {
      throw ValidationError("--like takes compositions and groups from the dataset; leave out --composition and --space-group.")
    }
    if blueprints != nil, like != nil || composition != nil || spaceGroup != nil {
      throw ValidationError("--blueprints say what crystals are to be; leave out --like, --composition and --space-group.")
    }
    (_, _) = (try groups(), try formula())
  }

  func groups() throws -> [Int] {
    guard let spaceGroup else { return [] }
    return try spaceGroup.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let number = Int($0), (1...230).contains(number) else {
        throw ValidationError("--space-group takes numbers from 1 to 230 with commas between, not '\($0)'.")
      }
      return number
    }
  }

  func formula() throws -> Formula? {
    do throws(Rejection) { return try composition.map { text throws(Rejection) in try Formula(text) } } catch {
      throw ValidationError("--composition: \(error.description).")
    }
  }
}
