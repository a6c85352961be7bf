import Foundation
import TestSupport
import Testing

@testable import Crystals

@Suite("Site-symmetry symbols") struct SiteSymmetrySymbolTests {
  @Test("20 groups agree with PyXtal's tables")
  func references() throws {
    struct Table: Decodable {
      struct Position: Decodable {
        var letter: String
        var siteSymmetry: String
      }
      struct Group: Decodable {
        var number: Int
        var positions: [Position]
      }
      var groups: [Group]
    }
    let table = try reference("SpaceGroups/wyckoff_positions.json", as: Table.self)
    for entry in table.groups {
      let group = SpaceGroup.numbered(entry.number)
      for row in entry.positions {
        let letter = try #require(row.letter.utf8.first)
        let position = try #require(group.wyckoffPosition(letter: letter))
        #expect(group.siteSymmetrySymbol(of: position) == row.siteSymmetry, "\(entry.number) \(row.letter)")
      }
    }
  }

  @Test(
    "symbols of the International Tables in groups of every class",
    arguments: [
      (10, "a", "2/m"), (47, "a", "mmm"), (47, "i", "2mm"), (48, "a", "222"), (55, "a", "..2/m"), (100, "b", "2.mm"),
      (111, "e", "222."),
      (115, "a", "-4m2"), (125, "a", "422"), (147, "d", "3.."), (148, "c", "3."), (149, "a", "3.2"), (150, "a", "32."),
      (155, "a", "32"),
      (162, "c", "3.2"), (175, "a", "6/m.."), (200, "e", "mm2.."), (203, "a", "23."), (207, "c", "42.2"), (221, "c", "4/mm.m"),
      (221, "h", "mm2.."),
      (221, "i", "m.m2"), (223, "c", "-4m.2"), (224, "b", ".-3m"), (227, "c", ".-3m"), (229, "b", "4/mm.m"), (230, "b", ".32"),
    ])
  func tables(number: Int, letter: String, symbol: String) throws {
    let group = SpaceGroup.numbered(number)
    let ascii = try #require(letter.utf8.first)
    let position = try #require(group.wyckoffPosition(letter: ascii))
    #expect(group.siteSymmetrySymbol(of: position) == symbol)
  }
}
