import Crystals
public import Generators
import StageKit

/// Who says what a reward asks for: trained models of properties, and with a hull how far formation energies are above it.
public enum RewardPredictors {
  /// What a hull adds, eV/atom, below 0 under the hull; missing for an element alone, and where the
  /// hull knows next to nothing of the chemical system.
  public static let aboveHull = "energy_above_hull"

  /// - Parameters:
  ///   - paths: models of properties; of two that say the same, the first says it.
  ///   - withSites: whether what is to be predicted has its Wyckoff positions, or a composition and a cell.
  ///   - hull: a file that `HullFile` reads; needs a model of formation energies.
  /// - Throws: `StageError` where a model cannot be read, or needs something else.
  public static func read(_ paths: [String], withSites: Bool, hull: String?) throws -> [BlueprintPredictor] {
    var predictors: [BlueprintPredictor] = []
    for path in paths {
      let model = try withSites ? LoadedPropertyModel(reading: path) : LoadedPropertyModel(ofCells: path, for: "this reward")
      guard !withSites || model.input == .blueprint else {
        throw StageError(
          .input,
          "'\(path)' predicts with input: \(model.input.rawValue), and a reward of skeletons needs one with input: blueprint.")
      }
      predictors.append(
        BlueprintPredictor(columns: model.columns, path: path) { blueprints in model.predict(blueprints).map { try? $0.get() } }
      )
    }
    guard let hull else { return predictors }
    guard let energies = predictors.first(where: { $0.columns.contains(formationEnergy) }),
      let column = energies.columns.firstIndex(of: formationEnergy)
    else { throw StageError(.input, "--hull needs a --predictor of \(formationEnergy).") }
    let table = try HullFile(reading: hull)
    predictors.append(
      BlueprintPredictor(columns: [aboveHull], path: hull) { blueprints in
        zip(blueprints, energies.predict(blueprints)).map { blueprint, values in
          guard let energy = values?[column], let elements = blueprint.conventionalFormula?.elements else { return nil }
          // The elements themselves are at 0, and nobody wants them.
          guard elements.count > 1, !table.isThin(elements.map { Int($0) }) else { return nil }
          return table.aboveHull(formationEnergy: energy, of: blueprint).map { [$0] }
        }
      })
    return predictors
  }

  private static let formationEnergy = "formation_energy_per_atom"
}
