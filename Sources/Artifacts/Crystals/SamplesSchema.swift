import Crystals
public import Generators
public import StageKit
public import Tensors

/// `samples.h5`: asymmetric units as predicted, and `/prediction`, the probabilities they were drawn from.
public enum SamplesFile {
  /// Writes samples as they are drawn, so that memory does not grow with their number.
  ///
  /// - Parameters:
  ///   - blueprints: what the samples are to be, in their order; kept under `/target`.
  ///   - sampler: what draws them.
  ///   - trainingSet: the fingerprint of what the model was trained on.
  ///   - inputs: the model, and a dataset whose crystals are predicted.
  ///   - body: draws; hands over what is drawn, in order, some at a time.
  /// - Throws: `StageError` where the file cannot be written, and what `body` throws.
  public static func write(
    ids: [String], blueprints: [Blueprint], sampler: any UnitSampler, trainingSet: String?, to path: String, inputs: [String],
    rejected: [RejectedRecord] = [],
    options: SharedOptions, records: RecordRange, precision: Precision, seconds: @autoclosure () -> Double,
    _ body: (_ append: ([PredictedUnit]) throws -> Void) throws -> Void
  ) throws {
    let elements = "/prediction/element_probability"
    let symmetries = "/prediction/site_symmetry_probability"
    let symmetryShape = [SiteSymmetry.axisCount, SiteSymmetry.operationCount]
    let counts = blueprints.map { $0.siteCount ?? 0 }
    let sites = counts.reduce(0, +)
    try Artifact.write(.samples, to: path, inputs: inputs, options: options, records: records, seconds: seconds()) { writer in
      try writer.setAttribute("steps", Int64(sampler.steps))
      try writer.setAttribute("network_calls", Int64(sampler.networkCalls))
      // What the processor had, not what was asked for: shards from different processors may not be mixed.
      try writer.setAttribute("precision", precision.rawValue)
      try writer.setAttribute("kernel", precision == .float32 ? Products.kernelName : "oneDNN")
      if let trainingSet { try writer.setAttribute(TrainingSetRecord.attribute, trainingSet) }
      try writer.write(ids, to: "/id")
      try writer.write(blueprints: blueprints)
      try writer.reserve(siteCounts: counts)
      try writer.reserve(Float.self, shape: [sites, BeliefBatch.elementClasses], elements)
      try writer.reserve(Float.self, shape: [sites] + symmetryShape, symmetries)
      var (record, site) = (0, 0)
      func append(_ samples: [PredictedUnit], _ writer: borrowing HDF5Writer) throws {
        try writer.write(units: samples.map(\.unit), record: record, site: site)
        try writer.write(
          samples.flatMap(\.elementProbabilities), width: [BeliefBatch.elementClasses], to: elements, row: site)
        try writer.write(
          samples.flatMap(\.siteSymmetryProbabilities), width: symmetryShape, to: symmetries, row: site)
        record += samples.count
        site += samples.reduce(0) { $0 + $1.unit.sites.count }
      }
      try body { try append($0, writer) }
      precondition(record == blueprints.count && site == sites)
      try writer.write(rejected: rejected)
    }
  }
}
