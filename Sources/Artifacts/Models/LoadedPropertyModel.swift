public import Crystals
public import Generators
import StageKit
public import Tensors

/// A trained model of properties, as screens and tables of properties need it.
public struct LoadedPropertyModel: Sendable {
  /// The method with its options.
  public let model: any PropertyModel
  /// What it has learnt.
  public let parameters: Parameters
  /// How far it is from what is known; none where the file does not say.
  public let errors: [PropertyErrors]
  /// The fingerprint of what it was trained on; nil where the file does not say.
  public let trainingSet: String?
  /// Where it was read from.
  public let path: String

  /// - Throws: `StageError` where the model cannot be read, or is of a method that predicts no properties.
  public init(
    reading path: String, weights: ModelFile.Weights = .best, registry: MethodRegistry = .standard
  ) throws {
    let reader = try Artifact.open(path, formats: [.model])
    let configuration = try ModelFile.configuration(reader, registry: registry)
    guard let type = configuration.method as? any PropertyModel.Type else {
      throw StageError(.input, "'\(path)' is a model of \(configuration.method.name), which predicts no properties.")
    }
    (model, parameters) = try Self.load(type, reader, configuration, weights)
    // Predictions are in deviations of the training set's values.
    let known = model.statistics.labels.names
    if let name = model.columns.first(where: { !known.contains($0) }) {
      throw StageError(.input, "'\(path)' has lost the training set's values of '\(name)'; train anew.")
    }
    errors = try PropertyErrors.read(reader)
    trainingSet = reader.trainingSet
    self.path = path
  }

  /// One that predicts from skeletons, for a screen.
  ///
  /// - Parameters:
  ///   - screen: as `--screen` calls it.
  ///   - shipped: the name of the file that comes with the repository.
  /// - Throws: `StageError` as the other; where the model reads coordinates or the cell.
  init(ofSkeletons path: String, weights: ModelFile.Weights, screen: String, shipped: String) throws {
    try self.init(reading: path, weights: weights)
    guard model.input == .blueprint else {
      let missing = model.input == .composition ? "the cell" : "coordinates"
      throw StageError(
        .input,
        "'\(path)' predicts from \(missing), and skeletons have none: --screen \(screen) needs a model with input: blueprint, as "
          + "Artifacts/pretrained/\(shipped).")
    }
  }

  /// One that predicts from group, composition and cell.
  ///
  /// - Parameter purpose: what needs it, with its article.
  /// - Throws: `StageError` as the first; where the model reads coordinates or Wyckoff positions.
  init(ofCells path: String, for purpose: String) throws {
    try self.init(reading: path)
    guard model.input == .composition else {
      throw StageError(
        .input,
        "'\(path)' predicts from \(model.input == .crystal ? "coordinates" : "Wyckoff positions"), and there are none yet: \(purpose) "
          + "needs a model with input: composition, as Pipelines/models/proxy-mp20.yaml.")
    }
  }

  private static func load<M: PropertyModel>(
    _ type: M.Type, _ reader: borrowing HDF5Reader, _ configuration: ModelConfiguration, _ weights: ModelFile.Weights
  ) throws -> (any PropertyModel, Parameters) {
    let trained = try ModelFile.read(type, reader, configuration, weights: weights)
    return (trained.method, trained.parameters)
  }

  /// Names of the columns, in the order of predictions.
  public var columns: [String] { model.columns }

  /// What predictions are made from.
  public var input: PropertyConfiguration.Input { model.input }

  /// The columns' values of some crystals, in the units of the dataset, or why a crystal has none.
  public func predict(_ units: [AsymmetricUnit], threads: Int = 1) -> [Result<[Double], Rejection>] {
    model.predict(units, parameters, threads: threads)
  }

  /// The same of blueprints that say what the model's input needs.
  public func predict(_ blueprints: [Blueprint], threads: Int = 1) -> [Result<[Double], Rejection>] {
    model.predict(blueprints, parameters, threads: threads)
  }
}
