public import Crystals
public import Generators
public import StageKit

/// `crystals.h5`: asymmetric units on their Wyckoff positions, full cells, `/reconstruction` (what it took).
public struct CrystalsFile: Sendable {
  /// Names of the crystals.
  public var ids: [String] = []
  /// The units, every site on a Wyckoff position.
  public var units: [AsymmetricUnit] = []
  /// The full conventional cells.
  public var crystals: [Crystal] = []
  /// `Reconstruction.Outcome` of each.
  public var outcomes: [Int8] = []
  /// What was not unfolded, here or earlier.
  public var rejected: [RejectedRecord] = []
  /// What each was asked to be, where the input says.
  private var targets: [Blueprint] = []
  private var sources: [Int32] = []
  private var distances: [Double] = []
  private var slides: [Double] = []
  private var operationsChanged: [Int16] = []

  /// A file without crystals.
  public init() {}

  /// Adds a crystal; either all have a target or none is written.
  public mutating func append(_ id: String, _ reconstruction: Reconstruction, target: Blueprint? = nil) {
    ids.append(id)
    if let target { targets.append(target) }
    units.append(reconstruction.unit)
    crystals.append(reconstruction.crystal)
    outcomes.append(reconstruction.outcome.rawValue)
    sources += reconstruction.sources.map(Int32.init)
    distances += reconstruction.distances
    slides += reconstruction.slides
    operationsChanged += reconstruction.operationsChanged.map(Int16.init)
  }

  /// Crystals by outcome; sites that slid, and how far on average and at most, in angstrom; what all sites moved on average.
  public var figures: [(name: String, value: Double)] {
    let slid = slides.filter { $0 > 0 }
    return Reconstruction.Outcome.allCases.map { outcome in
      (outcome.name, Double(outcomes.count { $0 == outcome.rawValue }))
    } + [
      ("sites", Double(slides.count)), ("sites_slid", Double(slid.count)),
      ("mean_slide", slid.isEmpty ? 0 : slid.reduce(0, +) / Double(slid.count)), ("longest_slide", slid.max() ?? 0),
      ("mean_distance", distances.isEmpty ? 0 : distances.reduce(0, +) / Double(distances.count)),
    ]
  }

  /// - Parameter trainingSet: the fingerprint of what the model was trained on that the units are of; nil where nobody says.
  /// - Throws: `StageError` where the file cannot be written.
  public func write(
    to path: String, input: String, trainingSet: String? = nil, options: SharedOptions, records: RecordRange,
    seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.crystals, to: path, inputs: [input], options: options, records: records, seconds: seconds()) { writer in
      if let trainingSet { try writer.setAttribute(TrainingSetRecord.attribute, trainingSet) }
      try writer.write(ids, to: "/id")
      if !targets.isEmpty, targets.count == ids.count { try writer.write(blueprints: targets) }
      try writer.write(units: units)
      try writer.write(crystals: crystals)
      try writer.write(outcomes.map(Int16.init), to: "/reconstruction/outcome")
      try writer.setAttribute(
        "meaning", Reconstruction.Outcome.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", "),
        of: "/reconstruction/outcome")
      try writer.write(sources, to: "/reconstruction/site_of_prediction")
      try writer.write(distances, to: "/reconstruction/distance")
      try writer.setAttribute("unit", "angstrom", of: "/reconstruction/distance")
      try writer.write(slides, to: "/reconstruction/slide")
      try writer.setAttribute("unit", "angstrom", of: "/reconstruction/slide")
      try writer.write(operationsChanged, to: "/reconstruction/operations_changed")
      try writer.write(rejected: rejected)
    }
  }
}
