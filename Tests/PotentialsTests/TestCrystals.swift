import Crystals
import Foundation
import TestSupport

extension Crystal {
  /// Atoms anywhere in a lattice, none nearer to another than a distance where that can be had.
  static func random(
    _ lattice: Lattice, atoms: Int, apart: Double, elements: [UInt8], using random: inout SplitMix
  ) -> Crystal {
    var points: [Vector3] = []
    var tries = 0
    while points.count < atoms {
      let p = Vector3.random(in: -0.7..<1.7, using: &random)
      tries += 1
      let near = points.contains { q in
        let d = p - q
        return (-1...1).contains { i in
          (-1...1).contains { j in
            (-1...1).contains { k in
              let w = (p - q).rounded(.toNearestOrEven) + Vector3(Double(i), Double(j), Double(k))
              return lattice.cartesian(d - w).length < apart
            }
          }
        }
      }
      if !near || tries > 2000 { points.append(p) }
    }
    return Crystal(
      lattice: lattice, atomicNumbers: points.indices.map { elements[$0 % elements.count] },
      fractionalCoordinates: points)
  }

  /// The crystal of a group with one orbit a letter, free coordinates as given, in a lattice that the group allows.
  static func symmetric(
    group number: Int, k: [Double], orbits: [(element: UInt8, letter: String, at: Vector3)]
  ) -> (Crystal, AsymmetricUnit) {
    let group = SpaceGroup.numbered(number)
    let metric = LatticeLogMetric(k: k).constrained(to: number)
    var crystal = Crystal(
      lattice: metric.lattice, atomicNumbers: [], fractionalCoordinates: [], spaceGroup: number)
    var sites: [Site] = []
    for (index, entry) in orbits.enumerated() {
      guard let position = group.wyckoffPosition(letter: Array(entry.letter.utf8)[0]),
        let nearest = position.nearest(to: entry.at, metric: metric.lattice.metric, accepts: { $0 == 0 })
      else { continue }
      let points = position.orbit(of: nearest.point)
      crystal.fractionalCoordinates += points
      crystal.atomicNumbers += points.map { _ in entry.element }
      crystal.orbit += points.map { _ in Int32(index) }
      sites.append(
        Site(
          atomicNumber: entry.element, position: points[0],
          siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: position.letter,
          multiplicity: position.multiplicity))
    }
    return (crystal, AsymmetricUnit(spaceGroup: number, latticeLogMetric: metric, sites: sites))
  }

  /// The same atoms in a cell turned into `cell (1 + strain)`.
  func strained(_ strain: Matrix3) -> Crystal {
    var crystal = self
    crystal.lattice = Lattice(vectors: lattice.vectors * (Matrix3.identity + strain))
    return crystal
  }

  /// One atom moved by a Cartesian step.
  func moved(_ atom: Int, by step: Vector3) -> Crystal {
    var crystal = self
    crystal.fractionalCoordinates[atom] += step * lattice.vectors.inverse
    return crystal
  }
}

extension Matrix3 {
  static let zero = Matrix3(.zero, .zero, .zero)

  /// The matrix with a single entry.
  static func entry(_ i: Int, _ j: Int, _ value: Double) -> Matrix3 {
    var m = zero
    m[i][j] = value
    return m
  }
}

/// Crystals with symmetry that tests share: rock salt, rutile, wurtzite, quartz, perovskite, and low ones with free coordinates.
func symmetricCrystals() -> [(Crystal, AsymmetricUnit)] {
  [
    Crystal.symmetric(
      group: 225, k: [0, 0, 0, 0, 0, 1.73],
      orbits: [(11, "a", .zero), (17, "b", Vector3(repeating: 0.5))]),
    Crystal.symmetric(
      group: 136, k: [0, 0, 0, 0, 0.12, 1.38],
      orbits: [(22, "a", .zero), (8, "f", Vector3(0.28, 0.28, 0))]),
    Crystal.symmetric(
      group: 186, k: [0, 0, 0, 0, -0.15, 1.3],
      orbits: [(30, "b", Vector3(1 / 3, 2 / 3, 0.01)), (16, "b", Vector3(1 / 3, 2 / 3, 0.40))]),
    Crystal.symmetric(
      group: 152, k: [0, 0, 0, 0, -0.03, 1.62],
      orbits: [(14, "a", Vector3(0.45, 0, 1 / 3)), (8, "c", Vector3(0.40, 0.29, 0.22))]),
    Crystal.symmetric(
      group: 221, k: [0, 0, 0, 0, 0, 1.35],
      orbits: [
        (38, "a", .zero), (22, "b", Vector3(repeating: 0.5)), (8, "c", Vector3(0, 0.5, 0.5)),
      ]),
    Crystal.symmetric(
      group: 14, k: [0, 0.06, 0, 0.05, 0.04, 1.72],
      orbits: [
        (20, "e", Vector3(0.13, 0.21, 0.07)), (16, "e", Vector3(0.41, 0.05, 0.31)),
        (8, "a", .zero),
      ]),
    Crystal.symmetric(
      group: 62, k: [0, 0, 0, 0.15, -0.06, 1.69],
      orbits: [
        (20, "c", Vector3(0.03, 0.25, 0.99)), (22, "b", Vector3(0, 0, 0.5)),
        (8, "c", Vector3(0.48, 0.25, 0.07)), (8, "d", Vector3(0.29, 0.04, 0.71)),
      ]),
  ]
}
