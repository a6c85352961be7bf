public import Crystals

/// Which charges elements may have in a neutral compound, by SMACT's list of oxidation states (`OxidationStates`); 0 is none of them, unlike in
/// the released Crystal-GFN, whose check excludes next to nothing.
public enum Electroneutrality: String, Codable, Sendable, CaseIterable {
  /// Anything goes.
  case none
  /// All atoms of an element have one state, and the charges add up to nothing.
  case oneState = "one_state"
  /// The same, and every element with a positive state is less electronegative than every one with a negative state.
  case pauling
  /// The same, but an element may have two states of one sign, as iron in Fe3O4.
  case mixedValence = "mixed_valence"

  /// Whether a composition is neutral: a single element is, other metals alone are only where their charges balance.
  ///
  /// - Parameter formula: with mixed valence as the cell has it; for the others any multiple of it is the same.
  public func allows(_ formula: Formula) -> Bool {
    let formula = self == .mixedValence ? formula : formula.reduced
    let tables = ChargeTables(formula.elements, self, mostAtoms: formula.counts.max() ?? 1, exemptsAlloys: false)
    return tables.isNeutral(formula.counts.enumerated().map { (element: $0.offset, atoms: $0.element) })
  }
}

/// Charges by elements and numbers of atoms, in tables of which one must balance: one for every electronegativity that can divide cations
/// from anions, and one for alloys, where these need no charges.
struct ChargeTables: Sendable {
  /// (tables, elements, atoms + 1) charges that so many atoms of an element can have together; none where the element is not of the table.
  let charges: [[[[Int]]]]
  /// (tables) elements that are alike in a table, those with the smallest charges first.
  let classes: [[[Int]]]
  /// (tables) the least and the greatest charge an atom.
  let reach: [ClosedRange<Int>]
  /// (elements) the first element with the same charges in every table; of those that are apart, themselves.
  let alike: [Int]
  /// (tables) who brings which charge.
  private let bringers: [Bringers]
  /// (tables) bits of the elements that are alike with no other.
  private let singles: [UInt128]
  /// Whether a single element needs no charges.
  let exemptsElements: Bool

  /// - Parameters:
  ///   - elements: atomic numbers.
  ///   - mostAtoms: of an element.
  ///   - exemptsAlloys: whether metals alone are neutral.
  ///   - apart: indices of elements that are alike with no other.
  ///   - excluded: indices of elements that may not occur.
  init(
    _ elements: [UInt8], _ rule: Electroneutrality, mostAtoms: Int, exemptsAlloys: Bool, apart: Set<Int> = [],
    excluded: Set<Int> = []
  ) {
    let entries = elements.map { OxidationStates.of(Int($0)) }
    let states = entries.map { ($0?.states ?? []).filter { $0 != 0 } }
    exemptsElements = rule != .none
    var allowed: [[[Int]]] = []
    switch rule {
    case .none: allowed = [elements.map { _ in [0] }]
    case .oneState: allowed = [states]
    case .pauling, .mixedValence:
      // Elements below a threshold are positive. Thresholds between the same elements are one.
      for threshold in Set(entries.compactMap { $0?.electronegativity }).sorted() {
        allowed.append(
          zip(states, entries).map { states, entry in
            guard let own = entry?.electronegativity else { return [] }
            return states.filter { ($0 < 0) == (own >= threshold) }
          })
      }
      allowed = Self.widest(allowed)
    }
    if rule != .none, exemptsAlloys { allowed.append(entries.map { $0?.isMetal ?? false ? [0] : [] }) }
    let isMixed = rule == .mixedValence
    let charges = allowed.map { states in
      states.enumerated().map { element, states in
        (0...mostAtoms).map { excluded.contains(element) ? [] : Self.charges($0, states, isMixed: isMixed) }
      }
    }
    self.charges = charges
    let columns = elements.indices.map { element in charges.map { $0[element] } }
    alike = elements.indices.map { element in
      apart.contains(element)
        ? element : columns.indices.first { !apart.contains($0) && columns[$0] == columns[element] } ?? element
    }
    reach = charges.map { table in
      let single = table.flatMap { $0[1] }
      return min(0, single.min() ?? 0)...max(0, single.max() ?? 0)
    }
    bringers = zip(charges, reach).map { Bringers($0, reach: $1, mostAtoms: mostAtoms) }
    classes = charges.map { table in
      let present = table.indices.filter { !table[$0][1].isEmpty }
      let alike = Dictionary(grouping: present.filter { !apart.contains($0) }) { table[$0] }
      return (alike.values.map { $0.sorted() } + present.filter { apart.contains($0) }.map { [$0] }).sorted { a, b in
        let (first, second) = (table[a[0]][1].map(abs).min() ?? 0, table[b[0]][1].map(abs).min() ?? 0)
        return (first, a[0]) < (second, b[0])
      }
    }
    singles = classes.map { $0.filter { $0.count == 1 }.reduce(0) { $0 | 1 << UInt128($1[0]) } }
  }

