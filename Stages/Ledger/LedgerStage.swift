import ArgumentParser
import Artifacts
import StageKit

/// Keeps what several rounds of generation and relaxation have found.
///
/// | reads  | relaxed.h5 and the metrics.h5 of a round; the ledger of the rounds before; dataset.h5                       |
/// | writes | ledger.h5, every relaxed crystal once, a dataset; on request a dataset with them added, and those found     |
/// | drops  | crystals that the ledger has already                                                                         |
@main
struct LedgerStage: Stage {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Keep what rounds of generation and relaxation have found, every crystal once.",
    discussion: """
      ledger --relaxed relaxed.h5 --judged metrics.h5 --round 1 --output ledger1.h5
      ledger --relaxed relaxed.h5 --judged metrics.h5 --round 2 --ledger ledger1.h5 --output ledger2.h5 --found found.h5

      The ledger is a dataset: it can be trained on, relaxed by another potential, exported and looked at as any other. A crystal \
      is found if it is new to the dataset it was judged against, and within --limit of every hull.

      A second judge: what was found is relaxed by another potential, above a hull of its own, and its word is asked, too. Then a \
      model may learn from what both found, no template and no formula too often:
      ledger --relaxed relaxed.h5 --judged metrics.h5 --limit 0.05 --candidates candidates.h5 --output ledger1.h5
      relax --crystals candidates.h5 --potential chgnet-r2scan --hull its-own.h5 --output second.h5
      ledger --ledger ledger1.h5 --second-judge second.h5 --limit 0.05 --per-template 3 --per-formula 1 --output ledger.h5 \
        --dataset dataset.h5 --learn found --training-set training-set.h5
      """, version: friezeVersion)

  @Option(
    help: "The relaxed crystals of the round (HDF5, from relax with --hull); without them the --ledger stays as long as it is.")
  var relaxed: String?

  @Option(help: "What metrics says of them (the .h5 beside its totals).")
  var judged: String?

  @Option(help: "The ledger of the rounds before (HDF5).")
  var ledger: String?

  @Option(
    parsing: .upToNextOption,
    help: """
      The ledger's crystals relaxed by a further potential, above a hull of another name (HDF5); those that it lacks are not found.
      """)
  var secondJudge: [String] = []

  @Option(help: "Number of the round; it is part of the crystals' names.")
  var round = 1

  @Option(help: "The ledger to write (HDF5).")
  var output: String

  @Option(help: "Also write those that were found in all rounds (HDF5).")
  var found: String?

  @Option(help: "Also write those that this round found, for a second judge (HDF5).")
  var candidates: String?

  @Option(help: "With --training-set: the dataset to add the ledger's crystals to (HDF5).")
  var dataset: String?

  @Option(help: "Also write --dataset with the ledger's crystals in its training part (HDF5), to train on.")
  var trainingSet: String?

  @Option(
    help: "What --training-set takes: all that was relaxed, which teaches energies, or what was found, which teaches crystals.")
  var learn = Learned.all

  @Option(help: "How many times --training-set has each of them.")
  var copies = 1

  @Option(help: "How far above every hull a crystal may be to count as found, in eV/atom.")
  var limit = 0.0

  @Option(help: "With --found and --learn found: at most so many crystals of one template, the lowest; 0 takes all.")
  var perTemplate = 0

  @Option(help: "The same for crystals of one formula.")
  var perFormula = 0

  @Option(help: "Tolerance of the symmetry search, in angstrom.")
  var symprec = 0.1

  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  enum Learned: String, CaseIterable, ExpressibleByArgument { case all, found }

  func validate() throws {
    guard (relaxed == nil) == (judged == nil) else { throw ValidationError("--relaxed and --judged go together.") }
    guard relaxed != nil || ledger != nil else {
      throw ValidationError("Give --relaxed and --judged, a --ledger, or all three.")
    }
    guard candidates == nil || relaxed != nil else { throw ValidationError("--candidates are of a round: give --relaxed.") }
    guard perTemplate >= 0, perFormula >= 0 else {
      throw ValidationError("--per-template and --per-formula must be 0 or more.")
    }
    guard (1...1000).contains(copies) else { throw ValidationError("--copies goes from 1 to 1000.") }
    guard (1...1_000_000).contains(round) else { throw ValidationError("--round goes from 1 to 1000000.") }
    guard limit.isFinite, abs(limit) <= 10 else { throw ValidationError("--limit goes from -10 to 10 eV/atom.") }
    guard symprec >= 1e-6, symprec <= 1 else { throw ValidationError("--symprec must be from 0.000001 to 1 angstrom.") }
    guard (dataset == nil) == (trainingSet == nil) else { throw ValidationError("--dataset and --training-set go together.") }
  }

  var files: StageFiles {
    StageFiles(
      inputs: [relaxed, judged, ledger, dataset] + secondJudge,
      outputs: [output, found, candidates, trainingSet].compactMap { $0.map { .file($0) } })
  }

  func perform() throws {
    var report = StageReport(stage: "ledger")
    var book = try ledger.map { try Ledger(reading: $0) } ?? Ledger()
    var entries: Ledger.Entries?
    if let relaxed, let judged {
      entries = try book.add(
        relaxed: relaxed, judged: judged, round: round, symprec: symprec, limit: limit, threads: shared.threadCount)
    }
    let confirmed = try secondJudge.map { try book.confirm(relaxed: $0) }.reduce(0, +)
    let inputs = [relaxed, judged, ledger].compactMap { $0 } + secondJudge
    func write(_ set: Dataset, to path: String, _ inputs: [String]) throws {
      try set.write(to: path, symprec: symprec, inputs: inputs, options: shared, seconds: report.seconds)
    }
    let all = book.lowest(within: limit, perTemplate: perTemplate, perFormula: perFormula)
    if let candidates, let entries { try write(book.taking(entries.found), to: candidates, inputs) }
    if let found { try write(book.taking(all), to: found, inputs) }
    if let dataset, let trainingSet {
      let taught = learn == .all ? Array(book.crystals.ids.indices) : all
      try write(book.adding(taught, copies: copies, to: try Dataset(reading: dataset)), to: trainingSet, inputs + [dataset])
    }
    try write(book.crystals, to: output, inputs)
    let (elements, groups, templates, formulas) = book.diversity(all)
    for (name, value) in [
      ("relaxed", entries?.relaxed ?? 0), ("added", entries?.added ?? 0), ("found", entries?.found.count ?? 0),
      ("second_judge", confirmed),
      ("ledger", book.crystals.ids.count),
      ("found_in_all", all.count), ("elements", elements), ("space_groups", groups), ("templates", templates),
      ("formulas", formulas),
    ] { report.note(name, value) }
    if !shared.quiet {
      let news = entries.map { entries in
        "round \(round): \(entries.added) of \(entries.relaxed) are not in the ledger yet, \(entries.found.count) of them new and "
          + "within \(limit) eV/atom; "
      }
      standardError(
        "ledger: \(news ?? "")\(confirmed > 0 ? "\(confirmed) by a second judge; " : "")in all \(all.count), of \(elements) elements, "
          + "\(groups) space groups, \(templates) templates, \(formulas) formulas")
    }
    report.accept(entries?.added ?? 0)
    try report.finish(shared, output: output)
  }
}
