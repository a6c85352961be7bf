import Crystals
import Networks
import Tensors

/// From a crystal's space group, composition and cell to its properties: a perceptron.
///
/// It reads the crystal's contents, volume included (`CrystalContents`), means and deviations over the atoms of what elements embed
/// to, what the space group embeds to, and the shape of the cell: k1...k5 of `LatticeLogMetric`.
struct CompositionNetwork: PropertyNetwork {
  let layout: ParameterLayout
  let batch = 256
  private let elements: Linear
  private let spaceGroups: Linear
  private let layers: [Linear]
  private let output: Linear

  /// Numbers that say the shape of a cell.
  private static let shape = 5

  /// - Parameter outputs: P, numbers that are predicted.
  init(_ configuration: PropertyConfiguration.Network, outputs: Int) {
    let (c, e) = (configuration.width, configuration.embedding)
    var layout = ParameterLayout()
    elements = Linear("embedding.element", inputs: SkeletonElement.rows, outputs: e, bias: false, fanIn: 4, layout: &layout)
    spaceGroups = Linear("embedding.space_group", inputs: 231, outputs: e, bias: false, fanIn: 4, layout: &layout)
    let inputs = CrystalContents.columns + Self.shape + 3 * e
    layers = (0..<configuration.layers).map { i in
      Linear("layer.\(i)", inputs: i == 0 ? inputs : c, outputs: c, fanIn: i == 0 ? 64 : c, activates: true, layout: &layout)
    }
    output = Linear("output", inputs: c, outputs: outputs, layout: &layout)
    self.layout = layout
  }

  func forward(_ examples: [PropertyExample], _ parameters: Parameters, _ tape: inout Tape) -> Tape.Value {
    let batch = CompositionBatch(examples)
    tape.start(parameters)
    let shape = CompositionBatch.rows(examples, columns: Self.shape) { example in
      (0..<Self.shape).map { 3 * Float(example.cell?.k[$0] ?? 0) }
    }
    let moments = tape.apply(
      WeightedMoments(batch.graph, weights: batch.shares), tape.apply(Embedding(elements, rows: batch.elements)))
    var h = tape.apply(
      Concatenation(), tape.input(CrystalContents.rows(examples)), tape.input(shape), moments,
      tape.apply(Embedding(spaceGroups, rows: batch.spaceGroups)))
    for layer in layers { h = tape.apply(layer, h) }
    return tape.apply(output, h)
  }
}
