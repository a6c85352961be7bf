import Testing

@testable import Crystals

@Suite("extxyz and POSCAR as their programs write them") struct ExtxyzFormatTests {
  @Test("a matrix, exponents of Fortran, quotes and brackets inside values")
  func forms() throws {
    let expected = try Extxyz.read(Array(POSCARExtxyzTests.frame.utf8))[0].crystal.get()
    let lattice = "\"5.64 0 0 0 5.64 0 0 0 5.64\""
    for text in [
      POSCARExtxyzTests.frame.replacing(lattice, with: "[[5.64, 0, 0], [0, 5.64, 0], [0, 0, 5.64]]"),
      POSCARExtxyzTests.frame.replacing(lattice, with: "\"0.564D+01 0 0 0 0.564d1 0 0 0 564D-2\""),
      POSCARExtxyzTests.frame.replacing("2.82 2.82 2.82", with: "0.282D1 2.82 2.82"),
      POSCARExtxyzTests.frame.replacing("Lattice", with: "note=\"a \\\" Lattice=0 \\\" b\" calc={\"x\": [1, {2}]} Lattice"),
      POSCARExtxyzTests.frame.replacing("Cs 0 0 0", with: "Cs+ 0 0 0").replacing("species:S:1", with: "species:S:1"),
    ] {
      #expect(isSame(try Extxyz.read(Array(text.utf8))[0].crystal.get(), expected), "\(text)")
    }
    // Rows of a matrix are the vectors, as the nine numbers are.
    for text in ["\"5 1 0 0 6 0 0 0 7\"", "[[5,1,0],[0,6,0],[0,0,7]]"] {
      let crystal = try Extxyz.read(Array(POSCARExtxyzTests.frame.replacing(lattice, with: text).utf8))[0].crystal.get()
      #expect(crystal.lattice.vectors[0] == Vector3(5, 1, 0))
    }
  }

  @Test("energies, forces and stress are read and written under ASE's names")
  func results() throws {
    let text = """
      2
      Lattice="5.64 0 0 0 5.64 0 0 0 5.64" Properties=species:S:1:pos:R:3:forces:R:3 energy=-3.25 free_energy=-3.5 stress="1 6 5 6 2 4 5 4 3" name=a
      Cs 0 0 0 0.1 0.2 0.3
      Cl 2.82 2.82 2.82 -0.1 -0.2 -0.3

      """
    let frame = try Extxyz.frames(Array(text.utf8))[0]
    #expect(frame.results.numbers["energy"] == -3.25 && frame.results.numbers["free_energy"] == -3.5)
    #expect(frame.results.forces == [Vector3(0.1, 0.2, 0.3), Vector3(-0.1, -0.2, -0.3)])
    #expect(frame.results.stress?[1] == Vector3(6, 2, 4))
    let again = Extxyz.text(try frame.crystal.get(), name: "a\"b\\c", results: frame.results)
    let back = try Extxyz.frames(Array(again.utf8))[0]
    #expect(back.name == "a\"b\\c" && back.results.forces == frame.results.forces)
    #expect(back.results.numbers == frame.results.numbers && back.results.stress == frame.results.stress)
    let six = try Extxyz.frames(Array(text.replacing("1 6 5 6 2 4 5 4 3", with: "1 2 3 4 5 6").utf8))[0]
    #expect(six.results.stress == frame.results.stress)
  }

  @Test("species that are no element are refused in every format")
  func species() throws {
    for (name, code) in [
      ("X", "unknown_element"), ("Va", "vacancy"), ("H2O", "group_site"), ("FeMg", "mixed_site"), ("Zz", "unknown_element"),
    ] {
      let frame = try Extxyz.read(Array(POSCARExtxyzTests.frame.replacing("Cs", with: name).utf8))[0]
      #expect { try frame.crystal.get() } throws: { ($0 as? Rejection)?.code == code }
      #expect { try POSCAR.read(Array(POSCARExtxyzTests.salt.replacing("Na Cl\n1", with: "\(name) Cl\n1").utf8)) } throws: {
        ($0 as? Rejection)?.code == code
      }
    }
  }

  @Test("symbols and counts over several lines; the line before the positions as VASP reads it")
  func poscar() throws {
    let salt = POSCARExtxyzTests.salt
    let expected = try POSCAR.read(Array(salt.utf8)).crystal
    for text in [
      salt.replacing("Na Cl\n1 1\n", with: "Na\nCl\n1\n1\n"), salt.replacing("Na Cl\n1 1\n", with: "Na\nCl\n1 1\n"),
      salt.replacing("Na Cl\n1 1\n", with: "Na Cl\n1\n1\n"), salt.replacing("Direct", with: "fractional"),
      salt.replacing("Direct", with: "xyz"), salt.replacing("Direct", with: ""), salt.replacing("5.64\n", with: "0.564D1\n"),
      salt.replacing("Na Cl\n1 1\n", with: "Na Cl ! two\n1 1 ! one each\n"),
    ] {
      #expect(isSame(try POSCAR.read(Array(text.utf8)).crystal, expected), "\(text)")
    }
  }
}
