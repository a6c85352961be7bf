public import Crystals
import Evaluation
import Foundation
import StageKit
import Tensors

/// What a crystal is like, of those that are known.
public struct KnownCrystal: Sendable, Equatable {
  /// How like.
  public enum Likeness: String, Sendable {
    /// The same structure.
    case same
    /// The same formula in another structure.
    case formula
    /// The same structure of other elements.
    case prototype
    /// The same elements in other numbers.
    case system
    /// Neither structure nor elements are known.
    case none
  }

  /// How like it is.
  public var likeness: Likeness
  /// The known crystal's name; empty where there is none.
  public var id: String
  /// Its formula, as chemists write it.
  public var formula: String
  /// Its space group.
  public var spaceGroup: Int

  /// In words.
  public var words: String {
    let own = "\(id), \(formula), group \(spaceGroup)"
    return switch likeness {
    case .same: "known as \(id)"
    case .formula: "new structure of a known formula (\(own))"
    case .prototype: "new, built as \(own)"
    case .system: "new; the nearest of its elements is \(own)"
    case .none: "new; nothing is known of its elements together"
    }
  }
}

/// Crystals that others have found, to be asked whether one is among them, and what is nearest.
public struct KnownCrystals: Sendable {
  private struct Entry {
    var id: String
    var crystal: Crystal
  }

  private var entries: [Entry] = []

  /// How many there are.
  public var count: Int { entries.count }

  /// - Parameter paths: datasets, crystal files or folders.
  /// - Throws: `StageError` where a file has no crystals.
  public init(reading paths: [String], threads: Int) throws {
    for path in paths {
      let set = try JudgedSet(reading: path, threads: threads)
      let crystals = try Self.withGroups(set.crystals.map(\.crystal), threads: threads)
      entries += zip(set.ids, crystals).map { Entry(id: $0, crystal: $1) }
    }
  }

  /// The crystals with their space groups, looked for where a file does not say them.
  private static func withGroups(_ crystals: [Crystal], threads: Int) throws -> [Crystal] {
    try parallelMap(count: crystals.count, threads: threads) { i in
      var crystal = crystals[i]
      if crystal.spaceGroup == 0 { crystal.spaceGroup = SymmetrySearch.spaceGroupNumber(crystal, symprec: 0.1) ?? 0 }
      return crystal
    }
  }

  /// What each of some crystals is like.
  ///
  /// - Throws: what a thread throws.
  public func nearest(to crystals: [Crystal], threads: Int) throws -> [KnownCrystal] {
    let crystals = try Self.withGroups(crystals, threads: threads)
    // Only those are looked at closely that have a formula, a system or numbers of atoms in common with one of the crystals.
    let wanted = Wanted(crystals)
    var (byFormula, bySystem, byNumbers): ([String: [Int]], [[UInt8]: [Int]], [Numbers: [Int]]) = ([:], [:], [:])
    var near: [Int] = []
    for (i, entry) in entries.enumerated() {
      let system = entry.crystal.composition.map { UInt8($0.atomicNumber) }
      if wanted.systems.contains(system) {
        bySystem[system, default: []].append(i)
        let formula = entry.crystal.reducedFormula
        if wanted.formulas.contains(formula) {
          byFormula[formula, default: []].append(i)
          near.append(i)
        }
      }
      let numbers = Numbers(entry.crystal)
      if wanted.numbers.contains(numbers) { byNumbers[numbers, default: []].append(i) }
    }
    let same = try StructureIndex(near.map { entries[$0].crystal }, work: Work(threads: threads))
    let (places, formulas, systems, numbers) = (near, byFormula, bySystem, byNumbers)
    return try parallelMap(count: crystals.count, threads: threads) { i in
      try Interruption.check()
      let crystal = crystals[i]
      let system = crystal.composition.map { UInt8($0.atomicNumber) }
      let own = ReducedCrystal(crystal)
      let match = own.flatMap { same.match(of: $0, formula: crystal.reducedFormula, spaceGroup: crystal.spaceGroup) }
      if let match { return known(places[match], .same) }
      return nearest(
        crystal, own, formula: formulas[crystal.reducedFormula] ?? [], numbers: numbers[Numbers(crystal)] ?? [],
        system: systems[system] ?? [])
    }
  }

