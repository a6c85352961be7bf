public import Tensors

/// One layer of CSPNet (Jiao et al. 2023, DiffCSP, eqs. 6-8), the form SymmBFN uses.
///
///     m_ij = phi_e([h_i, h_j, k, F(x_j - x_i)])      phi_e: two linear layers, SiLU behind each
///     h_i <- h_i + phi_h([h_i, mean_j m_ij])         phi_h: likewise
///
/// The first product of phi_e is split by its inputs: h_i and h_j are multiplied once a site, k once a crystal, F (sin and cos of
/// 128 frequencies) once a pair: cosines count alike for (i, j) and (j, i), sines with opposite signs, self edges see ones.
public struct MessagePassing: Sendable {
  let width: Int
  let center: Linear
  let neighbor: Linear
  let lattice: Linear
  let sine: Linear
  let cosine: Linear
  /// Of what is said of every edge; nil where nothing is.
  let edgeFeatures: Linear?
  let edge: Linear
  let node: Perceptron

  /// - Parameters:
  ///   - width: C, features of a site.
  ///   - frequencies: Fourier frequencies of each of the three coordinate differences.
  ///   - edgeFeatures: D, further numbers that every edge comes with.
  public init(_ name: String, width: Int, frequencies: Int, edgeFeatures d: Int, layout: inout ParameterLayout) {
    self.width = width
    let fanIn = 2 * width + 6 + 6 * frequencies + d
    center = Linear("\(name).edge.0.center", inputs: width, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    neighbor = Linear("\(name).edge.0.neighbor", inputs: width, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    lattice = Linear("\(name).edge.0.lattice", inputs: 6, outputs: width, fanIn: fanIn, layout: &layout)
    sine = Linear(
      "\(name).edge.0.sine", inputs: 3 * frequencies, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    cosine = Linear(
      "\(name).edge.0.cosine", inputs: 3 * frequencies, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    edgeFeatures =
      d == 0
      ? nil
      : Linear("\(name).edge.0.features", inputs: d, outputs: width, bias: false, fanIn: fanIn, layout: &layout)
    edge = Linear("\(name).edge.1", inputs: width, outputs: width, layout: &layout)
    node = Perceptron(
      "\(name).node", inputs: 2 * width, hidden: width, outputs: width, activatesOutput: true, layout: &layout)
  }

  /// What the backward pass needs of a forward pass; resized to each batch.
  public struct Cache: Sendable {
    var perCrystal: Matrix
    var center: Matrix
    var neighbor: Matrix
    var sine: Matrix
    var cosine: Matrix
    /// (E, C) the products of the edges' own features; no rows without them.
    var edgeFeatures: Matrix
    /// Of the hidden layer; kept for the backward pass only.
    var pre: Matrix
    let keepsPre: Bool
    var hidden: ProductInput
    /// Without the bias.
    var messagePre: Matrix
    var input: Matrix
    var node: Perceptron.Cache

    /// - Parameter training: whether there will be a backward pass.
    public init(_ layer: MessagePassing, training: Bool) {
      let empty = Matrix(rows: 0, columns: layer.width)
      (perCrystal, center, neighbor, sine, cosine) = (empty, empty, empty, empty, empty)
      (pre, messagePre, edgeFeatures) = (empty, empty, empty)
      keepsPre = training
      hidden = ProductInput(columns: layer.width)
      input = Matrix(rows: 0, columns: 2 * layer.width)
      node = Perceptron.Cache(layer.node)
    }
  }

  /// - Parameters:
  ///   - h: (N, C) features, replaced by the layer's output.
  ///   - lattice: (B, 6) k-vectors.
  ///   - edgeFeatures: (E, D), where the layer reads them.
  ///   - fourier: (P, 6 frequencies), as `Kernels.fourier` writes them.
  public func forward(
    _ h: inout Matrix, graph: CrystalGraph, lattice k: Matrix, edgeFeatures e: Matrix, fourier: ProductInput,
    _ parameters: Parameters, _ cache: inout Cache
  ) {
    cache.perCrystal.resize(rows: graph.ranges.count)
    for path in [\Cache.center, \.neighbor, \.input] { cache[keyPath: path].resize(rows: graph.sites) }
    for path in [\Cache.sine, \.cosine] { cache[keyPath: path].resize(rows: graph.pairs) }
    if cache.keepsPre { cache.pre.resize(rows: graph.edges) }
    cache.hidden.resize(rows: graph.edges, parameters.precision)
    cache.messagePre.resize(rows: graph.edges)

    center.forward(h, parameters, into: &cache.center)
    neighbor.forward(h, parameters, into: &cache.neighbor)
    lattice.forward(k, parameters, into: &cache.perCrystal)
    addPerCrystal(cache.perCrystal, graph, to: &cache.center)
    sine.forward(fourier, parameters, into: &cache.sine)
    cosine.forward(fourier, column: cosine.inputs, parameters, into: &cache.cosine)
    if let edgeFeatures {
      cache.edgeFeatures.resize(rows: graph.edges)
      edgeFeatures.forward(e, parameters, into: &cache.edgeFeatures)
    }
    let own = ownSelf(parameters)
    for range in graph.ranges {
      EdgeKernels.messages(
        center: cache.center.values, neighbor: cache.neighbor.values, cosine: cache.cosine.values,
        sine: cache.sine.values, ownSelf: own, edges: cache.edgeFeatures.values, range: range, into: &cache.pre.values,
        &cache.hidden)
    }
    edge.forward(cache.hidden, parameters, into: &cache.messagePre)
    joinMean(h, graph, parameters, &cache)
    node.forward(cache.input, parameters, &cache.node)
    Kernels.add(cache.node.output.values, to: &h.values)
  }

  /// The features of self edges: every cosine is 1, every sine 0.
  func ownSelf(_ parameters: Parameters) -> [Float] {
    var sum = [Float](repeating: 0, count: width)
    var span = sum.mutableSpan
    Kernels.sumRows(parameters.values.span.extracting(cosine.weight), rows: cosine.inputs, columns: width, into: &span)
    return sum
  }

  private func addPerCrystal(_ rows: Matrix, _ graph: CrystalGraph, to x: inout Matrix) {
    for (b, range) in graph.ranges.enumerated() {
      Kernels.addBias(
        rows.values.span.extracting(b * width..<(b + 1) * width), firstRow: range.firstSite, rows: range.sites,
        to: &x.values)
    }
  }

  /// `[h, mean of messages]` into the node network's input.
  private func joinMean(_ h: Matrix, _ graph: CrystalGraph, _ parameters: Parameters, _ cache: inout Cache) {
    Kernels.copyColumns(h.values, rows: graph.sites, columns: width, to: &cache.input.values, stride: 2 * width)
    for range in graph.ranges {
      EdgeKernels.mean(
        pre: cache.messagePre.values, bias: parameters.values.span.extracting(edge.biasSpan(parameters)), range: range,
        into: &cache.input.values, stride: 2 * width, column: width)
    }
  }
}

extension MessagePassing {
  /// Scratch of the backward pass, shared by all layers.
  public struct Scratch: Sendable {
    var input: Matrix
    var edge: Matrix
    var hidden: Matrix
    var center: Matrix
    var neighbor: Matrix
    var sine: Matrix
    var cosine: Matrix
    var perCrystal: Matrix

    public init(width: Int) {
      let empty = Matrix(rows: 0, columns: width)
      input = Matrix(rows: 0, columns: 2 * width)
      (edge, hidden, center, neighbor, sine, cosine, perCrystal) = (empty, empty, empty, empty, empty, empty, empty)
    }
  }

  /// The backward pass of `forward` with the same `lattice` and `fourier`.
  ///
  /// - Parameters:
  ///   - gradient: (N, C) of the layer's output, replaced by that of its input.
  ///   - gradients: of the parameters, added to.
  public func backward(
    gradient: inout Matrix, graph: CrystalGraph, lattice k: Matrix, edgeFeatures e: Matrix, fourier: ProductInput,
    _ parameters: Parameters, _ cache: inout Cache, _ scratch: inout Scratch, into gradients: inout MutableSpan<Float>
  ) {
    scratch.input.resize(rows: graph.sites)
    for path in [\Scratch.edge, \.hidden] { scratch[keyPath: path].resize(rows: graph.edges) }
    for path in [\Scratch.sine, \.cosine] { scratch[keyPath: path].resize(rows: graph.pairs) }
    for path in [\Scratch.center, \.neighbor] {
      scratch[keyPath: path].resize(rows: graph.sites)
      scratch[keyPath: path].fill(0)
    }
    node.backward(
      cache.input, gradient: gradient, parameters, &cache.node, into: &gradients, inputGradient: &scratch.input)
    Kernels.addColumns(
      scratch.input.values, rows: graph.sites, columns: width, stride: 2 * width, to: &gradient.values)

    for range in graph.ranges {
      EdgeKernels.meanBackward(
        pre: cache.messagePre.values, bias: parameters.values.span.extracting(edge.biasSpan(parameters)),
        output: scratch.input.values, range: range, into: &scratch.edge.values, stride: 2 * width, column: width)
    }
    edge.backward(cache.hidden, gradient: scratch.edge, into: &gradients)
    edge.inputGradient(scratch.edge, parameters, into: &scratch.hidden)
    let own = spread(graph, cache, &scratch)
    edgeFeatures?.backward(e, gradient: scratch.hidden, parameters, into: &gradients)

    // The rows of `input` hold h in their first half.
    center.backward(cache.input, gradient: scratch.center, parameters, into: &gradients)
    neighbor.backward(cache.input, gradient: scratch.neighbor, parameters, into: &gradients)
    center.inputGradient(scratch.center, parameters, into: &gradient, accumulate: true)
    neighbor.inputGradient(scratch.neighbor, parameters, into: &gradient, accumulate: true)
    latticeBackward(graph, k, parameters, &scratch, into: &gradients)
    if graph.pairs > 0 {
      sine.backward(fourier, gradient: scratch.sine, into: &gradients)
      cosine.backward(fourier, column: cosine.inputs, gradient: scratch.cosine, into: &gradients)
    }
    for row in 0..<cosine.inputs {
      for c in 0..<width { gradients[cosine.weight.lowerBound + row * width + c] += own[c] }
    }
  }

  /// Spreads the gradient of the messages' hidden layer to sites and pairs; returns that of the self edges' features.
  private func spread(_ graph: CrystalGraph, _ cache: Cache, _ scratch: inout Scratch) -> [Float] {
    var own = [Float](repeating: 0, count: width)
    for range in graph.ranges {
      EdgeKernels.messagesBackward(
        pre: cache.pre.values, gradient: &scratch.hidden.values, range: range, center: &scratch.center.values,
        neighbor: &scratch.neighbor.values, cosine: &scratch.cosine.values, sine: &scratch.sine.values, ownSelf: &own)
    }
    return own
  }

  private func latticeBackward(
    _ graph: CrystalGraph, _ k: Matrix, _ parameters: Parameters, _ scratch: inout Scratch,
    into gradients: inout MutableSpan<Float>
  ) {
    scratch.perCrystal.resize(rows: graph.ranges.count)
    scratch.perCrystal.fill(0)
    let center = scratch.center.values
    var rows = scratch.perCrystal.values.mutableSpan
    for (b, range) in graph.ranges.enumerated() {
      Kernels.sumRows(
        center.span, firstRow: range.firstSite, rows: range.sites, columns: width, into: &rows,
        offset: b * width)
    }
    lattice.backward(k, gradient: scratch.perCrystal, parameters, into: &gradients)
  }
}
