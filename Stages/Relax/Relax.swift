import ArgumentParser
import Artifacts
import Foundation
import Potentials
import StageKit

/// Relaxes crystals with a potential.
///
/// | reads  | any file with /crystal: crystals.h5, dataset.h5; crystal files of any origin           |
/// | writes | relaxed.h5: crystals before and after, energies, forces, an outcome for every crystal  |
/// | drops  | nothing: what does not relax has an outcome that says why; what cannot be read is named |
@main
struct Relax: Stage {
  static let configuration = CommandConfiguration(
    commandName: "relax",
    abstract: "Relax crystals with a potential.",
    discussion: """
      Positions and cell move within the space group, unless --free; in crystal files the group is looked for (--symprec). A run that is stopped leaves what it has done beside the \
      output and goes on from there when it is started again with the same options.
      """, version: friezeVersion)

  @Option(help: "Crystals to relax: .h5 with /crystal, CIF, POSCAR, extxyz, JSON, a table, or a folder of them.")
  var crystals: String?

  @Option(help: "NAME or NAME:ARGUMENT; --list-potentials shows what there is.")
  var potential = "chgnet"

  @Option(help: "The relaxed crystals to write (HDF5).")
  var output: String?

  @OptionGroup var hulls: HullOptions
  @OptionGroup var descent: DescentOptions
  @OptionGroup var staged: StageOptions

  @Option(help: "Seconds to wait for a client of ipi, and for its answers; one that says nothing for so long is let go.")
  var patience = 600.0

  @Flag(help: "List the potentials and leave.")
  var listPotentials = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard listPotentials || (crystals != nil && output != nil) else {
      throw ValidationError("--crystals and --output are needed.")
    }
    guard staged.within == nil || !hulls.hull.isEmpty else { throw ValidationError("--within needs a --hull.") }
    guard staged.rattle == 0 || (!descent.static && !descent.free && staged.protocolName == .own) else {
      throw ValidationError(
        "--rattle follows a relaxation within the group: not with --static, --free or --protocol published.")
    }
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
    if hulls.keepEnergies { return try place(crystals, output) }
    var report = StageReport(stage: "relax")
    let judge = try PotentialCatalog.open(potential, patience: patience)
    let run = try RelaxationRun(
      input: crystals, output: output, potential: potential, hulls: try hulls.open(for: potential, quiet: shared.quiet),
      options: descent.options(staged), stages: staged.stages(seed: shared.seed), within: staged.within, shared: shared)
    for record in run.rejected {
      report.reject(record)
      if !shared.quiet { standardError("relax: \(record.id): \(record.reason)") }
    }
    let stopped = try run.perform(with: judge, report)
    report.accept(run.file.records.count)
    run.note(in: &report)
    if !stopped { hulls.tellThinSystems(run.hulls, run.crystals, &report, quiet: shared.quiet) }
    try report.finish(shared, output: stopped ? run.unfinished : output)
    if stopped {
      throw StageError(
        .interrupted,
        "stopped by a signal; \(run.file.records.count) of \(run.total) are saved in '\(run.unfinished)'. Start again to go on."
      )
    }
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
