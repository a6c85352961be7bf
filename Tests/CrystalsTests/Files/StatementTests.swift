import Testing

@testable import Crystals

@Suite("What a CIF file says of its atoms") struct StatementTests {
  private static let columns = "label type_symbol fract_x fract_y fract_z occupancy"

  private func code(_ symmetry: String, _ columns: String, _ sites: [String], _ options: ReadingOptions = ReadingOptions())
    -> String?
  {
    do throws(Rejection) {
      let symmetry = "\(symmetry)\n_symmetry_space_group_name_H-M 'F m -3 m'"
      for block in try CIF.read(Array(cif(symmetry: symmetry, columns: columns, sites: sites).utf8), options: options) {
        _ = try block.crystal.get()
      }
      return nil
    } catch {
      return error.code
    }
  }

  @Test("formula, Z, density, multiplicities, hydrogens: what contradicts is refused, and taken on demand")
  func contradictions() {
    let plain = "label fract_x fract_y fract_z"
    let salt = ["Na1 0 0 0", "Cl1 0.5 0.5 0.5"]
    let told = "label symmetry_multiplicity fract_x fract_y fract_z"
    let attached = "label fract_x fract_y fract_z attached_hydrogens"
    for (statement, columns, sites, expected) in [
      ("_chemical_formula_sum 'Cl Na'", plain, salt, nil), ("_chemical_formula_sum 'Cl4 Na4'", plain, salt, nil),
      ("_chemical_formula_sum NaCl", plain, salt, nil), ("_chemical_formula_sum 'Cl2 Na'", plain, salt, "formula_mismatch"),
      ("_chemical_formula_sum 'Br Na'", plain, salt, "formula_mismatch"),
      ("_chemical_formula_structural '(Na) (Cl)2'", plain, salt, "formula_mismatch"),
      ("_chemical_formula_sum 'Cl H2 Na'", plain, salt, "hydrogens_missing"),
      ("_chemical_formula_sum 'Cl0.999 Na'", plain, salt, nil),
      ("_chemical_formula_sum 'Cl0.9 Na'", plain, salt, "formula_mismatch"),
      ("_chemical_formula_sum 'Cl Na'\n_cell_formula_units_Z 4", plain, salt, nil),
      ("_chemical_formula_sum 'Cl4 Na4'\n_cell_formula_units_Z 4", plain, salt, nil),
      ("_chemical_formula_sum 'Cl Na'\n_cell_formula_units_Z 1", plain, salt, "formula_units_mismatch"),
      ("_exptl_crystal_density_diffrn 2.16", plain, salt, nil),
      ("_exptl_crystal_density_diffrn 1.0", plain, salt, "density_mismatch"),
      ("_cell_volume 179.4", plain, salt, nil), ("_cell_volume 140", plain, salt, "bad_cell"),
      ("_x 1", told, ["Na1 4 0 0 0", "Cl1 4 0.5 0.5 0.5"], nil),
      ("_x 1", told, ["Na1 4 0 0 0", "Cl1 8 0.5 0.5 0.5"], "multiplicity_mismatch"),
      // The order of the site symmetry, as some programs write it.
      ("_x 1", told, ["Na1 48 0 0 0", "Cl1 48 0.5 0.5 0.5"], nil),
      ("_x 1", attached, ["Na1 0 0 0 0", "O1 0.5 0.5 0.5 1"], "hydrogens_missing"),
      ("_x 1", attached, ["Na1 0 0 0 0", "O1 0.5 0.5 0.5 0"], nil),
    ] as [(String, String, [String], String?)] {
      #expect(code(statement, columns, sites) == expected, "\(statement) \(sites)")
      if expected != "bad_cell" { #expect(code(statement, columns, sites, ReadingOptions(trustSites: true)) == nil) }
    }
  }

  @Test("the words of a mismatch have both formulas")
  func words() {
    #expect(
      throws: Rejection("formula_mismatch", "the sites make ClNa, the file's formula is 'Cl2 Na'")
    ) { try onlyCrystal(cif(symmetry: "_chemical_formula_sum 'Cl2 Na'\n_symmetry_space_group_name_H-M 'F m -3 m'")) }
    #expect(
      throws: Rejection(
        "hydrogens_missing", "the sites make ClNa, the file's formula is 'Cl H Na': not all hydrogens are listed")
    ) { try onlyCrystal(cif(symmetry: "_chemical_formula_sum 'Cl H Na'\n_symmetry_space_group_name_H-M 'F m -3 m'")) }
  }

  @Test(
    "types that are no element",
    arguments: [
      ("H2O", "group_site"), ("OH", "group_site"), ("OH-", "group_site"), ("NH4", "group_site"), ("NH4+", "group_site"),
      ("NO3", "group_site"), ("Wat", "group_site"),
      ("SO4", "group_site"), ("Si/Al", "mixed_site"), ("Nb,Zr", "mixed_site"), ("Fe+Mg", "mixed_site"), ("FeMg", "mixed_site"),
      ("Fe0.5Mg0.5", "mixed_site"), ("(Na,K)", "unknown_element"), ("Va", "vacancy"), ("Vac", "vacancy"), ("[]", "vacancy"),
      ("Xx", "unknown_element"),
      ("M", "unknown_element"), ("Me", "unknown_element"), ("Du", "unknown_element"), ("Zz", "unknown_element"),
      ("Ln", "unknown_element"),
    ])
  func types(type: String, expected: String) {
    #expect(code("_x 1", Self.columns, ["A1 \(type) 0 0 0 1", "Cl1 Cl 0.5 0.5 0.5 1"]) == expected)
  }

  @Test(
    "labels that are no element",
    arguments: [
      ("NH4", "group_site"), ("NO3", "group_site"), ("Wat1", "group_site"), ("OW", "group_site"), ("H2O1", "group_site"),
      ("Va1", "vacancy"), ("Void", "vacancy"),
      ("Si/Al1", "mixed_site"), ("Nb,Zr", "mixed_site"), ("M1", "unknown_element"), ("T1", "unknown_element"),
      ("Site1", "unknown_element"),
      ("Oct1", "unknown_element"), ("Cat1", "unknown_element"), ("Q1", "unknown_element"), ("CN", "group_site"),
    ])
  func labels(label: String, expected: String) {
    #expect(code("_x 1", "label fract_x fract_y fract_z", ["\(label) 0 0 0", "Cl1 0.5 0.5 0.5"]) == expected)
  }

  @Test(
    "what a type may be",
    arguments: [
      ("7Li", 3), ("2H", 1), ("Uuo", 118), ("Uut", 113), ("Fe3+", 26), ("Fe2+/Fe3+", 26), ("Fe(III)", 26), ("O-2", 8),
      ("SI", 14), ("fe", 26),
      ("Sival", 14), ("Siva", 14), ("W", 74), ("V", 23), ("No", 102), ("Fe1", 26), ("CO", 27),
    ])
  func elements(type: String, number: Int) { #expect(ElementName(type: type).choices.first == number) }

  @Test("the formula decides what a label is")
  func ambiguousLabels() throws {
    func elements(_ formula: String, _ sites: [String]) throws -> [UInt8] {
      let symmetry = "_chemical_formula_sum '\(formula)'\n_symmetry_space_group_name_H-M 'P 1'"
      let crystal = try onlyCrystal(cif(cell: ["6", "6", "6", "90", "90", "90"], symmetry: symmetry, sites: sites))
      return crystal.atomicNumbers
    }
    #expect(try elements("H2 O", ["O1 0 0 0", "HO1 .16 0 0", "HO2 0 .16 0"]) == [8, 1, 1])
    #expect(try elements("H2 O", ["W1 0 0 0", "H1 .16 0 0", "H2 0 .16 0"]) == [8, 1, 1])
    #expect(try elements("H2 O", ["Wat 0 0 0", "H1 .16 0 0", "H2 0 .16 0"]) == [8, 1, 1])
    #expect(try elements("O3 W", ["W1 0 0 0", "O1 .3 0 0", "O2 0 .3 0", "O3 0 0 .3"]) == [74, 8, 8, 8])
    #expect(try elements("C O", ["CO1 0 0 0", "O1 .2 0 0"]) == [6, 8])
    #expect(try elements("Co O", ["CO1 0 0 0", "O1 .3 0 0"]) == [27, 8])
    #expect(try elements("C H4", ["Ca1 0 0 0", "H1 .18 0 0", "H2 0 .18 0", "H3 0 0 .18", "H4 -.18 0 0"]) == [6, 1, 1, 1, 1])
    #expect(throws: Rejection.self) { try elements("H4 O", ["W1 0 0 0", "H1 .16 0 0", "H2 0 .16 0"]) }
  }

  @Test("one element on a place in several charges is one atom; isotopes are one element")
  func charges() throws {
    let text = { (sites: [String]) in
      cif(columns: Self.columns, sites: sites + ["O1 O2- 0.5 0.5 0.5 1"])
    }
    for sites in [
      ["Fe1 Fe2+ 0 0 0 0.33", "Fe2 Fe3+ 0 0 0 0.67"], ["H1 H 0 0 0 0.5", "D1 D 0 0 0 0.5"],
      ["A Mn2+ 0 0 0 0.2", "B Mn3+ 0 0 0 0.3", "C Mn4+ 0 0 0 0.5"],
    ] {
      #expect(try onlyCrystal(text(sites)).count == 8)
    }
    #expect(rejectionCode(Array(text(["Fe1 Fe2+ 0 0 0 0.3", "Fe2 Fe3+ 0 0 0 0.4"]).utf8)) == "partial_occupancy")
    #expect(rejectionCode(Array(text(["Fe1 Fe2+ 0 0 0 0.5", "Mn1 Mn3+ 0 0 0 0.5"]).utf8)) == "mixed_occupancy")
  }

  @Test("copies of a site are merged and counted")
  func copies() throws {
    let crystal = try onlyCrystal(cif(sites: ["Na1 0 0 0", "Na2 0 .5 .5", "Na3 .5 0 .5", "Cl1 .5 .5 .5", "Cl2 .5 0 .001"]))
    #expect(crystal.count == 8 && crystal.mergedCopies == 3)
    #expect(try onlyCrystal(cif()).mergedCopies == 0)
  }

  @Test(
    "atoms too near to each other",
    arguments: [
      ("Ag1 0 0 0", "Ag2 0.03 0 0", "split_site"), ("O1 0 0 0", "O2 0.04 0 0", "split_site"),
      ("H1 0 0 0", "H2 0 0 0.055", "split_site"),
      ("Si1 0 0 0", "Si2 0 0.1 0", "split_site"), ("Mg1 0 0 0", "O1 0.1 0 0", "short_distance"),
      ("H1 0 0 0", "H2 0 0 0.185", nil),
      ("C1 0 0 0", "O1 0 0 0.28", nil), ("O1 0.99 0 0", "O2 0.02 0 0", "split_site"),
    ] as [(String, String, String?)])
  func distances(a: String, b: String, expected: String?) throws {
    let bytes = Array(
      cif(cell: ["4", "4", "4", "90", "90", "90"], symmetry: "_symmetry_space_group_name_H-M 'P 1'", sites: [a, b]).utf8)
    #expect(rejectionCode(bytes) == expected)
    #expect(throws: Never.self) { try CIF.read(bytes, options: ReadingOptions(minimumDistance: 0))[0].crystal.get() }
    #expect(throws: Never.self) { try CIF.read(bytes, options: ReadingOptions(trustSites: true))[0].crystal.get() }
  }

  @Test("an atom too near to its own image, and distances in a flat cell")
  func images() throws {
    let lattice = Lattice(lengths: Vector3(1.0, 5, 5), angles: Vector3(90, 90, 90))
    #expect(throws: Rejection.self) {
      try Crystal.checked(lattice: lattice, atomicNumbers: [55], fractionalCoordinates: [.zero])
    }
    // Rounding coordinates finds no nearest image here; the distance is right all the same.
    let flat = Lattice(vectors: Matrix3(Vector3(3, 0, 0), Vector3(8.9, 1.5, 0), Vector3(0, 0, 5)))
    let crystal = Crystal(
      lattice: flat, atomicNumbers: [29, 29], fractionalCoordinates: [.zero, Vector3(0.5, 0.49, 0)])
    let pair = PeriodicDistance(flat)(from: crystal.fractionalCoordinates[0], to: crystal.fractionalCoordinates[1])
    let least = min(pair, PeriodicDistance(flat)(from: .zero, to: .zero, isItself: true)) / (2 * Element.covalentRadius(29))
    #expect(crystal.shortDistance(below: 1.001 * least) != nil && crystal.shortDistance(below: 0.999 * least) == nil)
  }
}
