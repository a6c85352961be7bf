import ArgumentParser
import Potentials

/// What comes before and behind a relaxation, and whole protocols by name.
struct StageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Move atoms by so much (root mean square, in angstrom) after relaxation within the group, and relax freely.",
      discussion: "What ends lower is written with the group that is found again; outcome saddle, columns under /rattle."))
  var rattle = 0.0

  @Option(help: "Standard deviation of the strain that goes with --rattle.")
  var strain = 0.01

  @Flag(help: "Relax what runs away or has atoms too close in a fixed cell, then within its group, then freely.")
  var rescue = false

  @Option(
    help: ArgumentHelp(
      "Relax only crystals that are, as they are, at most so many eV/atom above the first hull.",
      discussion: "The others keep the energy of the crystal as it is; outcome left_out."))
  var within: Double?

  @Option(help: "Tolerance of the symmetry that is looked for in crystal files and behind --rattle, in angstrom.")
  var symprec = 0.1

  @Option(
    name: .customLong("protocol"),
    help: "own: as the options say; published: as the papers relax (FIRE, 1,500 steps, every atom and the cell free).")
  var protocolName = ProtocolName.own

  enum ProtocolName: String, ExpressibleByArgument, CaseIterable { case own, published }

  func validate() throws {
    guard rattle >= 0, rattle <= 1 else { throw ValidationError("--rattle must be from 0 to 1 angstrom.") }
    guard strain >= 0, strain <= 0.2 else { throw ValidationError("--strain must be from 0 to 0.2.") }
    guard symprec > 0, symprec <= 1 else { throw ValidationError("--symprec must be above 0 and at most 1 angstrom.") }
    guard within.map(\.isFinite) ?? true else { throw ValidationError("--within must be a number of eV/atom.") }
  }

  func stages(seed: UInt64) -> RelaxationStages {
    var stages = RelaxationStages()
    (stages.rattle, stages.strain, stages.rescue) = (rattle, strain, rescue)
    (stages.symprec, stages.seed) = (symprec, seed)
    return stages
  }

  /// What the papers do where that is asked for.
  func apply(to options: inout RelaxationOptions) {
    guard protocolName == .published else { return }
    (options.optimizer, options.maxSteps, options.free) = (.fire, 1500, true)
  }
}
