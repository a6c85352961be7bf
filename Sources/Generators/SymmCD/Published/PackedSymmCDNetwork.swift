import Networks
import Tensors

/// The network with parameters that stay as they are, for sampling: the same outputs as `SymmCDNetwork.forward` to rounding.
///
/// What lies between one-hot rows and the first layer is linear: elements and site symmetries become rows of the features themselves,
/// and time and group, once a crystal, as many.
struct PackedSymmCDNetwork: Sendable {
  let network: SymmCDNetwork
  let parameters: Parameters
  /// (94 + 195 + waves, C) of the sites' own numbers.
  private let sites: PackedWeights
  /// (C)
  private let bias: [Float]
  /// (time, C) and (group, C).
  private let time: PackedWeights
  private let group: PackedWeights
  let layers: [PackedMessagePassing]
  private let norm: PackedLayerNorm
  private let coordinates: PackedLinear
  private let lattice: PackedLinear
  /// Elements, axes and operations side by side.
  private let classes: PackedLinear

  /// Packs a network for sampling; nothing can be learnt with it.
  init(_ network: SymmCDNetwork, parameters: Parameters) {
    (self.network, self.parameters) = (network, parameters)
    let options = network.options
    let parts = SymmCDInputParts(network, parameters.values)
    sites = PackedWeights(
      parts.sites.values, inner: parts.sites.rows, columns: options.hidden, precision: parameters.precision)
    bias = parts.bias
    time = PackedWeights(parts.time, inner: options.time, columns: options.hidden, precision: .float32)
    group = PackedWeights(parts.group, inner: options.group, columns: options.hidden, precision: .float32)
    layers = network.layers.map { PackedMessagePassing($0, parameters: parameters) }
    norm = PackedLayerNorm(network.norm, parameters: parameters)
    coordinates = PackedLinear(network.coordinateHead, parameters: parameters)
    lattice = PackedLinear(network.latticeHead, parameters: parameters)
    classes = PackedLinear(network.elementHead, network.axisHead, network.operationHead, parameters: parameters)
  }

  /// Everything between input and output of a batch; one a thread.
  struct Workspace: Sendable {
    /// (N, 94 + 195 + waves).
    fileprivate var features: Matrix
    /// (N, 2 C): features in the first half.
    fileprivate var h: Matrix
    fileprivate var scratch: PackedMessagePassing.Scratch
    /// (N, C) behind the last norm.
    fileprivate var normal: Matrix
    fileprivate var classes: Matrix
    /// The groups of the last batch, and (B, C) what they add to their sites.
    fileprivate var groups: [Int] = []
    fileprivate var ofGroups: Matrix
    fileprivate var ofCrystals: Matrix
    var outputs: SymmCDNetwork.Outputs<Matrix>

    /// Memory for one thread.
    init(_ packed: PackedSymmCDNetwork) {
      let options = packed.network.options
      func empty(_ columns: Int) -> Matrix { Matrix(rows: 0, columns: columns) }
      features = empty(packed.sites.inner)
      h = empty(2 * options.hidden)
      scratch = PackedMessagePassing.Scratch(packed.layers[0])
      (normal, ofGroups, ofCrystals) = (empty(options.hidden), empty(options.hidden), empty(options.hidden))
      classes = empty(packed.classes.bias.count)
      outputs = SymmCDNetwork.Outputs(
        coordinates: empty(3), lattice: empty(6), elements: empty(SymmCDNetwork.elementClasses),
        siteSymmetries: empty(BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses))
    }
  }

  /// Runs a batch; results are the workspace's outputs.
  func forward(_ batch: BeliefBatch, _ workspace: inout Workspace) {
    let (graph, n) = (batch.graph, batch.graph.sites)
    readSites(batch, &workspace)
    let differences = graph.differences(batch.coordinates)
    for layer in layers {
      layer.forward(
        &workspace.h, graph: graph, lattice: batch.lattice, edgeFeatures: Matrix(rows: 0, columns: 0), differences: differences,
        &workspace.scratch)
    }
    workspace.normal.resize(rows: n)
    norm.forward(workspace.h, rows: n, into: &workspace.normal)
    workspace.outputs.coordinates.resize(rows: n)
    coordinates.forward(workspace.normal, rows: n, into: &workspace.outputs.coordinates)
    workspace.outputs.lattice.resize(rows: graph.ranges.count)
    lattice.forward(Pooling(graph).output(workspace.normal), rows: graph.ranges.count, into: &workspace.outputs.lattice)
    workspace.classes.resize(rows: n)
    classes.forward(workspace.normal, rows: n, into: &workspace.classes)
    splitClasses(rows: n, &workspace)
  }

