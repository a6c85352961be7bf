import Foundation
import Tensors
import Testing

@Suite("Fourier tables")
struct FourierTableTests {
  /// The largest error of a table over random differences where one frequency alone has weights, sine 0.8 and cosine 0.6, an axis.
  private static func worst(frequency f: Int, frequencies: Int, width: Int, precision: Precision) -> Double {
    var (sine, cosine) = (
      [Float](repeating: 0, count: 3 * frequencies * width), [Float](repeating: 0, count: 3 * frequencies * width)
    )
    for axis in 0..<3 {
      sine[(axis * frequencies + f - 1) * width + 3] = 0.8
      cosine[(axis * frequencies + f - 1) * width + 3] = 0.6
    }
    let table = FourierTable(sine: sine.span, cosine: cosine.span, frequencies: frequencies, width: width, precision: precision)
    var random = RandomStream(seed: 3, purpose: "test", index: UInt64(f))
    let rows = 300
    var differences = (0..<3 * rows).map { _ in Float(2 * random.uniform() - 1) }
    for (i, edge) in [0, 0.5, -0.5, 1, -1, 0x1p-25, -0x1p-25, 0.25].enumerated() { differences[3 * i] = Float(edge) }
    var forward = [Float](repeating: 7, count: rows * width)
    var backward = forward
    table.look(up: differences, first: 0, rows: rows, forward: &forward, backward: &backward)
    var worst = 0.0
    for r in 0..<rows {
      let angles = (0..<3).map { 2 * Double.pi * Double(f) * Double(differences[3 * r + $0]) }
      let (even, odd) = (angles.reduce(0) { $0 + 0.6 * cos($1) }, angles.reduce(0) { $0 + 0.8 * sin($1) })
      worst = max(worst, abs(Double(forward[r * width + 3]) - even - odd), abs(Double(backward[r * width + 3]) - even + odd))
      for k in 0..<width where k != 3 { worst = max(worst, abs(Double(forward[r * width + k]))) }
    }
    return worst
  }

  @Test(
    "in float32 a table gives what the features give, to 4e-6 of the amplitude at every frequency",
    arguments: [(1, 8), (8, 8), (1, 64), (33, 64), (64, 64), (100, 128), (128, 128)])
  func float32(frequency: Int, frequencies: Int) {
    for width in [32, 70] {
      let worst = Self.worst(frequency: frequency, frequencies: frequencies, width: width, precision: .float32)
      // Three axes; rounding of the difference times the frequency adds 2 pi f 2^-24 of a turn.
      #expect(worst < 3 * (4e-6 + 2 * .pi * Double(frequency) * 0x1p-24), "\(worst)")
    }
  }

  @Test(
    "in bfloat16 it does within two hundredths of the highest frequency",
    .enabled(if: Precision.bfloat16Missing == nil, "no oneDNN or no bfloat16 instructions here"),
    arguments: [1, 16, 64, 128])
  func bfloat16(frequency: Int) {
    let worst = Self.worst(frequency: frequency, frequencies: 128, width: 32, precision: .bfloat16)
    // The bound of the interpolation, and what rounding to bfloat16 does to three terms of either part.
    #expect(worst < 3 * 1.4 * (0.0193 * pow(Double(frequency) / 128, 2) + 0x1p-8), "\(worst)")
  }
}
