import Foundation
import TestSupport
import Testing

@testable import Crystals

@Suite("CIF files that are refused") struct CIFRejectionTests {
  @Test(
    "sites", .serialized,
    arguments: [
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 0.5", "Cl1 0.5 0.5 0.5 1"], "partial_occupancy"),
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 0.5", "K1 0 0 0 0.5", "Cl1 0.5 0.5 0.5 1"], "mixed_occupancy"),
      (
        "label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 0.33", "K1 0 0 0 0.33", "Rb1 0 0 0.001 0.34"], "mixed_occupancy"
      ),
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 0.4", "K1 0 0 0 0.4"], "partial_occupancy"),
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 0"], "partial_occupancy"),
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 abc"], "bad_occupancy"),
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 4"], "bad_occupancy"),
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 -1"], "bad_occupancy"),
      ("label fract_x fract_y fract_z occupancy", ["Na1 0 0 0 nan"], "bad_occupancy"),
      ("label fract_x fract_y fract_z disorder_group", ["Na1 0 0 0 1"], "disorder"),
      ("label fract_x fract_y fract_z calc_flag", ["Na1 0 0 0 dum"], "dummy_atom"),
      ("label fract_x fract_y fract_z", ["Na1 ? ? ?"], "bad_coordinates"),
      ("label fract_x fract_y fract_z", ["Na1 . . ."], "bad_coordinates"),
      ("label fract_x fract_y fract_z", ["Na1 nan 0 0"], "bad_coordinates"),
      ("label fract_x fract_y fract_z", ["Na1 0 inf 0"], "bad_coordinates"),
      ("label fract_x fract_y fract_z", ["Na1 0 1e300 0"], "bad_coordinates"),
      ("label fract_x fract_y fract_z", ["Na1 0 0 0.5x"], "bad_coordinates"),
      ("label fract_x fract_y fract_z", ["Xx1 0 0 0"], "unknown_element"),
      ("label fract_x fract_y fract_z", ["Vac1 0 0 0"], "vacancy"),
      ("label fract_x fract_y fract_z", ["? 0 0 0"], "unknown_element"),
      ("label fract_x fract_y fract_z", ["17 0 0 0"], "unknown_element"),
      ("label fract_x fract_y fract_z", ["Na1 0 0 0", "Cl1 0 0 0"], "atoms_overlap"),
      ("label fract_x fract_y fract_z", ["Na1 0 0 0", "Cl1 0.5 0.5 0.01"], "atoms_overlap"),
      ("label fract_x fract_y fract_z", ["Na1 0 0"], "unreadable_cif"),
      ("label fract_x fract_y fract_z fract_x", ["Na1 0 0 0 0"], "unreadable_cif"),
      ("label Cartn_x Cartn_y Cartn_z", ["Na1 0 0 0"], "no_atoms"),
    ])
  func sites(columns: String, sites: [String], code: String) {
    #expect(rejectionCode(Array(cif(columns: columns, sites: sites).utf8)) == code)
  }

  @Test(
    "cells",
    arguments: [
      ["0", "5", "5", "90", "90", "90"], ["-5", "5", "5", "90", "90", "90"], ["nan", "5", "5", "90", "90", "90"],
      ["1e9", "5", "5", "90", "90", "90"], ["5", "5", "5", "60", "60", "120"], ["5", "5", "5", "0", "90", "90"],
      ["5", "5", "5", "90", "180", "90"], ["5", "5", "5", "30", "30", "170"], ["inf", "5", "5", "90", "90", "90"],
      ["5", "5", "0.2", "90", "90", "90"], ["", "", "", "", "", ""], ["a", "b", "c", "90", "90", "90"],
    ])
  func cells(cell: [String]) {
    #expect(rejectionCode(Array(cif(cell: cell, symmetry: "_space_group_IT_number 1").utf8)) == "bad_cell")
  }

  @Test("a cell that does not have the symmetry of the operators")
  func cellAgainstSymmetry() {
    #expect(rejectionCode(Array(cif(cell: ["5", "5", "7", "90", "90", "90"]).utf8)) == "bad_cell")
    #expect(rejectionCode(Array(cif(cell: ["5", "5", "5", "90", "90", "70"]).utf8)) == "bad_cell")
  }

  @Test(
    "operators",
    arguments: [
      "'x,y,z' '-x,-y'", "'x,y,z' 'x,y,w'", "'x,y,z' 'x,x,z'", "'x,y,z' '-x,-y,z+1/5'", "'x,y,z' '-y,x,z'",
      "'x,y,z' 'x+1/2,y,z' '-x,-y,z+1/4'", "'-x,-y,-z'", "'x,y,z' '1e5x,y,z'", "'x,y,z' '+,+,+'", "'x,y,z' ',,,'",
      "'x,y,z' 'x,y,z+1/0'", "'x,y,z' '2x,y,z'", "'x,y,z' '\u{0}'".replacing("\u{0}", with: "~"), "'x,y,z' ?",
    ])
  func operators(list: String) {
    let text = cif(symmetry: "loop_\n_symmetry_equiv_pos_as_xyz\n\(list.replacing("' ", with: "'\n"))")
    #expect(rejectionCode(Array(text.utf8)) == "bad_operators")
  }

  @Test("operators in every notation")
  func notations() throws {
    for second in ["-x,-y,-z", "-X, -Y, -Z", "0-x,-y,-z", "'-x , -y , -z'", "-1x,-1*y,-z", "-x+1,-y,-z-2/1", "-x+0.0,-y,-z"] {
      let quoted = second.hasPrefix("'") ? second : "'\(second)'"
      let text = cif(symmetry: "loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n\(quoted)", sites: ["Si1 0.1 0.2 0.3"])
      #expect(try onlyCrystal(text).count == 2, "\(second)")
    }
    #expect(SymmetryOperation(triplet: "1/2+x, y - 0.25, z+.333")?.translation == [12, 18, 8])
    for number in [1, 62, 194, 227] {
      for operation in SpaceGroup.numbered(number).operations {
        #expect(SymmetryOperation(triplet: operation.triplet) == operation)
      }
    }
  }

  @Test("symbols that mean nothing")
  func symbols() {
    for symmetry in [
      "_symmetry_space_group_name_H-M 'Q m -3 m'", "_space_group_IT_number 231", "_space_group_IT_number -1",
      "_space_group_name_Hall '-P 2\\'1 2'", "_space_group_name_Hall 'P 3*2 2\"1 4\\'3'", "_space_group_name_Hall P",
      "_space_group_name_Hall '-F 4 2 3 (99999999999999999999,y,z)'", "_space_group_name_Hall 'P 7'",
      "_space_group_name_Hall 'P 2 3\"4 6*5'",
    ] {
      #expect(
        rejectionCode(Array(cif(symmetry: symmetry.replacing("\\'", with: "'")).utf8)) == "unknown_symmetry", "\(symmetry)")
    }
    // Without a word on symmetry the sites are all there is.
    #expect(rejectionCode(Array(cif(symmetry: "_x 1").utf8)) == nil)
  }

  @Test("files that are none")
  func files() {
    #expect(rejectionCode([]) == "empty_file")
    #expect(rejectionCode([0xEF, 0xBB, 0xBF, 0x20, 0x0A]) == "empty_file")
    #expect(rejectionCode([0x7F, 0x45, 0x4C, 0x46, 0, 0, 1]) == "not_text")
    #expect(rejectionCode([0xFF, 0xFE, 0x64, 0, 0x61, 0]) == "not_text")
    #expect(rejectionCode(Array("hello world\n".utf8)) == "unreadable_cif")
    #expect(rejectionCode(Array("data_x\n_a 1\n".utf8)) == "no_atoms")
    #expect(rejectionCode(Array("# nothing\n".utf8)) == "no_atoms")
    #expect(rejectionCode(Array("data_x\n_a 'open\n".utf8)) == "unreadable_cif")
    #expect(rejectionCode(Array("data_x\n_a\n;\nopen\n".utf8)) == "unreadable_cif")
    var random = SplitMix(seed: 7)
    #expect(rejectionCode((0..<10_000).map { _ in UInt8.random(in: 1...255, using: &random) }) == "unreadable_cif")
  }

  @Test("a file cut in the middle of its loop of sites")
  func truncated() throws {
    let whole = cif(
      columns: "label type_symbol fract_x fract_y fract_z occupancy",
      sites: ["Na1 Na 0 0 0 1", "Cl1 Cl 0.5 0.5 0.5 1", "Cl2 Cl 0.25 0.25 0.25 1"])
    let bytes = Array(whole.utf8)
    let rows = try #require(whole.range(of: "Cl1 Cl 0.5 ")).upperBound.utf16Offset(in: whole)
    for end in rows..<rows + 8 { #expect(rejectionCode(Array(bytes[..<end])) == "unreadable_cif") }
    for end in 0..<bytes.count { _ = rejectionCode(Array(bytes[..<end])) }
  }

  @Test("a cell with 100,000 atoms is refused by its size, quickly")
  func huge() {
    let sites = (0..<100_000).map { "Si\($0) 0.\($0 % 997) 0.\($0 % 991) 0.\($0)" }
    let text = Array(cif(symmetry: "_space_group_IT_number 1", sites: sites).utf8)
    let start = ContinuousClock.now
    #expect(rejectionCode(text) == "too_many_atoms")
    #expect(ContinuousClock.now - start < .seconds(1))
    // Few sites, many atoms.
    let many = (0..<50).map { "Si\($0) 0.0\($0 + 10)1 0.1\($0 + 10)3 0.2\($0 + 10)7" }
    #expect(rejectionCode(Array(cif(cell: ["90", "90", "90", "90", "90", "90"], sites: many).utf8)) == "too_many_atoms")
  }

  @Test("words of a refusal")
  func words() {
    let text = cif(columns: "label fract_x fract_y fract_z occupancy", sites: ["Na1 0 0 0 0.5"])
    #expect(throws: Rejection("partial_occupancy", "site 1 (Na1) has occupancy 0.5")) { try onlyCrystal(text) }
    #expect(throws: Rejection("atoms_overlap", "sites 1 (Na1) and 2 (Cl1) are at one place")) {
      try onlyCrystal(cif(sites: ["Na1 0 0 0", "Cl1 0 0.5 0.5"]))
    }
    #expect(throws: Rejection("bad_cell", "cell alpha, beta, gamma missing or unreadable, and symmetry does not fix it")) {
      try onlyCrystal(cif(cell: ["5", "5", "5"], symmetry: "_space_group_IT_number 2"))
    }
  }
}
