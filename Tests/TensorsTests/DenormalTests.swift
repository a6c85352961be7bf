import Dispatch
import Tensors
import Testing

@Suite("Denormals")
struct DenormalTests {
  private static let denormal: Float = 0x1p-140

  @Test("are flushed inside, as operands and as results, and not outside")
  func scope() {
    var x: [Float] = [Self.denormal]
    Kernels.add([Self.denormal], to: &x)
    #expect(x[0] == 2 * Self.denormal && x[0] > 0)
    flushingDenormals {
      var y: [Float] = [Self.denormal]
      Kernels.add([Self.denormal], to: &y)
      #expect(y[0].bitPattern == 0, "an operand")
      var z: [Float] = [0x1.8p-126]
      Kernels.add([-0x1p-126], to: &z)
      #expect(z[0].bitPattern == 0, "a result")
    }
    Kernels.add([Self.denormal], to: &x)
    #expect(x[0] == 3 * Self.denormal)
  }

  @Test("are flushed on every thread that updates parameters")
  func threads() {
    let count = 100_000
    var x = [Float](repeating: Self.denormal, count: count)
    var sum = [Float](repeating: 0, count: count)
    Kernels.drain(&x, into: &sum, threads: 2)
    #expect(sum.allSatisfy { $0.bitPattern == 0 })
  }

  @Test("products see none: of denormal factors the result is zero, by either library")
  func products() {
    let n = 64
    var x = Matrix(rows: n, columns: n)
    x.fill(Self.denormal)
    let large = [Float](repeating: 0x1p100, count: n * n)
    flushingDenormals {
      var out = [Float](repeating: 1, count: n * n)
      var span = out.mutableSpan
      Products.multiply(x.values.span, large.span, rows: n, inner: n, columns: n, into: &span)
      #expect(out.allSatisfy { $0 == 0 })
      var packed = Matrix(rows: n, columns: n)
      PackedWeights(large, inner: n, columns: n, precision: .float32).multiply(x, rows: n, into: &packed)
      #expect(packed.values.allSatisfy { $0 == 0 })
    }
  }
}
