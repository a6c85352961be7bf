public import Crystals
import Foundation
import Generators
public import Potentials
public import StageKit
import Tensors

/// `relaxed.h5`: crystals after relaxation under `/crystal`, before it under `/initial`, `/relaxation` per crystal, forces per atom.
///
/// Also the form of an unfinished run: `index` says which inputs are done.
public struct RelaxedFile: Sendable {
  /// One relaxed crystal.
  public struct Record: Sendable {
    /// Its number among the inputs.
    public var index: Int
    /// The crystal's name.
    public var id: String
    /// Before relaxation.
    public var initial: Crystal
    /// After it, and how it ended.
    public var result: RelaxationResult
    /// Seconds of the block that it was relaxed in, divided by the block's crystals.
    public var wallSeconds: Double

    /// One relaxed crystal, all that is known of it.
    public init(index: Int, id: String, initial: Crystal, result: RelaxationResult, wallSeconds: Double) {
      self.index = index
      self.id = id
      self.initial = initial
      self.result = result
      self.wallSeconds = wallSeconds
    }
  }

  /// In any order; written by `index`.
  public var records: [Record] = []
  /// What earlier stages rejected.
  public var rejected: [RejectedRecord] = []
  /// Whether symmetry was broken (`/kept`, `/rattle`) and failures rescued (`/relaxation/rescue`): for all records or none.
  public var isRattled = false
  /// Whether failures were rescued.
  public var isRescued = false

  /// A file without crystals.
  public init() {}

