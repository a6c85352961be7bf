import Crystals
import Foundation
public import StageKit

/// `/training_set` of a model file: which crystals it was trained on, so that novelty is not measured against others by mistake.
public struct TrainingSetRecord: Sendable, Equatable {
  /// Names of the crystals.
  public let ids: [String]
  /// Reduced formulas.
  public let formulas: [String]
  /// International numbers.
  public let spaceGroups: [Int]

  /// The training part of a dataset, and what else is learnt of.
  public init(_ data: Dataset, withGeometry: Bool = true) {
    let indices = data.indices(of: .train) + (withGeometry ? data.indices(of: .geometry) : [])
    ids = indices.map { data.ids[$0] }
    formulas = indices.map { data.crystals[$0].reducedFormula }
    spaceGroups = indices.map { data.units[$0].spaceGroup }
  }

  /// Nil where a file was written without.
  init?(reading reader: borrowing HDF5Reader) throws {
    guard reader.contains("/training_set/id") else { return nil }
    ids = try reader.readStrings("/training_set/id")
    formulas = try reader.readStrings("/training_set/formula")
    spaceGroups = try reader.read(Int16.self, "/training_set/space_group", shape: [ids.count]).map(Int.init)
    guard formulas.count == ids.count else {
      throw StageError(.input, "'\(reader.path)', /training_set: id and formula differ in number.")
    }
  }

  /// What files made with the model carry on: the number of crystals and SHA-256 of their ids, formulas and groups, in any order.
  ///
  /// - Throws: `StageError` where the library of digests is not there.
  public func fingerprint() throws -> String {
    let hash = try RunningHash()
    for line in ids.indices.map({ "\(ids[$0])\t\(formulas[$0])\t\(spaceGroups[$0])\n" }).sorted() { hash.update(line) }
    return "\(ids.count) crystals sha256:\(hash.finish())"
  }

  func write(_ writer: borrowing HDF5Writer) throws {
    try writer.write(ids, to: "/training_set/id")
    try writer.write(formulas, to: "/training_set/formula")
    try writer.write(spaceGroups.map { Int16($0) }, to: "/training_set/space_group")
    try writer.setAttribute(Self.attribute, try fingerprint())
  }

  /// The root attribute of model, samples and crystals.
  static let attribute = "training_set"
}

extension HDF5Reader {
  /// The fingerprint of the training set of the model that a file comes from; nil where nobody wrote it.
  public var trainingSet: String? { attribute(TrainingSetRecord.attribute) }
}
