import Crystals
public import Evaluation
import Foundation
import Generators
import Potentials
public import StageKit
import Tensors

/// The crystals that `metrics` judges, from our files or anybody's.
public struct JudgedSet {
  /// Names of the crystals.
  public var ids: [String] = []
  /// The crystals, with what is known of their making.
  public var crystals: [GeneratedCrystal] = []
  /// By name, one value a crystal, NaN where not known.
  public var properties: [String: [Double]] = [:]
  /// What was asked of properties, by name, one range a crystal; nil where nobody asked.
  public var targets: [String: [ClosedRange<Double>?]] = [:]
  /// What was lost before.
  public var rejected: [RejectedRecord] = []
  /// The potential that relaxed them and the hull that energies stand above, with the hashes of their files, where there are any.
  public var potential: String?
  /// The file of the potential's weights with its SHA-256.
  public var potentialWeights: String?
  /// The hull's file.
  public var hull: String?
  /// SHA-256 of the hull's file.
  public var hullHash: String?
  /// Energies above further hulls, by name.
  public var hulls: [(name: String, energies: [Double])] = []
  /// Files that go into the provenance.
  public var inputs: [String] = []

  /// Reads our files, any crystal file, table or folder.
  ///
  /// - Throws: `StageError` where there is no such file or it holds no crystals.
  public init(reading path: String, threads: Int = 1) throws {
    switch FileKind(path: path) {
    case .artifact: try readArtifact(path)
    case .folder: try readRecords(path, threads)
    default:
      try readRecords(path, threads)
      inputs = [path]
    }
  }

  private mutating func readRecords(_ path: String, _ threads: Int) throws {
    let records = try CrystalSource.records(path)
    let parts = try parallelMap(count: records.count, threads: threads) { i in
      try Interruption.check()
      // Crystals of whatever quality are judged, not refused.
      return records[i].read(.unjudged)
    }
    var rows: [[String: Double]] = []
    for part in parts {
      for item in part {
        switch item.crystal {
        case .success(let crystal):
          ids.append(item.id)
          crystals.append(GeneratedCrystal(crystal))
          rows.append(item.results.numbers)
        case .failure(let rejection):
          rejected.append(RejectedRecord(id: item.id, rejection))
        }
      }
    }
    for name in Set(rows.flatMap(\.keys)) { properties[name] = rows.map { $0[name] ?? .nan } }
    // A table may say where its crystals stand; whose energies those are only its maker knows.
    if let energies = properties["e_above_hull"] {
      potential = "the input's own column e_above_hull"
      for i in crystals.indices { crystals[i].energyAboveHull = energies[i] }
    }
  }

  private mutating func readArtifact(_ path: String) throws {
    let reader = try Artifact.open(path)
    inputs = [path]
    let all = try reader.crystals()
    ids = try reader.ids(of: all.count)
    let converged = try convergence(reader, all.count)
    let initial = reader.contains("/initial") ? try reader.crystals(group: "/initial") : nil
    guard initial?.count ?? all.count == all.count else {
      throw StageError(.input, "'\(path)': /initial has \(initial?.count ?? 0) crystals for \(all.count) relaxed ones.")
    }
    potentialWeights = reader.attribute("potential_weights")
    // A name such as chgnet:FILE says where the weights were; the file's own name and hash say what they are.
    potential = reader.attribute("potential").map { name in
      potentialWeights == nil ? name : name.split(separator: ":").first.map(String.init) ?? name
    }
    hull = reader.attribute("hull")
    hullHash = reader.attribute("hull_sha256")
    properties = try reader.properties(records: all.count)
    for (name, column) in [("formation_energy_per_atom", "formation_energy"), ("e_above_hull", "energy_above_hull")]
    where reader.contains("/relaxation/\(column)") {
      // Where a relaxation did not converge the potential may be far from what it knows, and its energies absurdly low.
      let values = try reader.read(Double.self, "/relaxation/\(column)", shape: [all.count])
      properties[name] = values.indices.map { (converged?[$0] ?? nil) == false ? .nan : values[$0] }
    }
    let hasEnergies = reader.contains("/relaxation/energy_above_hull")
    let energies = hasEnergies ? properties["e_above_hull"] : nil
    let last = hasEnergies ? try reader.read(Double.self, "/relaxation/energy_above_hull", shape: [all.count]) : nil
    let asked = try reader.propertyTargets(0..<all.count, of: all.count)
    for name in Set(asked.flatMap(\.keys)) { targets[name] = asked.map { $0[name]?.range } }
    rejected = try reader.rejected()
    crystals = all.indices.map { i in
      // The group asked for is the one before relaxation: a free one may end in another.
      let asked = (initial?[i] ?? all[i]).spaceGroup
      var crystal = GeneratedCrystal(
        all[i], initial: initial?[i], askedSpaceGroup: asked > 0 ? asked : nil, isRelaxed: converged?[i] ?? nil,
        energyAboveHull: energies?[i])
      crystal.lastEnergyAboveHull = last?[i]
      return crystal
    }
    try readTracks(reader, converged)
  }

