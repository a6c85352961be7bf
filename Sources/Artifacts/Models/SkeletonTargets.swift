import Crystals
public import Generators
import StageKit

/// How far skeletons are from what is asked of properties, for `propose --screen target:K`: by a model of properties that reads
/// blueprints.
public struct SkeletonTargets: Sendable {
  private let model: LoadedPropertyModel
  /// By the name of what is asked for: the model's column, and the deviation of its training set.
  private let columns: [String: (index: Int, deviation: Double)]

  /// - Parameter names: of properties that are asked for.
  /// - Throws: `StageError` where the model reads coordinates, or lacks a property.
  public init(reading path: String, weights: ModelFile.Weights = .best, for names: [String]) throws {
    model = try LoadedPropertyModel(
      ofSkeletons: path, weights: weights, screen: "target", shipped: "mp20-skeleton-predictor.h5")
    let labels = model.model.statistics.labels
    var columns: [String: (index: Int, deviation: Double)] = [:]
    for name in names {
      guard let index = model.columns.firstIndex(where: { PropertyQuantity.isSame($0, name) }) else {
        throw StageError(
          .input,
          "'\(path)' predicts \(model.columns.joined(separator: ", ")), and not \(name): --screen target cannot tell who has it."
        )
      }
      columns[name] = (index, max(1e-9, labels.moments(of: model.columns[index]).deviation))
    }
    self.columns = columns
  }

  /// Deviations of the training set that each is away, by the root of the sum of squares; infinite where a skeleton has no prediction.
  public func callAsFunction(_ blueprints: [Blueprint]) -> [Double] {
    zip(blueprints, model.predict(blueprints)).map { blueprint, predicted in
      guard let values = try? predicted.get() else { return .infinity }
      var squares = 0.0
      for (name, target) in blueprint.properties {
        guard let (index, deviation) = columns[name] else { continue }
        let miss = target.range.distance(to: values[index]) / deviation
        squares += miss * miss
      }
      return squares.isNaN ? .infinity : squares.squareRoot()
    }
  }
}
