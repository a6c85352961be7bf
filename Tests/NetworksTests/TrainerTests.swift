import Networks
import Tensors
import Testing

@Suite("Trainer") struct TrainerTests {
  /// Numbers whose loss is their sum.
  struct Sum: Learner {
    static let terms = ["sum"]
    let weights = [1.0]
    var layout = ParameterLayout()

    init() {
      _ = layout.add("weights", shape: [5000], bound: 1)
      _ = layout.add("log_z", shape: [6000], bound: 1, rate: 10)
      _ = layout.add("more", shape: [7], bound: 1)
      _ = layout.add("still", shape: [7], bound: 1, rate: 0)
    }

    func cost(_ example: Int) -> Int { 1 }
    func makeWorkspace() -> Int { 0 }
    func losses(
      _ examples: [Int], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters, _ workspace: inout Int,
      gradient: inout [Float]
    ) -> LossTerms {
      for i in gradient.indices { gradient[i] += Float(examples.count) }
      return LossTerms([0])
    }
  }

  @Test("an array of parameters learns at a rate of its own", arguments: [1, 2])
  func rates(threads: Int) throws {
    var options = TrainingOptions()
    options.learningRate = 0.01
    var trainer = Trainer(Sum(), examples: [0, 1], validation: [0], options: options, seed: 1, threads: threads)
    let before = trainer.optimizer.parameters.values
    _ = try trainer.step()
    for entry in trainer.learner.layout.entries {
      // Adam's first step is the rate, whatever the gradient's length.
      let expected = 0.01 * entry.rate
      for i in entry.range { #expect(abs(before[i] - trainer.optimizer.parameters.values[i] - expected) < 1e-5) }
    }
  }

  /// Counts the squares of how many examples come at once.
  struct Wide: Learner {
    static let terms = ["squares"]
    let weights = [1.0]
    var layout = ParameterLayout()

    init() { _ = layout.add("weights", shape: [1], bound: 1) }

    func cost(_ example: Int) -> Int { 1 }
    func activationRows(_ example: Int) -> Int { example }
    func makeWorkspace() -> Int { 0 }
    func losses(
      _ examples: [Int], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters, _ workspace: inout Int,
      gradient: inout [Float]
    ) -> LossTerms {
      if !gradient.isEmpty { gradient[0] += Float(examples.count) }
      return LossTerms([Double(examples.count * examples.count)])
    }
  }

  @Test(
    "a thread works on 32 examples at once, or on as many as their rows allow, and on one of any size",
    arguments: [(40, 10, [20, 20]), (8, 5_000, [3, 3, 2]), (3, 50_000, [1, 1, 1])])
  func chunks(count: Int, rows: Int, parts: [Int]) throws {
    let examples = [Int](repeating: rows, count: count)
    let trainer = Trainer(Wide(), examples: examples, validation: [1], options: TrainingOptions(), seed: 1, threads: 1)
    let randoms = examples.indices.map { RandomStream(seed: 1, purpose: "flow", index: UInt64($0)) }
    let (losses, gradient) = try trainer.gradients(examples, randoms, trainer.optimizer.parameters)
    #expect(losses.values == [Double(parts.reduce(0) { $0 + $1 * $1 })] && gradient == [Float(count)])
  }
}
