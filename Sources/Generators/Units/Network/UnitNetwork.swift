import Foundation
public import Networks
public import Tensors

/// The network of SymmBFN, and of SymmCD's informed form: site features from beliefs, message passing, four heads (Ruple et al. 2026,
/// Supplement B).
///
///     h_i = MLP([theta_a W_a, theta_s W_s, E_G, PE(t), mu_x, F(mu_x)]); L layers; heads: MLPs on h (lattice: on its mean)
public struct UnitNetwork: Sendable {
  /// Names, shapes and places of the parameters.
  public let layout: ParameterLayout
  let configuration: UnitNetworkOptions
  let form: UnitForm
  let elementEmbedding: Linear
  let symmetryEmbedding: Linear
  let spaceGroupEmbedding: Linear
  let compositionEmbedding: Linear?
  let input: Perceptron
  /// Of the informed form, where properties are told.
  let conditionEmbedding: Perceptron?
  let layers: [MessagePassing]
  let coordinateHead: Perceptron
  let latticeHead: Perceptron
  let elementHead: Perceptron
  let symmetryHead: Perceptron

  /// A network of these sizes; the form decides its features and outputs.
  ///
  /// - Parameter conditions: columns of what is told of properties.
  public init(_ configuration: UnitNetworkOptions, form: UnitForm, conditions: Int = 0) {
    (self.configuration, self.form) = (configuration, form)
    let isInformed = form == .informed
    var layout = ParameterLayout()
    let (c, e) = (configuration.hidden, configuration.embedding)
    let symmetry = BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses
    elementEmbedding = Linear("embedding.element", inputs: BeliefBatch.elementClasses, outputs: e, layout: &layout)
    symmetryEmbedding = Linear("embedding.site_symmetry", inputs: symmetry, outputs: e, layout: &layout)
    // A table of rows: initialised as one, with deviation 1 / sqrt(1).
    spaceGroupEmbedding = Linear(
      "embedding.space_group", inputs: 231, outputs: e, bias: false, fanIn: 1, layout: &layout)
    compositionEmbedding =
      isInformed
      ? Linear("embedding.composition", inputs: BeliefBatch.elementClasses, outputs: e, layout: &layout) : nil
    // What `forward` joins.
    let published = 4 * e + 3 + 6 * configuration.coordinateFrequencies
    let informed = BeliefBatch.geometryFeatures + BeliefBatch.positionClasses + BeliefBatch.siteCountClasses + e
    input = Perceptron(
      "input", inputs: published + (isInformed ? informed : conditions), hidden: c, outputs: c, activatesOutput: false,
      layout: &layout)
    layers = (0..<configuration.layers).map {
      MessagePassing(
        "layer.\($0)", width: c, frequencies: configuration.frequencies,
        edgeFeatures: isInformed ? BeliefBatch.tieFeatures : 0, layout: &layout)
    }
    conditionEmbedding =
      isInformed && conditions > 0
      ? Perceptron(
        "embedding.condition", inputs: conditions, hidden: c, outputs: c, activatesOutput: false, startsAtZero: true,
        layout: &layout) : nil
    func head(_ name: String, _ outputs: Int) -> Perceptron {
      Perceptron("head.\(name)", inputs: c, hidden: c, outputs: outputs, activatesOutput: false, layout: &layout)
    }
    coordinateHead = head("coordinates", 3 + (isInformed ? DirectionalMoves.outputs : 0))
    latticeHead = head("lattice", 6)
    elementHead = head("elements", BeliefBatch.elementClasses + (isInformed ? 2 : 0))
    symmetryHead = head("site_symmetry", symmetry + (isInformed ? BeliefBatch.positionClasses + 1 : 0))
    self.layout = layout
  }

  /// What the network says of a batch, as matrices or as values on a tape.
  public struct Outputs<Rows: Sendable>: Sendable {
    /// (N, 3) noise of the coordinates, less the residual; more columns where sites move along directions.
    public var coordinates: Rows
    /// (B, 6) noise of the lattice.
    public var lattice: Rows
    /// (N, 100) logits; a 101st column where the network copies elements, a 102nd where it weighs charges.
    public var elements: Rows
    /// (N, 195) logits; (N, 223) scores of operations and positions and one more where the network has position features.
    public var siteSymmetries: Rows

    func map<Other: Sendable>(_ body: (Rows) -> Other) -> Outputs<Other> {
      .init(
        coordinates: body(coordinates), lattice: body(lattice), elements: body(elements),
        siteSymmetries: body(siteSymmetries))
    }
  }

