import Networks
import Tensors

/// Scores of pairs, each a product of two short vectors: (N, A r) and (N, B r) to (N, A B), row by row
///
///     y_ab = sum over d of u_ad v_bd
///
/// so that logits of 15 axes with 13 operations each come of 15 + 13 vectors.
struct FactoredScores: Networks.Operation {
  /// r, length of a vector.
  let rank: Int

  func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x[0].columns / rank * (x[1].columns / rank)) }

  func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let (u, v) = (x[0], x[1])
    precondition(u.rows == v.rows && u.columns.isMultiple(of: rank) && v.columns.isMultiple(of: rank))
    visit(u, v) { a, b, place in
      var sum: Float = 0
      for d in 0..<rank { sum += u.values[a &+ d] * v.values[b &+ d] }
      y.values[place] = sum
    }
  }

  func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    let (u, v) = (x[0], x[1])
    visit(u, v) { a, b, place in
      let g = dy.values[place]
      if dx[0].rows > 0 { for d in 0..<rank { dx[0].values[a &+ d] += g * v.values[b &+ d] } }
      if dx[1].rows > 0 { for d in 0..<rank { dx[1].values[b &+ d] += g * u.values[a &+ d] } }
    }
  }

  /// - Parameter body: gets where a vector of u, one of v, and their score begin.
  private func visit(_ u: Matrix, _ v: Matrix, _ body: (Int, Int, Int) -> Void) {
    var place = 0
    for row in 0..<u.rows {
      for a in stride(from: row * u.columns, to: (row + 1) * u.columns, by: rank) {
        for b in stride(from: row * v.columns, to: (row + 1) * v.columns, by: rank) {
          body(a, b, place)
          place += 1
        }
      }
    }
  }
}

/// Every few rows one behind the other: (N k, C) to (N, k C).
struct JoinedRows: Networks.Operation {
  /// k.
  let count: Int

  func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows / count, count * x[0].columns) }

  func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    precondition(x[0].rows.isMultiple(of: count))
    Kernels.copyColumns(x[0].values, rows: y.rows, columns: y.columns, to: &y.values, stride: y.columns)
  }

  func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    if dx[0].rows > 0 { Kernels.add(dy.values, to: &dx[0].values) }
  }
}
