import Crystals
import Foundation

/// Something that says numbers of blueprints, without atoms: a trained model of properties, and what can be read off what it says.
public struct BlueprintPredictor: Sendable {
  /// Names of the numbers.
  public let columns: [String]
  /// The file that says them; nil where it is none.
  public let path: String?
  /// The columns of each blueprint; nil where it says nothing of one.
  public let predict: @Sendable ([Blueprint]) -> [[Double]?]

  /// - Parameter predict: as many answers as blueprints.
  public init(columns: [String], path: String? = nil, predict: @escaping @Sendable ([Blueprint]) -> [[Double]?]) {
    (self.columns, self.path, self.predict) = (columns, path, predict)
  }
}

/// ln of what crystals are worth: a reward with those who say what it asks for.
struct CrystalReward: Sendable {
  let reward: Reward
  private let predictors: [BlueprintPredictor]
  private let least: Double
  /// (names) of a predictor its number and the column; of what a crystal says of itself nil.
  private let sources: [(predictor: Int, column: Int)?]

  /// A crystal is worth no more: ln of it is 69.
  private static let greatest = 1e30

  /// - Parameter least: what a crystal is worth at least, that of no finite worth included.
  /// - Throws: `Rejection` with code `no_predictor` where no one says a name.
  init(_ reward: Reward, _ predictors: [BlueprintPredictor], least: Double) throws(Rejection) {
    (self.reward, self.predictors, self.least) = (reward, predictors, least)
    var sources: [(predictor: Int, column: Int)?] = []
    for name in reward.names {
      let places = predictors.indices.compactMap { p in
        predictors[p].columns.firstIndex(of: name).map { (predictor: p, column: $0) }
      }
      if places.isEmpty, !Reward.known.contains(name) {
        let others = (Reward.known + predictors.flatMap(\.columns)).joined(separator: ", ")
        throw Rejection("no_predictor", "the reward asks for \(name), which no --predictor says; there are \(others)")
      }
      sources.append(places.first)
    }
    self.sources = sources
  }

  /// - Parameter blueprints: nil where there is no cell.
  func logRewards(_ blueprints: [Blueprint?]) -> [Double] {
    values(blueprints).map { log(min(Self.greatest, max(least, $0.isFinite ? $0 : least))) }
  }

  /// The rewards as the expression has them; NaN where there is no cell, or a prediction is missing.
  func values(_ blueprints: [Blueprint?]) -> [Double] {
    let present = blueprints.compactMap { $0 }
    let predicted = predictors.indices.map { p in
      sources.contains { $0?.predictor == p } ? predictors[p].predict(present) : []
    }
    var row = -1
    return blueprints.map { blueprint in
      guard let blueprint else { return .nan }
      row += 1
      var values: [Double] = []
      for (name, source) in zip(reward.names, sources) {
        if let source {
          guard let own = predicted[source.predictor][row] else { return .nan }
          values.append(own[source.column])
        } else {
          values.append(Self.known(name, blueprint))
        }
      }
      return reward.value(values)
    }
  }

  private static func known(_ name: String, _ blueprint: Blueprint) -> Double {
    guard let formula = blueprint.conventionalFormula else { return .nan }
    let atoms = Double(formula.atomCount)
    let volume = blueprint.lattice?.lattice.volume ?? .nan
    switch name {
    case "volume_per_atom": return volume / atoms
    case "density":
      let mass = zip(formula.elements, formula.counts).reduce(0) { $0 + Element.mass(Int($1.0)) * Double($1.1) }
      // Atomic mass units a cubic angstrom in gram a cubic centimetre.
      return 1.66053906660 * mass / volume
    case "atoms": return atoms
    default: return Double(formula.elements.count)
    }
  }
}
