public import Tensors

/// `y = x W + b`, W row-major `(inputs, outputs)`.
public struct Linear: Sendable {
  public let inputs: Int
  public let outputs: Int
  let weight: Range<Int>
  let bias: Range<Int>?

  /// - Parameter fanIn: inputs that initialisation counts, where this is part of a wider product.
  public init(_ name: String, inputs: Int, outputs: Int, bias: Bool = true, fanIn: Int? = nil, layout: inout ParameterLayout) {
    self.inputs = inputs
    self.outputs = outputs
    let bound = 1 / Float(fanIn ?? inputs).squareRoot()
    weight = layout.add("\(name).weight", shape: [inputs, outputs], bound: bound)
    self.bias = bias ? layout.add("\(name).bias", shape: [outputs], bound: bound) : nil
  }

  /// `out = x W (+ b)`. `x` may be some columns of a wider matrix, so may `out`.
  public func forward(
    _ x: Matrix, column: Int = 0, _ parameters: Parameters, into out: inout Matrix, outColumn: Int = 0,
    accumulate: Bool = false, addsBias: Bool = true
  ) {
    precondition(out.rows >= x.rows && column + inputs <= x.columns && outColumn + outputs <= out.columns)
    let (rows, stride) = (x.rows, out.columns)
    var result = out.values.mutableSpan
    if isRounded(parameters) {
      BFloat16Products.multiply(
        x, column: column, parameters.rounded, weightOffset: weight.lowerBound, inner: inputs, columns: outputs,
        into: &result, outStride: stride, outOffset: outColumn, accumulate: accumulate)
    } else {
      Products.multiply(
        x.values.span, aStride: x.columns, aOffset: column, parameters.values.span, bOffset: weight.lowerBound, rows: rows,
        inner: inputs, columns: outputs, into: &result, outStride: stride, outOffset: outColumn, accumulate: accumulate)
    }
    guard addsBias, let bias else { return }
    if outColumn == 0, outputs == stride {
      Kernels.addBias(parameters.values.span.extracting(bias), rows: rows, to: &out.values)
    } else {
      for row in 0..<rows {
        for k in 0..<outputs { out.values[row * stride + outColumn + k] += parameters.values[bias.lowerBound + k] }
      }
    }
  }

  /// `out = x W` of rows that only products read; without the bias.
  func forward(_ x: ProductInput, column: Int = 0, _ parameters: Parameters, into out: inout Matrix) {
    precondition(out.rows >= x.rows && column + inputs <= x.columns && outputs == out.columns)
    var result = out.values.mutableSpan
    if x.precision == .bfloat16 {
      BFloat16Products.multiply(
        x, column: column, parameters.rounded, weightOffset: weight.lowerBound, inner: inputs, columns: outputs,
        into: &result, outStride: outputs)
    } else {
      Products.multiply(
        x.values.span, aStride: x.columns, aOffset: column, parameters.values.span, bOffset: weight.lowerBound,
        rows: x.rows, inner: inputs, columns: outputs, into: &result)
    }
  }

  /// Adds to the gradient of W.
  func backward(_ x: ProductInput, column: Int = 0, gradient: Matrix, into gradients: inout MutableSpan<Float>) {
    guard x.rows > 0 else { return }
    if x.precision == .bfloat16 {
      BFloat16Products.addGradient(
        x, column: column, gradient, inputs: inputs, outputs: outputs, into: &gradients, offset: weight.lowerBound)
    } else {
      Products.multiply(
        x.values.span, transposeA: true, aStride: x.columns, aOffset: column, gradient.values.span, rows: inputs,
        inner: x.rows, columns: outputs, into: &gradients, outStride: outputs, outOffset: weight.lowerBound,
        accumulate: true)
    }
    if let bias {
      Kernels.sumRows(gradient.values.span, rows: x.rows, columns: outputs, into: &gradients, offset: bias.lowerBound)
    }
  }

  /// Adds to the gradients of W and b, and writes or adds to the gradient of x where wanted.
  public func backward(
    _ x: Matrix, column: Int = 0, gradient: Matrix, gradientColumn: Int = 0, _ parameters: Parameters,
    into gradients: inout MutableSpan<Float>, includesBias: Bool = true
  ) {
    guard x.rows > 0 else { return }
    if isRounded(parameters) {
      BFloat16Products.addGradient(
        x, column: column, gradient, gColumn: gradientColumn, inputs: inputs, outputs: outputs, into: &gradients,
        offset: weight.lowerBound)
    } else {
      Products.multiply(
        x.values.span, transposeA: true, aStride: x.columns, aOffset: column, gradient.values.span,
        bStride: gradient.columns, bOffset: gradientColumn, rows: inputs, inner: x.rows, columns: outputs,
        into: &gradients, outStride: outputs, outOffset: weight.lowerBound, accumulate: true)
    }
    guard includesBias, let bias else { return }
    if gradientColumn == 0, gradient.columns == outputs {
      Kernels.sumRows(gradient.values.span, rows: x.rows, columns: outputs, into: &gradients, offset: bias.lowerBound)
    } else {
      for row in 0..<x.rows {
        for k in 0..<outputs {
          gradients[bias.lowerBound + k] += gradient.values[row * gradient.columns + gradientColumn + k]
        }
      }
    }
  }

  /// The gradient of x: `gradient W^T`, written or added to columns of `out`.
  public func inputGradient(
    _ gradient: Matrix, gradientColumn: Int = 0, _ parameters: Parameters, into out: inout Matrix, column: Int = 0,
    accumulate: Bool = false
  ) {
    precondition(out.rows >= gradient.rows)
    let stride = out.columns
    var result = out.values.mutableSpan
    if isRounded(parameters) {
      BFloat16Products.multiply(
        gradient, column: gradientColumn, parameters.rounded, transposed: true, weightOffset: weight.lowerBound,
        inner: outputs, columns: inputs, into: &result, outStride: stride, outOffset: column, accumulate: accumulate)
    } else {
      Products.multiply(
        gradient.values.span, aStride: gradient.columns, aOffset: gradientColumn, parameters.values.span, transposeB: true,
        bStride: outputs, bOffset: weight.lowerBound, rows: gradient.rows, inner: outputs, columns: inputs,
        into: &result, outStride: stride, outOffset: column, accumulate: accumulate)
    }
  }

  /// Products with few inputs or outputs (lattice, coordinates) stay float32: they cost nothing and carry the numbers themselves.
  func isRounded(_ parameters: Parameters) -> Bool {
    parameters.precision == .bfloat16 && inputs >= 32 && outputs >= 32
  }

  /// Where row `index` of W lies: an embedding is a product with a one-hot row.
  public func row(_ index: Int) -> Range<Int> {
    precondition((0..<inputs).contains(index))
    let start = weight.lowerBound + index * outputs
    return start..<start + outputs
  }

  /// The bias, for loops that add it themselves; empty where there is none.
  func biasSpan(_ parameters: Parameters) -> Range<Int> { bias ?? 0..<0 }
}
