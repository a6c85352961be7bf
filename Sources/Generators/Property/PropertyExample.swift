import Crystals
import Foundation

/// A crystal as a model of properties sees it.
public struct PropertyExample: Sendable {
  let spaceGroup: Int
  /// (m) atomic numbers.
  let elements: [UInt8]
  /// (m) indices into `SpaceGroup.wyckoffPositions`.
  var positions: [Int]
  /// (m, m, `RadialFeatures.count`) where the other sites' atoms are; empty without coordinates.
  private(set) var neighbors: [Float] = []
  /// ln of the cell's volume an atom over 18 cubic angstrom; 0 without a cell.
  private(set) var logVolume: Float = 0
  /// (P) the columns' values in deviations from the mean; NaN where unknown.
  var targets: [Float] = []

  /// - Throws: `Rejection` with code `no_skeleton` where a site is open or has an element that no model knows.
  init(_ blueprint: Blueprint) throws(Rejection) {
    guard let group = blueprint.spaceGroup, blueprint.isComplete, !blueprint.sites.isEmpty else {
      throw Rejection("no_skeleton", "a site is open")
    }
    spaceGroup = group
    elements = blueprint.sites.map { $0.element ?? 0 }
    positions = blueprint.sites.map(\.wyckoffPosition)
    guard elements.allSatisfy({ (1...BeliefBatch.elementClasses).contains(Int($0)) }) else {
      throw Rejection("no_skeleton", "an element is beyond the \(BeliefBatch.elementClasses) element classes")
    }
  }

  /// With coordinates and cell where they are wanted.
  ///
  /// - Throws: `Rejection` as `Blueprint.init`; with code `bad_cell` where the cell is none.
  init(_ unit: AsymmetricUnit, _ input: PropertyConfiguration.Input) throws(Rejection) {
    try self.init(try Blueprint(unit))
    guard input == .crystal else { return }
    let lattice = unit.latticeLogMetric.lattice
    guard lattice.isUsable else { throw Rejection("bad_cell", "the cell has no volume") }
    let group = SpaceGroup.numbered(spaceGroup)
    let atoms = positions.reduce(0) { $0 + group.wyckoffPositions[$1].multiplicity }
    logVolume = Float(log(lattice.volume / (18 * Double(atoms))))
    let table = WyckoffPosterior.of(spaceGroup: spaceGroup)
    neighbors = RadialFeatures.of(
      orbits: zip(unit.sites, positions).map { table.orbit(of: $0.position, on: $1) }, elements: elements, lattice)
  }

  /// The same crystal as another description of its Wyckoff positions has it.
  ///
  /// - Parameter permutation: of the group's positions.
  func described(by permutation: [Int]) -> PropertyExample {
    var other = self
    other.positions = positions.map { permutation[$0] }
    return other
  }

  /// Every description that there is.
  var descriptions: [PropertyExample] {
    var seen: Set<[Int]> = []
    return SpaceGroup.numbered(spaceGroup).wyckoffPermutations().compactMap { permutation in
      let other = described(by: permutation)
      return seen.insert(other.positions).inserted ? other : nil
    }
  }
}

/// How many atoms of a site's orbit, images and all, are at which distance of another site: invariant under everything that leaves the
/// crystal as it is.
///
///     sum over images of exp(-(d - m_k)^2 / (2 w^2)) (1 + cos(pi d / 6)) / 2      m_k = 1, 1.25 ... 6 angstrom
///     sum over images of exp(-(s - n_k)^2 / (2 0.1^2))                            n_k = 0.6, 0.75 ... 1.8
///
/// d is the distance, w 0.25 angstrom, s the distance in sums of covalent radii.
enum RadialFeatures {
  /// Numbers of a pair of sites.
  static let count = distances + ratios
  private static let distances = 21
  private static let ratios = 9
  /// Angstrom.
  private static let farthest = 6.0

  /// (m, m, count), of every site its view of every other and of itself.
  ///
  /// - Parameter orbits: fractional points of each site's orbit, itself first.
  static func of(orbits: [[Vector3]], elements: [UInt8], _ lattice: Lattice) -> [Float] {
    let images = LatticeImages(lattice)
    let radii = elements.map { Element.covalentRadius(Int($0)) }
    var features = [Float](repeating: 0, count: orbits.count * orbits.count * count)
    for (i, center) in orbits.enumerated() {
      for (j, orbit) in orbits.enumerated() {
        let first = (i * orbits.count + j) * count
        let perBond = 1 / (radii[i] + radii[j])
        for point in orbit {
          images.visit(point - center[0], within: farthest) { _, d in
            guard d > 1e-3 else { return }
            add(d, perBond * d, to: &features, first)
          }
        }
      }
    }
    return features
  }

  private static func add(_ d: Double, _ s: Double, to features: inout [Float], _ first: Int) {
    let fade = 0.5 * (1 + cos(.pi * d / farthest))
    // Beyond three widths nothing is left.
    let middle = Int(((d - 1) / 0.25).rounded())
    for k in max(0, middle - 3)...max(0, min(distances - 1, middle + 3)) where k < distances {
      let x = (d - 1 - 0.25 * Double(k)) / 0.25
      features[first + k] += Float(fade * exp(-0.5 * x * x))
    }
    guard s < 2.2 else { return }
    for k in 0..<ratios {
      let x = (s - 0.6 - 0.15 * Double(k)) / 0.1
      features[first + distances + k] += Float(exp(-0.5 * x * x))
    }
  }
}
