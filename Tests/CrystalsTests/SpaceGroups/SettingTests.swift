import Testing

@testable import Crystals

@Suite("Settings, origins and names of symmetry") struct SettingTests {
  /// Two atoms on general positions, far from each other and from everything special.
  private static let general = ["Si1 0.1234 0.2718 0.3817", "C1 0.2071 0.0533 0.1389"]

  private func read(_ symmetry: String, _ cell: [String], sites: [String] = general) throws -> Crystal {
    let bytes = Array(cif(cell: cell, symmetry: symmetry, sites: sites).utf8)
    return try CIF.read(bytes, options: .unjudged)[0].crystal.get()
  }

  @Test(
    "symbols of cells that no table lists: the operations of another program",
    arguments: [
      ("F 1 d 1", ["x,y,z", "x+1/4,-y,z+1/4"], 8), ("B 1 21/c 1", ["-x,-y,-z", "x+1/2,-y+1/2,z"], 8),
      ("B 1 2 1", ["-x,y,-z", "x+1/2,y,z+1/2"], 4), ("F 1 2/m 1", ["-x,y,-z", "-x,-y,-z", "x,y+1/2,z+1/2"], 16),
      ("F 1 m 1", ["x,-y,z", "x+1/2,y+1/2,z"], 8), ("C -1", ["-x,-y,-z", "x+1/2,y+1/2,z"], 4), ("F 1", ["x,y+1/2,z+1/2"], 4),
    ])
  func monoclinic(symbol: String, operations: [String], count: Int) throws {
    let angles = symbol.contains("-1") || symbol == "F 1" ? ["81", "97", "104"] : ["90", "101", "90"]
    let crystal = try read("_symmetry_space_group_name_H-M '\(symbol)'", ["17.1", "19.3", "23.7"] + angles)
    #expect(crystal.count == 2 * count)
    // Every operation carries every atom onto one of its kind.
    for text in operations {
      let g = try #require(SymmetryOperation(triplet: text))
      for (z, x) in zip(crystal.atomicNumbers, crystal.fractionalCoordinates) {
        #expect(
          zip(crystal.atomicNumbers, crystal.fractionalCoordinates).contains {
            $0 == z && squaredDistance($1, g(x), crystal.lattice.metric) < 1e-12
          }, "\(text)")
      }
    }
  }

  @Test(
    "doubled cells of tetragonal and trigonal groups",
    arguments: [
      ("F 4/m", 87, 32, "90"), ("C 4/m", 83, 16, "90"), ("F -4 2 m", 119, 32, "90"), ("C 42/m", 84, 16, "90"),
      ("C -4 2 b", 117, 16, "90"), ("H -3 m 1", 162, 36, "120"), ("H 3 2 1", 149, 18, "120"), ("C 63/m m c", 194, 24, "120"),
    ])
  func doubled(symbol: String, number: Int, count: Int, gamma: String) throws {
    let crystal = try read(
      "_symmetry_space_group_name_H-M '\(symbol)'\n_space_group_IT_number \(number)",
      ["37.1", "37.1", "43.7", "90", "90", gamma])
    #expect(crystal.count == 2 * count)
    #expect(SymmetrySearch.spaceGroupNumber(crystal, symprec: 1e-3) == number)
  }

  @Test("the cell says which axis is unique where the symbol does not")
  func uniqueAxis() throws {
    for (angles, image) in [
      (["90", "101", "90"], "-x,y,-z"), (["90", "90", "101"], "-x,-y,z"), (["101", "90", "90"], "x,-y,-z"),
    ] {
      let crystal = try read("_symmetry_space_group_name_H-M 'P 2/m'", ["14.1", "15.2", "16.3"] + angles)
      #expect(crystal.count == 8)
      let g = try #require(SymmetryOperation(triplet: image))
      let x = g(crystal.fractionalCoordinates[0])
      #expect(crystal.fractionalCoordinates.contains { squaredDistance($0, x, crystal.lattice.metric) < 1e-12 })
    }
    // A symbol that names the axis is not turned.
    #expect(throws: Rejection.self) {
      try read("_symmetry_space_group_name_H-M 'P 1 2/m 1'", ["14.1", "15.2", "16.3", "90", "90", "101"])
    }
  }

  @Test(
    "words on the origin and the axes",
    arguments: [
      ("F d -3 m (origin choice 2)", 8), ("F d -3 m (origin at -3m)", 8), ("F d -3 m, origin 2", 8), ("F d -3 m:2", 8),
      ("F d -3 m (origin choice 1)", 16), ("F d -3 m (origin at -43m)", 16), ("F 41/d -3 2/m (second setting)", 8),
    ])
  func words(symbol: String, count: Int) throws {
    let cell = ["5.43", "5.43", "5.43", "90", "90", "90"]
    #expect(
      try read("_symmetry_space_group_name_H-M \"\(symbol)\"", cell, sites: ["Si1 0.125 0.125 0.125"]).count == count)
  }

  @Test("an origin left open: what the file says decides, and nothing is guessed")
  func openOrigin() throws {
    let symbol = "_symmetry_space_group_name_H-M 'F d -3 m'"
    let cell = ["3.5668", "3.5668", "3.5668", "90", "90", "90"]
    let sites = ["C1 0.125 0.125 0.125"]
    for statement in ["_exptl_crystal_density_diffrn 3.515", "_chemical_formula_sum C\n_cell_formula_units_Z 8"] {
      #expect(try onlyCrystal(cif(cell: cell, symmetry: "\(statement)\n\(symbol)", sites: sites)).count == 8)
    }
    #expect(rejectionCode(Array(cif(cell: cell, symmetry: symbol, sites: sites).utf8)) == "ambiguous_setting")
    #expect(
      rejectionCode(Array(cif(cell: cell, symmetry: "_exptl_crystal_density_diffrn 1.7\n\(symbol)", sites: sites).utf8))
        == "density_mismatch")
  }

  @Test("a subscript in parentheses is no end of the symbol")
  func subscripts() throws {
    let cell = ["17.1", "19.3", "23.7", "90", "101", "90"]
    #expect(try read("_symmetry_space_group_name_H-M 'P 2(1)/c'", cell).count == 8)
    #expect(try read("_symmetry_space_group_name_H-M 'P2(1)'", cell).count == 4)
  }

  @Test(
    "symmetry under every name",
    arguments: [
      "_symmetry_space_group_name_H_M 'F m -3 m'", "_space_group_name_H-M_ref 'F m -3 m'", "_space_group.name_H-M_ref Fm-3m",
      "_cod_original_sg_symbol_H-M 'F m -3 m'",
      "loop_\n_symmetry_equiv_pos_as_xyz\n?\n_symmetry_space_group_name_H-M 'F m -3 m'",
      "loop_\n_space_group_name_H-M_alt\n?\n'F m -3 m'",
    ])
  func names(symmetry: String) throws { #expect(try onlyCrystal(cif(symmetry: symmetry)).count == 8) }

  @Test("a name of symmetry that is not understood is refused")
  func unknownNames() {
    for symmetry in [
      "_space_group_name_Schoenflies Oh.5", "_parent_space_group.IT_number 225", "_space_group_magn.name_BNS 'P 4_2/m n m'",
      "_symmetry_cell_setting cubic", "_space_group_crystal_system cubic", "_symmetry_space_group 'F m -3 m x'",
    ] {
      #expect(rejectionCode(Array(cif(symmetry: symmetry).utf8)) == "unknown_symmetry", "\(symmetry)")
    }
    for symmetry in [
      "_cell_modulation_dimension 1\n_symmetry_space_group_name_H-M 'F m -3 m'", "_space_group_ssg_name 'Pmmm(0b0)000'",
      "loop_\n_cell_wave_vector_seq_id\n_cell_wave_vector_x\n1 0.2",
    ] {
      #expect(rejectionCode(Array(cif(symmetry: symmetry).utf8)) == "modulated", "\(symmetry)")
    }
  }

  @Test("operators of a magnetic group: all of them and its centrings, without the reversal of time")
  func magnetic() throws {
    let operators = """
      _parent_space_group.name_H-M_alt 'P m -3 m'
      loop_
      _space_group_symop_magn_operation.id
      _space_group_symop_magn_operation.xyz
      1 x,y,z,+1
      2 -x,-y,-z,+1
      loop_
      _space_group_symop_magn_centering.id
      _space_group_symop_magn_centering.xyz
      1 x,y,z,+1
      2 x,y,z+1/2,-1
      """
    let crystal = try onlyCrystal(
      cif(cell: ["4", "4", "8", "90", "90", "90"], symmetry: operators, sites: ["Mn1 0 0 0", "O1 0.3 0.2 0.1"]))
    #expect(crystal.reducedFormula == "MnO2" && crystal.count == 6)
    // A grey group lists every operation twice.
    let grey = "loop_\n_space_group_symop_magn_operation.xyz\nx,y,z,+1\nx,y,z,-1\n-x,-y,-z,+1\n-x,-y,-z,-1"
    #expect(
      try onlyCrystal(cif(cell: ["4", "4", "8", "90", "90", "90"], symmetry: grey, sites: ["Mn1 0 0 0", "O1 0.3 0.2 0.1"]))
        .count
        == 3)
  }

  @Test("operators and a symbol that contradict each other: what the file says decides")
  func contradiction() throws {
    let symmetry = "_symmetry_space_group_name_H-M 'F m -3 m'\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z"
    #expect(rejectionCode(Array(cif(symmetry: symmetry).utf8)) == "ambiguous_setting")
    #expect(
      try onlyCrystal(cif(symmetry: "_cell_formula_units_Z 4\n_chemical_formula_sum 'Cl Na'\n\(symmetry)")).count == 8)
    // All atoms listed under their symbol's name: both readings are one crystal.
    let all = [
      "Na1 0 0 0", "Na2 0 .5 .5", "Na3 .5 0 .5", "Na4 .5 .5 0", "Cl1 .5 .5 .5", "Cl2 .5 0 0", "Cl3 0 .5 0", "Cl4 0 0 .5",
    ]
    #expect(try onlyCrystal(cif(symmetry: symmetry, sites: all)).count == 8)
    #expect(
      rejectionCode(Array(cif(symmetry: "_symmetry_space_group_name_H-M 'F m -3 m'\n_space_group_IT_number 221").utf8))
        == "ambiguous_setting")
  }
}
