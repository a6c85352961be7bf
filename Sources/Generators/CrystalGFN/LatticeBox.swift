import Crystals
import Foundation

/// Where the box of `LatticeSteps` lies among lattices.
///
/// - `lengths`: a, b, c and the three angles between limits, as published, but trigonal groups in hexagonal axes as the numbers of atoms are.
///   Angles may be such that no cell has them.
/// - `shape`: the components of the k-vector (`LatticeLogMetric`), the last as ln of the volume an atom: every point is a cell.
struct LatticeBox: Sendable {
  let kind: CrystalGFNConfiguration.LatticeKind
  /// (6) least and greatest values.
  let limits: [ClosedRange<Double>]

  /// Free dimensions of a group.
  func free(_ group: Int) -> [Int] {
    switch kind {
    case .shape: LatticeLogMetric.constraint(spaceGroup: group).indices.filter { Self.isFree(group, $0) }
    case .lengths:
      switch group {
      case ..<3: [0, 1, 2, 3, 4, 5]
      case ..<16: [0, 1, 2, 4]
      case ..<75: [0, 1, 2]
      case ..<195: [0, 2]
      default: [0]
      }
    }
  }

  private static func isFree(_ group: Int, _ component: Int) -> Bool {
    LatticeLogMetric.constraint(spaceGroup: group)[component] == nil
  }

  private func value(_ x: [Double], _ d: Int) -> Double {
    limits[d].lowerBound + min(1, max(0, x[d])) * (limits[d].upperBound - limits[d].lowerBound)
  }

  /// The lattice at a point; nil where the angles belong to no cell.
  ///
  /// - Parameter atoms: of the conventional cell.
  func lattice(_ x: [Double], group: Int, atoms: Int) -> LatticeLogMetric? {
    switch kind {
    case .shape:
      var k = (0..<6).map { value(x, $0) }
      k[5] = (k[5] + log(Double(max(1, atoms)))) / 3
      return LatticeLogMetric(k: k).constrained(to: group)
    case .lengths:
      let free = free(group)
      func length(_ d: Int) -> Double { value(x, d) }
      func angle(_ d: Int, otherwise fixed: Double) -> Double { free.contains(d) ? value(x, d) : fixed }
      let a = length(0)
      let b = free.contains(1) ? length(1) : a
      let c = free.contains(2) ? length(2) : a
      let gamma = (143...194).contains(group) ? 120.0 : 90
      let cell = Lattice(
        lengths: Vector3(a, b, c),
        angles: Vector3(angle(3, otherwise: 90), angle(4, otherwise: 90), angle(5, otherwise: gamma)))
      guard cell.isUsable, cell.volume > 0.1 else { return nil }
      return LatticeLogMetric(cell).constrained(to: group)
    }
  }

  /// The point of a lattice, clipped to the box; the other way round.
  func point(_ lattice: LatticeLogMetric, group: Int, atoms: Int) -> [Double] {
    let values: [Double]
    switch kind {
    case .shape: values = Array(lattice.k.prefix(5)) + [3 * lattice.k[5] - log(Double(max(1, atoms)))]
    case .lengths:
      let cell = lattice.lattice
      values = [cell.lengths, cell.angles].flatMap { [$0.x, $0.y, $0.z] }
    }
    let free = Set(free(group))
    return (0..<6).map { d in
      let width = limits[d].upperBound - limits[d].lowerBound
      return free.contains(d) ? min(1, max(0, (values[d] - limits[d].lowerBound) / width)) : 0
    }
  }
}
