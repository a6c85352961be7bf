public import Crystals
public import Potentials

/// Properties by a potential: energy, formation energy, energy above a hull, magnetic moment.
public struct PotentialProperties: PropertyPredictor {
  /// Where a crystal stands: eV/atom, not numbers where that is not known, and then why.
  public struct Place: Sendable {
    /// eV/atom above the elements.
    public var formationEnergy: Double
    /// eV/atom above the hull.
    public var aboveHull: Double
    /// Why one of them is not known.
    public var reason: String

    /// - Parameters:
    ///   - formationEnergy: eV/atom above the elements.
    ///   - aboveHull: eV/atom above the hull.
    ///   - reason: why one of them is not known.
    public init(formationEnergy: Double, aboveHull: Double, reason: String) {
      (self.formationEnergy, self.aboveHull, self.reason) = (formationEnergy, aboveHull, reason)
    }
  }

  /// The potential's.
  public let name: String
  /// Those that were asked for.
  public let properties: [PredictedProperty]
  private let potential: any Potential
  private let place: @Sendable (Crystal, Double) -> Place

  /// All that there can be; the first and the last without a hull.
  public static let known = [
    PredictedProperty(name: "energy", unit: "eV/atom", note: "of the crystal as it is, not relaxed"),
    PredictedProperty(name: "formation_energy", unit: "eV/atom"),
    PredictedProperty(name: "energy_above_hull", unit: "eV/atom"),
    PredictedProperty(name: "magnetic_moment", unit: "mu_B", note: "mean magnitude over the atoms"),
  ]

  /// - Parameters:
  ///   - name: what columns begin with.
  ///   - properties: some of `known`.
  ///   - place: where a crystal of a total energy (eV a cell) stands above a hull.
  public init(
    _ potential: any Potential, name: String, properties: [PredictedProperty],
    place: @escaping @Sendable (Crystal, Double) -> Place
  ) {
    (self.potential, self.name, self.properties, self.place) = (potential, name, properties, place)
  }

  /// - Throws: what the potential throws.
  public func predict(_ crystals: [Crystal]) throws -> [[PropertyPrediction]] {
    zip(crystals, try potential.evaluate(crystals)).map { crystal, evaluation in
      if let failure = evaluation.failure {
        return properties.map { _ in PropertyPrediction(failure: PredictionFailure(failure)) }
      }
      let stands = place(crystal, evaluation.energy)
      return properties.map { property in
        let value =
          switch property.name {
          case "energy": evaluation.energy / Double(crystal.count)
          case "formation_energy": stands.formationEnergy
          case "energy_above_hull": stands.aboveHull
          default: evaluation.magneticMoments.map { $0.reduce(0) { $0 + abs($1) } / Double(crystal.count) } ?? .nan
          }
        return value.isFinite ? PropertyPrediction(value: value) : PropertyPrediction(failure: .reported(stands.reason))
      }
    }
  }
}

extension PredictionFailure {
  /// The same as of an evaluation.
  init(_ failure: EvaluationFailure) {
    switch failure {
    case .noAtoms: self = .noAtoms
    case .unusableCell: self = .unusableCell
    case .unsupportedElement(let z): self = .unknownElement(atomicNumber: z)
    case .atomsTooClose(let d): self = .atomsTooClose(distance: d)
    case .tooDense: self = .tooDense
    case .notFinite: self = .notFinite
    case .reported(let what): self = .reported(what)
    }
  }
}
