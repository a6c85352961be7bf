import Crystals
import Evaluation
import StageKit
import Tensors

/// What was found over several rounds: relaxed crystals, each once, with their energies and the round that found them. As a file it is a dataset
/// like any other.
public struct Ledger: Sendable {
  /// The crystals, all of them to train on. Properties: `formation_energy_per_atom`, the same as `<potential>_formation_energy`, the name that
  /// labels of a dataset have, `energy_above_<hull>` (eV/atom), `round`, and `new`, 1 where the dataset that they were judged against has not
  /// the crystal.
  public private(set) var crystals = Dataset()

  /// What became of the crystals of a round.
  public struct Entries: Sendable, Equatable {
    /// Relaxed crystals of the round.
    public var relaxed = 0
    /// Those that the ledger had not yet.
    public var added = 0
    /// Those of them that are new and within the limit of every hull of the round's file: places in the ledger.
    public var found: [Int] = []
  }

  /// No crystals.
  public init() {}

  /// - Throws: `StageError` where the file is no dataset.
  public init(reading path: String) throws { crystals = try Dataset(reading: path) }

  /// Names of the hulls that energies stand above.
  public var hulls: [String] { crystals.properties.keys.filter { $0.hasPrefix(Self.prefix) }.sorted() }

  private static let prefix = "energy_above_"

  /// Adds the crystals of a round that are not there yet.
  ///
  /// - Parameters:
  ///   - relaxed: relaxed.h5 with energies above at least one hull.
  ///   - judged: the metrics.h5 of the same crystals.
  ///   - limit: how far above every hull a crystal may be to count as found, eV/atom.
  /// - Throws: `StageError` where the files are not of one another, or there is no hull.
  public mutating func add(
    relaxed: String, judged: String, round: Int, symprec: Double, limit: Double, threads: Int
  ) throws -> Entries {
    let reader = try Artifact.open(relaxed, formats: [.relaxed])
    let found = try reader.crystals()
    let ids = try reader.ids(of: found.count)
    let names = reader.contains("/hull") ? try reader.names(in: "/hull") : []
    guard !names.isEmpty else { throw StageError(.input, "'\(relaxed)' has no energies above a hull: relax with --hull.") }
    let formation = try reader.read(Double.self, "/hull/\(names[0])/formation_energy", shape: [found.count])
    let above = try names.map { try reader.read(Double.self, "/hull/\($0)/energy_above_hull", shape: [found.count]) }
    let potential = reader.attribute("potential")
    let verdicts = try verdicts(judged, ids, of: relaxed)
    // An empty ledger has no formulas.
    let index = try StructureIndex(crystals.crystals, work: Work(threads: threads))
    let made = try parallelMap(count: found.count, threads: threads) {
      i -> (unit: AsymmetricUnit, conventional: Crystal)? in
      guard verdicts[i].isUnique, formation[i].isFinite, let reduced = ReducedCrystal(found[i]) else { return nil }
      let isKnown = index.match(of: reduced, formula: found[i].reducedFormula, spaceGroup: found[i].spaceGroup) != nil
      return isKnown ? nil : try? Dataset.standardize(found[i], symprec: symprec, maxSites: 0).get()
    }
    var entries = Entries(relaxed: found.count)
    for (i, own) in made.enumerated() {
      guard let own else { continue }
      var properties = ["formation_energy_per_atom": formation[i], "round": Double(round), "new": verdicts[i].isNew ? 1 : 0]
      if let potential { properties["\(potential)_formation_energy"] = formation[i] }
      for (name, energies) in zip(names, above) { properties[Self.prefix + name] = energies[i] }
      crystals.append(
        id: "round\(round)-\(ids[i])", unit: own.unit, crystal: own.conventional, split: DatasetPart.train.rawValue,
        properties: properties)
      entries.added += 1
    }
    entries.found = indices(within: limit, of: names.map { Self.prefix + $0 }).filter {
      $0 >= crystals.ids.count - entries.added
    }
    return entries
  }

