public import Crystals
public import Generators
public import StageKit
import Tensors

/// `dataset.h5`: crystals with their asymmetric units, splits, properties and statistics.
public struct Dataset: Sendable {
  /// Names of the crystals.
  public var ids: [String] = []
  /// The asymmetric units.
  public var units: [AsymmetricUnit] = []
  /// The conventional cells.
  public var crystals: [Crystal] = []
  /// The part of each (`DatasetPart`).
  public var split: [UInt8] = []
  /// By name, NaN where unknown.
  public var properties: [String: [Double]] = [:]
  /// Inputs that were not taken.
  public var rejected: [RejectedRecord] = []

  /// A set without crystals.
  public init() {}

  /// Adds a crystal; properties that it or the others lack are NaN.
  public mutating func append(
    id: String, unit: AsymmetricUnit, crystal: Crystal, split: UInt8, properties: [String: Double]
  ) {
    for name in properties.keys where self.properties[name] == nil {
      self.properties[name] = [Double](repeating: .nan, count: ids.count)
    }
    for name in self.properties.keys { self.properties[name]?.append(properties[name] ?? .nan) }
    ids.append(id)
    units.append(unit)
    crystals.append(crystal)
    self.split.append(split)
  }

  /// The asymmetric unit of a crystal and its conventional cell, or why there is none.
  ///
  /// - Parameters:
  ///   - symprec: how far atoms may be from their symmetric places, in angstrom.
  ///   - maxSites: units with more sites are refused; 0 takes all.
  ///   - keepsSymmetry: whether units have the crystals' groups; else every atom is a site of its own in space group 1, and the
  ///     conventional cell alone knows its group and orbits.
  public static func standardize(
    _ crystal: Crystal, symprec: Double, maxSites: Int, keepsSymmetry: Bool = true
  ) -> Result<(unit: AsymmetricUnit, conventional: Crystal), Rejection> {
    Result { () throws(Rejection) in
      var standard = try AsymmetricUnit.standardize(crystal, symprec: symprec)
      if !keepsSymmetry { standard.unit = AsymmetricUnit(everyAtomOf: standard.conventional) }
      guard maxSites == 0 || standard.unit.sites.count <= maxSites else {
        throw Rejection("too_many_sites", "\(standard.unit.sites.count) sites, more than --max-sites \(maxSites)")
      }
      return standard
    }
  }

