import Crystals
import Networks
import Tensors

/// The network of skeletons: a transformer over the sites placed so far, in no order, that says what the next site is.
///
/// A site's token is the sum of what its element and its Wyckoff position embed to; every token is told the space group, what is asked for
/// and how much of each element is placed. A Wyckoff position is a row of its own and what its site symmetry, freedom and multiplicity map
/// to, an element a row of its own and what its place in the periodic table maps to, so that what training rarely met is not unknown. A composition that is told has a token an element. Layers normalise before they add (Xiong et al. 2020).
struct SkeletonNetwork: Sendable {
  let layout: ParameterLayout
  private let configuration: SkeletonConfiguration.Network
  private let elements: Linear
  private let elementDescriptors: Linear
  private let positions: Linear
  private let descriptors: Linear
  private let spaceGroups: Linear
  private let requests: Linear
  private let contents: Linear
  /// Where properties are told.
  private let conditions: Perceptron?
  private let elementTokens: Linear
  private let positionTokens: Linear
  private let countTokens: Linear
  private let layers: [Layer]
  private let norm: LayerNorm
  private let elementHead: Perceptron
  private let positionHead: Perceptron
  private let nameHead: Perceptron
  private let groupHead: Perceptron

  private struct Layer: Sendable {
    let first: LayerNorm
    let attention: Linear
    let output: Linear
    let second: LayerNorm
    let perceptron: Perceptron

    init(_ name: String, width: Int, layout: inout ParameterLayout) {
      first = LayerNorm("\(name).norm.0", width: width, layout: &layout)
      attention = Linear("\(name).attention", inputs: width, outputs: 3 * width, layout: &layout)
      output = Linear("\(name).output", inputs: width, outputs: width, layout: &layout)
      second = LayerNorm("\(name).norm.1", width: width, layout: &layout)
      perceptron = Perceptron(
        "\(name).perceptron", inputs: width, hidden: 2 * width, outputs: width, activatesOutput: false, layout: &layout)
    }
  }

  /// - Parameter columns: of what is told of properties.
  init(_ configuration: SkeletonConfiguration.Network, conditions columns: Int) {
    self.configuration = configuration
    let (c, e) = (configuration.width, configuration.embedding)
    var layout = ParameterLayout()
    elements = Linear("embedding.element", inputs: SkeletonElement.rows, outputs: e, bias: false, fanIn: 4, layout: &layout)
    elementDescriptors = Linear(
      "embedding.element_descriptor", inputs: ElementTable.columns, outputs: e, fanIn: 8, layout: &layout)
    positions = Linear("embedding.position", inputs: PositionTable.count, outputs: e, bias: false, fanIn: 4, layout: &layout)
    descriptors = Linear("embedding.descriptor", inputs: PositionTable.columns, outputs: e, fanIn: 20, layout: &layout)
    spaceGroups = Linear("embedding.space_group", inputs: 231, outputs: c, bias: false, fanIn: 4, layout: &layout)
    requests = Linear("embedding.request", inputs: SkeletonRequest.columns, outputs: c, fanIn: 4, layout: &layout)
    contents = Linear("embedding.content", inputs: SkeletonBatch.contentColumns, outputs: c, fanIn: 4, layout: &layout)
    elementTokens = Linear("token.element", inputs: e, outputs: c, layout: &layout)
    positionTokens = Linear("token.position", inputs: e, outputs: c, layout: &layout)
    countTokens = Linear(
      "token.count", inputs: SkeletonRequest.countColumns, outputs: c, bias: false, fanIn: 4, layout: &layout)
    layers = (0..<configuration.layers).map { Layer("layer.\($0)", width: c, layout: &layout) }
    norm = LayerNorm("norm", width: c, layout: &layout)
    func head(_ name: String, inputs: Int, hidden: Int, outputs: Int) -> Perceptron {
      Perceptron("head.\(name)", inputs: inputs, hidden: hidden, outputs: outputs, activatesOutput: false, layout: &layout)
    }
    elementHead = head("element", inputs: c, hidden: c, outputs: 1 + BeliefBatch.elementClasses)
    positionHead = head("position", inputs: c + e, hidden: c, outputs: e)
    nameHead = head("name", inputs: c, hidden: c, outputs: BeliefBatch.elementClasses)
    groupHead = head("space_group", inputs: c, hidden: c, outputs: 231)
    conditions =
      columns == 0
      ? nil
      : Perceptron(
        "embedding.condition", inputs: columns, hidden: c, outputs: c, activatesOutput: false, startsAtZero: true,
        layout: &layout)
    self.layout = layout
  }

  /// What the sites placed so far look like.
  struct Trunk {
    /// (N, width)
    let tokens: Tape.Value
    /// (B, width)
    let starts: Tape.Value
    /// (P, embedding)
    let keys: Tape.Value
    /// (rows of `SkeletonElement`, embedding)
    let elements: Tape.Value
  }

  /// What elements and Wyckoff positions embed to, which stays the same as long as the parameters do.
  struct Tables: Sendable {
    /// (rows of `PositionTable`, embedding)
    let positions: Matrix
    /// (rows of `SkeletonElement`, embedding)
    let elements: Matrix
  }

