import Tensors

/// Elements and site symmetries: observations of classes.
extension BayesianFlow {
  /// Adds a noisy observation of class `k` to log-beliefs: `beta (K e_k - 1) + sqrt(beta K) noise`.
  ///
  /// - Parameters:
  ///   - logits: log-beliefs, the K from `offset` on.
  ///   - noise: K standard normal deviates from `noiseOffset` on.
  static func observe(
    _ k: Int, classes: Int, accuracy: Float, logits: inout [Float], offset: Int, noise: [Float], noiseOffset: Int
  ) {
    let scale = (accuracy * Float(classes)).squareRoot()
    for c in 0..<classes { logits[offset &+ c] += scale * noise[noiseOffset &+ c] - accuracy }
    logits[offset + k] += accuracy * Float(classes)
  }

  /// Makes logits given everything but a site's own belief, the likelihood of its noisy observations, those of its probabilities by
  /// Bayes' rule.
  static func addBeliefs(_ beliefs: [Float], to logits: inout [Float]) {
    var logarithms = beliefs
    Kernels.logarithm(&logarithms, floor: leastBelief)
    Kernels.add(logarithms, to: &logits)
  }

  /// Smaller ones count as this.
  static let leastBelief: Float = 1e-20

  /// Puts the logits of classes that may not occur out of reach.
  func mask(_ logits: inout [Float], firstRow: Int = 0, rows: Int, _ allowed: [Bool]) {
    let banned = allowed.indices.filter { !allowed[$0] }
    for row in firstRow..<firstRow + rows {
      for c in banned { logits[row * allowed.count + c] = -1e9 }
    }
  }
}
