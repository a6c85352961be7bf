import ArgumentParser
import Artifacts
import Crystals
import Generators
import StageKit
import Tensors

/// Says what crystals are to be: space groups, elements, Wyckoff positions.
///
/// | reads  | model.h5 of skeletons, of Crystal-GFN (and then of skeletons, too), or of a method whose training set |
/// |        | has templates; with --like, dataset.h5; with                                                          |
/// |        | --prototype, a crystal; with --screen energy, a model of energies and a convex hull                   |
/// | writes | blueprints.h5, for `sample`                                                                           |
/// | drops  | with --like, targets that no skeleton has                                                             |
@main
struct Propose: Stage {
  static let usesProducts = true
  static let configuration = CommandConfiguration(
    commandName: "propose",
    abstract: "Say what crystals are to be: space groups, elements, Wyckoff positions.",
    discussion: """
      A skeleton is a crystal without its coordinates. Every one that is written has what was asked for: no more atoms or sites, \
      the elements that may occur and those that must, the formula. What cannot be is said at once.

      propose --model skeletons.h5 --count 100 --output blueprints.h5 --elements Li,Fe,P,O --require Li
      sample --model model.h5 --blueprints blueprints.h5 --output samples.h5

      Blueprint number n is the same whatever the number of threads or shards: it depends on the model, the seed and the options.
      """, version: friezeVersion)

  @Option(help: "A model of skeletons (HDF5, from train); of another model, the templates of its training set are drawn.")
  var model: String

  @Option(
    help: """
      Of a --model that says group, composition and lattice alone (method: crystal-gfn): a model of skeletons that gives every \
      composition its Wyckoff positions. Without it 'sample' draws some as often as the training set has them.
      """)
  var skeletons: String?

  @Option(help: "How many blueprints to write in all; with --like, --per-target for every target where not given.")
  var count: Int?

  @Option(help: "The blueprints to write (HDF5).")
  var output: String

  @Option(help: "Parameters to draw with: best (lowest validation loss) or last.")
  var weights = ModelFile.Weights.best

  @OptionGroup var request: RequestOptions
  @OptionGroup var chemistry: ChemistryOptions
  @OptionGroup var targets: TargetOptions
  @OptionGroup var settings: SettingsOption
  @OptionGroup var shared: SharedOptions

  private static let mostBlueprints = 10_000_000

  func validate() throws {
    guard count != nil || request.like != nil else { throw ValidationError("Missing expected argument '--count <count>'") }
    guard (1...Self.mostBlueprints).contains(count ?? 1) else {
      throw ValidationError("--count goes from 1 to \(Self.mostBlueprints); another --seed gives others.")
    }
    guard !chemistry.distinct || (shared.shard?.count ?? 1 == 1 && request.like == nil) else {
      throw ValidationError("--distinct goes neither with --shard nor with --like.")
    }
  }

  var files: StageFiles { StageFiles(inputs: inputs, outputs: [.file(output)]) }

  private var inputs: [String?] {
    [model, skeletons, request.like, request.prototypeFile, chemistry.screenModel, chemistry.hull]
  }

