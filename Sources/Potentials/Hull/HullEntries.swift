public import Crystals

/// A computed energy of a composition.
public struct HullEntry: Sendable, Equatable {
  /// The entry's name.
  public var id: String
  /// Atoms of each element that the energy is of, by rising atomic number.
  public var amounts: [(z: UInt8, amount: Double)]
  /// What the energy is.
  public var energy: Energy
  /// Which corrections it has, as far as it says; empty where it says nothing.
  public var corrections: String = ""
  /// The functional it was computed with, as far as it says.
  public var functional: String = ""
  /// Whether it has any correction.
  public var isCorrected = false

  /// An energy, by what it is above.
  public enum Energy: Sendable, Equatable {
    /// eV, of the atoms that `amounts` says.
    case total(Double)
    /// eV/atom, above the elements.
    case formation(Double)
  }

  /// - Parameter amounts: of each element, in any order; the same element may come twice.
  public init(id: String, amounts: [(z: UInt8, amount: Double)], energy: Energy) {
    var sums: [UInt8: Double] = [:]
    for (z, amount) in amounts { sums[z, default: 0] += amount }
    self.id = id
    self.amounts = sums.keys.sorted().map { ($0, sums[$0] ?? 0) }
    self.energy = energy
  }

  /// Atoms that the energy is of.
  public var atoms: Double { amounts.reduce(0) { $0 + $1.amount } }

  /// Whether all that is known of two entries is equal.
  public static func == (a: Self, b: Self) -> Bool {
    a.id == b.id && a.energy == b.energy && a.corrections == b.corrections && a.functional == b.functional
      && a.isCorrected == b.isCorrected && a.amounts.count == b.amounts.count
      && zip(a.amounts, b.amounts).allSatisfy { $0.z == $1.z && $0.amount == $1.amount }
  }
}

/// Why energies make no hull.
public enum HullEntryError: Error, Equatable, Sendable, CustomStringConvertible {
  case json(JSONTextError)
  case empty
  /// Nothing that can be used, and the reason of the first.
  case nothingUsable(count: Int, first: String)
  /// Entries that do not go together: what, and one of each kind.
  case mixed(what: String, first: String, second: String)
  /// Elements without an energy, with the number of phases that have them.
  case noReference(elements: [(z: Int, phases: Int)])
  /// Formation energies that no compound has.
  case implausible(id: String, energy: Double, count: Int, isTooHigh: Bool)
  case table(HullError)
  case noColumn(found: [String])

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .json(let error): return error.description
    case .empty: return "there is no entry with a composition and an energy in it"
    case .nothingUsable(let count, let first): return "none of its \(count) entries can be used; the first: \(first)"
    case .mixed(let what, let first, let second):
      return
        "its energies do not go together: \(what) (\(first) and \(second)). Give the kinds as hulls of their own; --fill puts "
        + "what one lacks from another"
    case .noReference(let elements):
      let named = elements.prefix(10).map { "\(Element.symbol($0.z)) (\($0.phases) phases)" }.joined(separator: ", ")
      let more = elements.count > 10 ? " and \(elements.count - 10) more" : ""
      return
        "there is no energy of the element \(named)\(more), so that formation energies are not known. Add the elements, or give "
        + "--references or --fill"
    case .implausible(let id, let energy, let count, let isTooHigh):
      let shown = (energy * 100).rounded() / 100
      let bound = isTooHigh ? HullTable.plausible.upperBound : HullTable.plausible.lowerBound
      return
        "'\(id)' would have a formation energy of \(shown) eV/atom, \(isTooHigh ? "above" : "below") the \(Int(bound)) that any "
        + "compound has\(count > 1 ? ", and \(count - 1) more" : ""): is it an energy a cell where one an atom is meant, or are the "
        + "elements' energies of another kind?"
    case .table(let error): return error.description
    case .noColumn(let found):
      return
        "the table has columns \(found.joined(separator: ", ")); expected composition_fractions, composition or formula, and "
        + "formation_energy_per_atom, energy_per_atom or energy"
    }
  }

  /// Whether they say the same.
  public static func == (a: Self, b: Self) -> Bool { a.description == b.description }
}

/// Entries as a file has them, with what could not be used.
public struct HullEntries: Sendable {
  /// Those that can be used.
  public var entries: [HullEntry]
  /// Those that cannot, with the reason.
  public var rejected: [(id: String, rejection: Rejection)]

  /// No entries, unless they are given.
  public init(entries: [HullEntry] = [], rejected: [(id: String, rejection: Rejection)] = []) {
    self.entries = entries
    self.rejected = rejected
  }

  /// What corrections the entries have, in words; empty where they say nothing.
  public var corrections: String {
    let names = Set(entries.map(\.corrections).filter { !$0.isEmpty }).sorted()
    if !names.isEmpty { return names.joined(separator: " + ") }
    return entries.contains(where: \.isCorrected) ? "corrected, not said how" : ""
  }

  /// Functionals that the entries name, with ` + ` between; empty where none does.
  public var functional: String { Set(entries.map(\.functional).filter { !$0.isEmpty }).sorted().joined(separator: " + ") }

  /// Throws where entries of several functionals or correction schemes are mixed, or corrected and uncorrected compounds.
  ///
  /// - Throws: `HullEntryError.mixed` where they differ.
  public func checkCorrections() throws(HullEntryError) {
    func first(_ matches: (HullEntry) -> Bool) -> String { entries.first(where: matches)?.id ?? "?" }
    let isMixing = entries.contains { $0.corrections.contains(Self.mixing) }
    let functionals = Set(entries.map(\.functional).filter { !$0.isEmpty }).sorted()
    if functionals.count > 1, !isMixing {
      throw .mixed(
        what: "some are of \(functionals[0]), some of \(functionals[1])", first: first { $0.functional == functionals[0] },
        second: first { $0.functional == functionals[1] })
    }
    let schemes = Set(entries.map(\.corrections).filter { !$0.isEmpty && !$0.contains(Self.mixing) }).sorted()
    if schemes.count > 1 {
      throw .mixed(
        what: "some have corrections by \(schemes[0]), some by \(schemes[1])", first: first { $0.corrections == schemes[0] },
        second: first { $0.corrections == schemes[1] })
    }
    // All schemes correct compounds of an anion, and none corrects metals: only of these compounds is it known that they should be.
    let anionic = entries.filter(Self.isAnionCorrected)
    let (with, without) = (anionic.filter(\.isCorrected), anionic.filter { !$0.isCorrected })
    let fewer = min(with.count, without.count)
    if fewer > 0, Double(fewer) > 0.02 * Double(anionic.count) {
      throw .mixed(
        what: "\(with.count) compounds of anions have corrections, \(without.count) have none", first: with[0].id,
        second: without[0].id)
    }
  }

  static let mixing = "mixing of GGA(+U) and r2SCAN"

  /// A compound whose most electronegative element is one that every correction scheme corrects.
  private static func isAnionCorrected(_ entry: HullEntry) -> Bool {
    guard entry.amounts.count > 1, case .total = entry.energy else { return false }
    let anion = entry.amounts.max {
      (OxidationStates.of(Int($0.z))?.electronegativity ?? 0) < (OxidationStates.of(Int($1.z))?.electronegativity ?? 0)
    }
    return [7, 8, 9, 16, 17, 35, 53].contains(anion?.z ?? 0)
  }
}
