import Crystals
import Foundation
import TestSupport
import Testing

@testable import Potentials

@Suite("Hulls of entries") struct HullTableTests {
  static let source = HullTable.Source(name: "entries")

  static func table(_ json: String, fill: [HullTable] = []) throws -> HullTable {
    try HullTable([(source, try HullEntries(json: Array(json.utf8)))], fill: fill)
  }

  static func entry(_ composition: String, _ energy: Double, _ more: String = "") -> String {
    "{\"composition\": {\(composition)}, \"energy\": \(energy), \"entry_id\": \"\(composition.filter { $0.isLetter || $0.isNumber })\"\(more)}"
  }

  @Test("compounds in one to six elements stand where pymatgen puts them, to 1e-6 eV/atom; FRIEZE_HULLS=FILE for more")
  func pymatgen() throws {
    let path =
      ProcessInfo.processInfo.environment["FRIEZE_HULLS"]
      ?? Checkout.path("Tests/References/Hulls/hulls.json")
    let file = try #require(
      try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
    let systems = try #require(file["systems"] as? [[String: Any]])
    var (worst, queries, sizes) = (0.0, 0, Set<Int>())
    for system in systems {
      // As text: pymatgen's JSON may hold NaN.
      let entries = try #require(system["entries"] as? String)
      let table = try HullTable([(Self.source, try HullEntries(json: Array(entries.utf8)))])
      let hull = table.hull
      let references = ElementReferences(energies: table.references.mapValues(\.energy))
      for query in try #require(system["queries"] as? [[String: Any]]) {
        let composition = try #require(query["composition"] as? [String: Double]).map {
          (atomicNumber: Element.atomicNumber($0.key) ?? 0, count: Int($0.value))
        }
        let energy = try #require(query["energy"] as? Double)
        let formation = try references.formationEnergy(total: energy, of: composition)
        let position = try hull.position(of: composition, formationEnergy: formation)
        let wanted = (try #require(query["formation_energy"] as? Double), try #require(query["above_hull"] as? Double))
        worst = max(worst, abs(formation - wanted.0), abs(position.energyAboveHull - wanted.1))
        sizes.insert(composition.count)
        queries += 1
      }
    }
    print("hulls of entries against pymatgen: \(queries) queries, at most \(worst) eV/atom off")
    #expect(queries >= 240 && sizes == [1, 2, 3, 4, 5, 6])
    #expect(worst < 1e-6)
  }

  @Test("entries inside data frames, documents and diagrams; charges, legacy corrections, structures") func shapes() throws {
    let salt = "\"Na+\": 2.0, \"Cl-\": 2.0"
    let frame =
      "{\"material_id\": {\"0\": \"a\"}, \"entry\": {\"0\": \(Self.entry(salt, -13)), \"1\": \(Self.entry("\"Na\": 1", -1))}}"
    let found = try HullEntries(json: Array(frame.utf8))
    #expect(found.entries.count == 2)
    let own = try #require(found.entries.first { $0.amounts.count == 2 })
    #expect(own.amounts.map(\.z) == [11, 17] && own.energy == .total(-13) && !own.isCorrected)
    let legacy = try HullEntries(json: Array("[\(Self.entry(salt, -13, ", \"correction\": -1.5"))]".utf8))
    #expect(legacy.entries[0].energy == .total(-14.5) && legacy.entries[0].isCorrected)
    let adjusted = try HullEntries(
      json: Array(
        "[\(Self.entry(salt, -13, ", \"correction\": 9, \"energy_adjustments\": [{\"adj_per_atom\": -0.5, \"n_atoms\": 2}]"))]"
          .utf8))
    #expect(adjusted.entries[0].energy == .total(-14))
    let structure =
      "[{\"energy\": -3, \"structure\": {\"sites\": [{\"species\": [{\"element\": \"Na\", \"occu\": 0.5}, {\"element\": \"K\", \"occu\": 0.5}]}, "
      + "{\"species\": [{\"element\": \"Cl\", \"occu\": 1}]}]}}]"
    let mixed = try HullEntries(json: Array(structure.utf8)).entries[0].amounts
    #expect(mixed.map(\.z) == [11, 17, 19] && mixed.map(\.amount) == [0.5, 1, 0.5])
  }

  @Test("the same composition in another cell is one phase, the lower") func lowest() throws {
    let elements = [Self.entry("\"Na\": 2", -2), Self.entry("\"Cl\": 4", -8)]
    let own = try Self.table(
      "["
        + (elements + [Self.entry("\"Na\": 1, \"Cl\": 1", -5), Self.entry("\"Na\": 4, \"Cl\": 4", -24)]).joined(separator: ",")
        + "]")
    #expect(own.phases.count == 3 && own.higher == 1)
    #expect(abs((own.phases.first { $0.amounts.count == 2 }?.formationEnergy ?? 0) - (-24.0 / 8 + 1.5)) < 1e-12)
  }

  @Test("a fill gives compositions and elements, with its own source") func filled() throws {
    let other = try Self.table(
      "["
        + [
          Self.entry("\"Na\": 1", -1.5), Self.entry("\"Cl\": 1", -2.5), Self.entry("\"K\": 1", -1),
          Self.entry("\"Na\": 1, \"Cl\": 3", -12), Self.entry("\"Na\": 1, \"Cl\": 1", -9),
        ].joined(separator: ",") + "]")
    let own = try Self.table(
      "["
        + [Self.entry("\"Na\": 2", -2), Self.entry("\"Cl\": 4", -8), Self.entry("\"Na\": 1, \"Cl\": 1", -5)].joined(
          separator: ",") + "]",
      fill: [other])
    #expect(own.phases.filter { $0.source == 0 }.count == 3)
    #expect(own.phases.filter { $0.source == 1 }.map(\.id).sorted() == ["K1", "Na1Cl3"])
    #expect(own.references[19]?.source == 1 && own.references[11]?.energy == -1)
    // NaCl is the own one, NaCl3 the fill's formation energy.
    let position = try own.hull.position(of: [(11, 1), (17, 3)], formationEnergy: 0)
    #expect(abs(position.hullEnergy - (-12 + 1.5 + 3 * 2.5) / 4) < 1e-12)
  }

  @Test("what is wrong with entries is said in words") func messages() throws {
    func error(_ json: String) -> String {
      do { return "no error: \(try Self.table(json).phases.count)" } catch { return String(describing: error) }
    }
    let na = Self.entry("\"Na\": 1", -1)
    let o = Self.entry("\"O\": 2", -9)
    #expect(error("[\(na), {\"composition\": {\"Na\": 1}, \"ener").contains("cut off"))
    #expect(error("[]").contains("no entry with a composition and an energy"))
    #expect(error("{\"a\": 1").contains("cut off"))
    #expect(
      error("[{\"composition\": {}, \"energy\": 1}]").contains("none of its 1 entries can be used; the first: it has no atoms"))
    #expect(
      error("[\(na), \(Self.entry("\"Na\": 2, \"O\": 1", -9))]").contains("there is no energy of the element O (1 phases)"))
    let corrected = Self.entry("\"Na\": 2, \"O\": 1", -9, ", \"correction\": -0.7")
    let bare = Self.entry("\"Na\": 2, \"O\": 2", -15)
    #expect(error("[\(na), \(o), \(corrected), \(bare)]").contains("1 compounds of anions have corrections, 1 have none"))
    let gga = Self.entry("\"Na\": 2, \"O\": 1", -9, ", \"parameters\": {\"run_type\": \"GGA+U\"}")
    let scan = Self.entry("\"Na\": 2, \"O\": 2", -15, ", \"parameters\": {\"run_type\": \"R2SCAN\"}")
    #expect(error("[\(na), \(o), \(gga), \(scan)]").contains("some are of GGA(+U), some of r2SCAN"))
    let wrong = Self.entry("\"Na\": 2, \"O\": 1", -90)
    #expect(error("[\(na), \(o), \(wrong)]").contains("an energy a cell where one an atom is meant"))
    #expect(error("[\(na), \(o), \(corrected)]") == "no error: 3")
  }

  @Test("tables: columns by name, and energies a cell where energies an atom are said") func tables() throws {
    let fractions = try HullEntries(table: "composition_fractions,formation_energy_per_atom,x\nAl:0.4 O:0.6,-3.3,\n")
    #expect(fractions.entries[0].amounts.map(\.amount) == [3, 2] && fractions.entries[0].energy == .formation(-3.3))
    let formulas = try HullEntries(table: "material_id,formula,energy_per_atom\nm1,\"Al2 O3\",-7\nm2,Al,-3.7\nm3,O2,-4.9\n")
    #expect(formulas.entries.map(\.id) == ["m1", "m2", "m3"] && formulas.entries[0].energy == .total(-35))
    let table = try HullTable([(Self.source, formulas)])
    #expect(abs(table.phases[0].formationEnergy - (-7 + 0.4 * 3.7 + 0.6 * 4.9)) < 1e-12)
    let cells = try HullEntries(table: "formula,formation_energy_per_atom\nAl2O3,-16.5\nMgO,-6.0\n")
    #expect(throws: HullEntryError.self) { try HullTable([(Self.source, cells)]) }
    #expect(throws: HullEntryError.noColumn(found: ["a", "b"])) { try HullEntries(table: "a,b\n1,2\n") }
    #expect(throws: HullEntryError.table(.unknownElement(line: 2, symbol: "Qq"))) {
      try HullEntries(table: "formula,energy\nQq2 O,1\n")
    }
  }

  @Test("a system with fewer compounds than elements is thin") func thin() throws {
    let hull = try HullTable(
      [(Self.source, try HullEntries(table: "formula,formation_energy_per_atom\nNaCl,-2\nNaCl3,-0.5\nKCl,-2\n"))]
    ).hull
    #expect(!hull.isThin([11, 17]) && hull.isThin([19, 17]) && hull.isThin([11, 19]) && !hull.isThin([11, 17, 19]))
    #expect(!hull.isThin([11]))
    #expect(ConvexHull.name(ofSystem: [17, 11]) == "Cl-Na")
  }

  @Test("130,000 phases: 10,000 places in less than 20 seconds") func speed() throws {
    var random = SplitMix(seed: 7)
    let elements = (1...89).map { UInt8($0) }
    var phases: [ConvexHull.Phase] = elements.map { .init(amounts: [($0, 1)], formationEnergy: 0) }
    while phases.count < 130_000 {
      let n = Int.random(in: 2...5, using: &random)
      let amounts = (0..<n).map { _ in
        (z: elements[Int.random(in: 0..<60, using: &random)], amount: Double(Int.random(in: 1...8, using: &random)))
      }
      phases.append(.init(amounts: amounts, formationEnergy: .random(in: -3..<0.2, using: &random)))
    }
    let clock = ContinuousClock()
    let start = clock.now
    let hull = ConvexHull(phases: phases)
    let built = clock.now
    for i in 0..<2_000 {
      let n = 1 + i % 6
      let composition = (0..<n).map { k in (atomicNumber: 1 + (7 * i + 11 * k) % 60, count: 1 + (i + k) % 5) }
      _ = try hull.position(of: composition, formationEnergy: -1)
    }
    let (making, placing) = (built - start, (clock.now - built) * 5)
    print("hull of \(hull.phases.count) phases in \(making), 10,000 places in \(placing)")
    #expect(placing < .seconds(20) * (ProcessInfo.processInfo.environment["CI"] == nil ? 2 : 4))
  }
}
