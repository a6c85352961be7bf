import Foundation
import Testing

@testable import Crystals

/// A CIF text from its parts.
func cif(
  cell: [String] = ["5.6402", "5.6402", "5.6402", "90", "90", "90"],
  symmetry: String = "_symmetry_space_group_name_H-M 'F m -3 m'",
  columns: String = "label fract_x fract_y fract_z",
  sites: [String] = ["Na1 0 0 0", "Cl1 0.5 0.5 0.5"]
) -> String {
  let tags = ["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"]
  let lines =
    ["data_test"] + zip(tags, cell).filter { !$0.1.isEmpty }.map { "_cell_\($0.0) \($0.1)" } + [symmetry, "loop_"]
    + columns.split(separator: " ").map { "_atom_site_\($0)" } + sites
  return lines.joined(separator: "\n") + "\n"
}

/// The one crystal of a CIF text, however near its atoms are.
func onlyCrystal(_ text: String, options: ReadingOptions = .unjudged) throws -> Crystal {
  let blocks = try CIF.read(Array(text.utf8), options: options)
  try #require(blocks.count == 1)
  return try blocks[0].crystal.get()
}

/// The code with which a text is refused; nil where it is taken.
func rejectionCode(_ bytes: [UInt8]) -> String? {
  do throws(Rejection) {
    for block in try CIF.read(bytes) { _ = try block.crystal.get() }
    return nil
  } catch {
    return error.code
  }
}

@Suite("CIF reader") struct CIFTests {
  @Test(
    "symmetry from any spelling of a symbol",
    arguments: [
      "_symmetry_space_group_name_H-M 'F m -3 m'", "_symmetry_space_group_name_H-M Fm-3m",
      "_symmetry_space_group_name_H-M 'F m 3 m'", "_symmetry_space_group_name_H-M F_m_-3_m",
      "_symmetry_space_group_name_H-M 'F 4/m -3 2/m'", "_space_group_name_H-M_alt 'F m -3 m (225)'",
      "_space_group_name_Hall '-F 4 2 3'", "_symmetry_space_group_name_Hall '-F_4_2_3'",
      "_symmetry_Int_Tables_number 225", "_space_group_IT_number 225",
      "_symmetry_space_group_name_H-M ?\n_symmetry_Int_Tables_number 225",
      "_symmetry_space_group_name_H-M 'nonsense'\n_space_group_IT_number 225",
    ])
  func symbols(symmetry: String) throws {
    let crystal = try onlyCrystal(cif(symmetry: symmetry))
    #expect(crystal.count == 8)
    #expect(SymmetrySearch.spaceGroupNumber(crystal, symprec: 1e-3) == 225)
  }

