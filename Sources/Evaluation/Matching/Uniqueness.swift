public import Crystals

/// Crystals of a reference set by their reduced formulas, to be asked whether a structure is among them.
///
/// All of them are reduced to their primitive cells once; a question is then put to those of its formula only.
public struct StructureIndex: Sendable {
  private let matcher: StructureMatcher
  private let byFormula: [String: [Entry]]
  /// Primitive cells in the order of the crystals; nil for one that cannot be reduced.
  let reduced: [ReducedCrystal?]

  private struct Entry: Sendable {
    let index: Int
    let spaceGroup: Int
    let reduced: ReducedCrystal
  }

  /// - Parameter crystals: those to find others among; what cannot be reduced matches nothing.
  /// - Throws: what `work.report` throws.
  public init(_ crystals: [Crystal], matcher: StructureMatcher = .standard, work: Work = Work()) throws {
    self.matcher = matcher
    let entries = try work.map("reduce reference", count: crystals.count) { index in
      ReducedCrystal(crystals[index]).map {
        (crystals[index].reducedFormula, Entry(index: index, spaceGroup: crystals[index].spaceGroup, reduced: $0))
      }
    }
    reduced = entries.map { $0?.1.reduced }
    byFormula = Dictionary(grouping: entries.compactMap { $0 }, by: \.0).mapValues { $0.map(\.1) }
  }

  /// Of crystals that are reduced already.
  init(reduced: [ReducedCrystal?], formulas: [String], spaceGroups: [Int], matcher: StructureMatcher) {
    self.matcher = matcher
    self.reduced = reduced
    let entries = reduced.indices.compactMap { i in
      reduced[i].map { (formulas[i], Entry(index: i, spaceGroup: spaceGroups[i], reduced: $0)) }
    }
    byFormula = Dictionary(grouping: entries, by: \.0).mapValues { $0.map(\.1) }
  }

  private init(_ other: StructureIndex, matcher: StructureMatcher) {
    self.matcher = matcher
    (byFormula, reduced) = (other.byFormula, other.reduced)
  }

  /// The same crystals, compared another way.
  func with(_ matcher: StructureMatcher) -> StructureIndex { StructureIndex(self, matcher: matcher) }

  /// Whether any crystal of the set has a formula.
  public func contains(formula: String) -> Bool { byFormula[formula] != nil }

  /// The index of a crystal of the set with the same structure, nil where there is none.
  ///
  /// - Parameters:
  ///   - structure: the structure asked for.
  ///   - formula: its reduced formula.
  ///   - spaceGroup: its space group; crystals of the same group are tried first, which changes the time and not the verdict.
  public func match(of structure: ReducedCrystal, formula: String, spaceGroup: Int) -> Int? {
    let candidates = byFormula[formula] ?? []
    func first(_ isSame: Bool) -> Int? {
      candidates.first { ($0.spaceGroup == spaceGroup) == isSame && matcher.matches($0.reduced, structure) }?.index
    }
    return first(true) ?? first(false)
  }
}

/// For every crystal, the index of the first of its kind: its own where nothing before it has its structure.
///
/// A crystal is compared with the first of each kind only, as pymatgen's `group_structures` does. nil stands for crystals that could
/// not be reduced, which have no kind. Crystals of other elements or numbers of atoms are never compared.
///
/// - Throws: what `work.report` throws.
public func firstOfKind(
  _ structures: [ReducedCrystal?], matcher: StructureMatcher = .standard, work: Work = Work(), phase: String = "compare"
) throws -> [Int?] {
  let keys = structures.map { $0?.key }
  let groups = Dictionary(grouping: structures.indices.filter { keys[$0] != nil }) { keys[$0] }
    .values.sorted { $0[0] < $1[0] }
  let kinds = try work.map(phase, count: groups.count) { g -> [(Int, Int)] in
    var firsts: [Int] = []
    return groups[g].map { index in
      guard let structure = structures[index] else { return (index, index) }
      let first = firsts.first { other in structures[other].map { matcher.matches($0, structure) } ?? false }
      if first == nil { firsts.append(index) }
      return (index, first ?? index)
    }
  }
  var result = [Int?](repeating: nil, count: structures.count)
  for (index, first) in kinds.joined() { result[index] = first }
  return result
}
