import ArgumentParser
import Artifacts
import Crystals
import Evaluation
import StageKit

/// Further crystals of which lattice and coordinates alone are to be learnt.
struct GeometryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Further crystals (a table, a file or a folder) of which models learn lattice and coordinates, with all else told: the part 3, \
      geometry, of /split. What is equal by structure to a crystal of the validation or test part, or to one that is there already, \
      is left out and named. May be given several times.
      """, valueName: "crystals"))
  var geometry: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      With --geometry: another dataset (dataset.h5, or a folder with val and test tables) whose validation and test crystals are kept \
      apart, too. May be given several times.
      """, valueName: "dataset"))
  var unlike: [String] = []

  @Option(help: "With --geometry: leave out its crystals with more sites than this in the asymmetric unit; 0 takes all.")
  var maxGeometrySites = 0

  func validate() throws {
    guard maxGeometrySites >= 0 else { throw ValidationError("--max-geometry-sites must be 0 or more.") }
    guard unlike.isEmpty || !geometry.isEmpty else { throw ValidationError("--unlike needs --geometry.") }
  }

  /// What the crystals may not equal: those held out, and those there already.
  func filter(_ dataset: Dataset, _ options: ReadingOptions, shared: SharedOptions) throws -> GeometryFilter {
    let named = zip(dataset.ids, dataset.crystals).map { (id: $0, crystal: $1) }
    func part(_ isTaken: (DatasetPart) -> Bool) -> [(id: String, crystal: Crystal)] {
      named.indices.filter { DatasetPart(rawValue: dataset.split[$0]).map(isTaken) ?? false }.map { named[$0] }
    }
    let work = Work(threads: shared.threadCount)
    let others = try unlike.flatMap { try HeldOutCrystals.parts(of: $0, options, threads: shared.threadCount) }
    return GeometryFilter(
      mostSites: maxGeometrySites == 0 ? .max : maxGeometrySites,
      heldOut: try HeldOutCrystals(part { $0 == .validation || $0 == .test } + others, work: work),
      known: try HeldOutCrystals(part { $0 == .train }, work: work))
  }
}

/// What is left out of the further crystals.
struct GeometryFilter: Sendable {
  let mostSites: Int
  let heldOut: HeldOutCrystals
  let known: HeldOutCrystals

  /// Why a crystal may not be learnt of; nil where it may.
  func complaint(_ crystal: Crystal, sites: Int) -> Rejection? {
    guard sites <= mostSites else {
      return Rejection("too_many_sites", "\(sites) sites, more than --max-geometry-sites \(mostSites)")
    }
    if let id = heldOut.match(of: crystal) { return Rejection("held_out", "has the structure of '\(id)', which is held out") }
    return known.match(of: crystal).map { Rejection("known", "has the structure of '\($0)', which is there already") }
  }
}
