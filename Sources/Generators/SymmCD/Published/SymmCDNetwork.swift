import Foundation
import Networks
import Tensors

/// SymmCD's network: site features from a noisy state, message passing with layer norms, four heads (Levy et al. 2025, and its code).
///
///     h_i = W [a_i W_a, T(t), E_G, S(s_i), F(x_i)];  g = LN(h), h_i <- h_i + phi_h([g_i, mean_j phi_e([g_i, g_j, k, F(x_j - x_i)])])
///
/// S: every axis by one layer, then all by another; E_G: `SymmCDGroupEmbedding`. Heads are linear: coordinates and lattice without bias,
/// that of the lattice on the mean of the sites; site symmetries are products of a vector an axis and a vector an operation.
struct SymmCDNetwork: Sendable {
  /// Elements 1 to 94.
  static let elementClasses = 94

  let layout: ParameterLayout
  let options: SymmCDNetworkOptions
  let elementEmbedding: Linear
  let axisEmbedding: Linear
  let symmetryEmbedding: Linear
  let groupEmbedding: SymmCDGroupEmbedding
  let input: Linear
  let layers: [MessagePassing]
  let norm: LayerNorm
  let coordinateHead: Linear
  let latticeHead: Linear
  let elementHead: Linear
  let axisHead: Linear
  let operationHead: Linear

  /// A network of these sizes.
  init(_ options: SymmCDNetworkOptions) {
    precondition(options.complaint("network") == nil)
    self.options = options
    var layout = ParameterLayout()
    let (c, axes, operations) = (options.hidden, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    elementEmbedding = Linear("embedding.element", inputs: Self.elementClasses, outputs: c, layout: &layout)
    axisEmbedding = Linear("embedding.axis", inputs: operations, outputs: options.axis, layout: &layout)
    symmetryEmbedding = Linear(
      "embedding.site_symmetry", inputs: axes * options.axis, outputs: options.symmetry, layout: &layout)
    groupEmbedding = SymmCDGroupEmbedding("embedding.space_group", options, layout: &layout)
    // What `decode` joins. The sines of frequency 0 have no weights, but count in how the others begin.
    let told = c + options.time + options.group + options.symmetry
    input = Linear(
      "input", inputs: told + 6 * options.waves + (options.constantColumns ? 3 : 0), outputs: c,
      fanIn: told + 6 * (options.constantColumns ? options.frequencies : options.waves), layout: &layout)
    layers = (0..<options.layers).map {
      MessagePassing(
        "layer.\($0)", width: c, frequencies: options.waves, edgeFeatures: 0, normalizes: true,
        hasConstants: options.constantColumns, layout: &layout)
    }
    norm = LayerNorm("norm", width: c, layout: &layout)
    coordinateHead = Linear("head.coordinates", inputs: c, outputs: 3, bias: false, layout: &layout)
    latticeHead = Linear("head.lattice", inputs: c, outputs: 6, bias: false, layout: &layout)
    elementHead = Linear("head.elements", inputs: c, outputs: Self.elementClasses, layout: &layout)
    axisHead = Linear("head.axes", inputs: c, outputs: axes * options.headRank, layout: &layout)
    operationHead = Linear("head.operations", inputs: c, outputs: operations * options.headRank, layout: &layout)
    self.layout = layout
  }

  /// (N, 3) scores of the coordinates over their deviation; (B, 6) noise of the lattice; (N, 94) and (N, 15 x 13) logits.
  typealias Outputs = UnitNetwork.Outputs

  /// Writes a batch's forward pass on a tape: classes are one-hot (elements in the first 94 columns), coordinates and lattice noisy,
  /// times those of the steps over 1000.
  func forward(_ batch: BeliefBatch, _ parameters: Parameters, _ tape: inout Tape) -> Outputs<Tape.Value> {
    tape.start(parameters)
    let group = groupEmbedding(batch.spaceGroups, &tape)
    let told = tape.apply(Concatenation(), tape.input(times(batch)), group)
    return decode(batch, told, parameters, &tape)
  }

  /// - Parameter told: (B, time + group) of time and space group.
  func decode(_ batch: BeliefBatch, _ told: Tape.Value, _ parameters: Parameters, _ tape: inout Tape) -> Outputs<Tape.Value> {
    let axes = tape.apply(axisEmbedding, tape.input(axes(batch)))
    let symmetry = tape.apply(symmetryEmbedding, tape.apply(JoinedRows(count: BeliefBatch.symmetryAxes), axes))
    let features = [
      tape.apply(elementEmbedding, tape.input(elements(batch))), tape.apply(Spread(batch.graph), told), symmetry,
      tape.input(waves(batch)),
    ]
    var h = tape.apply(input, tape.apply(Concatenation(), features))
    let edges = EdgeInputs(
      batch.graph, coordinates: batch.coordinates, lattice: batch.lattice, features: Matrix(rows: 0, columns: 0),
      frequencies: options.waves, parameters.precision)
    for layer in layers { h = layer(h, edges, &tape) }
    h = tape.apply(norm, h)
    let (axisVectors, operationVectors) = (tape.apply(axisHead, h), tape.apply(operationHead, h))
    return Outputs(
      coordinates: tape.apply(coordinateHead, h), lattice: tape.apply(latticeHead, tape.apply(Pooling(batch.graph), h)),
      elements: tape.apply(elementHead, h),
      siteSymmetries: tape.apply(FactoredScores(rank: options.headRank), axisVectors, operationVectors))
  }

  /// (B, time) sines, then cosines, of t 10000^(-i / (n - 1)), i = 0 ... n - 1 (Vaswani et al. 2017).
  func times(_ batch: BeliefBatch) -> Matrix {
    // While sampling there is one for all.
    let rows = Dictionary(uniqueKeysWithValues: Set(batch.times).map { ($0, Self.timeEmbedding($0, count: options.time)) })
    var times = Matrix(rows: batch.times.count, columns: options.time)
    times.values = batch.times.flatMap { rows[$0, default: []] }
    return times
  }

  /// - Parameter time: in 0...1, of 1000 steps.
  static func timeEmbedding(_ time: Float, count: Int) -> [Float] {
    let (t, half) = ((1000 * Double(time)).rounded(), count / 2)
    let angles = (0..<half).map { t * pow(10_000, -Double($0) / Double(half - 1)) }
    return angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
  }

  /// (N, 94) of the batch's 100 columns.
  func elements(_ batch: BeliefBatch) -> Matrix {
    var rows = Matrix(rows: batch.graph.sites, columns: Self.elementClasses)
    for site in 0..<rows.rows {
      let (from, to) = (site * batch.elements.columns, site * rows.columns)
      for k in 0..<rows.columns { rows.values[to &+ k] = batch.elements.values[from &+ k] }
    }
    return rows
  }

  /// (15 N, 13) an axis a row.
  private func axes(_ batch: BeliefBatch) -> Matrix {
    var rows = Matrix(rows: batch.graph.sites * BeliefBatch.symmetryAxes, columns: BeliefBatch.symmetryClasses)
    rows.values = batch.siteSymmetries.values
    return rows
  }

  /// (N, 6 waves), and three ones where the network reads them.
  func waves(_ batch: BeliefBatch) -> Matrix {
    let sites = batch.graph.sites
    var waves = Matrix(rows: sites, columns: 6 * options.waves)
    Kernels.fourier(batch.coordinates.values, rows: sites, frequencies: options.waves, into: &waves.values)
    guard options.constantColumns else { return waves }
    var ones = Matrix(rows: sites, columns: 3)
    ones.fill(1)
    return Concatenation().output(waves, ones)
  }
}
