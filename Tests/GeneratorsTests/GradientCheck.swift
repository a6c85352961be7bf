import Networks
import Tensors

/// Holds a gradient against differences of the loss along random directions of +1 and -1.
///
/// Along the gradient itself a backward pass that forgets rows passes: they are left out on both sides. Along a random direction
/// every number counts alike, and what is forgotten is missing from the slope that was expected.
struct GradientCheck {
  /// The slope that was measured along a direction, and the one that the gradient says.
  struct Slope {
    let measured: Double
    let expected: Double
  }

  let parameters: [Float]
  let gradient: [Float]
  private let loss: ([Float]) throws -> Double
  private let value: Double
  private let largestStep: Float

  /// - Parameter largestStep: that a parameter is moved by, small where losses are curved.
  init(
    parameters: [Float], gradient: [Float], largestStep: Float = 0.03, loss: @escaping ([Float]) throws -> Double
  ) throws {
    (self.parameters, self.gradient, self.largestStep, self.loss) = (parameters, gradient, largestStep, loss)
    value = try loss(parameters)
  }

  /// The length of the gradient's part.
  func norm(_ range: Range<Int>) -> Double {
    range.reduce(0) { $0 + Double(gradient[$1]) * Double(gradient[$1]) }.squareRoot()
  }

  /// Slopes along some directions within one array of parameters.
  func slopes(_ range: Range<Int>, directions: Int, seed: UInt64) throws -> [Slope] {
    // A step that changes the loss by about a thousandth: large against its rounding, small against its curvature.
    let h = min(largestStep, Float(1e-3 * value / norm(range)))
    return try (0..<directions).map { d in
      var random = RandomStream(seed: seed, purpose: "direction", index: UInt64(range.lowerBound * 64 + d))
      var (up, down, expected) = (parameters, parameters, 0.0)
      for i in range {
        let sign: Float = random.uniform() < 0.5 ? -1 : 1
        up[i] += h * sign
        down[i] -= h * sign
        expected += Double((up[i] - down[i]) / (2 * h)) * Double(gradient[i])
      }
      return Slope(measured: (try loss(up) - loss(down)) / Double(2 * h), expected: expected)
    }
  }

  /// Which directions disagree by more than a share of the gradient's length, as a text; empty where all is well.
  func disagreements(_ range: Range<Int>, tolerance: Double, directions: Int = 4, seed: UInt64 = 1) throws -> [String] {
    let norm = norm(range)
    return try slopes(range, directions: directions, seed: seed).filter { abs($0.measured - $0.expected) > tolerance * norm }
      .map { "slope \($0.measured), by the gradient \($0.expected), its length \(norm)" }
  }
}
