import ArgumentParser
import Potentials

/// How crystals go downhill, and when they have arrived.
struct DescentOptions: ParsableArguments {
  @Option(help: "Converged where no force is longer than this, in eV/angstrom.")
  var fmax = 0.1

  @Option(help: "Most steps a crystal takes.")
  var maxSteps = 500

  @Option(help: "How to go downhill: lbfgs or fire.")
  var optimizer = OptimizerKind.lbfgs

  @Flag(help: "Energies, forces and stresses of the crystals as they are.")
  var `static` = false

  @Flag(help: "With --static: energies without forces and stresses, which CHGNet has in half of the time; for hulls.")
  var noForces = false

  @Flag(help: "Let every atom and the whole cell move; the space group may be lost.")
  var free = false

  @Flag(help: "Keep the cell.")
  var fixCell = false

  func validate() throws {
    guard fmax > 0, fmax.isFinite, (0...1_000_000).contains(maxSteps) else {
      throw ValidationError("--fmax must be above 0, --max-steps from 0 to 1000000.")
    }
    guard `static` || !noForces else { throw ValidationError("--no-forces goes with --static: what moves needs forces.") }
  }

  /// - Parameter staged: may ask for a protocol that says some of it.
  func options(_ staged: StageOptions) -> RelaxationOptions {
    var options = RelaxationOptions()
    options.maxForce = fmax
    options.maxSteps = maxSteps
    options.optimizer = optimizer
    options.free = free
    options.fixCell = fixCell
    staged.apply(to: &options)
    if `static` { (options.maxSteps, options.staticForces) = (0, !noForces) }
    return options
  }
}
