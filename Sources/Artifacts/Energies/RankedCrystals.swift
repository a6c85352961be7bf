public import Crystals
import Potentials
import StageKit

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
  }

  /// Best first.
  public let items: [Item]
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
      return item
    }
  }
}
