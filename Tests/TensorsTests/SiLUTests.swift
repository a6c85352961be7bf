import Foundation
import Tensors
import Testing

@Suite("SiLU")
struct SiLUTests {
  @Test("silu and its derivative agree with their formulas, from the largest numbers to the smallest")
  func values() {
    let x: [Float] =
      stride(from: Float(-120), through: 120, by: 0.37).map { $0 } + [-1e30, -1e4, -88.5, -87, -86, 0, 86, 87, 88.5, 1e4, 1e30]
    var pre = x
    var out = x
    var slope = [Float](repeating: 1, count: x.count)
    Kernels.biasSiLU(&pre, bias: [Float](repeating: 0, count: x.count).span, rows: 1, into: &out)
    Kernels.siLUBackward(pre: x, gradient: &slope, count: x.count)
    for (i, value) in x.enumerated() {
      let s = 1 / (1 + exp(-Double(value)))
      let (y, d) = (Double(value) * s, s * (1 + Double(value) * (1 - s)))
      #expect(abs(Double(out[i]) - y) <= 1e-6 * max(abs(y), 1), "silu(\(value)) = \(out[i])")
      #expect(abs(Double(slope[i]) - d) <= 2e-6, "silu'(\(value)) = \(slope[i])")
    }
  }

  @Test("and the other loops run in the variant of the processor's vectors, whoever made it")
  func variant() { #expect(Products.fusesLoops == (Products.vectorBits >= 256)) }
}
