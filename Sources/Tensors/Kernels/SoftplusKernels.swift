import CKernels

/// Element-wise loops of message passing with `s(x) = ln(1 + e^x) - ln 2`; each checks its shapes once and runs the C loop.
public enum SoftplusKernels {
  /// `x = s(x + bias)` of the first rows.
  ///
  /// - Parameters: `x` (rows or more, C); `bias` (C).
  public static func softplus(_ x: inout [Float], bias: [Float], rows: Int) {
    let columns = bias.count
    precondition(rows >= 0 && x.count >= rows * columns)
    // Safety: rows * columns elements, as checked.
    unsafe x.withUnsafeMutableBufferPointer { unsafe frieze_softplus($0.baseAddress, bias, rows, columns) }
  }

  /// `x[r] = s(x[r] + first columns of parts[center] + last columns of parts[neighbor])` for the edges `first + r`.
  ///
  /// - Parameters: `x` (rows or more, C); `parts` (N, 2 C); `centers` and `neighbors` name rows of it.
  public static func softplus(
    _ x: inout [Float], parts: [Float], centers: IndexedRows, neighbors: IndexedRows, edges: Range<Int>, width: Int
  ) {
    precondition(width > 0 && x.count >= edges.count * width)
    precondition(parts.count >= max(centers.count, neighbors.count) * 2 * width)
    precondition(edges.lowerBound >= 0 && edges.upperBound <= min(centers.indices.count, neighbors.indices.count))
    guard !edges.isEmpty else { return }
    // Safety: the edges lie within both lists, whose indices name rows of the parts (`IndexedRows`).
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe parts.withUnsafeBufferPointer { parts in
        unsafe centers.indices.withUnsafeBufferPointer { i in
          unsafe neighbors.indices.withUnsafeBufferPointer { j in
            guard let p = parts.baseAddress, let i = i.baseAddress, let j = j.baseAddress else { return }
            unsafe frieze_softplus_edges(
              x.baseAddress, p, p + width, 2 * width, i + edges.lowerBound, j + edges.lowerBound, edges.count, width)
          }
        }
      }
    }
  }

  /// `out[centers[first + r]] += weights[first + r] x[r]` for some edges.
  ///
  /// - Parameters: `x` (rows or more, C); `weights` (E); `out` (N, C).
  public static func scatter(
    _ x: [Float], weights: [Float], to centers: IndexedRows, edges: Range<Int>, into out: inout [Float], width: Int
  ) {
    precondition(width > 0 && x.count >= edges.count * width && out.count >= centers.count * width)
    precondition(edges.lowerBound >= 0 && edges.upperBound <= min(centers.indices.count, weights.count))
    guard !edges.isEmpty else { return }
    // Safety: the edges lie within weights and indices, which name rows of `out` (`IndexedRows`).
    unsafe weights.withUnsafeBufferPointer { w in
      unsafe centers.indices.withUnsafeBufferPointer { i in
        unsafe out.withUnsafeMutableBufferPointer { o in
          guard let w = w.baseAddress, let i = i.baseAddress else { return }
          unsafe frieze_weighted_scatter(x, w + edges.lowerBound, i + edges.lowerBound, o.baseAddress, edges.count, width)
        }
      }
    }
  }
}

/// A row of functions of one variable from 0 up, tabulated and interpolated cubically.
public struct CubicTable: Sendable {
  /// Values at -step, 0, step, …, of `width` functions each.
  private let values: [Float]
  private let knots: Int
  private let width: Int
  private let step: Double

  /// Where the functions have to be known for a table that goes up to a limit.
  public static func places(upTo limit: Double, step: Double) -> [Double] {
    precondition(limit > 0 && step > 0)
    return (0..<Int((limit / step).rounded(.up)) + 4).map { Double($0 - 1) * step }
  }

  /// - Parameters:
  ///   - values: (places, width), row-major.
  ///   - step: between two places.
  public init(_ values: [Float], width: Int, step: Double) {
    precondition(width > 0 && values.count.isMultiple(of: width) && values.count >= 4 * width)
    (self.values, self.width, self.step) = (values, width, step)
    knots = values.count / width
  }

