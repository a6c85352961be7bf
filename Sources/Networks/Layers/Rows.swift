public import Tensors

/// The columns of several inputs side by side: (N, C1), (N, C2) … to (N, C1 + C2 + …).
public struct Concatenation: Operation {
  /// Has nothing to be told.
  public init() {}

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x.reduce(0) { $0 + $1.columns }) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    var first = 0
    for x in x {
      precondition(x.rows == y.rows)
      Kernels.copyColumns(x.values, rows: x.rows, columns: x.columns, to: &y.values, stride: y.columns, column: first)
      first += x.columns
    }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    var first = 0
    for i in dx.indices {
      let (rows, columns) = (dx[i].rows, dx[i].columns)
      Kernels.addColumns(dy.values, rows: rows, columns: columns, stride: dy.columns, column: first, to: &dx[i].values)
      first += columns
    }
  }
}

/// Rows of a table that is learnt: `y_i = W_rows(i)`, (N, outputs of the table); no input.
public struct Embedding: Operation {
  let table: Linear
  let rows: [Int]

  /// - Parameters:
  ///   - table: without a bias.
  ///   - rows: (N), each below the table's inputs.
  public init(_ table: Linear, rows: [Int]) {
    precondition(table.bias == nil)
    (self.table, self.rows) = (table, rows)
  }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (rows.count, table.outputs) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    y.fill(0)
    for (i, row) in rows.enumerated() {
      Kernels.addBias(parameters.values.span.extracting(table.row(row)), firstRow: i, rows: 1, to: &y.values)
    }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    for (i, row) in rows.enumerated() { table.addRowGradient(row, dy, dyRow: i, &pass) }
  }
}

/// A crystal's row for each of its sites: (B, C) to (N, C).
public struct Spread: Operation {
  let graph: CrystalGraph

  /// Of the crystals of a graph.
  public init(_ graph: CrystalGraph) { self.graph = graph }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (graph.sites, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    y.fill(0)
    Self.add(x[0], graph, to: &y)
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    if dx[0].rows > 0 { Self.addSums(dy, graph, to: &dx[0]) }
  }

  /// Adds a crystal's row to those of its sites.
  static func add(_ crystals: Matrix, _ graph: CrystalGraph, to sites: inout Matrix) {
    let c = crystals.columns
    for (b, range) in graph.ranges.enumerated() {
      Kernels.addBias(
        crystals.values.span.extracting(b * c..<(b + 1) * c), firstRow: range.firstSite, rows: range.sites, to: &sites.values)
    }
  }

  /// Adds the rows of a crystal's sites to that of the crystal.
  static func addSums(_ sites: Matrix, _ graph: CrystalGraph, to crystals: inout Matrix) {
    let c = sites.columns
    var rows = crystals.values.mutableSpan
    for (b, range) in graph.ranges.enumerated() {
      Kernels.sumRows(
        sites.values.span, firstRow: range.firstSite, rows: range.sites, columns: c, into: &rows, offset: b * c)
    }
  }
}

/// The mean over a crystal's sites: (N, C) to (B, C).
public struct Pooling: Operation {
  let graph: CrystalGraph

  /// Of the crystals of a graph.
  public init(_ graph: CrystalGraph) { self.graph = graph }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (graph.ranges.count, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    y.fill(0)
    Spread.addSums(x[0], graph, to: &y)
    divide(&y)
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    divide(&dy)
    Spread.add(dy, graph, to: &dx[0])
  }

  /// Divides the rows of crystals by their numbers of sites.
  private func divide(_ rows: inout Matrix) {
    for (b, range) in graph.ranges.enumerated() { for k in 0..<rows.columns { rows[b, k] *= 1 / Float(range.sites) } }
  }
}

/// The sum of inputs of one shape.
public struct Sum: Operation {
  /// Has nothing to be told.
  public init() {}

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    Kernels.copyColumns(x[0].values, rows: y.rows, columns: y.columns, to: &y.values, stride: y.columns)
    for x in x.dropFirst() { Kernels.add(x.values, to: &y.values) }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    for i in dx.indices where dx[i].rows > 0 { Kernels.add(dy.values, to: &dx[i].values) }
  }
}

/// Rows of an input picked by index: (M, C) to (N, C).
public struct Gather: Operation {
  let rows: [Int]

  /// - Parameter rows: (N), each below M; one may come several times.
  public init(rows: [Int]) { self.rows = rows }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (rows.count, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let (x, c) = (x[0], y.columns)
    for (i, row) in rows.enumerated() { for k in 0..<c { y.values[i &* c &+ k] = x.values[row &* c &+ k] } }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    let c = dy.columns
    for (i, row) in rows.enumerated() { for k in 0..<c { dx[0].values[row &* c &+ k] += dy.values[i &* c &+ k] } }
  }
}
