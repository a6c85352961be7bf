import ArgumentParser
import Artifacts
import Crystals
import Foundation
import Potentials
import StageKit

/// Makes a convex hull from energies.
///
/// | reads  | relaxed.h5, tables of compositions, pymatgen's entries as JSON, hull.h5                    |
/// | writes | hull.h5: a phase a composition, energies of the elements, the source of each               |
/// | drops  | entries without a usable energy or composition, by name; those above one of their formula  |
@main
struct Hull: Stage {
  static let configuration = CommandConfiguration(
    commandName: "hull",
    abstract: "Make a convex hull from energies.",
    discussion: """
      --input takes files of one potential (or functional) and one correction scheme: relaxed.h5 (of relax, with --static too), \
      hull.h5, a table (.csv with composition_fractions, composition or formula, and formation_energy_per_atom, energy_per_atom or \
      energy) or pymatgen's entries (.json); .gz and .xz of the latter two. --fill takes hulls of any other: what the first lack \
      comes from there, marked with its source.
      """, version: friezeVersion)

  @Option(parsing: .upToNextOption, help: "Files of energies; several must be of one kind.")
  var input: [String]

  @Option(parsing: .upToNextOption, help: "Hulls that compositions and elements come from that --input lacks.")
  var fill: [String] = []

  @Option(help: "Energies of the elements in eV/atom (CSV: element,energy_per_atom); the input's own where not given.")
  var references: String?

  @Option(help: "What the energies are of, for the file's provenance, e.g. a dataset's name.")
  var data: String?

  @Option(help: "The hull to write (HDF5).")
  var output: String

  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  func validate() throws {
    guard !input.isEmpty else { throw ValidationError("--input needs at least one file.") }
    guard output.hasSuffix(".h5") else { throw ValidationError("--output must end in .h5.") }
  }

  var files: StageFiles { StageFiles(inputs: input + fill + [references], outputs: [.file(output)]) }

  func perform() throws {
    var report = StageReport(stage: "hull")
    let parts = try input.map { try HullSource.entries($0) }
    try Interruption.check()
    for part in parts { for (id, rejection) in part.entries.rejected { report.reject(id, because: rejection) } }
    let given = try references.map { try HullSource.references($0) } ?? HullSource.referencesBeside(parts, paths: input)
    let table = try makeTable(parts, given, &report)
    try Interruption.check()
    let firstFill = parts.count + (given == nil ? 0 : 1)
    try table.write(
      to: output, inputs: input + fill + (references.map { [$0] } ?? []),
      data: data ?? input.map { ($0 as NSString).lastPathComponent }.joined(separator: ", "), fillFrom: firstFill,
      rejected: report.rejected, options: shared, seconds: report.seconds)
    report.accept(parts.reduce(0) { $0 + $1.entries.entries.count } - report.rejected.count { $0.code == "implausible_energy" })
    let filled = table.phases.count { $0.source >= firstFill }
    let counts = table.hull.phasesByElements
    report.note("phases", table.phases.count)
    report.note("filled", filled)
    report.note("higher_in_energy", table.higher)
    report.note(
      "phases_by_elements",
      json: "{" + counts.keys.sorted().map { "\(jsonText("\($0)")):\(counts[$0] ?? 0)" }.joined(separator: ",") + "}")
    if !shared.quiet {
      let words = counts.keys.sorted().map { "\(counts[$0] ?? 0) of \($0)" }.joined(separator: ", ")
      standardError("hull: \(table.phases.count) compositions (by elements: \(words)); \(filled) of them from --fill")
    }
    try report.finish(shared, output: output)
  }

  private func makeTable(
    _ parts: [(source: HullTable.Source, entries: HullEntries)], _ given: (source: HullTable.Source, energies: [Int: Double])?,
    _ report: inout StageReport
  ) throws -> HullTable {
    let fills = try fill.map { try HullSource.table($0) }
    // Energies of potentials may be absurd for single crystals; those of tables and databases are not.
    let isPotential = input.allSatisfy { $0.hasSuffix(".h5") || $0.hasSuffix(".hdf5") }
    var outliers: [(String, Rejection)] = []
    do {
      let table = try HullTable(parts, references: given, fill: fills, toleratesOutliers: isPotential) {
        outliers.append(($0, $1))
      }
      for (id, rejection) in outliers { report.reject(id, because: rejection) }
      return table
    } catch {
      throw StageError(.input, "\(input.map { "'\($0)'" }.joined(separator: ", ")): \(error.description).")
    }
  }
}
