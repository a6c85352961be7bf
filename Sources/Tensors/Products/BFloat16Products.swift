import COneDNN

/// Products with a network's weights in bfloat16, summed in float32; float32 rows are rounded on the way in.
public enum BFloat16Products {
  /// `out = x w`, or `out += x w`.
  ///
  /// - Parameters:
  ///   - x: (rows, …) of which `inner` columns from `column` on are read.
  ///   - weights: `(inner, columns)`, or `(columns, inner)` where transposed, beginning at `weightOffset`.
  ///   - out: `rows` rows of `columns` floats, `outStride` floats apart, beginning at `outOffset`.
  public static func multiply(
    _ x: Matrix, column: Int = 0, _ weights: [UInt16], transposed: Bool = false, weightOffset: Int = 0, inner: Int,
    columns: Int, into out: inout MutableSpan<Float>, outStride: Int, outOffset: Int = 0, accumulate: Bool = false
  ) {
    multiply(
      ProductInput(x), column: column, weights, transposed: transposed, weightOffset: weightOffset, inner: inner,
      columns: columns, into: &out, outStride: outStride, outOffset: outOffset, accumulate: accumulate)
  }

  /// The same of rows that may be rounded already.
  public static func multiply(
    _ x: ProductInput, column: Int = 0, _ weights: [UInt16], transposed: Bool = false, weightOffset: Int = 0, inner: Int,
    columns: Int, into out: inout MutableSpan<Float>, outStride: Int, outOffset: Int = 0, accumulate: Bool = false
  ) {
    precondition(column >= 0 && column + inner <= x.columns)
    unsafe withRows(of: x, column: column) { rows in
      unsafe multiply(
        rows, x.rows, weights, transposed, weightOffset, inner, columns, &out, outStride, outOffset, accumulate)
    }
  }

  /// `gradient += x^T g`: the gradient of `weights` in `x weights` where `g` is that of the product.
  ///
  /// - Parameters:
  ///   - x: of which `inputs` columns from `column` on count; `g`: `outputs` columns from `gColumn` on.
  ///   - gradient: `(inputs, outputs)`, beginning at `offset`.
  public static func addGradient(
    _ x: Matrix, column: Int = 0, _ g: Matrix, gColumn: Int = 0, inputs: Int, outputs: Int,
    into gradient: inout MutableSpan<Float>, offset: Int = 0
  ) {
    addGradient(
      ProductInput(x), column: column, g, gColumn: gColumn, inputs: inputs, outputs: outputs, into: &gradient,
      offset: offset)
  }

  /// The same of rows that may be rounded already.
  public static func addGradient(
    _ x: ProductInput, column: Int = 0, _ g: Matrix, gColumn: Int = 0, inputs: Int, outputs: Int,
    into gradient: inout MutableSpan<Float>, offset: Int = 0
  ) {
    precondition(column >= 0 && column + inputs <= x.columns)
    unsafe withRows(of: x, column: column) { rows in
      unsafe addGradient(rows, x.rows, g, gColumn, inputs, outputs, &gradient, offset)
    }
  }

  /// The rows from a column on, where there are any.
  @unsafe private static func withRows(of x: ProductInput, column: Int, _ body: (frieze_rows) -> Void) {
    let isRounded = x.precision == .bfloat16
    precondition(
      isRounded ? x.rounded.count >= (x.rows + Int(FRIEZE_PADDING)) * x.columns : x.values.count >= x.rows * x.columns)
    guard x.rows > 0 else { return }
    // Safety: the rows, and the padding behind rounded ones, lie within x, as checked.
    unsafe x.values.withUnsafeBufferPointer { v in
      unsafe x.rounded.withUnsafeBufferPointer { r in
        unsafe body(
          frieze_rows(
            values: isRounded ? nil : v.baseAddress.map { unsafe $0 + column },
            rounded: isRounded ? r.baseAddress.map { unsafe $0 + column } : nil, stride: x.columns))
      }
    }
  }

  @unsafe private static func multiply(
    _ x: frieze_rows, _ rows: Int, _ weights: [UInt16], _ transposed: Bool, _ weightOffset: Int, _ inner: Int,
    _ columns: Int, _ out: inout MutableSpan<Float>, _ outStride: Int, _ outOffset: Int, _ accumulate: Bool
  ) {
    precondition(inner > 0 && columns > 0 && weightOffset >= 0 && outOffset >= 0)
    precondition(outStride >= columns && out.count >= outOffset + (rows - 1) * outStride + columns)
    precondition(weights.count >= weightOffset + inner * columns)
    // Safety: the preconditions bound every element that the call touches; the caller answers for x.
    let status = unsafe weights.withUnsafeBufferPointer { w in
      unsafe out.withUnsafeMutableBufferPointer { o in
        guard let w = w.baseAddress, let o = o.baseAddress else { return Int32(0) }
        return unsafe frieze_bfloat16_product(
          x, w + weightOffset, transposed ? inner : columns, transposed ? 1 : 0, o + outOffset, outStride, rows, inner,
          columns, accumulate ? 1 : 0)
      }
    }
    precondition(status == 0, "oneDNN refused a product of \(rows) x \(inner) x \(columns): status \(status)")
  }

  @unsafe private static func addGradient(
    _ x: frieze_rows, _ rows: Int, _ g: Matrix, _ gColumn: Int, _ inputs: Int, _ outputs: Int,
    _ gradient: inout MutableSpan<Float>, _ offset: Int
  ) {
    precondition(inputs > 0 && outputs > 0 && gColumn >= 0 && gColumn + outputs <= g.columns && g.rows >= rows)
    precondition(offset >= 0 && gradient.count >= offset + inputs * outputs)
    // Safety: the preconditions bound every element that the call touches; the caller answers for x.
    let status = unsafe g.values.withUnsafeBufferPointer { pg in
      unsafe gradient.withUnsafeMutableBufferPointer { o in
        guard let pg = pg.baseAddress, let o = o.baseAddress else { return Int32(0) }
        return unsafe frieze_bfloat16_gradient(x, pg + gColumn, g.columns, o + offset, rows, inputs, outputs)
      }
    }
    precondition(status == 0, "oneDNN refused a gradient of \(inputs) x \(rows) x \(outputs): status \(status)")
  }
}
