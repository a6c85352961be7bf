import Foundation
import TestSupport
import Testing

@testable import Crystals

/// Whether two crystals have the same cell (1e-6 angstrom) and the same atoms in it (1e-5 angstrom), in any order.
func isSame(_ a: Crystal, _ b: Crystal) -> Bool {
  guard a.count == b.count, (a.lattice.lengths - b.lattice.lengths).length < 1e-6,
    (a.lattice.angles - b.lattice.angles).length < 1e-6
  else { return false }
  var free = Set(b.atomicNumbers.indices)
  for (z, x) in zip(a.atomicNumbers, a.fractionalCoordinates) {
    guard
      let match = free.first(where: {
        b.atomicNumbers[$0] == z && squaredDistance(b.fractionalCoordinates[$0], x, a.lattice.metric) < 1e-10
      })
    else { return false }
    free.remove(match)
  }
  return true
}

/// A crystal with one atom on the general position and one on another position of a group.
func crystal(inGroup number: Int, position index: Int, random: inout SplitMix) -> Crystal {
  let group = SpaceGroup.numbered(number)
  let lattice = LatticeLogMetric(k: [0.11, -0.07, 0.05, 0.08, 0.06, 4.0]).constrained(to: number).lattice
  let positions = group.wyckoffPositions
  let special = positions[index % positions.count]
  let general = positions[positions.count - 1].orbit(of: Vector3(0.1234, 0.2718, 0.3817))
  // Coordinates far enough from each other and from special values that no two atoms of the large cell come near.
  let u = [0.1371, 0.2033, 0.0593].map { $0 + Double.random(in: -0.005..<0.005, using: &random) }
  let flat = special.members[0].flat
  let point = Vector3(
    (0..<3).map { row in (0..<3).reduce(Double(flat.translation[row]) / 24) { $0 + Double(flat.matrix[3 * row + $1]) * u[$1] } }
  )
  let others = special.orbit(of: point)
  return Crystal(
    lattice: lattice,
    atomicNumbers: [UInt8](repeating: 14, count: general.count) + [UInt8](repeating: 8, count: others.count),
    fractionalCoordinates: general + others)
}

@Suite("Writing and reading back") struct FileRoundTripTests {
  @Test("symmetric CIF in every group", arguments: 1...230)
  func symmetricCIF(number: Int) throws {
    var random = SplitMix(seed: UInt64(number))
    for index in [0, 1, 2] {
      let (unit, conventional) = try AsymmetricUnit.standardize(
        crystal(inGroup: number, position: index, random: &random), symprec: 1e-3)
      let text = CIF.text(unit, name: "group \(number)")
      let blocks = try CIF.read(Array(text.utf8), options: .unjudged)
      #expect(blocks.count == 1 && blocks[0].name == "group_\(number)")
      #expect(isSame(try blocks[0].crystal.get(), conventional))
    }
  }

  @Test("the symbols that are written mean the operators that are written", arguments: 1...230)
  func symbols(number: Int) {
    let operations = Set(SpaceGroup.numbered(number).operations)
    let symbols = CIF.referenceSymbols(number: number)
    #expect(CIF.operations(hall: symbols.hall).map { Set($0) } == operations)
    let named = CIF.hallSymbols(hermannMauguin: symbols.hermannMauguin, alpha: 90, gamma: number < 143 ? 90 : 120)
    #expect(named.first.flatMap(CIF.operations(hall:)).map { Set($0) } == operations)
  }

