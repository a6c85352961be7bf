import Crystals
import Foundation

/// A crystal as a model of properties sees it: m rows, one a site, or one an element where there are no sites.
public struct PropertyExample: Sendable {
  let spaceGroup: Int
  /// (m) atomic numbers; in rising order where there are no sites.
  let elements: [UInt8]
  /// (m) shares of the atoms.
  let shares: [Float]
  /// Atoms of the conventional cell.
  let atomCount: Float
  /// (m) indices into `SpaceGroup.wyckoffPositions`; empty where there are no sites.
  var positions: [Int] = []
  /// (m, m, `RadialFeatures.count`) where the other sites' atoms are; empty without coordinates.
  private(set) var neighbors: [Float] = []
  /// Of the conventional cell; nil where the model does not see it.
  private(set) var cell: LatticeLogMetric?
  /// (P) the columns' values in deviations from the mean; NaN where unknown.
  var targets: [Float] = []

  /// - Throws: `Rejection` with code `no_coordinates` where the input is `crystal`; as the other initialisers.
  init(_ blueprint: Blueprint, _ input: PropertyConfiguration.Input) throws(Rejection) {
    switch input {
    case .crystal: throw Rejection("no_coordinates", "the model predicts from coordinates, and a blueprint has none")
    case .blueprint: try self.init(sitesOf: blueprint)
    case .composition: try self.init(compositionOf: blueprint)
    }
  }

  /// With coordinates and cell where they are wanted.
  ///
  /// - Throws: `Rejection` as `Blueprint.init`; as the other initialisers.
  init(_ unit: AsymmetricUnit, _ input: PropertyConfiguration.Input) throws(Rejection) {
    var blueprint = try Blueprint(unit)
    blueprint.lattice = unit.latticeLogMetric
    guard input == .crystal else {
      try self.init(blueprint, input)
      return
    }
    try self.init(sitesOf: blueprint)
    let lattice = try take(unit.latticeLogMetric)
    let table = WyckoffPosterior.of(spaceGroup: spaceGroup)
    neighbors = RadialFeatures.of(
      orbits: zip(unit.sites, positions).map { table.orbit(of: $0.position, on: $1) }, elements: elements, lattice)
  }

  /// - Throws: `Rejection` with code `no_skeleton` where a site is open or has an element that no model knows.
  private init(sitesOf blueprint: Blueprint) throws(Rejection) {
    guard let group = blueprint.spaceGroup, blueprint.isComplete, !blueprint.sites.isEmpty else {
      throw Rejection("no_skeleton", "a site is open")
    }
    try self.init(
      spaceGroup: group, elements: blueprint.sites.map { $0.element ?? 0 },
      atoms: blueprint.sites.map { Float($0.multiplicity) }, code: "no_skeleton")
    positions = blueprint.sites.map(\.wyckoffPosition)
  }

  /// - Parameter atoms: (m) of each row in the conventional cell.
  /// - Throws: `Rejection` with a code where an element is none that models know.
  private init(spaceGroup: Int, elements: [UInt8], atoms: [Float], code: String) throws(Rejection) {
    guard elements.allSatisfy({ (1...BeliefBatch.elementClasses).contains(Int($0)) }) else {
      throw Rejection(code, "an element is beyond the \(BeliefBatch.elementClasses) element classes")
    }
    let sum = atoms.reduce(0, +)
    (self.spaceGroup, self.elements, shares, atomCount) = (spaceGroup, elements, atoms.map { $0 / sum }, sum)
  }

  /// Sees the cell, of which what the space group fixes counts as it has it.
  ///
  /// - Throws: `Rejection` with code `bad_cell` where the cell is none.
  @discardableResult private mutating func take(_ metric: LatticeLogMetric) throws(Rejection) -> Lattice {
    let constrained = metric.constrained(to: spaceGroup)
    let lattice = constrained.lattice
    guard lattice.isUsable else { throw Rejection("bad_cell", "the cell has no volume") }
    cell = constrained
    return lattice
  }

  /// ln of the cell's volume an atom over 18 cubic angstrom; nil without a cell.
  var logVolume: Float? { cell.map { Float(3 * $0.k[5]) - log(18 * atomCount) } }

  /// Of an element in the atoms.
  func share(of element: UInt8) -> Float { zip(elements, shares).reduce(0) { $0 + ($1.0 == element ? $1.1 : 0) } }

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
    guard !positions.isEmpty else { return [self] }
    var seen: Set<[Int]> = []
    return SpaceGroup.numbered(spaceGroup).wyckoffPermutations().compactMap { permutation in
      let other = described(by: permutation)
      return seen.insert(other.positions).inserted ? other : nil
    }
  }
}

extension PropertyExample {
  /// The composition of complete sites, or that which is asked for.
  ///
  /// - Throws: `Rejection` with code `no_composition` where the cell's atoms are not said, `no_cell` where the group or the cell is
  ///   not, `bad_cell` where the cell has no volume.
  private init(compositionOf blueprint: Blueprint) throws(Rejection) {
    guard let group = blueprint.spaceGroup, let lattice = blueprint.lattice else {
      throw Rejection("no_cell", "the model predicts from space group and cell, and a blueprint lacks one")
    }
    guard let formula = blueprint.conventionalFormula else {
      throw Rejection("no_composition", "the model predicts from the cell's atoms, and a blueprint does not say them")
    }
    try self.init(
      spaceGroup: group, elements: formula.elements, atoms: formula.counts.map { Float($0) }, code: "no_composition")
    try take(lattice)
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
