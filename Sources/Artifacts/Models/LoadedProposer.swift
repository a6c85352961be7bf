public import Generators
import StageKit
import Tensors

/// What a model file has to say of space groups, Wyckoff positions and elements, as `propose` needs it.
public struct LoadedProposer: Sendable {
  /// Fills in blueprints.
  public let proposer: any Proposer
  /// Of the training set.
  public let statistics: DatasetStatistics
  /// Whether elements can be asked for: a model of skeletons can, templates of a training set cannot.
  public let namesElements: Bool
  /// Whether blueprints come with their sites, or with a composition alone.
  public let saysSites: Bool

  /// A model of skeletons draws its own; of any other, the templates of its training set are drawn.
  ///
  /// - Parameter among: space groups to choose from; those of the training set where empty.
  /// - Throws: `StageError` where the model cannot be read.
  public init(
    reading path: String, weights: ModelFile.Weights, settings: [ModelConfiguration.Setting], among: [Int],
    registry: MethodRegistry = .standard
  ) throws {
    try ModelConfiguration.Setting.checkSampler(settings)
    let reader = try Artifact.open(path, formats: [.model])
    let configuration = try ModelFile.configuration(reader, settings: settings, registry: registry)
    if let type = configuration.method as? any BlueprintModel.Type {
      (proposer, statistics) = try Self.load(type, reader, configuration, weights, among)
      (namesElements, saysSites) = (true, type.saysSites)
    } else {
      statistics = try reader.statistics()
      proposer = ProposerChain([
        ConditionProposer(statistics, kind: .training, among: among),
        TrainingProposer(statistics, kind: .training, among: among),
      ])
      (namesElements, saysSites) = (false, true)
    }
  }

  private static func load<M: BlueprintModel>(
    _ type: M.Type, _ reader: borrowing HDF5Reader, _ configuration: ModelConfiguration, _ weights: ModelFile.Weights,
    _ among: [Int]
  ) throws -> (any Proposer, DatasetStatistics) {
    let model = try ModelFile.read(type, reader, configuration, weights: weights)
    return (model.method.proposer(model.parameters, among: among), model.method.statistics)
  }
}
