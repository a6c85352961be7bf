import CKernels

/// The messages of a crystal's fully connected graph between two products, self edges included.
///
/// Letters: m sites of one crystal, C features. Edges (i, j) are row-major, i the centre; pairs i < j in the same order.
public struct EdgeKernels {
  /// Where one crystal's rows begin.
  public struct Range: Sendable {
    /// Row of the crystal's first site.
    public var firstSite: Int
    /// m.
    public var sites: Int
    /// Row of its first pair.
    public var firstPair: Int
    /// Row of its first edge.
    public var firstEdge: Int

    /// Rows of one crystal of a batch.
    public init(firstSite: Int, sites: Int, firstPair: Int, firstEdge: Int) {
      self.firstSite = firstSite
      self.sites = sites
      self.firstPair = firstPair
      self.firstEdge = firstEdge
    }

    /// m (m - 1) / 2.
    public var pairs: Int { sites * (sites - 1) / 2 }
    /// m^2, self edges included.
    public var edges: Int { sites * sites }
  }

  /// `pre = center[i] + neighbor[j] + (cosine +- sine of the pair, or self) + edges[i, j]`, `out = silu(pre)`.
  ///
  /// The Fourier part of a message is even (cosines) plus odd (sines) in the difference, so a pair's two edges share both.
  ///
  /// - Parameters: `center`, `neighbor` (N, C); `cosine`, `sine` (pairs, C); `ownSelf` (C); `edges` (edges, C) or empty;
  ///   `out` (edges, C); `pre` (edges, C), or empty where nobody will ask.
  public static func messages(
    center: [Float], neighbor: [Float], cosine: [Float], sine: [Float], ownSelf: [Float], edges: [Float],
    range: Range, into pre: inout [Float], _ out: inout ProductInput
  ) {
    let c = ownSelf.count
    check(range, c, sites: center.count, pairs: cosine.count, edges: pre.isEmpty ? .max : pre.count)
    check(range, c, sites: neighbor.count, pairs: sine.count, edges: out.rows * out.columns)
    precondition(out.columns == c)
    precondition(edges.isEmpty || edges.count >= (range.firstEdge + range.edges) * c)
    let isRounded = out.precision == .bfloat16
    // Safety: `check` bounds the rows of every array; whichever array of `out` is in use has at least its rows.
    unsafe center.withUnsafeBufferPointer { hi in
      unsafe neighbor.withUnsafeBufferPointer { hj in
        unsafe cosine.withUnsafeBufferPointer { pc in
          unsafe sine.withUnsafeBufferPointer { ps in
            unsafe ownSelf.withUnsafeBufferPointer { own in
              unsafe edges.withUnsafeBufferPointer { ed in
                unsafe pre.withUnsafeMutableBufferPointer { pre in
                  unsafe out.values.withUnsafeMutableBufferPointer { values in
                    unsafe out.rounded.withUnsafeMutableBufferPointer { rounded in
                      guard let hi = hi.baseAddress, let hj = hj.baseAddress, let pc = pc.baseAddress,
                        let ps = ps.baseAddress
                      else { return }
                      let first = range.firstEdge * c
                      unsafe frieze_edges(
                        hi + range.firstSite * c, hj + range.firstSite * c, pc + range.firstPair * c,
                        ps + range.firstPair * c, own.baseAddress,
                        ed.isEmpty ? nil : ed.baseAddress.map { unsafe $0 + first },
                        pre.isEmpty ? nil : pre.baseAddress.map { unsafe $0 + first },
                        isRounded ? nil : values.baseAddress.map { unsafe $0 + first },
                        isRounded ? rounded.baseAddress.map { unsafe $0 + first } : nil, range.sites, c)
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

  /// The backward pass of `messages`. `gradient` comes as that of `out` and leaves as that of `pre`; the sites' and the self
  /// edges' gradients are added to, the pairs' written.
  public static func messagesBackward(
    pre: [Float], gradient: inout [Float], range: Range, center: inout [Float],
    neighbor: inout [Float], cosine: inout [Float], sine: inout [Float],
    ownSelf: inout [Float]
  ) {
    let c = ownSelf.count
    check(range, c, sites: center.count, pairs: cosine.count, edges: pre.count)
    check(range, c, sites: neighbor.count, pairs: sine.count, edges: gradient.count)
    // Safety: `check` bounds the rows of every array.
    unsafe pre.withUnsafeBufferPointer { pre in
      unsafe gradient.withUnsafeMutableBufferPointer { g in
        unsafe center.withUnsafeMutableBufferPointer { hi in
          unsafe neighbor.withUnsafeMutableBufferPointer { hj in
            unsafe cosine.withUnsafeMutableBufferPointer { pc in
              unsafe sine.withUnsafeMutableBufferPointer { ps in
                unsafe ownSelf.withUnsafeMutableBufferPointer { own in
                  guard let pre = pre.baseAddress, let g = g.baseAddress, let hi = hi.baseAddress,
                    let hj = hj.baseAddress, let pc = pc.baseAddress, let ps = ps.baseAddress
                  else { return }
                  unsafe frieze_edges_backward(
                    pre + range.firstEdge * c, g + range.firstEdge * c, hi + range.firstSite * c,
                    hj + range.firstSite * c, pc + range.firstPair * c, ps + range.firstPair * c,
                    own.baseAddress, range.sites, c)
                }
              }
            }
          }
        }
      }
    }
  }

  /// `out[i] = mean over j of silu(pre(i, j) + bias)`, rows of `out` `stride` floats apart and beginning at column `column`.
  ///
  /// - Parameter centers: those sites of the crystal, their edges alone in `pre` from the crystal's first row on; all where nil.
  public static func mean(
    pre: [Float], bias: Span<Float>, range: Range, centers: Swift.Range<Int>? = nil, into out: inout [Float], stride: Int,
    column: Int
  ) {
    let c = bias.count
    let centers = centers ?? 0..<range.sites
    precondition(centers.lowerBound >= 0 && centers.upperBound <= range.sites)
    precondition(pre.count >= (range.firstEdge + centers.count * range.sites) * c)
    precondition(column >= 0 && column + c <= stride && out.count >= (range.firstSite + range.sites) * stride)
    // Safety: bounds checked above.
    unsafe pre.withUnsafeBufferPointer { m in
      unsafe bias.withUnsafeBufferPointer { b in
        unsafe out.withUnsafeMutableBufferPointer { o in
          guard let m = m.baseAddress, let o = o.baseAddress else { return }
          unsafe frieze_edge_mean(
            m + range.firstEdge * c, b.baseAddress, o + (range.firstSite + centers.lowerBound) * stride + column, centers.count,
            range.sites, c, stride)
        }
      }
    }
  }

  /// The gradient of `pre` (edges, C) where `silu(pre + bias)` was averaged: written to `gradient`.
  public static func meanBackward(
    pre: [Float], bias: Span<Float>, output: [Float], range: Range, into gradient: inout [Float], stride: Int, column: Int
  ) {
    let c = bias.count
    precondition(pre.count >= (range.firstEdge + range.edges) * c)
    precondition(gradient.count >= (range.firstEdge + range.edges) * c)
    precondition(column >= 0 && column + c <= stride && output.count >= (range.firstSite + range.sites) * stride)
    // Safety: bounds checked above.
    unsafe pre.withUnsafeBufferPointer { p in
      unsafe bias.withUnsafeBufferPointer { b in
        unsafe output.withUnsafeBufferPointer { o in
          unsafe gradient.withUnsafeMutableBufferPointer { g in
            guard let p = p.baseAddress, let o = o.baseAddress, let g = g.baseAddress else { return }
            unsafe frieze_edge_mean_backward(
              p + range.firstEdge * c, b.baseAddress, o + range.firstSite * stride + column, g + range.firstEdge * c,
              range.sites, c, stride)
          }
        }
      }
    }
  }

  private static func check(_ range: Range, _ c: Int, sites: Int, pairs: Int, edges: Int) {
    precondition(c > 0 && range.firstSite >= 0 && range.firstPair >= 0 && range.firstEdge >= 0)
    precondition(sites >= (range.firstSite + range.sites) * c)
    precondition(pairs >= (range.firstPair + range.pairs) * c)
    precondition(edges >= (range.firstEdge + range.edges) * c)
  }
}