  @Test("CIF in P1, extxyz and POSCAR")
  func plain() throws {
    var random = SplitMix(seed: 11)
    var frames = ""
    var crystals: [Crystal] = []
    for number in stride(from: 1, through: 230, by: 7) {
      let crystal = crystal(inGroup: number, position: number, random: &random)
      crystals.append(crystal)
      #expect(isSame(try onlyCrystal(CIF.text(crystal, name: "x"), options: .unjudged), crystal))
      let poscar = try POSCAR.read(Array(POSCAR.text(crystal, comment: "a\nb").utf8), options: .unjudged)
      #expect(poscar.comment == "a b")
      #expect(isSame(poscar.crystal, crystal))
      frames += Extxyz.text(crystal, name: "number \(number)", properties: [("energy", -1.5), ("gap", .nan)])
    }
    let read = try Extxyz.read(Array(frames.utf8), options: .unjudged)
    #expect(read.count == crystals.count && read[1].name == "number 8")
    for (frame, crystal) in zip(read, crystals) { #expect(isSame(try frame.crystal.get(), crystal)) }
    #expect(frames.contains("energy=-1.5\n") && !frames.contains("gap"))
  }

  @Test("a CIF in full")
  func words() {
    let unit = AsymmetricUnit(
      spaceGroup: 2, latticeLogMetric: LatticeLogMetric(Lattice(lengths: Vector3(4, 5, 6), angles: Vector3(80, 90, 100))),
      sites: [
        Site(
          atomicNumber: 8, position: Vector3(0.1, -0.2, 1.0 / 3), siteSymmetry: .trivial, wyckoffLetter: 105, multiplicity: 2)
      ])
    #expect(
      CIF.text(unit, name: "µ 1") == """
        data___1
        _cell_length_a 4.0000000000
        _cell_length_b 5.0000000000
        _cell_length_c 6.0000000000
        _cell_angle_alpha 80.0000000000
        _cell_angle_beta 90.0000000000
        _cell_angle_gamma 100.0000000000
        _cell_volume 116.325293
        _chemical_formula_sum 'O2'
        _space_group_IT_number 2
        _space_group_name_H-M_alt 'P -1'
        _space_group_name_Hall '-P 1'
        loop_
         _space_group_symop_id
         _space_group_symop_operation_xyz
         1 'x,y,z'
         2 '-x,-y,-z'
        loop_
         _atom_site_label
         _atom_site_type_symbol
         _atom_site_symmetry_multiplicity
         _atom_site_Wyckoff_symbol
         _atom_site_fract_x
         _atom_site_fract_y
         _atom_site_fract_z
         _atom_site_occupancy
         O1 O 2 i 0.1000000000 -0.2000000000 0.3333333333 1

        """)
  }
}

@Suite("POSCAR and extxyz") struct POSCARExtxyzTests {
  static let salt = """
    Na Cl
    5.64
    0 0.5 0.5
    0.5 0 0.5
    0.5 0.5 0
    Na Cl
    1 1
    Direct
    0 0 0
    0.5 0.5 0.5 Cl1

    """

  @Test("POSCAR in every form")
  func poscar() throws {
    let salt = Self.salt
    let expected = try POSCAR.read(Array(salt.utf8)).crystal
    #expect(expected.atomicNumbers == [11, 17])
    #expect(abs(expected.lattice.volume - 5.64 * 5.64 * 5.64 / 4) < 1e-9)
    for text in [
      salt.replacing("5.64\n", with: "-\(5.64 * 5.64 * 5.64 / 4)\n"), salt.replacing("5.64\n", with: "5.64 5.64 5.64\n"),
      salt.replacing("\n", with: "\r\n"), salt.replacing("Na Cl\n1 1", with: "1 1"),
      salt.replacing("Na Cl\n1 1", with: "Na_pv/0a1b Cl.x\n1 1 ! two"),
      salt.replacing("Direct", with: "Selective dynamics\ndirect"),
      salt.replacing("Direct", with: "S\nfractional".replacing("fractional", with: "d")).replacing(
        "0.5 0.5 0.5 Cl1", with: "0.5 0.5 0.5 T F T"),
      salt.replacing("Direct", with: "Cartesian").replacing("0.5 0.5 0.5 Cl1", with: "0.5 0 0"),
      salt.replacing("Direct", with: "K").replacing("0.5 0.5 0.5 Cl1", with: "0.5 0 0"), salt + "\n0 0 0\n0 0 0\n",
    ] {
      #expect(isSame(try POSCAR.read(Array(text.utf8)).crystal, expected), "\(text)")
    }
  }

  @Test("POSCAR that is refused")
  func badPOSCAR() {
    let salt = Self.salt
    for (text, code) in [
      ("", "empty_file"), ("\0", "not_text"), ("a\n1\n", "unreadable_poscar"),
      (salt.replacing("5.64\n", with: "zero\n"), "unreadable_poscar"),
      (salt.replacing("5.64\n", with: "0\n"), "unreadable_poscar"),
      (salt.replacing("5.64\n", with: "1e-3\n"), "bad_cell"), (salt.replacing("0.5 0.5 0\n", with: "0 0 0\n"), "bad_cell"),
      (salt.replacing("0.5 0.5 0\n", with: "nan nan nan\n"), "unreadable_poscar"),
      (salt.replacing("1 1\n", with: "1 99999999999\n"), "too_many_atoms"),
      (salt.replacing("1 1\n", with: "1 -1\n"), "unreadable_poscar"),
      (salt.replacing("1 1\n", with: "0 0\n"), "no_atoms"), (salt.replacing("Na Cl\n1", with: "Na Xq\n1"), "unknown_element"),
      (salt.replacing("Direct\n", with: ""), "unreadable_poscar"),
      (salt.replacing("0.5 0.5 0.5 Cl1", with: ""), "unreadable_poscar"),
      (salt.replacing("0.5 0.5 0.5 Cl1", with: "1 0 1"), "atoms_overlap"),
      (salt.replacing("0.5 0.5 0.5 Cl1", with: "inf 0 1"), "unreadable_poscar"),
      (salt.replacing("0.5 0.5 0.5 Cl1", with: "1e8 0 1"), "bad_coordinates"),
    ] {
      let found: String?
      do throws(Rejection) {
        _ = try POSCAR.read(Array(text.utf8))
        found = nil
      } catch {
        found = error.code
      }
      #expect(found == code, "\(text)")
    }
  }

