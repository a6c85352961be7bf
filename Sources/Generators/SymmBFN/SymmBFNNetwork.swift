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
  let elementEmbedding: Linear
  let symmetryEmbedding: Linear
  let spaceGroupEmbedding: Linear
  let compositionEmbedding: Linear?
  let input: Perceptron
  let layers: [MessagePassing]
  let coordinateHead: Perceptron
  let latticeHead: Perceptron
  let elementHead: Perceptron
  let symmetryHead: Perceptron

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

    public var outputs: Outputs {
      Outputs(
        coordinates: coordinateHead.output, lattice: latticeHead.output, elements: elementHead.output,
        siteSymmetries: symmetryHead.output)
    }
  }

  /// What the network says of a batch.
  public struct Outputs: Sendable {
    /// (N, 3) noise of the coordinates, less the residual; more columns where sites move along directions.
    public var coordinates: Matrix
    /// (B, 6) noise of the lattice.
    public var lattice: Matrix
    /// (N, 100) logits; a 101st column where the network copies elements, a 102nd where it weighs charges.
    public var elements: Matrix
    /// (N, 195) logits; (N, 223) scores of operations and positions and one more where the network has position features.
    public var siteSymmetries: Matrix
  }

  /// Runs a batch; results are the workspace's outputs.
  public func forward(_ batch: BeliefBatch, _ parameters: Parameters, _ workspace: inout Workspace) {
    let graph = batch.graph
    buildFeatures(batch, parameters, &workspace)
    input.forward(workspace.features, parameters, &workspace.input)
    workspace.h.resize(rows: graph.sites)
    copy(workspace.input.output, to: &workspace.h)
    let differences = graph.differences(batch.coordinates)
    workspace.fourier.resize(rows: graph.pairs, parameters.precision)
    Kernels.fourier(differences, frequencies: configuration.frequencies, into: &workspace.fourier)
    let keepsAll = workspace.layers.count == layers.count
    for (l, layer) in layers.enumerated() {
      layer.forward(
        &workspace.h, graph: graph, lattice: batch.lattice, edgeFeatures: batch.ties,
        fourier: workspace.fourier, parameters,
        &workspace.layers[keepsAll ? l : 0])
    }
    pool(workspace.h, graph, into: &workspace.pooled)
    coordinateHead.forward(workspace.h, parameters, &workspace.coordinateHead)
    latticeHead.forward(workspace.pooled, parameters, &workspace.latticeHead)
    elementHead.forward(workspace.h, parameters, &workspace.elementHead)
    symmetryHead.forward(workspace.h, parameters, &workspace.symmetryHead)
  }

  private func buildFeatures(_ batch: BeliefBatch, _ parameters: Parameters, _ workspace: inout Workspace) {
    let e = configuration.embedding
    workspace.features.resize(rows: batch.graph.sites)
    elementEmbedding.forward(batch.elements, parameters, into: &workspace.features)
    symmetryEmbedding.forward(symmetries(batch), parameters, into: &workspace.features, outColumn: e)
    if let compositionEmbedding {
      workspace.composition.resize(rows: batch.graph.ranges.count)
      compositionEmbedding.forward(batch.composition, parameters, into: &workspace.composition)
    }
    fillFeatures(batch, parameters, composition: workspace.composition, into: &workspace.features)
  }

  /// Fills the columns of the features behind the two embeddings.
  ///
  /// - Parameters:
  ///   - composition: (B, embedding), where there are composition features.
  ///   - features: (N, inputs).
  func fillFeatures(_ batch: BeliefBatch, _ parameters: Parameters, composition: Matrix, into features: inout Matrix) {
    let (e, f, n) = (configuration.embedding, configuration.coordinateFrequencies, batch.graph.sites)
    var fourier = [Float](repeating: 0, count: 6 * f * n)
    Kernels.fourier(
      form == .informed ? batch.positions.values : batch.coordinates.values, rows: n, frequencies: f,
      into: &fourier)
    let width = features.columns
    var time: (of: Float, embedding: [Float]) = (-1, [])
    for (b, range) in batch.graph.ranges.enumerated() {
      if batch.times[b] != time.of { time = (batch.times[b], timeEmbedding(batch.times[b])) }
      let group = spaceGroupEmbedding.row(batch.spaceGroups[b])
      for site in range.firstSite..<range.firstSite + range.sites {
        var column = site * width + 2 * e
        func append(_ values: [Float], _ from: Int, _ count: Int) {
          for k in 0..<count { features.values[column &+ k] = values[from &+ k] }
          column += count
        }
        append(parameters.values, group.lowerBound, e)
        append(time.embedding, 0, e)
        append(batch.coordinates.values, site * 3, 3)
        append(fourier, site * 6 * f, 6 * f)
        if form == .informed {
          append(batch.geometry.values, site * BeliefBatch.geometryFeatures, BeliefBatch.geometryFeatures)
        }
        if form == .informed {
          append(batch.wyckoffPositions.values, site * BeliefBatch.positionClasses, BeliefBatch.positionClasses)
          for k in 0..<BeliefBatch.siteCountClasses {
            features.values[column &+ k] = k == min(range.sites, BeliefBatch.siteCountClasses) - 1 ? 1 : 0
          }
          column += BeliefBatch.siteCountClasses
        }
        if compositionEmbedding != nil { append(composition.values, b * e, e) }
      }
    }
  }

  /// What the embedding of site symmetries reads.
  func symmetries(_ batch: BeliefBatch) -> Matrix {
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

  /// (B, C) means over the sites of each crystal of the first C columns of h.
  func pool(_ h: Matrix, _ graph: CrystalGraph, into pooled: inout Matrix) {
    let c = configuration.hidden
    pooled.resize(rows: graph.ranges.count)
    pooled.fill(0)
    for (b, range) in graph.ranges.enumerated() {
      let scale = 1 / Float(range.sites)
      for site in range.firstSite..<range.firstSite + range.sites {
        for k in 0..<c { pooled.values[b &* c &+ k] += scale * h.values[site &* h.columns &+ k] }
      }
    }
  }
}
