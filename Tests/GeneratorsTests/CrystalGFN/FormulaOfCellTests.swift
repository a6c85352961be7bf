import Crystals
import Testing

@testable import Generators

@Suite("Formulas of cells") struct FormulaOfCellTests {
  @Test("whether a formula is neutral depends on the rule, not on its multiple")
  func neutral() throws {
    let cases: [(String, oneState: Bool, pauling: Bool, mixed: Bool)] = [
      ("NaCl", true, true, true), ("Na12Cl12", true, true, true), ("NaCl2", false, false, false),
      // Iron of two states; an alloy; an element.
      ("Fe3O4", false, false, true), ("CuZn", false, false, false), ("Cu4", true, true, true),
    ]
    for (text, oneState, pauling, mixed) in cases {
      let formula = try Formula(text)
      #expect(Electroneutrality.oneState.allows(formula) == oneState, "\(text)")
      #expect(Electroneutrality.pauling.allows(formula) == pauling, "\(text)")
      #expect(Electroneutrality.mixedValence.allows(formula) == mixed, "\(text)")
      #expect(Electroneutrality.none.allows(formula), "\(text)")
    }
  }

  @Test("a blueprint's cell is that of its sites, of formula units or of a primitive cell")
  func conventional() throws {
    #expect(
      Blueprint(spaceGroup: 225, sites: [(element: 17, wyckoffPosition: 0), (element: 11, wyckoffPosition: 1)])
        .conventionalFormula?.description == "Na4Cl4")
    var blueprint = Blueprint(spaceGroup: 225)
    #expect(blueprint.conventionalFormula == nil)
    for (content, formula) in [
      (Blueprint.Composition.Content.any, nil), (.formulaUnits(2), "Na2Cl2"), (.primitiveCell, "Na4Cl4"),
    ] {
      blueprint.composition = .init(try Formula("ClNa"), content: content)
      #expect(blueprint.conventionalFormula?.description == formula)
    }
  }
}
