import Tensors

/// A parameter as it stands in a file: its shape and its values, row-major.
public struct NamedParameter: Sendable {
  /// Sizes of the axes.
  public let shape: [Int]
  /// Row-major.
  public let values: [Float]

  /// - Parameters:
  ///   - shape: sizes of the axes.
  ///   - values: row-major, as many as the shape says.
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

  /// Which parameter it is, and what is wrong with it.
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
package struct ParameterSource {
  package let parameters: [String: NamedParameter]

  package init(parameters: [String: NamedParameter]) { self.parameters = parameters }

  package func values(_ name: String, _ shape: Int...) throws(ParameterError) -> [Float] {
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

/// A gated two-layer perceptron whose first layer sees a concatenation, cut into the parts that each input is multiplied by.
struct GatedLayer: Sendable {
  /// (64, 256): the first layer's parts of the two ends of a row, side by side; core then gate.
  let ends: Weight
  /// (64, 128): of a row's bond (atom layers) or of its angle (the others).
  let own: Weight
  /// (64, 128): of the atom between two bonds; nil where the ends are atoms.
  let center: Weight?
  /// (256 or 128) of the first layer, for the products by `ends` where they are of atoms, else by `center`.
  let bias: [Float]
  let gate: GatedWeights
  /// (64, 64) on the summed messages; nil where there is no sum.
  let out: Weight?

  /// - Parameters:
  ///   - name: of the gated perceptron, as in the file.
  ///   - atoms: whether atom, bond and atom are concatenated; else bond, bond, angle and atom.
  ///   - hidden: whether there are two layers.
  ///   - out: name of the layer behind the sum.
  init(
    _ source: ParameterSource, name: String, atoms: Bool, hidden: Bool, out: String?
  ) throws(ParameterError) {
    let first = hidden ? 0 : 1
    let inputs = 64 * (atoms ? 3 : 4)
    let core = try source.values("\(name).mlp_core.layers.\(first).weight", 64, inputs)
    let gate = try source.values("\(name).mlp_gate.layers.\(first).weight", 64, inputs)
    func part(_ k: Int) -> Weight { Weight(layers: [core, gate], inputs: inputs, offset: 64 * k, inner: 64) }
    ends = Weight(sideBySide: [part(0), part(atoms ? 2 : 1)])
    own = part(atoms ? 1 : 2)
    center = atoms ? nil : part(3)
    bias =
      try source.values("\(name).mlp_core.layers.\(first).bias", 64)
      + source.values("\(name).mlp_gate.layers.\(first).bias", 64)
      + [Float](repeating: 0, count: atoms ? 128 : 0)
    var second: (forward: [Float], backward: [Float])?
    var lastBias = [Float](repeating: 0, count: 128)
    if hidden {
      let core = Weight(layers: [try source.values("\(name).mlp_core.layers.3.weight", 64, 64)], inputs: 64, inner: 64)
      let gate = Weight(layers: [try source.values("\(name).mlp_gate.layers.3.weight", 64, 64)], inputs: 64, inner: 64)
      second = (core.forward + gate.forward, core.backward + gate.backward)
      lastBias =
        try source.values("\(name).mlp_core.layers.3.bias", 64)
        + source.values("\(name).mlp_gate.layers.3.bias", 64)
    }
    self.gate = GatedWeights(
      second: second, bias: lastBias,
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
  /// (32, 64) weights of a bond's messages in the atom graph.
  let atomWeights: Weight
  /// (32, 128) each: what the four atom layers multiply a bond's first features by.
  let bondFolds: [Weight]
  /// (32, 128): what the first bond layer and the first angle layer multiply the first angle features by.
  let angleFolds: (bonds: Weight, angles: Weight)
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
          source, name: "atom_conv_layers.\(l).twoBody_atom", atoms: true, hidden: true,
          out: "atom_conv_layers.\(l).mlp_out.layers.1.weight"))
    }
    for l in 0..<3 {
      layers[1].append(
        try GatedLayer(
          source, name: "bond_conv_layers.\(l).twoBody_bond", atoms: false, hidden: true,
          out: "bond_conv_layers.\(l).mlp_out.layers.1.weight"))
    }
    for l in 0..<2 {
      layers[2].append(
        try GatedLayer(source, name: "angle_layers.\(l).twoBody_bond", atoms: false, hidden: false, out: nil))
    }
    (atomLayers, bondLayers, angleLayers) = (layers[0], layers[1], layers[2])
    func basisWeight(_ name: String) throws(ParameterError) -> Weight {
      Weight(layers: [try source.values(name, 64, 31)], inputs: 31, inner: 31, paddedTo: 32)
    }
    bondEmbedding = try basisWeight("bond_embedding.weight")
    bondWeights = try basisWeight("bond_weights_bg.weight")
    angleEmbedding = try basisWeight("angle_embedding.weight")
    atomWeights = try basisWeight("bond_weights_ag.weight")
    bondFolds = layers[0].map { [bondEmbedding] in bondEmbedding.folded(into: $0.own) }
    angleFolds = (angleEmbedding.folded(into: layers[1][0].own), angleEmbedding.folded(into: layers[2][0].own))
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
