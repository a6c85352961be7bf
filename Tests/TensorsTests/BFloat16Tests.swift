import Foundation
import Tensors
import Testing

@Suite("bfloat16 products", .enabled(if: Precision.bfloat16Missing == nil, "no oneDNN or no bfloat16 instructions here"))
struct BFloat16Tests {
  /// Deviates, and the same after rounding to bfloat16: 8 significant bits, to nearest, ties to even.
  static func matrix(_ count: Int, _ index: UInt64) -> (exact: [Float], rounded: [Float]) {
    var random = RandomStream(seed: 4, purpose: "test", index: index)
    let exact = (0..<count).map { _ in Float(random.uniform() - 0.5) }
    let parameters = Parameters(exact, precision: .bfloat16)
    return (exact, parameters.rounded.map { Float(bitPattern: UInt32($0) << 16) })
  }

  private static func floats(_ bits: [UInt16]) -> [Float] { bits.map { Float(bitPattern: UInt32($0) << 16) } }

  @Test("rounding is to the nearest, ties to even, and keeps what is not a number")
  func rounding() {
    let x: [Float] = [1, 1 + 0x1p-8, 1 + 0x1.8p-7, 1 + 0x1.01p-8, -3.1415927, .infinity, 0]
    let expected: [Float] = [1, 1, 1 + 0x1p-6, 1 + 0x1p-7, -3.140625, .infinity, 0]
    #expect(Self.floats(Parameters(x, precision: .bfloat16).rounded) == expected)
    #expect(Self.floats(Parameters([.nan], precision: .bfloat16).rounded)[0].isNaN)
  }

  private static func rows(_ values: [Float], columns: Int) -> Matrix {
    var matrix = Matrix(rows: values.count / columns, columns: columns)
    matrix.values = values
    return matrix
  }

  private static func agree(_ a: [Float], _ b: [Float], within tolerance: Float) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { x, y in abs(x - y) < tolerance }
  }

  @Test("products agree with float32's of rounded factors", arguments: [1, 15, 16, 65, 512, 530])
  func products(rows: Int) {
    let (inner, columns, stride, outStride) = (96, 40, 101, 47)
    let x = Self.matrix(rows * stride, 1)
    let w = Self.matrix(inner * columns + 5, 2)
    let weights = Parameters(w.exact, precision: .bfloat16).rounded
    for transposed in [false, true] {
      var expected = [Float](repeating: 1, count: rows * outStride + 2)
      var out = expected
      var span = expected.mutableSpan
      Products.multiply(
        x.rounded.span, aStride: stride, aOffset: 3, w.rounded.span, transposeB: transposed, bOffset: 5, rows: rows,
        inner: inner, columns: columns, into: &span, outStride: outStride, outOffset: 2, accumulate: true)
      var outSpan = out.mutableSpan
      BFloat16Products.multiply(
        Self.rows(x.exact, columns: stride), column: 3, weights, transposed: transposed, weightOffset: 5, inner: inner,
        columns: columns, into: &outSpan, outStride: outStride, outOffset: 2, accumulate: true)
      #expect(Self.agree(out, expected, within: 1e-4))
    }
  }

  @Test("gradients of weights agree with float32's of rounded factors", arguments: [1, 64, 511, 700])
  func gradients(rows: Int) {
    let (inputs, outputs) = (48, 64)
    let x = Self.matrix(rows * inputs, 3)
    let g = Self.matrix(rows * outputs, 4)
    var expected = [Float](repeating: 0.5, count: inputs * outputs)
    var out = expected
    var span = expected.mutableSpan
    Products.multiply(
      x.rounded.span, transposeA: true, g.rounded.span, rows: inputs, inner: rows, columns: outputs, into: &span,
      accumulate: true)
    var outSpan = out.mutableSpan
    BFloat16Products.addGradient(
      Self.rows(x.exact, columns: inputs), Self.rows(g.exact, columns: outputs), inputs: inputs, outputs: outputs,
      into: &outSpan)
    #expect(Self.agree(out, expected, within: 2e-4))
  }

  @Test("rows rounded beforehand give the bits of rows rounded on the way", arguments: [3, 70, 600])
  func roundedInput(rows: Int) {
    let (frequencies, columns) = (8, 32)
    let differences = Self.matrix(rows * 3, 5).exact
    var waves = Matrix(rows: rows, columns: 6 * frequencies)
    Kernels.fourier(differences, rows: rows, frequencies: frequencies, into: &waves.values)
    var rounded = ProductInput(columns: 6 * frequencies)
    rounded.resize(rows: rows + 100, .bfloat16)
    rounded.resize(rows: rows, .bfloat16)
    Kernels.fourier(differences, frequencies: frequencies, into: &rounded)
    let weights = Parameters(Self.matrix(6 * frequencies * columns, 6).exact, precision: .bfloat16).rounded
    var (a, b) = ([Float](repeating: 0, count: rows * columns), [Float](repeating: 0, count: rows * columns))
    var span = a.mutableSpan
    BFloat16Products.multiply(waves, weights, inner: 6 * frequencies, columns: columns, into: &span, outStride: columns)
    span = b.mutableSpan
    BFloat16Products.multiply(rounded, weights, inner: 6 * frequencies, columns: columns, into: &span, outStride: columns)
    #expect(a == b)
    let g = Self.rows(Self.matrix(rows * columns, 7).exact, columns: columns)
    var (da, db) = ([Float](repeating: 0, count: weights.count), [Float](repeating: 0, count: weights.count))
    span = da.mutableSpan
    BFloat16Products.addGradient(waves, g, inputs: 6 * frequencies, outputs: columns, into: &span)
    span = db.mutableSpan
    BFloat16Products.addGradient(rounded, g, inputs: 6 * frequencies, outputs: columns, into: &span)
    #expect(da == db)
  }
}
