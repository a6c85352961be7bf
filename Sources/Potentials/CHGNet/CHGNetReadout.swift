import Tensors

/// From the features of an atom to its energy: normalisation and a perceptron of three hidden layers.
struct Readout {
  /// (N) eV an atom.
  private(set) var energies: [Float] = []
  private let rows: Int
  private var normal: [Float]
  private var inverse: [Float]
  private var pre: [[Float]] = []

  /// - Parameter atoms: (N, 64).
  init(_ atoms: [Float], rows: Int, parameters: CHGNetParameters) {
    self.rows = rows
    normal = zeros(rows: rows, columns: 64)
    inverse = [Float](repeating: 0, count: rows)
    var x = normal
    for r in 0..<rows {
      var mean: Float = 0
      for k in 0..<64 { mean += atoms[64 * r + k] }
      mean /= 64
      var variance: Float = 0
      for k in 0..<64 { variance += (atoms[64 * r + k] - mean) * (atoms[64 * r + k] - mean) }
      inverse[r] = 1 / (variance / 64 + 1e-5).squareRoot()
      for k in 0..<64 {
        normal[64 * r + k] = (atoms[64 * r + k] - mean) * inverse[r]
        x[64 * r + k] = normal[64 * r + k] * parameters.readoutScale[k] + parameters.readoutShift[k]
      }
    }
    for (weight, bias) in parameters.readout {
      var sums = zeros(rows: rows, columns: 64)
      product(x, stride: 64, weight, rows: rows, into: &sums, outStride: 64)
      Kernels.biasSiLU(&sums, bias: bias.span, rows: rows, into: &x)
      pre.append(sums)
    }
    energies = (0..<rows).map { r in
      var sum = parameters.last.bias
      for k in 0..<64 { sum += x[64 * r + k] * parameters.last.weight[k] }
      return sum
    }
  }

  /// The gradient by the features (N, 64) of the energies' sum with weights (N).
  func backward(weights: [Float], parameters: CHGNetParameters) -> [Float] {
    var gradient = zeros(rows: rows, columns: 64)
    for r in 0..<rows {
      for k in 0..<64 { gradient[64 * r + k] = weights[r] * parameters.last.weight[k] }
    }
    for (layer, sums) in zip(parameters.readout, pre).reversed() {
      Kernels.siLUBackward(pre: sums, gradient: &gradient, count: 64 * rows)
      var below = zeros(rows: rows, columns: 64)
      product(gradient, stride: 64, layer.weight, backward: true, rows: rows, into: &below, outStride: 64)
      gradient = below
    }
    for r in 0..<rows {
      var mean: Float = 0
      var slope: Float = 0
      for k in 0..<64 {
        gradient[64 * r + k] *= parameters.readoutScale[k]
        mean += gradient[64 * r + k]
        slope += gradient[64 * r + k] * normal[64 * r + k]
      }
      for k in 0..<64 {
        gradient[64 * r + k] = inverse[r] * (gradient[64 * r + k] - mean / 64 - normal[64 * r + k] * slope / 64)
      }
    }
    return gradient
  }
}
