public import Crystals
import Evaluation
import Foundation
import Generators
import Potentials
public import StageKit
import Tensors

/// The crystals of a file, best first.
public struct RankedCrystals: Sendable {
  /// A crystal and what its file knows of it.
  public struct Item: Sendable {
    /// The crystal's name.
    public var id: String
    /// As the file has it.
    public var crystal: Crystal
    /// eV/atom; nil where it is not known.
    public var energyAboveHull: Double?
    /// eV/atom above the elements; nil where it is not known.
    public var formationEnergy: Double?
    /// eV/atom; nil where it is not known.
    public var energy: Double?
    /// Whether the hull covers the chemical system thinly: fewer compounds than elements, and not this one, so that a distance above it says
    /// little.
    public var isThin = false
    /// How its relaxation ended, where it did not converge.
    public var remark = ""
    /// What became of it when its symmetry was broken; nil where nobody tried.
    public var breaking: Breaking?
    /// The phases that the hull holds in its place, or why nobody knows; empty where there is no hull.
    public var products = ""
    /// What is known that is like it; nil where nobody looked.
    public var known: KnownCrystal?
    /// Crystals of its structure in the file, itself included; 1 where they are not merged.
    public var found = 1
    /// What predictors say, in the order of `RankedCrystals.columns`; NaN where they say nothing.
    public var properties: [Double] = []
    /// Those that were asked for, with their units, as a page says them.
    public var asked: [String] = []

    /// The phases without the share of one that is alone.
    var phases: String { products.replacing("1.000 ", with: "") }

    /// What a page says of it beside its energy.
    public func words(isMerged: Bool) -> String {
      let own = isMerged && found > 1 ? ["found \(found) times"] : []
      let thin = isThin ? ["the hull covers \(ConvexHull.name(ofSystem: crystal.composition.map(\.atomicNumber))) thinly"] : []
      return
        (own + asked + (known.map { [$0.words] } ?? []) + (breaking.map { [$0.words] } ?? [])
        + (products.isEmpty ? [] : ["hull: " + phases]) + thin
        + (remark.isEmpty ? [] : [remark.replacing("_", with: " ")]))
        .joined(separator: " · ")
    }
  }

  /// What became of a crystal, relaxed within its group, when its symmetry was broken.
  public struct Breaking: Sendable {
    /// Whether it fell: it was a saddle point of the energy.
    public var isSaddle: Bool
    /// How far, eV/atom; NaN where the free relaxation gave no energy.
    public var fall: Double
    /// Groups before and behind.
    public var before: Int, after: Int
    /// Energy above the hull of the crystal as relaxed within its group, eV/atom; nil where it is not known.
    public var keptAboveHull: Double?

    /// In words.
    public var words: String {
      guard isSaddle else { return fall.isFinite ? "no saddle" : "whether a saddle is not known" }
      return "saddle: group \(before) falls by \(String(format: "%.3f", fall)) eV/atom to group \(after)"
    }
  }

  /// Best first.
  public internal(set) var items: [Item]
  /// Names of properties that predictors say, those of ensembles' deviations left out.
  public private(set) var columns: [String] = []
  /// What the order is by, in words.
  public let order: String
  /// The hull that energies stand above, and the potential that they are of; nil where there is none.
  public let hull: String?, potential: String?
  /// What the file does not have, and what to do; nil where the order needs no more words.
  public let warning: String?
  /// What could not be read.
  public let rejected: [RejectedRecord]

  /// - Parameter path: any file with `/crystal`, crystal files of any origin, a table or a folder.
  /// - Throws: `StageError` where there are no crystals.
  public init(reading path: String) throws {
    guard case .artifact = FileKind(path: path) else {
      let (found, lost) = try CrystalSource.unjudged(path)
      items = found.map { Item(id: $0.id, crystal: $0.crystal) }
      (rejected, order, warning, hull, potential) = (lost, "in the order of the files", nil, nil, nil)
      return
    }
    let reader = try Artifact.open(path)
    let crystals = try reader.crystals()
    let n = crystals.count
    let ids = try reader.ids(of: n)
    let results = try RelaxationColumns(reader, count: n)
    (hull, potential) = (reader.attribute("hull"), reader.attribute("potential"))
    let properties = try reader.properties(records: n).filter { !$0.key.hasSuffix(PropertyQuantity.deviationSuffix) }
    let columns = properties.keys.sorted()
    self.columns = columns
    let targets = Set(try reader.propertyTargets(0..<n, of: n).flatMap(\.keys))
    let asked = columns.filter { column in targets.contains { PropertyQuantity.isSame(column, $0) } }
    rejected = []
    let all = (0..<n).map { i in
      var item = Item(id: ids[i], crystal: crystals[i])
      results.fill(&item, i)
      item.properties = columns.map { properties[$0]?[i] ?? .nan }
      item.asked = asked.compactMap { column in
        properties[column].flatMap { $0[i].isFinite ? $0[i] : nil }.map {
          "\(column.replacing("_", with: " ")) \(String(format: "%.3g", $0)) \(PropertyUnit.of(column))"
        }
      }
      return item
    }
    let isOneFormula = Set(crystals.map(\.reducedFormula)).count == 1
    let hasEnergy = results.energy != nil
    (items, order) = Self.sorted(all, hasHull: results.aboveHull != nil, hasEnergy: hasEnergy, isOneFormula: isOneFormula)
    warning =
      results.aboveHull == nil && hasEnergy && !isOneFormula
      ? "energies of different compositions cannot be compared without a hull, so nothing is ranked; relax --hull places them "
        + "above one" : nil
  }