  /// Writes a batch's forward pass on a tape.
  public func forward(_ batch: BeliefBatch, _ parameters: Parameters, _ tape: inout Tape) -> Outputs<Tape.Value> {
    tape.start(parameters)
    var features = [
      tape.apply(elementEmbedding, tape.input(batch.elements)),
      tape.apply(symmetryEmbedding, tape.input(symmetries(batch))),
      tape.apply(groupEmbedding(batch)),
    ]
    features += conditions(batch).map { tape.input($0) }
    if let compositionEmbedding {
      features.append(tape.apply(Spread(batch.graph), tape.apply(compositionEmbedding, tape.input(batch.composition))))
    }
    var h = input(tape.apply(Concatenation(), features), &tape)
    if let conditionEmbedding {
      let told = conditionEmbedding(tape.input(batch.conditions), &tape)
      h = tape.apply(Sum(), h, tape.apply(Spread(batch.graph), told))
    }
    let edges = EdgeInputs(
      batch.graph, coordinates: batch.coordinates, lattice: batch.lattice, features: batch.ties,
      frequencies: configuration.frequencies, parameters.precision)
    for layer in layers { h = layer(h, edges, &tape) }
    let lattice = latticeHead(tape.apply(Pooling(batch.graph), h), &tape)
    let (siteSymmetries, elements) = (symmetryHead(h, &tape), elementHead(h, &tape))
    return Outputs(
      coordinates: coordinateHead(h, &tape), lattice: lattice, elements: elements, siteSymmetries: siteSymmetries)
  }

  /// The outputs as losses and samplers read them: (N, 3) noise or displacements, (B, 6), (N, 100) logits of the elements, (N, 15 x 13)
  /// logits of operations or of the informed form (N, 27) scores of Wyckoff positions.
  func read(_ outputs: Outputs<Tape.Value>, _ batch: BeliefBatch, _ tape: inout Tape) -> Outputs<Tape.Value> {
    var read = outputs
    read.elements = tape.apply(TiedLogits(batch, form), outputs.elements)
    guard form == .informed else { return read }
    read.coordinates = tape.apply(DirectionalMoves(batch), outputs.coordinates)
    read.siteSymmetries = tape.apply(PositionScores(batch), outputs.siteSymmetries)
    return read
  }

  /// What the embedding of site symmetries reads.
  func symmetries(_ batch: BeliefBatch) -> Matrix {
    form == .informed ? batch.operations : batch.siteSymmetries
  }

  /// (N, embedding) of the sites' space groups.
  func groupEmbedding(_ batch: BeliefBatch) -> Embedding {
    Embedding(
      spaceGroupEmbedding, rows: zip(batch.spaceGroups, batch.graph.ranges).flatMap { repeatElement($0, count: $1.sites) })
  }

  /// What sites are told as it is, side by side behind the embeddings: matrices of N rows.
  func conditions(_ batch: BeliefBatch) -> [Matrix] {
    let (n, crystals) = (batch.graph.sites, batch.graph.ranges)
    // While sampling there is one for all.
    let embeddings = Dictionary(uniqueKeysWithValues: Set(batch.times).map { ($0, timeEmbedding($0)) })
    var times = Matrix(rows: crystals.count, columns: configuration.embedding)
    times.values = batch.times.flatMap { embeddings[$0, default: []] }
    var waves = Matrix(rows: n, columns: 6 * configuration.coordinateFrequencies)
    Kernels.fourier(
      (form == .informed ? batch.positions : batch.coordinates).values, rows: n,
      frequencies: configuration.coordinateFrequencies, into: &waves.values)
    let published = [Spread(batch.graph).output(times), batch.coordinates, waves]
    guard form == .informed else {
      return published + (batch.conditions.columns > 0 ? [Spread(batch.graph).output(batch.conditions)] : [])
    }
    var counts = Matrix(rows: crystals.count, columns: BeliefBatch.siteCountClasses)
    for (b, range) in crystals.enumerated() { counts[b, min(range.sites, BeliefBatch.siteCountClasses) - 1] = 1 }
    return published + [batch.geometry, batch.wyckoffPositions, Spread(batch.graph).output(counts)]
  }

  /// Sinusoids of 1000 t at frequencies from 1 to 1/10000 (Vaswani et al. 2017).
  private func timeEmbedding(_ t: Float) -> [Float] {
    let half = configuration.embedding / 2
    let angles = (0..<half).map {
      1000 * Double(t) * exp(-log(10_000) * Double($0) / Double(max(1, half - 1)))
    }
    return angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
  }
}

extension UnitNetwork.Outputs where Rows == Tape.Value {
  /// Says the outputs' gradients where the tape ends.
  func seed(_ gradients: UnitNetwork.Outputs<Matrix>, on tape: inout Tape) {
    tape.seed(coordinates, gradients.coordinates)
    tape.seed(lattice, gradients.lattice)
    tape.seed(elements, gradients.elements)
    tape.seed(siteSymmetries, gradients.siteSymmetries)
  }
}
