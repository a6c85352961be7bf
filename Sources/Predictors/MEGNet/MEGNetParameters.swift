import Foundation
import Potentials
import Tensors

/// What tells one network of MEGNet from another beside its parameters.
public struct MEGNetSettings: Sendable, Equatable {
  /// Edges are shorter than this, angstrom.
  public var cutoff: Double
  /// The last of the 100 centres of the Gaussians that a length is expanded in, the first being 0; angstrom.
  public var lastCenter: Double
  /// Their width, angstrom: `exp(-(d - c)^2 / width^2)`.
  public var width: Double
  /// Steps of Set2Set.
  public var steps: Int
  /// Whether the output is a probability.
  public var isProbability: Bool
  /// The output is `mean + deviation x`.
  public var mean: Double
  /// Of the targets in training.
  public var deviation: Double

  /// As a file has them.
  public init(
    cutoff: Double, lastCenter: Double, width: Double, steps: Int, isProbability: Bool, mean: Double = 0, deviation: Double = 1
  ) {
    (self.cutoff, self.lastCenter, self.width, self.steps) = (cutoff, lastCenter, width, steps)
    (self.isProbability, self.mean, self.deviation) = (isProbability, mean, deviation)
  }

  /// Whether they are settings of any such network.
  public var arePlausible: Bool {
    (1...10).contains(cutoff) && (1...20).contains(lastCenter) && (0.01...5).contains(width) && (1...20).contains(steps)
      && abs(mean) < 1e6 && deviation > 0 && deviation < 1e6
  }
}

/// A layer: inputs times a kernel plus a bias.
struct MEGNetLayer: Sendable {
  /// (inputs, outputs)
  var kernel: [Float]
  /// (outputs)
  var bias: [Float]
  var inputs: Int { kernel.count / bias.count }

  /// Rows of the kernel.
  func rows(_ range: Range<Int>) -> [Float] { Array(kernel[range.lowerBound * bias.count..<range.upperBound * bias.count]) }

  /// `s(x W + b)`, or without the activation where it is the last.
  func applied(to x: [Float], rows: Int, isLast: Bool = false) -> [Float] {
    var out = [Float](repeating: 0, count: rows * bias.count)
    RowProducts.multiply(
      x, stride: inputs, kernel, rows: rows, inner: inputs, columns: bias.count, into: &out, outStride: bias.count)
    guard isLast else {
      SoftplusKernels.softplus(&out, bias: bias, rows: rows)
      return out
    }
    for r in 0..<rows {
      for k in bias.indices { out[r * bias.count + k] += bias[k] }
    }
    return out
  }
}

extension MEGNetLayer {
  /// The layer for inputs that lack a vector they should have: `(x + v) W + b = x W + (b + v W)`.
  func shifted(by vector: [Float]) -> MEGNetLayer {
    var layer = self
    for k in bias.indices {
      var sum = Double(bias[k])
      for i in vector.indices { sum += Double(vector[i]) * Double(kernel[i * bias.count + k]) }
      layer.bias[k] = Float(sum)
    }
    return layer
  }
}

/// The parameters of one network, named and checked, and what follows from them alone.
struct MEGNetParameters: Sendable {
  static let elements = 94

  /// One of the three blocks.
  struct Block: Sendable {
    /// The two dense layers before it for atoms, edges and state; none before the first.
    var dense: (atoms: [MEGNetLayer], edges: [MEGNetLayer], state: [MEGNetLayer])
    /// Three layers each.
    var edges: [MEGNetLayer]
    var atoms: [MEGNetLayer]
    var state: [MEGNetLayer]
    /// (32, 128): what edges take from their centre and from their neighbour, side by side.
    var ends: [Float]
    /// (32, 64): of their own features.
    var own: [Float]
    /// (32, 64) and the bias: of the state.
    var common: MEGNetLayer
  }
  var blocks: [Block] = []
  /// (95, 32) features of each element before the blocks.
  let atoms: [Float]
  /// (states, 32) the same of the state.
  let states: [Float]
  /// By length: 32 features of an edge before the blocks, and their 64 products with the first block's kernel.
  let lengths: CubicTable
  let projections: (atoms: MEGNetLayer, edges: MEGNetLayer)
  let pools: (atoms: Set2Set, edges: Set2Set)
  let last: [MEGNetLayer]
  /// Elements that the network has never seen: their embedding is as it was drawn, within 0.05.
  let untrained: Set<UInt8>

  private static let tableStep = 0.005

