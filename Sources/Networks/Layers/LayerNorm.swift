public import Tensors

/// Every row less its mean, over its deviation, then times 1 + g and plus b: (N, C) to (N, C) (Ba et al. 2016). g and b begin at 0.
public struct LayerNorm: Operation {
  /// Columns.
  public let width: Int
  private let gain: Range<Int>
  private let shift: Range<Int>
  /// Added to the variance.
  private static let least: Float = 1e-5

  /// Adds g and b to a layout.
  public init(_ name: String, width: Int, layout: inout ParameterLayout) {
    self.width = width
    gain = layout.add("\(name).gain", shape: [width], bound: 0)
    shift = layout.add("\(name).shift", shape: [width], bound: 0)
  }

  /// (N, C + 1) the normal rows, and one over the deviation of each.
  public func makeKept() -> Matrix { Matrix(rows: 0, columns: width + 1) }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, width) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Matrix, into y: inout Matrix) {
    let (x, c) = (x[0], width)
    precondition(x.columns == c)
    kept.resize(rows: x.rows)
    for row in 0..<x.rows {
      let (i, k) = (row * c, row * (c + 1))
      var (sum, squares): (Float, Float) = (0, 0)
      for j in 0..<c { sum += x.values[i &+ j] }
      let mean = sum / Float(c)
      for j in 0..<c {
        let d = x.values[i &+ j] - mean
        squares += d * d
      }
      let scale = 1 / (squares / Float(c) + Self.least).squareRoot()
      kept.values[k + c] = scale
      for j in 0..<c {
        let normal = (x.values[i &+ j] - mean) * scale
        kept.values[k &+ j] = normal
        y.values[i &+ j] =
          normal * (1 + parameters.values[gain.lowerBound &+ j]) + parameters.values[shift.lowerBound &+ j]
      }
    }
  }

  public func backward(
    _ x: [Matrix], _ dy: inout Matrix, _ kept: Matrix, into dx: inout [Matrix], _ pass: inout BackwardPass
  ) {
    let c = width
    for row in 0..<dy.rows {
      let (i, k) = (row * c, row * (c + 1))
      var (sum, along): (Float, Float) = (0, 0)
      for j in 0..<c {
        let (d, normal) = (dy.values[i &+ j], kept.values[k &+ j])
        pass.gradients[gain.lowerBound &+ j] += d * normal
        pass.gradients[shift.lowerBound &+ j] += d
        let g = d * (1 + pass.parameters.values[gain.lowerBound &+ j])
        dy.values[i &+ j] = g
        sum += g
        along += g * normal
      }
      guard dx[0].rows > 0 else { continue }
      let (mean, slope, scale) = (sum / Float(c), along / Float(c), kept.values[k + c])
      for j in 0..<c { dx[0].values[i &+ j] += (dy.values[i &+ j] - mean - kept.values[k &+ j] * slope) * scale }
    }
  }
}
