import CKernels

/// Sites of one crystal look at each other (Vaswani et al. 2017, equation 1); checks shapes and runs the C loops.
public enum AttentionKernels {
  /// - Parameters:
  ///   - x: (N, 3 C) queries, keys and values side by side.
  ///   - ranges: of the crystals.
  ///   - weights: (edges, heads) gets the softmax of the products of queries and keys, over sqrt(C / heads).
  ///   - out: (N, C) gets the values so weighted.
  public static func forward(_ x: Matrix, ranges: [EdgeKernels.Range], into weights: inout Matrix, _ out: inout Matrix) {
    check(x, ranges, weights, rows: out.rows, columns: out.columns)
    let (columns, heads) = (out.columns, weights.columns)
    // Safety: `check` bounds the rows of every range.
    unsafe x.values.withUnsafeBufferPointer { x in
      unsafe weights.values.withUnsafeMutableBufferPointer { weights in
        unsafe out.values.withUnsafeMutableBufferPointer { out in
          guard let x = x.baseAddress, let weights = weights.baseAddress, let out = out.baseAddress else { return }
          for range in ranges {
            unsafe frieze_attention(
              x + 3 * columns * range.firstSite, range.sites, columns, heads, weights + heads * range.firstEdge,
              out + columns * range.firstSite)
          }
        }
      }
    }
  }

  /// The backward pass: adds to the gradient of x.
  ///
  /// - Parameters:
  ///   - gradient: (N, C) of what `forward` gave.
  ///   - dx: (N, 3 C).
  public static func backward(
    _ x: Matrix, ranges: [EdgeKernels.Range], weights: Matrix, gradient: Matrix, into dx: inout Matrix
  ) {
    check(x, ranges, weights, rows: gradient.rows, columns: gradient.columns)
    precondition(dx.rows == x.rows && dx.columns == x.columns)
    let (columns, heads) = (gradient.columns, weights.columns)
    var slopes = [Float](repeating: 0, count: ranges.map(\.sites).max() ?? 0)
    // Safety: `check` bounds the rows of every range; `slopes` has as many as the largest crystal has sites.
    unsafe x.values.withUnsafeBufferPointer { x in
      unsafe slopes.withUnsafeMutableBufferPointer { slopes in
        unsafe dx.values.withUnsafeMutableBufferPointer { dx in
          guard let x = x.baseAddress, let dx = dx.baseAddress else { return }
          unsafe weights.values.withUnsafeBufferPointer { weights in
            unsafe gradient.values.withUnsafeBufferPointer { gradient in
              guard let weights = weights.baseAddress, let gradient = gradient.baseAddress else { return }
              for range in ranges {
                unsafe frieze_attention_backward(
                  x + 3 * columns * range.firstSite, weights + heads * range.firstEdge, gradient + columns * range.firstSite,
                  range.sites, columns, heads, slopes.baseAddress, dx + 3 * columns * range.firstSite)
              }
            }
          }
        }
      }
    }
  }

  private static func check(_ x: Matrix, _ ranges: [EdgeKernels.Range], _ weights: Matrix, rows: Int, columns: Int) {
    precondition(x.rows == rows && x.columns == 3 * columns && columns.isMultiple(of: weights.columns))
    precondition(x.values.count == 3 * rows * columns && weights.values.count == weights.rows * weights.columns)
    precondition(ranges.allSatisfy { $0.firstSite + $0.sites <= rows && $0.firstEdge + $0.edges <= weights.rows })
  }
}
