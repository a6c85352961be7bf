import ArgumentParser
import Artifacts
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
      among those the nearest (--choice code), or the one with the least -ln p + d^2 / 2 s^2 for the predicted probabilities p \
      of its code and the distance d (--choice probability).

      Where atoms come too close, sites slide apart within their positions; where that does not help the site takes the next \
      position; where no position helps, that site is placed first and the others after it; where that fails too, --radii-share \
      is lowered to 0.8 and 0.6 of itself. A crystal for which all this fails is rejected. No site is left out.
      """, version: friezeVersion)

  @Option(help: "Asymmetric units to unfold (HDF5).")
  var samples: String

  @Option(help: "The crystals to write (HDF5).")
  var output: String

  @Option(help: "Shortest distance two atoms may have, in angstrom.")
  var minimumDistance = 0.5

  @Option(help: "Shortest distance two atoms may have, as a share of the sum of their covalent radii.")
  var radiiShare = 0.5

  @Option(help: "How sites choose their positions: code, or probability (where the file has predictions).")
  var choice = Choice.code

  @Option(help: "With --choice probability: the deviation s of predicted positions, in angstrom.")
  var deviation = 0.3

  @OptionGroup var sharded: ShardedOptions
  var shared: SharedOptions { sharded.shared }

  enum Choice: String, ExpressibleByArgument, CaseIterable { case code, probability }

  func validate() throws {
    guard minimumDistance >= 0, minimumDistance <= 100, radiiShare >= 0, radiiShare < 1 else {
      throw ValidationError("--minimum-distance must be from 0 to 100, --radii-share from 0 to below 1.")
    }
    guard deviation >= 1e-6, deviation <= 1e6 else {
      throw ValidationError("--deviation must be from 0.000001 to 1000000 angstrom.")
    }
  }

  var files: StageFiles { StageFiles(inputs: [samples], outputs: [.file(output)]) }

  func perform() throws {
    var report = StageReport(stage: "reconstruct")
    let input = try PredictedUnits(reading: samples, shared.part, hasProbabilities: choice == .probability)
    let options = Reconstruction.Options(
      minimumDistance: minimumDistance, radiiShare: radiiShare,
      choice: choice == .code ? .code : .probability(deviation: deviation))
    var file = CrystalsFile()
    file.rejected = input.rejected
    var progress = Progress("reconstruct", total: input.units.count, quiet: shared.quiet)
    for start in stride(from: 0, to: input.units.count, by: 1024) {
      try Interruption.check()
      let chunk = Array(start..<min(input.units.count, start + 1024))
      let results = try parallelMap(count: chunk.count, threads: shared.threadCount) { i in
        Result { () throws(Rejection) in
          try input.units[chunk[i]].reconstruct(options, probabilities: input.probabilities?[chunk[i]])
        }
      }
      for (i, result) in zip(chunk, results) {
        switch result {
        case .success(let reconstruction):
          file.append(input.ids[i], reconstruction, target: input.targets?[i])
          report.accept()
        case .failure(let rejection): report.reject(input.ids[i], because: rejection)
        }
      }
      progress.update(start + chunk.count)
    }
    progress.finish()
    file.rejected += report.rejected
    try file.write(
      to: output, input: samples, trainingSet: input.trainingSet, options: shared, records: input.records,
      seconds: report.seconds)
    for (name, value) in file.figures { report.note(name, value) }
    try report.finish(shared, output: output)
  }
}
