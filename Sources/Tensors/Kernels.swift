import CKernels

/// Element-wise loops of the networks; each checks its shapes once and runs the C loop of the same name.
public enum Kernels {
  /// Adds a bias to every row of `pre` and writes `silu(x) = x / (1 + exp(-x))` of it.
  ///
  /// - Parameters: `pre`, `out` (rows, C); `bias` (C).
  public static func biasSiLU(
    _ pre: inout MutableSpan<Float>, bias: Span<Float>, rows: Int, into out: inout MutableSpan<Float>
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
  public static func siLUBackward(pre: Span<Float>, gradient: inout MutableSpan<Float>, count: Int) {
    precondition(pre.count >= count && gradient.count >= count)
    // Safety: both have `count` elements.
    unsafe pre.withUnsafeBufferPointer { p in
      unsafe gradient.withUnsafeMutableBufferPointer { g in
        unsafe frieze_silu_backward(p.baseAddress, g.baseAddress, count)
      }
    }
  }

  /// Adds a bias (C) to each of the rows of `x` (rows, C).
  public static func addBias(_ bias: Span<Float>, rows: Int, to x: inout MutableSpan<Float>) {
    precondition(x.count >= rows * bias.count)
    let columns = bias.count
    // Safety: x has rows * columns elements.
    unsafe bias.withUnsafeBufferPointer { b in
      unsafe x.withUnsafeMutableBufferPointer { x in
        unsafe frieze_add_bias(x.baseAddress, b.baseAddress, rows, columns)
      }
    }
  }

  /// Adds the rows of `x` (rows, C) to `out` (C at an offset).
  public static func sumRows(
    _ x: Span<Float>, rows: Int, columns: Int, into out: inout MutableSpan<Float>, offset: Int = 0
  ) {
    precondition(x.count >= rows * columns && offset >= 0 && out.count >= offset + columns)
    // Safety: bounds checked above.
    unsafe x.withUnsafeBufferPointer { p in
      unsafe out.withUnsafeMutableBufferPointer { o in
        guard let o = o.baseAddress else { return }
        unsafe frieze_sum_rows(p.baseAddress, o + offset, rows, columns)
      }
    }
  }

  /// Softmax over groups of `classes` neighbouring elements, in place.
  public static func softmax(_ x: inout MutableSpan<Float>, groups: Int, classes: Int) {
    precondition(classes > 0 && x.count >= groups * classes)
    // Safety: groups * classes elements, as checked.
    unsafe x.withUnsafeMutableBufferPointer { unsafe frieze_softmax($0.baseAddress, groups, classes) }
  }

  /// sin and cos of `2 pi f d` for f = 1...frequencies: rows of [sin of x, y, z | cos of x, y, z].
  ///
  /// - Parameters: `difference` (rows, 3) in turns; `out` (rows, 6 frequencies).
  public static func fourier(
    _ difference: Span<Float>, rows: Int, frequencies: Int, into out: inout MutableSpan<Float>, offset: Int = 0
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
    parameters: inout MutableSpan<Float>, gradient: Span<Float>, firstMoment: inout MutableSpan<Float>,
    secondMoment: inout MutableSpan<Float>, rate: Float, betas: (Float, Float), step: Int, epsilon: Float,
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
    _ average: inout MutableSpan<Float>, parameters: Span<Float>, decay: Float
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
