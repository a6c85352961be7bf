import ArgumentParser
import Artifacts
import Crystals
import Foundation
import Potentials
import StageKit

/// Which hulls energies are placed above.
struct HullOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Convex hulls to place energies above: hull.h5, or a table (CSV, with elements.csv beside it).",
      discussion: "The first gives the columns of /relaxation, each its own under /hull/NAME."))
  var hull: [String] = []

  @Flag(help: "Take hulls of energies of another potential than --potential, too.")
  var foreignHull = false

  @Flag(help: "Take the energies of --crystals, a relaxed.h5, and only place them above the hulls.")
  var keepEnergies = false

  func validate() throws {
    guard !keepEnergies || !hull.isEmpty else { throw ValidationError("--keep-energies needs a --hull.") }
  }

  /// Opens the hulls; one of another potential only where that is wanted, with a line about it.
  ///
  /// - Parameter weights: the file of the potential's weights and its hash; looked up where nil.
  func open(for potential: String, weights known: String? = nil, quiet: Bool) throws -> [HullFile] {
    let weights = try known ?? PotentialWeights.identity(ofPotential: potential)
    let name = potential.split(separator: ":").first.map(String.init) ?? potential
    var hulls: [HullFile] = []
    for path in hull {
      let file = try HullFile(reading: path)
      if let other = hulls.first(where: { $0.name == file.name }) {
        throw StageError(
          .input, "--hull: '\(other.path)' and '\(path)' would both be called '\(file.name)'; rename one of them.")
      }
      switch file.isOf(potential: weights.isEmpty ? potential : name, weights: weights) {
      case true?: break
      case nil:
        // A table says nothing of its energies' origin; who names it says that they go together.
        if !quiet {
          standardError(
            "relax: the hull '\(path)' does not say whose energies it has; \(name)'s are placed above it as they are.")
        }
      case false?:
        let own = file.weights.isEmpty ? file.potential : file.weights
        guard foreignHull else {
          throw StageError(
            .input,
            "the hull '\(path)' has energies of \(own), not of \(weights.isEmpty ? potential : weights): distances between the two mean "
              + "little. --foreign-hull takes it all the same; 'make hull POTENTIAL=\(name)' makes \(name)'s own.")
        }
        if !quiet {
          standardError("relax: the hull '\(path)' has energies of \(own); \(name)'s are placed above it, as asked.")
        }
      }
      hulls.append(file)
    }
    return hulls
  }

  /// Counts and names the chemical systems that a hull covers thinly.
  func tellThinSystems(_ hulls: [HullFile], _ crystals: [Crystal], _ report: inout StageReport, quiet: Bool) {
    for file in hulls {
      let (thin, systems) = file.thinSystems(of: crystals)
      report.note("thin_systems_\(file.name)", thin.count)
      guard !quiet, !thin.isEmpty else { continue }
      let named = thin.prefix(8).joined(separator: ", ") + (thin.count > 8 ? ", …" : "")
      standardError(
        "relax: hull '\(file.name)' covers \(thin.count) of \(systems) chemical systems thinly, with fewer compounds than elements: "
          + "\(named)")
    }
  }
}
