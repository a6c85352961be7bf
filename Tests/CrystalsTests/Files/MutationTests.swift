import Foundation
import TestSupport
import Testing

@testable import Crystals

/// Damages files and gives them to the readers: whatever comes, they answer soon, with numbers or a refusal.
///
/// FRIEZE_MUTATIONS sets how many files (150,000 where it is not set, about 20 seconds), FRIEZE_SEED repeats a run.
@Suite("Damaged files") struct MutationTests {
  enum Format: CaseIterable { case cif, extxyz, poscar, csv }

  @Test("readers survive damaged files")
  func mutations() {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["FRIEZE_MUTATIONS"].flatMap(Int.init) ?? 150_000
    let seed = environment["FRIEZE_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1 << 32)
    print("FRIEZE_SEED=\(seed) FRIEZE_MUTATIONS=\(count)")
    let seeds = Self.seeds
    for (format, text) in seeds { #expect(Self.read(text, format).taken > 0, "a seed of \(format) is not taken itself") }
    var taken = 0
    var slowest = Duration.zero
    for index in 0..<count {
      // Every file has its own generator, so that one of them can be made again alone.
      var random = SplitMix(seed: seed &+ UInt64(index) &* 0x9E37_79B9)
      let (format, text) = seeds[Int.random(in: 0..<seeds.count, using: &random)]
      var damaged = text
      for _ in 0...Int.random(in: 0..<4, using: &random) { Self.damage(&damaged, &random) }
      // One in eight goes to the reader of another format.
      let reader = Int.random(in: 0..<8, using: &random) == 0 ? Format.allCases[Int.random(in: 0..<4, using: &random)] : format
      let start = ContinuousClock.now
      let result = Self.read(damaged, reader)
      let time = ContinuousClock.now - start
      slowest = max(slowest, time)
      taken += result.taken
      #expect(result.isFinite, "file \(index): a crystal with numbers that are not finite")
      #expect(time < .seconds(2), "file \(index): \(time)")
    }
    print("\(taken) crystals taken from \(count) damaged files, slowest file \(slowest)")
    #expect(taken > count / 100)
  }

  /// Crystals that a reader takes from a text, and whether all their numbers are sound.
  static func read(_ text: [UInt8], _ format: Format) -> (taken: Int, isFinite: Bool) {
    var crystals: [Crystal] = []
    switch format {
    case .cif:
      for block in (try? CIF.read(text, options: .unjudged)) ?? [] {
        if let c = try? block.crystal.get() { crystals.append(c) }
      }
    case .extxyz:
      for frame in (try? Extxyz.read(text, options: .unjudged)) ?? [] {
        if let c = try? frame.crystal.get() { crystals.append(c) }
      }
    case .poscar: if let file = try? POSCAR.read(text, options: .unjudged) { crystals.append(file.crystal) }
    case .csv:
      guard let table = try? CrystalTable(csv: text) else { break }
      for index in 0..<table.count {
        if let row = try? table.row(index) { crystals += readCIF(row.cif) }
      }
    }
    let isFinite = crystals.allSatisfy { crystal in
      crystal.count > 0 && crystal.count <= CIF.maximumSites && crystal.lattice.isUsable
        && crystal.fractionalCoordinates.allSatisfy { $0.min() >= 0 && $0.max() < 1 }
        && crystal.atomicNumbers.allSatisfy { (1...118).contains($0) } && crystal.orbit.count == crystal.count
    }
    return (crystals.count, isFinite)
  }

  private static func readCIF(_ text: [UInt8]) -> [Crystal] {
    ((try? CIF.read(text, options: .unjudged)) ?? []).compactMap { try? $0.crystal.get() }
  }

  private static let nonsense = [
    "nan", "-inf", "1e308", "-1e-308", "99999999999999999999", "-1", "0", "", "?", ".", "'", "\"", "1/0", "x", "0x1p3", "1e400",
    "2147483648",
    "-x+1/2,y,z", "#", ";", "loop_", "data_", "save_x", "_cell_length_a", "\u{0}", "é", "(", ")", "1.5(", "R 3 c :R",
    "P 3*2 2\"1", "5000", ",",
  ].map { Array($0.utf8) }

  /// Does one thing to a text that disks, networks, editors and people do.
  static func damage(_ text: inout [UInt8], _ random: inout SplitMix) {
    guard text.count > 1 else { return }
    let at = Int.random(in: 0..<text.count, using: &random)
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let i = Int.random(in: 0..<lines.count, using: &random)
    let k = Int.random(in: 0..<lines.count, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0: text[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: text[at] = UInt8.random(in: 0...255, using: &random)
    case 2: text.removeSubrange(at...)
    case 3: text.remove(at: at)
    case 4, 5, 6:
      if lines.count == 1 { return }
      let line = lines.remove(at: i)
      // A line is lost, stands twice, or changes places.
      switch Int.random(in: 0..<3, using: &random) {
      case 0: break
      case 1: lines.insert(contentsOf: [line, line], at: i)
      default: lines.insert(line, at: min(k, lines.count))
      }
      text = Array(lines.joined(separator: [0x0A]))
    default:
      var words = lines[i].split(separator: 0x20).map(Array.init)
      guard !words.isEmpty else { return }
      let w = Int.random(in: 0..<words.count, using: &random)
      words[w] = nonsense[Int.random(in: 0..<nonsense.count, using: &random)]
      lines[i] = Array(words.joined(separator: [0x20]))
      text = Array(lines.joined(separator: [0x0A]))
    }
  }

  /// Sound files in all formats.
  private static var seeds: [(Format, [UInt8])] {
    let typed = "label type_symbol fract_x fract_y fract_z occupancy"
    let spinel = ["Mg Mg2+ 0.125 0.125 0.125 1", "Al Al3+ 0.5 0.5 0.5 1.0", "O O2- 0.2624(3) 0.2624(3) 0.2624(3) ."]
    let cubic = [String](repeating: "8.0806(4)", count: 3) + ["90", "90", "90"]
    let hexagonal = ["3.2094", "3.2094", "5.2108", "90", "90", "120"]
    let monoclinic = ["5.1", "6.2", "7.3", "90", "101.5", "90"]
    let operators =
      "loop_\n_symmetry_equiv_pos_site_id\n_symmetry_equiv_pos_as_xyz\n1 'x,y,z'\n2 '-x,y+1/2,-z+1/2'\n3 '-x,-y,-z'\n4 'x,-y+1/2,z+1/2'"
    var random = SplitMix(seed: 1)
    let crystal = crystal(inGroup: 62, position: 1, random: &random)
    let poscar = POSCAR.text(crystal, comment: "Si O")
    let frame = Extxyz.text(crystal, name: "one", properties: [("energy", -1.5)])
    let salt = unit(225, "a Na, b Cl", cell: 5)
    let files = [
      cif(),
      cif(
        cell: cubic, symmetry: "_chemical_formula_sum 'Mg Al2 O4'\n_symmetry_space_group_name_H-M 'F d -3 m'", columns: typed,
        sites: spinel),
      cif(cell: cubic, symmetry: "_space_group_name_Hall '-F 4vw 2vw 3'", columns: typed, sites: spinel),
      cif(cell: hexagonal, symmetry: "_space_group_IT_number 194", sites: ["Mg1 0.3333 0.6667 0.25"]),
      cif(cell: monoclinic, symmetry: operators, sites: ["Si1 0.1 0.2 0.3", "O1 .3 .4 .5", "O2 0.7 0.1 0.9"]),
      cif(
        cell: ["5.27", "", "13.86", "", "", ""], symmetry: "_symmetry_space_group_name_H-M 'R 3 c :H'",
        sites: ["Li1 0 0 0.27", "Nb1 0 0 0.01"]),
      CIF.text(crystal, name: "P1"), CIF.text(salt, name: "salt") + CIF.text(salt, name: "again"),
    ]
    let table = "material_id,energy,cif\n" + files.prefix(4).enumerated().map { "mp-\($0),-1.5,\"\($1)\"\n" }.joined()
    return files.map { (.cif, Array($0.utf8)) } + [
      (.cif, Array(files[4].replacing("\n", with: "\r\n").utf8)), (.poscar, Array(poscar.utf8)),
      (.poscar, Array(poscar.replacing("Direct", with: "Selective\nDirect").replacing("1.0\n", with: "-900\n").utf8)),
      (.poscar, Array(POSCARExtxyzTests.salt.replacing("Direct", with: "Cartesian").utf8)),
      (.extxyz, Array((frame + frame).utf8)), (.extxyz, Array(POSCARExtxyzTests.frame.utf8)),
      (.csv, Array(table.utf8)),
    ]
  }
}