  static let frame = """
    2
    Lattice="5.64 0 0 0 5.64 0 0 0 5.64" Properties=species:S:1:pos:R:3 pbc="T T T" energy=-1.0
    Cs 0 0 0
    Cl 2.82 2.82 2.82

    """

  @Test("extxyz in every form")
  func extxyz() throws {
    let frame = Self.frame
    let expected = try #require(try Extxyz.read(Array(frame.utf8)).first?.crystal.get())
    #expect(expected.atomicNumbers == [55, 17])
    for text in [
      frame.replacing(" pbc=\"T T T\"", with: ""), frame.replacing("Properties=species:S:1:pos:R:3 ", with: ""),
      frame.replacing("\"5.64 0 0 0 5.64 0 0 0 5.64\"", with: "{5.64 0 0 0 5.64 0 0 0 5.64}").replacing(
        "Lattice", with: "lattice"),
      frame.replacing("\"5.64 0 0 0 5.64 0 0 0 5.64\"", with: "[5.64, 0, 0, 0, 5.64, 0, 0, 0, 5.64]"),
      frame.replacing("species:S:1:pos:R:3", with: "id:I:1:forces:R:3:pos:R:3:Z:I:1")
        .replacing("Cs 0 0 0", with: "1 9 9 9 0 0 0 55").replacing("Cl 2.82 2.82 2.82", with: "2 9 9 9 2.82 2.82 2.82 17"),
      frame.replacing("\n", with: "\r\n"), "\n" + frame + "\n\n",
    ] {
      let frames = try Extxyz.read(Array(text.utf8))
      #expect(frames.count == 1 && frames[0].name == "frame 1")
      #expect(isSame(try frames[0].crystal.get(), expected), "\(text)")
    }
    let named = try Extxyz.read(Array((frame + frame.replacing("energy=-1.0", with: "id=mp-1")).utf8))
    #expect(named.map(\.name) == ["frame 1", "mp-1"])
  }

  @Test("extxyz that is refused, frame by frame")
  func badExtxyz() throws {
    let frame = Self.frame
    for (text, code) in [
      (frame.replacing("Lattice", with: "Latice"), "no_lattice"),
      (frame.replacing("5.64 0 0 0 5.64", with: "5.64"), "bad_cell"),
      (frame.replacing("0 0 0 5.64\"", with: "0 0 0 0\""), "bad_cell"),
      (frame.replacing("T T T", with: "T T F"), "not_periodic"),
      (frame.replacing("Cs", with: "Qq"), "unknown_element"), (frame.replacing("Cs 0 0 0", with: "Cs 0 0"), "bad_coordinates"),
      (frame.replacing("Cs 0 0 0", with: "Cs 0 nan 0"), "bad_coordinates"),
      (frame.replacing("Cs 0 0 0", with: "Cs 0 0 1e99"), "bad_coordinates"),
      (frame.replacing("Cs 0 0 0", with: "Cs 2.82 2.82 2.9"), "atoms_overlap"),
      (frame.replacing("pos:R:3", with: "pos:R:2"), "unreadable_extxyz"),
      (frame.replacing("pos:R:3", with: "pos:R"), "unreadable_extxyz"),
      (frame.replacing("pos:R:3", with: "x:R:3"), "unreadable_extxyz"),
      (frame.replacing("pos:R:3", with: "pos:R:3:x:R:99999999999999999999"), "unreadable_extxyz"),
      ("0\n" + (frame.split(separator: "\n").dropFirst().first ?? "") + "\n", "no_atoms"),
    ] {
      let frames = try Extxyz.read(Array((text + frame).utf8))
      #expect(frames.count == 2)
      #expect(throws: Never.self) { try frames[1].crystal.get() }
      #expect { try frames[0].crystal.get() } throws: { ($0 as? Rejection)?.code == code }
    }
    let cut = try Extxyz.read(Array((frame + "3\n" + frame.dropFirst(2)).utf8))
    #expect { try cut[1].crystal.get() } throws: { "\($0)" == "1 of 3 atoms are missing" }
    #expect(throws: Rejection("unreadable_extxyz", "line 1 is no number of atoms")) { try Extxyz.read(Array("hello\n".utf8)) }
    #expect(throws: Rejection("empty_file", "the file has nothing in it")) { try Extxyz.read([]) }
    let large = try Extxyz.read(Array(("5000\n" + frame).utf8))
    #expect { try large[0].crystal.get() } throws: { ($0 as? Rejection)?.code == "too_many_atoms" }
  }
}
