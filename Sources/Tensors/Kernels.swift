import CKernels

/// Element-wise loops of the networks; each checks its shapes once and runs the C loop of the same name.
public enum Kernels {
  /// Adds a bias to every row of `pre` and writes `silu(x) = x / (1 + exp(-x))` of it.
  ///
  /// - Parameters: `pre`, `out` (rows, C); `bias` (C).
  public static func biasSiLU(
    _ pre: inout [Float], bias: Span<Float>, rows: Int, into out: inout [Float]
  ) {
    precondition(pre.count >= rows * bias.count && out.count >= rows * bias.count)
    let columns = bias.count
    // Safety: both matrices have rows * columns elements, as checked.
    unsafe pre.withUnsafeMutableBufferPointer { p in
      unsafe out.withUnsafeMutableBufferPointer { o in
        unsafe bias.withUnsafeBufferPointer { b in
          unsafe frieze_bias_silu(p.baseAddress, b.baseAddress, o.baseAddress, rows, columns)
        }
      }
    }
  }

  /// Multiplies a gradient by the derivative of silu at `pre`, the first `count` elements.
  public static func siLUBackward(pre: [Float], gradient: inout [Float], count: Int) {
    precondition(pre.count >= count && gradient.count >= count)
    // Safety: both have `count` elements.
    unsafe pre.withUnsafeBufferPointer { p in
      unsafe gradient.withUnsafeMutableBufferPointer { g in
        unsafe frieze_silu_backward(p.baseAddress, g.baseAddress, count)
      }
    }
  }

  /// Adds a bias (C) to `rows` rows of `x` (…, C), from row `firstRow` on.
  public static func addBias(_ bias: Span<Float>, firstRow: Int = 0, rows: Int, to x: inout [Float]) {
    let columns = bias.count
    precondition(firstRow >= 0 && x.count >= (firstRow + rows) * columns)
    // Safety: the rows lie within x, as checked.
    unsafe bias.withUnsafeBufferPointer { b in
      unsafe x.withUnsafeMutableBufferPointer { x in
        guard let x = x.baseAddress else { return }
        unsafe frieze_add_bias(x + firstRow * columns, b.baseAddress, rows, columns)
      }
    }
  }

  /// The sum of squares of all elements.
  public static func squaredNorm(_ x: [Float]) -> Double {
    let count = x.count
    // Safety: the count is the span's own.
    return unsafe x.withUnsafeBufferPointer { unsafe frieze_squared_norm($0.baseAddress, count) }
  }

  /// Adds the rows of `x` (rows, C) to `out` (C at an offset).
  public static func sumRows(
    _ x: Span<Float>, firstRow: Int = 0, rows: Int, columns: Int, into out: inout MutableSpan<Float>, offset: Int = 0
  ) {
    precondition(firstRow >= 0 && x.count >= (firstRow + rows) * columns)
    precondition(offset >= 0 && out.count >= offset + columns)
    // Safety: bounds checked above.
    unsafe x.withUnsafeBufferPointer { p in
      unsafe out.withUnsafeMutableBufferPointer { o in
        guard let p = p.baseAddress, let o = o.baseAddress else { return }
        unsafe frieze_sum_rows(p + firstRow * columns, o + offset, rows, columns)
      }
    }
  }

  /// `y += x`, as many elements as `x` has.
  public static func add(_ x: [Float], to y: inout [Float]) {
    precondition(y.count >= x.count)
    var span = y.mutableSpan
    sumRows(x.span, rows: 1, columns: x.count, into: &span)
  }

  /// Copies `x` (rows, C) to the first C columns of `out`, whose rows are `stride` wide.
  public static func copyColumns(_ x: [Float], rows: Int, columns: Int, to out: inout [Float], stride: Int) {
    precondition(x.count >= rows * columns && columns <= stride && out.count >= rows * stride)
    for row in 0..<rows {
      for k in 0..<columns { out[row &* stride &+ k] = x[row &* columns &+ k] }
    }
  }

  /// Adds the first C columns of `x`, whose rows are `stride` wide, to `out` (rows, C).
  public static func addColumns(_ x: [Float], rows: Int, columns: Int, stride: Int, to out: inout [Float]) {
    precondition(x.count >= rows * stride && columns <= stride && out.count >= rows * columns)
    for row in 0..<rows {
      for k in 0..<columns { out[row &* columns &+ k] += x[row &* stride &+ k] }
    }
  }

  /// Softmax over groups of `classes` neighbouring elements, in place.
  public static func softmax(_ x: inout [Float], groups: Int, classes: Int) {
    precondition(classes > 0 && x.count >= groups * classes)
    // Safety: groups * classes elements, as checked.
    unsafe x.withUnsafeMutableBufferPointer { unsafe frieze_softmax($0.baseAddress, groups, classes) }
  }

  /// sin and cos of `2 pi f d` for f = 1...frequencies: rows of [sin of x, y, z | cos of x, y, z].
  ///
  /// - Parameters: `difference` (rows, 3) in turns; `out` (rows, 6 frequencies).
  public static func fourier(
    _ difference: [Float], rows: Int, frequencies: Int, into out: inout [Float], offset: Int = 0
  ) {
    precondition(difference.count >= 3 * rows && offset >= 0 && out.count >= offset + 6 * frequencies * rows)
    // Safety: bounds checked above.
    unsafe difference.withUnsafeBufferPointer { d in
      unsafe out.withUnsafeMutableBufferPointer { o in
        guard let o = o.baseAddress else { return }
        unsafe frieze_fourier(d.baseAddress, o + offset, rows, frequencies)
      }
    }
  }

  /// One step of Adam with decoupled weight decay, over all parameters; the gradient is multiplied by `scale` first.
  public static func adam(
    parameters: inout [Float], gradient: [Float], firstMoment: inout [Float],
    secondMoment: inout [Float], rate: Float, betas: (Float, Float), step: Int, epsilon: Float,
    weightDecay: Float, scale: Float
  ) {
    let count = parameters.count
    precondition(gradient.count == count && firstMoment.count == count && secondMoment.count == count && step > 0)
    let corrections = (1 - power(betas.0, step), 1 - power(betas.1, step))
    // Safety: all four have `count` elements.
    unsafe parameters.withUnsafeMutableBufferPointer { p in
      unsafe gradient.withUnsafeBufferPointer { g in
        unsafe firstMoment.withUnsafeMutableBufferPointer { m in
          unsafe secondMoment.withUnsafeMutableBufferPointer { v in
            unsafe frieze_adam(
              p.baseAddress, g.baseAddress, m.baseAddress, v.baseAddress, count, rate, betas.0, betas.1,
              corrections.0, corrections.1, epsilon, weightDecay, scale)
          }
        }
      }
    }
  }

  private static func power(_ base: Float, _ exponent: Int) -> Float {
    var result = 1.0
    var square = Double(base)
    var n = exponent
    while n > 0 {
      if n & 1 == 1 { result *= square }
      square *= square
      n >>= 1
    }
    return Float(result)
  }

  /// Moves an average towards the parameters: `average += (1 - decay)(parameters - average)`.
  public static func movingAverage(
    _ average: inout [Float], parameters: [Float], decay: Float
  ) {
    let count = parameters.count
    precondition(average.count == count)
    // Safety: both have `count` elements.
    unsafe average.withUnsafeMutableBufferPointer { a in
      unsafe parameters.withUnsafeBufferPointer { p in
        unsafe frieze_moving_average(a.baseAddress, p.baseAddress, count, decay)
      }
    }
  }
}
