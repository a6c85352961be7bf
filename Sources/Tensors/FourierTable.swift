import CKernels

/// What Fourier features of a difference give after a product with fixed weights, as a table over the difference.
///
/// Each axis adds an even function (its cosines) and an odd one (its sines) of one number with period 1, so both are stored for
/// 0 ... 1/2 only, in bfloat16, and interpolated linearly between 8 points a frequency. The error is at most (pi / 8)^2 / 8 = 1.9 %
/// of the amplitude of the highest frequency, and less for lower ones by their square.
public struct FourierTable: Sendable {
  public let intervals: Int
  public let width: Int
  /// (3, intervals + 1, 2 width): cosines' part, then sines'.
  private let values: [UInt16]

  /// - Parameters:
  ///   - sine, cosine: weights (3 frequencies, width), the rows of an axis together.
  public init(sine: Span<Float>, cosine: Span<Float>, frequencies: Int, width: Int) {
    precondition(frequencies > 0)
    let intervals = 8 * frequencies
    precondition(sine.count == 3 * frequencies * width && cosine.count == 3 * frequencies * width)
    self.intervals = intervals
    self.width = width
    let points = intervals + 1
    // One axis differs from 0 in each block of rows, so the features of one axis serve all three.
    var differences = [Float](repeating: 0, count: 3 * points)
    for i in 0..<points { differences[3 * i] = 0.5 * Float(i) / Float(intervals) }
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
    values = Parameters(table, precision: .bfloat16).rounded
  }

  /// The cosines' and the sines' parts of some differences.
  ///
  /// - Parameters: `differences` (rows, 3) in turns; `cosine`, `sine` (rows, width).
  public func look(up differences: [Float], cosine: inout Matrix, sine: inout Matrix) {
    let rows = cosine.rows
    precondition(differences.count >= 3 * rows && sine.rows == rows && cosine.columns == width && sine.columns == width)
    // Safety: three differences and one row of either matrix a row; indices stay within the table as differences are reduced.
    unsafe values.withUnsafeBufferPointer { t in
      unsafe differences.withUnsafeBufferPointer { d in
        unsafe cosine.values.withUnsafeMutableBufferPointer { c in
          unsafe sine.values.withUnsafeMutableBufferPointer { s in
            unsafe frieze_fourier_lookup(t.baseAddress, intervals, d.baseAddress, c.baseAddress, s.baseAddress, rows, width)
          }
        }
      }
    }
  }
}