  /// Above a hull, those last that it covers thinly; without one by energy where all have one formula, else as they come.
  private static func sorted(
    _ items: [Item], hasHull: Bool, hasEnergy: Bool, isOneFormula: Bool
  ) -> (items: [Item], order: String) {
    func ranked(_ merit: (Item) -> Double?) -> [Item] {
      let keys = items.enumerated().map { ($1.isThin ? 1 : 0, merit($1) ?? .infinity, $0) }
      return keys.sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map { items[$0.2] }
    }
    if hasHull {
      let thin = items.count(where: \.isThin)
      return (
        ranked(\.energyAboveHull),
        "by energy above the hull" + (thin == 0 ? "" : ", \(thin) last whose chemical systems the hull covers thinly")
      )
    }
    return hasEnergy && isOneFormula ? (ranked(\.energy), "by energy an atom") : (items, "in the order of the file")
  }

  /// Says of every crystal what is known that is like it.
  ///
  /// - Throws: what a thread throws.
  public mutating func compare(with known: KnownCrystals, threads: Int) throws {
    for (i, nearest) in try known.nearest(to: items.map(\.crystal), threads: threads).enumerated() { items[i].known = nearest }
  }

  /// Crystals of one structure stand once, the best of them for all.
  ///
  /// - Throws: nothing that is not thrown by a thread.
  public mutating func merge(threads: Int) throws {
    let crystals = items.map(\.crystal)
    let reduced = try parallelMap(count: crystals.count, threads: threads) { ReducedCrystal(crystals[$0]) }
    let kinds = try firstOfKind(reduced, work: Work(threads: threads))
    var counts: [Int: Int] = [:]
    for (i, kind) in kinds.enumerated() { counts[kind ?? i, default: 0] += 1 }
    items = items.indices.compactMap { i in
      guard let found = counts[i] else { return nil }
      var item = items[i]
      item.found = found
      return item
    }
  }

  /// How sure a search for one structure can be: what was found how often, and how far the next one is.
  ///
  /// - Parameter total: crystals before they were merged.
  public func summary(of total: Int) -> String {
    var text = "\(total) crystals of \(items.count) structures, \(order)."
    guard let best = items.first, Set(items.map(\.crystal.reducedFormula)).count == 1 else { return text }
    text += " The best was found \(best.found == 1 ? "once" : "\(best.found) times")"
    if items.count > 1, let own = best.energyAboveHull, let next = items[1].energyAboveHull {
      text += String(format: ", the next lies %.3f eV/atom above it", next - own)
    }
    return text + (best.found < 3 ? ": a search that finds its best so rarely is not at its end; take more." : ".")
  }
}

/// What `/relaxation` and `/rattle` of a file say of its crystals; nil or empty where they say nothing.
private struct RelaxationColumns {
  let aboveHull: [Double]?
  let energy: [Double]?
  private let formation: [Double]?
  private let thin: [UInt8]?
  private let outcomes: [Int16]?
  private let products: [String]
  private let fall: [Double]?
  private let before: [Int16]?
  private let after: [Int16]?
  private let keptAboveHull: [Double]?

  init(_ reader: borrowing HDF5Reader, count n: Int) throws {
    func column<Scalar: HDF5Scalar>(_ type: Scalar.Type, _ name: String) throws -> [Scalar]? {
      reader.contains(name) ? try reader.read(type, name, shape: [n]) : nil
    }
    aboveHull = try column(Double.self, "/relaxation/energy_above_hull")
    energy = try column(Double.self, "/relaxation/energy")
    formation = try column(Double.self, "/relaxation/formation_energy")
    thin = try column(UInt8.self, "/relaxation/thin_system")
    outcomes = try column(Int16.self, "/relaxation/outcome")
    let texts = reader.contains("/relaxation/decomposition") ? try reader.readStrings("/relaxation/decomposition") : []
    products = texts.count == n ? texts : []
    fall = try column(Double.self, "/rattle/fall")
    before = try column(Int16.self, "/rattle/space_group_before")
    after = try column(Int16.self, "/rattle/space_group_after")
    keptAboveHull = try column(Double.self, "/relaxation/energy_above_hull_kept")
  }

  func fill(_ item: inout RankedCrystals.Item, _ i: Int) {
    func finite(_ values: [Double]?) -> Double? { values.flatMap { $0[i].isFinite ? $0[i] : nil } }
    let outcome = outcomes.flatMap { RelaxationOutcome(rawValue: Int8(truncatingIfNeeded: $0[i])) }
    item.energyAboveHull = finite(aboveHull)
    item.formationEnergy = finite(formation)
    if outcome?.hasUsableEnergy ?? true {
      item.energy = finite(energy).map { $0 / Double(max(1, item.crystal.count)) }
    }
    // A hull that has this very compound knows enough of it.
    item.isThin = (thin.map { $0[i] == 1 } ?? false) && (products.isEmpty || products[i].contains(" + "))
    if let outcome, outcome != .converged, outcome != .notRelaxed, outcome != .saddle || fall == nil {
      item.remark = outcome.name
    }
    if !products.isEmpty { item.products = products[i] }
    guard let fall, let before, let after, outcome == .saddle || outcome == .converged else { return }
    item.breaking = RankedCrystals.Breaking(
      isSaddle: outcome == .saddle, fall: fall[i], before: Int(before[i]), after: Int(after[i]),
      keptAboveHull: finite(keptAboveHull))
  }
}
