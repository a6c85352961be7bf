public import Tensors

/// A method that learns to fill in blueprints: what `propose` asks.
public protocol BlueprintModel: Method {
  /// A proposer with what was learnt.
  ///
  /// - Parameter among: space groups to choose from; those of the training set where empty.
  func proposer(_ parameters: Parameters, among: [Int]) -> any Proposer
}
