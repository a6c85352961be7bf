import Crystals
public import Evaluation
import Foundation
import Generators
import StageKit
import Tensors

/// Reads proposals, and a dataset's crystals as proposals, and has a model of properties predict them.
public struct ProposalSource: Sendable {
  private let model: LoadedPropertyModel
  private let column: Int
  private let threads: Int

  /// The predicted column.
  public let property: String

  /// - Parameters:
  ///   - predictor: a model of properties that needs no sites.
  ///   - property: its column.
  /// - Throws: `StageError` where there is no such model, it needs sites or coordinates, or lacks the column.
  public init(predictor: String, property: String, threads: Int) throws {
    model = try LoadedPropertyModel(ofCells: predictor, for: "a page of proposals")
    guard let column = model.columns.firstIndex(of: property) else {
      throw StageError(
        .input, "'\(predictor)' predicts \(model.columns.joined(separator: ", ")), and no \(property): see --property.")
    }
    (self.column, self.property, self.threads) = (column, property, threads)
  }

  /// The proposals of a file.
  ///
  /// - Parameters:
  ///   - name: for headings.
  ///   - relaxed: the same crystals with atoms and relaxed, with formation energies; nil where there are none.
  /// - Throws: `StageError` where the file is of another format, has no blueprints, or one without group, composition or cell, or the
  ///   relaxed crystals are of other blueprints.
  public func proposals(_ path: String, name: String, relaxed: String?) throws -> ProposalSet {
    let (ids, blueprints, _) = try BlueprintsFile.read(path)
    for (id, blueprint) in zip(ids, blueprints) {
      let missing = [
        blueprint.spaceGroup == nil ? "space group" : nil, blueprint.conventionalFormula == nil ? "composition" : nil,
        blueprint.lattice == nil ? "lattice" : nil,
      ].compactMap { $0 }
      guard missing.isEmpty else {
        throw StageError(
          .input,
          "'\(path)': blueprint '\(id)' has no \(missing.joined(separator: " and no ")): --blueprints are those of a model that says "
            + "group, composition and lattice (method: crystal-gfn).")
      }
    }
    var set = ProposalSet(name: name, crystals: try crystals(blueprints).compactMap { $0 })
    if let relaxed { try take(relaxed, ids, path, &set.crystals) }
    return set
  }

  /// A part of a dataset to compare with, and its training part, whose property nobody asks for.
  ///
  /// - Returns: the validation part, or where that is empty the test or training part.
  /// - Throws: `StageError` where the file is none, or has no crystals.
  public func reference(_ path: String) throws -> (part: String, reference: ProposalSet, training: ProposalSet) {
    let data = try Dataset(reading: path)
    guard let part = [DatasetPart.validation, .test, .train].first(where: { !data.indices(of: $0).isEmpty }) else {
      throw StageError(.input, "'\(path)' has no crystals to compare with.")
    }
    let name = (path as NSString).lastPathComponent
    func set(_ part: DatasetPart) throws -> ProposalSet {
      let records = data.indices(of: part)
      let blueprints = try parallelMap(count: records.count, threads: threads) { i -> Blueprint? in
        guard let unit = data.symmetricUnit(records[i]), var blueprint = try? Blueprint(unit) else { return nil }
        blueprint.lattice = unit.latticeLogMetric
        return blueprint
      }
      let known = data.properties[property]
      // What no model knows, as elements beyond its classes, is left out.
      var present: [(blueprint: Blueprint, known: Double?)] = []
      for case (let record, let blueprint?) in zip(records, blueprints) {
        present.append((blueprint, known.flatMap { $0[record].isFinite ? $0[record] : nil }))
      }
      var crystals = try crystals(present.map(\.blueprint))
      for i in crystals.indices { crystals[i]?.known = present[i].known }
      return ProposalSet(name: name, crystals: crystals.compactMap { $0 })
    }
    let training = try set(.train)
    return ("\(part)", part == .train ? training : try set(part), training)
  }

  /// - Returns: as many as blueprints; nil of one that does not say what a proposal says.
  private func crystals(_ blueprints: [Blueprint]) throws -> [ProposedCrystal?] {
    let predicted = model.predict(blueprints, threads: threads)
    return try parallelMap(count: blueprints.count, threads: threads) { i in
      let blueprint = blueprints[i]
      guard let group = blueprint.spaceGroup, let formula = blueprint.conventionalFormula, let lattice = blueprint.lattice
      else {
        return nil
      }
      let value = (try? predicted[i].get()).map { $0[column] }
      return ProposedCrystal(
        spaceGroup: group, formula: formula, lattice: lattice, predicted: value.flatMap { $0.isFinite ? $0 : nil },
        isNeutral: Electroneutrality.pauling.allows(formula), isNeutralInOneState: Electroneutrality.oneState.allows(formula))
    }
  }

  /// Takes formation energies of relaxed crystals, told apart by their ids.
  private func take(_ path: String, _ ids: [String], _ source: String, _ crystals: inout [ProposedCrystal]) throws {
    let reader = try Artifact.open(path, formats: [.relaxed])
    guard reader.contains("/relaxation/formation_energy") else {
      throw StageError(.input, "'\(path)' has no formation energies: relax with --hull.")
    }
    let judged = try JudgedSet(reading: path, threads: threads)
    let energies = judged.properties["formation_energy_per_atom"] ?? []
    let places = Dictionary(zip(ids, 0...)) { first, _ in first }
    for (id, (crystal, energy)) in zip(judged.ids, zip(judged.crystals, energies)) {
      guard let place = places[id], crystals[place].formula.reduced == Self.formula(of: crystal.crystal).reduced else {
        throw StageError(
          .input,
          "'\(path)' was not made of '\(source)': its crystal '\(id)' is \(places[id] == nil ? "no blueprint there" : "of another composition")."
        )
      }
      if energy.isFinite { crystals[place].relaxed = energy }
    }
  }

  /// Elements in rising order.
  private static func formula(of crystal: Crystal) -> Formula {
    let counts = crystal.atomicNumbers.reduce(into: [:]) { $0[UInt8($1), default: 0] += 1 }.sorted { $0.key < $1.key }
    return Formula(elements: counts.map(\.key), counts: counts.map(\.value))
  }

  /// The potential of a relaxed.h5, for headings.
  ///
  /// - Throws: `StageError` where it is no such file.
  public static func potential(_ path: String) throws -> String? {
    try Artifact.open(path, formats: [.relaxed]).attribute("potential")?.split(separator: ":").first.map(String.init)
  }
}