  func perform() throws {
    var report = StageReport(stage: "propose")
    if let echo = try request.asked.echo(), !shared.quiet { standardError("propose: \(echo)") }
    let loaded = try LoadedProposer(
      reading: model, weights: weights, settings: try settings.values + targets.settings, among: try request.asked.groups())
    let chain = try self.chain(loaded.proposer, saysSites: loaded.saysSites)
    let asked = try targets.request(loaded.statistics.labels)
    for warning in asked.warnings where !shared.quiet { standardError("propose: \(warning)") }
    let source = try RequestSource(request, chemistry, asked, loaded)
    let predicted = try prediction(asked)
    let screened = chemistry.screening.map { screen in
      ScreenedProposer(chain, screen, statistics: loaded.statistics, predicted: predicted)
    }
    let proposer = try anonymous(loaded, screened ?? chain)
    let total = count ?? source.count
    let range = shared.part.range(of: total)
    var (ids, blueprints): ([String], [Blueprint]) = ([], [])
    var distinct = DistinctSkeletons()
    var progress = Progress("propose", total: range.count, quiet: shared.quiet)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 64) {
      try Interruption.check()
      let chunk = Array(start..<min(range.upperBound, start + 64))
      let seed = shared.seed
      let drawn = try parallelMap(count: chunk.count, threads: shared.threadCount) { i in
        Result { () throws(Rejection) in
          try proposer.candidates(source.blueprint(chunk[i]), index: chunk[i], seed: seed)
        }
      }
      for (index, result) in zip(chunk, drawn) {
        switch result {
        case .success(let candidates):
          ids.append(source.id(index))
          blueprints.append(chemistry.distinct ? distinct.choose(of: candidates) : candidates[0])
          report.accept()
        // Without targets all are asked for the same: what is impossible once is so for all, but for compositions of a model's own.
        case .failure(let rejection) where source.hasTargets || skeletons != nil || request.anonymousFormula != nil:
          report.reject(source.id(index), because: rejection)
        case .failure(let rejection): throw StageError(.input, "\(rejection.description).")
        }
      }
      progress.update(chunk.count + start - range.lowerBound)
    }
    progress.finish()
    try BlueprintsFile.write(
      ids: ids, blueprints: blueprints, rejected: report.rejected, to: output,
      inputs: inputs.compactMap { $0 }, options: shared,
      records: RecordRange(range, of: total), seconds: report.seconds)
    if let (drawn, kept) = screened?.figures {
      report.note("drawn", drawn)
      if !shared.quiet { standardError("propose: the screen kept \(kept) of \(drawn) skeletons drawn") }
    }
    if chemistry.distinct {
      report.note("repeats", distinct.repeats)
      if distinct.repeats > 0, !shared.quiet {
        standardError(
          "propose: \(distinct.repeats) of \(total) repeat an earlier skeleton: their choice had no other; more to choose from helps"
        )
      }
    }
    report.note("seconds_per_blueprint", report.seconds / Double(max(1, range.count)))
    try report.finish(shared, output: output)
  }

  /// The model, and who gives its compositions their positions.
  private func chain(_ proposer: any Proposer, saysSites: Bool) throws -> any Proposer {
    guard let skeletons else { return proposer }
    guard !saysSites else {
      throw StageError(.usage, "--skeletons is for a --model that says compositions alone; '\(model)' says the sites itself.")
    }
    let second = try LoadedProposer(reading: skeletons, weights: weights, settings: [], among: [])
    guard second.namesElements, second.saysSites else {
      throw StageError(.input, "'\(skeletons)' is no model of skeletons: it was not trained with method: skeletons.")
    }
    return ProposerChain([proposer, second.proposer])
  }

  /// With --anonymous-formula a prototype of the training set first; a screen compares what elements may take its sites.
  private func anonymous(_ loaded: LoadedProposer, _ proposer: any Proposer) throws -> any Proposer {
    let (groups, limits) = (try request.asked.groups(), try chemistry.chemistry())
    do throws(Rejection) {
      guard let formula = try request.anonymous() else { return proposer }
      let own = try AnonymousFormulaProposer(formula, loaded.statistics, among: groups, limits, then: proposer)
      if !shared.quiet { standardError("propose: every crystal is \(own)") }
      return own
    } catch { throw StageError(.input, "--anonymous-formula: \(error.description).") }
  }

  /// What --screen-model predicts of skeletons, where --screen asks for it.
  private func prediction(_ asked: PropertyRequest) throws -> (@Sendable ([Blueprint]) -> [Double])? {
    guard let path = chemistry.screenModel else { return nil }
    if case .target = chemistry.screening {
      guard !asked.targets.isEmpty else { throw StageError(.usage, "--screen target needs a --target.") }
      let targets = try SkeletonTargets(reading: path, for: asked.targets.keys.sorted())
      return { targets($0) }
    }
    let energies = try SkeletonEnergies(reading: path, hull: chemistry.hull)
    if !shared.quiet { standardError("propose: skeletons are compared \(energies.meaning)") }
    return { energies($0) }
  }
}
