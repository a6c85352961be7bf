import Crystals
import Foundation
public import Generators
import StageKit

/// What is asked of properties, by the columns that a model was trained with.
public struct PropertyRequest: Sendable {
  /// By the names of the columns.
  public private(set) var targets: [String: PropertyTarget] = [:]
  /// Lines for the user: what is asked for lies where the model has seen nothing.
  public private(set) var warnings: [String] = []

  /// - Parameters:
  ///   - asked: names may leave out the predictor before a property's own, as `band_gap` for `megnet_band_gap`.
  ///   - labels: of the model's training set.
  /// - Throws: `StageError` where the model was not told a property; it names those that it was told, with their ranges.
  public init(_ asked: [(name: String, target: PropertyTarget)], _ labels: PropertyLabels) throws {
    for (name, target) in asked {
      guard let column = labels.index(of: name) else {
        let alike = labels.names.filter { $0.hasSuffix("_" + name) }
        let learnt = labels.names.indices.map { "\(labels.names[$0]) (\(Self.words(labels, $0)))" }.joined(separator: ", ")
        throw StageError(
          .usage,
          learnt.isEmpty
            ? "--target \(name): the model has learnt no properties; train one with conditioning.properties."
            : alike.count > 1
              ? "--target \(name) may be \(alike.joined(separator: " or ")); say which."
              : "--target \(name): the model has not learnt it; it has learnt \(learnt).")
      }
      let full = labels.names[column]
      guard targets[full] == nil else { throw StageError(.usage, "--target asks for \(full) twice.") }
      targets[full] = target
      if let range = labels.range(ofColumn: column), !target.range.overlaps(range) {
        warnings.append("--target \(name): the training set has \(Self.words(labels, column)); the model guesses beyond it.")
      }
    }
  }

  private static func words(_ labels: PropertyLabels, _ column: Int) -> String {
    guard let range = labels.range(ofColumn: column) else { return "no values" }
    let unit = PropertyUnit.of(labels.names[column])
    return String(format: "%.3g to %.3g", range.lowerBound, range.upperBound) + (unit.isEmpty ? "" : " \(unit)")
  }
}
