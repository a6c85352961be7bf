import Foundation
public import Networks
public import Tensors

/// SymmBFN's network: site features from beliefs, message passing, four heads (Ruple et al. 2026, Supplement B).
///
///     h_i = MLP([theta_a W_a, theta_s W_s, E_G, PE(t), mu_x, F(mu_x)]); L layers; heads: MLPs on h (lattice: on its mean)
public struct SymmBFNNetwork: Sendable {
  public let layout: ParameterLayout
  let configuration: SymmBFNConfiguration.Network
  let form: SymmBFNConfiguration.Form
  private let elementEmbedding: Linear
  private let symmetryEmbedding: Linear
  private let spaceGroupEmbedding: Linear
  private let compositionEmbedding: Linear?
  private let input: Perceptron
  private let layers: [MessagePassing]
  private let coordinateHead: Perceptron
  private let latticeHead: Perceptron
  private let elementHead: Perceptron
  private let symmetryHead: Perceptron

  public init(_ configuration: SymmBFNConfiguration.Network, form: SymmBFNConfiguration.Form) {
    (self.configuration, self.form) = (configuration, form)
    let isInformed = form == .informed
    var layout = ParameterLayout()
    let (c, e) = (configuration.hidden, configuration.embedding)
    let symmetry = BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses
    elementEmbedding = Linear("embedding.element", inputs: BeliefBatch.elementClasses, outputs: e, layout: &layout)
    symmetryEmbedding = Linear("embedding.site_symmetry", inputs: symmetry, outputs: e, layout: &layout)
    let positions = isInformed ? BeliefBatch.positionClasses : 0
    let counts = isInformed ? BeliefBatch.siteCountClasses : 0
    // A table of rows: initialised as one, with deviation 1 / sqrt(1).
    spaceGroupEmbedding = Linear(
      "embedding.space_group", inputs: 231, outputs: e, bias: false, fanIn: 1, layout: &layout)
    compositionEmbedding =
      isInformed
      ? Linear("embedding.composition", inputs: BeliefBatch.elementClasses, outputs: e, layout: &layout) : nil
    let geometry = isInformed ? BeliefBatch.geometryFeatures : 0
    input = Perceptron(
      "input",
      inputs: 4 * e + 3 + 6 * configuration.coordinateFrequencies + geometry + positions + counts
        + (compositionEmbedding == nil ? 0 : e),
      hidden: c, outputs: c,
      activatesOutput: false, layout: &layout)
    layers = (0..<configuration.layers).map {
      MessagePassing(
        "layer.\($0)", width: c, frequencies: configuration.frequencies,
        edgeFeatures: isInformed ? BeliefBatch.tieFeatures : 0, layout: &layout)
    }
    func head(_ name: String, _ outputs: Int) -> Perceptron {
      Perceptron("head.\(name)", inputs: c, hidden: c, outputs: outputs, activatesOutput: false, layout: &layout)
    }
    coordinateHead = head("coordinates", 3 + (isInformed ? BayesianFlow.directionOutputs : 0))
    latticeHead = head("lattice", 6)
    elementHead = head("elements", BeliefBatch.elementClasses + (isInformed ? 2 : 0))
    symmetryHead = head("site_symmetry", symmetry + (positions > 0 ? positions + 1 : 0))
    self.layout = layout
  }

  /// Everything between input and output of a batch; reused from batch to batch, one a thread.
  public struct Workspace: Sendable {
    var features: Matrix
    var composition: Matrix
    var input: Perceptron.Cache
    var h: Matrix
    var fourier: ProductInput
    var layers: [MessagePassing.Cache]
    var pooled: Matrix
    var coordinateHead: Perceptron.Cache
    var latticeHead: Perceptron.Cache
    var elementHead: Perceptron.Cache
    var symmetryHead: Perceptron.Cache
    var gradient: Matrix
    var pooledGradient: Matrix
    var inputGradient: Matrix
    var scratch: MessagePassing.Scratch

    /// - Parameter training: whether every layer keeps what its backward pass needs.
    public init(_ network: SymmBFNNetwork, training: Bool) {
      let c = network.configuration.hidden
      features = Matrix(rows: 0, columns: network.input.first.inputs)
      composition = Matrix(rows: 0, columns: network.configuration.embedding)
      input = Perceptron.Cache(network.input)
      h = Matrix(rows: 0, columns: c)
      fourier = ProductInput(columns: 6 * network.configuration.frequencies)
      layers = network.layers.prefix(training ? network.layers.count : 1).map {
        MessagePassing.Cache($0, training: training)
      }
      pooled = Matrix(rows: 0, columns: c)
      coordinateHead = Perceptron.Cache(network.coordinateHead)
      latticeHead = Perceptron.Cache(network.latticeHead)
      elementHead = Perceptron.Cache(network.elementHead)
      symmetryHead = Perceptron.Cache(network.symmetryHead)
      gradient = Matrix(rows: 0, columns: c)
      pooledGradient = Matrix(rows: 0, columns: c)
      inputGradient = Matrix(rows: 0, columns: network.input.first.inputs)
      scratch = MessagePassing.Scratch(width: c)
    }

