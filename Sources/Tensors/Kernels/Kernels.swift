import CKernels
import Synchronization

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

  /// `sum += x`, and `x` becomes zero; on several threads.
  public static func drain(_ x: inout [Float], into sum: inout [Float], threads: Int) {
    let count = sum.count
    precondition(x.count == count)
    // Safety: every block lies within both arrays, and blocks do not overlap.
    unsafe sum.withUnsafeMutableBufferPointer { s in
      unsafe x.withUnsafeMutableBufferPointer { x in
        let both = unsafe Both(s: s.baseAddress, x: x.baseAddress)
        Blocks.perform(count, threads: threads) { range in
          guard let s = unsafe both.s, let x = unsafe both.x else { return }
          unsafe frieze_sum_rows(x + range.lowerBound, s + range.lowerBound, 1, range.count)
          unsafe (x + range.lowerBound).update(repeating: 0, count: range.count)
        }
      }
    }
  }

  /// Two arrays of which threads touch blocks that do not overlap.
  @unsafe private struct Both: @unchecked Sendable {
    let s: UnsafeMutablePointer<Float>?
    let x: UnsafeMutablePointer<Float>?
  }

  /// The sum of squares of all elements; the same whatever the number of threads.
  public static func squaredNorm(_ x: [Float], threads: Int) -> Double {
    let squares = Mutex<[Int: Double]>([:])
    Blocks.perform(x.count, threads: threads) { range in
      // Safety: the block lies within the array.
      let square = unsafe x.withUnsafeBufferPointer { p in
        unsafe p.baseAddress.map { unsafe frieze_squared_norm($0 + range.lowerBound, range.count) } ?? 0
      }
      squares.withLock { $0[range.lowerBound] = square }
    }
    return squares.withLock { $0.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value } }
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

  /// Copies `x` (rows, C) to C columns of `out`, from `column` on, whose rows are `stride` wide.
  public static func copyColumns(
    _ x: [Float], rows: Int, columns: Int, to out: inout [Float], stride: Int, column: Int = 0
  ) {
    precondition(x.count >= rows * columns && column >= 0 && column + columns <= stride && out.count >= rows * stride)
    // Safety: every row lies within both, as checked.
    unsafe x.withUnsafeBufferPointer { p in
      unsafe out.withUnsafeMutableBufferPointer { o in
        guard let p = p.baseAddress, let o = o.baseAddress else { return }
        for row in 0..<rows { unsafe (o + row * stride + column).update(from: p + row * columns, count: columns) }
      }
    }
  }

  /// Adds C columns of `x`, from `column` on, whose rows are `stride` wide, to `out` (rows, C).
  public static func addColumns(
    _ x: [Float], rows: Int, columns: Int, stride: Int, column: Int = 0, to out: inout [Float]
  ) {
    precondition(x.count >= rows * stride && column >= 0 && column + columns <= stride && out.count >= rows * columns)
    for row in 0..<rows {
      let (from, to) = (row &* stride &+ column, row &* columns)
      for k in 0..<columns { out[to &+ k] += x[from &+ k] }
    }
  }

  /// `x = ln(max(x, floor))`, for a floor above 1.2e-38; relative error below 1e-6 away from 1, absolute near it.
  public static func logarithm(_ x: inout [Float], floor: Float) {
    precondition(floor >= .leastNormalMagnitude)
    let count = x.count
    // Safety: `count` elements.
    unsafe x.withUnsafeMutableBufferPointer { unsafe frieze_logarithm($0.baseAddress, floor, count) }
  }

  /// Softmax over groups of `classes` neighbouring elements, in place.
  public static func softmax(_ x: inout [Float], groups: Int, classes: Int) {
    precondition(classes > 0 && x.count >= groups * classes)
    // Safety: groups * classes elements, as checked.
    unsafe x.withUnsafeMutableBufferPointer { unsafe frieze_softmax($0.baseAddress, groups, classes) }
  }

  /// The same as rows that only products read; `out` has its rows already.
  public static func fourier(_ difference: [Float], frequencies: Int, into out: inout ProductInput) {
    let rows = out.rows
    precondition(difference.count >= 3 * rows && out.columns == 6 * frequencies)
    let isRounded = out.precision == .bfloat16
    // Safety: whichever of the two arrays is in use has at least `rows` rows of `columns`.
    unsafe difference.withUnsafeBufferPointer { d in
      unsafe out.values.withUnsafeMutableBufferPointer { v in
        unsafe out.rounded.withUnsafeMutableBufferPointer { r in
          unsafe frieze_fourier(
            d.baseAddress, isRounded ? nil : v.baseAddress, isRounded ? r.baseAddress : nil, rows, frequencies)
        }
      }
    }
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
        unsafe frieze_fourier(d.baseAddress, o + offset, nil, rows, frequencies)
      }
    }
  }
}
