import COneDNN

/// Products with a network's weights in bfloat16, summed in float32; rows are rounded on the way in.
public enum BFloat16Products {
  /// `out = x w`, or `out += x w`.
  ///
  /// - Parameters:
  ///   - x: `rows` rows of `inner` floats, `stride` floats apart, beginning at `offset`.
  ///   - weights: `(inner, columns)`, or `(columns, inner)` where transposed, beginning at `weightOffset`.
  ///   - out: `rows` rows of `columns` floats, `outStride` floats apart, beginning at `outOffset`.
  public static func multiply(
    _ x: Span<Float>, stride: Int, offset: Int, _ weights: [UInt16], transposed: Bool, weightOffset: Int, rows: Int,
    inner: Int, columns: Int, into out: inout MutableSpan<Float>, outStride: Int, outOffset: Int, accumulate: Bool
  ) {
    guard rows > 0 else { return }
    precondition(inner > 0 && columns > 0 && offset >= 0 && weightOffset >= 0 && outOffset >= 0)
    precondition(stride >= inner && x.count >= offset + (rows - 1) * stride + inner)
    precondition(outStride >= columns && out.count >= outOffset + (rows - 1) * outStride + columns)
    precondition(weights.count >= weightOffset + inner * columns)
    // Safety: the preconditions bound every element that the call touches.
    let status = unsafe x.withUnsafeBufferPointer { px in
      unsafe weights.withUnsafeBufferPointer { pw in
        unsafe out.withUnsafeMutableBufferPointer { po in
          guard let px = px.baseAddress, let pw = pw.baseAddress, let po = po.baseAddress else { return Int32(0) }
          return unsafe frieze_bfloat16_product(
            px + offset, stride, pw + weightOffset, transposed ? inner : columns, transposed ? 1 : 0, po + outOffset,
            outStride, rows, inner, columns, accumulate ? 1 : 0)
        }
      }
    }
    precondition(status == 0, "oneDNN refused a product of \(rows) x \(inner) x \(columns): status \(status)")
  }

  /// `gradient += x^T g`: the gradient of `weights` in `x weights` where `g` is that of the product.
  ///
  /// - Parameters:
  ///   - x: `rows` rows of `inputs` floats; `g`: `rows` rows of `outputs` floats.
  ///   - gradient: `(inputs, outputs)`, beginning at `gradientOffset`.
  public static func addGradient(
    _ x: Span<Float>, stride: Int, offset: Int, _ g: Span<Float>, gStride: Int, gOffset: Int, rows: Int, inputs: Int,
    outputs: Int, into gradient: inout MutableSpan<Float>, gradientOffset: Int
  ) {
    guard rows > 0 else { return }
    precondition(inputs > 0 && outputs > 0 && offset >= 0 && gOffset >= 0 && gradientOffset >= 0)
    precondition(stride >= inputs && x.count >= offset + (rows - 1) * stride + inputs)
    precondition(gStride >= outputs && g.count >= gOffset + (rows - 1) * gStride + outputs)
    precondition(gradient.count >= gradientOffset + inputs * outputs)
    // Safety: the preconditions bound every element that the call touches.
    let status = unsafe x.withUnsafeBufferPointer { px in
      unsafe g.withUnsafeBufferPointer { pg in
        unsafe gradient.withUnsafeMutableBufferPointer { po in
          guard let px = px.baseAddress, let pg = pg.baseAddress, let po = po.baseAddress else { return Int32(0) }
          return unsafe frieze_bfloat16_gradient(
            px + offset, stride, pg + gOffset, gStride, po + gradientOffset, rows, inputs, outputs)
        }
      }
    }
    precondition(status == 0, "oneDNN refused a gradient of \(inputs) x \(rows) x \(outputs): status \(status)")
  }
}
