import Crystals
import Foundation
import Generators
import Predictors
import StageKit

/// A model of properties that was trained here (`method: property`), as a predictor. Its columns begin with the file's name.
struct TrainedPredictor: PropertyPredictor {
  let name: String
  let properties: [PredictedProperty]
  private let model: LoadedPropertyModel

  /// - Throws: `StageError` where the file is no model of properties.
  init(reading path: String) throws {
    model = try LoadedPropertyModel(reading: path)
    let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension.lowercased()
    name = String(stem.map { $0.isLetter || $0.isNumber ? $0 : "_" })
    let errors = model.errors.filter { $0.part == "test" }
    properties = model.columns.map { column in
      let error = errors.first { $0.column == column }.map { "mean absolute error on its test part \(short($0.meanAbsolute))" }
      return PredictedProperty(name: column, unit: PropertyUnit.of(column), note: error ?? "")
    }
  }

  func predict(_ crystals: [Crystal]) -> [[PropertyPrediction]] {
    crystals.map { crystal in
      do throws(Rejection) {
        let unit = try AsymmetricUnit.standardize(crystal, symprec: Self.symprec).unit
        return try model.predict([unit])[0].get().map { PropertyPrediction(value: $0) }
      } catch {
        let failure = PredictionFailure.reported(error.description)
        return properties.map { _ in PropertyPrediction(failure: failure) }
      }
    }
  }

  /// As datasets are made, in angstrom.
  private static let symprec = 0.1
}

private func short(_ value: Double) -> String { String(format: "%.3g", value) }
