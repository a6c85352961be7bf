public import Crystals
import Foundation
import Generators
public import Potentials

/// `relaxed.h5`: crystals after relaxation under `/crystal`, before it under `/initial`, `/relaxation` per crystal, forces per atom.
///
/// Also the form of an unfinished run: `index` says which inputs are done.
public struct RelaxedFile: Sendable {
  /// One relaxed crystal.
  public struct Record: Sendable {
    /// Its number among the inputs.
    public var index: Int
    public var id: String
    public var initial: Crystal
    public var result: RelaxationResult
    public var wallSeconds: Double

    public init(index: Int, id: String, initial: Crystal, result: RelaxationResult, wallSeconds: Double) {
      self.index = index
      self.id = id
      self.initial = initial
      self.result = result
      self.wallSeconds = wallSeconds
    }
  }

  public var records: [Record] = []
  public var rejected: [RejectedRecord] = []

  public init() {}

  /// - Parameters:
  ///   - potential: name of the judge, kept with the energies.
  ///   - hull: adds formation energies and energies above the hull.
  public func write(
    to path: String, input: String, potential: String, protocolText: String, hull: HullFile?, options: SharedOptions,
    of range: RecordRange, seconds: @autoclosure () -> Double
  ) throws {
    let sorted = records.sorted { $0.index < $1.index }
    let inputs = (hull.map { [$0.path] } ?? []) + [input]
    try Artifact.write(.relaxed, to: path, inputs: inputs, options: options, records: range, seconds: seconds()) { writer in
      try writer.setAttribute("potential", potential)
      if let weights = PotentialWeights.path(ofPotential: potential), FileManager.default.fileExists(atPath: weights) {
        let name = (weights as NSString).lastPathComponent
        try writer.setAttribute("potential_weights", "\(name) sha256:\(try AtomicFile.hash(of: weights))")
      }
      try writer.setAttribute("relaxation", protocolText)
      let source = try Artifact.open(input)
      if let trainingSet = source.trainingSet { try writer.setAttribute(TrainingSetRecord.attribute, trainingSet) }
      if let targets = try source.blueprints() {
        try writer.write(blueprints: sorted.map { targets[$0.index] })
      }
      try writer.write(sorted.map(\.id), to: "/id")
      try writer.write(crystals: sorted.map(\.result.crystal))
      try writer.write(crystals: sorted.map(\.initial), group: "/initial")
      let units = sorted.compactMap(\.result.asymmetricUnit)
      if units.count == sorted.count { try writer.write(units: units) }
      try write(sorted, to: writer)
      if let hull { try write(sorted, hull, to: writer) }
      try writer.write(rejected: rejected)
    }
  }

