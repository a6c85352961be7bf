public import Tensors

/// The positive part, `max(0, x)`, or the leaky one, `max(slope x, x)`: (N, C) to (N, C). At 0 its slope is that of the negative side.
public struct Rectifier: Operation {
  private let slope: Float

  /// - Parameter slope: of the negative side, at least 0 and below 1.
  public init(slope: Float = 0) {
    precondition((0..<1).contains(slope))
    self.slope = slope
  }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let x = x[0]
    precondition(y.values.count == x.values.count)
    for i in x.values.indices { y.values[i] = max(slope * x.values[i], x.values[i]) }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    let x = x[0]
    for i in x.values.indices { dy.values[i] *= x.values[i] > 0 ? 1 : slope }
    Kernels.add(dy.values, to: &dx[0].values)
  }
}