  /// Writes the file; statistics are those of the training part.
  ///
  /// - Throws: `StageError` where the file cannot be written.
  public func write(
    to path: String, symprec: Double, inputs: [String] = [], options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws {
    try Artifact.write(.dataset, to: path, inputs: inputs, options: options, seconds: seconds()) { writer in
      try writer.setAttribute("symprec", symprec)
      try writer.write(ids, to: "/id")
      try writer.write(units: units)
      try writer.write(crystals: crystals)
      try writer.write(split, to: "/split")
      try writer.write(properties: properties)
      try writer.write(rejected: rejected)
      try writer.write(statistics: DatasetStatistics(zip(units, split).filter { $0.1 == 0 }.map(\.0)))
    }
  }

  /// Reads the file.
  ///
  /// - Throws: `StageError` where it is no dataset, of another version, or damaged.
  public init(reading path: String) throws {
    let reader = try Artifact.open(path, formats: [.dataset])
    units = try reader.units()
    crystals = try reader.crystals()
    ids = try reader.ids()
    guard units.count == ids.count, crystals.count == ids.count else {
      throw StageError(
        .input,
        "'\(path)': \(ids.count) ids, \(units.count) asymmetric units and \(crystals.count) crystals; expected as many of each."
      )
    }
    split = try reader.split(records: ids.count)
    properties = try reader.properties(records: ids.count)
    rejected = try reader.rejected()
  }

  /// Reads a file; where it is of another version, an empty set and a note why, for what can be done without.
  ///
  /// - Throws: `StageError` where it is no such file or damaged.
  public static func unlessOutdated(_ path: String) throws -> (Dataset, notes: [String]) {
    do {
      return (try Dataset(reading: path), [])
    } catch let error as StageError where error.isOtherVersion {
      standardError("metrics: \(error.description) Judging without a reference.")
      return (Dataset(), [error.description])
    }
  }

  /// The asymmetric unit of a record in the crystal's own group, also where `units` have every atom as a site; nil where that is not
  /// known.
  public func symmetricUnit(_ record: Int) -> AsymmetricUnit? {
    let group = crystals[record].spaceGroup
    return group == 0 || group == units[record].spaceGroup ? units[record] : AsymmetricUnit(unfoldedTo: crystals[record])
  }

  /// A part, with its properties.
  public func data(of part: DatasetPart) -> TrainingData {
    TrainingData(units, properties: properties).taking(indices(of: part))
  }

  /// The training part, and beside it the units of which lattice and coordinates alone are learnt.
  public var training: TrainingData {
    var data = data(of: .train)
    data.geometry = indices(of: .geometry).map { units[$0] }
    return data
  }

  /// The records of a part.
  public func indices(of part: DatasetPart) -> [Int] { split.indices.filter { split[$0] == part.rawValue } }
}

/// A part of a dataset, as `/split` has it.
public enum DatasetPart: UInt8, Sendable, CaseIterable {
  case train, validation, test
  /// Of these lattice and coordinates alone are learnt: what elements and Wyckoff positions there are is learnt of the training part.
  case geometry
}

/// Random splits for sources that have none.
public enum DatasetSplit {
  /// Draws the split of a record by its id, so that it does not change with what else is there.
  ///
  /// - Parameter heldOut: share of the validation set, and of the test set.
  public static func draw(_ id: String, heldOut: Double, seed: UInt64) -> UInt8 {
    var random = RandomStream(seed: seed, purpose: "split", index: RandomStream.hash(id))
    let u = random.uniform()
    return u < heldOut ? 1 : u < 2 * heldOut ? 2 : 0
  }
}

/// `/statistics`: counts over the training set. See `DatasetStatistics`.
extension HDF5Writer {
  /// Writes the group whole.
  ///
  /// - Throws: where the file cannot be written.
  public func write(statistics: DatasetStatistics) throws {
    let width = statistics.sites.first?.count ?? 1
    try write(statistics.spaceGroups, to: "/statistics/space_group")
    try write(statistics.sites.flatMap { $0 }, shape: [231, width], to: "/statistics/sites_given_space_group")
    try write(statistics.elements, to: "/statistics/element")
    try write(
      statistics.siteSymmetries, shape: [231, SiteSymmetry.axisCount, SiteSymmetry.operationCount],
      to: "/statistics/site_symmetry_given_space_group")
    try write(statistics.latticeMoments, shape: [6, 2], to: "/statistics/lattice_k_moments")
    let prototypes = statistics.prototypes.map(\.prototype)
    try write(statistics.prototypes.map { Int64($0.count) }, to: "/statistics/template/count")
    try write(prototypes.map { Int64($0.spaceGroup) }, to: "/statistics/template/space_group")
    try write(
      prototypes.reduce(into: [Int64(0)]) { $0.append($0[$0.count - 1] + Int64($1.wyckoffPositions.count)) },
      to: "/statistics/template/site_offset")
    try write(prototypes.flatMap { $0.wyckoffPositions.map { UInt8($0) } }, to: "/statistics/template/wyckoff_position")
    try write(prototypes.flatMap { $0.elementLabels.map { UInt8(clamping: $0) } }, to: "/statistics/template/species")
    let labels = statistics.labels
    guard !labels.names.isEmpty else { return }
    try write(labels.names, to: "/statistics/label/name")
    try write(
      labels.values.flatMap { $0 }, shape: [labels.names.count, labels.prototypes.count], to: "/statistics/label/value")
    try setAttribute("meaning", "by property and crystal of the training set", of: "/statistics/label/value")
    try write(labels.prototypes, to: "/statistics/label/template")
  }
}

extension HDF5Reader {
  /// The counts of `/statistics`.
  ///
  /// - Throws: `StageError` where there are none, or they are not what counts are.
  public func statistics() throws -> DatasetStatistics {
    let counts = try read(Int64.self, "/statistics/sites_given_space_group", shape: [231, nil])
    let width = counts.count / 231
    let groups = try read(Int64.self, "/statistics/space_group", shape: [231])
    let elements = try read(Int64.self, "/statistics/element", shape: [Element.last + 1])
    let symmetries = try read(
      Int64.self, "/statistics/site_symmetry_given_space_group",
      shape: [231, SiteSymmetry.axisCount, SiteSymmetry.operationCount])
    let moments = try read(Double.self, "/statistics/lattice_k_moments", shape: [6, 2])
    for (values, name) in [
      (counts, "sites_given_space_group"), (groups, "space_group"), (elements, "element"),
      (symmetries, "site_symmetry_given_space_group"),
    ] {
      try check(values, in: 0...Self.mostCounted, "/statistics/\(name)")
    }
    try check(moments, below: CrystalLimits.logarithm, "/statistics/lattice_k_moments", width: 2)
    let counted = contains("/statistics/template/count") ? try prototypes() : []
    return DatasetStatistics(
      spaceGroups: groups, sites: (0..<231).map { Array(counts[$0 * width..<($0 + 1) * width]) }, elements: elements,
      siteSymmetries: symmetries, latticeMoments: moments,
      prototypes: counted, labels: contains("/statistics/label/name") ? try labels(prototypes: counted.count) : .none)
  }