    /// (N, 3) noise of the coordinates, less the residual; more columns where sites move along directions.
    public var coordinates: Matrix { coordinateHead.output }
    /// (B, 6) noise of the lattice.
    public var lattice: Matrix { latticeHead.output }
    /// (N, 100) logits; a 101st column where the network copies elements, a 102nd where it weighs charges.
    public var elements: Matrix { elementHead.output }
    /// (N, 195) logits; (N, 223) scores of operations and positions and one more where the network has position features.
    public var siteSymmetries: Matrix { symmetryHead.output }
  }

  /// Tables of the layers' Fourier parts, for sampling with parameters in bfloat16; none in float32, which stays exact.
  public func tables(_ parameters: Parameters) -> [FourierTable] {
    parameters.precision == .bfloat16 ? layers.map { $0.table(parameters) } : []
  }

  /// Runs a batch; results are the workspace's outputs.
  ///
  /// - Parameter tables: as `tables` makes them, where the Fourier parts are to be looked up and not multiplied.
  public func forward(
    _ batch: BeliefBatch, _ parameters: Parameters, tables: [FourierTable] = [], _ workspace: inout Workspace
  ) {
    let graph = batch.graph
    buildFeatures(batch, parameters, &workspace)
    input.forward(workspace.features, parameters, &workspace.input)
    workspace.h.resize(rows: graph.sites)
    copy(workspace.input.output, to: &workspace.h)
    let differences = graph.differences(batch.coordinates)
    if tables.isEmpty {
      workspace.fourier.resize(rows: graph.pairs, parameters.precision)
      Kernels.fourier(differences, frequencies: configuration.frequencies, into: &workspace.fourier)
    }
    let keepsAll = workspace.layers.count == layers.count
    for (l, layer) in layers.enumerated() {
      layer.forward(
        &workspace.h, graph: graph, lattice: batch.lattice, edgeFeatures: batch.ties,
        fourier: tables.isEmpty ? .features(workspace.fourier) : .table(tables[l], differences), parameters,
        &workspace.layers[keepsAll ? l : 0])
    }
    pool(graph, &workspace)
    coordinateHead.forward(workspace.h, parameters, &workspace.coordinateHead)
    latticeHead.forward(workspace.pooled, parameters, &workspace.latticeHead)
    elementHead.forward(workspace.h, parameters, &workspace.elementHead)
    symmetryHead.forward(workspace.h, parameters, &workspace.symmetryHead)
  }

  private func buildFeatures(_ batch: BeliefBatch, _ parameters: Parameters, _ workspace: inout Workspace) {
    let (e, f) = (configuration.embedding, configuration.coordinateFrequencies)
    let n = batch.graph.sites
    workspace.features.resize(rows: n)
    elementEmbedding.forward(batch.elements, parameters, into: &workspace.features)
    symmetryEmbedding.forward(symmetries(batch), parameters, into: &workspace.features, outColumn: e)
    var fourier = [Float](repeating: 0, count: 6 * f * n)
    Kernels.fourier(
      form == .informed ? batch.positions.values : batch.coordinates.values, rows: n, frequencies: f,
      into: &fourier)
    let width = workspace.features.columns
    if let compositionEmbedding {
      workspace.composition.resize(rows: batch.graph.ranges.count)
      compositionEmbedding.forward(batch.composition, parameters, into: &workspace.composition)
    }
    for (b, range) in batch.graph.ranges.enumerated() {
      let time = timeEmbedding(batch.times[b])
      let group = spaceGroupEmbedding.row(batch.spaceGroups[b])
      for site in range.firstSite..<range.firstSite + range.sites {
        let row = site * width
        for k in 0..<e {
          workspace.features.values[row + 2 * e + k] = parameters.values[group.lowerBound + k]
          workspace.features.values[row + 3 * e + k] = time[k]
        }
        for k in 0..<3 { workspace.features.values[row + 4 * e + k] = batch.coordinates[site, k] }
        for k in 0..<6 * f { workspace.features.values[row + 4 * e + 3 + k] = fourier[site * 6 * f + k] }
        if form == .informed {
          for k in 0..<BeliefBatch.geometryFeatures {
            workspace.features.values[row + 4 * e + 3 + 6 * f + k] = batch.geometry[site, k]
          }
        }
        if form == .informed {
          let counts = row + width - BeliefBatch.siteCountClasses - (compositionEmbedding == nil ? 0 : e)
          let first = counts - BeliefBatch.positionClasses
          for k in 0..<BeliefBatch.positionClasses { workspace.features.values[first + k] = batch.wyckoffPositions[site, k] }
          for k in 0..<BeliefBatch.siteCountClasses {
            workspace.features.values[counts + k] = k == min(range.sites, BeliefBatch.siteCountClasses) - 1 ? 1 : 0
          }
        }
        if compositionEmbedding != nil {
          for k in 0..<e { workspace.features.values[row + width - e + k] = workspace.composition[b, k] }
        }
      }
    }
  }