  /// What is nearest to a crystal whose structure is not known.
  private func nearest(
    _ crystal: Crystal, _ own: ReducedCrystal?, formula: [Int], numbers: [Int], system: [Int]
  ) -> KnownCrystal {
    // One of the same group before others.
    if let other = formula.first(where: { entries[$0].crystal.spaceGroup == crystal.spaceGroup }) ?? formula.first {
      return known(other, .formula)
    }
    func isSame(_ other: Crystal) -> Bool {
      guard let own, let other = ReducedCrystal(other) else { return false }
      return StructureMatcher.standard.matches(other, own)
    }
    // A prototype has the group, too; its atoms are given the elements of the crystal in every way that the numbers allow.
    for place in numbers where entries[place].crystal.spaceGroup == crystal.spaceGroup {
      let other = entries[place].crystal
      for renamed in other.withElements(of: crystal) where isSame(renamed) { return known(place, .prototype) }
    }
    let nearest = system.min { distance(entries[$0].crystal, crystal) < distance(entries[$1].crystal, crystal) }
    return nearest.map { known($0, .system) } ?? KnownCrystal(likeness: .none, id: "", formula: "", spaceGroup: 0)
  }

  private func known(_ place: Int, _ likeness: KnownCrystal.Likeness) -> KnownCrystal {
    let entry = entries[place]
    return KnownCrystal(
      likeness: likeness, id: entry.id, formula: entry.crystal.chemicalFormula, spaceGroup: entry.crystal.spaceGroup)
  }

  /// Of two compositions of the same elements: the sum of the differences of their fractions.
  private func distance(_ a: Crystal, _ b: Crystal) -> Double {
    zip(a.composition, b.composition).reduce(0) {
      $0 + abs(Double($1.0.count) / Double(a.count) - Double($1.1.count) / Double(b.count))
    }
  }

  private struct Wanted {
    var formulas: Set<String>, systems: Set<[UInt8]>, numbers: Set<Numbers>

    init(_ crystals: [Crystal]) {
      formulas = Set(crystals.map(\.reducedFormula))
      systems = Set(crystals.map { $0.composition.map { UInt8($0.atomicNumber) } })
      numbers = Set(crystals.map(Numbers.init))
    }
  }

  /// Numbers of atoms of the elements, as in ABC3, and the group.
  private struct Numbers: Hashable {
    var counts: [Int], spaceGroup: Int

    init(_ crystal: Crystal) {
      let parts = crystal.composition.map(\.count)
      let divisor = max(1, parts.reduce(0, greatestCommonDivisor))
      counts = parts.map { $0 / divisor }.sorted()
      spaceGroup = crystal.spaceGroup
    }
  }
}

extension Crystal {
  /// The crystal with the elements of another in place of its own, in every way that the numbers of atoms allow, and scaled to its volume an atom;
  /// none where there are more than five elements.
  func withElements(of other: Crystal) -> [Crystal] {
    let (own, theirs) = (composition, other.composition)
    guard own.count == theirs.count, own.count <= 5 else { return [] }
    func share(_ part: (atomicNumber: Int, count: Int), of crystal: Crystal) -> Double {
      Double(part.count) / Double(crystal.count)
    }
    var assignments: [[Int: Int]] = [[:]]
    for part in own {
      assignments = assignments.flatMap { taken in
        theirs.filter { candidate in
          !taken.values.contains(candidate.atomicNumber) && abs(share(candidate, of: other) - share(part, of: self)) < 1e-9
        }.map { candidate in taken.merging([part.atomicNumber: candidate.atomicNumber]) { $1 } }
      }
    }
    let scale = cbrt(other.lattice.volume / Double(other.count) / (lattice.volume / Double(count)))
    return assignments.map { names in
      var renamed = self
      renamed.atomicNumbers = atomicNumbers.map { UInt8(names[Int($0)] ?? Int($0)) }
      renamed.lattice = Lattice(vectors: scale * lattice.vectors)
      return renamed
    }
  }
}
