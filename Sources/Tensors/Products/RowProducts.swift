import CKernels

/// Products of many rows with a small matrix, in which a row's bits do not depend on how many others there are.
public enum RowProducts {
  /// `out = a b`, or `out += a b`.
  ///
  /// - Parameters:
  ///   - a: `rows` rows of `inner` floats beginning at `offset`, `stride` floats apart.
  ///   - b: (inner, columns), row-major; `columns` a multiple of 16.
  ///   - out: `rows` rows of `columns` floats beginning at `outOffset`, `outStride` floats apart.
  public static func multiply(
    _ a: [Float], stride: Int, offset: Int = 0, _ b: [Float], rows: Int, inner: Int, columns: Int,
    into out: inout [Float], outStride: Int, outOffset: Int = 0, adding: Bool = false
  ) {
    guard rows > 0 else { return }
    precondition(inner > 0 && columns > 0 && columns.isMultiple(of: 16) && b.count == inner * columns)
    precondition(offset >= 0 && outOffset >= 0 && stride >= inner && outStride >= columns)
    precondition(a.count >= offset + (rows - 1) * stride + inner)
    precondition(out.count >= outOffset + (rows - 1) * outStride + columns)
    // Safety: the preconditions bound every element that the call touches.
    unsafe a.withUnsafeBufferPointer { pa in
      unsafe out.withUnsafeMutableBufferPointer { po in
        guard let pa = pa.baseAddress, let po = po.baseAddress else { return }
        unsafe frieze_row_product(
          pa + offset, stride, b, po + outOffset, outStride, rows, inner, columns, adding ? 1 : 0)
      }
    }
  }
}