  private func write(_ sorted: [Record], to writer: borrowing HDF5Writer) throws {
    let columns: [(String, String, (RelaxationResult) -> Double)] = [
      ("energy_initial", "eV", \.initialEnergy), ("energy", "eV", \.energy),
      ("max_force_initial", "eV/angstrom", \.initialMaxForce), ("max_force", "eV/angstrom", \.maxForce),
      ("max_stress", "GPa", \.maxStress),
    ]
    for (name, unit, value) in columns {
      try writer.write(sorted.map { value($0.result) }, to: "/relaxation/\(name)")
      try writer.setAttribute("unit", unit, of: "/relaxation/\(name)")
    }
    try writer.write(sorted.map { Int32($0.index) }, to: "/relaxation/index")
    try writer.write(sorted.map { Int32($0.result.steps) }, to: "/relaxation/steps")
    try writer.write(sorted.map { UInt8($0.result.converged ? 1 : 0) }, to: "/relaxation/converged")
    try writer.write(sorted.map { Int16($0.result.outcome.rawValue) }, to: "/relaxation/outcome")
    try writer.setAttribute(
      "meaning", RelaxationOutcome.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", "),
      of: "/relaxation/outcome")
    try writer.write(sorted.map(\.wallSeconds), to: "/relaxation/wall_seconds")
    try writer.setAttribute(
      "meaning", "seconds of the block of crystals that this one was relaxed in, divided by their number",
      of: "/relaxation/wall_seconds")
    let forces = sorted.flatMap { record in
      record.result.forces.count == record.result.crystal.count
        ? record.result.forces : [Vector3](repeating: Vector3(repeating: .nan), count: record.result.crystal.count)
    }
    try writer.write(forces.flatMap { [$0.x, $0.y, $0.z] }, shape: [forces.count, 3], to: "/relaxation/force")
    try writer.setAttribute("unit", "eV/angstrom", of: "/relaxation/force")
  }

  private func write(_ sorted: [Record], _ hull: HullFile, to writer: borrowing HDF5Writer) throws {
    let places = sorted.map { record -> (formationEnergy: Double, aboveHull: Double, products: String) in
      // Where the relaxation failed the potential is asked far from what it knows, and its energies may be absurdly low.
      switch record.result.outcome {
      case .converged, .notRelaxed, .stepsExhausted: hull.place(record.result.crystal, energy: record.result.energy)
      default: (.nan, .nan, "relaxation ended as \(record.result.outcome.name)")
      }
    }
    for (name, values) in [
      ("formation_energy", places.map(\.formationEnergy)), ("energy_above_hull", places.map(\.aboveHull)),
    ] {
      try writer.write(values, to: "/relaxation/\(name)")
      try writer.setAttribute("unit", "eV/atom", of: "/relaxation/\(name)")
    }
    try writer.write(places.map(\.products), to: "/relaxation/decomposition")
    try writer.setAttribute("hull", (hull.path as NSString).lastPathComponent)
    try writer.setAttribute("hull_sha256", try AtomicFile.hash(of: hull.path))
  }

  /// Reads the file back, as far as an unfinished run needs.
  public init(reading path: String) throws {
    let reader = try Artifact.open(path, formats: [.relaxed])
    let crystals = try reader.crystals()
    let initial = try reader.crystals(group: "/initial")
    let units = reader.contains("/asymmetric_unit") ? try reader.units() : []
    let n = crystals.count
    func column(_ name: String) throws -> [Double] { try reader.read(Double.self, "/relaxation/\(name)", shape: [n]) }
    let (energyInitial, energy) = (try column("energy_initial"), try column("energy"))
    let (forceInitial, force, stress) = (try column("max_force_initial"), try column("max_force"), try column("max_stress"))
    let wall = try column("wall_seconds")
    let index = try reader.read(Int32.self, "/relaxation/index", shape: [n])
    let steps = try reader.read(Int32.self, "/relaxation/steps", shape: [n])
    let outcomes = try reader.read(Int16.self, "/relaxation/outcome", shape: [n])
    let forces = try reader.read(Double.self, "/relaxation/force", shape: [nil, 3])
    let ids = try reader.ids()
    rejected = try reader.rejected()
    var atom = 0
    for i in 0..<n {
      var result = RelaxationResult(crystal: crystals[i], asymmetricUnit: units.isEmpty ? nil : units[i])
      (result.initialEnergy, result.energy) = (energyInitial[i], energy[i])
      (result.initialMaxForce, result.maxForce, result.maxStress) = (forceInitial[i], force[i], stress[i])
      result.steps = Int(steps[i])
      result.outcome = RelaxationOutcome(rawValue: Int8(truncatingIfNeeded: outcomes[i])) ?? .notRelaxed
      result.forces = (atom..<atom + crystals[i].count).map { Vector3(forces[3 * $0], forces[3 * $0 + 1], forces[3 * $0 + 2]) }
      atom += crystals[i].count
      records.append(Record(index: Int(index[i]), id: ids[i], initial: initial[i], result: result, wallSeconds: wall[i]))
    }
  }
}
