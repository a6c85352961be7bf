public import Crystals
import Foundation
public import Generators
public import Potentials
import StageKit

/// A convex hull with the elemental references that belong to it: hull.h5, or a table of compounds with `elements.csv` beside it.
public struct HullFile: Sendable {
  /// Where it was read from.
  public let path: String
  /// The file's name without its endings: what its columns are called.
  public let name: String
  /// The potential of its energies and the file of the weights; empty where it does not say.
  public let potential: String
  /// The file of the potential's weights, with its SHA-256; empty where it does not say.
  public let weights: String
  private let hull: ConvexHull
  private let references: ElementReferences

  /// Where a crystal stands, in eV/atom, and what it would fall apart into, or the reason why that is not known.
  public struct Place: Sendable {
    /// In eV/atom; NaN where it is not known.
    public var formationEnergy: Double
    /// Energy above the hull in eV/atom; NaN where it is not known.
    public var aboveHull: Double
    /// Shares and formulas, or the reason why they are not known.
    public var products: String
  }

  /// Reads hull.h5, or a table (`.csv`, `.csv.gz`, `.csv.xz`) in the layout `composition_fractions,formation_energy_per_atom,…`.
  ///
  /// - Throws: `StageError` where there is no such file, it is no hull, or a table has no elements beside it.
  public init(reading path: String) throws {
    self.path = path
    var name = (path as NSString).lastPathComponent
    for ending in [".gz", ".xz", ".csv", ".json", ".h5", ".hdf5"] where name.lowercased().hasSuffix(ending) {
      name.removeLast(ending.count)
    }
    self.name = name
    guard HullSource.kind(path) == .table else {
      let table = try HullSource.table(path)
      hull = table.hull
      references = ElementReferences(energies: table.references.mapValues(\.energy))
      potential = table.sources.first?.potential ?? ""
      weights = table.sources.first?.weights ?? ""
      return
    }
    let elements = OutputNames.beside(path, "elements.csv")
    guard FileManager.default.fileExists(atPath: elements) else {
      throw StageError(.input, "a hull travels with its elemental references: there is no '\(elements)' beside '\(path)'.")
    }
    func text(_ path: String) throws -> String { String(decoding: try PackedFiles.bytes(of: path), as: UTF8.self) }
    do {
      hull = try ConvexHull(text: try text(path))
      references = try ElementReferences(text: try text(elements))
    } catch let error as HullError {
      throw StageError(.input, "'\(path)' or its elements.csv: \(error.description).")
    }
    (potential, weights) = ("", "")
    if let bad = hull.phases.first(where: { !HullTable.plausible.contains($0.formationEnergy) }) {
      let error = HullEntryError.implausible(
        id: bad.formula, energy: bad.formationEnergy,
        count: hull.phases.count { !HullTable.plausible.contains($0.formationEnergy) }, isTooHigh: bad.formationEnergy > 0)
      throw StageError(.input, "'\(path)': \(error.description).")
    }
  }

  /// Where a crystal stands, in eV/atom, and what it would fall apart into; not numbers and the reason where that is not known.
  public func place(_ crystal: Crystal, energy: Double) -> Place {
    guard energy.isFinite else { return Place(formationEnergy: .nan, aboveHull: .nan, products: "no energy") }
    do {
      let formation = try references.formationEnergy(total: energy, of: crystal.composition)
      do {
        let position = try hull.position(of: crystal.composition, formationEnergy: formation)
        let products = position.products.map { product in
          let formula = product.phase.formula
          return String(format: "%.3f ", product.share) + ((try? Formula(formula))?.conventional.description ?? formula)
        }
        return Place(
          formationEnergy: formation, aboveHull: position.energyAboveHull, products: products.joined(separator: " + "))
      } catch { return Place(formationEnergy: formation, aboveHull: .nan, products: error.description) }
    } catch { return Place(formationEnergy: .nan, aboveHull: .nan, products: error.description) }
  }

  /// How far a formation energy is above the hull, eV/atom; nil where the hull lacks an element.
  ///
  /// - Parameters:
  ///   - formationEnergy: eV/atom.
  ///   - composition: atoms of each element, in any unit.
  public func aboveHull(formationEnergy: Double, of composition: [(atomicNumber: Int, count: Int)]) -> Double? {
    (try? hull.position(of: composition, formationEnergy: formationEnergy))?.energyAboveHull
  }

  /// The same of what a blueprint's cell holds; nil where it does not say that, too.
  public func aboveHull(formationEnergy: Double, of blueprint: Blueprint) -> Double? {
    blueprint.conventionalFormula.flatMap { formula in
      aboveHull(formationEnergy: formationEnergy, of: zip(formula.elements, formula.counts).map { (Int($0), $1) })
    }
  }

  /// Whether the hull knows too little of a chemical system for a distance above it to say much (see `ConvexHull.isThin`).
  public func isThin(_ elements: [Int]) -> Bool { hull.isThin(elements) }

  /// Whether the hull's energies are of a potential; nil where it does not say.
  ///
  /// - Parameters:
  ///   - potential: name of the potential, as `--potential` has it.
  ///   - weights: the file of its weights and its SHA-256; empty where it has none.
  public func isOf(potential: String, weights: String) -> Bool? {
    if self.potential.isEmpty && self.weights.isEmpty { return nil }
    func hash(_ text: String) -> String? { text.components(separatedBy: "sha256:").dropFirst().first }
    if let own = hash(self.weights), let other = hash(weights) { return own == other }
    return self.weights.isEmpty && weights.isEmpty && self.potential == potential
  }

  /// The phases of some elements; nil where the hull lacks one of them.
  public func phaseDiagram(of elements: [Int]) -> PhaseDiagram? { try? hull.phaseDiagram(of: elements) }

  /// The chemical systems of some crystals that the hull covers thinly (see `ConvexHull.isThin`), and how many systems there are.
  public func thinSystems(of crystals: [Crystal]) -> (thin: [String], systems: Int) {
    let systems = Set(crystals.map { $0.composition.map(\.atomicNumber) }.filter { $0.count > 1 })
    return (systems.filter(hull.isThin).map(ConvexHull.name(ofSystem:)).sorted(), systems.count)
  }

  /// Whether the hull covers the chemical system of each crystal thinly (see `ConvexHull.isThin`).
  public func coversThinly(_ crystals: [Crystal]) -> [Bool] {
    var known: [[Int]: Bool] = [:]
    return crystals.map { crystal in
      let system = crystal.composition.map(\.atomicNumber)
      guard system.count > 1 else { return false }
      if let isThin = known[system] { return isThin }
      let isThin = hull.isThin(system)
      known[system] = isThin
      return isThin
    }
  }
}
