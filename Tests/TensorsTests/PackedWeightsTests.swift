import Tensors
import Testing

@Suite("Packed weights")
struct PackedWeightsTests {
  private static func numbers(_ count: Int, _ index: UInt64) -> [Float] {
    var random = RandomStream(seed: 9, purpose: "test", index: index)
    return (0..<count).map { _ in Float(random.uniform() - 0.5) }
  }

  static let precisions: [Precision] = Precision.bfloat16Missing == nil ? [.float32, .bfloat16] : [.float32]

  @Test(
    "products agree with sums over pairs, whatever the number of rows and where columns lie", arguments: precisions,
    [1, 15, 16, 17, 64, 100, 527, 1041])
  func products(precision: Precision, rows: Int) {
    for (inner, columns) in [(64, 96), (195, 64), (256, 91), (256, 512), (6, 40), (32, 6)] {
      let weights = Self.numbers(inner * columns, 1)
      let packed = PackedWeights(weights, inner: inner, columns: columns, precision: precision)
      var x = Matrix(rows: rows, columns: inner + 5)
      x.values = Self.numbers(rows * (inner + 5), 2)
      func read(_ values: [Float]) -> [Float] {
        precision == .float32
          ? values : Parameters(values, precision: .bfloat16).rounded.map { Float(bitPattern: UInt32($0) << 16) }
      }
      let (a, b) = (read(x.values), read(weights))
      for accumulate in [false, true] {
        var out = Matrix(rows: rows, columns: columns + 3)
        out.fill(2)
        packed.multiply(x, column: 4, rows: rows, into: &out, outColumn: 2, accumulate: accumulate)
        var worst: Float = 0
        for r in [0, rows / 2, rows - 1] {
          for c in stride(from: 0, to: columns, by: 7) {
            var sum: Float = accumulate ? 2 : 0
            for i in 0..<inner { sum += a[r * (inner + 5) + 4 + i] * b[i * columns + c] }
            worst = max(worst, abs(out[r, 2 + c] - sum))
          }
          #expect(out[r, 0] == 2 && out[r, 1] == 2 && out[r, columns + 2] == 2)
        }
        #expect(worst < 1e-4, "\(inner) x \(columns): \(worst)")
      }
    }
  }

  @Test(
    "rows that are rounded already give the same bits",
    .enabled(if: Precision.bfloat16Missing == nil, "no oneDNN or no bfloat16 instructions here"))
  func rounded() {
    let (rows, inner, columns) = (75, 64, 64)
    let packed = PackedWeights(Self.numbers(inner * columns, 3), inner: inner, columns: columns, precision: .bfloat16)
    var input = ProductInput(columns: 6 * 11)
    input.resize(rows: rows, .bfloat16)
    let wide = PackedWeights(Self.numbers(66 * columns, 4), inner: 66, columns: columns, precision: .bfloat16)
    let differences = Self.numbers(3 * rows, 5)
    Kernels.fourier(differences, frequencies: 11, into: &input)
    var features = [Float](repeating: 0, count: rows * 66)
    Kernels.fourier(differences, rows: rows, frequencies: 11, into: &features)
    var x = Matrix(rows: rows, columns: 66)
    x.values = features
    var (a, b) = (Matrix(rows: rows, columns: columns), Matrix(rows: rows, columns: columns))
    wide.multiply(input, into: &a)
    wide.multiply(x, rows: rows, into: &b)
    #expect(a.values == b.values)
    #expect(packed.inner == inner)
  }
}
