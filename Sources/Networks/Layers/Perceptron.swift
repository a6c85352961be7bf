import Tensors

/// Two linear layers with SiLU behind the first, and behind the second where asked for: (N, inputs) to (N, outputs).
public struct Perceptron: Sendable {
  public let first: Linear
  public let second: Linear

  public init(
    _ name: String, inputs: Int, hidden: Int, outputs: Int, activatesOutput: Bool, layout: inout ParameterLayout
  ) {
    first = Linear("\(name).0", inputs: inputs, outputs: hidden, activates: true, layout: &layout)
    second = Linear("\(name).1", inputs: hidden, outputs: outputs, activates: activatesOutput, layout: &layout)
  }

  public func callAsFunction(_ x: Tape.Value, _ tape: inout Tape) -> Tape.Value { tape.apply(second, tape.apply(first, x)) }
}
