public import Tensors

/// A linear layer whose parameters stay as they are, or several that read the same input, side by side.
public struct PackedLinear: Sendable {
  /// The weights in the order in which products read them.
  public let weights: PackedWeights
  /// (outputs); zeros where a layer has none.
  public let bias: [Float]

  /// Layers of one input beside each other, as one product.
  ///
  /// - Parameter constant: (outputs) what is added beside the layers' own bias; empty for nothing.
  public init(_ layers: Linear..., adding constant: [Float] = [], parameters: Parameters) {
    let inputs = layers[0].inputs
    var rows: [Float] = []
    for row in 0..<inputs { for layer in layers { rows += parameters.values[layer.row(row)] } }
    let own = layers.flatMap { layer in
      layer.bias.map { Array(parameters.values[$0]) } ?? [Float](repeating: 0, count: layer.outputs)
    }
    precondition(constant.isEmpty || constant.count == own.count)
    bias = constant.isEmpty ? own : zip(own, constant).map(+)
    weights = PackedWeights(
      rows, inner: inputs, columns: bias.count,
      precision: layers.allSatisfy { $0.isRounded(parameters) } ? .bfloat16 : .float32)
  }

  /// `out = x W + b`, the first rows of x, its columns from `column` on.
  public func forward(_ x: Matrix, column: Int = 0, rows: Int, into out: inout Matrix) {
    weights.multiply(x, column: column, rows: rows, into: &out)
    if bias.count == out.columns { return Kernels.addBias(bias.span, rows: rows, to: &out.values) }
    for row in 0..<rows { for k in bias.indices { out.values[row &* out.columns &+ k] += bias[k] } }
  }
}

/// A perceptron whose parameters stay as they are.
public struct PackedPerceptron: Sendable {
  /// The layer that has the activation behind it.
  public let first: PackedLinear
  /// The layer of the output.
  public let second: PackedLinear

  /// Packs both layers.
  public init(_ network: Perceptron, parameters: Parameters) {
    first = PackedLinear(network.first, parameters: parameters)
    second = PackedLinear(network.second, parameters: parameters)
  }

  /// The hidden layer of the first rows of x, into `hidden`.
  public func hide(_ x: Matrix, rows: Int, into hidden: inout Matrix) {
    hidden.resize(rows: rows)
    first.weights.multiply(x, rows: rows, into: &hidden)
    InferenceKernels.silu(&hidden, bias: first.bias, rows: rows)
  }

  /// The first rows of x, without an activation of the output; `hidden` is scratch.
  public func forward(_ x: Matrix, rows: Int, hidden: inout Matrix, into out: inout Matrix) {
    hide(x, rows: rows, into: &hidden)
    out.resize(rows: rows)
    second.forward(hidden, rows: rows, into: &out)
  }
}

/// A layer norm whose parameters stay as they are.
public struct PackedLayerNorm: Sendable {
  private let gain: [Float]
  private let shift: [Float]

  /// Takes gain and shift.
  public init(_ norm: LayerNorm, parameters: Parameters) {
    gain = Array(parameters.values[norm.gain])
    shift = Array(parameters.values[norm.shift])
  }

  /// The first rows and columns of x into those of `out`.
  public func forward(_ x: Matrix, rows: Int, into out: inout Matrix) {
    NormalKernels.forward(x, gain: gain.span, shift: shift.span, rows: rows, into: &out)
  }
}

/// A message-passing layer whose parameters stay as they are: the same numbers as `MessagePassing.forward` to rounding, Fourier parts
/// looked up, and the edges a few crystals at a time, those of a large crystal a few sites at a time, so that what lies between two
/// products does not leave the second-level cache and memory does not grow with the cells.
public struct PackedMessagePassing: Sendable {
  let width: Int
  /// Of the centre and of the neighbour.
  let sites: PackedLinear
  let lattice: PackedLinear
  let edge: PackedLinear
  let node: PackedPerceptron
  let norm: PackedLayerNorm?
  let table: FourierTable
  let ownSelf: [Float]
  let edgeWeights: [Float]

