import Foundation
import Tensors
import Testing

/// Loops of the networks that predict properties, against their formulas one number at a time.
@Suite("Softplus, lookup, pooling") struct SoftplusTests {
  private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) - log(2) }

  private func numbers(_ count: Int, _ scale: Float = 1) -> [Float] {
    (0..<count).map { scale * Float(sin(1.7 * Double($0) + 0.3)) }
  }

  @Test("softplus agrees with its formula, from the largest numbers to the smallest")
  func values() {
    let x: [Float] =
      stride(from: Float(-120), through: 120, by: 0.037).map { $0 } + [
        -1e30, -1e4, -88.5, -87, 0, -0.0, 1e-20, 87, 88.5, 1e4, 1e30,
      ]
    var out = x
    SoftplusKernels.softplus(&out, bias: [Float](repeating: 0, count: x.count), rows: 1)
    for (a, b) in zip(x, out) {
      let expected = softplus(Double(a))
      #expect(abs(Double(b) - expected) <= 3e-7 + 1e-7 * abs(expected), "softplus(\(a)) = \(b)")
    }
  }

  @Test("edges take from their centres and neighbours and give to their centres")
  func edges() {
    let (n, width) = (5, 64)
    let indices: [[Int32]] = [[0, 0, 1, 3, 4, 4, 4], [1, 2, 0, 3, 4, 0, 1]]
    let (centers, neighbors) = (IndexedRows(indices[0], count: n), IndexedRows(indices[1], count: n))
    let (parts, x) = (numbers(n * 2 * width), numbers(7 * width, 3))
    let range = 2..<7
    var out = Array(x[..<(range.count * width)])
    SoftplusKernels.softplus(&out, parts: parts, centers: centers, neighbors: neighbors, edges: range, width: width)
    for (row, edge) in range.enumerated() {
      for k in 0..<width {
        let (i, j) = (Int(indices[0][edge]), Int(indices[1][edge]))
        let sum = Double(x[row * width + k]) + Double(parts[i * 2 * width + k]) + Double(parts[j * 2 * width + width + k])
        #expect(abs(Double(out[row * width + k]) - softplus(sum)) < 1e-6)
      }
    }
    let weights = numbers(7)
    var sums = [Float](repeating: 1, count: n * width)
    SoftplusKernels.scatter(out, weights: weights, to: centers, edges: range, into: &sums, width: width)
    for i in 0..<n {
      for k in 0..<width {
        let expected = range.enumerated().filter { indices[0][$0.1] == Int32(i) }
          .reduce(1.0) { $0 + Double(weights[$1.1]) * Double(out[$1.0 * width + k]) }
        #expect(abs(Double(sums[i * width + k]) - expected) < 1e-5)
      }
    }
  }

  @Test("a table gives the functions that it was made of, at its knots, between them and at its ends")
  func table() {
    func functions(_ x: Double) -> [Double] { [exp(-x), sin(3 * x), x * x, 1] }
    let places = CubicTable.places(upTo: 2, step: 0.01)
    let table = CubicTable(places.flatMap { functions($0).map(Float.init) }, width: 4, step: 0.01)
    let x = stride(from: Float(0), through: 2, by: 0.0007).map { $0 } + [2]
    var a = [Float](repeating: 0, count: 3 * x.count)
    var b = [Float](repeating: 0, count: x.count)
    table.look(up: x, edges: 0..<x.count, into: &a, first: 3, &b)
    for (i, place) in x.enumerated() {
      let (found, expected) = (a[3 * i..<3 * i + 3] + [b[i]], functions(Double(place)))
      #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 }, "at \(place)")
    }
  }

  @Test("Set2Set agrees with its formulas, and a row with a weight stands for as many rows")
  func pooling() {
    let (recurrent, bias) = (numbers(32 * 64, 0.4), numbers(64))
    let m = numbers(4 * 16, 2)
    let weights: [Float] = [1, 3, 2, 1]
    for steps in 1...3 {
      let pool = Set2Set(recurrent: recurrent, bias: bias, steps: steps)
      var out = [Float](repeating: 0, count: 40)
      pool.pool(m, weights: weights, rows: 1..<4, into: &out, offset: 8)
      let rows = [1, 1, 1, 2, 2, 3].map { m[16 * $0..<16 * $0 + 16].map(Double.init) }
      var q = [Double](repeating: 0, count: 32)
      for _ in 0..<steps {
        let z = (0..<64).map { k in (0..<32).reduce(Double(bias[k])) { $0 + q[$1] * Double(recurrent[$1 * 64 + k]) } }
        func hard(_ x: Double) -> Double { min(1, max(0, 0.2 * x + 0.5)) }
        let y = (0..<16).map { hard(z[48 + $0]) * tanh(hard(z[$0]) * tanh(z[32 + $0])) }
        let p = rows.map { row in exp(zip(row, y).reduce(0) { $0 + $1.0 * $1.1 }) }
        q = y + (0..<16).map { k in zip(rows, p).reduce(0) { $0 + $1.0[k] * $1.1 } / p.reduce(0, +) }
      }
      #expect(out[..<8].allSatisfy { $0 == 0 } && zip(out[8...], q).allSatisfy { abs(Double($0) - $1) < 2e-6 })
    }
  }

  @Test("row products of 16, 32, 48, 64 and 80 columns, any number of rows")
  func products() {
    for columns in [16, 32, 48, 64, 80] {
      for rows in [1, 5, 6, 11, 12, 13, 31] {
        let (a, b) = (numbers(rows * 32), numbers(32 * columns))
        var out = [Float](repeating: 0, count: rows * columns)
        RowProducts.multiply(a, stride: 32, b, rows: rows, inner: 32, columns: columns, into: &out, outStride: columns)
        for r in 0..<rows {
          for k in 0..<columns {
            let expected = (0..<32).reduce(0.0) { $0 + Double(a[r * 32 + $1]) * Double(b[$1 * columns + k]) }
            #expect(abs(Double(out[r * columns + k]) - expected) < 1e-5)
          }
        }
      }
    }
  }

  @Test("points near a place are those nearer than the distance, in order")
  func points() {
    var cloud = PointCloud()
    let points = (0..<77).map { SIMD3<Double>(sin(Double($0)), cos(1.3 * Double($0)), sin(2.1 * Double($0))) }
    cloud.append(Array(points[..<40]))
    cloud.append(points[40...].map { $0 - SIMD3(1, 2, 3) }, shifted: SIMD3(1, 2, 3))
    for place in [SIMD3<Double>(0, 0, 0), SIMD3<Double>(0.4, -0.9, 1), points[76]] {
      var found: [Int] = []
      cloud.forEach(near: place, squared: 0.5) { index, squared in
        found.append(index)
        let d = points[index] - place
        #expect(abs((d * d).sum() - squared) < 1e-12)
      }
      #expect(found == points.indices.filter { ((points[$0] - place) * (points[$0] - place)).sum() < 0.5 })
    }
    cloud.removeAll()
    cloud.forEach(near: .zero, squared: 9) { _, _ in Issue.record("there are no points") }
    #expect(cloud.count == 0)
  }
}
