import ArgumentParser
import Artifacts
import Evaluation

/// What crystals are compared with, and when two are the same.
struct JudgingOptions: ParsableArguments {
  @Option(
    help: "The part of the dataset that distances are measured to: test or validation (train where there is none), or train.")
  var compareWith = Part.test

  @Option(parsing: .upToNextOption, help: "Further sets that crystals may be known from: .h5, CIF, extxyz, CSV or folders.")
  var known: [String] = []

  @Option(help: "The dataset whose training part the model has seen (HDF5); --reference where not given.")
  var trainedOn: String?

  @Option(help: "Energies of the reference's crystals by the same judge (relaxed.h5), in place of the dataset's own.")
  var referenceEnergies: String?

  @Option(help: "Lengths of two cells that are the same may differ by this share (pymatgen's ltol).")
  var ltol = StructureMatcher.standard.lengthTolerance

  @Option(help: "Distance of paired atoms of two crystals that are the same, in units of (V/N)^(1/3) (stol).")
  var stol = StructureMatcher.standard.siteTolerance

  @Option(help: "Angles of two cells that are the same may differ by this, in degrees (angle_tol).")
  var angleTol = StructureMatcher.standard.angleTolerance

  @Option(help: "What is held against --stol: max, the largest distance, or rms.")
  var sameBy = SameBy.max

  @Option(help: "Largest distances of fingerprints that cover, STRUCTURE,COMPOSITION; CDVAE has 0.2,4 for Perov-5.")
  var coverageLimits = "0.4,10"

  @Flag(
    help:
      "Add a row by the published protocol: sameness by rms, elements alone left out, last energies of the unconverged counted."
  )
  var published = false

  enum Part: String, ExpressibleByArgument, CaseIterable { case test, validation, train }
  enum SameBy: String, ExpressibleByArgument, CaseIterable { case max, rms }

  func validate() throws {
    guard ltol > 0, ltol <= 1, stol > 0, stol <= 2, angleTol > 0, angleTol <= 45 else {
      throw ValidationError("--ltol goes to 1, --stol to 2, --angle-tol to 45, all from above 0.")
    }
    _ = try limits()
  }

  var matcher: StructureMatcher {
    var matcher = StructureMatcher(lengthTolerance: ltol, siteTolerance: stol, angleTolerance: angleTol)
    matcher.criterion = sameBy == .rms ? .rootMeanSquare : .maximum
    return matcher
  }

  func limits() throws -> Coverage.Limits {
    let parts = coverageLimits.split(separator: ",").compactMap { Double($0) }
    guard parts.count == 2, parts.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw ValidationError("--coverage-limits takes two numbers above 0, as 0.4,10; not '\(coverageLimits)'.")
    }
    return Coverage.Limits(structure: parts[0], composition: parts[1])
  }

  /// Puts what was asked for into the input of a judgement.
  ///
  /// - Parameter models: models that the crystals may come from.
  func apply(to input: inout MetricsInput, data: Dataset, reference: String, models: [String], threads: Int) throws {
    input.comparedPart = ComparedPart(rawValue: compareWith.rawValue) ?? .test
    input.settings.matcher = matcher
    input.coverageLimits = try limits()
    input.includesPublished = published
    for path in known { try input.addKnown(path, threads: threads) }
    let trained = (data: try trainedOn.map { try Dataset(reading: $0) } ?? data, name: trainedOn ?? reference)
    if trainedOn != nil { input.reference.takeTrainingPart(of: ReferenceSet(trained.data, name: trained.name)) }
    for model in models { try input.checkTraining(ofModel: model, on: trained.data, named: trained.name) }
    if let referenceEnergies {
      try input.takeEnergies(
        of: referenceEnergies, for: data, of: reference, includesTraining: trainedOn == nil, threads: threads)
    }
  }
}