  init(_ named: [String: NamedParameter], _ settings: MEGNetSettings) throws(ParameterError) {
    let source = ParameterSource(parameters: named)
    func dense(_ number: Int, _ inputs: Int, _ outputs: Int) throws(ParameterError) -> MEGNetLayer {
      MEGNetLayer(
        kernel: try source.values("dense_\(number)/kernel", inputs, outputs),
        bias: try source.values("dense_\(number)/bias", outputs))
    }
    func perceptron(_ name: String, _ inputs: Int) throws(ParameterError) -> [MEGNetLayer] {
      var layers: [MEGNetLayer] = []
      for (l, (i, o)) in [(inputs, 64), (64, 64), (64, 32)].enumerated() {
        layers.append(
          MEGNetLayer(
            kernel: try source.values("\(name)/kernel_\(l)", i, o), bias: try source.values("\(name)/bias_\(l)", o)))
      }
      return layers
    }
    for k in 0..<3 {
      func pair(_ first: Int) throws(ParameterError) -> [MEGNetLayer] {
        k == 0 ? [] : [try dense(first + 6 * k, 32, 64), try dense(first + 1 + 6 * k, 64, 32)]
      }
      let edges = try perceptron("block_\(k + 1)/phi_e", 128)
      blocks.append(
        Block(
          dense: (try pair(1), try pair(3), try pair(5)), edges: edges, atoms: try perceptron("block_\(k + 1)/phi_v", 96),
          state: try perceptron("block_\(k + 1)/phi_u", 96),
          ends: sideBySide(edges[0].rows(0..<32), 64, edges[0].rows(32..<64), 64),
          own: edges[0].rows(64..<96), common: MEGNetLayer(kernel: edges[0].rows(96..<128), bias: edges[0].bias)))
    }
    let embedding = try source.values("embedding", Self.elements + 1, 16)
    atoms = try dense(2, 64, 32).applied(to: try dense(1, 16, 64).applied(to: embedding, rows: 95), rows: 95)
    var untrained: Set<UInt8> = []
    for z in 1...Self.elements where embedding[16 * z..<16 * z + 16].allSatisfy({ abs($0) <= 0.05 }) {
      untrained.insert(UInt8(z))
    }
    self.untrained = untrained
    let fidelities = named["state_embedding"] == nil ? nil : try source.values("state_embedding", 4, 16)
    let state: [Float] = fidelities ?? [0, 0]
    let (inputs, rows): (Int, Int) = fidelities == nil ? (2, 1) : (16, 4)
    states = try dense(6, 64, 32).applied(to: try dense(5, inputs, 64).applied(to: state, rows: rows), rows: rows)
    lengths = Self.table(
      [try dense(3, 100, 64), try dense(4, 64, 32)], before: blocks[0].own, settings)
    func projection(_ name: String) throws(ParameterError) -> MEGNetLayer {
      MEGNetLayer(
        kernel: try source.values("\(name)/projection", 32, 16), bias: try source.values("\(name)/projection_bias", 16))
    }
    func pool(_ name: String) throws(ParameterError) -> Set2Set {
      Set2Set(
        recurrent: try source.values("\(name)/recurrent", 32, 64), bias: try source.values("\(name)/recurrent_bias", 64),
        steps: settings.steps)
    }
    // The last layer of the edges' update adds its bias to all edges alike. They are kept without it, and what they are multiplied by
    // next has it in its own bias.
    var shift = [Float](repeating: 0, count: 32)
    for k in blocks.indices {
      if k > 0 { blocks[k].dense.edges[0] = blocks[k].dense.edges[0].shifted(by: shift) }
      shift = zip(shift, blocks[k].edges[2].bias).map(+)
    }
    projections = (try projection("set2set_atoms"), try projection("set2set_edges").shifted(by: shift))
    pools = (try pool("set2set_atoms"), try pool("set2set_edges"))
    last = [try dense(19, 96, 32), try dense(20, 32, 16), try dense(21, 16, 1)]
  }

  /// Features of an edge before the blocks are functions of its length alone, and so is what the first block multiplies them by.
  private static func table(_ dense: [MEGNetLayer], before first: [Float], _ settings: MEGNetSettings) -> CubicTable {
    let places = CubicTable.places(upTo: settings.cutoff + 0.01, step: tableStep)
    let expansion: [Float] = places.flatMap { (d: Double) -> [Float] in
      (0..<100).map { (k: Int) -> Float in
        let center = Double(k) * settings.lastCenter / 99
        let x = (d - center) / settings.width
        return Float(exp(-x * x))
      }
    }
    let rows = places.count
    let edges = dense[1].applied(to: dense[0].applied(to: expansion, rows: rows), rows: rows)
    var products = [Float](repeating: 0, count: 64 * rows)
    RowProducts.multiply(
      edges, stride: 32, first, rows: rows, inner: 32, columns: 64, into: &products, outStride: 64)
    return CubicTable(sideBySide(edges, 32, products, 64), width: 96, step: tableStep)
  }
}

/// The rows of two matrices joined.
private func sideBySide(_ a: [Float], _ width: Int, _ b: [Float], _ otherWidth: Int) -> [Float] {
  var joined: [Float] = []
  joined.reserveCapacity(a.count + b.count)
  for row in 0..<a.count / width {
    joined += a[row * width..<(row + 1) * width]
    joined += b[row * otherWidth..<(row + 1) * otherWidth]
  }
  return joined
}
