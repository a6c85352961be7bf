/// The assignment of rows to columns that has the least total cost (shortest augmenting paths, Jonker and Volgenant 1987).
///
/// - Parameters:
///   - costs: `(n, n)`, row-major; `infinity` where a pair is forbidden.
///   - count: n.
/// - Returns: (n) the column of each row; nil where the forbidden pairs leave no assignment.
func leastCostAssignment(_ costs: [Double], count n: Int) -> [Int]? {
  precondition(costs.count == n * n)
  if let columns = rowMinima(costs, count: n) { return columns }

  // Potentials u of rows and v of columns, with a row and a column 0 that stand for "none"; `row[j]` is assigned to column j.
  var u = [Double](repeating: 0, count: n + 1)
  var v = [Double](repeating: 0, count: n + 1)
  var row = [Int](repeating: 0, count: n + 1)
  var previous = [Int](repeating: 0, count: n + 1)
  for i in 1...max(1, n) where n > 0 {
    row[0] = i
    var column = 0
    var slack = [Double](repeating: .infinity, count: n + 1)
    var isVisited = [Bool](repeating: false, count: n + 1)
    repeat {
      isVisited[column] = true
      let current = row[column]
      var step = Double.infinity
      var nearest = 0
      for j in 1...n where !isVisited[j] {
        let reduced = costs[(current - 1) * n + j - 1] - u[current] - v[j]
        if reduced < slack[j] {
          slack[j] = reduced
          previous[j] = column
        }
        if slack[j] < step {
          step = slack[j]
          nearest = j
        }
      }
      guard step.isFinite else { return nil }
      for j in 0...n {
        if isVisited[j] {
          u[row[j]] += step
          v[j] -= step
        } else {
          slack[j] -= step
        }
      }
      column = nearest
    } while row[column] != 0
    while column != 0 {
      row[column] = row[previous[column]]
      column = previous[column]
    }
  }
  var columns = [Int](repeating: 0, count: n)
  for j in 1...max(1, n) where n > 0 { columns[row[j] - 1] = j - 1 }
  return columns
}

/// Every row's cheapest column, where no two rows want the same: then nothing is cheaper.
private func rowMinima(_ costs: [Double], count n: Int) -> [Int]? {
  var columns = [Int](repeating: 0, count: n)
  var isTaken = [Bool](repeating: false, count: n)
  for i in 0..<n {
    var best = 0
    for j in 1..<max(1, n) where costs[i * n + j] < costs[i * n + best] { best = j }
    guard costs[i * n + best].isFinite, !isTaken[best] else { return nil }
    isTaken[best] = true
    columns[i] = best
  }
  return columns
}
