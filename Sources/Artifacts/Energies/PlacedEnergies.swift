import Potentials
public import StageKit

/// The energies of a relaxed.h5, to be placed above other hulls.
public struct PlacedEnergies: Sendable {
  /// As `--potential` had it, and the file of its weights with the hash; empty where there is none.
  public let potential: String
  /// The file of its weights with the hash; empty where there is none.
  public let weights: String
  /// The relaxed crystals.
  public let file: RelaxedFile
  private let protocolText: String
  private let records: RecordRange

  /// Reads relaxed.h5.
  ///
  /// - Throws: `StageError` where it is no such file, or does not say whose energies it has.
  public init(reading path: String) throws {
    let reader = try Artifact.open(path, formats: [.relaxed])
    guard let potential = reader.attribute("potential") else {
      throw StageError(.input, "'\(path)': attribute potential, expected, not found: whose energies it has is not known.")
    }
    self.potential = potential
    weights = reader.attribute("potential_weights") ?? ""
    protocolText = reader.attribute("relaxation") ?? ""
    file = try RelaxedFile(reading: path)
    records =
      reader.attribute("records").flatMap(RecordRange.init) ?? RecordRange(0..<file.records.count, of: file.records.count)
  }

  /// Writes the same energies above other hulls.
  ///
  /// - Throws: where the file cannot be written.
  public func write(
    to path: String, input: String, hulls: [HullFile], options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws {
    try file.write(
      to: path, input: input, potential: potential, weights: weights, protocolText: protocolText, hulls: hulls,
      options: options,
      of: records, seconds: seconds())
  }
}
