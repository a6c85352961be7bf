public import Tensors

/// A method that learns to fill in blueprints: what `propose` asks.
public protocol BlueprintModel: Method {
  /// Whether blueprints come with their sites, or with a composition alone, which another model gives its Wyckoff positions.
  static var saysSites: Bool { get }

  /// A proposer with what was learnt.
  ///
  /// - Parameter among: space groups to choose from; those of the training set where empty.
  func proposer(_ parameters: Parameters, among: [Int]) -> any Proposer
}

extension BlueprintModel {
  /// With their sites.
  public static var saysSites: Bool { true }
}