  /// Multiplicity of the general position, which tells lattice and class; the group as spglib finds it tells the rest.
  @Test(
    "settings",
    arguments: [
      ("P 1 21/c 1", 14, 4), ("P21/c", 14, 4), ("P 2_1/c", 14, 4), ("P 1 21/n 1", 14, 4), ("P21/n", 14, 4),
      ("P 1 21/a 1", 14, 4), ("P 1 1 21/b", 14, 4), ("C 1 2/c 1", 15, 8), ("C2/c", 15, 8), ("I 1 2/a 1", 15, 8),
      ("I2/a", 15, 8), ("A 1 2/a 1", 15, 8), ("A 1 2/n 1", 15, 8), ("P n m a", 62, 8), ("Pbnm", 62, 8),
      ("P m c n", 62, 8), ("P n a m", 62, 8), ("P c m n", 62, 8), ("C m c a", 64, 16), ("C m c e", 64, 16),
      ("A b a m", 64, 16), ("A b m 2", 39, 8), ("A e m 2", 39, 8), ("F d d 2", 43, 16), ("I 41/a m d :2", 141, 32),
      ("I 41/a m d S", 141, 32), ("I41/amdZ", 141, 32), ("I 4_1/a m d:1", 141, 32), ("R -3 m :H", 166, 36),
      ("R -3 m H", 166, 36), ("R-3m", 166, 36), ("R -3 m {hexagonal axes}", 166, 36), ("R -3 m :R", 166, 12), ("R3c", 161, 18),
      ("P 63/m m c", 194, 24),
      ("P 6~3~/m m c", 194, 24), ("P63/mmc", 194, 24), ("P a -3", 205, 24), ("P a 3", 205, 24), ("I a 3 d", 230, 96),
      ("F d -3 m :1", 227, 192), ("F d 3 m :2", 227, 192), ("F d -3 m :2", 227, 192), ("F d -3 m S", 227, 192),
      ("Fd-3mZ", 227, 192), ("F 41/d -3 2/m (origin choice 2)", 227, 192), ("P 4/n :1", 85, 8), ("P 4/n :2", 85, 8),
      ("P -1", 2, 2),
      ("P n n n Z", 48, 8), ("P 32 2 1", 154, 6), ("P4_2/mnm", 136, 16), ("P 42/m 21/n 2/m", 136, 16),
    ])
  func settings(symbol: String, number: Int, multiplicity: Int) throws {
    // A cell that the setting allows: rhombohedral, hexagonal, cubic, tetragonal, orthorhombic or monoclinic.
    let isRhombohedral = symbol.hasSuffix(":R")
    var cell = ["17.1", "19.3", "23.7", "90", "101", "90"]
    switch number {
    case 2: cell = ["17.1", "19.3", "23.7", "81", "97", "104"]
    case ..<16: if symbol.contains("1 1") { cell = ["17.1", "19.3", "23.7", "90", "90", "101"] }
    case ..<75: cell[4] = "90"
    case ..<143: cell = ["17.1", "17.1", "23.7", "90", "90", "90"]
    case ..<195:
      cell = isRhombohedral ? ["17.1", "17.1", "17.1", "70", "70", "70"] : ["17.1", "17.1", "23.7", "90", "90", "120"]
    default: cell = ["31.1", "31.1", "31.1", "90", "90", "90"]
    }
    let crystal = try onlyCrystal(
      cif(
        cell: cell, symmetry: "_symmetry_space_group_name_H-M '\(symbol)'",
        sites: ["Si1 0.1234 0.2718 0.3817", "C1 0.2071 0.0533 0.1389"]),
      options: .unjudged)
    #expect(crystal.count == 2 * multiplicity)
    #expect(SymmetrySearch.spaceGroupNumber(crystal, symprec: 1e-3) == number)
  }

  @Test("the formula or the multiplicities decide where the symbol leaves the origin open")
  func origin() throws {
    // Spinel at origin choice 2: magnesium on 8a at 1/8, aluminium on 16d at 1/2; read at origin 1 it would be Mg2 Al O4.
    let cell = ["8.0806", "8.0806", "8.0806", "90", "90", "90"]
    let sites = ["Mg 0.125 0.125 0.125 8", "Al 0.5 0.5 0.5 16", "O 0.2624 0.2624 0.2624 32"]
    let columns = "label fract_x fract_y fract_z symmetry_multiplicity"
    let formula = "_chemical_formula_sum 'Mg Al2 O4'\n_symmetry_space_group_name_H-M 'F d -3 m'"
    for (symmetry, columns) in [(formula, columns), (String(formula.split(separator: "\n")[1]), columns)] {
      let crystal = try onlyCrystal(cif(cell: cell, symmetry: symmetry, columns: columns, sites: sites))
      #expect(crystal.reducedFormula == "Al2MgO4")
      #expect(SymmetrySearch.spaceGroupNumber(crystal, symprec: 1e-3) == 227)
    }
  }

  @Test("special positions written with few digits")
  func fewDigits() throws {
    let crystal = try onlyCrystal(
      cif(
        cell: ["3.2094", "3.2094", "5.2108", "90", "90", "120"], symmetry: "_space_group_IT_number 194",
        sites: ["Mg1 0.3333 0.6667 0.25"]))
    #expect(crystal.count == 2)
    let x = crystal.fractionalCoordinates[0]
    #expect(abs(x.x - 1.0 / 3) < 1e-12 && abs(x.y - 2.0 / 3) < 1e-12 && x.z == 0.25)
  }

