import Foundation
public import Tensors

/// Sites of one crystal look at each other: queries, keys and values side by side, (N, 3 C), to (N, C) (Vaswani et al. 2017, eq. 1):
///
///     y_i = sum over j of softmax_j(q_i k_j / sqrt(C / heads)) v_j      of every head's columns by themselves
public struct SelfAttention: Operation {
  private let graph: CrystalGraph
  private let heads: Int

  /// - Parameters:
  ///   - graph: whose crystals' sites see each other.
  ///   - heads: divide the columns evenly.
  public init(_ graph: CrystalGraph, heads: Int) { (self.graph, self.heads) = (graph, heads) }

  /// (E, heads) the weights of the values.
  public func makeKept() -> Matrix { Matrix(rows: 0, columns: heads) }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x[0].columns / 3) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ weights: inout Matrix, into y: inout Matrix) {
    let (x, c) = (x[0], y.columns)
    let width = c / heads
    precondition(x.columns == 3 * c && c.isMultiple(of: heads) && x.rows == graph.sites)
    weights.resize(rows: graph.edges)
    y.fill(0)
    let scale = 1 / Float(width).squareRoot()
    visit { range, i, head in
      let (query, first) = (i * 3 * c + head * width, range.firstEdge + (i - range.firstSite) * range.sites)
      var most = -Float.infinity
      for j in 0..<range.sites {
        let key = (range.firstSite + j) * 3 * c + c + head * width
        var product: Float = 0
        for d in 0..<width { product += x.values[query &+ d] * x.values[key &+ d] }
        weights[first + j, head] = product * scale
        most = max(most, product * scale)
      }
      var sum: Float = 0
      for j in 0..<range.sites {
        let weight = exp(weights[first + j, head] - most)
        weights[first + j, head] = weight
        sum += weight
      }
      for j in 0..<range.sites {
        let weight = weights[first + j, head] / sum
        weights[first + j, head] = weight
        let value = (range.firstSite + j) * 3 * c + 2 * c + head * width
        for d in 0..<width { y.values[i &* c &+ head &* width &+ d] += weight * x.values[value &+ d] }
      }
    }
  }

  public func backward(
    _ x: [Matrix], _ dy: inout Matrix, _ weights: Matrix, into dx: inout [Matrix], _ pass: inout BackwardPass
  ) {
    guard dx[0].rows > 0 else { return }
    // Out of its array while it is worked on: one owner, one look-up.
    var own = Matrix(rows: 0, columns: x[0].columns)
    swap(&own, &dx[0])
    let (x, c) = (x[0], dy.columns)
    let width = c / heads
    let scale = 1 / Float(width).squareRoot()
    var slopes = [Float](repeating: 0, count: graph.ranges.map(\.sites).max() ?? 0)
    visit { range, i, head in
      let (query, first) = (i * 3 * c + head * width, range.firstEdge + (i - range.firstSite) * range.sites)
      let out = i * c + head * width
      var mean: Float = 0
      for j in 0..<range.sites {
        let value = (range.firstSite + j) * 3 * c + 2 * c + head * width
        let weight = weights[first + j, head]
        var slope: Float = 0
        for d in 0..<width {
          slope += dy.values[out &+ d] * x.values[value &+ d]
          own.values[value &+ d] += weight * dy.values[out &+ d]
        }
        slopes[j] = slope
        mean += weight * slope
      }
      for j in 0..<range.sites {
        let key = (range.firstSite + j) * 3 * c + c + head * width
        let g = weights[first + j, head] * (slopes[j] - mean) * scale
        for d in 0..<width {
          own.values[query &+ d] += g * x.values[key &+ d]
          own.values[key &+ d] += g * x.values[query &+ d]
        }
      }
    }
    swap(&own, &dx[0])
  }

  private func visit(_ body: (EdgeKernels.Range, Int, Int) -> Void) {
    for range in graph.ranges {
      for i in range.firstSite..<range.firstSite + range.sites { for head in 0..<heads { body(range, i, head) } }
    }
  }
}
