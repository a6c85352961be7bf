public import Crystals

/// What a method learns from: asymmetric units, and what is known of their properties.
public struct TrainingData: Sendable {
  /// The crystals.
  public var units: [AsymmetricUnit]
  /// By name, one value a unit; NaN where unknown.
  public var properties: [String: [Double]]
  /// Further crystals, of which lattice and coordinates alone are learnt, with all else told (`MethodOptions.learnsGeometryAlone`).
  public var geometry: [AsymmetricUnit] = []

  /// - Parameter properties: by name, as many values as there are units.
  public init(_ units: [AsymmetricUnit], properties: [String: [Double]] = [:]) {
    precondition(properties.values.allSatisfy { $0.count == units.count })
    (self.units, self.properties) = (units, properties)
  }

  /// Some of the units with their properties, and nothing beside them.
  public func taking(_ indices: [Int]) -> TrainingData {
    TrainingData(indices.map { units[$0] }, properties: properties.mapValues { values in indices.map { values[$0] } })
  }

  /// (P) columns in the order of names; NaN where there is no such column.
  func columns(_ names: [String]) -> [[Double]] {
    names.map { properties[$0] ?? [Double](repeating: .nan, count: units.count) }
  }
}
