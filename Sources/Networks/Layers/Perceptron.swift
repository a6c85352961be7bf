public import Tensors

/// Two linear layers with SiLU behind the first, and behind the second where asked for.
public struct Perceptron: Sendable {
  public let first: Linear
  public let second: Linear
  public let activatesOutput: Bool

  /// What the backward pass needs of a forward pass.
  public struct Cache: Sendable {
    var firstPre: Matrix
    var hidden: Matrix
    var secondPre: Matrix
    public var output: Matrix
    var gradient: Matrix
    var hiddenGradient: Matrix

    public init(_ network: Perceptron) {
      firstPre = Matrix(rows: 0, columns: network.first.outputs)
      hidden = Matrix(rows: 0, columns: network.first.outputs)
      secondPre = Matrix(rows: 0, columns: network.activatesOutput ? network.second.outputs : 0)
      output = Matrix(rows: 0, columns: network.second.outputs)
      gradient = Matrix(rows: 0, columns: network.activatesOutput ? network.second.outputs : 0)
      hiddenGradient = Matrix(rows: 0, columns: network.first.outputs)
    }
  }

  public init(
    _ name: String, inputs: Int, hidden: Int, outputs: Int, activatesOutput: Bool, layout: inout ParameterLayout
  ) {
    first = Linear("\(name).0", inputs: inputs, outputs: hidden, layout: &layout)
    second = Linear("\(name).1", inputs: hidden, outputs: outputs, layout: &layout)
    self.activatesOutput = activatesOutput
  }

  /// Runs the rows of `x`; the result is `cache.output`.
  public func forward(_ x: Matrix, _ parameters: Parameters, _ cache: inout Cache) {
    cache.firstPre.resize(rows: x.rows)
    cache.hidden.resize(rows: x.rows)
    cache.output.resize(rows: x.rows)
    first.forward(x, parameters, into: &cache.firstPre, addsBias: false)
    activate(&cache.firstPre, bias: first.biasSpan(parameters), parameters, into: &cache.hidden)
    guard activatesOutput else { return second.forward(cache.hidden, parameters, into: &cache.output) }
    cache.secondPre.resize(rows: x.rows)
    second.forward(cache.hidden, parameters, into: &cache.secondPre, addsBias: false)
    activate(&cache.secondPre, bias: second.biasSpan(parameters), parameters, into: &cache.output)
  }

  /// Adds to the parameters' gradients; writes or adds the gradient of `x` to `inputGradient`.
  public func backward(
    _ x: Matrix, gradient: Matrix, _ parameters: Parameters, _ cache: inout Cache,
    into gradients: inout MutableSpan<Float>, inputGradient: inout Matrix, accumulate: Bool = false
  ) {
    cache.hiddenGradient.resize(rows: x.rows)
    if activatesOutput {
      cache.gradient.resize(rows: x.rows)
      copy(gradient, to: &cache.gradient)
      activateBackward(cache.secondPre, &cache.gradient)
      second.backward(cache.hidden, gradient: cache.gradient, parameters, into: &gradients)
      second.inputGradient(cache.gradient, parameters, into: &cache.hiddenGradient)
    } else {
      second.backward(cache.hidden, gradient: gradient, parameters, into: &gradients)
      second.inputGradient(gradient, parameters, into: &cache.hiddenGradient)
    }
    activateBackward(cache.firstPre, &cache.hiddenGradient)
    first.backward(x, gradient: cache.hiddenGradient, parameters, into: &gradients)
    first.inputGradient(cache.hiddenGradient, parameters, into: &inputGradient, accumulate: accumulate)
  }
}

/// `pre += bias`, `out = silu(pre)`.
func activate(_ pre: inout Matrix, bias: Range<Int>, _ parameters: Parameters, into out: inout Matrix) {
  Kernels.biasSiLU(&pre.values, bias: parameters.values.span.extracting(bias), rows: pre.rows, into: &out.values)
}

/// `gradient *= silu'(pre)` over the real rows.
func activateBackward(_ pre: Matrix, _ gradient: inout Matrix) {
  Kernels.siLUBackward(pre: pre.values, gradient: &gradient.values, count: pre.rows * pre.columns)
}

/// Copies the real rows.
public func copy(_ from: Matrix, to: inout Matrix) {
  precondition(from.columns == to.columns && to.rows >= from.rows)
  for i in 0..<from.rows * from.columns { to.values[i] = from.values[i] }
}
