import Foundation
import Tensors
import Testing

@testable import Networks

/// Every operation's adjoint against differences of its output along random directions of +1 and -1.
///
/// Along the gradient itself a backward pass that forgets rows passes: they are left out on both sides. Along a random direction every
/// number counts alike.
@Suite("Operations") struct OperationTests {
  /// Of a weighted sum of an operation's output.
  private struct Gradients {
    var inputs: [Matrix]
    var parameters: [Float]
  }

  @Test("every adjoint is that of its forward pass, and would not be with a row forgotten", arguments: OperationExample.all)
  func adjoint(example: OperationExample) throws {
    let parameters = example.layout.initialParameters(seed: 3)
    let shape = Self.output(example, example.inputs, parameters)
    let weights = [4, 5].map { OperationExample.normal(shape.rows, shape.columns, seed: $0) }
    let gradients = try Self.gradients(example, parameters, weights)
    #expect(try Self.gradients(example, parameters, weights, isConstant: true).parameters == gradients.parameters)
    for (i, input) in example.inputs.enumerated() {
      try Self.compare(example, "input \(i)", input.values, gradients.inputs[i].values, columns: input.columns, weights) {
        var inputs = example.inputs
        inputs[i].values = $0
        return Self.output(example, inputs, parameters)
      }
    }
    for entry in example.entries {
      let columns = entry.shape[entry.shape.count - 1]
      try Self.compare(
        example, entry.name, Array(parameters[entry.range]), Array(gradients.parameters[entry.range]), columns: columns, weights
      ) {
        var all = parameters
        all.replaceSubrange(entry.range, with: $0)
        return Self.output(example, example.inputs, all)
      }
    }
  }

  @Test("there is an example of every operation in the sources")
  func complete() throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
    let conformance = #/(?:struct|extension|class|enum)\s+(\w+)(?:<[^>{]*>)?:\s*[^{<]*\bOperation\b/#.wordBoundaryKind(.simple)
    var found: Set<String> = []
    for case let file as URL in try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: conformance) { found.insert(String(match.1)) }
    }
    #expect(found.count > 8)
    #expect(found == Set(OperationExample.all.map(\.name)))
  }

  private static func output(_ example: OperationExample, _ inputs: [Matrix], _ parameters: [Float]) -> Matrix {
    var tape = Tape(isRecording: false)
    tape.start(Parameters(parameters))
    let output = example.apply(&tape, inputs.map { tape.input($0) })
    return tape[output]
  }

  /// On a tape that has been used before, of an operation that is applied twice to the same inputs: gradients must add up.
  ///
  /// - Parameter isConstant: whether nobody asks for the gradients of the inputs.
  private static func gradients(
    _ example: OperationExample, _ parameters: [Float], _ weights: [Matrix], isConstant: Bool = false
  ) throws -> Gradients {
    var tape = Tape()
    var found = Gradients(inputs: [], parameters: [])
    for run in 0..<2 {
      tape.start(Parameters(parameters))
      let inputs = example.inputs.map { matrix in
        tape.input(run == 0 ? OperationExample.normal(matrix.rows, matrix.columns, seed: 9) : matrix, isConstant: isConstant)
      }
      for weight in weights {
        let output = example.apply(&tape, inputs)
        var seed = tape.zeros(like: output)
        seed.values = weight.values
        tape.seed(output, seed)
      }
      found.parameters = [Float](repeating: 0, count: parameters.count)
      tape.backward(into: &found.parameters)
      if !isConstant { found.inputs = try inputs.map { try #require(tape.gradient($0)) } }
    }
    return found
  }

  /// Compares a gradient with differences, as it is and with its largest row left out.
  ///
  /// - Parameter output: of the operation at other values of what the gradient is of.
  private static func compare(
    _ example: OperationExample, _ name: String, _ values: [Float], _ gradient: [Float], columns: Int, _ weights: [Matrix],
    output: ([Float]) -> Matrix
  ) throws {
    func norm(_ x: ArraySlice<Float>) -> Double { x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
    let length = norm(gradient[...])
    try #require(length > 0, "\(example.name), \(name): no gradient")
    let rows = stride(from: 0, to: gradient.count, by: columns).map { $0..<$0 + columns }
    let largest = try #require(rows.max { norm(gradient[$0]) < norm(gradient[$1]) })
    var (worst, forgetful) = (0.0, 0.0)
    for direction in 0..<4 {
      var random = RandomStream(seed: 7, purpose: "direction", index: UInt64(direction))
      let signs = values.map { _ -> Float in random.uniform() < 0.5 ? -1 : 1 }
      let up = zip(values, signs).map { $0 + step * $1 }
      let down = zip(values, signs).map { $0 - step * $1 }
      let (above, below) = (output(up), output(down))
      var measured = 0.0
      for weight in weights {
        for i in weight.values.indices {
          measured += Double(weight.values[i]) * Double(above.values[i] - below.values[i])
        }
      }
      // By the numbers as they are in float32.
      let parts = values.indices.map { Double(gradient[$0]) * Double(up[$0] - down[$0]) }
      let expected = parts.reduce(0, +)
      worst = max(worst, abs(measured - expected))
      forgetful = max(forgetful, abs(measured - expected + parts[largest].reduce(0, +)))
    }
    let allowed = 3e-3 * 2 * Double(step) * length
    #expect(worst < allowed, "\(example.name), \(name): off by \(worst / (2 * Double(step))), the gradient's length \(length)")
    #expect(forgetful > allowed, "\(example.name), \(name): a row can be forgotten")
  }

  private static let step: Float = 0.005
}
