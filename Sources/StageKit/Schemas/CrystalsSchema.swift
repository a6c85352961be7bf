public import Crystals

/// `crystals.h5`: asymmetric units on their Wyckoff positions, full cells, `/reconstruction` (what it took).
public struct CrystalsFile: Sendable {
  public var ids: [String] = []
  public var units: [AsymmetricUnit] = []
  public var crystals: [Crystal] = []
  /// `Reconstruction.Outcome` of each.
  public var outcomes: [Int8] = []
  public var rejected: [RejectedRecord] = []
  private var sources: [Int32] = []
  private var distances: [Double] = []
  private var operationsChanged: [Int16] = []

  public init() {}

  public mutating func append(_ id: String, _ reconstruction: Reconstruction) {
    ids.append(id)
    units.append(reconstruction.unit)
    crystals.append(reconstruction.crystal)
    outcomes.append(reconstruction.outcome.rawValue)
    sources += reconstruction.sources.map(Int32.init)
    distances += reconstruction.distances
    operationsChanged += reconstruction.operationsChanged.map(Int16.init)
  }

  public func write(
    to path: String, input: String, options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.crystals, to: path, inputs: [input], options: options, seconds: seconds()) { writer in
      try writer.write(ids, to: "/id")
      try writer.write(units: units)
      try writer.write(crystals: crystals)
      try writer.write(outcomes.map(Int16.init), to: "/reconstruction/outcome")
      try writer.setAttribute(
        "meaning", Reconstruction.Outcome.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", "),
        of: "/reconstruction/outcome")
      try writer.write(sources, to: "/reconstruction/site_of_prediction")
      try writer.write(distances, to: "/reconstruction/distance")
      try writer.setAttribute("unit", "angstrom", of: "/reconstruction/distance")
      try writer.write(operationsChanged, to: "/reconstruction/operations_changed")
      try writer.write(rejected: rejected)
    }
  }
}
