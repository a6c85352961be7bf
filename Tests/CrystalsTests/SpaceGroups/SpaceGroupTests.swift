import Foundation
import TestSupport
import Testing

@testable import Crystals

@Suite("Space groups") struct SpaceGroupTests {
  @Test("operations are closed under composition", arguments: 1...230)
  func closure(number: Int) {
    let operations = SpaceGroup.numbered(number).operations
    let all = Set(operations)
    #expect(all.count == operations.count)
    for a in operations {
      #expect(all.contains(a.inverse))
      for b in operations.prefix(8) { #expect(all.contains(a.composed(after: b))) }
    }
  }

  @Test("there are 1731 Wyckoff positions, the general one last")
  func count() {
    let groups = (1...230).map(SpaceGroup.numbered)
    #expect(groups.map(\.wyckoffPositions.count).reduce(0, +) == 1731)
    #expect(groups.allSatisfy { $0.wyckoffPositions.last?.multiplicity == $0.operations.count })
  }

  @Test("a random point of a position has exactly its stabiliser", arguments: 1...230)
  func stabilisers(number: Int) {
    let group = SpaceGroup.numbered(number)
    var random = SplitMix(seed: UInt64(number))
    for position in group.wyckoffPositions {
      #expect(position.members.count == position.multiplicity)
      let point = position.randomPoint(&random)
      let orbit = position.orbit(of: point)
      for (p, member) in zip(orbit, position.members) {
        let fixing = group.operations.filter { isLatticeVector($0(p) - p) }
        #expect(fixing.count * position.multiplicity == group.operations.count)
        let code = SiteSymmetry(rotations: fixing.map(\.rotation), hexagonal: group.isHexagonal)
        #expect(code == member.siteSymmetry)
      }
      for (i, p) in orbit.enumerated() {
        for q in orbit[..<i] { #expect(!isLatticeVector(p - q)) }
      }
    }
  }

  @Test("spglib finds the group and the letter on crystals built from every position", arguments: 1...230)
  func letters(number: Int) throws {
    let group = SpaceGroup.numbered(number)
    var random = SplitMix(seed: UInt64(number))
    let lattice = LatticeLogMetric(k: [0.11, -0.07, 0.05, 0.08, 0.06, 2.1])
      .constrained(to: number).lattice
    let general = try #require(group.wyckoffPositions.last)
    for position in group.wyckoffPositions {
      var crystal = Crystal(
        lattice: lattice, atomicNumbers: [], fractionalCoordinates: [], spaceGroup: number)
      crystal.append(general.orbit(of: Vector3(0.1234, 0.2718, 0.3817)), atomicNumber: 1, orbit: 0)
      crystal.append(position.orbit(of: position.randomPoint(&random)), atomicNumber: 2, orbit: 1)
      let (unit, _) = try AsymmetricUnit.standardize(crystal, symprec: 1e-3)
      #expect(unit.spaceGroup == number)
      let site = try #require(unit.sites.first { $0.atomicNumber == 2 })
      #expect(site.multiplicity == position.multiplicity)
      #expect(site.siteSymmetry.operations.sorted() == position.members[0].siteSymmetry.operations.sorted())
    }
  }

  @Test("20 groups agree with PyXtal's tables")
  func references() throws {
    struct Table: Decodable {
      struct Position: Decodable {
        var letter: String
        var multiplicity: Int
        var freedom: Int
        var siteSymmetry: String
        var points: [String]
        var codes: [[UInt8]]
      }
      struct Group: Decodable {
        var number: Int
        var hall: Int
        var positions: [Position]
      }
      var groups: [Group]
    }
    let table = try reference("SpaceGroups/wyckoff_positions.json", as: Table.self)
    for entry in table.groups {
      let group = SpaceGroup.numbered(entry.number)
      #expect(group.hallNumber == entry.hall)
      #expect(group.wyckoffPositions.count == entry.positions.count)
      for row in entry.positions {
        let letter = try #require(row.letter.utf8.first)
        let position = try #require(group.wyckoffPosition(letter: letter))
        #expect(position.multiplicity == row.multiplicity)
        #expect(position.degreesOfFreedom == row.freedom)
        // Their generator may be another member of the orbit: the sets of points must be the same.
        for (k, point) in row.points.enumerated() {
          let flat = Flat(triplet: point.replacingOccurrences(of: " ", with: ""))
          let members = position.members.filter { $0.flat.isSameSet(as: flat) }
          #expect(!members.isEmpty, "\(entry.number) \(row.letter) \(point)")
          let code = SiteSymmetry(operations: row.codes[row.codes.count == 1 ? 0 : k])
          if row.codes.count > 1 || k == 0 {
            #expect(
              members.allSatisfy { $0.siteSymmetry == code }, "\(entry.number) \(row.letter) \(point)")
          }
        }
      }
    }
  }
}

func isLatticeVector(_ v: Vector3) -> Bool {
  let d = v - v.rounded(.toNearestOrEven)
  return d.dot(d) < 1e-12
}

extension WyckoffPosition {
  /// A point of the generator's flat with random free coordinates.
  func randomPoint(_ random: inout SplitMix) -> Vector3 {
    let flat = members[0].flat
    // Apart from each other and from special values by more than any tolerance.
    let u = [0.141, 0.193, 0.227].map { $0 + Double.random(in: -0.006..<0.006, using: &random) }
    return Vector3(
      (0..<3).map { row in
        (0..<3).reduce(Double(flat.translation[row]) / 24) { $0 + Double(flat.matrix[3 * row + $1]) * u[$1] }
      })
  }
}

extension Vector3 {
  init(_ values: [Double]) { self.init(values[0], values[1], values[2]) }
}
