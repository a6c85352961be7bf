public import Tensors

/// The positive part, `max(0, x)`, and of what is below 0 so much as a slope says: (N, C) to (N, C). At 0 the slope is that below.
public struct Rectifier: Operation {
  /// Below 0.
  public let slope: Float

  /// - Parameter slope: below 0.
  public init(slope: Float = 0) { self.slope = slope }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let x = x[0]
    precondition(y.values.count == x.values.count)
    for i in x.values.indices { y.values[i] = x.values[i] > 0 ? x.values[i] : slope * x.values[i] }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    let x = x[0]
    for i in x.values.indices { dx[0].values[i] += x.values[i] > 0 ? dy.values[i] : slope * dy.values[i] }
  }
}
