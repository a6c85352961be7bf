import Foundation
import Tensors
import Testing

@Suite("Tensors") struct TensorsTests {
  @Test("products agree with the definition, transposed or not")
  func productsAgree() {
    var random = RandomStream(seed: 2, purpose: "test")
    let (m, k, n) = (7, 5, 3)
    let a = (0..<m * k).map { _ in Float(random.uniform()) }
    let b = (0..<k * n).map { _ in Float(random.uniform()) }
    var expected = [Float](repeating: 0, count: m * n)
    for i in 0..<m { for j in 0..<n { for l in 0..<k { expected[i * n + j] += a[i * k + l] * b[l * n + j] } } }
    let aT = (0..<k * m).map { a[($0 % m) * k + $0 / m] }
    let bT = (0..<n * k).map { b[($0 % k) * n + $0 / k] }
    for (x, tx) in [(a, false), (aT, true)] {
      for (y, ty) in [(b, false), (bT, true)] {
        var out = [Float](repeating: 1, count: m * n)
        var span = out.mutableSpan
        Products.multiply(
          x.span, transposeA: tx, y.span, transposeB: ty, rows: m, inner: k, columns: n, into: &span, accumulate: true)
        for i in out.indices { #expect(abs(out[i] - 1 - expected[i]) < 1e-5) }
      }
    }
  }

  @Test("normal deviates have the moments of a normal distribution")
  func normals() {
    var values = [Float](repeating: 0, count: 200_000)
    var random = RandomStream(seed: 3, purpose: "test")
    var span = values.mutableSpan
    random.fillNormal(&span)
    let n = Double(values.count)
    let mean = values.reduce(0.0) { $0 + Double($1) } / n
    let variance = values.reduce(0.0) { $0 + Double($1 * $1) } / n
    let fourth = values.reduce(0.0) { $0 + pow(Double($1), 4) } / n
    #expect(abs(mean) < 0.01)
    #expect(abs(variance - 1) < 0.02)
    #expect(abs(fourth - 3) < 0.1)
    #expect(values.contains { $0 > 4 } && values.contains { $0 < -4 })
  }

  @Test("the generator gives Philox's published numbers")
  func philoxKnownAnswer() {
    // Known answer of Philox4x32-10 for counter 0, key 0 (Random123's kat_vectors): the seed cancels the purpose's hash.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "kat".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var random = RandomStream(seed: hash, purpose: "kat")
    #expect(random.next() == 0xE169_C58D_6627_E8D5)
    #expect(random.next() == 0x9B00_DBD8_BC57_AC4C)
  }

  @Test("Fourier features, silu and softmax agree with the library's functions")
  func kernels() {
    let differences: [Float] = [0.1, -0.35, 0.77, 0, 0.5, -0.999]
    var features = [Float](repeating: 0, count: 2 * 6 * 128)
    Kernels.fourier(differences, rows: 2, frequencies: 128, into: &features)
    for row in 0..<2 {
      for axis in 0..<3 {
        for f in 0..<128 {
          // The angle as the kernel sees it, in single precision.
          let turns = Double(differences[3 * row + axis] * Float(f + 1))
          #expect(abs(Double(features[row * 768 + axis * 128 + f]) - sin(2 * .pi * turns)) < 2e-5)
          #expect(abs(Double(features[row * 768 + 384 + axis * 128 + f]) - cos(2 * .pi * turns)) < 2e-5)
        }
      }
    }
    var pre: [Float] = stride(from: -40, through: 40, by: 0.37).map { Float($0) }
    let bias = [Float](repeating: 0.25, count: pre.count)
    let expected = pre.map { Double($0) + 0.25 }.map { $0 / (1 + exp(-$0)) }
    var out = pre
    Kernels.biasSiLU(&pre, bias: bias.span, rows: 1, into: &out)
    for i in out.indices { #expect(abs(Double(out[i]) - expected[i]) < 1e-6 * max(1, abs(expected[i]))) }
  }
}
