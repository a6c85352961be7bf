import ArgumentParser
import Crystals
import StageKit
import Tensors

/// Unfolds asymmetric units into crystals.
///
/// | reads  | any file with /asymmetric_unit: samples.h5, dataset.h5                 |
/// | writes | crystals.h5, for `relax` and `metrics`                                 |
/// | drops  | units without a cell, and those whose sites collide with no way out    |
@main
struct Reconstruct: Stage {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct",
    abstract: "Unfold asymmetric units into crystals.",
    discussion: """
      Every site goes to a Wyckoff position of its space group: the one whose site-symmetry code differs on the fewest axes, \
      among those the nearest. A site whose orbit comes too close to itself or to atoms already there takes the next position; \
      where none fits it falls together with atoms of its own element, or the crystal is rejected.
      """, version: friezeVersion)

  @Option(help: "Asymmetric units to unfold (HDF5).")
  var samples: String

  @Option(help: "The crystals to write (HDF5).")
  var output: String

  @Option(help: "Shortest distance two atoms may have, in angstrom.")
  var minimumDistance = 0.5

  @Option(help: "Shortest distance two atoms may have, as a share of the sum of their covalent radii.")
  var radiiShare = 0.5

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard minimumDistance >= 0, radiiShare >= 0, radiiShare < 1 else {
      throw ValidationError("--minimum-distance must be 0 or more, --radii-share from 0 to below 1.")
    }
  }

  func perform() throws {
    var report = StageReport(stage: "reconstruct")
    let reader = try Artifact.open(samples)
    let units = try reader.units()
    let ids = try reader.ids()
    let earlier = try reader.rejected()
    guard ids.count == units.count else {
      throw StageError(.input, "'\(samples)': /id has \(ids.count) entries for \(units.count) units.")
    }
    let range = shared.part.range(of: units.count)
    let options = Reconstruction.Options(minimumDistance: minimumDistance, radiiShare: radiiShare)
    var file = CrystalsFile()
    file.rejected = shared.part.index == 0 ? earlier : []
    var progress = Progress("reconstruct", total: range.count, quiet: shared.quiet)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 1024) {
      try Interruption.check()
      let chunk = Array(start..<min(range.upperBound, start + 1024))
      let results = try parallelMap(count: chunk.count, threads: shared.threadCount) { i in
        Result { () throws(Rejection) in try units[chunk[i]].reconstruct(options) }
      }
      for (i, result) in zip(chunk, results) {
        switch result {
        case .success(let reconstruction):
          file.append(ids[i], reconstruction)
          report.accept()
        case .failure(let rejection): report.reject(ids[i], because: rejection)
        }
      }
      progress.update(start + chunk.count - range.lowerBound)
    }
    progress.finish()
    file.rejected += report.rejected
    try file.write(to: output, input: samples, options: shared, seconds: report.seconds)
    for outcome in Reconstruction.Outcome.allCases { report.note(outcome.name, file.outcomes.count { $0 == outcome.rawValue }) }
    report.finish(shared, output: output)
  }
}
