public import Tensors

/// What descent can teach: parameters by name, examples, and losses with their gradient. `Trainer` does the rest.
public protocol Learner: Sendable {
  /// One record of the training set, as it is kept in memory.
  associatedtype Example: Sendable
  /// Everything between the input and the output of a batch; one a thread, reused from batch to batch.
  associatedtype Workspace: Sendable

  /// The parts of the loss, as the history and the report name them.
  static var terms: [String] { get }

  /// Whether the parameters with the lowest validation loss are the best, or else the last.
  static var keepsBest: Bool { get }

  /// What each term counts in the total that schedules and the choice of the best parameters look at; as many as `terms`.
  var weights: [Double] { get }

  /// Names, shapes and places of the parameters.
  var layout: ParameterLayout { get }

  /// Rows of work that an example makes: batches are shared out by it, and means are taken over it.
  func cost(_ example: Example) -> Int

  /// Rows of the largest matrices that an example makes; a thread works on so many examples at once that these stay within bounds.
  func activationRows(_ example: Example) -> Int

  func makeWorkspace() -> Workspace

  /// The example as it is shown this time: one of its equivalent forms, some of it hidden or told.
  ///
  /// - Parameter random: a stream of its own for each purpose, fixed by the run's seed, the epoch and the example.
  func shown(_ example: Example, _ random: (_ purpose: StaticString) -> RandomStream) -> Example

  /// The losses of some examples of a batch, and their gradient.
  ///
  /// - Parameters:
  ///   - randoms: one stream an example.
  ///   - share: what the whole batch has, which means are taken over.
  ///   - gradient: (`layout.count`), of the objective, added to; empty where it is not wanted.
  func losses(
    _ examples: [Example], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters,
    _ workspace: inout Workspace, gradient: inout [Float]
  ) -> LossTerms
}

extension Learner {
  /// The lowest loss is the best.
  public static var keepsBest: Bool { true }

  /// As many as the rows of work.
  public func activationRows(_ example: Example) -> Int { cost(example) }

  /// The example as it is.
  public func shown(_ example: Example, _ random: (_ purpose: StaticString) -> RandomStream) -> Example { example }
}

/// The whole of a batch that is worked on in parts.
public struct BatchShare: Sendable {
  /// The sum of `Learner.cost`.
  public let rows: Int
  /// In the whole batch.
  public let examples: Int

  /// What a part of a batch is a part of.
  public init(rows: Int, examples: Int) { (self.rows, self.examples) = (rows, examples) }
}

/// The parts of a loss, and what the gradient is of.
public struct LossTerms: Sendable, Equatable {
  /// In the order of `Learner.terms`.
  public var values: [Double]
  /// What descent lowers; may differ from the weighted sum of the terms, which count the same whatever is trained, so that runs can
  /// be compared.
  public var objective: Double

  /// Values of the terms, in the order of `Learner.terms`.
  public init(_ values: [Double], objective: Double = 0) { (self.values, self.objective) = (values, objective) }

  /// No losses yet of so many terms.
  public static func none(_ count: Int) -> LossTerms { LossTerms([Double](repeating: 0, count: count)) }

  /// The weighted sum of the terms.
  public func total(_ weights: [Double]) -> Double { zip(values, weights).reduce(0) { $0 + $1.1 * $1.0 } }

  /// Adds term by term.
  public static func += (a: inout Self, b: Self) {
    precondition(a.values.count == b.values.count)
    for i in a.values.indices { a.values[i] += b.values[i] }
    a.objective += b.objective
  }

  /// Every term and the objective times a factor.
  public func scaled(_ s: Double) -> Self { LossTerms(values.map { $0 * s }, objective: objective * s) }
}

/// One line of a run's history.
public struct TrainingEpoch: Sendable, Equatable {
  /// Mean losses of the training batches.
  public var training: LossTerms
  /// With the averaged parameters.
  public var validation: LossTerms
  /// The learning rate at its end.
  public var rate: Double
  /// Since the start of the run.
  public var seconds: Double

  /// What an epoch gave, how fast it learnt and how long it took, in seconds.
  public init(training: LossTerms, validation: LossTerms, rate: Double, seconds: Double) {
    (self.training, self.validation, self.rate, self.seconds) = (training, validation, rate, seconds)
  }
}
