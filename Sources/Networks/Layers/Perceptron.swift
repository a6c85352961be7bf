import Tensors

/// Two linear layers with SiLU behind the first, and behind the second where asked for: (N, inputs) to (N, outputs).
public struct Perceptron: Sendable {
  /// With an activation behind it.
  public let first: Linear
  /// Of the output.
  public let second: Linear

  /// Adds the parameters of both layers to a layout.
  ///
  /// - Parameter startsAtZero: whether the output is 0 before it has learnt.
  public init(
    _ name: String, inputs: Int, hidden: Int, outputs: Int, activatesOutput: Bool, startsAtZero: Bool = false,
    layout: inout ParameterLayout
  ) {
    first = Linear("\(name).0", inputs: inputs, outputs: hidden, activates: true, layout: &layout)
    second = Linear(
      "\(name).1", inputs: hidden, outputs: outputs, activates: activatesOutput, startsAtZero: startsAtZero, layout: &layout)
  }

  /// Applies both layers on a tape.
  public func callAsFunction(_ x: Tape.Value, _ tape: inout Tape) -> Tape.Value { tape.apply(second, tape.apply(first, x)) }
}
