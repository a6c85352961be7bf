import Networks
import Tensors

/// From a crystal's sites to its properties: tokens of sites, layers in which they see each other, the mean over the atoms, a perceptron.
///
/// A token is the sum of what the site's element, its Wyckoff position, its share of the atoms and the crystal as a whole (space group,
/// composition) embed to. Without coordinates layers are those of a transformer (attention, then a perceptron, each behind a norm);
/// with coordinates, sites see each other through filters of their distances (SchNet), summed over all images.
struct SiteNetwork: PropertyNetwork {
  let layout: ParameterLayout
  /// Attention holds every pair of sites.
  let batch = 32
  private let configuration: PropertyConfiguration.Network
  private let input: PropertyConfiguration.Input
  private let elements: Linear
  private let elementDescriptors: Linear
  private let positions: Linear
  private let positionDescriptors: Linear
  private let spaceGroups: Linear
  private let contents: Linear
  private let elementTokens: Linear
  private let positionTokens: Linear
  private let siteNumbers: Linear
  private let layers: [Layer]
  private let norm: LayerNorm
  private let head: Perceptron

  private struct Layer: Sendable {
    let first: LayerNorm
    /// Queries, keys and values; or values alone, which the filters act on.
    let seen: Linear
    let filter: Linear?
    let output: Linear
    let second: LayerNorm
    let perceptron: Perceptron

    init(_ name: String, width: Int, _ input: PropertyConfiguration.Input, layout: inout ParameterLayout) {
      first = LayerNorm("\(name).norm.0", width: width, layout: &layout)
      let isCrystal = input == .crystal
      seen = Linear(
        "\(name).\(isCrystal ? "values" : "attention")", inputs: width, outputs: (isCrystal ? 1 : 3) * width, layout: &layout)
      filter =
        isCrystal
        ? Linear("\(name).filter", inputs: RadialFeatures.count, outputs: width, bias: false, fanIn: 8, layout: &layout) : nil
      output = Linear("\(name).output", inputs: width, outputs: width, layout: &layout)
      second = LayerNorm("\(name).norm.1", width: width, layout: &layout)
      perceptron = Perceptron(
        "\(name).perceptron", inputs: width, hidden: 2 * width, outputs: width, activatesOutput: false, layout: &layout)
    }
  }

  /// - Parameter outputs: P, numbers that are predicted.
  init(_ configuration: PropertyConfiguration.Network, _ input: PropertyConfiguration.Input, outputs: Int) {
    (self.configuration, self.input) = (configuration, input)
    let (c, e) = (configuration.width, configuration.embedding)
    var layout = ParameterLayout()
    elements = Linear("embedding.element", inputs: SkeletonElement.rows, outputs: e, bias: false, fanIn: 4, layout: &layout)
    elementDescriptors = Linear(
      "embedding.element_descriptor", inputs: ElementTable.columns, outputs: e, fanIn: 8, layout: &layout)
    positions = Linear("embedding.position", inputs: PositionTable.count, outputs: e, bias: false, fanIn: 16, layout: &layout)
    positionDescriptors = Linear(
      "embedding.position_descriptor", inputs: PositionTable.columns, outputs: e, fanIn: 20, layout: &layout)
    spaceGroups = Linear("embedding.space_group", inputs: 231, outputs: c, bias: false, fanIn: 16, layout: &layout)
    contents = Linear("embedding.content", inputs: CrystalContents.columns, outputs: c, fanIn: 8, layout: &layout)
    elementTokens = Linear("token.element", inputs: e, outputs: c, layout: &layout)
    positionTokens = Linear("token.position", inputs: e, outputs: c, layout: &layout)
    siteNumbers = Linear("token.share", inputs: 2, outputs: c, bias: false, layout: &layout)
    layers = (0..<configuration.layers).map { Layer("layer.\($0)", width: c, input, layout: &layout) }
    norm = LayerNorm("norm", width: c, layout: &layout)
    head = Perceptron("head", inputs: 2 * c, hidden: c, outputs: outputs, activatesOutput: false, layout: &layout)
    self.layout = layout
  }

  func forward(_ examples: [PropertyExample], _ parameters: Parameters, _ tape: inout Tape) -> Tape.Value {
    let batch = SiteBatch(examples, input)
    tape.start(parameters)
    let whole = tape.apply(
      Sum(), tape.apply(Embedding(spaceGroups, rows: batch.spaceGroups)), tape.apply(contents, tape.input(batch.contents)))
    var h = tokens(batch, whole, &tape)
    let filters = layers.map { layer in layer.filter.map { tape.apply($0, tape.input(batch.neighbors)) } }
    for (layer, filter) in zip(layers, filters) {
      let own = tape.apply(layer.seen, tape.apply(layer.first, h))
      let seen =
        filter.map { tape.apply(FilteredSum(batch.graph), $0, own) }
        ?? tape.apply(SelfAttention(batch.graph, heads: configuration.heads), own)
      h = tape.apply(Sum(), h, tape.apply(layer.output, seen))
      h = tape.apply(Sum(), h, layer.perceptron(tape.apply(layer.second, h), &tape))
    }
    let mean = tape.apply(WeightedPooling(batch.graph, weights: batch.shares), tape.apply(norm, h))
    return head(tape.apply(Concatenation(), mean, whole), &tape)
  }

  private func tokens(_ batch: SiteBatch, _ whole: Tape.Value, _ tape: inout Tape) -> Tape.Value {
    let element = tape.apply(
      Sum(), tape.apply(Embedding(elements, rows: batch.elementRows)),
      tape.apply(elementDescriptors, tape.input(Gather(rows: batch.elementRows).output(ElementTable.descriptors))))
    let position = tape.apply(
      Sum(), tape.apply(Embedding(positions, rows: batch.positionRows)),
      tape.apply(positionDescriptors, tape.input(Gather(rows: batch.positionRows).output(PositionTable.descriptors))))
    return tape.apply(
      Sum(), tape.apply(elementTokens, element), tape.apply(positionTokens, position),
      tape.apply(siteNumbers, tape.input(batch.siteNumbers)), tape.apply(Spread(batch.graph), whole))
  }
}
