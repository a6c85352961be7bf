/// An integer matrix with three columns brought to diagonal form by unimodular operations on its rows and columns: `U A V = D`.
///
/// It solves `A x = b modulo 1` for real x: with `x = V y` the equations fall apart into `d_k y_k = (U b)_k modulo 1`.
struct DiagonalForm {
  private var matrix: [[Int]]
  private var left: [[Int]]
  private var right: [[Int]]

  init(_ matrix: [[Int]]) {
    self.matrix = matrix
    left = matrix.indices.map { i in matrix.indices.map { $0 == i ? 1 : 0 } }
    right = (0..<3).map { i in (0..<3).map { $0 == i ? 1 : 0 } }
    for t in 0..<min(3, matrix.count) {
      while let (row, column) = smallest(from: t) {
        self.matrix.swapAt(t, row)
        left.swapAt(t, row)
        swapColumns(t, column)
        clear(t)
        if isClear(t) { break }
      }
    }
  }

  /// A solution of `A x = b modulo 1`; where there is none, of as many of the equations as the diagonal form keeps apart.
  func solve(_ b: [Double]) -> Vector3 {
    var y = Vector3.zero
    for k in 0..<min(3, matrix.count) where matrix[k][k] != 0 {
      var c = 0.0
      for (u, value) in zip(left[k], b) { c += Double(u) * value }
      y[k] = (c - c.rounded()) / Double(matrix[k][k])
    }
    return Vector3(row(0, y), row(1, y), row(2, y))
  }

  private func row(_ i: Int, _ y: Vector3) -> Double {
    Double(right[i][0]) * y.x + Double(right[i][1]) * y.y + Double(right[i][2]) * y.z
  }

  /// Where the smallest entry that is not zero stands, among the rows and columns from t on.
  private func smallest(from t: Int) -> (row: Int, column: Int)? {
    var best: (row: Int, column: Int)?
    for i in t..<matrix.count {
      for j in t..<3 where matrix[i][j] != 0 {
        if let b = best, abs(matrix[b.row][b.column]) <= abs(matrix[i][j]) { continue }
        best = (i, j)
      }
    }
    return best
  }

  private mutating func swapColumns(_ a: Int, _ b: Int) {
    for i in matrix.indices { matrix[i].swapAt(a, b) }
    for i in 0..<3 { right[i].swapAt(a, b) }
  }

  /// Takes the pivot from the rows below it and the columns behind it as often as it goes.
  private mutating func clear(_ t: Int) {
    let pivot = matrix[t][t]
    for i in matrix.indices where i > t {
      let q = matrix[i][t] / pivot
      if q == 0 { continue }
      for k in 0..<3 { matrix[i][k] -= q * matrix[t][k] }
      for k in left.indices { left[i][k] -= q * left[t][k] }
    }
    for j in 0..<3 where j > t {
      let q = matrix[t][j] / pivot
      if q == 0 { continue }
      for i in matrix.indices { matrix[i][j] -= q * matrix[i][t] }
      for i in 0..<3 { right[i][j] -= q * right[i][t] }
    }
  }

  private func isClear(_ t: Int) -> Bool {
    matrix.indices.allSatisfy { $0 <= t || matrix[$0][t] == 0 } && (0..<3).allSatisfy { $0 <= t || matrix[t][$0] == 0 }
  }
}
