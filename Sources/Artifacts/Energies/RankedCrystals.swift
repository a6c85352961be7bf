public import Crystals
import Evaluation
import Foundation
import Generators
import Potentials
import StageKit
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
    /// How its relaxation ended, where it did not converge.
    public var remark = ""
    /// The phases that the hull holds in its place; empty where nobody knows.
    public var products = ""
    /// Crystals of its structure in the file, itself included; 1 where they are not merged.
    public var found = 1
    /// What predictors say, in the order of `RankedCrystals.columns`; NaN where they say nothing.
    public var properties: [Double] = []
    /// Those that were asked for, with their units, as a page says them.
    public var asked: [String] = []

    /// What a page says of it beside its energy.
    public func words(isMerged: Bool) -> String {
      let own = isMerged ? [found == 1 ? "found once" : "found \(found) times"] : []
      return
        (own + asked + (products.isEmpty ? [] : ["hull: " + products.replacing("1.000 ", with: "")])
        + (remark.isEmpty ? [] : [remark]))
        .joined(
          separator: " · ")
    }
  }

  /// Best first.
  public private(set) var items: [Item]
  /// Names of properties that predictors say, those of ensembles' deviations left out.
  public let columns: [String]
  /// What the order is by, in words.
  public let order: String

  /// - Parameter path: a crystals or relaxed file.
  /// - Throws: `StageError` where it is no such file.
  public init(reading path: String) throws {
    let reader = try Artifact.open(path, formats: [.crystals, .relaxed])
    let crystals = try reader.crystals()
    let n = crystals.count
    let ids = try reader.ids(of: n)
    func column(_ name: String) throws -> [Double]? {
      reader.contains("/relaxation/\(name)") ? try reader.read(Double.self, "/relaxation/\(name)", shape: [n]) : nil
    }
    let (above, energy) = (try column("energy_above_hull"), try column("energy"))
    let outcomes =
      reader.contains("/relaxation/outcome") ? try reader.read(Int16.self, "/relaxation/outcome", shape: [n]) : nil
    let products =
      reader.contains("/relaxation/decomposition") ? try reader.readStrings("/relaxation/decomposition") : []
    let properties = try reader.properties(records: n).filter { !$0.key.hasSuffix(PropertyQuantity.deviationSuffix) }
    let columns = properties.keys.sorted()
    self.columns = columns
    let targets = Set(try reader.propertyTargets(0..<n, of: n).flatMap(\.keys))
    let asked = columns.filter { column in targets.contains { PropertyQuantity.isSame(column, $0) } }
    let merit = (0..<n).map { i in
      let value = above?[i] ?? energy.map { $0[i] / Double(max(1, crystals[i].count)) } ?? Double(i)
      return value.isFinite ? value : .infinity
    }
    order =
      above != nil ? "by energy above the hull" : energy != nil ? "by energy an atom" : "in the order of the file"
    items = (0..<n).sorted { (merit[$0], $0) < (merit[$1], $1) }.map { i in
      var item = Item(id: ids[i], crystal: crystals[i], energyAboveHull: above.flatMap { $0[i].isFinite ? $0[i] : nil })
      if let outcome = outcomes.flatMap({ RelaxationOutcome(rawValue: Int8(truncatingIfNeeded: $0[i])) }),
        outcome != .converged, outcome != .notRelaxed
      {
        item.remark = outcome.name
      }
      if products.count == n { item.products = products[i] }
      item.properties = columns.map { properties[$0]?[i] ?? .nan }
      item.asked = asked.compactMap { column in
        properties[column].flatMap { $0[i].isFinite ? $0[i] : nil }.map {
          "\(column.replacing("_", with: " ")) \(String(format: "%.3g", $0)) \(PropertyUnit.of(column))"
        }
      }
      return item
    }
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