  /// Adds the energies of crystals of the ledger by a further potential, above the hulls of its file. From then on a crystal is within a limit only
  /// where these energies are, too: one that the potential did not relax is not.
  ///
  /// - Parameter relaxed: relaxed.h5 of crystals of the ledger, by their names, with energies above at least one hull.
  /// - Returns: how many crystals have got energies.
  /// - Throws: `StageError` where the file has no energies above a hull, a hull's name is taken by another potential, or a crystal is not in the ledger.
  public mutating func confirm(relaxed: String) throws -> Int {
    let reader = try Artifact.open(relaxed, formats: [.relaxed])
    let ids = try reader.ids(of: try reader.rows(of: "/id"))
    let names = reader.contains("/hull") ? try reader.names(in: "/hull") : []
    guard !names.isEmpty else { throw StageError(.input, "'\(relaxed)' has no energies above a hull: relax with --hull.") }
    let places = Dictionary(zip(crystals.ids, crystals.ids.indices), uniquingKeysWith: { first, _ in first })
    for name in names {
      let column = Self.prefix + name
      let energies = try reader.read(Double.self, "/hull/\(name)/energy_above_hull", shape: [ids.count])
      var values = crystals.properties[column] ?? [Double](repeating: .nan, count: crystals.ids.count)
      for (id, energy) in zip(ids, energies) {
        guard let place = places[id] else {
          throw StageError(.input, "'\(relaxed)' has '\(id)', which is not in the ledger.")
        }
        guard values[place].isNaN else {
          throw StageError(.input, "'\(relaxed)' stands above the hull '\(name)', above which the ledger has '\(id)' already.")
        }
        values[place] = energy
      }
      crystals.properties[column] = values
    }
    return ids.count
  }

  /// Whether each crystal is the first of its kind, and new; read from metrics.h5.
  private func verdicts(_ path: String, _ ids: [String], of relaxed: String) throws -> [(isUnique: Bool, isNew: Bool)] {
    let reader = try Artifact.open(path)
    let count = try reader.rows(of: "/id")
    guard count == ids.count, try reader.ids(of: count) == ids, reader.contains("/structure/novel") else {
      throw StageError(.input, "'\(path)' does not judge the crystals of '\(relaxed)'.")
    }
    let unique = try reader.read(UInt8.self, "/structure/unique", shape: [count])
    let novel = try reader.read(UInt8.self, "/structure/novel", shape: [count])
    return zip(unique, novel).map { ($0 == 1, $1 == 1) }
  }

  /// New crystals within a limit of hulls, of every one where none are named.
  public func indices(within limit: Double, of hulls: [String]? = nil) -> [Int] {
    let columns = (hulls ?? self.hulls).compactMap { crystals.properties[$0] }
    let isNew = crystals.properties["new"] ?? []
    return crystals.ids.indices.filter { i in
      isNew[i] == 1 && !columns.isEmpty && columns.allSatisfy { $0[i] <= limit }
    }
  }

  /// The lowest of the new crystals within a limit of every hull: by the highest of their energies above the hulls.
  ///
  /// - Parameters:
  ///   - perTemplate: at most so many have one template (those of one crystal in other origins are one); 0 takes all.
  ///   - perFormula: at most so many have one reduced formula; 0 takes all.
  public func lowest(within limit: Double, perTemplate: Int, perFormula: Int) -> [Int] {
    let columns = hulls.compactMap { crystals.properties[$0] }
    let order = indices(within: limit).map { i in (i, columns.map { $0[i] }.max() ?? 0) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
    var (templates, formulas): ([Template: Int], [String: Int]) = ([:], [:])
    return order.filter { i in
      let (formula, template) = (crystals.crystals[i].reducedFormula, Template(crystals.units[i]))
      let ofTemplate = template.map { templates[$0, default: 0] } ?? 0
      guard perTemplate == 0 || ofTemplate < perTemplate, perFormula == 0 || formulas[formula, default: 0] < perFormula
      else { return false }
      if let template { templates[template] = ofTemplate + 1 }
      formulas[formula, default: 0] += 1
      return true
    }.sorted()
  }

  /// How many different elements, space groups, templates (those of one crystal in other origins are one) and formulas some crystals have.
  public func diversity(_ indices: [Int]) -> (elements: Int, groups: Int, templates: Int, formulas: Int) {
    let units = indices.map { crystals.units[$0] }
    return (
      Set(units.flatMap { $0.sites.map(\.atomicNumber) }).count, Set(units.map(\.spaceGroup)).count,
      Set(units.compactMap(Template.init)).count,
      Set(indices.map { crystals.crystals[$0].reducedFormula }).count
    )
  }

  /// A dataset with some of the crystals in its training part, each so many times.
  public func adding(_ indices: [Int], copies: Int = 1, to dataset: Dataset) -> Dataset {
    (0..<copies).reduce(dataset) { adding(indices, to: $0, named: $1 == 0 ? "" : "-copy\($1)") }
  }

  /// Some of the crystals.
  public func taking(_ indices: [Int]) -> Dataset { adding(indices, to: Dataset()) }

  private func adding(_ indices: [Int], to dataset: Dataset, named suffix: String) -> Dataset {
    var whole = dataset
    for i in indices {
      whole.append(
        id: crystals.ids[i] + suffix, unit: crystals.units[i], crystal: crystals.crystals[i], split: DatasetPart.train.rawValue,
        properties: crystals.properties.mapValues { $0[i] })
    }
    return whole
  }
}