  /// Packs the weights of a layer for edges and sites.
  public init(_ layer: MessagePassing, parameters: Parameters) {
    width = layer.width
    sites = PackedLinear(layer.center, layer.neighbor, parameters: parameters)
    lattice = PackedLinear(layer.lattice, adding: layer.constants(parameters) ?? [], parameters: parameters)
    edge = PackedLinear(layer.edge, parameters: parameters)
    node = PackedPerceptron(layer.node, parameters: parameters)
    norm = layer.norm.map { PackedLayerNorm($0, parameters: parameters) }
    table = FourierTable(
      sine: parameters.values.span.extracting(layer.sine.weight),
      cosine: parameters.values.span.extracting(layer.cosine.weight),
      frequencies: layer.sine.inputs / 3, width: layer.width, precision: parameters.precision)
    ownSelf = layer.ownSelf(parameters)
    edgeWeights = layer.edgeFeatures.map { Array(parameters.values[$0.weight]) } ?? []
  }

  /// What lies between the products; one a thread, for layers of one width.
  public struct Scratch: Sendable {
    var messages: InferenceKernels.Messages
    var perCrystal: Matrix
    var hidden: ProductInput
    var pre: Matrix
    var nodeHidden: Matrix
    var nodeOut: Matrix
    /// (N, 2 C) normal rows and the means of messages, of layers with a norm.
    var normal: Matrix

    /// Memory for one thread.
    public init(_ layer: PackedMessagePassing) {
      messages = InferenceKernels.Messages(ownSelf: layer.ownSelf, edgeWeights: layer.edgeWeights)
      let empty = Matrix(rows: 0, columns: layer.width)
      (perCrystal, pre, nodeHidden, nodeOut) = (empty, empty, empty, empty)
      normal = Matrix(rows: 0, columns: 2 * layer.width)
      hidden = ProductInput(columns: layer.width)
    }
  }

  /// Edges that are worked on together: hidden layer and output then take half a megabyte, and the weights beside them stay in the
  /// second-level cache.
  private var edgesAtOnce: Int { max(64, 65_536 / width) }
  /// Edges of a crystal that is worked on as a whole, 32 sites.
  private static let mostEdges = 1024
  /// Pairs whose Fourier parts are kept, or those of one crystal where it has more: more than any 32 crystals of 20 sites have.
  private static let mostPairs = 8192

  /// - Parameters:
  ///   - h: (N, 2 C): features in the first half, replaced by the layer's output; means of messages in the second, where there is no
  ///     norm.
  ///   - lattice: (B, 6) k-vectors; `edgeFeatures` (E, D); `differences` (P, 3).
  public func forward(
    _ h: inout Matrix, graph: CrystalGraph, lattice k: Matrix, edgeFeatures: Matrix, differences: [Float],
    _ scratch: inout Scratch
  ) {
    guard let norm else {
      passMessages(&h, graph, k, edgeFeatures, differences, &scratch)
      return InferenceKernels.addSiLU(scratch.nodeOut, bias: node.second.bias, rows: graph.sites, to: &h)
    }
    // Out of the scratch while it is worked on.
    var normal = Matrix(rows: 0, columns: 2 * width)
    swap(&normal, &scratch.normal)
    normal.resize(rows: graph.sites)
    norm.forward(h, rows: graph.sites, into: &normal)
    passMessages(&normal, graph, k, edgeFeatures, differences, &scratch)
    swap(&normal, &scratch.normal)
    InferenceKernels.addSiLU(scratch.nodeOut, bias: node.second.bias, rows: graph.sites, to: &h)
  }

