import ArgumentParser
import Artifacts
import StageKit

/// Predicts properties of crystals and writes them beside what is known already.
///
/// | reads  | any file with /crystal: dataset.h5, crystals.h5, relaxed.h5                |
/// | writes | the same file with columns /property/MODEL_NAME                            |
/// | drops  | nothing: what cannot be predicted is not a number, counted with its reason |
@main
struct Properties: Stage {
  static let usesProducts = true
  static let configuration = CommandConfiguration(
    commandName: "properties",
    abstract: "Predict properties of crystals.",
    discussion: """
      properties --crystals dataset.h5 --model megnet:formation_energy,band_gap,bulk_modulus --output labelled.h5
      properties --crystals relaxed.h5 --model megnet geometry chgnet --hull mp.csv.xz --output described.h5

      A model predicts the crystals as they are; nothing is relaxed. --list-models shows the models with their properties, units and \
      files. megnet alone means formation_energy, band_gap, bulk_modulus, shear_modulus, fermi_energy; a variant stands behind @ in the \
      request and in the column: band_gap@hse (GLLB-SC: @gllb, experiment: @exp) is megnet_band_gap_hse, formation_energy@2018 the network \
      of 2018.

      Formation energies are corrected to MP2020 for Br, I, Se and Te, as hulls and labels are; @uncorrected is the network's own. \
      Band gaps are the mean of six networks, whose standard deviation is the column NAME_deviation; metals come out near 0 and \
      slightly below, and what is below is written as 0. Moduli are in GPa. Every column has its unit, its model, the hash of the weights and \
      a note as attributes. A value that is not known is not a number: no neighbours within a network's cutoff, an element that it does \
      not know. Elements that a network has never seen get a value all the same, which means nothing, and a line says so.
      """, version: friezeVersion)

  @Option(help: "Crystals to describe (HDF5).")
  var crystals: String?

  @Option(
    parsing: .upToNextOption,
    help: """
      Models with what they are asked for: NAME or NAME:PROPERTY,PROPERTY@VARIANT…; --list-models shows what there is. FILE.h5: a model \
      of properties that was trained here.
      """)
  var model: [String] = []

  @Option(help: "The file to write: the crystals' with more columns (HDF5).")
  var output: String?

  @Flag(help: "Describe the crystals of a relaxed.h5 before relaxation, too: columns NAME_initial.")
  var initial = false

  @Option(
    help: "A convex hull for chgnet's formation energy and energy above hull: hull.h5, or a table with elements.csv beside it.")
  var hull: String?

  @Option(parsing: .upToNextOption, help: "Weights that are not in their usual place: megnet=FILE.h5, chgnet=FILE.h5.")
  var weights: [String] = []

  @Flag(help: "List the models and leave.")
  var listModels = false

  @OptionGroup var plain: PlainOptions
  var shared: SharedOptions { plain.shared }

  func validate() throws {
    guard !listModels else { return }
    guard crystals != nil, output != nil, !model.isEmpty else {
      throw ValidationError("--crystals, --model and --output are needed; --list-models shows the models.")
    }
    _ = try namedWeights()
  }

  private func namedWeights() throws -> [String: String] {
    var named: [String: String] = [:]
    for text in weights {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, PredictorCatalog.namesWithWeights.contains(parts[0]), named[parts[0]] == nil else {
        throw ValidationError(
          "--weights takes NAME=FILE.h5, each of \(PredictorCatalog.namesWithWeights.joined(separator: ", ")) once.")
      }
      named[parts[0]] = parts[1]
    }
    return named
  }

  var files: StageFiles {
    get throws {
      let inputs = listModels ? [] : [crystals, hull] + (try namedWeights()).values.sorted()
      return StageFiles(inputs: inputs, outputs: listModels ? [] : [output.map { .file($0) }])
    }
  }

  func perform() throws {
    if listModels { return try standardOutput(PredictorCatalog.listing) }
    guard let crystals, let output else { return }
    var report = StageReport(stage: "properties")
    var surroundings = PredictorCatalog.Surroundings()
    surroundings.weights = try namedWeights()
    surroundings.hull = hull
    let isQuiet = shared.quiet
    surroundings.tell = { if !isQuiet { standardError("properties: \($0)") } }
    let predictors = try model.map { try PredictorCatalog.open($0, surroundings) }
    var run = try PropertyRun(reading: crystals, with: predictors, isInitial: initial)
    var progress = Progress("properties", total: run.count, quiet: shared.quiet)
    try run.perform(threads: shared.threadCount) { progress.update($0) }
    progress.finish()
    for name in try run.write(to: output, options: shared, seconds: report.seconds) {
      surroundings.tell("\(name) of '\(crystals)' is no column of numbers or strings and was left out.")
    }
    run.remarks.forEach(surroundings.tell)
    report.accept(run.count)
    run.note(in: &report)
    report.note("seconds_per_crystal", report.seconds / Double(max(1, run.count)))
    try report.finish(shared, output: output)
  }
}
