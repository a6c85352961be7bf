import Crystals
import Potentials
import StageKit

/// `/kept`: the crystals as relaxed within their groups, laid out as `/crystal`; `/rattle`: what became of them when their symmetry was
/// broken.
///
/// | dataset                       | holds                                                                                  |
/// |-------------------------------|----------------------------------------------------------------------------------------|
/// | `/rattle/energy_kept`         | float64[N], eV a cell of `/kept`                                                       |
/// | `/rattle/fall`                | float64[N], eV/atom that the free relaxation ended below; NaN where there was none     |
/// | `/rattle/space_group_before`  | int16[N], 0 where nobody looked                                                        |
/// | `/rattle/space_group_after`   | int16[N], as found again; 0 where none was found or there was none                     |
/// | `/rattle/steps`, `outcome`    | int32[N], int16[N]: of the free relaxation; 9 where there was none                     |
extension HDF5Writer {
  func write(broken results: [RelaxationResult]) throws {
    try write(crystals: results.map { $0.rattled?.kept ?? $0.crystal }, group: "/kept")
    try write(results.map { $0.rattled?.keptEnergy ?? $0.energy }, to: "/rattle/energy_kept")
    try setAttribute("unit", "eV", of: "/rattle/energy_kept")
    try write(results.map { $0.rattled?.fall ?? .nan }, to: "/rattle/fall")
    try setAttribute("unit", "eV/atom", of: "/rattle/fall")
    try write(results.map { Int16($0.rattled?.spaceGroupBefore ?? $0.crystal.spaceGroup) }, to: "/rattle/space_group_before")
    try write(results.map { Int16($0.rattled?.spaceGroupAfter ?? 0) }, to: "/rattle/space_group_after")
    try write(results.map { Int32($0.rattled?.steps ?? 0) }, to: "/rattle/steps")
    try write(results.map { Int16(($0.rattled?.outcome ?? .notRelaxed).rawValue) }, to: "/rattle/outcome")
  }
}

extension HDF5Reader {
  /// What `/kept` and `/rattle` say of each record; nil where its symmetry was not broken.
  func symmetryBreakings(records n: Int) throws -> [SymmetryBreaking?] {
    let kept = try crystals(group: "/kept")
    guard kept.count == n else { throw StageError(.input, "'\(path)', /kept: expected \(n) crystals, found \(kept.count).") }
    let energy = try read(Double.self, "/rattle/energy_kept", shape: [n])
    let fall = try read(Double.self, "/rattle/fall", shape: [n])
    let before = try read(Int16.self, "/rattle/space_group_before", shape: [n])
    let after = try read(Int16.self, "/rattle/space_group_after", shape: [n])
    let steps = try read(Int32.self, "/rattle/steps", shape: [n])
    let outcome = try read(Int16.self, "/rattle/outcome", shape: [n])
    return (0..<n).map { i in
      let end = RelaxationOutcome(rawValue: Int8(truncatingIfNeeded: outcome[i])) ?? .notRelaxed
      guard end != .notRelaxed else { return nil }
      var breaking = SymmetryBreaking(kept: kept[i], keptEnergy: energy[i], spaceGroupBefore: Int(before[i]))
      (breaking.fall, breaking.spaceGroupAfter) = (fall[i], Int(after[i]))
      (breaking.steps, breaking.outcome) = (Int(steps[i]), end)
      return breaking
    }
  }
}
