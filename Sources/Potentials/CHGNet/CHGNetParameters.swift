import Tensors

/// A parameter as it stands in a file: its shape and its values, row-major.
public struct NamedParameter: Sendable {
  public let shape: [Int]
  public let values: [Float]

  public init(shape: [Int], values: [Float]) {
    self.shape = shape
    self.values = values
  }
}

/// Why parameters cannot be used.
public enum ParameterError: Error, Equatable, CustomStringConvertible, Sendable {
  case missing(String)
  case wrongShape(String, expected: [Int], found: [Int])
  case notFinite(String)

  public var description: String {
    switch self {
    case .missing(let name): "the parameter '\(name)' is missing"
    case .wrongShape(let name, let expected, let found):
      "the parameter '\(name)' has shape \(found), expected \(expected)"
    case .notFinite(let name): "the parameter '\(name)' has a value that is not finite"
    }
  }
}

/// Picks parameters by name and checks their shapes.
struct ParameterSource {
  let parameters: [String: NamedParameter]

  func values(_ name: String, _ shape: Int...) throws(ParameterError) -> [Float] {
    guard let parameter = parameters[name] else { throw .missing(name) }
    guard parameter.shape == shape, parameter.values.count == shape.reduce(1, *) else {
      throw .wrongShape(name, expected: shape, found: parameter.shape)
    }
    guard parameter.values.allSatisfy(\.isFinite) else { throw .notFinite(name) }
    return parameter.values
  }
}

/// A matrix that features are multiplied by, with its transpose for the way back.
struct Weight: Sendable {
  /// (inner, columns)
  let forward: [Float]
  /// (columns, inner)
  let backward: [Float]
  let inner: Int
  let columns: Int

  /// - Parameter values: (inner, columns), row-major.
  init(_ values: [Float], inner: Int, columns: Int) {
    precondition(values.count == inner * columns)
    forward = values
    self.inner = inner
    self.columns = columns
    backward = Self.transpose(values, rows: inner, columns: columns)
  }

  /// From a layer as files have it, (out, in): the inputs from `offset` on, `inner` of them, padded with zero rows to `paddedTo`.
  init(layers: [[Float]], inputs: Int, offset: Int = 0, inner: Int, paddedTo rows: Int? = nil) {
    let rows = rows ?? inner
    let outputs = layers.map { $0.count / inputs }
    let columns = outputs.reduce(0, +)
    var values = [Float](repeating: 0, count: rows * columns)
    var column = 0
    for (layer, count) in zip(layers, outputs) {
      for o in 0..<count {
        for i in 0..<inner { values[i * columns + column] = layer[o * inputs + offset + i] }
        column += 1
      }
    }
    self.init(values, inner: rows, columns: columns)
  }

  /// Several weights of the same inputs side by side.
  init(sideBySide weights: [Weight]) {
    let inner = weights[0].inner
    var values: [Float] = []
    for i in 0..<inner {
      for w in weights { values += w.forward[i * w.columns..<(i + 1) * w.columns] }
    }
    self.init(values, inner: inner, columns: weights.reduce(0) { $0 + $1.columns })
  }

  /// The product of two weights, in double precision: one layer for two without a nonlinearity between them.
  func folded(into next: Weight) -> Weight {
    precondition(columns == next.inner)
    var values = [Float](repeating: 0, count: inner * next.columns)
    for i in 0..<inner {
      for j in 0..<next.columns {
        var sum = 0.0
        for k in 0..<columns {
          sum += Double(forward[i * columns + k]) * Double(next.forward[k * next.columns + j])
        }
        values[i * next.columns + j] = Float(sum)
      }
    }
    return Weight(values, inner: inner, columns: next.columns)
  }

  private static func transpose(_ a: [Float], rows: Int, columns: Int) -> [Float] {
    var t = a
    for i in 0..<rows {
      for j in 0..<columns { t[j * rows + i] = a[i * columns + j] }
    }
    return t
  }
}

/// The second half of a gated layer: bias and normalisation of core and gate.
struct GateParameters: Sendable {
  let bias: [Float]
  let scale: [Float]
  let shift: [Float]
}

/// A gated two-layer perceptron whose first layer sees a concatenation, cut into the parts that each input is multiplied by.
struct GatedLayer: Sendable {
  /// One weight (64, 128) an input, in the order of the concatenation; core then gate.
  let parts: [Weight]
  /// (128) of the first layer.
  let bias: [Float]
  /// Core and gate of the second layer, (64, 64) each; nil where there is one layer only.
  let second: (core: Weight, gate: Weight)?
  let gate: GateParameters
  /// (64, 64) on the summed messages; nil where there is no sum.
  let out: Weight?

