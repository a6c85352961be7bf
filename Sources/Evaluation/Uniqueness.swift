public import Crystals

/// Crystals of a reference set by their reduced formulas, to be asked whether a structure is among them.
///
/// A crystal is reduced to its primitive cell when something of its formula is first asked for, so a large set costs little when few
/// of its formulas come up.
public struct StructureIndex {
  private let crystals: [Crystal]
  private let matcher: StructureMatcher
  private var byFormula: [String: [Int]]
  private var reduced: [Int: ReducedCrystal] = [:]

  public init(_ crystals: [Crystal], matcher: StructureMatcher = .standard) {
    self.crystals = crystals
    self.matcher = matcher
    byFormula = [:]
    for (index, crystal) in crystals.enumerated() {
      byFormula[crystal.reducedFormula, default: []].append(index)
    }
  }

  /// Whether any crystal of the set has a formula.
  public func contains(formula: String) -> Bool { byFormula[formula] != nil }

  /// The index of a crystal of the set with the same structure, nil where there is none.
  ///
  /// - Parameters:
  ///   - structure: the structure asked for.
  ///   - formula: its reduced formula.
  ///   - spaceGroup: its space group; crystals of the same group are tried first, which changes the time and not the verdict.
  public mutating func match(
    of structure: ReducedCrystal, formula: String, spaceGroup: Int
  ) -> Int? {
    let candidates = byFormula[formula] ?? []
    let sameGroup = candidates.filter { crystals[$0].spaceGroup == spaceGroup }
    let others = candidates.filter { crystals[$0].spaceGroup != spaceGroup }
    for index in sameGroup + others {
      if reduced[index] == nil { reduced[index] = ReducedCrystal(crystals[index]) }
      if let other = reduced[index], matcher.matches(other, structure) { return index }
    }
    return nil
  }
}

/// For every crystal, the index of the first of its kind: its own where nothing before it has its structure.
///
/// A crystal is compared with the first of each kind only, as pymatgen's `group_structures` does. nil stands for crystals that could
/// not be reduced, which have no kind.
public func firstOfKind(
  _ structures: [ReducedCrystal?], matcher: StructureMatcher = .standard
) -> [Int?] {
  var kinds: [ReducedCrystal.Key: [Int]] = [:]
  return structures.indices.map { index in
    guard let structure = structures[index] else { return nil }
    for other in kinds[structure.key] ?? [] {
      if let first = structures[other], matcher.matches(first, structure) { return other }
    }
    kinds[structure.key, default: []].append(index)
    return index
  }
}
