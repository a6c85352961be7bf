/// A small linear programme in standard form, by the revised simplex method.
///
///     minimise c . w   over w >= 0   with  A w = b,  b >= 0
///
/// A few rows (elements) and many columns (phases): the basis is inverted afresh in every step, which is exact to rounding. Bland's
/// rule (R. G. Bland, Math. Oper. Res. 2, 103, 1977) takes over after many steps, so that it ends where vertices coincide.
struct LinearProgramme {
  /// (columns, rows): column by column.
  let columns: [Double]
  let rows: Int
  let costs: [Double]
  let target: [Double]

  enum Solution {
    case solved(value: Double, weights: [(column: Int, weight: Double)])
    /// A row that no column can fill.
    case infeasible(row: Int)
  }

  init(columns: [Double], rows: Int, costs: [Double], target: [Double]) {
    precondition(columns.count == rows * costs.count && target.count == rows)
    self.columns = columns
    self.rows = rows
    self.costs = costs
    self.target = target
  }

  /// Starts from artificial columns, one a row, of a cost that no real mixture has.
  func solve() -> Solution {
    let penalty = 1e3 * (1 + (costs.map(abs).max() ?? 0))
    let count = costs.count
    var basis = (0..<rows).map { count + $0 }
    var weights = target
    for step in 0..<10_000 {
      guard let inverse = inverseOfBasis(basis) else { break }
      weights = (0..<rows).map { i in (0..<rows).reduce(0) { $0 + inverse[i * rows + $1] * target[$1] } }
      let basisCosts = basis.map { $0 < count ? costs[$0] : penalty }
      let prices = (0..<rows).map { j in (0..<rows).reduce(0) { $0 + basisCosts[$1] * inverse[$1 * rows + j] } }
      guard let entering = entering(prices: prices, basis: basis, bland: step > 500) else { break }
      let direction = (0..<rows).map { i in
        (0..<rows).reduce(0) { $0 + inverse[i * rows + $1] * columns[entering * rows + $1] }
      }
      guard let leaving = leaving(direction, weights: weights, basis: basis) else { break }
      basis[leaving] = entering
    }
    for (row, column) in basis.enumerated() where column >= count && weights[row] > 1e-9 {
      return .infeasible(row: column - count)
    }
    let used = zip(basis, weights).filter { $0.0 < count && $0.1 > 1e-9 }
    return .solved(
      value: used.reduce(0) { $0 + costs[$1.0] * $1.1 }, weights: used.map { (column: $0.0, weight: $0.1) })
  }

  private func entering(prices: [Double], basis: [Int], bland: Bool) -> Int? {
    var best: (column: Int, reduced: Double)?
    for c in costs.indices {
      var reduced = costs[c]
      for r in 0..<rows { reduced -= prices[r] * columns[c * rows + r] }
      guard reduced < -1e-10, !basis.contains(c) else { continue }
      if bland { return c }
      if reduced < best?.reduced ?? 0 { best = (c, reduced) }
    }
    return best?.column
  }

  private func leaving(_ direction: [Double], weights: [Double], basis: [Int]) -> Int? {
    var best: (row: Int, ratio: Double)?
    for r in 0..<rows where direction[r] > 1e-11 {
      let ratio = max(0, weights[r]) / direction[r]
      guard let b = best else {
        best = (r, ratio)
        continue
      }
      if ratio < b.ratio - 1e-14 || (abs(ratio - b.ratio) <= 1e-14 && basis[r] < basis[b.row]) { best = (r, ratio) }
    }
    return best?.row
  }

  /// The inverse of the basis matrix (rows, rows) by Gauss-Jordan elimination with pivoting.
  private func inverseOfBasis(_ basis: [Int]) -> [Double]? {
    let n = rows
    var a = [Double](repeating: 0, count: n * n)
    var inverse = a
    for (j, column) in basis.enumerated() {
      for i in 0..<n {
        a[i * n + j] = column < costs.count ? columns[column * n + i] : (column - costs.count == i ? 1 : 0)
      }
      inverse[j * n + j] = 1
    }
    for p in 0..<n {
      var pivot = p
      for i in p..<n where abs(a[i * n + p]) > abs(a[pivot * n + p]) { pivot = i }
      guard abs(a[pivot * n + p]) > 1e-13 else { return nil }
      if pivot != p {
        for j in 0..<n {
          a.swapAt(p * n + j, pivot * n + j)
          inverse.swapAt(p * n + j, pivot * n + j)
        }
      }
      let scale = 1 / a[p * n + p]
      for j in 0..<n {
        a[p * n + j] *= scale
        inverse[p * n + j] *= scale
      }
      for i in 0..<n where i != p && a[i * n + p] != 0 {
        let factor = a[i * n + p]
        for j in 0..<n {
          a[i * n + j] -= factor * a[p * n + j]
          inverse[i * n + j] -= factor * inverse[p * n + j]
        }
      }
    }
    return inverse
  }
}
