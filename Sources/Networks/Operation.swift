public import Tensors

/// A step of a network: its output from its inputs, and its adjoint, which takes the output's gradient back to the inputs and the
/// parameters. Both stand in one file; NetworksTests holds every operation against differences.
///
/// What is not learnt, such as graphs and beliefs, is a property of the operation: it may be made anew for every batch.
public protocol Operation: Sendable {
  /// What the adjoint needs of the forward pass; reused from batch to batch.
  associatedtype Kept: Sendable = Void

  /// Room for it.
  func makeKept() -> Kept

  /// Of the output.
  func shape(_ x: [Matrix]) -> (rows: Int, columns: Int)

  /// - Parameter y: the output; has its shape and any contents.
  func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Kept, into y: inout Matrix)

  /// The adjoint of the last `forward`.
  ///
  /// - Parameters:
  ///   - dy: gradient of the output; may be used up.
  ///   - dx: gradients of the inputs, added to; no rows where one is not wanted.
  func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Kept, into dx: inout [Matrix], _ pass: inout BackwardPass)
}

extension Operation where Kept == Void {
  /// Nothing.
  public func makeKept() {}
}

extension Operation {
  /// The output by itself, without a tape.
  public func output(_ x: Matrix..., parameters: Parameters = Parameters([])) -> Matrix {
    let (rows, columns) = shape(x)
    var (kept, y) = (makeKept(), Matrix(rows: rows, columns: columns))
    forward(x, parameters, &kept, into: &y)
    return y
  }
}

/// What adjoints share.
public struct BackwardPass: Sendable {
  /// As the forward pass had them.
  public internal(set) var parameters = Parameters([])
  /// Of the parameters, added to.
  public var gradients: [Float] = []
  private var free: [Matrix] = []

  /// A matrix of any contents for a moment. `give` it back, for the next who needs one.
  public mutating func take(rows: Int, columns: Int) -> Matrix {
    // The nearest in size, so that each purpose meets its own again.
    let fitting = free.indices.filter { free[$0].columns == columns }
    guard let best = fitting.min(by: { abs(free[$0].rows - rows) < abs(free[$1].rows - rows) }) else {
      return Matrix(rows: rows, columns: columns)
    }
    var matrix = free.remove(at: best)
    matrix.resize(rows: rows)
    return matrix
  }

  /// The same of zeros.
  public mutating func zeros(rows: Int, columns: Int) -> Matrix {
    var matrix = take(rows: rows, columns: columns)
    matrix.fill(0)
    return matrix
  }

  /// Hands memory back for the next who takes some.
  public mutating func give(_ matrices: Matrix...) { free += matrices }
}
