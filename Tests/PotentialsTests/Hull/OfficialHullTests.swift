import Crystals
import Foundation
import StageKit
import Testing

@testable import Potentials

/// Energies above the hull of real crystals by their own formation energies, against what the Materials Project says of them.
@Suite(
  "Hull distances of MP-20",
  .enabled(if: TestTables.hull != nil && TestTables.mp20 != nil, "MP-20 or its hull is not at hand"))
struct OfficialHullTests {
  /// Rows of the test set with both energies: where ours puts them, where the table does, in eV/atom.
  private func rows() throws -> [(id: String, elements: Int, ours: Double, theirs: Double)] {
    let text = String(decoding: try PackedFiles.bytes(of: TestTables.hull ?? ""), as: UTF8.self)
    let hull = try ConvexHull(text: text)
    let table = try CrystalTable(csv: try PackedFiles.bytes(of: TestTables.mp20 ?? ""))
    return try (0..<table.count).compactMap { index in
      let row = try table.row(index)
      let properties = Dictionary(zip(table.propertyNames, row.properties)) { first, _ in first }
      guard let formation = properties["formation_energy_per_atom"], let theirs = properties["e_above_hull"],
        formation.isFinite, theirs.isFinite, case .success(let crystal)? = try CIF.read(row.cif).first?.crystal
      else { return nil }
      let place = try hull.position(of: crystal.composition, formationEnergy: formation)
      return (row.id, crystal.composition.count, place.energyAboveHull, theirs)
    }
  }

  @Test("our distances are the official ones but for phases that the hull file lacks")
  func official() throws {
    let rows = try rows()
    let differences = rows.map { $0.ours - $0.theirs }
    let mean = differences.reduce(0) { $0 + abs($1) } / Double(rows.count)
    print(
      "\(rows.count) rows: mean difference \(mean) eV/atom, lowest \(differences.min() ?? 0), highest \(differences.max() ?? 0)"
    )
    for limit in [1e-4, 1e-3, 1e-2, 5e-2] {
      print("within \(limit): \(differences.count { abs($0) <= limit }), above by more: \(differences.count { $0 > limit })")
    }
    for n in Set(rows.map(\.elements)).sorted() {
      let some = zip(rows, differences).filter { $0.0.elements == n }.map { abs($0.1) }
      print(
        "\(n) elements: \(some.count), mean \(some.reduce(0, +) / Double(some.count)), within 1e-4 \(some.count { $0 < 1e-4 })")
    }
    for (row, d) in zip(rows, differences).sorted(by: { $0.1 > $1.1 }).prefix(8) { print(row.id, row.ours, row.theirs, d) }
    for limit in [1e-6, 0.1] {
      let ours = rows.map { $0.ours <= limit }
      let theirs = rows.map { $0.theirs <= limit }
      let same = zip(ours, theirs).count { $0 == $1 }
      print("at most \(limit): ours \(ours.count { $0 }), theirs \(theirs.count { $0 }), the same verdict \(same)")
    }
    #expect(rows.count > 7000)
    #expect(rows.allSatisfy { $0.ours > -1e-9 })
    #expect(mean < 2.5e-3)
    // A hull that lacks phases is never too low, so that no distance is too large.
    #expect(differences.allSatisfy { $0 < 1e-4 })
    #expect(differences.count { $0 > -1e-4 } * 100 > 85 * rows.count)
  }
}