  /// - Parameter tables: of these parameters; computed where nil, as far as the batch needs them.
  func trunk(_ batch: SkeletonBatch, _ parameters: Parameters, tables: Tables? = nil, _ tape: inout Tape) -> Trunk {
    tape.start(parameters)
    let keys = tables.map { tape.input(Gather(rows: batch.positionRows).output($0.positions)) } ?? positionKeys(batch, &tape)
    let told = tape.input(batch.requests)
    var parts = [
      tape.apply(Embedding(spaceGroups, rows: batch.spaceGroups)), tape.apply(requests, told),
      tape.apply(contents, tape.input(batch.contents)),
    ]
    if let conditions { parts.append(conditions(tape.input(batch.conditions), &tape)) }
    let context = tape.apply(Sum(), parts)
    let elements = tables.map { tape.input($0.elements) } ?? elementKeys(&tape)
    var h = tape.apply(
      Sum(), tape.apply(elementTokens, tape.apply(Gather(rows: batch.elementRows), elements)),
      tape.apply(positionTokens, tape.apply(Gather(rows: batch.keyRows), keys)), tape.apply(Spread(batch.graph), context),
      tape.apply(countTokens, tape.input(batch.counts)))
    for layer in layers {
      let attended = tape.apply(
        SelfAttention(batch.graph, heads: configuration.heads), tape.apply(layer.attention, tape.apply(layer.first, h)))
      h = tape.apply(Sum(), h, tape.apply(layer.output, attended))
      h = tape.apply(Sum(), h, layer.perceptron(tape.apply(layer.second, h), &tape))
    }
    let tokens = tape.apply(norm, h)
    return Trunk(tokens: tokens, starts: tape.apply(Gather(rows: batch.startRows), tokens), keys: keys, elements: elements)
  }

  private func positionKeys(_ batch: SkeletonBatch, _ tape: inout Tape) -> Tape.Value {
    let own = Gather(rows: batch.positionRows).output(PositionTable.descriptors)
    return tape.apply(
      Sum(), tape.apply(Embedding(positions, rows: batch.positionRows)), tape.apply(descriptors, tape.input(own)))
  }

  private func elementKeys(_ tape: inout Tape) -> Tape.Value {
    tape.apply(
      Sum(), tape.apply(Embedding(elements, rows: Array(0..<SkeletonElement.rows))),
      tape.apply(elementDescriptors, tape.input(ElementTable.descriptors)))
  }

  /// What all positions and elements embed to.
  func tables(_ parameters: Parameters) -> Tables {
    var tape = Tape(isRecording: false)
    tape.start(parameters)
    let positions = tape.apply(
      Sum(), tape.apply(Embedding(positions, rows: Array(0..<PositionTable.count))),
      tape.apply(descriptors, tape.input(PositionTable.descriptors)))
    let elements = elementKeys(&tape)
    return Tables(positions: tape[positions], elements: tape[elements])
  }

  /// (B, 101) logits of the next site's element by atomic number; 0 is the end.
  func elements(_ trunk: Trunk, _ tape: inout Tape) -> Tape.Value { elementHead(trunk.starts, &tape) }

  /// (B, 27) logits of the next site's Wyckoff position, given its element.
  ///
  /// - Parameters:
  ///   - rows: (B) of the batch's skeletons; all of them in turn where nil.
  ///   - elements: (B) atomic numbers.
  func positions(
    _ trunk: Trunk, _ batch: SkeletonBatch, rows: [Int]? = nil, elements given: [Int], _ tape: inout Tape
  ) -> Tape.Value {
    let starts = rows.map { tape.apply(Gather(rows: $0), trunk.starts) } ?? trunk.starts
    let features = tape.apply(Concatenation(), starts, tape.apply(Gather(rows: given), trunk.elements))
    let (first, counts) = (batch.firstKeys, batch.positionCounts)
    let keys = rows.map { rows in KeyScores(first: rows.map { first[$0] }, counts: rows.map { counts[$0] }) }
    return tape.apply(keys ?? KeyScores(first: first, counts: counts), positionHead(features, &tape), trunk.keys)
  }

  /// (rows, 100) logits of the elements of sites that are open.
  ///
  /// - Parameter rows: of tokens.
  func names(_ trunk: Trunk, rows: [Int], _ tape: inout Tape) -> Tape.Value {
    nameHead(tape.apply(Gather(rows: rows), trunk.tokens), &tape)
  }

  /// (B, 231) logits of the space group, where it is yet to be said.
  func spaceGroups(_ trunk: Trunk, _ tape: inout Tape) -> Tape.Value { groupHead(trunk.starts, &tape) }
}

/// Queries and keys to scores: (B, E), (P, E) to (B, 27), `q k / sqrt(E)` of the keys that are a row's own, -1e9 beyond them.
struct KeyScores: Networks.Operation {
  private let first: [Int]
  private let counts: [Int]

  /// - Parameters:
  ///   - first: (B) the first key of every query.
  ///   - counts: (B) how many keys it has.
  init(first: [Int], counts: [Int]) { (self.first, self.counts) = (first, counts) }

  func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, BeliefBatch.positionClasses) }

  func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let (queries, keys, e) = (x[0], x[1], x[0].columns)
    let scale = 1 / Float(e).squareRoot()
    y.fill(-1e9)
    visit { b, p, key in
      var product: Float = 0
      for d in 0..<e { product += queries.values[b &* e &+ d] * keys.values[key &* e &+ d] }
      y[b, p] = scale * product
    }
  }

  func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    let (queries, keys, e) = (x[0], x[1], x[0].columns)
    let scale = 1 / Float(e).squareRoot()
    visit { b, p, key in
      let g = scale * dy[b, p]
      guard g != 0 else { return }
      if dx[0].rows > 0 { for d in 0..<e { dx[0].values[b &* e &+ d] += g * keys.values[key &* e &+ d] } }
      if dx[1].rows > 0 { for d in 0..<e { dx[1].values[key &* e &+ d] += g * queries.values[b &* e &+ d] } }
    }
  }

  private func visit(_ body: (Int, Int, Int) -> Void) {
    for (b, count) in counts.enumerated() { for p in 0..<count { body(b, p, first[b] + p) } }
  }
}
