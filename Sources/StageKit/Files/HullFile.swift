public import Crystals
import Foundation
import Potentials

/// A convex hull with the elemental references that belong to it: a table of compounds, and `elements.csv` beside it.
public struct HullFile: Sendable {
  public let path: String
  private let hull: ConvexHull
  private let references: ElementReferences

  /// Reads a table (`.csv`, `.csv.gz`, `.csv.xz`) in the layout `composition_fractions,formation_energy_per_atom,…`.
  public init(reading path: String) throws {
    self.path = path
    let elements = (path as NSString).deletingLastPathComponent + "/elements.csv"
    guard FileManager.default.fileExists(atPath: elements) else {
      throw StageError(.input, "a hull travels with its elemental references: there is no '\(elements)' beside '\(path)'.")
    }
    func text(_ path: String) throws -> String { String(decoding: try AtomicFile.bytes(of: path), as: UTF8.self) }
    do {
      hull = try ConvexHull(text: try text(path))
      references = try ElementReferences(text: try text(elements))
    } catch let error as HullError {
      throw StageError(.input, "'\(path)' or its elements.csv: \(error.description).")
    }
  }

  /// Where a crystal stands, in eV/atom, and what it would fall apart into; not numbers and the reason where that is not known.
  public func place(_ crystal: Crystal, energy: Double) -> (formationEnergy: Double, aboveHull: Double, products: String) {
    guard energy.isFinite else { return (.nan, .nan, "no energy") }
    do {
      let formation = try references.formationEnergy(total: energy, of: crystal.composition)
      do {
        let position = try hull.position(of: crystal.composition, formationEnergy: formation)
        let products = position.products.map { String(format: "%.3f ", $0.share) + $0.phase.formula }
        return (formation, position.energyAboveHull, products.joined(separator: " + "))
      } catch { return (formation, .nan, error.description) }
    } catch { return (.nan, .nan, error.description) }
  }
}
