import Crystals
import Foundation
import Potentials
import Predictors

/// The network as the paper and the package's layers have it, in double precision, edge by edge.
struct MEGNetTwin {
  let parameters: [String: NamedParameter]
  let settings: MEGNetSettings

  private typealias Row = [Double]

  private func times(_ x: Row, _ name: String) -> Row {
    let w = parameters[name] ?? NamedParameter(shape: [0, 0], values: [])
    return (0..<w.shape[1]).map { k in x.indices.reduce(0) { $0 + x[$1] * Double(w.values[$1 * w.shape[1] + k]) } }
  }

  private func plus(_ x: Row, _ name: String) -> Row { zip(x, parameters[name]?.values ?? []).map { $0 + Double($1) } }

  private func softplus(_ x: Row) -> Row { x.map { max($0, 0) + log1p(exp(-abs($0))) - log(2) } }

  private func dense(_ x: Row, _ n: Int) -> Row { softplus(plus(times(x, "dense_\(n)/kernel"), "dense_\(n)/bias")) }

  private func perceptron(_ x: Row, _ name: String) -> Row {
    var x = x
    for l in 0..<3 {
      x = plus(times(x, "\(name)/kernel_\(l)"), "\(name)/bias_\(l)")
      if l < 2 { x = softplus(x) }
    }
    return x
  }

  private func mean(_ rows: [Row]) -> Row {
    rows.isEmpty
      ? Row(repeating: 0, count: 32) : (0..<rows[0].count).map { k in rows.reduce(0) { $0 + $1[k] } / Double(rows.count) }
  }

  private func sum(_ a: Row, _ b: Row) -> Row { zip(a, b).map(+) }

  private func pooled(_ rows: [Row], _ name: String) -> Row {
    func hardSigmoid(_ x: Double) -> Double { min(1, max(0, 0.2 * x + 0.5)) }
    let m = rows.map { plus(times($0, "\(name)/projection"), "\(name)/projection_bias") }
    var q = Row(repeating: 0, count: 32)
    for _ in 0..<settings.steps {
      let z = plus(times(q, "\(name)/recurrent"), "\(name)/recurrent_bias")
      let y = (0..<16).map { hardSigmoid(z[48 + $0]) * tanh(hardSigmoid(z[$0]) * tanh(z[32 + $0])) }
      let scores = m.map { row in zip(row, y).reduce(0) { $0 + $1.0 * $1.1 } }
      let top = scores.max() ?? 0
      let weights = scores.map { exp($0 - top) }
      let total = weights.reduce(0, +)
      q = y + (0..<16).map { k in zip(m, weights).reduce(0) { $0 + $1.0[k] * $1.1 } / total }
    }
    return q
  }

  /// Edges by looking at every image that may be near.
  private func edges(_ crystal: Crystal) -> [(i: Int, j: Int, d: Double)] {
    let reach = (0..<3).map { Int((settings.cutoff * crystal.lattice.reciprocal[$0].length).rounded(.up)) + 1 }
    let x = crystal.fractionalCoordinates.map(\.wrapped)
    var edges: [(i: Int, j: Int, d: Double)] = []
    for a in -reach[0]...reach[0] {
      for b in -reach[1]...reach[1] {
        for c in -reach[2]...reach[2] {
          for i in x.indices {
            for j in x.indices where i != j || a != 0 || b != 0 || c != 0 {
              let d = crystal.lattice.cartesian(x[j] + Vector3(Double(a), Double(b), Double(c)) - x[i]).length
              if d * d < settings.cutoff * settings.cutoff + 1e-8 { edges.append((i, j, d)) }
            }
          }
        }
      }
    }
    return edges
  }

  func output(_ crystal: Crystal, state: Int = 0) -> Double {
    let edges = edges(crystal)
    func rows(_ name: String, _ index: Int, _ width: Int) -> Row {
      (parameters[name]?.values[index * width..<(index + 1) * width].map(Double.init)) ?? [0, 0]
    }
    var v = crystal.atomicNumbers.map { dense(dense(rows("embedding", Int($0), 16), 1), 2) }
    var e = edges.map { edge in
      let expansion = (0..<100).map { k in
        exp(-pow((edge.d - Double(k) * settings.lastCenter / 99) / settings.width, 2))
      }
      return dense(dense(expansion, 3), 4)
    }
    var u = dense(dense(rows("state_embedding", state, 16), 5), 6)
    for k in 0..<3 {
      func before(_ x: Row, _ n: Int) -> Row { k == 0 ? x : dense(dense(x, n + 6 * k), n + 1 + 6 * k) }
      let (a, b, g) = (v.map { before($0, 1) }, e.map { before($0, 3) }, before(u, 5))
      let edgeChanges = edges.indices.map { perceptron(a[edges[$0].i] + a[edges[$0].j] + b[$0] + g, "block_\(k + 1)/phi_e") }
      let atomChanges = v.indices.map { i in
        perceptron(mean(edges.indices.filter { edges[$0].i == i }.map { edgeChanges[$0] }) + a[i] + g, "block_\(k + 1)/phi_v")
      }
      let change = perceptron(mean(edgeChanges) + mean(atomChanges) + g, "block_\(k + 1)/phi_u")
      v = zip(v, atomChanges).map(sum)
      e = zip(e, edgeChanges).map(sum)
      u = sum(u, change)
    }
    let y = dense(dense(pooled(v, "set2set_atoms") + pooled(e, "set2set_edges") + u, 19), 20)
    let x = plus(times(y, "dense_21/kernel"), "dense_21/bias")[0]
    return settings.isProbability ? 1 / (1 + exp(-x)) : settings.mean + settings.deviation * x
  }
}
