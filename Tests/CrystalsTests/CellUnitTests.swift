import TestSupport
import Testing

@testable import Crystals

@Suite("Asymmetric units of cells") struct CellUnitTests {
  private static let units = [
    unit(221, "a Sr, b Ti, c O", cell: 3.9), unit(225, "a Mg, b O", cell: 4.21), unit(2, "i Fe 0.1 0.2 0.3, a O", cell: 5),
    unit(62, "c Fe 0.1 0.25 0.3, d O 0.3 0.6 0.9", cell: 7), unit(166, "a Na, c O 0 0 0.3", cell: 6),
    unit(194, "c Zn, f S 0.333333 0.666667 0.1", cell: 5), unit(1, "a Fe 0.1 0.2 0.3, a O 0.5 0.7 0.9", cell: 4),
  ]

  @Test("every atom as a site of group 1 unfolds to the same atoms in the same cell", arguments: units.indices)
  func everyAtom(index: Int) throws {
    let crystal = try Self.units[index].reconstruct().crystal
    let unit = AsymmetricUnit(everyAtomOf: crystal)
    #expect(unit.spaceGroup == 1 && unit.sites.count == crystal.count)
    #expect(
      unit.sites.allSatisfy { $0.wyckoffLetter == UInt8(ascii: "a") && $0.multiplicity == 1 && $0.siteSymmetry == .trivial })
    let back = try unit.reconstruct()
    #expect(back.outcome == .projected && back.crystal.atomicNumbers == crystal.atomicNumbers)
    #expect(back.crystal.orbit == crystal.atomicNumbers.indices.map(Int32.init))
    for (a, b) in zip(back.crystal.fractionalCoordinates, crystal.fractionalCoordinates) {
      #expect(squaredDistance(a, b, crystal.lattice.metric) < 1e-18)
    }
    for i in 0..<3 { #expect((back.crystal.lattice.vectors[i] - crystal.lattice.vectors[i]).length < 1e-9) }
  }

  @Test("a cell with its group and orbits gives back the unit that standardize made of it", arguments: units.indices)
  func unfolded(index: Int) throws {
    let crystal = try Self.units[index].reconstruct().crystal
    let (expected, conventional) = try AsymmetricUnit.standardize(crystal, symprec: 0.01)
    let unit = try #require(AsymmetricUnit(unfoldedTo: conventional))
    #expect(unit.spaceGroup == expected.spaceGroup && unit.sites.count == expected.sites.count)
    for (a, b) in zip(unit.sites, expected.sites) {
      #expect(a.atomicNumber == b.atomicNumber && a.wyckoffLetter == b.wyckoffLetter && a.multiplicity == b.multiplicity)
      #expect(a.siteSymmetry == b.siteSymmetry && squaredDistance(a.position, b.position, crystal.lattice.metric) < 1e-18)
    }
    for (a, b) in zip(unit.latticeLogMetric.k, expected.latticeLogMetric.k) { #expect(abs(a - b) < 1e-12) }
    var unknown = conventional
    unknown.spaceGroup = 0
    #expect(AsymmetricUnit(unfoldedTo: unknown) == nil)
  }
}
