public import Tensors

/// One layer of CSPNet (Jiao et al. 2023, DiffCSP, eqs. 6-8), the form SymmBFN uses.
///
///     m_ij = phi_e([h_i, h_j, k, F(x_j - x_i)])      phi_e: two linear layers, SiLU behind each
///     h_i <- h_i + phi_h([h_i, mean_j m_ij])         phi_h: likewise
///
/// The first product of phi_e is split by its inputs: h_i and h_j are multiplied once a site, k once a crystal, F (sin and cos of
/// 128 frequencies) once a pair: cosines count alike for (i, j) and (j, i), sines with opposite signs, self edges see ones.
///
/// SymmCD's form has a layer norm: both perceptrons read LN(h), and its F begins at frequency 0, whose cosines are ones.
public struct MessagePassing: Sendable {
  let width: Int
  let norm: LayerNorm?
  let center: Linear
  let neighbor: Linear
  let lattice: Linear
  let sine: Linear
  let cosine: Linear
  /// Of the cosines of frequency 0, three ones on every edge; nil where there are none.
  let constant: Linear?
  /// Of what is said of every edge; nil where nothing is.
  let edgeFeatures: Linear?
  let edge: Linear
  let node: Perceptron

  /// - Parameters:
  ///   - width: C, features of a site.
  ///   - frequencies: Fourier frequencies of each of the three coordinate differences, from 1 on.
  ///   - edgeFeatures: D, further numbers that every edge comes with.
  ///   - normalizes: whether the perceptrons read LN(h).
  ///   - hasConstants: whether edges have the waves of frequency 0, too. Its sines are zeros and have no weights, but count as inputs
  ///     in how the others' weights begin.
  public init(
    _ name: String, width: Int, frequencies: Int, edgeFeatures d: Int, normalizes: Bool = false, hasConstants: Bool = false,
    layout: inout ParameterLayout
  ) {
    self.width = width
    let fanIn = 2 * width + 6 + 6 * (frequencies + (hasConstants ? 1 : 0)) + d
    norm = normalizes ? LayerNorm("\(name).norm", width: width, layout: &layout) : nil
    center = Linear("\(name).edge.0.center", inputs: width, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    neighbor = Linear("\(name).edge.0.neighbor", inputs: width, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    lattice = Linear("\(name).edge.0.lattice", inputs: 6, outputs: width, fanIn: fanIn, layout: &layout)
    sine = Linear(
      "\(name).edge.0.sine", inputs: 3 * frequencies, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    cosine = Linear(
      "\(name).edge.0.cosine", inputs: 3 * frequencies, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    constant =
      hasConstants
      ? Linear("\(name).edge.0.constant", inputs: 3, outputs: width, bias: false, fanIn: fanIn, layout: &layout) : nil
    edgeFeatures =
      d == 0
      ? nil
      : Linear("\(name).edge.0.features", inputs: d, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    edge = Linear("\(name).edge.1", inputs: width, outputs: width, layout: &layout)
    node = Perceptron(
      "\(name).node", inputs: 2 * width, hidden: width, outputs: width, activatesOutput: true, layout: &layout)
  }

  /// (N, C) to (N, C).
  public func callAsFunction(_ h: Tape.Value, _ edges: EdgeInputs, _ tape: inout Tape) -> Tape.Value {
    let read = norm.map { tape.apply($0, h) } ?? h
    return tape.apply(Sum(), h, node(tape.apply(Messages(layer: self, edges: edges), read), &tape))
  }

  /// The features of self edges: every cosine is 1, every sine 0.
  func ownSelf(_ parameters: Parameters) -> [Float] { sumOfRows(cosine, parameters) }

  /// What the cosines of frequency 0 add to every edge; nil where there are none.
  func constants(_ parameters: Parameters) -> [Float]? { constant.map { sumOfRows($0, parameters) } }

  private func sumOfRows(_ layer: Linear, _ parameters: Parameters) -> [Float] {
    var sum = [Float](repeating: 0, count: width)
    var span = sum.mutableSpan
    Kernels.sumRows(parameters.values.span.extracting(layer.weight), rows: layer.inputs, columns: width, into: &span)
    return sum
  }
}

/// What the layers read of a batch's edges.
public struct EdgeInputs: Sendable {
  let graph: CrystalGraph
  let lattice: Matrix
  let features: Matrix
  /// (P, 6 frequencies), as `Kernels.fourier` writes them.
  let fourier: ProductInput

  /// - Parameters:
  ///   - coordinates: (N, 3) in turns.
  ///   - lattice: (B, 6) k-vectors.
  ///   - features: (E, D), where the layers read them.
  public init(
    _ graph: CrystalGraph, coordinates: Matrix, lattice: Matrix, features: Matrix, frequencies: Int, _ precision: Precision
  ) {
    (self.graph, self.lattice, self.features) = (graph, lattice, features)
    var fourier = ProductInput(columns: 6 * frequencies)
    fourier.resize(rows: graph.pairs, precision)
    Kernels.fourier(graph.differences(coordinates), frequencies: frequencies, into: &fourier)
    self.fourier = fourier
  }
}

/// Sites' features, and beside them the means of the messages to them: (N, C) to (N, 2 C).
public struct Messages: Operation {
  let layer: MessagePassing
  let edges: EdgeInputs
  private var graph: CrystalGraph { edges.graph }
  private var width: Int { layer.width }

  /// What the adjoint needs: features and messages of the edges before and after their activations.
  public struct Kept: Sendable {
    var perCrystal, center, neighbor, sine, cosine: Matrix
    /// (E, C) the products of the edges' own features; no rows without them.
    var edgeFeatures: Matrix
    /// (E, C) of the hidden layer.
    var pre: Matrix
    var hidden: ProductInput
    /// (E, C) without the bias.
    var messagePre: Matrix
  }

  public func makeKept() -> Kept {
    let empty = Matrix(rows: 0, columns: width)
    return Kept(
      perCrystal: empty, center: empty, neighbor: empty, sine: empty, cosine: empty, edgeFeatures: empty, pre: empty,
      hidden: ProductInput(columns: width), messagePre: empty)
  }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (graph.sites, 2 * width) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Kept, into y: inout Matrix) {
    layer.center.forward(ProductInput(x[0]), parameters, into: &kept.center)
    layer.neighbor.forward(ProductInput(x[0]), parameters, into: &kept.neighbor)
    layer.lattice.forward(ProductInput(edges.lattice), parameters, into: &kept.perCrystal)
    if let constants = layer.constants(parameters) {
      Kernels.addBias(constants.span, rows: kept.perCrystal.rows, to: &kept.perCrystal.values)
    }
    Spread.add(kept.perCrystal, graph, to: &kept.center)
    layer.sine.forward(edges.fourier, parameters, into: &kept.sine)
    layer.cosine.forward(edges.fourier, column: layer.cosine.inputs, parameters, into: &kept.cosine)
    layer.edgeFeatures?.forward(ProductInput(edges.features), parameters, into: &kept.edgeFeatures)
    kept.pre.resize(rows: graph.edges)
    kept.hidden.resize(rows: graph.edges, parameters.precision)
    let own = layer.ownSelf(parameters)
    for range in graph.ranges {
      EdgeKernels.messages(
        center: kept.center.values, neighbor: kept.neighbor.values, cosine: kept.cosine.values, sine: kept.sine.values,
        ownSelf: own, edges: kept.edgeFeatures.values, range: range, into: &kept.pre.values, &kept.hidden)
    }
    layer.edge.forward(kept.hidden, parameters, into: &kept.messagePre, addsBias: false)
    Kernels.copyColumns(x[0].values, rows: graph.sites, columns: width, to: &y.values, stride: 2 * width)
    for range in graph.ranges {
      EdgeKernels.mean(
        pre: kept.messagePre.values, bias: parameters.values.span.extracting(layer.edge.biasRange), range: range,
        into: &y.values, stride: 2 * width, column: width)
    }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Kept, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    var hidden = hiddenGradient(dy, kept, &pass)
    var center = pass.zeros(rows: graph.sites, columns: width)
    var neighbor = pass.zeros(rows: graph.sites, columns: width)
    var sine = pass.take(rows: graph.pairs, columns: width)
    var cosine = pass.take(rows: graph.pairs, columns: width)
    var own = pass.zeros(rows: 1, columns: width)
    for range in graph.ranges {
      EdgeKernels.messagesBackward(
        pre: kept.pre.values, gradient: &hidden.values, range: range, center: &center.values, neighbor: &neighbor.values,
        cosine: &cosine.values, sine: &sine.values, ownSelf: &own.values)
    }
    layer.edgeFeatures?.backward(ProductInput(edges.features), hidden, &pass)
    layer.center.backward(ProductInput(x[0]), center, &pass)
    layer.neighbor.backward(ProductInput(x[0]), neighbor, &pass)
    if dx[0].rows > 0 {
      Kernels.addColumns(dy.values, rows: graph.sites, columns: width, stride: 2 * width, to: &dx[0].values)
      layer.center.inputGradient(center, pass.parameters, into: &dx[0])
      layer.neighbor.inputGradient(neighbor, pass.parameters, into: &dx[0])
    }
    var perCrystal = pass.zeros(rows: graph.ranges.count, columns: width)
    Spread.addSums(center, graph, to: &perCrystal)
    layer.lattice.backward(ProductInput(edges.lattice), perCrystal, &pass)
    layer.sine.backward(edges.fourier, sine, &pass)
    layer.cosine.backward(edges.fourier, column: layer.cosine.inputs, cosine, &pass)
    // Every row of the cosines' weights counts once for self edges.
    for row in 0..<layer.cosine.inputs { layer.cosine.addRowGradient(row, own, &pass) }
    if let constant = layer.constant {
      // Those of frequency 0 once for every edge.
      for row in 0..<constant.inputs {
        for b in graph.ranges.indices { constant.addRowGradient(row, perCrystal, dyRow: b, &pass) }
      }
    }
    pass.give(hidden, center, neighbor, sine, cosine, own, perCrystal)
  }

  /// (E, C) of the messages' hidden layer, from that of their means.
  private func hiddenGradient(_ dy: Matrix, _ kept: Kept, _ pass: inout BackwardPass) -> Matrix {
    var edge = pass.take(rows: graph.edges, columns: width)
    var hidden = pass.take(rows: graph.edges, columns: width)
    for range in graph.ranges {
      EdgeKernels.meanBackward(
        pre: kept.messagePre.values, bias: pass.parameters.values.span.extracting(layer.edge.biasRange), output: dy.values,
        range: range, into: &edge.values, stride: 2 * width, column: width)
    }
    layer.edge.backward(kept.hidden, edge, &pass)
    layer.edge.inputGradient(edge, pass.parameters, into: &hidden, accumulate: false)
    pass.give(edge)
    return hidden
  }
}
