import CKernels
import Foundation

/// What Fourier features of a difference give after a product with fixed weights, as a table over the difference.
///
/// With weights c and s of its cosines and sines each axis adds
///
///     E(d) = sum over f = 1...F of c_f cos(2 pi f d) + s_f sin(2 pi f d)
///
/// a function of one number with period 1, and a pair of sites needs it at d (edge i, j) and -d (edge j, i).
///
/// - float32: the values of E on 4 F points a period, weighted by a kernel of seven taps that the table's values are corrected for
///   (non-uniform fast Fourier transform of the second kind: Barnett, Magland & af Klinteberg 2019, "exponential of semicircle").
///   The error is near 2e-6 of the amplitude of a frequency, which is float32's own for sums of this length.
/// - bfloat16: even and odd part over 0 ... 1/2, interpolated linearly between 8 points a frequency. The error is at most
///   (pi / 8)^2 / 8 = 1.9 % of the amplitude of the highest frequency, and less for lower ones by their square.
public struct FourierTable: Sendable {
  /// Features of a function's value.
  public let width: Int
  private let values: Values

  private enum Values: Sendable {
    /// (3, points, width).
    case periodic([Float], points: Int)
    /// (3, intervals + 1, 2 width): cosines' part, then sines'.
    case linear([UInt16], intervals: Int)
  }

  /// - Parameters:
  ///   - sine, cosine: weights (3 frequencies, width), the rows of an axis together.
  public init(sine: Span<Float>, cosine: Span<Float>, frequencies: Int, width: Int, precision: Precision) {
    precondition(frequencies > 0 && width > 0)
    precondition(sine.count == 3 * frequencies * width && cosine.count == 3 * frequencies * width)
    self.width = width
    switch precision {
    case .float32:
      let points = 4 * frequencies
      let (scaledSine, scaledCosine) = Kernel.corrected(sine, cosine, frequencies: frequencies, width: width, points: points)
      let both = Self.values(
        scaledSine.span, scaledCosine.span, frequencies: frequencies, width: width, points: points, step: 1 / Float(points))
      var table = [Float](repeating: 0, count: 3 * points * width)
      for row in 0..<3 * points {
        for k in 0..<width { table[row * width + k] = both[row * 2 * width + k] + both[row * 2 * width + width + k] }
      }
      values = .periodic(table, points: points)
    case .bfloat16:
      let intervals = 8 * frequencies
      let both = Self.values(
        sine, cosine, frequencies: frequencies, width: width, points: intervals + 1, step: 0.5 / Float(intervals))
      values = .linear(Parameters(both, precision: .bfloat16).rounded, intervals: intervals)
    }
  }

  /// (3, points, 2 width) the cosines' and the sines' parts of every axis at 0, step, 2 step …
  private static func values(
    _ sine: Span<Float>, _ cosine: Span<Float>, frequencies: Int, width: Int, points: Int, step: Float
  ) -> [Float] {
    // One axis differs from 0 in each block of rows, so the features of one axis serve all three.
    var differences = [Float](repeating: 0, count: 3 * points)
    for i in 0..<points { differences[3 * i] = Float(i) * step }
    var features = [Float](repeating: 0, count: 6 * frequencies * points)
    Kernels.fourier(differences, rows: points, frequencies: frequencies, into: &features)
    var table = [Float](repeating: 0, count: 3 * points * 2 * width)
    var rows = table.mutableSpan
    func fill(_ weights: Span<Float>, features column: Int, axis: Int, into out: Int, _ rows: inout MutableSpan<Float>) {
      Products.multiply(
        features.span, aStride: 6 * frequencies, aOffset: column, weights, bOffset: axis * frequencies * width,
        rows: points, inner: frequencies, columns: width, into: &rows, outStride: 2 * width,
        outOffset: axis * points * 2 * width + out)
    }
    for axis in 0..<3 {
      fill(cosine, features: 3 * frequencies, axis: axis, into: 0, &rows)
      fill(sine, features: 0, axis: axis, into: width, &rows)
    }
    return table
  }

  /// E of all three axes at some differences and at their negatives.
  ///
  /// - Parameters: `differences` (…, 3) in turns, of which the rows from `first` on are looked up; `forward`, `backward` (rows, width).
  public func look(up differences: [Float], first: Int = 0, rows: Int, forward: inout [Float], backward: inout [Float]) {
    guard rows > 0 else { return }
    precondition(first >= 0 && differences.count >= 3 * (first + rows))
    precondition(forward.count >= rows * width && backward.count >= rows * width)
    // Safety: three differences and one row of either array a row, as checked; indices stay within the tables, as differences are
    // reduced to a period.
    unsafe differences.withUnsafeBufferPointer { d in
      unsafe forward.withUnsafeMutableBufferPointer { p in
        unsafe backward.withUnsafeMutableBufferPointer { q in
          guard let d = d.baseAddress, let p = p.baseAddress, let q = q.baseAddress else { return }
          switch values {
          case .periodic(let table, let points):
            unsafe frieze_periodic_lookup(
              table, Kernel.values, points, Kernel.taps, Kernel.steps, d + 3 * first, p, q, rows, width)
          case .linear(let table, let intervals):
            unsafe frieze_linear_lookup(table, intervals, d + 3 * first, p, q, rows, width)
          }
        }
      }
    }
  }

  /// The kernel `exp(b (sqrt(1 - (2 u / taps)^2) - 1))`, u in points of the table.
  private enum Kernel {
    static let taps = 7
    /// Places within an interval at which the kernel is tabulated.
    static let steps = 2048
    private static let sharpness = 2.3 * Double(taps)

    private static func value(_ u: Double) -> Double {
      let x = 2 * u / Double(taps)
      return abs(x) < 1 ? exp(sharpness * ((1 - x * x).squareRoot() - 1)) : 0
    }

    /// (steps + 1, taps): the weights of the points -taps/2 ... taps/2 around the nearest one.
    static let values: [Float] = (0...steps).flatMap { step in
      (0..<taps).map { Float(value(Double(step) / Double(steps) - 0.5 - Double($0 - taps / 2))) }
    }

    /// The weights over the kernel's Fourier transform at their frequencies.
    static func corrected(
      _ sine: Span<Float>, _ cosine: Span<Float>, frequencies: Int, width: Int, points: Int
    ) -> (sine: [Float], cosine: [Float]) {
      let samples = 4000
      let h = Double(taps) / Double(samples)
      let places = (0..<samples).map { (Double($0) + 0.5) * h - 0.5 * Double(taps) }
      let kernel = places.map { h * value($0) }
      let factors = (1...frequencies).map { f in
        let turn = 2 * Double.pi * Double(f) / Double(points)
        var integral = 0.0
        for (u, weight) in zip(places, kernel) { integral += weight * cos(turn * u) }
        return Float(1 / integral)
      }
      func scaled(_ weights: Span<Float>) -> [Float] {
        weights.indices.map { weights[$0] * factors[$0 / width % frequencies] }
      }
      return (scaled(sine), scaled(cosine))
    }
  }
}
