public import Tensors

/// A graph of operations, written down as the forward pass applies them, and gone through backwards for the gradient.
///
/// One a thread, reused from batch to batch: the same operations in the same order find the memory of the batch before.
public struct Tape: Sendable {
  /// A matrix on the tape; means something until the next `start`.
  public struct Value: Sendable {
    fileprivate let index: Int
  }

  /// An operation that was applied.
  private struct Step: Sendable {
    let inputs: [Int]
    let output: Int
    let kept: any Sendable
    let backward: @Sendable ([Matrix], inout Matrix, inout [Matrix], inout BackwardPass) -> Void
  }

  private let isRecording: Bool
  private var values: [Matrix] = []
  private var isConstant: [Bool] = []
  /// Of the values; nil before one is added to.
  private var gradients: [Matrix?] = []
  /// Nil while what one kept is in use.
  private var steps: [Step?] = []
  private var count = (values: 0, steps: 0)
  /// Has the parameters from `start` to the end of `backward` only: the optimiser changes them in place.
  private var pass = BackwardPass()

  /// - Parameter isRecording: whether there will be a backward pass.
  public init(isRecording: Bool = true) { self.isRecording = isRecording }

  /// Begins a forward pass.
  public mutating func start(_ parameters: Parameters) {
    pass.parameters = parameters
    count = (0, 0)
    for i in gradients.indices { if let left = gradients[i].take() { pass.give(left) } }
  }

  /// Puts a matrix on the tape.
  ///
  /// - Parameter isConstant: whether nobody asks for its gradient.
  public mutating func input(_ x: Matrix, isConstant: Bool = true) -> Value { place(x, isConstant: isConstant) }

  /// Runs an operation and notes it.
  ///
  /// - Parameter x: its inputs, no one twice.
  public mutating func apply<Op: Operation>(_ operation: Op, _ x: Value...) -> Value { apply(operation, x) }

  /// The same with a list of inputs.
  public mutating func apply<Op: Operation>(_ operation: Op, _ x: [Value]) -> Value {
    let inputs = x.map(\.index)
    precondition(Set(inputs).count == inputs.count)
    let matrices = inputs.map { values[$0] }
    var kept = takeKept(of: operation)
    let (rows, columns) = operation.shape(matrices)
    var y = takeMatrix(columns: columns)
    y.resize(rows: rows)
    operation.forward(matrices, pass.parameters, &kept, into: &y)
    let output = place(y, isConstant: false)
    guard isRecording else { return output }
    let step = Step(inputs: inputs, output: output.index, kept: kept) { [kept] x, dy, dx, pass in
      operation.backward(x, &dy, kept, into: &dx, &pass)
    }
    if count.steps == steps.count { steps.append(step) } else { steps[count.steps] = step }
    count.steps += 1
    return output
  }

  /// The matrix of a value.
  public subscript(value: Value) -> Matrix { values[value.index] }

  /// What `backward` found; nil where nothing depends on the value, and for outputs of operations, whose gradients are used up.
  public func gradient(_ value: Value) -> Matrix? { gradients[value.index] }

  /// A matrix of zeros shaped as a value, to be filled and handed to `seed`.
  public mutating func zeros(like value: Value) -> Matrix {
    pass.zeros(rows: values[value.index].rows, columns: values[value.index].columns)
  }

  /// Says the gradient of a value where the tape ends.
  public mutating func seed(_ value: Value, _ gradient: Matrix) {
    let (x, i) = (values[value.index], value.index)
    precondition(gradient.rows == x.rows && gradient.columns == x.columns && gradients[i] == nil)
    gradients[i] = gradient
  }

  /// Takes the seeds back to the inputs and adds to the parameters' gradients.
  public mutating func backward(into parameterGradients: inout [Float]) {
    precondition(isRecording && parameterGradients.count == pass.parameters.values.count)
    swap(&pass.gradients, &parameterGradients)
    for number in (0..<count.steps).reversed() {
      guard let step = steps[number], var dy = gradients[step.output].take() else { continue }
      var dx = step.inputs.map { takeGradient($0) }
      step.backward(step.inputs.map { values[$0] }, &dy, &dx, &pass)
      for (input, gradient) in zip(step.inputs, dx) where !isConstant[input] { gradients[input] = gradient }
      pass.give(dy)
    }
    swap(&pass.gradients, &parameterGradients)
    pass.parameters = Parameters([])
  }

  private mutating func place(_ x: Matrix, isConstant constant: Bool) -> Value {
    let index = count.values
    count.values += 1
    if index == values.count {
      values.append(x)
      isConstant.append(constant)
      gradients.append(nil)
    } else {
      (values[index], isConstant[index]) = (x, constant)
    }
    return Value(index: index)
  }

  /// What the same step of the batch before kept, taken off the tape so that it has one owner and is changed in place.
  private mutating func takeKept<Op: Operation>(of operation: Op) -> Op.Kept {
    guard count.steps < steps.count, let kept = steps[count.steps]?.kept as? Op.Kept else { return operation.makeKept() }
    steps[count.steps] = nil
    return kept
  }

  /// The next place's matrix of the batch before, likewise.
  private mutating func takeMatrix(columns: Int) -> Matrix {
    var matrix = Matrix(rows: 0, columns: columns)
    guard count.values < values.count, values[count.values].columns == columns else { return matrix }
    swap(&matrix, &values[count.values])
    return matrix
  }

  private mutating func takeGradient(_ index: Int) -> Matrix {
    let x = values[index]
    guard !isConstant[index] else { return Matrix(rows: 0, columns: x.columns) }
    return gradients[index].take() ?? pass.zeros(rows: x.rows, columns: x.columns)
  }
}