  private func labels(prototypes count: Int) throws -> PropertyLabels {
    let names = try readStrings("/statistics/label/name")
    let prototypes = try read(Int32.self, "/statistics/label/template", shape: [nil])
    try check(prototypes, in: -1...Int32(count) - 1, "/statistics/label/template")
    let values = try read(Float.self, "/statistics/label/value", shape: [names.count, prototypes.count])
    guard values.allSatisfy({ !$0.isInfinite }), Set(names).count == names.count else {
      throw wrong("/statistics/label", "expected numbers under names that differ")
    }
    return PropertyLabels(
      names: names,
      values: names.indices.map { Array(values[$0 * prototypes.count..<($0 + 1) * prototypes.count]) }, prototypes: prototypes)
  }

  private func prototypes() throws -> [PrototypeCount] {
    let counts = try read(Int64.self, "/statistics/template/count", shape: [nil])
    let groups = try read(Int64.self, "/statistics/template/space_group", shape: [counts.count])
    let offsets = try read(Int64.self, "/statistics/template/site_offset", shape: [counts.count + 1]).map(Int.init)
    let positions = try read(UInt8.self, "/statistics/template/wyckoff_position", shape: [nil]).map(Int.init)
    let species = try read(UInt8.self, "/statistics/template/species", shape: [positions.count]).map(Int.init)
    return try counts.indices.map { i in
      let range = (offsets[i], offsets[i + 1])
      guard (1...230).contains(groups[i]), (1...Self.mostCounted).contains(counts[i]), range.0 >= 0, range.0 < range.1,
        range.1 <= positions.count,
        let highest = positions[range.0..<range.1].max(),
        highest < SpaceGroup.numbered(Int(groups[i])).wyckoffPositions.count
      else { throw StageError(.input, "'\(path)', /statistics/template: number \(i) is no template.") }
      return PrototypeCount(
        prototype: Prototype(
          spaceGroup: Int(groups[i]), wyckoffPositions: Array(positions[range.0..<range.1]),
          elementLabels: Array(species[range.0..<range.1])),
        count: Int(counts[i]))
    }
  }
}