  /// What broken symmetry and further hulls say.
  private mutating func readTracks(_ reader: borrowing HDF5Reader, _ converged: [Bool?]?) throws {
    let n = crystals.count
    if reader.contains("/rattle/fall") {
      let falls = try reader.read(Double.self, "/rattle/fall", shape: [n])
      let outcomes = try reader.read(Int16.self, "/rattle/outcome", shape: [n])
      let kept = try reader.crystals(group: "/kept")
      guard kept.count == n else {
        throw StageError(.input, "'\(inputs.first ?? "")', /kept: expected \(n) crystals, found \(kept.count).")
      }
      let name = "/relaxation/energy_above_hull_kept"
      let energies = reader.contains(name) ? try reader.read(Double.self, name, shape: [n]) : nil
      for i in 0..<n where outcomes[i] != Int16(RelaxationOutcome.notRelaxed.rawValue) {
        crystals[i].kept = kept[i]
        crystals[i].keptEnergyAboveHull = energies?[i]
        crystals[i].fall = falls[i].isFinite ? falls[i] : nil
      }
    }
    for name in try reader.names(in: "/hull").sorted() {
      let values = try reader.read(Double.self, "/hull/\(name)/energy_above_hull", shape: [n])
      hulls.append((name, values.indices.map { (converged?[$0] ?? nil) == false ? .nan : values[$0] }))
    }
    // The first hull is the one of the main figures.
    if hulls.count == 1 { hulls = [] }
  }

  /// Whether each relaxation converged; nil where none was run, or only energies were asked for.
  private func convergence(_ reader: borrowing HDF5Reader, _ count: Int) throws -> [Bool?]? {
    guard reader.contains("/relaxation/converged") else { return nil }
    let converged = try reader.read(UInt8.self, "/relaxation/converged", shape: [count])
    guard reader.contains("/relaxation/outcome") else { return converged.map { $0 != 0 } }
    let outcomes = try reader.read(Int16.self, "/relaxation/outcome", shape: [count])
    let notRun = [RelaxationOutcome.notRelaxed, .leftOut].map { Int16($0.rawValue) }
    return zip(converged, outcomes).map { notRun.contains($1) ? nil : $0 != 0 }
  }

  /// Earlier losses for the funnel, the most frequent first.
  public var drops: [(name: String, label: String, count: Int)] {
    Dictionary(grouping: rejected, by: \.code).map { ($0.key, $0.key.replacingOccurrences(of: "_", with: " "), $0.value.count) }
      .sorted { ($1.2, $0.0) < ($0.2, $1.0) }.map { (name: $0.0, label: $0.1, count: $0.2) }
  }
}

extension Cost {
  /// What the files of a run say about its cost.
  ///
  /// - Throws: `StageError` where a file is none of ours.
  public init(ofArtifacts paths: [String]) throws {
    self.init()
    for path in paths {
      let reader = try Artifact.open(path)
      stages.append(
        StageTime(
          stage: reader.attribute("stage") ?? path, seconds: reader.attribute("wall_seconds", as: Double.self) ?? .nan,
          processor: reader.attribute("processor").flatMap { $0.isEmpty ? nil : $0 },
          threads: reader.attribute("threads", as: Int64.self).map(Int.init),
          peakMemory: reader.attribute("peak_memory_bytes", as: Int64.self).map { Double($0) / 1e6 }))
      if reader.contains("/training/first_moment") {
        parameters = try reader.rows(of: "/training/first_moment")
      }
      func count(_ name: String) -> Int? {
        reader.attribute(name, as: Int64.self).flatMap { (0..<HDF5Reader.mostCounted).contains($0) ? Int($0) : nil }
      }
      if let steps = count("steps") {
        // Of files that do not say: SymmBFN's, a call a step and the last one that the classes are drawn from.
        (self.steps, networkCalls) = (steps, count("network_calls") ?? steps + 1)
      }
    }
  }
}

extension ReferenceSet {
  /// The training and test sets of a dataset.
  public init(_ data: Dataset, name: String) {
    let (train, validation, test) = (data.indices(of: .train), data.indices(of: .validation), data.indices(of: .test))
    let templates = train.compactMap { data.symmetricUnit($0).flatMap(Template.init) }
    self.init(
      name: name, train: train.map { data.crystals[$0] }, test: test.map { data.crystals[$0] },
      trainTemplates: Set(templates),
      trainProperties: data.properties.mapValues { values in train.map { values[$0] } },
      testProperties: data.properties.mapValues { values in test.map { values[$0] } })
    self.validation = validation.map { data.crystals[$0] }
    geometry = data.indices(of: .geometry).map { data.crystals[$0] }
    validationProperties = data.properties.mapValues { values in validation.map { values[$0] } }
    validationTemplates = Set(validation.compactMap { data.symmetricUnit($0).flatMap(Template.init) })
    trainTemplateCounts = Dictionary(templates.map { ($0, 1) }, uniquingKeysWith: +)
  }
}
