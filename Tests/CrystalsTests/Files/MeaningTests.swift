import Foundation
import TestSupport
import Testing

@testable import Crystals

/// Damages files that say what they hold, and asks what the reader made of them: nothing, the crystal, or one that what is left of
/// the file says; anything else is a wrong crystal taken in silence.
///
/// FRIEZE_MUTATIONS sets how many files (50,000 where it is not set), FRIEZE_SEED repeats a run.
@Suite("Damaged files and their meaning") struct MeaningMutationTests {
  @Test("a damaged file is not taken for another crystal")
  func meaning() throws {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["FRIEZE_MUTATIONS"].flatMap(Int.init) ?? 50_000
    let seed = environment["FRIEZE_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32)
    print("FRIEZE_SEED=\(seed) FRIEZE_MUTATIONS=\(count)")
    let originals = try Self.files.map { (text: Array($0.utf8), crystal: try onlyCrystal($0)) }
    var (refused, same, kept, stated, silent) = (0, 0, 0, 0, 0)
    var wrong: [String] = []
    for index in 0..<count {
      var random = SplitMix(seed: seed &+ UInt64(index) &* 0x9E37_79B9)
      let (text, original) = originals[Int.random(in: 0..<originals.count, using: &random)]
      var damaged = text
      for _ in 0...Int.random(in: 0..<3, using: &random) { MutationTests.damage(&damaged, &random) }
      let crystals = ((try? CIF.read(damaged)) ?? []).compactMap { try? $0.crystal.get() }
      if crystals.isEmpty { refused += 1 }
      for crystal in crystals {
        if crystal.isCongruent(to: original) {
          same += 1
        } else if Self.isSame(crystal, original) {
          kept += 1
        } else if Self.isStated(crystal, damaged) {
          stated += 1
        } else if Self.saysNothing(damaged) {
          silent += 1
        } else {
          wrong.append(
            "file \(index): \(crystal.reducedFormula), \(crystal.count) atoms, \(crystal.density) g/cm^3 for \(original.reducedFormula), \(original.count), \(original.density)\n"
              + String(decoding: damaged, as: UTF8.self))
        }
      }
    }
    print(
      "\(refused) refused, \(same) the crystal, \(kept) its atoms and density at other coordinates, \(stated) what the rest of the "
        + "file says, \(silent) of files with nothing left that could tell, \(wrong.count) wrong")
    for text in wrong.prefix(environment["FRIEZE_MUTATIONS"] == nil ? 3 : 30) { print(text) }
    #expect(same > count / 10)
    #expect(Double(wrong.count) <= Double(count) / 10_000 + 1)
    #expect(Double(silent) <= Double(count) / 2000 + 5)
  }

  /// Whether a crystal has the original's elements in its ratio, and its atoms for their volume.
  static func isSame(_ a: Crystal, _ b: Crystal) -> Bool {
    a.reducedFormula == b.reducedFormula && abs(a.density - b.density) < 0.02 * b.density
  }

  /// Whether a text has neither formula nor multiplicities nor a density left.
  static func saysNothing(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self).lowercased()
    return !["_formula_sum", "_symmetry_multiplicity\n", "density_diffrn"].contains { text.contains($0) }
  }

  /// Whether the formula or the multiplicities in a text, read here by plain means, are the crystal's, and Z where it is there.
  static func isStated(_ crystal: Crystal, _ bytes: [UInt8]) -> Bool {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let found = Dictionary(
      uniqueKeysWithValues: crystal.composition.map { (Element.symbol($0.atomicNumber), Double($0.count)) })
    var counts: [String: Double] = [:]
    guard let line = lines.first(where: { $0.lowercased().hasPrefix("_chemical_formula_sum ") }) else {
      // Rows with a type and a multiplicity behind the label.
      for row in lines.map({ $0.split(separator: " ") }) where row.count == 7 {
        guard let n = Double(row[2]) else { continue }
        counts[String(row[1].prefix(while: \.isLetter)), default: 0] += n
      }
      return counts == found
    }
    for part in line.drop(while: { $0 != " " }).split(whereSeparator: { " '\"".contains($0) }) {
      let symbol = String(part.prefix(while: \.isLetter))
      counts[symbol, default: 0] += Double(part.drop(while: \.isLetter)) ?? 1
    }
    let units = Double(crystal.count) / counts.values.reduce(0, +)
    guard Set(found.keys) == Set(counts.keys), counts.allSatisfy({ abs(($0.value * units) - (found[$0.key] ?? 0)) < 0.01 })
    else { return false }
    guard let z = lines.first(where: { $0.hasPrefix("_cell_formula_units_Z ") }),
      let value = z.split(separator: " ").last.flatMap({ Double($0) })
    else { return true }
    return abs(units - value) < 0.01
  }

