import Crystals
import Foundation
import Networks
import Tensors

/// Where a site's neighbours are, images and all, and displacements along those directions: what the differences of coordinates alone
/// do not say, since a site stands for its whole orbit.
///
/// Distances are counted in sums of covalent radii (as beliefs about the elements have them): s = d / (r_i + r_j) is near 1 for a bond
/// whatever the elements. With the images x of site j's orbit, each site on its most probable Wyckoff position,
///
///     U_ijk = sum over x of exp(-(s - m_k)^2 / (2 0.15^2)) u      m_k = 0.4, 0.6 ... 2.2
///
/// u is the fractional difference from site i to x, times the cube root of the cell's volume, over d. `DirectionalMoves` go along them.
extension InformedForm {
  /// One site as its beliefs have it.
  private struct BelievedSite {
    /// Fractional, on its most probable position's flat, itself first.
    let orbit: [Vector3]
    /// Angstrom.
    let radius: Double
  }

  /// Fills a crystal's rows of `directions`, (m x m, 10 x 3).
  func describeDirections(
    _ batch: inout BeliefBatch, crystal b: Int, _ positions: WyckoffPosterior, _ beliefs: [WyckoffPosterior.Belief],
    _ lattice: Lattice
  ) {
    let range = batch.graph.ranges[b]
    let columns = BeliefBatch.directionFeatures
    let first = range.firstEdge * columns
    for i in first..<first + range.edges * columns { batch.directions.values[i] = 0 }
    guard lattice.isUsable else { return }
    let sites = beliefs.enumerated().map { i, belief in
      BelievedSite(
        orbit: positions.orbit(of: belief.bestPlace, on: belief.best),
        radius: expectedRadius(batch, site: range.firstSite + i))
    }
    let length = Foundation.cbrt(lattice.volume)
    let table = DirectionTable.values
    let images = LatticeImages(lattice)
    for (i, center) in sites.enumerated() {
      for (j, neighbor) in sites.enumerated() {
        var sums = DirectionTable.Sums()
        let bond = center.radius + neighbor.radius
        let perBond = 1 / bond
        for image in neighbor.orbit {
          images.visit(image - center.orbit[0], within: Self.farthest * bond) { difference, distance in
            guard distance > 1e-3 else { return }
            sums.add(table, distance * perBond, difference * (length / distance))
          }
        }
        let edge = first + (i * range.sites + j) * columns
        for k in 0..<columns / 3 {
          batch.directions.values[edge &+ 3 &* k] = min(8, max(-8, sums.x[k]))
          batch.directions.values[edge &+ 3 &* k &+ 1] = min(8, max(-8, sums.y[k]))
          batch.directions.values[edge &+ 3 &* k &+ 2] = min(8, max(-8, sums.z[k]))
        }
      }
    }
  }

  /// Distances in sums of radii up to which images count.
  private static let farthest = 2.5

  private func expectedRadius(_ batch: BeliefBatch, site: Int) -> Double {
    let k = BeliefBatch.elementClasses
    return (0..<k).reduce(0) { $0 + Double(batch.elements.values[site &* k &+ $1]) * Self.radii[$1] }
  }

  /// (100) covalent radii, angstrom.
  private static let radii = (1...BeliefBatch.elementClasses).map { Element.covalentRadius($0) }
}
/// The Gaussians of `describeDirections`, tabulated at steps of 0.01; ten of the sixteen lanes are in use.
private enum DirectionTable {
  private static let count = BeliefBatch.directionFeatures / 3
  static let values: [SIMD16<Float>] = (0...250).map { i in
    var row = SIMD16<Float>()
    for k in 0..<count { row[k] = Float(exp(-0.5 * pow((0.01 * Double(i) - 0.4 - 0.2 * Double(k)) / 0.15, 2))) }
    return row
  }

  /// Components of U by Gaussian.
  struct Sums {
    var x = SIMD16<Float>()
    var y = SIMD16<Float>()
    var z = SIMD16<Float>()

    /// - Parameter s: distance in sums of radii, at most 2.5.
    @inline(__always)
    mutating func add(_ table: [SIMD16<Float>], _ s: Double, _ direction: Vector3) {
      let weights = table[min(250, Int((100 * s).rounded()))]
      x += weights * Float(direction.x)
      y += weights * Float(direction.y)
      z += weights * Float(direction.z)
    }
  }
}
