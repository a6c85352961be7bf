public import Tensors

/// Every row less its mean, over its deviation, then times 1 + g and plus b: (N, C) to (N, C) (Ba et al. 2016). g and b begin at 0.
public struct LayerNorm: Operation {
  /// Columns.
  public let width: Int
  let gain: Range<Int>
  let shift: Range<Int>

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
    precondition(x[0].columns == width)
    kept.resize(rows: x[0].rows)
    NormalKernels.forward(
      x[0], gain: parameters.values.span.extracting(gain), shift: parameters.values.span.extracting(shift), keeping: &kept,
      into: &y)
  }

  public func backward(
    _ x: [Matrix], _ dy: inout Matrix, _ kept: Matrix, into dx: inout [Matrix], _ pass: inout BackwardPass
  ) {
    let parameters = pass.parameters
    NormalKernels.backward(
      kept: kept, gain: parameters.values.span.extracting(gain), gradient: &dy, parameters: &pass.gradients,
      gainOffset: gain.lowerBound, shiftOffset: shift.lowerBound, into: &dx[0])
  }
}