  /// Files as the journals and the databases have them.
  private static var files: [String] {
    let typed = "label type_symbol symmetry_multiplicity fract_x fract_y fract_z occupancy"
    func words(_ formula: String, _ z: Int, _ density: Double, _ volume: Double, _ symmetry: String) -> String {
      "_chemical_formula_sum '\(formula)'\n_cell_formula_units_Z \(z)\n_exptl_crystal_density_diffrn \(density)\n"
        + "_cell_volume \(volume)\n\(symmetry)"
    }
    let operators =
      "_symmetry_space_group_name_H-M 'P 1 21/c 1'\nloop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n'-x,y+1/2,-z+1/2'\n'-x,-y,-z'\n'x,-y+1/2,z+1/2'"
    return [
      cif(
        cell: ["8.0806(4)", "8.0806(4)", "8.0806(4)", "90", "90", "90"],
        symmetry: words("Al2 Mg O4", 8, 3.58, 527.6, "_space_group_IT_number 227\n_symmetry_space_group_name_H-M 'F d -3 m'"),
        columns: typed,
        sites: ["Mg Mg2+ 8 0.125 0.125 0.125 1", "Al Al3+ 16 0.5 0.5 0.5 1.0", "O O2- 32 0.2624(3) 0.2624(3) 0.2624(3) ."]),
      cif(
        cell: ["4.5937", "4.5937", "2.9587", "90", "90", "90"],
        symmetry: words("O2 Ti", 2, 4.25, 62.4, "_symmetry_space_group_name_H-M 'P 42/m n m'\n_space_group_IT_number 136"),
        columns: typed, sites: ["Ti1 Ti 2 0 0 0 1", "O1 O 4 0.3053 0.3053 0 1"]),
      cif(
        cell: ["5.1505", "5.2116", "5.3173", "90", "99.23", "90"], symmetry: words("O2 Zr", 4, 5.81, 140.9, operators),
        columns: typed,
        sites: ["Zr1 Zr 4 0.2754 0.0395 0.2083 1", "O1 O 4 0.0700 0.3317 0.3447 1", "O2 O 4 0.4496 0.7569 0.4792 1"]),
      cif(
        cell: ["4.9896", "4.9896", "17.0610", "90", "90", "120"],
        symmetry: words("C Ca O3", 6, 2.71, 367.8, "_symmetry_space_group_name_H-M 'R -3 c'\n_space_group_IT_number 167"),
        columns: typed, sites: ["Ca1 Ca 6 0 0 0 1", "C1 C 6 0 0 0.25 1", "O1 O 18 0.2578 0 0.25 1"]),
      // Files that say less: the formula alone, the multiplicities alone.
      cif(
        cell: ["4.5937", "4.5937", "2.9587", "90", "90", "90"],
        symmetry: "_chemical_formula_sum 'O2 Ti'\n_symmetry_space_group_name_H-M 'P 42/m n m'",
        sites: ["Ti1 0 0 0", "O1 0.3053 0.3053 0"]),
      cif(
        cell: ["3.2094", "3.2094", "5.2108", "90", "90", "120"], symmetry: "_space_group_IT_number 194", columns: typed,
        sites: ["Mg1 Mg 2 0.3333 0.6667 0.25 1"]),
    ]
  }
}
