import Testing

@testable import Crystals

@Suite("Files as users of other programs report them") struct ReportedFilesTests {
  /// A CIF from its cell, further lines and sites (`Na1 0 0 0`, `Na1 Na 0 0 0` where types are given).
  private func cif(_ cell: [Double], _ lines: String, _ sites: [String], types: Bool = true) -> [UInt8] {
    let names = ["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"]
    var text = "data_x\n" + zip(names, cell).map { "_cell_\($0) \($1)\n" }.joined() + lines + "\nloop_\n_atom_site_label\n"
    text += (types ? "_atom_site_type_symbol\n" : "") + "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    return Array((text + sites.joined(separator: "\n") + "\n").utf8)
  }

  private func crystal(_ text: [UInt8], _ options: ReadingOptions = ReadingOptions()) throws -> Crystal {
    try CIF.read(text, options: options)[0].crystal.get()
  }

  private func code(_ text: [UInt8]) throws -> String? {
    if case .failure(let rejection) = try CIF.read(text)[0].crystal { rejection.code } else { nil }
  }

  private let salt = ["Na1 Na 0 0 0", "Cl1 Cl .5 .5 .5"]
  private let cube = [5.64, 5.64, 5.64, 90, 90, 90]

  @Test("a group named by its reference alone is no P1")
  func aGroupNamedByItsReferenceAloneIsNoP1() throws {
    #expect(try code(cif(cube, "_space_group.reference_setting '225:-F 4 2 3'", salt)) == "unknown_symmetry")
    #expect(try code(cif(cube, "_space_group_Laue_class m-3m", salt)) == "unknown_symmetry")
    #expect(try crystal(cif(cube, "_space_group_centring_type P", salt)).count == 2)
  }

  @Test(
    "axes are those of the cell",
    arguments: [("R -3 c RS", false), ("R -3 c HR", true), ("R -3 c :R", true), ("R-3c:H", false), ("R -3 c R", true)])
  func axesAreThoseOfTheCell(symbol: String, isHexagonal: Bool) throws {
    let words = "_symmetry_space_group_name_H-M '\(symbol)'"
    let crystal =
      isHexagonal
      ? try crystal(cif([4.99, 4.99, 17.06, 90, 90, 120], words, ["Ca1 Ca 0 0 0", "C1 C 0 0 .25", "O1 O .2568 0 .25"]))
      : try crystal(
        cif(
          [6.375, 6.375, 6.375, 46.08, 46.08, 46.08], words,
          ["Ca1 Ca 0 0 0", "C1 C .25 .25 .25", "O1 O .5068 -.0068 .25"]))
    #expect(crystal.count == (isHexagonal ? 30 : 10))
  }

  @Test("a suffix that means nothing is passed over")
  func aSuffixOfNoMeaningIsPassedOver() throws {
    #expect(try crystal(cif(cube, "_symmetry_space_group_name_H-M 'F m -3 m S'", salt)).count == 8)
  }

  @Test("a number tells a tripled cell")
  func aNumberTellsATripledCell() throws {
    let sites = ["Fe1 Fe 0 0 0", "O1 O .13 .27 .31"]
    let words = "_symmetry_space_group_name_H-M 'H -3'\n_symmetry_Int_Tables_number 147"
    let crystal = try crystal(cif([9, 9, 7.7, 90, 90, 120], words, sites))
    #expect(crystal.count == 21)
    // No atom is a third of the height above another, as in R -3.
    let iron = crystal.atomicNumbers.indices.filter { crystal.atomicNumbers[$0] == 26 }
    #expect(iron.allSatisfy { abs(crystal.fractionalCoordinates[$0].z) < 1e-9 })
  }

  @Test("a doubled cell has letters of its own")
  func aDoubledCellWithLettersOfItsOwn() throws {
    let sites = ["Fe1 Fe 0 0 0", "O1 O .2 .07 .31"]
    let words = "_symmetry_space_group_name_H-M 'C 4/m m b'\n_symmetry_Int_Tables_number 127"
    #expect(try crystal(cif([7.2, 7.2, 7.3, 90, 90, 90], words, sites)).count == 36)
  }

