import CKernels
import COpenBLAS

/// Dense products on float32, by OpenBLAS on one thread; callers cut their work into threads themselves.
public enum Products {
  /// Keeps the library from starting threads of its own; called once before the first product.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// The name of the kernels that OpenBLAS chose for this processor.
  public static var kernelName: String {
    unsafe openblas_get_corename().map { unsafe String(cString: $0) } ?? "unknown"
  }

  /// The widest vectors that the processor has, whatever kernels were chosen: 512, 256 or 128 bits.
  public static var vectorBits: Int { Int(frieze_vector_bits()) }

  /// Whether loops that are compiled for several widths run in a variant with fused products and sums; from 256 bits on they are to.
  public static var fusesLoops: Bool { frieze_multiply_add(1 + 0x1p-12, 1 + 0x1p-12, -1 - 0x1p-11) == 0x1p-24 }

  /// `out = op(a) op(b)`, or `out += op(a) op(b)`.
  ///
  /// - Parameters:
  ///   - a: `(rows, inner)`, or `(inner, rows)` where transposed; row-major with `aStride` floats a row.
  ///   - b: `(inner, columns)`, or `(columns, inner)` where transposed; with `bStride` floats a row.
  ///   - out: `(rows, columns)` with `outStride` floats a row, beginning at `outOffset`.
  public static func multiply(
    _ a: Span<Float>, transposeA: Bool = false, aStride: Int? = nil, aOffset: Int = 0,
    _ b: Span<Float>, transposeB: Bool = false, bStride: Int? = nil, bOffset: Int = 0,
    rows: Int, inner: Int, columns: Int,
    into out: inout MutableSpan<Float>, outStride: Int? = nil, outOffset: Int = 0, accumulate: Bool = false
  ) {
    guard rows > 0, columns > 0 else { return }
    let lda = aStride ?? (transposeA ? rows : inner)
    let ldb = bStride ?? (transposeB ? inner : columns)
    let ldc = outStride ?? columns
    precondition(lda >= (transposeA ? rows : inner) && ldb >= (transposeB ? inner : columns) && ldc >= columns)
    precondition(inner > 0 && aOffset >= 0 && bOffset >= 0 && outOffset >= 0)
    precondition(a.count >= aOffset + ((transposeA ? inner : rows) - 1) * lda + (transposeA ? rows : inner))
    precondition(b.count >= bOffset + ((transposeB ? columns : inner) - 1) * ldb + (transposeB ? inner : columns))
    precondition(out.count >= outOffset + (rows - 1) * ldc + columns)
    _ = singleThreaded
    // Safety: the three preconditions above bound every element that the call touches.
    unsafe a.withUnsafeBufferPointer { pa in
      unsafe b.withUnsafeBufferPointer { pb in
        unsafe out.withUnsafeMutableBufferPointer { po in
          guard let pa = pa.baseAddress, let pb = pb.baseAddress, let po = po.baseAddress else { return }
          unsafe cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(inner), 1, pa + aOffset, Int32(lda), pb + bOffset, Int32(ldb),
            accumulate ? 1 : 0, po + outOffset, Int32(ldc))
        }
      }
    }
  }
}
