import CKernels

/// Rows less their means, over their deviations, times 1 + gain and plus a shift (Ba et al. 2016); checks shapes and runs the C loop.
public enum NormalKernels {
  /// `out = (x - mean) / sqrt(variance + 1e-5) (1 + gain) + shift`, row by row, of the first C columns.
  ///
  /// - Parameters:
  ///   - x: (rows, C or more); `gain`, `shift` (C).
  ///   - out: (rows, C or more).
  public static func forward(_ x: Matrix, gain: Span<Float>, shift: Span<Float>, rows: Int, into out: inout Matrix) {
    let columns = gain.count
    precondition(columns > 0 && shift.count == columns && x.columns >= columns && x.values.count >= rows * x.columns)
    precondition(out.columns >= columns && out.values.count >= rows * out.columns)
    let stride = out.columns
    // Safety: the rows lie within both matrices, gain and shift have `columns` elements, as checked.
    unsafe gain.withUnsafeBufferPointer { g in
      unsafe shift.withUnsafeBufferPointer { s in
        unsafe out.values.withUnsafeMutableBufferPointer {
          unsafe frieze_layer_norm(
            x.values, x.columns, g.baseAddress, s.baseAddress, nil, $0.baseAddress, stride, rows, columns)
        }
      }
    }
  }

  /// The same of all of x, keeping what the backward pass needs.
  ///
  /// - Parameters:
  ///   - kept: (rows, C + 1) gets the normal rows, and one over the deviation of each.
  ///   - out: (rows, C).
  public static func forward(
    _ x: Matrix, gain: Span<Float>, shift: Span<Float>, keeping kept: inout Matrix, into out: inout Matrix
  ) {
    let (rows, columns) = (x.rows, x.columns)
    precondition(columns > 0 && gain.count == columns && shift.count == columns)
    precondition(out.rows == rows && out.columns == columns && kept.rows == rows && kept.columns == columns + 1)
    // Safety: all matrices have `rows` rows, gain and shift `columns` elements, as checked.
    unsafe gain.withUnsafeBufferPointer { g in
      unsafe shift.withUnsafeBufferPointer { s in
        unsafe kept.values.withUnsafeMutableBufferPointer { k in
          unsafe out.values.withUnsafeMutableBufferPointer {
            unsafe frieze_layer_norm(
              x.values, columns, g.baseAddress, s.baseAddress, k.baseAddress, $0.baseAddress, columns, rows, columns)
          }
        }
      }
    }
  }

  /// The backward pass of the last.
  ///
  /// - Parameters:
  ///   - gradient: (rows, C) of `out`; is used up.
  ///   - gainOffset, shiftOffset: where the gradients of gain and shift, (C) each, lie in `parameters`; added to, and one behind the
  ///     other or apart.
  ///   - dx: (rows, C) of x, added to; no rows where it is not wanted.
  public static func backward(
    kept: Matrix, gain: Span<Float>, gradient: inout Matrix, parameters: inout [Float], gainOffset: Int, shiftOffset: Int,
    into dx: inout Matrix
  ) {
    let (rows, columns) = (gradient.rows, gradient.columns)
    precondition(columns > 0 && gain.count == columns && kept.rows == rows && kept.columns == columns + 1)
    precondition(gainOffset >= 0 && gainOffset + columns <= parameters.count)
    precondition(shiftOffset >= 0 && shiftOffset + columns <= parameters.count && abs(shiftOffset - gainOffset) >= columns)
    precondition(dx.rows == 0 || dx.rows == rows && dx.columns == columns)
    let isWanted = dx.rows > 0
    // Safety: all matrices have `rows` rows of `columns`, the gradients of gain and shift lie apart within `parameters`, as checked.
    unsafe gain.withUnsafeBufferPointer { g in
      unsafe gradient.values.withUnsafeMutableBufferPointer { d in
        unsafe parameters.withUnsafeMutableBufferPointer { p in
          unsafe dx.values.withUnsafeMutableBufferPointer { x in
            guard let p = p.baseAddress else { return }
            unsafe frieze_layer_norm_backward(
              kept.values, g.baseAddress, d.baseAddress, p + gainOffset, p + shiftOffset, isWanted ? x.baseAddress : nil, rows,
              columns)
          }
        }
      }
    }
  }
}