  /// - Parameters:
  ///   - input: the crystals' file, or their folder.
  ///   - hash: of what was read, where the input is no file of the line.
  ///   - potential: name of the judge, kept with the energies.
  ///   - weights: the file of the judge's weights with its hash; looked up where nil.
  ///   - hulls: each adds formation energies and energies above it: the first as columns of `/relaxation`, all as `/hull/<name>/…`.
  /// - Throws: `StageError` where the file cannot be written.
  public func write(
    to path: String, input: String, hash: String? = nil, potential: String, weights: String? = nil, protocolText: String,
    hulls: [HullFile],
    options: SharedOptions,
    of range: RecordRange, seconds: @autoclosure () -> Double
  ) throws {
    let sorted = records.sorted { $0.index < $1.index }
    var isFolder = false
    if case .folder = FileKind(path: input) { isFolder = true }
    let inputs = hulls.map(\.path) + (isFolder ? [] : [input])
    try Artifact.write(.relaxed, to: path, inputs: inputs, options: options, records: range, seconds: seconds()) { writer in
      try writer.setAttribute("potential", potential)
      let weights = try weights ?? PotentialWeights.identity(ofPotential: potential)
      if !weights.isEmpty { try writer.setAttribute("potential_weights", weights) }
      try writer.setAttribute("relaxation", protocolText)
      // A network's last bits follow from the kernels of its products.
      if potential.hasPrefix("chgnet") { try writer.setAttribute("kernel", Products.kernelName) }
      if let hash { try writer.setAttribute("source_sha256", hash) } else { try carryOn(from: input, sorted, to: writer) }
      try writer.write(sorted.map(\.id), to: "/id")
      try writer.write(crystals: sorted.map(\.result.crystal))
      try writer.write(crystals: sorted.map(\.initial), group: "/initial")
      let units = sorted.compactMap(\.result.asymmetricUnit)
      if units.count == sorted.count { try writer.write(units: units) }
      try write(sorted, to: writer)
      if isRescued {
        try writer.write(sorted.map { Int16($0.result.rescue.rawValue) }, to: "/relaxation/rescue")
        try writer.setAttribute(
          "meaning", Rescue.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", "), of: "/relaxation/rescue")
      }
      if isRattled { try writer.write(broken: sorted.map(\.result)) }
      for (place, hull) in hulls.enumerated() {
        try write(sorted, hull, isFirst: place == 0, threads: options.threadCount, to: writer)
      }
      try writer.write(rejected: rejected)
    }
  }

  /// What the crystals' file knows of their making goes with them.
  private func carryOn(from input: String, _ sorted: [Record], to writer: borrowing HDF5Writer) throws {
    let source = try Artifact.open(input)
    if let trainingSet = source.trainingSet { try writer.setAttribute(TrainingSetRecord.attribute, trainingSet) }
    if let targets = try source.blueprints() { try writer.write(blueprints: sorted.map { targets[$0.index] }) }
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

  private func write(
    _ sorted: [Record], _ hull: HullFile, isFirst: Bool, threads: Int, to writer: borrowing HDF5Writer
  ) throws {
    let places = try parallelMap(count: sorted.count, threads: threads) { i in
      let result = sorted[i].result
      guard result.outcome.hasUsableEnergy else {
        return HullFile.Place(
          formationEnergy: .nan, aboveHull: .nan, products: "relaxation ended as \(result.outcome.name)")
      }
      return hull.place(result.crystal, energy: result.energy)
    }
    let hash = try AtomicFile.hash(of: hull.path)
    let thin = hull.coversThinly(sorted.map(\.result.crystal)).map { UInt8($0 ? 1 : 0) }
    for group in isFirst ? ["/relaxation", "/hull/\(hull.name)"] : ["/hull/\(hull.name)"] {
      for (name, values) in [
        ("formation_energy", places.map(\.formationEnergy)), ("energy_above_hull", places.map(\.aboveHull)),
      ] {
        try writer.write(values, to: "\(group)/\(name)")
        try writer.setAttribute("unit", "eV/atom", of: "\(group)/\(name)")
        try writer.setAttribute("hull", (hull.path as NSString).lastPathComponent, of: "\(group)/\(name)")
        try writer.setAttribute("hull_sha256", hash, of: "\(group)/\(name)")
      }
      try writer.write(places.map(\.products), to: "\(group)/decomposition")
      try writer.write(thin, to: "\(group)/thin_system")
      try writer.setAttribute(
        "meaning", "1 where the hull has fewer compounds of the chemical system than the system has elements",
        of: "\(group)/thin_system")
      if isRattled { try writeKept(sorted, places, hull, threads: threads, group, to: writer) }
    }
    guard isFirst else { return }
    try writer.setAttribute("hull", (hull.path as NSString).lastPathComponent)
    try writer.setAttribute("hull_sha256", hash)
  }

  /// Where the crystals stand as relaxed within their groups: those that fell elsewhere than the others.
  private func writeKept(
    _ sorted: [Record], _ places: [HullFile.Place], _ hull: HullFile, threads: Int, _ group: String,
    to writer: borrowing HDF5Writer
  ) throws {
    let kept = try parallelMap(count: sorted.count, threads: threads) { i in
      guard sorted[i].result.outcome == .saddle, let broken = sorted[i].result.rattled else { return places[i].aboveHull }
      return hull.place(broken.kept, energy: broken.keptEnergy).aboveHull
    }
    try writer.write(kept, to: "\(group)/energy_above_hull_kept")
    try writer.setAttribute("unit", "eV/atom", of: "\(group)/energy_above_hull_kept")
  }

  /// Reads the file back, as far as an unfinished run needs.
  ///
  /// - Throws: `StageError` where it is no such file, or its parts differ in what they hold.
  public init(reading path: String) throws {
    let reader = try Artifact.open(path, formats: [.relaxed])
    let crystals = try reader.crystals()
    let initial = try reader.crystals(group: "/initial")
    let units = reader.contains("/asymmetric_unit") ? try reader.units() : []
    let n = crystals.count
    // A crystal whose symmetry was broken has another cell than it began with.
    let keepsCells = !reader.contains("/rattle")
    guard initial.count == n, units.isEmpty || units.count == n,
      !keepsCells || zip(crystals, initial).allSatisfy({ $0.count == $1.count })
    else {
      throw StageError(.input, "'\(path)': /crystal, /initial and /asymmetric_unit differ in what they hold.")
    }
    func column(_ name: String) throws -> [Double] { try reader.read(Double.self, "/relaxation/\(name)", shape: [n]) }
    let (energyInitial, energy) = (try column("energy_initial"), try column("energy"))
    let (forceInitial, force, stress) = (try column("max_force_initial"), try column("max_force"), try column("max_stress"))
    let wall = try column("wall_seconds")
    let index = try reader.read(Int32.self, "/relaxation/index", shape: [n])
    let steps = try reader.read(Int32.self, "/relaxation/steps", shape: [n])
    let outcomes = try reader.read(Int16.self, "/relaxation/outcome", shape: [n])
    let forces = try reader.read(Double.self, "/relaxation/force", shape: [crystals.reduce(0) { $0 + $1.count }, 3])
    let ids = try reader.ids(of: n)
    try reader.check(index, in: 0...Int32.max, "/relaxation/index")
    try reader.check(steps, in: 0...Int32.max, "/relaxation/steps")
    rejected = try reader.rejected()
    isRescued = reader.contains("/relaxation/rescue")
    let rescue = isRescued ? try reader.read(Int16.self, "/relaxation/rescue", shape: [n]) : []
    isRattled = reader.contains("/rattle/fall")
    let broken = isRattled ? try reader.symmetryBreakings(records: n) : []
    var atom = 0
    for i in 0..<n {
      var result = RelaxationResult(crystal: crystals[i], asymmetricUnit: units.isEmpty ? nil : units[i])
      (result.initialEnergy, result.energy) = (energyInitial[i], energy[i])
      (result.initialMaxForce, result.maxForce, result.maxStress) = (forceInitial[i], force[i], stress[i])
      result.steps = Int(steps[i])
      result.outcome = RelaxationOutcome(rawValue: Int8(truncatingIfNeeded: outcomes[i])) ?? .notRelaxed
      result.forces = (atom..<atom + crystals[i].count).map { Vector3(forces[3 * $0], forces[3 * $0 + 1], forces[3 * $0 + 2]) }
      atom += crystals[i].count
      if isRescued { result.rescue = Rescue(rawValue: Int8(truncatingIfNeeded: rescue[i])) ?? .none }
      if isRattled { result.rattled = broken[i] }
      records.append(Record(index: Int(index[i]), id: ids[i], initial: initial[i], result: result, wallSeconds: wall[i]))
    }
  }
}
