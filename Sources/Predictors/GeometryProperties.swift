public import Crystals

/// What is known of a crystal without a model: density, atoms of the primitive cell, volume of an atom.
public struct GeometryProperties: PropertyPredictor {
  /// As `--model` has it.
  public let name = "geometry"
  /// Density, atoms, volume an atom.
  public let properties = [
    PredictedProperty(name: "density", unit: "g/cm^3"),
    PredictedProperty(name: "atoms", unit: "", note: "in the primitive cell"),
    PredictedProperty(name: "volume_per_atom", unit: "angstrom^3"),
  ]

  /// How far atoms may be from those that translations of a smaller cell make them equal to, in angstrom.
  private static let tolerance = 0.01

  /// There is nothing to set.
  public init() {}

  /// - Throws: nothing; a crystal without a volume carries its failure.
  public func predict(_ crystals: [Crystal]) throws -> [[PropertyPrediction]] {
    crystals.map { crystal in
      guard crystal.count > 0 else { return properties.map { _ in PropertyPrediction(failure: .noAtoms) } }
      guard crystal.lattice.isUsable else { return properties.map { _ in PropertyPrediction(failure: .unusableCell) } }
      let primitive = crystal.primitiveCell(tolerance: Self.tolerance)?.count ?? crystal.count
      return [crystal.density, Double(primitive), crystal.lattice.volume / Double(crystal.count)].map {
        $0.isFinite ? PropertyPrediction(value: $0) : PropertyPrediction(failure: .notFinite)
      }
    }
  }
}
