import Artifacts
import Foundation
import Potentials
import StageKit
import TestSupport
import Testing

@Suite("relax") struct RelaxTests {
  /// Weights at hand; tests that need them are left out without.
  static let weights =
    Checkout.shared("potentials/chgnet-0.3.0.h5") ?? Checkout.existing("Artifacts/potentials/chgnet-0.3.0.h5")

  /// Models of the KIM API that are installed; nil without its library.
  static let kimModels = try? KIMPotential.installedModels()
  static let iron = "EAM_MagneticCubic_DudarevDerlet_2005_Fe__MO_135034229282_002"
  static let salt = "LJ_ElliottAkerson_2015_Universal__MO_959249795837_003"

  /// A dataset of cubic crystals: those of the line's test and a few more.
  private func dataset(_ place: borrowing Workplace, more: [(name: String, a: Double, sites: String)] = []) throws {
    _ = try place.writeCrystals()
    for (name, a, sites) in more { _ = try place.write("crystals/\(name).cif", Workplace.cif(name, "P m -3 m", a, sites)) }
    let outcome = try place.run("preprocess", ["--input", "crystals", "--output", "dataset.h5", "--minimum-distance", "0"])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  private func outcomes(_ path: String) throws -> [String: RelaxationOutcome?] {
    let reader = try Artifact.open(path)
    let codes = try reader.read(Int16.self, "/relaxation/outcome").map { RelaxationOutcome(rawValue: Int8($0)) }
    return Dictionary(uniqueKeysWithValues: zip(try reader.ids(), codes))
  }

  @Test("the list names each potential, its elements, its file and whether that is there") func list() throws {
    let place = try Workplace()
    defer { place.remove() }
    let file = "Artifacts/potentials/chgnet-0.3.0.h5"
    let missing = try place.run("relax", ["--list-potentials"])
    #expect(missing.status == 0)
    for words in [
      "pair\n", "elements: all\n", "chgnet[:WEIGHTS.h5]\n", "elements: H to Pu (1 to 94)\n", "ipi:unix:PATH", "kim:MODEL\n",
    ] {
      #expect(missing.output.contains(words), "\(words)")
    }
    #expect(missing.output.contains("needs: \(file), not there; 'make potentials' fetches it\n"))
    #expect(
      missing.output.contains(
        Self.kimModels.map { "needs: the KIM API, there\n    models installed: \($0.count)" }
          ?? "needs: the KIM API, not there; Debian's packages are libkim-api2 and openkim-models"))
    _ = try place.write(file, "")
    #expect(try place.run("relax", ["--list-potentials"]).output.contains("needs: \(file), there\n"))
  }

