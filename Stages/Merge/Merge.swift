import ArgumentParser
import Artifacts
import StageKit

/// Puts the shards of a stage together.
///
/// | reads  | all shards of one run of a stage                                         |
/// | writes | the file that the stage would have written without shards                |
/// | drops  | nothing: a shard that is missing, doubled or of another run is an error  |
@main
struct Merge: Stage {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the shards of a stage together.", version: friezeVersion)

  @Argument(help: "The shards, in any order (HDF5).")
  var parts: [String]

  @Option(help: "The whole to write (HDF5).")
  var output: String

  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  var files: StageFiles { StageFiles(inputs: parts, outputs: [.file(output)]) }

  func perform() throws {
    var report = StageReport(stage: "merge")
    let shards = try Shards(parts)
    try shards.write(to: output, options: shared)
    report.accept(parts.count)
    report.note("records", shards.records)
    try report.finish(shared, output: output)
  }
}
