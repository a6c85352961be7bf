import Crystals
public import Generators
import StageKit

/// Who says what a reward asks for: trained models of properties, and with a hull how far formation energies are above it.
public enum RewardPredictors {
  /// What a hull adds, eV/atom: 0 where the crystal is below it, so that going lower gains nothing; missing where the hull knows next to nothing
  /// of the chemical system.
  public static let aboveHull = "energy_above_hull"

  /// - Parameters:
  ///   - paths: models of properties; of two that say the same, the first says it.
  ///   - hull: a file that `HullFile` reads; needs a model of formation energies.
  /// - Throws: `StageError` where a model cannot be read, or needs coordinates.
  public static func read(_ paths: [String], hull: String?) throws -> [BlueprintPredictor] {
    var predictors: [BlueprintPredictor] = []
    for path in paths {
      let model = try LoadedPropertyModel(reading: path)
      guard model.input == .composition else {
        throw StageError(
          .input,
          "'\(path)' predicts from \(model.input == .crystal ? "coordinates" : "Wyckoff positions"), and there are none yet: a reward needs a model with input: composition, as Pipelines/models/proxy-mp20.yaml."
        )
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
          guard let energy = values?[column], let formula = blueprint.composition?.formula else { return nil }
          let atoms = zip(formula.elements, formula.counts).map { (atomicNumber: Int($0), count: $1) }
          guard !table.isThin(atoms.map(\.atomicNumber)) else { return nil }
          return table.aboveHull(formationEnergy: energy, of: atoms).map { [max(0, $0)] }
        }
      })
    return predictors
  }

  private static let formationEnergy = "formation_energy_per_atom"
}
