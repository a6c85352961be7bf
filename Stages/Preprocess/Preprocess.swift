import ArgumentParser
import Artifacts
import Crystals
import Generators
import StageKit
import Tensors

/// Turns crystal files into a dataset: symmetry found, conventional cells, asymmetric units, splits, statistics.
///
/// | reads  | CIF, extxyz, POSCAR, JSON files, or tables of CIFs   |
/// | writes | dataset.h5, for `train`, `metrics` and `reconstruct` |
/// | drops  | what has no asymmetric unit that gives it back       |
@main
struct Preprocess: Stage {
  static let configuration = CommandConfiguration(
    commandName: "preprocess",
    abstract: "Turn crystal files into a dataset of asymmetric units.",
    discussion: """
      A folder may hold train/val/test tables (.csv, .csv.gz, .csv.xz with columns material_id and cif, further numeric columns \
      are properties) or crystal files at any depth, which are then split at random by the seed.

      Every input that is not taken is named under /rejected with its reason.
      """, version: friezeVersion)

  @Option(help: "Folder, table or crystal file to read.")
  var input: String

  @Option(help: "The dataset to write (HDF5).")
  var output: String

  @Option(help: "How far atoms may be from their symmetric places, in angstrom.")
  var symprec = 0.1

  @Option(help: "Leave out crystals with more sites than this in the asymmetric unit; 0 takes all.")
  var maxSites = 0

  @Flag(help: "Write every atom of the conventional cell as a site of its own, in space group 1, for models without symmetry.")
  var noSymmetry = false

  @Option(help: "Read only the first so many records; 0 reads all.")
  var limit = 0

  @Option(help: "Shares of validation and test set where the input has no splits.")
  var heldOut = 0.1

  @OptionGroup var further: GeometryOptions
  @OptionGroup var reading: ReadingFlags
  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard symprec >= 1e-6, symprec <= 1 else { throw ValidationError("--symprec must be from 0.000001 to 1 angstrom.") }
    guard maxSites >= 0, limit >= 0 else { throw ValidationError("--max-sites and --limit must be 0 or more.") }
    guard (0..<0.5).contains(heldOut) else { throw ValidationError("--held-out must be from 0 to below 0.5.") }
  }

  var files: StageFiles { StageFiles(inputs: [input] + further.geometry + further.unlike, outputs: [.file(output)]) }

  func perform() throws {
    var report = StageReport(stage: "preprocess")
    var dataset = Dataset()
    var names = TakenNames()
    var records = try CrystalSource.records(input, columns: reading.columns)
    if limit > 0 { records = Array(records.prefix(limit)) }
    try read(Array(records[shared.part.range(of: records.count)]), "preprocess", &dataset, &names, &report) { record, id in
      record.split ?? DatasetSplit.draw(id, heldOut: heldOut, seed: shared.seed)
    }
    guard report.accepted > 0 else {
      throw StageError(.input, "none of \(records.count) records of '\(input)' gave a crystal: \(report.mostFrequentReason).")
    }
    if !further.geometry.isEmpty {
      let filter = try further.filter(dataset, reading.options, shared: shared)
      let records = try further.geometry.flatMap { try CrystalSource.records($0, columns: reading.columns) }
      try read(records, "geometry", &dataset, &names, &report, filter) { _, _ in DatasetPart.geometry.rawValue }
      report.note("geometry", dataset.indices(of: .geometry).count)
    }
    dataset.rejected = report.rejected
    try dataset.write(to: output, symprec: symprec, options: shared, seconds: report.seconds)
    report.note("per_second", Double(report.accepted + report.rejected.count) / report.seconds)
    report.note("round_trip_share", report.shareWithout("round_trip"))
    try report.finish(shared, output: output)
  }

  /// Adds the crystals of records to a dataset.
  private func read(
    _ records: [SourceRecord], _ phase: String, _ dataset: inout Dataset, _ names: inout TakenNames,
    _ report: inout StageReport,
    _ filter: GeometryFilter? = nil, part: (SourceRecord, _ id: String) -> UInt8
  ) throws {
    let (symprec, maxSites, keepsSymmetry, options) = (symprec, maxSites, !noSymmetry, reading.options)
    var progress = Progress(phase, total: records.count, quiet: shared.quiet)
    for start in stride(from: 0, to: records.count, by: 512) {
      try Interruption.check()
      let chunk = Array(records[start..<min(records.count, start + 512)])
      let results = try parallelMap(count: chunk.count, threads: shared.threadCount) { i in
        chunk[i].read(options).map { item in
          let unit = item.crystal.flatMap {
            Dataset.standardize($0, symprec: symprec, maxSites: maxSites, keepsSymmetry: keepsSymmetry)
          }
          return (
            item: item,
            unit: unit.flatMap { unit in
              filter?.complaint(unit.conventional, sites: unit.unit.sites.count).map { .failure($0) } ?? .success(unit)
            }
          )
        }
      }
      for (record, items) in zip(chunk, results) {
        for (item, result) in items {
          switch result {
          case .success(let (unit, crystal)):
            let id = names.name(of: item, in: record)
            dataset.append(id: id, unit: unit, crystal: crystal, split: part(record, id), properties: item.results.numbers)
            report.accept(try item.crystal.get())
          case .failure(let rejection): report.reject(item.id, because: rejection)
          }
        }
      }
      progress.update(start + chunk.count)
    }
    progress.finish()
  }
}
