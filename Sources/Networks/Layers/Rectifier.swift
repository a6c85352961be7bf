public import Tensors

/// The positive part, `max(0, x)`: (N, C) to (N, C). At 0 its slope is 0.
public struct Rectifier: Operation {
  /// Has nothing to be told.
  public init() {}

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let x = x[0]
    precondition(y.values.count == x.values.count)
    for i in x.values.indices { y.values[i] = max(0, x.values[i]) }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    let x = x[0]
    for i in x.values.indices where x.values[i] > 0 { dx[0].values[i] += dy.values[i] }
  }
}
