import ArgumentParser
import Artifacts
import Crystals
import Evaluation
import Foundation
import StageKit

/// A page of proposals: which, by whom predicted, beside what.
struct ProposalOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: "In place of --metrics, proposals of group, composition and lattice: one file or several (HDF5, from propose).")
  var blueprints: [String] = []

  @Option(parsing: .upToNextOption, help: "Names of the --blueprints for headings; those of the files where not given.")
  var names: [String] = []

  @Option(help: "The model that predicts a property of --blueprints: with input: composition (HDF5, from train).")
  var predictor: String?

  @Option(help: "The dataset whose validation part --blueprints are compared with (HDF5).")
  var reference: String?

  @Option(
    parsing: .upToNextOption,
    help: "Crystals made of --blueprints and relaxed with --hull, files in the same order (HDF5, from relax).")
  var relaxed: [String] = []

  @Option(help: "The column of --predictor.")
  var property = "formation_energy_per_atom"

  @Option(help: "Where the numbers of a page of --blueprints go (JSON).")
  var numbers: String?

  func validate() throws {
    guard !blueprints.isEmpty else {
      let others: [(String, Bool)] = [
        ("--names", !names.isEmpty), ("--predictor", predictor != nil), ("--reference", reference != nil),
        ("--relaxed", !relaxed.isEmpty), ("--numbers", numbers != nil),
      ]
      if let (name, _) = others.first(where: \.1) { throw ValidationError("\(name) needs --blueprints.") }
      return
    }
    guard predictor != nil, reference != nil else {
      throw ValidationError("--blueprints needs a --predictor and a --reference.")
    }
    guard names.isEmpty || names.count == blueprints.count else {
      throw ValidationError("--names needs as many names as --blueprints files, or none.")
    }
    guard relaxed.count <= blueprints.count else {
      throw ValidationError("--relaxed takes no more files than --blueprints.")
    }
    guard relaxed.isEmpty || property == "formation_energy_per_atom" else {
      throw ValidationError("--relaxed compares formation energies, not \(property).")
    }
  }

  var inputs: [String?] { blueprints + relaxed + [predictor, reference] }

  /// Reads and judges the proposals.
  func summary(threads: Int) throws -> ProposalSummary {
    guard let predictor, let reference else { throw StageError(.usage, "--blueprints needs a --predictor and a --reference.") }
    let source = try ProposalSource(predictor: predictor, property: property, threads: threads)
    let sets = try blueprints.enumerated().map { i, path in
      let own = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
      return try source.proposals(
        path, name: names.isEmpty ? own : names[i], relaxed: i < relaxed.count ? relaxed[i] : nil)
    }
    let compared = try source.reference(reference)
    return ProposalSummary(
      of: sets, reference: compared.reference, training: compared.training,
      ProposalSummary.Settings(
        property: property, unit: PropertyUnit.of(property), predictor: (predictor as NSString).lastPathComponent,
        reference: (reference as NSString).lastPathComponent, part: compared.part,
        potential: try relaxed.first.flatMap { try ProposalSource.potential($0) }), threads: threads)
  }
}
