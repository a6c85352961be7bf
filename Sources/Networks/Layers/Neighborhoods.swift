public import Tensors

/// What sites see of each other through filters: (E, C) filters and (N, C) values to (N, C) (Schütt et al. 2017, SchNet, eq. 2):
///
///     y_i = sum over j of f_ij v_j      column by column
///
/// Filters that are linear in functions of distances may be given summed over all images of a site: the sum over images is exact.
public struct FilteredSum: Operation {
  private let graph: CrystalGraph

  /// - Parameter graph: whose crystals' sites see each other.
  public init(_ graph: CrystalGraph) { self.graph = graph }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (graph.sites, x[1].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let (filters, values, c) = (x[0], x[1], y.columns)
    precondition(filters.rows == graph.edges && values.rows == graph.sites && filters.columns == c && values.columns == c)
    y.fill(0)
    visit { i, j, edge in
      let (a, b, e) = (i &* c, j &* c, edge &* c)
      for k in 0..<c { y.values[a &+ k] += filters.values[e &+ k] * values.values[b &+ k] }
    }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    let (filters, values, c) = (x[0], x[1], dy.columns)
    if dx[0].rows > 0 {
      visit { i, j, edge in
        let (a, b, e) = (i &* c, j &* c, edge &* c)
        for k in 0..<c { dx[0].values[e &+ k] += dy.values[a &+ k] * values.values[b &+ k] }
      }
    }
    if dx[1].rows > 0 {
      visit { i, j, edge in
        let (a, b, e) = (i &* c, j &* c, edge &* c)
        for k in 0..<c { dx[1].values[b &+ k] += dy.values[a &+ k] * filters.values[e &+ k] }
      }
    }
  }

  private func visit(_ body: (_ i: Int, _ j: Int, _ edge: Int) -> Void) {
    for range in graph.ranges {
      for i in 0..<range.sites {
        for j in 0..<range.sites { body(range.firstSite &+ i, range.firstSite &+ j, range.firstEdge &+ i &* range.sites &+ j) }
      }
    }
  }
}

/// A weighted sum over a crystal's sites: (N, C) to (B, C).
public struct WeightedPooling: Operation {
  private let graph: CrystalGraph
  private let weights: [Float]

  /// - Parameter weights: (N), of the sites; a mean where a crystal's add up to 1.
  public init(_ graph: CrystalGraph, weights: [Float]) {
    precondition(weights.count == graph.sites)
    (self.graph, self.weights) = (graph, weights)
  }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (graph.ranges.count, x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let (x, c) = (x[0], y.columns)
    y.fill(0)
    visit { b, site in for k in 0..<c { y.values[b &* c &+ k] += weights[site] * x.values[site &* c &+ k] } }
  }

  public func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    // Out of its array while it is worked on: one owner, one look-up.
    let c = dy.columns
    var own = Matrix(rows: 0, columns: c)
    swap(&own, &dx[0])
    visit { b, site in for k in 0..<c { own.values[site &* c &+ k] += weights[site] * dy.values[b &* c &+ k] } }
    swap(&own, &dx[0])
  }

  private func visit(_ body: (_ crystal: Int, _ site: Int) -> Void) {
    for (b, range) in graph.ranges.enumerated() {
      for site in range.firstSite..<range.firstSite + range.sites { body(b, site) }
    }
  }
}

/// The mean over a crystal's sites, and the deviation from it beside: (N, C) to (B, 2 C).
///
///     m_b = sum over i of w_i x_i        s_b = sqrt(sum over i of w_i (x_i - m_b)^2 + 0.01^2)
public struct WeightedMoments: Operation {
  private let graph: CrystalGraph
  private let weights: [Float]

  /// - Parameter weights: (N), of the sites; a crystal's add up to 1.
  public init(_ graph: CrystalGraph, weights: [Float]) {
    precondition(weights.count == graph.sites)
    (self.graph, self.weights) = (graph, weights)
  }

  /// (B, 2 C) the output.
  public func makeKept() -> Matrix { Matrix(rows: 0, columns: 0) }

  public func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (graph.ranges.count, 2 * x[0].columns) }

  public func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Matrix, into y: inout Matrix) {
    let (x, c) = (x[0], x[0].columns)
    y.fill(0)
    for (b, range) in graph.ranges.enumerated() {
      let (mean, deviation) = (2 * b * c, (2 * b + 1) * c)
      for site in range.firstSite..<range.firstSite + range.sites {
        let w = weights[site]
        for k in 0..<c { y.values[mean &+ k] += w * x.values[site &* c &+ k] }
      }
      for site in range.firstSite..<range.firstSite + range.sites {
        let w = weights[site]
        for k in 0..<c {
          let d = x.values[site &* c &+ k] - y.values[mean &+ k]
          y.values[deviation &+ k] += w * d * d
        }
      }
      for k in deviation..<deviation + c { y.values[k] = (y.values[k] + 1e-4).squareRoot() }
    }
    kept = y
  }

  public func backward(
    _ x: [Matrix], _ dy: inout Matrix, _ y: Matrix, into dx: inout [Matrix], _ pass: inout BackwardPass
  ) {
    guard dx[0].rows > 0 else { return }
    let (x, c) = (x[0], x[0].columns)
    var own = Matrix(rows: 0, columns: c)
    swap(&own, &dx[0])
    for (b, range) in graph.ranges.enumerated() {
      let (mean, deviation) = (2 * b * c, (2 * b + 1) * c)
      for k in 0..<c { dy.values[deviation &+ k] /= y.values[deviation &+ k] }
      for site in range.firstSite..<range.firstSite + range.sites {
        let w = weights[site]
        for k in 0..<c {
          let d = x.values[site &* c &+ k] - y.values[mean &+ k]
          own.values[site &* c &+ k] += w * (dy.values[mean &+ k] + dy.values[deviation &+ k] * d)
        }
      }
    }
    swap(&own, &dx[0])
  }
}