  /// The features of sites before the first layer.
  private func readSites(_ batch: BeliefBatch, _ workspace: inout Workspace) {
    let (graph, n, c) = (batch.graph, batch.graph.sites, network.options.hidden)
    workspace.features.resize(rows: n)
    var nothing: Void = ()
    Concatenation().forward(
      [network.elements(batch), batch.siteSymmetries, network.waves(batch)], parameters, &nothing, into: &workspace.features)
    workspace.h.resize(rows: n)
    sites.multiply(workspace.features, rows: n, into: &workspace.h)
    let crystals = graph.ranges.count
    if workspace.groups != batch.spaceGroups {
      var tape = Tape(isRecording: false)
      tape.start(parameters)
      let embedded = network.groupEmbedding(batch.spaceGroups, &tape)
      workspace.ofGroups.resize(rows: crystals)
      group.multiply(tape[embedded], rows: crystals, into: &workspace.ofGroups)
      Kernels.addBias(bias.span, rows: crystals, to: &workspace.ofGroups.values)
      workspace.groups = batch.spaceGroups
    }
    workspace.ofCrystals.resize(rows: crystals)
    Kernels.copyColumns(workspace.ofGroups.values, rows: crystals, columns: c, to: &workspace.ofCrystals.values, stride: c)
    time.multiply(network.times(batch), rows: crystals, into: &workspace.ofCrystals, accumulate: true)
    graph.spread(workspace.ofCrystals, to: &workspace.h)
  }

  /// Logits of elements, and of site symmetries from their factors.
  private func splitClasses(rows: Int, _ workspace: inout Workspace) {
    let (elements, rank, width) = (SymmCDNetwork.elementClasses, network.options.headRank, workspace.classes.columns)
    let (axes, operations) = (BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    workspace.outputs.elements.resize(rows: rows)
    workspace.outputs.siteSymmetries.resize(rows: rows)
    for row in 0..<rows {
      let from = row * width
      for k in 0..<elements { workspace.outputs.elements.values[row &* elements &+ k] = workspace.classes.values[from &+ k] }
      for axis in 0..<axes {
        let u = from + elements + axis * rank
        for operation in 0..<operations {
          let v = from + elements + (axes + operation) * rank
          var sum: Float = 0
          for d in 0..<rank { sum += workspace.classes.values[u &+ d] * workspace.classes.values[v &+ d] }
          workspace.outputs.siteSymmetries.values[(row &* axes &+ axis) &* operations &+ operation] = sum
        }
      }
    }
  }
}

/// The first product of a network's sites, split by what it reads, with the embeddings before it multiplied in.
private struct SymmCDInputParts {
  /// (94 + 195 + waves, C), in one matrix.
  var sites: Matrix
  var time: [Float]
  var group: [Float]
  /// (C) of all layers.
  var bias: [Float]

  init(_ network: SymmCDNetwork, _ values: [Float]) {
    let options = network.options
    let (c, axes, operations) = (options.hidden, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    // Rows of the input's weights, in the order in which they are read.
    var first = 0
    func rows(_ count: Int) -> [Float] {
      defer { first += count }
      return Array(values[network.input.weight].dropFirst(first * c).prefix(count * c))
    }
    let ofElements = rows(c)
    (time, group) = (rows(options.time), rows(options.group))
    let ofSymmetries = rows(options.symmetry)
    let waves = rows(network.input.inputs - first)

    func product(_ a: [Float], _ b: [Float], rows: Int, inner: Int, columns: Int) -> [Float] {
      var out = [Float](repeating: 0, count: rows * columns)
      var span = out.mutableSpan
      Products.multiply(a.span, b.span, rows: rows, inner: inner, columns: columns, into: &span)
      return out
    }
    /// Weights of a layer, and its bias as a last row.
    func withBias(_ layer: Linear) -> [Float] { Array(values[layer.weight]) + Array(values[layer.biasRange]) }

    let elements = product(
      withBias(network.elementEmbedding), ofElements, rows: network.elementEmbedding.inputs + 1, inner: c, columns: c)
    let symmetries = product(
      withBias(network.symmetryEmbedding), ofSymmetries, rows: axes * options.axis + 1, inner: options.symmetry, columns: c)
    var own: [Float] = []
    var sum = Array(values[network.input.biasRange])
    func add(_ row: ArraySlice<Float>) { for (k, x) in row.enumerated() { sum[k] += x } }
    add(elements.suffix(c))
    add(symmetries.suffix(c))
    for axis in 0..<axes {
      let rows = Array(symmetries[axis * options.axis * c..<(axis + 1) * options.axis * c])
      let both = product(withBias(network.axisEmbedding), rows, rows: operations + 1, inner: options.axis, columns: c)
      own += both.dropLast(c)
      add(both.suffix(c))
    }
    bias = sum
    sites = Matrix(rows: SymmCDNetwork.elementClasses + axes * operations + waves.count / c, columns: c)
    sites.values = Array(elements.dropLast(c)) + own + waves
  }
}