  /// The tables whose states no other table has all of: a threshold above an element without negative states allows all that the one
  /// below it does.
  private static func widest(_ tables: [[[Int]]]) -> [[[Int]]] {
    let sets = tables.map { $0.map(Set.init) }
    func isWithin(_ a: Int, _ b: Int) -> Bool { zip(sets[a], sets[b]).allSatisfy { $0.isSubset(of: $1) } }
    return tables.indices.filter { a in
      !tables.indices.contains { b in a != b && isWithin(a, b) && (a > b || !isWithin(b, a)) }
    }.map { tables[$0] }
  }

  /// In rising order.
  private static func charges(_ atoms: Int, _ states: [Int], isMixed: Bool) -> [Int] {
    guard isMixed else { return Set(states.map { atoms * $0 }).sorted() }
    var sums: Set<Int> = []
    for first in states {
      for second in states where (first < 0) == (second < 0) {
        for n in 0...atoms { sums.insert(n * first + (atoms - n) * second) }
      }
    }
    return sums.sorted()
  }

  /// Bits of the elements of which so many atoms can have a charge together.
  func elements(bringing charge: Int, atoms: Int, table: Int) -> UInt128 { bringers[table].elements(charge, atoms: atoms) }

  /// Elements by number of atoms and charge.
  private struct Bringers: Sendable {
    private let lowest: Int
    private let width: Int
    /// (atoms + 1, charges) bits.
    private var bits: [UInt128]

    init(_ table: [[[Int]]], reach: ClosedRange<Int>, mostAtoms: Int) {
      lowest = reach.lowerBound * mostAtoms
      width = reach.upperBound * mostAtoms - lowest + 1
      bits = [UInt128](repeating: 0, count: (mostAtoms + 1) * width)
      for (element, counts) in table.enumerated() {
        for (atoms, charges) in counts.enumerated() {
          for charge in charges { bits[atoms * width + charge - lowest] |= 1 << UInt128(element) }
        }
      }
    }

    func elements(_ charge: Int, atoms: Int) -> UInt128 {
      let place = charge - lowest
      return place >= 0 && place < width ? bits[atoms * width + place] : 0
    }
  }

  /// The elements that are there as far as they matter: of those that are alike it counts how many are left, and no more than may come.
  ///
  /// - Parameter used: bits of the elements that are there.
  /// - Returns: bits; of those that are alike the first so many.
  func canonical(_ used: UInt128, table: Int, elements: Int) -> UInt128 {
    var key = used & singles[table]
    guard key != used else { return key }
    for alike in classes[table] where alike.count > 1 {
      let taken = alike.count { used & 1 << UInt128($0) != 0 }
      if taken > 0, alike.count - taken < elements { for element in alike.prefix(taken) { key |= 1 << UInt128(element) } }
    }
    return key
  }

  /// Whether a composition is neutral.
  ///
  /// - Parameter composition: indices of elements and their atoms.
  func isNeutral(_ composition: [(element: Int, atoms: Int)]) -> Bool {
    if exemptsElements, composition.count == 1 { return true }
    return charges.contains { table in
      var sums: Set<Int> = [0]
      for (element, atoms) in composition {
        sums = Set(sums.flatMap { sum in table[element][atoms].map { sum + $0 } })
      }
      return sums.contains(0)
    }
  }
}
