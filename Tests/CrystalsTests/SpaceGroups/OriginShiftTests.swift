import Testing

@testable import Crystals

@Suite("Origin shifts") struct OriginShiftTests {
  @Test(
    "are those of the Euclidean normalisers in International Tables A",
    arguments: [
      (2, 8), (12, 4), (14, 8), (47, 8), (62, 8), (63, 4), (139, 2), (166, 2), (194, 2), (216, 4), (221, 2), (225, 2), (227, 2),
      (230, 1),
    ])
  func counts(spaceGroup: Int, count: Int) {
    let shifts = SpaceGroup.numbered(spaceGroup).originShifts
    #expect(shifts.count == count && shifts.first == .zero, "\(shifts)")
  }

  private static func unfolded(_ unit: AsymmetricUnit) -> Crystal {
    let group = SpaceGroup.numbered(unit.spaceGroup)
    var crystal = Crystal(
      lattice: unit.latticeLogMetric.lattice, atomicNumbers: [], fractionalCoordinates: [], spaceGroup: unit.spaceGroup)
    for (i, site) in unit.sites.enumerated() {
      guard let position = group.wyckoffPosition(letter: site.wyckoffLetter) else { continue }
      crystal.append(position.orbit(of: site.position), atomicNumber: site.atomicNumber, orbit: Int32(i))
    }
    return crystal
  }

  @Test("leave the crystal and its group as they are, and every site on its own representative")
  func crystals() throws {
    for (spaceGroup, letters) in [(62, "cd"), (139, "ae"), (166, "bc"), (194, "cf"), (216, "ae"), (225, "abc")] {
      let group = SpaceGroup.numbered(spaceGroup)
      let k = LatticeLogMetric(k: [0.1, 0.2, 0.15, 0.05, 0.1, 1.7]).constrained(to: spaceGroup)
      let sites = try letters.utf8.enumerated().map { n, letter in
        let position = try #require(group.wyckoffPosition(letter: letter))
        let (flat, origin) = position.generatorFlat
        let point = (flat * Vector3(0.13, 0.21 + 0.05 * Double(n), 0.37) + origin).wrapped
        return Site(
          atomicNumber: UInt8(8 + n), position: position.representative(of: position.orbit(of: point)),
          siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: letter, multiplicity: position.multiplicity)
      }
      let unit = AsymmetricUnit(spaceGroup: spaceGroup, latticeLogMetric: k, sites: sites)
      let crystal = Self.unfolded(unit)
      for shift in group.originShifts {
        let shifted = try #require(unit.shifted(by: shift))
        #expect(shifted.sites.map(\.multiplicity) == unit.sites.map(\.multiplicity))
        #expect(crystal.count == unit.sites.reduce(0) { $0 + $1.multiplicity })
        let image = Self.unfolded(shifted)
        // Every atom of the crystal, moved, is one of the shifted crystal.
        for (x, z) in zip(crystal.fractionalCoordinates, crystal.atomicNumbers) {
          let found = zip(image.fractionalCoordinates, image.atomicNumbers).contains { y, other in
            let d = y - x - shift
            return other == z && (d - d.rounded(.toNearestOrAwayFromZero)).max() < 1e-6
              && (d - d.rounded(.toNearestOrAwayFromZero)).min() > -1e-6
          }
          #expect(found, "\(spaceGroup) \(shift) \(x)")
        }
        let back = try #require(shifted.shifted(by: Vector3(repeating: 1) - shift))
        for (a, b) in zip(back.sites, unit.sites) {
          let d = a.position - b.position
          #expect(a.wyckoffLetter == b.wyckoffLetter && d.dot(d) < 1e-9, "\(spaceGroup) \(shift)")
        }
      }
    }
  }
}