  @Test("CHGNet is the default; without its weights, with others in their place, or with a hull without references it says so")
  func messages() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    func expect(_ arguments: [String], _ status: Int32, _ words: String) throws {
      let before = place.files
      let outcome = try place.run("relax", ["--crystals", "dataset.h5", "--output", "x.h5"] + arguments)
      #expect(outcome.status == status && outcome.errors.contains(words), "\(outcome.errors)")
      #expect(place.files == before)
    }
    try expect([], 69, "CHGNet's weights are not at 'Artifacts/potentials/chgnet-0.3.0.h5'. 'make potentials' fetches them")
    try expect(["--potential", "chgnet:nowhere.h5"], 69, "CHGNet's weights are not at 'nowhere.h5'.")
    try expect(["--potential", "chgnet:dataset.h5"], 65, "expected a dataset. These are not CHGNet's weights.")
    try expect(["--potential", "ipi:unix:dataset.h5"], 69, "'dataset.h5' is there already and is no socket.")
    try expect(["--potential", "ipi:localhost:70000"], 65, "'70000' is no port.")
    try expect(
      ["--potential", "kim"], 65, "--potential kim needs a model: kim:SW_StillingerWeber_1985_Si__MO_405512056662_005, for one."
    )
    try expect(
      ["--potential", "kim:nobody's"], 69,
      Self.kimModels == nil ? "--potential kim: the KIM API's library" : "--potential kim: no model 'nobody's' is installed;")
    _ = try place.write("alone/hull.csv", "composition_fractions,formation_energy_per_atom,source\nNa:1,0,x\n")
    try expect(["--potential", "pair", "--hull", "alone/hull.csv"], 65, "there is no 'alone/elements.csv'")
  }

  @Test(
    "an unknown element, atoms on one place and a lonely atom have their outcomes, and the others relax",
    .enabled(if: weights != nil, "no weights of CHGNet"))
  func outcomes() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(
      place,
      more: [
        ("unknown", 4, "Am Am 0 0 0"), ("lonely", 40, "He He 0 0 0"), ("close", 5, "Fe1 Fe 0.06 0 0\nO1 O 0.5 0.5 0.5"),
      ])
    let outcome = try place.run(
      "relax", ["--crystals", "dataset.h5", "--output", "relaxed.h5", "--potential", "chgnet:\(Self.weights ?? "")"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let outcomes = try outcomes(place.path("relaxed.h5"))
    #expect(outcomes.count == 13)
    #expect(outcomes["unknown"] == .unsupportedElement)
    #expect(outcomes["lonely"] == .converged)
    #expect(outcomes["close"] == .atomsTooClose)
    #expect(outcomes.values.count { $0 == .converged } == 11)
  }

  @Test(
    "a model of the KIM API relaxes what it knows, and leaves no log and no line on standard output",
    .enabled(
      if: kimModels?.contains(iron) ?? false && kimModels?.contains(salt) ?? false,
      "the KIM API or openkim-models is not installed"))
  func kim() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place, more: [("iron", 2.7, "Fe1 Fe 0 0 0\nFe2 Fe 0.5 0.5 0.5")])
    for model in [Self.iron, Self.salt, "Sim_LAMMPS_SNAP_ChenDengTran_2017_Mo__SM_003882782678_000"] {
      let before = place.files
      let outcome = try place.run(
        "relax", ["--crystals", "dataset.h5", "--output", "\(model).h5", "--potential", "kim:\(model)", "--quiet"])
      guard model == Self.iron || model == Self.salt else {
        #expect(outcome.status == 65 && outcome.errors.contains("is a simulator model"), "\(outcome.errors)")
        continue
      }
      #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.output)\(outcome.errors)")
      #expect(Set(place.files).subtracting(before) == ["\(model).h5"])
    }
    let iron = try outcomes(place.path("\(Self.iron).h5"))
    #expect(iron["iron"] == .converged && iron["NaCl"] == .unsupportedElement)
    #expect(iron["Fe"] == .converged && iron.values.count { $0 == .unsupportedElement } == iron.count - 2)
    let salt = try outcomes(place.path("\(Self.salt).h5"))
    #expect(salt["NaCl"] == .converged && !salt.values.contains(.unsupportedElement))
  }

  @Test("a hull without an element leaves that crystal's place open and says which") func hull() throws {
    let place = try Workplace()
    defer { place.remove() }
    try dataset(place)
    _ = try place.write(
      "hull/hull.csv", "composition_fractions,formation_energy_per_atom,source\nNa:0.5 Cl:0.5,-2,x\nCu:1,0,x\n")
    _ = try place.write("hull/elements.csv", "element,energy_per_atom,entry_id\nNa,-1.3,a\nCl,-1.85,b\nCu,-4.1,c\nCs,-0.9,d\n")
    let outcome = try place.run(
      "relax", ["--crystals", "dataset.h5", "--output", "relaxed.h5", "--potential", "pair", "--hull", "hull/hull.csv"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reader = try Artifact.open(place.path("relaxed.h5"))
    let above = Dictionary(
      uniqueKeysWithValues: zip(try reader.ids(), try reader.read(Double.self, "/relaxation/energy_above_hull")))
    let products = Dictionary(
      uniqueKeysWithValues: zip(try reader.ids(), try reader.readStrings("/relaxation/decomposition")))
    #expect(above["NaCl"]?.isFinite ?? false && products["NaCl"] == "1.000 NaCl")
    #expect(above["Cu"]?.isFinite ?? false)
    #expect(above["CsCl"]?.isNaN ?? false && products["CsCl"] == "the hull knows no phase of Cs")
    #expect(above["MgO"]?.isNaN ?? false && products["MgO"] == "the hull knows no phase of O")
  }
}