  /// The functions at `x[edges]`: the first ones go to `a` from row `edges.lowerBound` on, the others to `b` from its first row on.
  ///
  /// - Parameters: `a` (E, first); `b` (edges or more, width - first).
  public func look(up x: [Float], edges: Range<Int>, into a: inout [Float], first: Int, _ b: inout [Float]) {
    precondition(first >= 0 && first <= width && edges.lowerBound >= 0 && edges.upperBound <= x.count)
    precondition(a.count >= edges.upperBound * first && b.count >= edges.count * (width - first))
    guard !edges.isEmpty else { return }
    // Safety: rows of x, a and b as checked; the loop stays within the table's knots.
    unsafe x.withUnsafeBufferPointer { x in
      unsafe a.withUnsafeMutableBufferPointer { a in
        unsafe b.withUnsafeMutableBufferPointer { b in
          guard let x = x.baseAddress, let a = a.baseAddress else { return }
          unsafe frieze_cubic_lookup(
            values, knots, Float(1 / step), x + edges.lowerBound, a + edges.lowerBound * first, first, b.baseAddress, width,
            edges.count)
        }
      }
    }
  }
}

/// Set2Set (Vinyals et al., ICLR 2016) with 16 features, as MEGNet has it: the cell of its recurrent unit begins at zero in every step.
public struct Set2Set: Sendable {
  /// Features of a row that is pooled.
  public static let width = 16
  private let recurrent: [Float]
  private let bias: [Float]
  private let steps: Int

  /// - Parameters:
  ///   - recurrent: (32, 64), row-major: input, forget, candidate and output gate side by side.
  ///   - bias: (64).
  ///   - steps: 1 or more.
  public init(recurrent: [Float], bias: [Float], steps: Int) {
    precondition(recurrent.count == 32 * 64 && bias.count == 64 && steps > 0)
    (self.recurrent, self.bias, self.steps) = (recurrent, bias, steps)
  }

  /// Pools rows to 32 numbers.
  ///
  /// - Parameters:
  ///   - values: (all, 16), of which `rows`, at least one.
  ///   - weights: (all) how many equal rows each stands for.
  ///   - out: written from `offset` on.
  public func pool(_ values: [Float], weights: [Float], rows: Range<Int>, into out: inout [Float], offset: Int) {
    precondition(!rows.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= weights.count)
    precondition(values.count >= rows.upperBound * Self.width && offset >= 0 && out.count >= offset + 2 * Self.width)
    // Safety: rows and room as checked; sizes of the weights as in `init`.
    unsafe values.withUnsafeBufferPointer { v in
      unsafe weights.withUnsafeBufferPointer { w in
        unsafe out.withUnsafeMutableBufferPointer { o in
          guard let v = v.baseAddress, let w = w.baseAddress, let o = o.baseAddress else { return }
          unsafe frieze_set2set(
            v + rows.lowerBound * Self.width, w + rows.lowerBound, rows.count, recurrent, bias, steps, o + offset)
        }
      }
    }
  }
}

/// Points in space, to be asked which of them lie near a place.
public struct PointCloud: Sendable {
  private var x: [Double] = []
  private var y: [Double] = []
  private var z: [Double] = []
  private var found: [Int32] = []
  private var squares: [Double] = []

  /// Without points.
  public init() {}

  /// How many there are.
  public var count: Int { x.count }

  /// Takes all points away; the memory stays.
  public mutating func removeAll() {
    x.removeAll(keepingCapacity: true)
    y.removeAll(keepingCapacity: true)
    z.removeAll(keepingCapacity: true)
  }

  /// Adds points behind the others, all moved by a vector.
  public mutating func append(_ points: [SIMD3<Double>], shifted: SIMD3<Double> = .zero) {
    for point in points {
      let place = point + shifted
      x.append(place.x)
      y.append(place.y)
      z.append(place.z)
    }
  }

  /// Calls `body` with the index and the squared distance of every point nearer to a place than the root of `squared`, in order.
  public mutating func forEach(near place: SIMD3<Double>, squared: Double, _ body: (Int, Double) -> Void) {
    if found.count < count {
      found = [Int32](repeating: 0, count: count)
      squares = [Double](repeating: 0, count: count)
    }
    var number = 0
    // Safety: all arrays have `count` elements or more; the place has three.
    unsafe found.withUnsafeMutableBufferPointer { f in
      unsafe squares.withUnsafeMutableBufferPointer { s in
        number = unsafe frieze_points_within(
          x, y, z, x.count, [place.x, place.y, place.z], squared, f.baseAddress, s.baseAddress)
      }
    }
    for k in 0..<number { body(Int(found[k]), squares[k]) }
  }
}