  @Test("trusted sites count, whatever the volume")
  func sitesAreTrustedWhateverTheVolume() throws {
    let text = cif(cube, "_symmetry_space_group_name_H-M 'F m -3 m'\n_cell_volume 100", salt)
    #expect(try code(text) == "bad_cell")
    #expect(try crystal(text, ReadingOptions(trustSites: true)).count == 8)
  }

  @Test("labels that are no element", arguments: ["O-H", "Mg0.9Fe0.1", "Nb1+Zr1", "FeMn1", "GeSb", "Cg1", "RE1", "TM1", "CA1"])
  func labelsOfNoElement(label: String) throws {
    let words = "_symmetry_space_group_name_H-M 'P m -3 m'"
    #expect(try code(cif([4, 4, 4, 90, 90, 90], words, ["\(label) 0 0 0", "Cl1 .5 .5 .5"], types: false)) != nil)
  }

  @Test("capitals beside small letters")
  func capitalsBesideSmallLetters() throws {
    let words = "_symmetry_space_group_name_H-M 'P 1'"
    let sites = ["CA1 0 0 0", "H1 .3 0 0", "Cl1 .5 .5 .5"]
    #expect(try crystal(cif([4, 4, 4, 90, 90, 90], words, sites, types: false)).atomicNumbers == [6, 1, 17])
    #expect(
      try crystal(cif([4, 4, 4, 90, 90, 90], words, ["CA1 0 0 0", "CL1 .5 .5 .5"], types: false)).atomicNumbers == [20, 17])
  }

  @Test("water without its hydrogens")
  func waterWithoutHydrogens() throws {
    let words = "_symmetry_space_group_name_H-M 'P 1'\n_chemical_formula_sum 'Ca O'"
    let sites = ["Ca1 0 0 0", "Wat1 .5 .5 .5"]
    #expect(try code(cif([4, 4, 4, 90, 90, 90], words, sites, types: false)) == "hydrogens_missing")
  }

  @Test("hydrogens on top of each other")
  func hydrogensOnTopOfEachOther() throws {
    let words = "_symmetry_space_group_name_H-M 'P 1'"
    #expect(try code(cif([5, 5, 5, 90, 90, 90], words, ["H1 H 0 0 0", "H2 H .05 0 0"])) == "split_site")
    #expect(try crystal(cif([5, 5, 5, 90, 90, 90], words, ["H1 H 0 0 0", "H2 H .148 0 0"])).count == 2)
  }

  @Test("a refined occupancy of one")
  func aRefinedOccupancyOfOne() throws {
    let text = """
      data_x
      _cell_length_a 5.64
      _cell_length_b 5.64
      _cell_length_c 5.64
      _cell_angle_alpha 90
      _cell_angle_beta 90
      _cell_angle_gamma 90
      _symmetry_space_group_name_H-M 'F m -3 m'
      loop_
      _atom_site_label
      _atom_site_fract_x
      _atom_site_fract_y
      _atom_site_fract_z
      _atom_site_occupancy
      Na1 0 0 0 0.999(2)
      Cl1 .5 .5 .5 1

      """
    #expect(try crystal(Array(text.utf8)).count == 8)
    #expect(try code(Array(text.replacing("0.999(2)", with: "0.98(2)").utf8)) == "partial_occupancy")
  }

  @Test("keys of frames keep their spelling")
  func keysOfFramesKeepTheirSpelling() throws {
    let text = """
      2
      Lattice="4.12 0 0 0 4.12 0 0 0 4.12" Properties=species:S:1:pos:R:3:REF_forces:R:3:tags:I:1 "material-id"=mp-1 REF_energy=-3.5
      Cs 0 0 0 1 2 3 4
      Cl 2.06 2.06 2.06 -1 -2 -3 5

      """
    let frame = try #require(try Extxyz.frames(Array(text.utf8)).first)
    #expect(frame.name == "mp-1")
    #expect(frame.results.numbers == ["REF_energy": -3.5])
    let again = Extxyz.text(try frame.crystal.get(), name: "mp-1", results: frame.results)
    #expect(again.contains("Properties=species:S:1:pos:R:3:REF_forces:R:3:tags:I:1 "))
    #expect(again.contains(" -1.0 -2.0 -3.0 5\n"))
  }
}