  /// The means of the messages, and what is added to the features but for bias and activation, into the scratch.
  ///
  /// - Parameter h: (N, 2 C): what the perceptrons read in the first half; means of messages in the second.
  private func passMessages(
    _ h: inout Matrix, _ graph: CrystalGraph, _ k: Matrix, _ edgeFeatures: Matrix, _ differences: [Float],
    _ scratch: inout Scratch
  ) {
    let n = graph.sites
    scratch.messages.sites.resize(rows: n)
    sites.weights.multiply(h, rows: n, into: &scratch.messages.sites)
    scratch.perCrystal.resize(rows: graph.ranges.count)
    lattice.forward(k, rows: graph.ranges.count, into: &scratch.perCrystal)
    graph.spread(scratch.perCrystal, to: &scratch.messages.sites)
    (scratch.messages.ownSelf, scratch.messages.edgeWeights) = (ownSelf, edgeWeights)
    var first = 0
    while first < graph.ranges.count {
      let end = end(from: first, most: Self.mostPairs, graph, \.pairs)
      passMessages(first..<end, graph, edgeFeatures, differences, &h, &scratch)
      first = end
    }
    node.hide(h, rows: n, into: &scratch.nodeHidden)
    scratch.nodeOut.resize(rows: n)
    node.second.weights.multiply(scratch.nodeHidden, rows: n, into: &scratch.nodeOut)
  }

  /// Behind the last of the crystals from `first` on that have so many rows together, and one crystal at least.
  private func end(from first: Int, most: Int, _ graph: CrystalGraph, _ rows: KeyPath<EdgeKernels.Range, Int>) -> Int {
    var (end, count) = (first, 0)
    while end < graph.ranges.count, end == first || count + graph.ranges[end][keyPath: rows] <= most {
      count += graph.ranges[end][keyPath: rows]
      end += 1
    }
    return end
  }

  /// The means of the messages of some crystals. The table once for all of them, before the edges' weights move into its place in the
  /// cache.
  private func passMessages(
    _ crystals: Range<Int>, _ graph: CrystalGraph, _ edgeFeatures: Matrix, _ differences: [Float], _ h: inout Matrix,
    _ scratch: inout Scratch
  ) {
    let firstPair = graph.ranges[crystals.lowerBound].firstPair
    let pairs = crystals.reduce(0) { $0 + graph.ranges[$1].pairs }
    for path in [\InferenceKernels.Messages.forward, \.backward] where scratch.messages[keyPath: path].count < pairs * width {
      scratch.messages[keyPath: path] = [Float](repeating: 0, count: pairs * width)
    }
    table.look(
      up: differences, first: firstPair, rows: pairs, forward: &scratch.messages.forward, backward: &scratch.messages.backward)
    var first = crystals.lowerBound
    while first < crystals.upperBound {
      let end = min(crystals.upperBound, end(from: first, most: edgesAtOnce, graph, \.edges))
      let range = graph.ranges[first]
      let centers = range.edges > Self.mostEdges ? max(1, edgesAtOnce / range.sites) : range.sites
      for start in stride(from: 0, to: range.sites, by: centers) {
        let some = start..<min(range.sites, start + centers)
        let blocks = (first..<end).map {
          Block(range: graph.ranges[$0], centers: $0 == first ? some : 0..<graph.ranges[$0].sites)
        }
        passMessages(blocks, firstPair: firstPair, edgeFeatures, &h, &scratch)
      }
      first = end
    }
  }

  /// Sites of a crystal that messages go to.
  private struct Block {
    let range: EdgeKernels.Range
    let centers: Range<Int>
    var edges: Int { centers.count * range.sites }
  }

  /// The means of the messages to some sites; the table's rows begin with that of `firstPair`.
  private func passMessages(
    _ blocks: [Block], firstPair: Int, _ edgeFeatures: Matrix, _ h: inout Matrix, _ scratch: inout Scratch
  ) {
    let edges = blocks.reduce(0) { $0 + $1.edges }
    scratch.hidden.resize(rows: edges, edge.weights.precision)
    if scratch.pre.rows < edges { scratch.pre.resize(rows: edges) }
    var row = 0
    for block in blocks {
      scratch.messages.write(
        edges: edgeFeatures, range: block.range, centers: block.centers, pair: block.range.firstPair - firstPair, row: row,
        into: &scratch.hidden)
      row += block.edges
    }
    edge.weights.multiply(scratch.hidden, into: &scratch.pre)
    row = 0
    for block in blocks {
      var range = block.range
      range.firstEdge = row
      EdgeKernels.mean(
        pre: scratch.pre.values, bias: edge.bias.span, range: range, centers: block.centers, into: &h.values, stride: 2 * width,
        column: width)
      row += block.edges
    }
  }
}
