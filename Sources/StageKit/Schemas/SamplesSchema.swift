import Crystals
public import Generators

/// `samples.h5`: asymmetric units as predicted, and `/prediction`, the probabilities they were drawn from.
public enum SamplesFile {
  public static func write(
    _ samples: [PredictedUnit], first: Int, steps: Int, to path: String, model: String, options: SharedOptions,
    seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.samples, to: path, inputs: [model], options: options, seconds: seconds()) { writer in
      try writer.setAttribute("steps", Int64(steps))
      try writer.write(samples.indices.map { "sample-\(first + $0)" }, to: "/id")
      try writer.write(units: samples.map(\.unit))
      let sites = samples.reduce(0) { $0 + $1.unit.sites.count }
      try writer.write(
        samples.flatMap(\.elementProbabilities), shape: [sites, BeliefBatch.elementClasses],
        to: "/prediction/element_probability")
      try writer.write(
        samples.flatMap(\.siteSymmetryProbabilities),
        shape: [sites, SiteSymmetry.axisCount, SiteSymmetry.operationCount],
        to: "/prediction/site_symmetry_probability")
      try writer.write(rejected: [])
    }
  }
}