  /// What the embedding of site symmetries reads.
  private func symmetries(_ batch: BeliefBatch) -> Matrix {
    form == .informed ? batch.operations : batch.siteSymmetries
  }

  /// Sinusoids of 1000 t at frequencies from 1 to 1/10000 (Vaswani et al. 2017).
  private func timeEmbedding(_ t: Float) -> [Float] {
    let half = configuration.embedding / 2
    let angles = (0..<half).map {
      1000 * Double(t) * exp(-log(10_000) * Double($0) / Double(max(1, half - 1)))
    }
    return angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
  }

  private func pool(_ graph: CrystalGraph, _ workspace: inout Workspace) {
    let c = configuration.hidden
    workspace.pooled.resize(rows: graph.ranges.count)
    workspace.pooled.fill(0)
    for (b, range) in graph.ranges.enumerated() {
      let scale = 1 / Float(range.sites)
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<c { workspace.pooled.values[b &* c &+ k] += scale * workspace.h.values[site &* c &+ k] }
      }
    }
  }
}

extension SymmBFNNetwork {
  /// Gradients of the four outputs of a batch, shaped as the outputs.
  public struct OutputGradients: Sendable {
    public var coordinates: Matrix
    public var lattice: Matrix
    public var elements: Matrix
    public var siteSymmetries: Matrix

    public init(_ graph: CrystalGraph) {
      coordinates = Matrix(rows: graph.sites, columns: 3)
      lattice = Matrix(rows: graph.ranges.count, columns: 6)
      elements = Matrix(rows: graph.sites, columns: BeliefBatch.elementClasses)
      siteSymmetries = Matrix(
        rows: graph.sites, columns: BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses)
    }
  }

  /// The backward pass of the last `forward` of a training workspace; adds to the parameters' gradients.
  public func backward(
    _ batch: BeliefBatch, _ output: OutputGradients, _ parameters: Parameters, _ workspace: inout Workspace,
    into gradients: inout MutableSpan<Float>
  ) {
    precondition(workspace.layers.count == layers.count)
    let graph = batch.graph
    workspace.gradient.resize(rows: graph.sites)
    workspace.pooledGradient.resize(rows: graph.ranges.count)
    coordinateHead.backward(
      workspace.h, gradient: output.coordinates, parameters, &workspace.coordinateHead, into: &gradients,
      inputGradient: &workspace.gradient)
    elementHead.backward(
      workspace.h, gradient: output.elements, parameters, &workspace.elementHead, into: &gradients,
      inputGradient: &workspace.gradient, accumulate: true)
    symmetryHead.backward(
      workspace.h, gradient: output.siteSymmetries, parameters, &workspace.symmetryHead, into: &gradients,
      inputGradient: &workspace.gradient, accumulate: true)
    latticeHead.backward(
      workspace.pooled, gradient: output.lattice, parameters, &workspace.latticeHead, into: &gradients,
      inputGradient: &workspace.pooledGradient)
    unpool(graph, &workspace)
    for l in layers.indices.reversed() {
      layers[l].backward(
        gradient: &workspace.gradient, graph: graph, lattice: batch.lattice, edgeFeatures: batch.ties,
        fourier: workspace.fourier, parameters,
        &workspace.layers[l], &workspace.scratch, into: &gradients)
    }
    workspace.inputGradient.resize(rows: graph.sites)
    input.backward(
      workspace.features, gradient: workspace.gradient, parameters, &workspace.input, into: &gradients,
      inputGradient: &workspace.inputGradient)
    let e = configuration.embedding
    elementEmbedding.backward(batch.elements, gradient: workspace.inputGradient, parameters, into: &gradients)
    symmetryEmbedding.backward(
      symmetries(batch), gradient: workspace.inputGradient, gradientColumn: e, parameters, into: &gradients)
    for (b, range) in graph.ranges.enumerated() {
      let row = spaceGroupEmbedding.row(batch.spaceGroups[b])
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<e { gradients[row.lowerBound + k] += workspace.inputGradient[site, 2 * e + k] }
      }
    }
    guard let compositionEmbedding else { return }
    let first = workspace.inputGradient.columns - e
    workspace.composition.fill(0)
    for (b, range) in graph.ranges.enumerated() {
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<e { workspace.composition[b, k] += workspace.inputGradient[site, first + k] }
      }
    }
    compositionEmbedding.backward(batch.composition, gradient: workspace.composition, parameters, into: &gradients)
  }

  private func unpool(_ graph: CrystalGraph, _ workspace: inout Workspace) {
    let c = configuration.hidden
    for (b, range) in graph.ranges.enumerated() {
      let scale = 1 / Float(range.sites)
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<c {
          workspace.gradient.values[site &* c &+ k] += scale * workspace.pooledGradient.values[b &* c &+ k]
        }
      }
    }
  }
}
