import Networks
public import Tensors

/// The network with parameters that stay as they are, for sampling: the same outputs as `UnitNetwork.forward` to rounding.
public struct PackedUnitNetwork: Sendable {
  let network: UnitNetwork
  let parameters: Parameters
  let elementEmbedding: PackedLinear
  let symmetryEmbedding: PackedLinear
  let compositionEmbedding: PackedLinear?
  private let input: PackedPerceptron
  private let conditionEmbedding: PackedPerceptron?
  let layers: [PackedMessagePassing]
  /// The hidden layers of the three heads of sites side by side, and their outputs.
  private let siteHeads: PackedLinear
  private let coordinates: PackedLinear
  private let elements: PackedLinear
  private let siteSymmetries: PackedLinear
  private let latticeHead: PackedPerceptron

  /// Packs a network for sampling; nothing can be learnt with it.
  public init(_ network: UnitNetwork, parameters: Parameters) {
    self.network = network
    self.parameters = parameters
    elementEmbedding = PackedLinear(network.elementEmbedding, parameters: parameters)
    symmetryEmbedding = PackedLinear(network.symmetryEmbedding, parameters: parameters)
    compositionEmbedding = network.compositionEmbedding.map { PackedLinear($0, parameters: parameters) }
    input = PackedPerceptron(network.input, parameters: parameters)
    conditionEmbedding = network.conditionEmbedding.map { PackedPerceptron($0, parameters: parameters) }
    layers = network.layers.map { PackedMessagePassing($0, parameters: parameters) }
    let heads = [network.coordinateHead, network.elementHead, network.symmetryHead]
    siteHeads = PackedLinear(heads[0].first, heads[1].first, heads[2].first, parameters: parameters)
    coordinates = PackedLinear(heads[0].second, parameters: parameters)
    elements = PackedLinear(heads[1].second, parameters: parameters)
    siteSymmetries = PackedLinear(heads[2].second, parameters: parameters)
    latticeHead = PackedPerceptron(network.latticeHead, parameters: parameters)
  }

  /// Everything between input and output of a batch; one a thread.
  public struct Workspace: Sendable {
    var features: Matrix
    /// (N, 2 C): features, then means of messages.
    var h: Matrix
    var scratch: PackedMessagePassing.Scratch
    var hidden: Matrix
    var headHidden: Matrix
    var outputs: UnitNetwork.Outputs<Matrix>

    /// Memory for one thread.
    public init(_ packed: PackedUnitNetwork) {
      let c = packed.network.configuration.hidden
      features = Matrix(rows: 0, columns: packed.network.input.first.inputs)
      h = Matrix(rows: 0, columns: 2 * c)
      scratch = PackedMessagePassing.Scratch(packed.layers[0])
      hidden = Matrix(rows: 0, columns: c)
      headHidden = Matrix(rows: 0, columns: 3 * c)
      func empty(_ head: Perceptron) -> Matrix { Matrix(rows: 0, columns: head.second.outputs) }
      outputs = UnitNetwork.Outputs(
        coordinates: empty(packed.network.coordinateHead), lattice: empty(packed.network.latticeHead),
        elements: empty(packed.network.elementHead), siteSymmetries: empty(packed.network.symmetryHead))
    }
  }

  /// Runs a batch; results are the workspace's outputs.
  public func forward(_ batch: BeliefBatch, _ workspace: inout Workspace) {
    let (graph, n, c) = (batch.graph, batch.graph.sites, network.configuration.hidden)
    workspace.features.resize(rows: n)
    join(batch, &workspace)
    workspace.h.resize(rows: n)
    input.hide(workspace.features, rows: n, into: &workspace.hidden)
    input.second.forward(workspace.hidden, rows: n, into: &workspace.h)
    if let conditionEmbedding {
      var told = Matrix(rows: graph.ranges.count, columns: c)
      conditionEmbedding.forward(batch.conditions, rows: told.rows, hidden: &workspace.hidden, into: &told)
      graph.spread(told, to: &workspace.h)
    }
    let differences = graph.differences(batch.coordinates)
    for layer in layers {
      layer.forward(
        &workspace.h, graph: graph, lattice: batch.lattice, edgeFeatures: batch.ties, differences: differences,
        &workspace.scratch)
    }
    workspace.headHidden.resize(rows: n)
    siteHeads.weights.multiply(workspace.h, rows: n, into: &workspace.headHidden)
    InferenceKernels.silu(&workspace.headHidden, bias: siteHeads.bias, rows: n)
    for (number, (head, path)) in [
      (coordinates, \UnitNetwork.Outputs<Matrix>.coordinates), (elements, \.elements), (siteSymmetries, \.siteSymmetries),
    ].enumerated() {
      workspace.outputs[keyPath: path].resize(rows: n)
      head.forward(workspace.headHidden, column: number * c, rows: n, into: &workspace.outputs[keyPath: path])
    }
    latticeHead.forward(
      Pooling(graph).output(workspace.h), rows: graph.ranges.count, hidden: &workspace.hidden,
      into: &workspace.outputs.lattice)
  }

  /// The input's features, side by side.
  private func join(_ batch: BeliefBatch, _ workspace: inout Workspace) {
    func embedded(_ x: Matrix, _ layer: PackedLinear) -> Matrix {
      var out = Matrix(rows: x.rows, columns: layer.bias.count)
      layer.forward(x, rows: x.rows, into: &out)
      return out
    }
    var parts = [embedded(batch.elements, elementEmbedding), embedded(network.symmetries(batch), symmetryEmbedding)]
    parts += [network.groupEmbedding(batch).output(parameters: parameters)] + network.conditions(batch)
    parts += compositionEmbedding.map { [Spread(batch.graph).output(embedded(batch.composition, $0))] } ?? []
    var nothing: Void = ()
    Concatenation().forward(parts, parameters, &nothing, into: &workspace.features)
  }
}
