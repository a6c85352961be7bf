import COneDNN

/// A matrix of weights that stays as it is, in the order that products with it like best.
///
/// By oneDNN where it is installed and keeps weights packed, in bfloat16, and in float32 with 512-bit vectors; else float32 by OpenBLAS.
@safe public final class PackedWeights: Sendable {
  /// Rows of the matrix, which a product sums over.
  public let inner: Int
  /// Columns of the matrix and of a product with it.
  public let columns: Int
  /// What products read.
  public let precision: Precision
  /// Safety: made in `init`, freed in `deinit`, only read between.
  private nonisolated(unsafe) let packed: OpaquePointer?
  /// (inner, columns), for products without oneDNN's packing; else empty.
  private let plain: [Float]
  private let rounded: [UInt16]

  /// - Parameter values: (inner, columns).
  public init(_ values: [Float], inner: Int, columns: Int, precision: Precision) {
    precondition(inner > 0 && columns > 0 && values.count == inner * columns)
    let bits = precision == .bfloat16 ? Parameters(values, precision: .bfloat16).rounded : []
    // Safety: both arrays have inner * columns elements; the copy is the library's own.
    let made = unsafe values.withUnsafeBufferPointer { v in
      unsafe bits.withUnsafeBufferPointer { b in
        unsafe frieze_pack(v.baseAddress, bits.isEmpty ? nil : b.baseAddress, inner, columns)
      }
    }
    unsafe packed = made
    let isPacked = unsafe made != nil
    (self.inner, self.columns, self.precision) = (inner, columns, precision)
    plain = isPacked || precision == .bfloat16 ? [] : values
    rounded = isPacked ? [] : bits
  }

  deinit { unsafe frieze_packed_free(packed) }

  /// Which library multiplies, for reports; bfloat16 has none but oneDNN.
  public static func library(_ precision: Precision) -> String {
    precision == .bfloat16 || packsFloat32 ? "oneDNN" : "OpenBLAS"
  }

  /// Whether oneDNN is here and keeps float32 weights packed.
  private static let packsFloat32 = {
    let one = PackedWeights([Float](repeating: 0, count: 64 * 64), inner: 64, columns: 64, precision: .float32)
    return unsafe one.packed != nil
  }()

  /// `out = x w`, or `out += x w`.
  ///
  /// - Parameters:
  ///   - x: (rows, …) of which `inner` columns from `column` on are read.
  ///   - out: (rows, …) of which `columns` columns from `outColumn` on are written.
  public func multiply(
    _ x: Matrix, column: Int = 0, rows: Int, into out: inout Matrix, outColumn: Int = 0, accumulate: Bool = false
  ) {
    precondition(column >= 0 && column + inner <= x.columns && x.values.count >= rows * x.columns)
    precondition(outColumn >= 0 && outColumn + columns <= out.columns && out.values.count >= rows * out.columns)
    guard rows > 0 else { return }
    let stride = out.columns
    guard unsafe packed != nil else {
      let plain = plain
      var result = out.values.mutableSpan
      if precision == .bfloat16 {
        BFloat16Products.multiply(
          x, column: column, rounded, inner: inner, columns: columns, into: &result, outStride: stride, outOffset: outColumn,
          accumulate: accumulate)
      } else {
        Products.multiply(
          x.values.span, aStride: x.columns, aOffset: column, plain.span, rows: rows, inner: inner, columns: columns,
          into: &result, outStride: stride, outOffset: outColumn, accumulate: accumulate)
      }
      return
    }
    // Safety: the rows and columns lie within both matrices, as checked; float32 rows need no padding.
    unsafe x.values.withUnsafeBufferPointer { p in
      unsafe out.values.withUnsafeMutableBufferPointer { o in
        guard let p = p.baseAddress, let o = o.baseAddress else { return }
        let from = unsafe frieze_rows(values: p + column, rounded: nil, stride: x.columns)
        let status = unsafe frieze_packed_product(from, packed, o + outColumn, stride, rows, accumulate ? 1 : 0)
        precondition(status == 0, "oneDNN refused a product of \(rows) x \(inner) x \(columns): status \(status)")
      }
    }
  }

  /// `out = x w` of rows as products read them.
  public func multiply(_ x: ProductInput, into out: inout Matrix) {
    precondition(x.columns == inner && out.columns == columns && out.values.count >= x.rows * columns)
    precondition(x.precision == precision)
    guard x.rows > 0 else { return }
    let stride = columns
    guard unsafe packed != nil else {
      let plain = plain
      var result = out.values.mutableSpan
      if precision == .bfloat16 {
        BFloat16Products.multiply(x, rounded, inner: inner, columns: columns, into: &result, outStride: stride)
      } else {
        Products.multiply(x.values.span, plain.span, rows: x.rows, inner: inner, columns: columns, into: &result)
      }
      return
    }
    // Safety: x has its rows, and behind rounded ones FRIEZE_PADDING more; out has as many.
    unsafe x.values.withUnsafeBufferPointer { v in
      unsafe x.rounded.withUnsafeBufferPointer { r in
        unsafe out.values.withUnsafeMutableBufferPointer { o in
          let from = unsafe frieze_rows(
            values: v.baseAddress, rounded: x.precision == .bfloat16 ? r.baseAddress : nil, stride: inner)
          let status = unsafe frieze_packed_product(from, packed, o.baseAddress, stride, x.rows, 0)
          precondition(status == 0, "oneDNN refused a product of \(x.rows) x \(inner) x \(columns): status \(status)")
        }
      }
    }
  }
}
