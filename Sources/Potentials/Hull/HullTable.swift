public import Crystals

/// Phases for a convex hull with where each comes from, and the energies of the elements that formation energies are above.
public struct HullTable: Sendable {
  /// Where energies come from.
  public struct Source: Sendable, Equatable {
    /// The file, for readers.
    public var name: String
    /// The potential or functional; empty where it is not known.
    public var potential: String
    /// The file of its weights with the SHA-256; empty where there is none.
    public var weights: String
    /// Which corrections; empty where it is not known.
    public var corrections: String
    /// SHA-256 of the file; empty where there is none.
    public var sha256: String

    /// A file of energies; empty texts where it does not say.
    public init(name: String, potential: String = "", weights: String = "", corrections: String = "", sha256: String = "") {
      self.name = name
      self.potential = potential
      self.weights = weights
      self.corrections = corrections
      self.sha256 = sha256
    }
  }

  /// The lowest entry of a composition.
  public struct Phase: Sendable {
    /// Name of the entry.
    public var id: String
    /// Atoms of each element, by rising atomic number.
    public var amounts: [(z: UInt8, amount: Double)]
    /// eV/atom, as the source gives it; not a number where it gives formation energies.
    public var energy: Double
    /// eV/atom
    public var formationEnergy: Double
    /// Index into `sources`.
    public var source: Int

    /// - Parameters:
    ///   - amounts: atoms of each element.
    ///   - energy: eV/atom.
    ///   - formationEnergy: eV/atom.
    ///   - source: index into the sources.
    public init(id: String, amounts: [(z: UInt8, amount: Double)], energy: Double, formationEnergy: Double, source: Int) {
      self.id = id
      self.amounts = amounts
      self.energy = energy
      self.formationEnergy = formationEnergy
      self.source = source
    }

    var onHull: ConvexHull.Phase { ConvexHull.Phase(amounts: amounts, formationEnergy: formationEnergy) }
  }

  /// Files that the energies come from, the main one first.
  public var sources: [Source]
  /// One a composition, the lowest.
  public var phases: [Phase]
  /// eV/atom by atomic number, and the source of each.
  public var references: [Int: (energy: Double, source: Int)]
  /// Entries that another of their composition lies below.
  public var higher = 0

  /// As a file has them.
  public init(sources: [Source], phases: [Phase], references: [Int: (energy: Double, source: Int)]) {
    self.sources = sources
    self.phases = phases
    self.references = references
  }

  /// Formation energies, eV/atom, outside of which is no compound: the Materials Project's go from -4.5 to 3.0.
  public static let plausible = -6.0...10.0

  /// The convex hull of the phases.
  public var hull: ConvexHull {
    let known = Set(phases.flatMap { $0.amounts.count == 1 ? [Int($0.amounts[0].z)] : [] })
    // Elements stand at zero where no phase of theirs says otherwise.
    let bare = Set(phases.flatMap { $0.amounts.map { Int($0.z) } }).subtracting(known).sorted()
    return ConvexHull(
      phases: phases.map(\.onHull) + bare.map { ConvexHull.Phase(amounts: [(UInt8($0), 1)], formationEnergy: 0) })
  }

  /// What makes a table of entries.
  ///
  /// - Parameters:
  ///   - parts: entries of one potential, functional and correction scheme, with the source of each.
  ///   - given: energies of the elements, eV/atom, that go before those of the entries.
  ///   - fill: tables that stand in for compositions and elements that are missing, the first that has one.
  ///   - toleratesOutliers: leaves out entries with impossible formation energies and tells `rejected` (energies of potentials, which
  ///     may be far from what they know); otherwise they end it.
  /// - Throws: `HullEntryError` where the energies do not go together, or those of elements are not known.
  public init(
    _ parts: [(source: Source, entries: HullEntries)], references given: (source: Source, energies: [Int: Double])? = nil,
    fill: [HullTable] = [], toleratesOutliers: Bool = false, rejected: (String, Rejection) -> Void = { _, _ in }
  ) throws(HullEntryError) {
    self.init(sources: parts.map(\.source), phases: [], references: [:])
    try Self.checkKinds(parts)
    if let given {
      for (z, energy) in given.energies { references[z] = (energy, sources.count) }
      sources.append(given.source)
    }
    for (source, part) in parts.enumerated() {
      for entry in part.entries.entries where entry.amounts.count == 1 {
        guard case .total(let energy) = entry.energy, given?.energies[Int(entry.amounts[0].z)] == nil else { continue }
        let (z, value) = (Int(entry.amounts[0].z), energy / entry.atoms)
        if value < references[z]?.energy ?? .infinity { references[z] = (value, source) }
      }
    }
    var places: [Int: Int] = [:]
    for (number, table) in fill.enumerated() {
      for (place, source) in table.sources.enumerated() {
        places[number << 16 | place] = sources.count
        sources.append(source)
      }
      for (z, reference) in table.references where references[z] == nil {
        references[z] = (reference.energy, places[number << 16 | reference.source] ?? 0)
      }
    }
    try add(parts, toleratesOutliers, rejected)
    for (number, table) in fill.enumerated() {
      var known = Set(phases.map { CompositionKey($0.onHull) })
      for var phase in table.phases where known.insert(CompositionKey(phase.onHull)).inserted {
        phase.source = places[number << 16 | phase.source] ?? 0
        phases.append(phase)
      }
    }
  }

