public import Generators
import StageKit

/// How low the energies of skeletons are expected to be, for `propose --screen energy:K`: of a model of properties that reads
/// blueprints, above a hull where one is given.
public struct SkeletonEnergies: Sendable {
  private let model: LoadedPropertyModel
  private let column: Int
  private let isAboveHull: Bool
  private let hull: HullFile?

  /// How far below the hull counts, eV/atom: as far as the predictor errs. What lies deeper is mostly above a hole of the hull, where phases
  /// are missing (promethium, actinium), so it is not preferred.
  private static let mostBelow = -0.05

  /// A column of formation energies is taken where there is a hull; one of energies above the hull where there is none, or no other.
  ///
  /// - Parameter hull: a file that `HullFile` reads.
  /// - Throws: `StageError` where the model reads coordinates, has no energies, or the hull cannot be read.
  public init(reading path: String, weights: ModelFile.Weights = .best, hull: String?) throws {
    model = try LoadedPropertyModel(ofSkeletons: path, weights: weights, screen: "energy", shipped: "mp20-skeleton-energy.h5")
    let names = model.columns
    let above = names.firstIndex { $0.hasSuffix("above_hull") }
    let formation = names.firstIndex { $0.hasSuffix("formation_energy_per_atom") || $0.hasSuffix("formation_energy") }
    guard let column = hull == nil ? above ?? formation : formation ?? above else {
      throw StageError(
        .input,
        "'\(path)' predicts \(names.joined(separator: ", ")), and no energy: --screen energy needs formation_energy_per_atom or "
          + "e_above_hull.")
    }
    (self.column, isAboveHull) = (column, column == above)
    self.hull = isAboveHull ? nil : try hull.map { try HullFile(reading: $0) }
  }

  /// What skeletons are compared by, as a sentence's end.
  public var meaning: String {
    let name = model.columns[column]
    if isAboveHull { return "by the \(name) that '\(model.path)' predicts" }
    guard let hull else {
      return "by the \(name) that '\(model.path)' predicts alone, which favours salts: --hull compares what is above a hull"
    }
    return
      "by the \(name) that '\(model.path)' predicts, above the hull '\(hull.name)'; 0.05 eV/atom below it is as good as any deeper"
  }

  /// eV/atom of each, at least 0.05 below a hull; infinite where a skeleton has no prediction or the hull lacks an element of it.
  public func callAsFunction(_ blueprints: [Blueprint]) -> [Double] {
    zip(blueprints, model.predict(blueprints)).map { blueprint, predicted in
      guard let energy = try? predicted.get()[column], energy.isFinite else { return .infinity }
      guard hull != nil || isAboveHull else { return energy }
      return max(Self.mostBelow, hull.map { $0.aboveHull(formationEnergy: energy, of: blueprint) ?? .infinity } ?? energy)
    }
  }
}
