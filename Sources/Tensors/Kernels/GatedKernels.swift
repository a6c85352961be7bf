import CKernels

/// What the rows of a gated layer are sums of, and where their outputs go; edges of a crystal, or angles.
public struct GatedRows: Sendable {
  /// Rows of `parts`, columns 0...127 and 128...255, and of `rest`.
  public let first: IndexedRows
  /// (E) rows of `parts`, columns 128...255.
  public let second: IndexedRows
  /// (E) rows of `rest`.
  public let rest: IndexedRows
  /// (E) weights of the messages, one or two rows of factors that they are multiplied by, and the sums they go to.
  public let weights: [Float]
  /// (E) rows of factors that messages are multiplied by.
  public let factor: IndexedRows
  /// (E) further factors; nil where messages have one.
  public let otherFactor: IndexedRows?
  /// (E) the sums that messages go to.
  public let target: IndexedRows

  /// E: edges or angles.
  public var count: Int { weights.count }

  /// All arrays have E entries; indices are checked where an `IndexedRows` is made.
  public init(
    first: IndexedRows, second: IndexedRows, rest: IndexedRows, weights: [Float], factor: IndexedRows,
    otherFactor: IndexedRows?, target: IndexedRows
  ) {
    let rows = weights.count
    precondition([first, second, rest, factor, target].allSatisfy { $0.indices.count == rows })
    precondition(first.count == second.count)
    precondition(otherFactor.map { $0.indices.count == rows && $0.count == factor.count } ?? true)
    (self.first, self.second, self.rest, self.weights) = (first, second, rest, weights)
    (self.factor, self.otherFactor, self.target) = (factor, otherFactor, target)
  }
}

/// The weights of a gated layer behind its sums: core, then gate, everywhere.
public struct GatedWeights: Sendable {
  /// (2, 64, 64) of the second layer, and each transposed; nil where there is one layer.
  let second: (forward: [Float], backward: [Float])?
  /// (3, 128) bias, scale and shift.
  let gate: [Float]

  /// - Parameters:
  ///   - second: (2, 64, 64) weights of the second layer, and each transposed; nil where there is one layer.
  ///   - bias: (128), as scale and shift.
  public init(second: (forward: [Float], backward: [Float])?, bias: [Float], scale: [Float], shift: [Float]) {
    precondition(second.map { $0.forward.count == 2 * 64 * 64 && $0.backward.count == 2 * 64 * 64 } ?? true)
    precondition(bias.count == 128 && scale.count == 128 && shift.count == 128)
    self.second = second
    gate = bias + scale + shift
  }

  /// Whether there is a second layer.
  public var isDouble: Bool { second != nil }
}

/// What a gated layer leaves for its way back.
public struct GatedTrace: Sendable {
  /// (E, 128) slopes of the first activation, or the sums before it where the rest is computed again; empty where there is one layer.
  public var slope: [Float] = []
  /// (E, 128) normalised and (E, 2) reciprocal deviations; empty where they are computed again.
  public var normal: [Float] = []
  /// (E, 2) reciprocal deviations; empty where they are computed again.
  public var inverse: [Float] = []

  /// Nothing yet.
  public init() {}
}

/// Gated message passing, 64 features wide, as CHGNet has it.
///
/// Rows of 128 hold the core of a gated layer in columns 0...63 and its gate in 64...127. A layer is one pass over tiles of rows that
/// stay near the processor: sums, products, normalisation, gate and messages, forwards and back. Shapes are checked here,
/// indices where an `IndexedRows` is made.
public enum GatedKernels {
  /// Features of a message.
  public static let features = 64
  /// Columns of a row: core and gate.
  public static let width = 128

  /// Features that rows have of their own, and what they are multiplied by.
  public struct Own {
    let values: [Float]
    let columns: Int
    let weight: [Float]
    let isTarget: Bool

    /// - Parameters:
    ///   - values: (E, columns); nil where they are the target that outputs are added to, 64 wide.
    ///   - weight: (columns, 128) forwards, (128, columns) back.
    public init(_ values: [Float]?, columns: Int, weight: [Float]) {
      precondition(columns > 0 && columns.isMultiple(of: 32) && weight.count == columns * width)
      precondition(values != nil || columns == features)
      self.values = values ?? []
      self.columns = columns
      self.weight = weight
      isTarget = values == nil
    }
  }

  private static func flags(
    _ weights: GatedWeights, _ rows: GatedRows, messages: Bool, thrifty: Bool, residual: Bool, last: Bool = false
  ) -> Int32 {
    var flags = 0
    if weights.isDouble { flags |= FRIEZE_GATED_SECOND }
    if messages { flags |= FRIEZE_GATED_MESSAGES }
    if messages && rows.otherFactor != nil { flags |= FRIEZE_GATED_PAIRS }
    if thrifty { flags |= FRIEZE_GATED_THRIFTY }
    if residual { flags |= FRIEZE_GATED_RESIDUAL }
    if last { flags |= FRIEZE_GATED_LAST }
    return Int32(flags)
  }

  private static func check(_ trace: GatedTrace, rows: Int, weights: GatedWeights, thrifty: Bool) {
    let double = weights.isDouble
    precondition(!double || trace.slope.count >= rows * width)
    precondition(double && thrifty || trace.normal.count >= rows * width && trace.inverse.count >= rows * 2)
  }

