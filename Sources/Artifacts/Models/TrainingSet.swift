import Crystals
import Generators
import StageKit

/// Whether a model was trained on a dataset.
public enum TrainingSet {
  /// Why novelty against a dataset says nothing of a model: the dataset's training part is not what the model has seen.
  ///
  /// Compares counts of space groups and of the sites of every element: those of one set prepared twice differ by less than 2 %.
  ///
  /// - Returns: nil where the model was trained on it.
  /// - Throws: `StageError` where the file is no model.
  public static func mismatch(ofModel path: String, with data: Dataset, named name: String) throws -> String? {
    let reader = try Artifact.open(path, formats: [.model])
    let (own, other) = (try reader.statistics(), DatasetStatistics(data.indices(of: .train).map { data.units[$0] }))
    let crystals = own.spaceGroups.reduce(0, +)
    guard !isSame(own.spaceGroups, other.spaceGroups) || !isSame(own.elements, other.elements) else { return nil }
    return
      "The model was not trained on '\(name)' (\(crystals) training crystals, not \(other.spaceGroups.reduce(0, +)), of other "
      + "groups and elements): no novelty, no S.U.N. --trained-on DATASET.h5 names what it was trained on."
  }

  private static func isSame(_ a: [Int64], _ b: [Int64]) -> Bool {
    let difference = zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) }
    return Double(difference) <= 0.02 * Double(max(a.reduce(0, +), b.reduce(0, +)))
  }
}
