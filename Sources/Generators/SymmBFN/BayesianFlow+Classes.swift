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
}