  private static func checkKinds(_ parts: [(source: Source, entries: HullEntries)]) throws(HullEntryError) {
    func isTotal(_ entry: HullEntry) -> Bool { if case .total = entry.energy { true } else { false } }
    for (source, part) in parts {
      guard let first = parts.first, let own = part.entries.first, let other = first.entries.entries.first else { continue }
      if isTotal(own) != isTotal(other) {
        throw .mixed(what: "some are total energies, some formation energies", first: first.source.name, second: source.name)
      }
      let kinds = [
        (first.source.weights.isEmpty ? first.source.potential : first.source.weights),
        (source.weights.isEmpty ? source.potential : source.weights),
      ]
      if kinds[0] != kinds[1] {
        throw .mixed(
          what: "some are of \(kinds[0].isEmpty ? "nobody says what" : kinds[0]), some of "
            + (kinds[1].isEmpty ? "nobody says what" : kinds[1]), first: first.source.name, second: source.name)
      }
      if first.source.corrections != source.corrections {
        let words = [first.source.corrections, source.corrections].map { $0.isEmpty ? "no corrections" : $0 }
        throw .mixed(what: "some have \(words[0]), some \(words[1])", first: first.source.name, second: source.name)
      }
    }
  }

  private mutating func add(
    _ parts: [(source: Source, entries: HullEntries)], _ toleratesOutliers: Bool, _ rejected: (String, Rejection) -> Void
  ) throws(HullEntryError) {
    var lowest: [CompositionKey: Int] = [:]
    var missing: [Int: Int] = [:]
    var outliers: [(id: String, energy: Double)] = []
    for (source, part) in parts.enumerated() {
      for entry in part.entries.entries {
        let atoms = entry.atoms
        var phase = Phase(id: entry.id, amounts: entry.amounts, energy: .nan, formationEnergy: .nan, source: source)
        switch entry.energy {
        case .formation(let energy): phase.formationEnergy = energy
        case .total(let energy):
          let unknown = entry.amounts.map { Int($0.z) }.filter { references[$0] == nil }
          for z in unknown { missing[z, default: 0] += 1 }
          guard unknown.isEmpty else { continue }
          phase.energy = energy / atoms
          let elements = entry.amounts.reduce(0) { $0 + $1.amount * (references[Int($1.z)]?.energy ?? .nan) }
          phase.formationEnergy = (energy - elements) / atoms
        }
        guard Self.plausible.contains(phase.formationEnergy) else {
          outliers.append((entry.id, phase.formationEnergy))
          continue
        }
        let key = CompositionKey(phase.onHull)
        if let place = lowest[key] {
          higher += 1
          if phase.formationEnergy < phases[place].formationEnergy { phases[place] = phase }
        } else {
          lowest[key] = phases.count
          phases.append(phase)
        }
      }
    }
    if !missing.isEmpty {
      throw .noReference(
        elements: missing.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (z: $0.key, phases: $0.value) })
    }
    // Some entries far from what a potential knows are no wonder; many are a unit that was taken for another.
    if let worst = outliers.max(by: { abs($0.energy) < abs($1.energy) }),
      !toleratesOutliers || outliers.count * 50 > phases.count + outliers.count
    {
      throw .implausible(id: worst.id, energy: worst.energy, count: outliers.count, isTooHigh: worst.energy > 0)
    }
    for (id, energy) in outliers {
      rejected(id, Rejection("implausible_energy", "a formation energy of \(energy) eV/atom is no compound's"))
    }
  }
}
