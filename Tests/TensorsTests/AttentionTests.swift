import Foundation
import Tensors
import Testing

@Suite("Attention")
struct AttentionTests {
  @Test(
    "is the softmax of queries and keys over values, of every crystal and head by itself",
    arguments: [(1, 4), (4, 32), (3, 21)])
  func formula(heads: Int, columns: Int) {
    let counts = [3, 1, 5]
    var ranges: [EdgeKernels.Range] = []
    for m in counts {
      let (site, edge) = ranges.last.map { ($0.firstSite + $0.sites, $0.firstEdge + $0.edges) } ?? (0, 0)
      ranges.append(EdgeKernels.Range(firstSite: site, sites: m, firstPair: 0, firstEdge: edge))
    }
    var random = RandomStream(seed: 5, purpose: "attention")
    var x = Matrix(rows: 9, columns: 3 * columns)
    for i in x.values.indices { x.values[i] = Float(4 * random.uniform() - 2) }
    var (weights, out) = (Matrix(rows: 35, columns: heads), Matrix(rows: 9, columns: columns))
    AttentionKernels.forward(x, ranges: ranges, into: &weights, &out)
    let width = columns / heads
    for range in ranges {
      let sites = range.firstSite..<range.firstSite + range.sites
      for i in sites {
        for head in 0..<heads {
          func dot(_ j: Int) -> Double {
            (0..<width).reduce(0) { sum, d in
              sum + Double(x[i, head * width + d]) * Double(x[j, columns + head * width + d])
            } / Double(width).squareRoot()
          }
          let shares = sites.map { exp(dot($0)) }
          let all = shares.reduce(0, +)
          for (j, share) in zip(sites, shares) {
            let edge = range.firstEdge + (i - range.firstSite) * range.sites + j - range.firstSite
            #expect(abs(Double(weights[edge, head]) - share / all) < 1e-5)
          }
          for d in 0..<width {
            let expected = zip(sites, shares).reduce(0) { $0 + $1.1 / all * Double(x[$1.0, 2 * columns + head * width + d]) }
            #expect(abs(Double(out[i, head * width + d]) - expected) < 1e-5)
          }
        }
      }
    }
  }
}
