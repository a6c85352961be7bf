import ArgumentParser
import Artifacts
import Crystals
import Foundation
import Potentials
import StageKit
import Tensors

/// Relaxes crystals with a potential.
///
/// | reads  | any file with /crystal: crystals.h5, dataset.h5                                        |
/// | writes | relaxed.h5: crystals before and after, energies, forces, an outcome for every crystal  |
/// | drops  | nothing: what does not relax has an outcome that says why                              |
@main
struct Relax: Stage {
  static let configuration = CommandConfiguration(
    commandName: "relax",
    abstract: "Relax crystals with a potential.",
    discussion: """
      Positions and cell move within the space group, unless --free. A run that is stopped leaves what it has done beside the \
      output and goes on from there when it is started again with the same options.
      """, version: friezeVersion)

  @Option(help: "Crystals to relax (HDF5).")
  var crystals: String?

  @Option(help: "NAME or NAME:ARGUMENT; --list-potentials shows what there is.")
  var potential = "chgnet"

  @Option(help: "The relaxed crystals to write (HDF5).")
  var output: String?

  @OptionGroup var hulls: HullOptions

  @Option(help: "Converged where no force is longer than this, in eV/angstrom.")
  var fmax = 0.1

  @Option(help: "Most steps a crystal takes.")
  var maxSteps = 500

  @Option(help: "How to go downhill: lbfgs or fire.")
  var optimizer = OptimizerKind.lbfgs

  @Flag(help: "Energies, forces and stresses of the crystals as they are.")
  var `static` = false

  @Flag(help: "Let every atom and the whole cell move; the space group may be lost.")
  var free = false

  @Flag(help: "Keep the cell.")
  var fixCell = false

  @OptionGroup var staged: StageOptions

  @Flag(help: "Take the energies of --crystals, a relaxed.h5, and only place them above the hulls.")
  var keepEnergies = false
  @Option(help: "Seconds to wait for a client of ipi, and for its answers; one that says nothing for so long is let go.")
  var patience = 600.0

  @Flag(help: "List the potentials and leave.")
  var listPotentials = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard listPotentials || (crystals != nil && output != nil) else {
      throw ValidationError("--crystals and --output are needed.")
    }
    guard fmax > 0, fmax.isFinite, (0...1_000_000).contains(maxSteps) else {
      throw ValidationError("--fmax must be above 0, --max-steps from 0 to 1000000.")
    }
    guard staged.within == nil || !hulls.hull.isEmpty else { throw ValidationError("--within needs a --hull.") }
    guard staged.rattle == 0 || (!`static` && !free && staged.protocolName == .own) else {
      throw ValidationError(
        "--rattle follows a relaxation within the group: not with --static, --free or --protocol published.")
    }
    guard !keepEnergies || !hulls.hull.isEmpty else { throw ValidationError("--keep-energies needs a --hull.") }
    guard patience > 0, patience <= 1e6 else {
      throw ValidationError("--patience must be above 0 and at most 1000000 seconds.")
    }
  }

  static let savesWork = true

  var files: StageFiles {
    let elements = hulls.hull.map { OutputNames.beside($0, "elements.csv") }.filter(FileManager.default.fileExists(atPath:))
    let names = listPotentials ? [] : output.map { [$0, $0 + ".unfinished.h5"] } ?? []
    return StageFiles(inputs: [crystals] + hulls.hull + elements, outputs: names.map { StageFiles.Output.file($0) })
  }

  func perform() throws {
    if listPotentials { return try standardOutput(PotentialCatalog.listing) }
    guard let crystals, let output else { return }
    if keepEnergies { return try place(crystals, output) }
    var report = StageReport(stage: "relax")
    let judge = try PotentialCatalog.open(potential, patience: patience)
    let run = try RelaxationRun(
      input: crystals, output: output, potential: potential, hulls: try hulls.open(for: potential, quiet: shared.quiet),
      options: options, stages: staged.stages(seed: shared.seed), within: staged.within, shared: shared)
    let stopped = try run.perform(with: judge, report)
    let file = run.file
    report.accept(file.records.count)
    for outcome in RelaxationOutcome.allCases {
      let count = file.records.count { $0.result.outcome == outcome }
      if count > 0 { report.note(outcome.name, count) }
    }
    for rescue in Rescue.allCases where staged.rescue && rescue != .none {
      report.note("rescue_\(rescue.name)", file.records.count { $0.result.rescue == rescue })
    }
    if staged.rattle > 0 {
      let falls = file.records.compactMap(\.result.rattled).map(\.fall)
      report.note("rattled", falls.count)
      for limit in [0.005, 0.05] { report.note("fell_by_\(limit)", falls.count { $0 > limit }) }
    }
    report.note("seconds_per_crystal", report.seconds / Double(max(1, file.records.count)))
    if !stopped { hulls.tellThinSystems(run.hulls, run.crystals, &report, quiet: shared.quiet) }
    try report.finish(shared, output: stopped ? run.unfinished : output)
    if stopped {
      throw StageError(
        .interrupted,
        "stopped by a signal; \(file.records.count) of \(run.total) are saved in '\(run.unfinished)'. Start again to go on.")
    }
  }

  private var options: RelaxationOptions {
    var options = RelaxationOptions()
    options.maxForce = fmax
    options.maxSteps = `static` ? 0 : maxSteps
    options.optimizer = optimizer
    options.free = free
    options.fixCell = fixCell
    staged.apply(to: &options)
    if `static` { options.maxSteps = 0 }
    return options
  }

  /// Energies of a file above other hulls, without asking the potential.
  private func place(_ input: String, _ output: String) throws {
    var report = StageReport(stage: "relax")
    let placed = try PlacedEnergies(reading: input)
    let files = try hulls.open(for: placed.potential, weights: placed.weights, quiet: shared.quiet)
    try placed.write(to: output, input: input, hulls: files, options: shared, seconds: report.seconds)
    report.accept(placed.file.records.count)
    hulls.tellThinSystems(files, placed.file.records.map(\.result.crystal), &report, quiet: shared.quiet)
    try report.finish(shared, output: output)
  }
}
