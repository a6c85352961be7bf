import Crystals
import Networks
import Tensors

/// The proxy of Crystal-GFN (AI4Science, 2023, appendix D): embeddings of space group, composition and cell, then a perceptron.
///
///     element      [Z 128 | properties to 64 | period 256 | group 16], one linear layer; the mean over the atoms
///     space group  128
///     cell         standardised a, b, c, alpha, beta, gamma; one linear layer to 284, a norm
///     output       layers of 576, a norm and a leaky rectifier of slope 0.2 behind each
///
/// Norms are over a row's features, not over the batch, which is trained in parts; there is no dropout. An element's properties are
/// those that skeletons know: common oxidation states, whether it is a metal, electronegativity and covalent radius.
struct PublishedCompositionNetwork: PropertyNetwork {
  let layout: ParameterLayout
  let batch = 256
  private let elements: Linear
  private let properties: Linear
  private let periods: Linear
  private let groups: Linear
  private let element: Linear
  private let spaceGroups: Linear
  private let cell: Normed
  private let layers: [Normed]
  private let output: Linear

  private struct Normed: Sendable {
    let linear: Linear
    let norm: LayerNorm

    init(_ name: String, inputs: Int, outputs: Int, layout: inout ParameterLayout) {
      linear = Linear("\(name).linear", inputs: inputs, outputs: outputs, layout: &layout)
      norm = LayerNorm("\(name).norm", width: outputs, layout: &layout)
    }

    func callAsFunction(_ x: Tape.Value, _ tape: inout Tape) -> Tape.Value { tape.apply(norm, tape.apply(linear, x)) }
  }

  /// - Parameters:
  ///   - configuration: whose `width` and `layers` are those of the output; the paper's are 576 and 5.
  ///   - outputs: P, numbers that are predicted.
  init(_ configuration: PropertyConfiguration.Network, outputs: Int) {
    var layout = ParameterLayout()
    func table(_ name: String, _ rows: Int, _ columns: Int) -> Linear {
      Linear("embedding.\(name)", inputs: rows, outputs: columns, bias: false, fanIn: 1, layout: &layout)
    }
    elements = table("element", SkeletonElement.rows, 128)
    periods = table("period", 8, 256)
    groups = table("group", 20, 16)
    spaceGroups = table("space_group", 231, 128)
    properties = Linear("embedding.properties", inputs: Self.properties.columns, outputs: 64, layout: &layout)
    element = Linear("embedding.composition", inputs: 464, outputs: 464, layout: &layout)
    cell = Normed("embedding.cell", inputs: 6, outputs: 284, layout: &layout)
    layers = (0..<configuration.layers).map { i in
      Normed(
        "layer.\(i)", inputs: i == 0 ? 464 + 128 + 284 : configuration.width, outputs: configuration.width, layout: &layout)
    }
    output = Linear("output", inputs: configuration.width, outputs: outputs, layout: &layout)
    self.layout = layout
  }

  func forward(_ examples: [PropertyExample], _ parameters: Parameters, _ tape: inout Tape) -> Tape.Value {
    let batch = CompositionBatch(examples)
    tape.start(parameters)
    // Linear layers of means are means of linear layers.
    let mean = WeightedPooling(batch.graph, weights: batch.shares)
    let places = batch.elements.map { ElementTable.place($0) }
    let composition = tape.apply(
      Concatenation(), tape.apply(mean, tape.apply(Embedding(elements, rows: batch.elements))),
      tape.apply(properties, tape.input(mean.output(Gather(rows: batch.elements).output(Self.properties)))),
      tape.apply(mean, tape.apply(Embedding(periods, rows: places.map(\.period)))),
      tape.apply(mean, tape.apply(Embedding(groups, rows: places.map(\.column)))))
    let cells = CompositionBatch.rows(examples, columns: 6) { $0.cell.map(Self.standardized) ?? [] }
    var h = tape.apply(
      Concatenation(), tape.apply(element, composition), tape.apply(Embedding(spaceGroups, rows: batch.spaceGroups)),
      cell(tape.input(cells), &tape))
    for layer in layers { h = tape.apply(Rectifier(slope: 0.2), layer(h, &tape)) }
    return tape.apply(output, h)
  }

  /// Lengths and angles less the means of the training part of MP-20, over its deviations: of another dataset the layer that follows
  /// learns the rest.
  private static func standardized(_ metric: LatticeLogMetric) -> [Float] {
    let lattice = metric.lattice
    let lengths = (lattice.lengths - Vector3(6.5, 6.6, 9.2)) / Vector3(2.7, 3, 6.3)
    let angles = (lattice.angles - Vector3(90, 92.8, 96.3)) / Vector3(3, 8.7, 12.7)
    return [lengths.x, lengths.y, lengths.z, angles.x, angles.y, angles.z].map { Float($0) }
  }

  /// (rows, 15) of `ElementTable` without the place in the periodic table, each column less its mean over its deviation.
  private static let properties: Matrix = {
    let table = ElementTable.descriptors
    let columns = Array(ElementTable.columns - 15..<ElementTable.columns)
    var matrix = Matrix(rows: table.rows, columns: columns.count)
    let rows = 1...BeliefBatch.elementClasses
    for (c, column) in columns.enumerated() {
      let moments = Moments(rows.map { Double(table[$0, column]) })
      for row in rows { matrix[row, c] = Float((Double(table[row, column]) - moments.mean) / max(1e-3, moments.deviation)) }
    }
    return matrix
  }()
}