  /// From sums to messages, which are added to `sum`.
  ///
  /// - Parameters:
  ///   - parts: (·, 256), `rest` (·, 128), `factors` (·, 64): what `rows` names rows of.
  ///   - factors: nil where the outputs themselves are added, row by row.
  ///   - sum: (targets, 64), or (E, 64) without factors.
  ///   - trace: arrays of the shapes that are kept.
  public static func forward(
    _ rows: GatedRows, _ weights: GatedWeights, own: Own?, parts: [Float], rest: [Float], factors: [Float]?,
    into sum: inout [Float], trace: inout GatedTrace, thrifty: Bool
  ) {
    let count = rows.count
    precondition(parts.count >= rows.first.count * 2 * width && rest.count >= rows.rest.count * width)
    precondition(factors.map { $0.count >= rows.factor.count * features } ?? true)
    precondition(sum.count >= (factors == nil ? count : rows.target.count) * features)
    precondition(own.map { $0.isTarget ? factors == nil : $0.values.count >= count * $0.columns } ?? true)
    check(trace, rows: count, weights: weights, thrifty: thrifty)
    // Safety: every index is in range (IndexedRows), every array has the rows that are named or written, as checked.
    unsafe frieze_gated_forward(
      flags(weights, rows, messages: factors != nil, thrifty: thrifty, residual: own?.isTarget ?? false), count,
      own?.values ?? [], own?.columns ?? 0, own?.weight ?? [], parts, rows.first.indices, rows.second.indices, rest,
      rows.rest.indices, weights.second?.forward ?? [], weights.gate, rows.weights, factors ?? [], rows.factor.indices,
      rows.otherFactor?.indices ?? [], rows.target.indices, &sum, &trace.slope, &trace.normal, &trace.inverse)
  }

  /// Gradients, of the shapes of what they belong to, to which a layer adds its own.
  public struct Gradients {
    /// By the features that rows have of their own.
    public var own: [Float] = []
    /// By `parts`.
    public var parts: [Float] = []
    /// By `rest`.
    public var rest: [Float] = []
    /// By the factors of the messages.
    public var factors: [Float] = []
    /// None asked for.
    public init() {}
  }

  /// The transpose: adds to gradients what follows from the gradient by the sums.
  ///
  /// - Parameters:
  ///   - own: its values are not read; nil values where the gradient by the sums is the one by the features, in `gradients.own`.
  ///   - gradients: by parts may be empty where nothing asks for them.
  public static func backward(
    _ rows: GatedRows, _ weights: GatedWeights, own: Own?, factors: [Float]?, sumGradient: [Float],
    into gradients: inout Gradients, trace: GatedTrace, thrifty: Bool
  ) {
    let count = rows.count
    let last = gradients.parts.isEmpty
    let residual = own?.isTarget ?? false
    precondition(last || gradients.parts.count >= rows.first.count * 2 * width)
    precondition(gradients.rest.count >= rows.rest.count * width)
    precondition(residual || sumGradient.count >= (factors == nil ? count : rows.target.count) * features)
    precondition(own.map { gradients.own.count >= count * $0.columns } ?? true && (!residual || factors == nil))
    if let factors {
      precondition(min(factors.count, gradients.factors.count) >= rows.factor.count * features)
    }
    check(trace, rows: count, weights: weights, thrifty: thrifty)
    // Safety: as in `forward`.
    unsafe frieze_gated_backward(
      flags(weights, rows, messages: factors != nil, thrifty: thrifty, residual: residual, last: last), count,
      &gradients.own, own?.columns ?? 0, own?.weight ?? [], &gradients.parts, rows.first.indices, rows.second.indices,
      &gradients.rest, rows.rest.indices, weights.second?.forward ?? [], weights.second?.backward ?? [], weights.gate,
      rows.weights, factors ?? [], &gradients.factors, rows.factor.indices, rows.otherFactor?.indices ?? [],
      rows.target.indices, sumGradient, trace.slope, trace.normal, trace.inverse)
  }

  /// (E) the scalar products of rows of two matrices 32 wide.
  public static func rowDots(_ a: [Float], _ b: Matrix) -> [Double] {
    var out = [Double](repeating: 0, count: b.rows)
    precondition(b.columns == 32 && a.count >= b.rows * 32)
    // Safety: both have rows of 32, as checked.
    unsafe frieze_row_dots(a, b.values, &out, b.rows)
    return out
  }

  /// Bessel functions with a smooth cut-off: values and derivatives by `r`, 32 columns of which the frequencies' are used.
  ///
  ///     sqrt(2/c) sin(f r/c) / r  (1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2)),  x = r/c
  ///
  /// - Returns: (E, 32) each.
  public static func radialBasis(
    _ r: [Double], frequencies: [Float], cutoff: Double, order: Double
  ) -> (values: Matrix, slopes: Matrix) {
    precondition(frequencies.count <= 32 && cutoff > 0)
    var values = Matrix(rows: r.count, columns: 32)
    var slopes = values
    // Safety: both matrices have r.count rows of 32.
    unsafe values.values.withUnsafeMutableBufferPointer { v in
      unsafe slopes.values.withUnsafeMutableBufferPointer { s in
        unsafe frieze_radial_basis(
          r, r.count, frequencies, frequencies.count, cutoff, order, v.baseAddress, s.baseAddress)
      }
    }
    return (values, slopes)
  }

  /// A Fourier basis of angles `[1/sqrt 2, sin(f t), cos(f t)] / sqrt(pi)`: values and derivatives by `t`, 32 columns.
  public static func angularBasis(
    _ angles: [Double], frequencies: [Float]
  ) -> (values: Matrix, slopes: Matrix) {
    precondition(2 * frequencies.count < 32)
    var values = Matrix(rows: angles.count, columns: 32)
    var slopes = values
    // Safety: both matrices have angles.count rows of 32.
    unsafe values.values.withUnsafeMutableBufferPointer { v in
      unsafe slopes.values.withUnsafeMutableBufferPointer { s in
        unsafe frieze_angular_basis(
          angles, angles.count, frequencies, frequencies.count, v.baseAddress, s.baseAddress)
      }
    }
    return (values, slopes)
  }
}
