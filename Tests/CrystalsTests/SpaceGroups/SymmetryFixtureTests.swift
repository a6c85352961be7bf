import Foundation
import TestSupport
import Testing

@testable import Crystals

/// Asymmetric units that spglib, pymatgen and PyXtal found, against ours: the selection in Tests/References, and all of
/// ../shared/fixtures where that is at hand.
@Suite("Asymmetric units of other programs") struct SymmetryFixtureTests {
  struct Record: Decodable {
    struct Orbit: Decodable {
      var element: String
      var letter: String
      var multiplicity: Int
      var dof: Int
      var position: [Double]
      var coords: [[Double]]
      var ss15: [UInt8]
      var rep: Int
      var ss15_rep: [UInt8]
    }
    struct Unit: Decodable {
      var tol: Double
      var spacegroup: Int
      var hall_number: Int
      var lattice: [Double]
      var orbits: [Orbit]
    }
    var id: String
    var spg_01: Int
    var spg_001: Int
    var scan: [String: Int]
    var symmcd: Unit
    var cif: String?
  }
  struct File: Decodable { var records: [Record] }
  struct Structures: Decodable {
    struct Structure: Decodable {
      var id: String
      var cif: String
    }
    var structures: [Structure]
  }

  static let shared: [Record] = {
    let files = ["symmetry", "structures"].map { Checkout.root.appendingPathComponent("../shared/fixtures/\($0).json") }
    guard let data = try? Data(contentsOf: files[0]), let texts = try? Data(contentsOf: files[1]),
      var file = try? JSONDecoder().decode(File.self, from: data),
      let structures = try? JSONDecoder().decode(Structures.self, from: texts)
    else { return [] }
    let cifs = Dictionary(uniqueKeysWithValues: structures.structures.map { ($0.id, $0.cif) })
    for i in file.records.indices { file.records[i].cif = cifs[file.records[i].id] }
    return file.records
  }()

  @Test("the selection agrees")
  func selection() throws {
    let file = try reference("SpaceGroups/symmetry.json", as: File.self)
    #expect(file.records.count == 25)
    for record in file.records { try check(record) }
  }

  @Test("all 150 agree", .enabled(if: !shared.isEmpty, "no ../shared/fixtures/symmetry.json"))
  func all() throws {
    #expect(Self.shared.count == 150)
    for record in Self.shared { try check(record) }
  }

  private func check(_ record: Record) throws {
    let text = try #require(record.cif)
    let given = try onlyCrystal(text)
    let theirs = record.symmcd
    // Near the edge of a tolerance two right programs may differ: elsewhere they may not.
    let isStable = Set([record.scan["0.03"], record.scan["0.1"], record.scan["0.3"]]).count == 1
    for (symprec, expected) in [(0.1, record.spg_01), (0.01, record.spg_001)] {
      let found = try SymmetrySearch(given, symprec: symprec).spaceGroup
      let isRight = isStable && symprec == 0.1 ? found == expected : record.scan.values.contains(found)
      #expect(isRight, "\(record.id) at \(symprec): \(found)")
    }
    let (unit, conventional) = try AsymmetricUnit.standardize(given, symprec: theirs.tol)
    #expect(unit.spaceGroup == theirs.spacegroup, "\(record.id)")
    let group = SpaceGroup.numbered(theirs.spacegroup)
    #expect(group.hallNumber == theirs.hall_number)
    let lattice = Lattice(
      lengths: Vector3(Array(theirs.lattice[0..<3])), angles: Vector3(Array(theirs.lattice[3..<6])))
    var rebuilt = Crystal(lattice: lattice, atomicNumbers: [], fractionalCoordinates: [], spaceGroup: theirs.spacegroup)
    for (index, orbit) in theirs.orbits.enumerated() {
      let letter = try #require(orbit.letter.utf8.first)
      let position = try #require(group.wyckoffPosition(letter: letter))
      #expect(position.multiplicity == orbit.multiplicity && position.degreesOfFreedom == orbit.dof)
      let points = orbit.coords.map { Vector3($0) }
      for (point, code) in [(points[0], orbit.ss15), (points[orbit.rep], orbit.ss15_rep)] {
        let nearest = try #require(position.nearest(to: point, metric: lattice.metric))
        #expect(nearest.distance < 1e-3, "\(record.id): \(orbit.letter)")
        #expect(
          position.members[nearest.member].siteSymmetry == SiteSymmetry(operations: code), "\(record.id): \(orbit.letter)")
      }
      let nearest = try #require(position.nearest(to: points[0], metric: lattice.metric))
      let own = position.orbit(of: nearest.point, onMember: nearest.member)
      for p in own { #expect(points.contains { squaredDistance($0, p, lattice.metric) < 1e-6 }) }
      let z = try #require(Element.atomicNumber(orbit.element))
      rebuilt.append(own, atomicNumber: UInt8(z), orbit: Int32(index))
    }
    // Which of equivalent positions a crystal is on depends on the origin; how many of each kind does not.
    func kind(_ z: UInt8, _ letter: UInt8) -> [Int] {
      guard let position = group.wyckoffPosition(letter: letter) else { return [] }
      return [Int(z), position.multiplicity, position.degreesOfFreedom]
        + position.members[0].siteSymmetry.operations.sorted().map(Int.init)
    }
    let ours = unit.sites.map { kind($0.atomicNumber, $0.wyckoffLetter) }
    let others = try theirs.orbits.map { orbit in
      let z = try #require(Element.atomicNumber(orbit.element))
      return kind(UInt8(z), try #require(orbit.letter.utf8.first))
    }
    #expect(Set(ours) == Set(others) && ours.count == others.count, "\(record.id)")
    #expect(rebuilt.count == conventional.count, "\(record.id)")
    #expect(abs(rebuilt.lattice.volume / conventional.lattice.volume - 1) < 0.01, "\(record.id)")
    if rebuilt.count <= 80 {
      #expect(NeighborDistances(rebuilt).difference(to: NeighborDistances(conventional)) < theirs.tol, "\(record.id)")
    }
  }
}
