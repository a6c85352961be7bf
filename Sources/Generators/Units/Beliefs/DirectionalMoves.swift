import Networks
import Tensors

/// The sites' outputs for the coordinates, (N, 91), to displacements, (N, 3): a site's own three numbers and, along the directions to
/// its neighbours' images (`InformedForm.describeDirections`),
///
///     sum over j, k of (A_i B_j)_k U_ijk      A (10, 8), B (8): further outputs of the sites
///
/// which turns with the crystal, as forces between pairs of atoms do (compare Satorras et al. 2021, EGNN, eq. 4).
struct DirectionalMoves: Operation {
  private let graph: CrystalGraph
  /// (E, 10 x 3)
  private let directions: Matrix

  /// Components of A's rows and of B.
  private static let rank = 8
  private static let kinds = BeliefBatch.directionFeatures / 3
  /// Outputs a site beyond the three: A, then B.
  static let outputs = kinds * rank + rank

  init(_ batch: BeliefBatch) { (graph, directions) = (batch.graph, batch.directions) }

  func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, 3) }

  func forward(_ x: [Matrix], _ parameters: Parameters, _ kept: inout Void, into y: inout Matrix) {
    let x = x[0]
    for site in 0..<x.rows { for c in 0..<3 { y[site, c] = x[site, c] } }
    visit(columns: x.columns) { i, a, b, edge in
      var weight: Float = 0
      for d in 0..<Self.rank { weight += x.values[a &+ d] * x.values[b &+ d] }
      for c in 0..<3 { y.values[3 &* i &+ c] += weight * directions.values[edge &+ c] }
    }
  }

  func backward(_ x: [Matrix], _ dy: inout Matrix, _ kept: Void, into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    // Out of its array while it is worked on: one owner, one look-up.
    var own = Matrix(rows: 0, columns: x[0].columns)
    swap(&own, &dx[0])
    let x = x[0]
    for site in 0..<x.rows { for c in 0..<3 { own[site, c] += dy[site, c] } }
    visit(columns: x.columns) { i, a, b, edge in
      var g: Float = 0
      for c in 0..<3 { g += dy.values[3 &* i &+ c] * directions.values[edge &+ c] }
      for d in 0..<Self.rank {
        own.values[a &+ d] += g * x.values[b &+ d]
        own.values[b &+ d] += g * x.values[a &+ d]
      }
    }
    swap(&own, &dx[0])
  }

  /// - Parameter body: gets site i, where its row of A and site j's B begin, and where U_ijk does.
  private func visit(columns: Int, _ body: (Int, Int, Int, Int) -> Void) {
    for range in graph.ranges {
      for i in range.firstSite..<range.firstSite + range.sites {
        for j in 0..<range.sites {
          let edge = range.firstEdge + (i - range.firstSite) * range.sites + j
          for k in 0..<Self.kinds {
            body(
              i, i * columns + 3 + k * Self.rank, (range.firstSite + j + 1) * columns - Self.rank,
              edge * BeliefBatch.directionFeatures + 3 * k)
          }
        }
      }
    }
  }
}
