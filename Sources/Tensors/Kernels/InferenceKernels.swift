import CKernels

/// Element-wise loops of message passing with parameters that stay as they are; each checks its shapes once and runs the C loop.
public enum InferenceKernels {
  /// `x = silu(x + bias)`.
  ///
  /// - Parameters: `x` (rows, C); `bias` (C).
  public static func silu(_ x: inout Matrix, bias: [Float], rows: Int) {
    let columns = bias.count
    precondition(x.columns == columns && x.values.count >= rows * columns)
    // Safety: rows * columns elements, as checked.
    unsafe x.values.withUnsafeMutableBufferPointer { unsafe frieze_silu_in_place($0.baseAddress, bias, rows, columns) }
  }

  /// `h += silu(x + bias)` in the first C columns of h.
  ///
  /// - Parameters: `x` (rows, C); `bias` (C); `h` (rows, C or more).
  public static func addSiLU(_ x: Matrix, bias: [Float], rows: Int, to h: inout Matrix) {
    let columns = bias.count
    precondition(x.columns == columns && x.values.count >= rows * columns)
    precondition(h.columns >= columns && h.values.count >= rows * h.columns)
    let stride = h.columns
    // Safety: the rows lie within both matrices, as checked.
    unsafe h.values.withUnsafeMutableBufferPointer {
      unsafe frieze_silu_add(x.values, bias, $0.baseAddress, stride, rows, columns)
    }
  }

  /// What the messages of a layer are made of.
  public struct Messages: Sendable {
    /// (N, 2 C): what centres add, the lattice's part included, then what neighbours add.
    public var sites: Matrix
    /// (pairs of some crystals, C): the Fourier parts of (i, j) and of (j, i).
    public var forward: [Float] = []
    /// The Fourier parts of (j, i), laid out as `forward`.
    public var backward: [Float] = []
    /// (C) the Fourier part of self edges; (D, C) weights of the edges' own numbers.
    public var ownSelf: [Float]
    /// (D, C) weights of the edges' own numbers.
    public var edgeWeights: [Float]
    private var scratch: [Float]

    /// - Parameters:
    ///   - ownSelf: (C) the Fourier part of self edges.
    ///   - edgeWeights: (D, C).
    public init(ownSelf: [Float], edgeWeights: [Float]) {
      (self.ownSelf, self.edgeWeights) = (ownSelf, edgeWeights)
      sites = Matrix(rows: 0, columns: 2 * ownSelf.count)
      scratch = [Float](repeating: 0, count: ownSelf.count)
    }

    /// `silu(center[i] + neighbor[j] + Fourier part + edges[i, j] weights)` of the edges of some of one crystal's sites.
    ///
    /// - Parameters:
    ///   - edges: (E, D) the edges' own numbers, all crystals'.
    ///   - range: the crystal's; its pairs begin at `pair` of `forward` and `backward`.
    ///   - centers: sites of the crystal; the rows of `out` that begin at `row` are those of their edges.
    public mutating func write(
      edges: Matrix, range: EdgeKernels.Range, centers: Range<Int>, pair: Int, row: Int, into out: inout ProductInput
    ) {
      let c = ownSelf.count
      let features = edgeWeights.count / c
      precondition(sites.values.count >= (range.firstSite + range.sites) * 2 * c)
      precondition(pair >= 0 && forward.count >= (pair + range.pairs) * c && backward.count >= (pair + range.pairs) * c)
      precondition(centers.lowerBound >= 0 && centers.upperBound <= range.sites)
      precondition(row >= 0 && out.columns == c && out.rows >= row + centers.count * range.sites)
      precondition(
        features == 0 || edges.columns == features && edges.values.count >= (range.firstEdge + range.edges) * features)
      let isRounded = out.precision == .bfloat16
      let (firstSite, firstEdge) = (range.firstSite * 2 * c, range.firstEdge * features)
      // Safety: the preconditions bound the rows of every array; whichever array of `out` is in use has at least its rows.
      unsafe sites.values.withUnsafeBufferPointer { s in
        unsafe forward.withUnsafeBufferPointer { p in
          unsafe backward.withUnsafeBufferPointer { q in
            unsafe ownSelf.withUnsafeBufferPointer { own in
              unsafe edges.values.withUnsafeBufferPointer { e in
                unsafe edgeWeights.withUnsafeBufferPointer { w in
                  unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                    unsafe out.values.withUnsafeMutableBufferPointer { v in
                      unsafe out.rounded.withUnsafeMutableBufferPointer { r in
                        guard let s = s.baseAddress else { return }
                        let inputs = unsafe frieze_message_inputs(
                          center: s + firstSite, neighbor: s + firstSite + c, stride: 2 * c,
                          forward: p.baseAddress.map { unsafe $0 + pair * c },
                          backward: q.baseAddress.map { unsafe $0 + pair * c },
                          self: own.baseAddress, edges: e.baseAddress.map { unsafe $0 + firstEdge }, weights: w.baseAddress,
                          scratch: scratch.baseAddress, features: features)
                        unsafe frieze_messages(
                          inputs, isRounded ? nil : v.baseAddress.map { unsafe $0 + row * c },
                          isRounded ? r.baseAddress.map { unsafe $0 + row * c } : nil, centers.lowerBound,
                          centers.upperBound, range.sites, c)
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
