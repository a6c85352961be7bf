import Testing

@testable import Crystals

@Suite("Formulas") struct FormulaTests {
  @Test(
    "symbols, numbers, brackets",
    arguments: [
      ("NaCl", [11: 1, 17: 1]), ("Na4Cl4", [11: 4, 17: 4]), ("Ca(OH)2", [20: 1, 8: 2, 1: 2]), ("CoCO", [27: 1, 6: 1, 8: 1]),
      ("K4[Fe(CN)6]", [19: 4, 26: 1, 6: 6, 7: 6]), ("LiFePO4", [3: 1, 26: 1, 15: 1, 8: 4]), ("CH3CH3", [6: 2, 1: 6]),
      ("D2O", [1: 2, 8: 1]),
    ])
  func reads(text: String, atoms: [UInt8: Int]) throws {
    let formula = try Formula(text)
    #expect(Dictionary(uniqueKeysWithValues: zip(formula.elements, formula.counts)) == atoms)
    #expect(try Formula(formula.description) == formula)
  }

  @Test("the reduced formula")
  func reduced() throws {
    #expect(try Formula("Na4Cl4").reduced == Formula("NaCl"))
    #expect(try Formula("H2O2").reduced == Formula("HO"))
    #expect(try Formula("Fe4O6").reduced.description == "Fe2O3")
    #expect(try Formula("CH3CH2OH").description == "C2H6O")
  }

  @Test(
    "what is no formula is said to be none",
    arguments: [
      "", "nacl", "Xx", "Na0", "Na-Cl", "Na(Cl", "NaCl)", "Na()2", "2Na", "Na1.5", "Na99999999999999999999", "C10000H", "Na Cl",
      "Naé",
      "(C9999)9999", String(repeating: "(", count: 40) + "C" + String(repeating: ")", count: 40),
    ])
  func rejects(text: String) {
    #expect { try Formula(text) } throws: { ($0 as? Rejection)?.code == "bad_formula" }
  }
}
