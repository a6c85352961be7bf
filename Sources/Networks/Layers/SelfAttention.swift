public import Tensors

/// Sites of one crystal look at each other: queries, keys and values side by side, (N, 3 C), to (N, C) (Vaswani et al. 2017, eq. 1):
///
///     y_i = sum over j of softmax_j(q_i k_j / sqrt(C / heads)) v_j      of every head's columns by themselves
public struct SelfAttention: Operation {
  private let graph: CrystalGraph
  private let heads: Int

  /// - Parameters:
  ///   - graph: whose crystals' sites see each other.
  ///   - heads: divide the columns evenly.
  public init(_ graph: CrystalGraph, heads: Int) { (self.graph, self.heads) = (graph, heads) }

  /// (E, heads) the weights of the values.
  public func makeKept() -> Matrix { Matrix(rows: 0, columns: heads) }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x[0].columns / 3) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ weights: inout Matrix, into y: inout Matrix) {
    precondition(x[0].rows == graph.sites)
    weights.resize(rows: graph.edges)
    AttentionKernels.forward(x[0], ranges: graph.ranges, into: &weights, &y)
  }

  public func backward(
    _ x: [Matrix], _ dy: inout Matrix, _ weights: Matrix, into dx: inout [Matrix], _ pass: inout BackwardPass
  ) {
    guard dx[0].rows > 0 else { return }
    AttentionKernels.backward(x[0], ranges: graph.ranges, weights: weights, gradient: dy, into: &dx[0])
  }
}
