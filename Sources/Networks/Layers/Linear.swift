public import Tensors

/// `y = x W + b`, W row-major `(inputs, outputs)`, or SiLU of it.
public struct Linear: Sendable {
  /// Columns of the input.
  public let inputs: Int
  /// Columns of the output.
  public let outputs: Int
  /// Where W lies among the parameters.
  public let weight: Range<Int>
  let bias: Range<Int>?
  private let activates: Bool

  /// - Parameters:
  ///   - fanIn: inputs that initialisation counts, where this is part of a wider product.
  ///   - activates: whether SiLU follows; only with a bias.
  ///   - startsAtZero: whether it counts nothing before it has learnt.
  public init(
    _ name: String, inputs: Int, outputs: Int, bias: Bool = true, fanIn: Int? = nil, activates: Bool = false,
    startsAtZero: Bool = false, layout: inout ParameterLayout
  ) {
    precondition(bias || !activates)
    (self.inputs, self.outputs, self.activates) = (inputs, outputs, activates)
    let bound = startsAtZero ? 0 : 1 / Float(fanIn ?? inputs).squareRoot()
    weight = layout.add("\(name).weight", shape: [inputs, outputs], bound: bound)
    self.bias = bias ? layout.add("\(name).bias", shape: [outputs], bound: bound) : nil
  }

  /// `out = x W (+ b)`, of the columns of `x` from `column` on.
  func forward(
    _ x: ProductInput, column: Int = 0, _ parameters: Parameters, into out: inout Matrix, addsBias: Bool = true
  ) {
    precondition(column + inputs <= x.columns && outputs == out.columns)
    out.resize(rows: x.rows)
    var result = out.values.mutableSpan
    if x.precision == .bfloat16 || isRounded(parameters) {
      BFloat16Products.multiply(
        x, column: column, parameters.rounded, weightOffset: weight.lowerBound, inner: inputs, columns: outputs,
        into: &result, outStride: outputs)
    } else {
      Products.multiply(
        x.values.span, aStride: x.columns, aOffset: column, parameters.values.span, bOffset: weight.lowerBound,
        rows: x.rows, inner: inputs, columns: outputs, into: &result)
    }
    guard addsBias, let bias else { return }
    Kernels.addBias(parameters.values.span.extracting(bias), rows: x.rows, to: &out.values)
  }

  /// Adds to the gradients of W and b.
  func backward(_ x: ProductInput, column: Int = 0, _ dy: Matrix, _ pass: inout BackwardPass) {
    guard x.rows > 0 else { return }
    let isRounded = x.precision == .bfloat16 || isRounded(pass.parameters)
    var gradients = pass.gradients.mutableSpan
    if isRounded {
      BFloat16Products.addGradient(
        x, column: column, dy, inputs: inputs, outputs: outputs, into: &gradients, offset: weight.lowerBound)
    } else {
      Products.multiply(
        x.values.span, transposeA: true, aStride: x.columns, aOffset: column, dy.values.span, rows: inputs, inner: x.rows,
        columns: outputs, into: &gradients, outStride: outputs, outOffset: weight.lowerBound, accumulate: true)
    }
    guard let bias else { return }
    Kernels.sumRows(dy.values.span, rows: dy.rows, columns: outputs, into: &gradients, offset: bias.lowerBound)
  }

  /// Writes or adds the gradient of x: `dy W^T`.
  func inputGradient(_ dy: Matrix, _ parameters: Parameters, into dx: inout Matrix, accumulate: Bool = true) {
    precondition(dx.rows >= dy.rows && dx.columns == inputs)
    var result = dx.values.mutableSpan
    if isRounded(parameters) {
      BFloat16Products.multiply(
        dy, parameters.rounded, transposed: true, weightOffset: weight.lowerBound, inner: outputs, columns: inputs,
        into: &result, outStride: inputs, accumulate: accumulate)
    } else {
      Products.multiply(
        dy.values.span, parameters.values.span, transposeB: true, bStride: outputs, bOffset: weight.lowerBound,
        rows: dy.rows, inner: outputs, columns: inputs, into: &result, accumulate: accumulate)
    }
  }

  /// Products with few inputs or outputs (lattice, coordinates) stay float32: they cost nothing and carry the numbers themselves.
  func isRounded(_ parameters: Parameters) -> Bool {
    parameters.precision == .bfloat16 && inputs >= 32 && outputs >= 32
  }

  /// Where row `index` of W lies: an embedding is a product with a one-hot row.
  func row(_ index: Int) -> Range<Int> {
    precondition((0..<inputs).contains(index))
    let start = weight.lowerBound + index * outputs
    return start..<start + outputs
  }

  /// Adds row `dyRow` of a gradient to that of row `index` of W.
  func addRowGradient(_ index: Int, _ dy: Matrix, dyRow: Int = 0, _ pass: inout BackwardPass) {
    var gradients = pass.gradients.mutableSpan
    Kernels.sumRows(
      dy.values.span, firstRow: dyRow, rows: 1, columns: outputs, into: &gradients, offset: row(index).lowerBound)
  }

  /// Where the bias lies, for loops that add it themselves; empty where there is none.
  public var biasRange: Range<Int> { bias ?? 0..<0 }
}

/// (N, inputs) to (N, outputs).
extension Linear: Operation {
  /// (N, outputs) what SiLU is of; no rows where there is none.
  public func makeKept() -> Matrix { Matrix(rows: 0, columns: outputs) }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, outputs) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ pre: inout Matrix, into y: inout Matrix) {
    guard activates else { return forward(ProductInput(x[0]), parameters, into: &y) }
    forward(ProductInput(x[0]), parameters, into: &pre, addsBias: false)
    let bias = parameters.values.span.extracting(biasRange)
    Kernels.biasSiLU(&pre.values, bias: bias, rows: pre.rows, into: &y.values)
  }

  public func backward(
    _ x: [Matrix], _ dy: inout Matrix, _ pre: Matrix, into dx: inout [Matrix], _ pass: inout BackwardPass
  ) {
    if activates { Kernels.siLUBackward(pre: pre.values, gradient: &dy.values, count: dy.values.count) }
    backward(ProductInput(x[0]), dy, &pass)
    if dx[0].rows > 0 { inputGradient(dy, pass.parameters, into: &dx[0]) }
  }
}
