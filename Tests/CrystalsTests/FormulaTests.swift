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

  /// As pymatgen 2025 writes the reduced formulas, brackets apart.
  @Test("formulas as chemists write them, the least electronegative element first")
  func conventional() throws {
    for formula in ["SrTiO3", "LiFePO4", "NaCl", "NaHCO3", "CaCO3", "K2SO4", "GaAs", "MgAl2O4", "HfC", "CsPbI3", "Ba2YCu3O7"] {
      let scrambled = try Formula(formula)
      let other = Formula(elements: scrambled.elements.reversed(), counts: scrambled.counts.reversed().map { 2 * $0 })
      #expect(other.reduced.conventional.description == formula, "\(other.reduced.conventional)")
    }
    // Without a number: last, by their symbols.
    #expect(try Formula("ArHe2Na").conventional.description == "NaArHe2")
  }

  @Test("space groups by number and by symbol, in any spelling")
  func groups() {
    for (text, number) in [
      ("227", 227), ("Fd-3m", 227), ("F d -3 m", 227), ("R-3m", 166), ("P6_3/mmc", 194), ("P63/mmc", 194), ("P2_1/c", 14),
      ("P 1 21/c 1", 14), ("Pnma", 62), ("C2/m", 12), ("Fm-3m", 225), ("I4/mmm", 139), ("P1", 1), ("Ia-3d", 230),
    ] {
      #expect(SpaceGroup.number(text) == number, "\(text)")
    }
    for text in ["0", "231", "Fm-9m", "", "Xy", "-1", "2.5"] { #expect(SpaceGroup.number(text) == nil, "\(text)") }
    // Every group by the symbol that pages write.
    for number in 1...230 { #expect(SpaceGroup.number(SpaceGroup.numbered(number).plainSymbol) == number) }
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