  @Test("uncertainties, oxidation states, deuterium, labels, decorations of text")
  func values() throws {
    let cell = ["5.6402(3)", "5.6402(3)", "5.6402(12)", "90.0", "90.", "90.000(2)"]
    let typed = "label type_symbol fract_x fract_y fract_z occupancy"
    let text = cif(cell: cell, columns: typed, sites: ["Fe1A Fe3+ 0.0 0 0 1.000(4)", "OW1 O2- .5000(2) 0.5 5.0e-1 ."])
    let crystal = try onlyCrystal(text)
    #expect(crystal.atomicNumbers.prefix(5) == [26, 26, 26, 26, 8])
    #expect(abs(crystal.lattice.lengths.x - 5.6402) < 1e-12)
    for variant in [
      "\u{FEFF}" + text, text.replacing("\n", with: "\r\n"), text.replacing("\n", with: "\r"),
      "# Müller, Å. Øre; 5,64 Å\n" + text + "_publ_author_name Müller\n_title 'Größe – naïve'\n",
      text.replacing("_cell_length_a", with: "_CELL_Length_A"), text + "data_test\n_a_tag 1\n_a_tag 2\n",
      text.replacing("Fe3+", with: "Fe+3"), text.replacing("Fe3+", with: "FE"), text.replacing("Fe3+", with: "."),
      text.replacing(".5000(2)", with: "'.5000(2)'"), text.replacing(".5000(2)", with: "−.5000(2)"),
      text.replacing("0.0 0 0", with: "0.0 \u{2212}1 0"), text + "\u{1A}",
    ] {
      let other = try onlyCrystal(variant)
      #expect(other.atomicNumbers == crystal.atomicNumbers && other.lattice == crystal.lattice, "\(variant)")
    }
    let latin = Array(text.utf8) + Array("_publ_author_name 'M".utf8) + [0xFC] + Array("ller'\n".utf8)
    #expect(rejectionCode(latin) == nil)
  }

  @Test(
    "elements of types and labels",
    arguments: [
      ("Fe3+", "", "", 26), ("O2-", "", "", 8), ("D", "", "", 1), ("T", "", "", 1), ("", "D1", "", 1), ("", "Fe1A", "", 26),
      ("", "OW1", "", 8), ("", "OH", "", 8), ("", "O-H", "", 8), ("", "SiT", "", 14), ("", "CA1", "", 20),
      ("", "CA1", "C6 H6", 6), ("", "CO2", "C O2", 6), ("", "CO2", "Co O2", 27), ("", "Co2", "C O2", 27),
      ("Cval", "C1", "", 6), ("", "FE", "", 26), ("W", "", "", 74), ("", "HO1", "H2 O", 1), ("Uuo", "", "", 118),
    ])
  func elements(type: String, label: String, formula: String, number: Int) {
    let name =
      type.isEmpty ? ElementName(label: label, formula: FormulaCounts(formula)?.counts ?? [:]) : ElementName(type: type)
    #expect(name.choices.first == number)
  }

  @Test("several blocks, one of them good")
  func blocks() throws {
    let good = cif()
    let text =
      "data_global\n_journal_year 1999\n" + good + cif(cell: ["", "5", "5", "90", "90", "90"], symmetry: "_x 1") + good
    let blocks = try CIF.read(Array(text.utf8))
    #expect(blocks.map(\.name) == ["test", "test", "test"])
    #expect(try blocks[0].crystal.get().count == 8)
    #expect(throws: Rejection.self) { try blocks[1].crystal.get() }
    #expect(try blocks[2].crystal.get().count == 8)
  }

  @Test("cell parameters that symmetry fixes may be missing")
  func missingCell() throws {
    let full = try onlyCrystal(cif())
    for cell in [
      ["5.6402", "5.6402", "5.6402", "", "", ""], ["5.6402", "", "", "", "", ""], ["5.6402", "?", ".", "90", "?", "90"],
    ] {
      #expect(try onlyCrystal(cif(cell: cell)).lattice == full.lattice)
    }
    let hexagonal = try onlyCrystal(
      cif(cell: ["3.2", "", "5.2", "", "", ""], symmetry: "_space_group_IT_number 194", sites: ["Mg1 0.3333 0.6667 0.25"]))
    #expect(hexagonal.lattice.angles.z == 120 || abs(hexagonal.lattice.angles.z - 120) < 1e-9)
    // The length c of a hexagonal cell is free, and so are the angles without symmetry.
    #expect(
      rejectionCode(Array(cif(cell: ["3.2", "3.2", "", "", "", ""], symmetry: "_space_group_IT_number 194").utf8)) == "bad_cell"
    )
    #expect(
      rejectionCode(Array(cif(cell: ["3.2", "3.2", "3.2", "", "", ""], symmetry: "_space_group_IT_number 1").utf8))
        == "bad_cell")
  }

  @Test("an atom that is listed twice under one label counts once")
  func duplicates() throws {
    let sites = ["Na 0 0 0", "Cl 0.5 0.5 0.5", "Na 0.5 0.5 0", "Cl 0.5 0 0.001"]
    #expect(try onlyCrystal(cif(sites: sites)).count == 8)
  }
}