  /// - Parameters:
  ///   - name: of the gated perceptron, as in the file.
  ///   - inputs: how many features of 64 are concatenated.
  ///   - out: name of the layer behind the sum.
  init(
    _ source: ParameterSource, name: String, inputs: Int, hidden: Bool, out: String?
  ) throws(ParameterError) {
    let first = hidden ? 0 : 1
    let core = try source.values("\(name).mlp_core.layers.\(first).weight", 64, 64 * inputs)
    let gate = try source.values("\(name).mlp_gate.layers.\(first).weight", 64, 64 * inputs)
    let bias =
      try source.values("\(name).mlp_core.layers.\(first).bias", 64)
      + source.values("\(name).mlp_gate.layers.\(first).bias", 64)
    parts = (0..<inputs).map {
      Weight(layers: [core, gate], inputs: 64 * inputs, offset: 64 * $0, inner: 64)
    }
    self.bias = bias
    var lastBias = [Float](repeating: 0, count: 128)
    if hidden {
      second = (
        Weight(layers: [try source.values("\(name).mlp_core.layers.3.weight", 64, 64)], inputs: 64, inner: 64),
        Weight(layers: [try source.values("\(name).mlp_gate.layers.3.weight", 64, 64)], inputs: 64, inner: 64)
      )
      lastBias =
        try source.values("\(name).mlp_core.layers.3.bias", 64)
        + source.values("\(name).mlp_gate.layers.3.bias", 64)
    } else {
      second = nil
    }
    self.gate = GateParameters(
      bias: lastBias,
      scale: try source.values("\(name).bn1.weight", 64) + source.values("\(name).bn2.weight", 64),
      shift: try source.values("\(name).bn1.bias", 64) + source.values("\(name).bn2.bias", 64))
    self.out = try out.map { name throws(ParameterError) in
      Weight(layers: [try source.values(name, 64, 64)], inputs: 64, inner: 64)
    }
  }
}

/// The parameters of CHGNet 0.3.0, arranged for the products that are made with them.
struct CHGNetParameters: Sendable {
  static let elements = 94
  /// (94) energies of the elements, eV/atom.
  let references: [Float]
  /// (94, 64)
  let embedding: [Float]
  let atomFrequencies: [Float]
  let bondFrequencies: [Float]
  let angleFrequencies: [Float]
  let atomLayers: [GatedLayer]
  let bondLayers: [GatedLayer]
  /// Only two of the file's three: what the third makes is never used.
  let angleLayers: [GatedLayer]
  /// (32, 64) bond features, bond weights of the bond graph and angle features from their bases.
  let bondEmbedding: Weight
  let bondWeights: Weight
  let angleEmbedding: Weight
  /// (32, 576): what all four atom layers multiply a bond's first features by, 128 each, then the weights of the atom graph.
  let bondFold: Weight
  /// (32, 320): what the first bond and angle layers multiply the first angle features by, then the features.
  let angleFold: Weight
  let siteWise: (weight: [Float], bias: Float)
  let readoutScale: [Float]
  let readoutShift: [Float]
  let readout: [(weight: Weight, bias: [Float])]
  let last: (weight: [Float], bias: Float)

  init(_ parameters: [String: NamedParameter]) throws(ParameterError) {
    let source = ParameterSource(parameters: parameters)
    references = try source.values("composition_model.fc.weight", 1, Self.elements)
    embedding = try source.values("atom_embedding.embedding.weight", Self.elements, 64)
    atomFrequencies = try source.values("bond_basis_expansion.rbf_expansion_ag.frequencies", 31)
    bondFrequencies = try source.values("bond_basis_expansion.rbf_expansion_bg.frequencies", 31)
    angleFrequencies = try source.values("angle_basis_expansion.fourier_expansion.frequencies", 15)
    var layers: [[GatedLayer]] = [[], [], []]
    for l in 0..<4 {
      layers[0].append(
        try GatedLayer(
          source, name: "atom_conv_layers.\(l).twoBody_atom", inputs: 3, hidden: true,
          out: "atom_conv_layers.\(l).mlp_out.layers.1.weight"))
    }
    for l in 0..<3 {
      layers[1].append(
        try GatedLayer(
          source, name: "bond_conv_layers.\(l).twoBody_bond", inputs: 4, hidden: true,
          out: "bond_conv_layers.\(l).mlp_out.layers.1.weight"))
    }
    for l in 0..<2 {
      layers[2].append(
        try GatedLayer(source, name: "angle_layers.\(l).twoBody_bond", inputs: 4, hidden: false, out: nil))
    }
    (atomLayers, bondLayers, angleLayers) = (layers[0], layers[1], layers[2])
    func basisWeight(_ name: String) throws(ParameterError) -> Weight {
      Weight(layers: [try source.values(name, 64, 31)], inputs: 31, inner: 31, paddedTo: 32)
    }
    bondEmbedding = try basisWeight("bond_embedding.weight")
    bondWeights = try basisWeight("bond_weights_bg.weight")
    angleEmbedding = try basisWeight("angle_embedding.weight")
    bondFold = Weight(
      sideBySide: layers[0].map { [bondEmbedding] in bondEmbedding.folded(into: $0.parts[1]) }
        + [try basisWeight("bond_weights_ag.weight")])
    angleFold = Weight(sideBySide: [
      angleEmbedding.folded(into: layers[1][0].parts[2]),
      angleEmbedding.folded(into: layers[2][0].parts[2]), angleEmbedding,
    ])
    siteWise = (try source.values("site_wise.weight", 1, 64), try source.values("site_wise.bias", 1)[0])
    readoutScale = try source.values("readout_norm.weight", 64)
    readoutShift = try source.values("readout_norm.bias", 64)
    var readout: [(weight: Weight, bias: [Float])] = []
    for l in [0, 2, 4] {
      let weight = Weight(layers: [try source.values("mlp.layers.\(l).weight", 64, 64)], inputs: 64, inner: 64)
      readout.append((weight, try source.values("mlp.layers.\(l).bias", 64)))
    }
    self.readout = readout
    last = (try source.values("mlp.layers.7.weight", 1, 64), try source.values("mlp.layers.7.bias", 1)[0])
  }
}
