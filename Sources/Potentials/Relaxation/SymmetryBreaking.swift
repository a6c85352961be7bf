public import Crystals
import Foundation
import Tensors

/// What comes before and behind the relaxation proper.
public struct RelaxationStages: Sendable {
  /// Root mean square of the atoms' displacements before a free relaxation, angstrom; 0 for none.
  public var rattle = 0.0
  /// Standard deviation of the entries of the strain that goes with it.
  public var strain = 0.01
  /// What runs away or has atoms too close is relaxed in a fixed cell, then within its group, then freely.
  public var rescue = false
  /// Tolerance of the symmetry that is found again, angstrom.
  public var symprec = 0.1
  /// Of the random displacements.
  public var seed: UInt64 = 0
  /// A crystal that ends less than this below has not fallen, eV/atom.
  public var leastFall = 0.005

  /// No stage but the relaxation proper.
  public init() {}
}

/// What became of a crystal that was relaxed within its group when its symmetry was broken.
public struct SymmetryBreaking: Sendable {
  /// The crystal as relaxed within its group, and its energy, eV a cell.
  public var kept: Crystal
  /// eV a cell, of `kept`.
  public var keptEnergy: Double
  /// How far below it the free relaxation ended, eV/atom; not a number where it has no energy.
  public var fall = Double.nan
  /// Groups before, and as found again behind; 0 where none was found.
  public var spaceGroupBefore: Int
  /// As found again; 0 where none was found.
  public var spaceGroupAfter = 0
  /// Steps of the free relaxation, and how it ended.
  public var steps = 0
  /// How the free relaxation ended.
  public var outcome = RelaxationOutcome.notRelaxed

  /// - Parameters:
  ///   - kept: as relaxed within its group.
  ///   - keptEnergy: eV a cell.
  ///   - spaceGroupBefore: its group.
  public init(kept: Crystal, keptEnergy: Double, spaceGroupBefore: Int) {
    self.kept = kept
    self.keptEnergy = keptEnergy
    self.spaceGroupBefore = spaceGroupBefore
  }
}

/// How a crystal was rescued whose first relaxation failed.
public enum Rescue: Int8, Sendable, CaseIterable {
  case none = 0
  /// Relaxed within its group, from where it had come to in a fixed cell.
  case withinGroup = 1
  /// Relaxed freely from there.
  case free = 2
  /// It failed again.
  case failed = 3

  /// A short name for tables and files.
  public var name: String {
    switch self {
    case .none: "none"
    case .withinGroup: "within_group"
    case .free: "free"
    case .failed: "failed"
    }
  }
}

extension Crystal {
  /// The crystal with its atoms and its cell moved at random; in P1.
  ///
  /// Displacements are normal with a root mean square of `amplitude` (angstrom), the symmetric strain's entries normal with a standard
  /// deviation of `strain`; both depend on seed and number alone.
  public func rattled(amplitude: Double, strain: Double, seed: UInt64, number: Int) -> Crystal {
    var random = RandomStream(seed: seed, purpose: "rattle", index: UInt64(number))
    func normal() -> Double { (-2 * log(random.uniform())).squareRoot() * cos(2 * .pi * random.uniform()) }
    var deformation = Matrix3.identity
    for (i, j) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)] {
      let e = strain * normal()
      deformation[i][j] += e
      if i != j { deformation[j][i] += e }
    }
    let inverse = lattice.vectors.inverse
    let scale = amplitude / 3.0.squareRoot()
    var moved = self
    moved.fractionalCoordinates = fractionalCoordinates.map { $0 + (scale * Vector3(normal(), normal(), normal())) * inverse }
    moved.lattice = Lattice(vectors: lattice.vectors * deformation)
    moved.spaceGroup = 0
    moved.orbit = moved.atomicNumbers.indices.map(Int32.init)
    return moved
  }
}

/// Relaxes crystals in stages: as `relax` does; what fails is rescued; what converges within its group is rattled, relaxed freely, and
/// where that ends lower, relaxed within the group that is found again, so that it is written with its lower symmetry.
///
/// - Parameters:
///   - numbers: of the inputs, which random displacements depend on.
///   - finished: called with the place and the result of every crystal that is through all stages.
/// - Throws: as `relax` without stages.
public func relax(
  _ inputs: [RelaxationInput], numbers: [Int], with potential: some Potential, options: RelaxationOptions,
  stages: RelaxationStages, finished: (Int, RelaxationResult) throws -> Void
) throws {
  precondition(numbers.count == inputs.count)
  var results: [Int: RelaxationResult] = [:]
  try relax(inputs, with: potential, options: options) { place, result in
    let isRescued = stages.rescue && StagedRelaxation.needsRescue(result.outcome)
    let isRattled = stages.rattle > 0 && result.converged
    if isRescued || isRattled { results[place] = result } else { try finished(place, result) }
  }
  let staged = StagedRelaxation(options: options, stages: stages)
  if stages.rescue { try staged.rescue(&results, inputs, potential) }
  if stages.rattle > 0 { try staged.breakSymmetry(&results, numbers, potential) }
  for place in results.keys.sorted() { if let result = results[place] { try finished(place, result) } }
}

private struct StagedRelaxation {
  let options: RelaxationOptions
  let stages: RelaxationStages

  /// A polished crystal may stand so much above the free one, eV/atom.
  private static let slack = 0.002

  static func needsRescue(_ outcome: RelaxationOutcome) -> Bool {
    switch outcome {
    case .runawayVolume, .atomsTooClose, .energyNotFinite, .stalled, .evaluationFailed: true
    default: false
    }
  }

  /// Relaxes some crystals together; results by their places.
  private func run(
    _ crystals: [Int: RelaxationInput], _ potential: some Potential, change: (inout RelaxationOptions) -> Void
  ) throws -> [Int: RelaxationResult] {
    var options = options
    change(&options)
    let places = crystals.keys.sorted()
    let results = try relax(places.compactMap { crystals[$0] }, with: potential, options: options)
    return Dictionary(uniqueKeysWithValues: zip(places, results))
  }

  func rescue(
    _ results: inout [Int: RelaxationResult], _ inputs: [RelaxationInput], _ potential: some Potential
  ) throws {
    let lost = results.filter { Self.needsRescue($0.value.outcome) }
    guard !lost.isEmpty else { return }
    func continued(_ all: [Int: RelaxationResult]) -> [Int: RelaxationInput] {
      all.filter { $0.value.energy.isFinite }.mapValues {
        RelaxationInput(crystal: $0.crystal, asymmetricUnit: $0.asymmetricUnit)
      }
    }
    let fixed = try run(lost.reduce(into: [:]) { $0[$1.key] = inputs[$1.key] }, potential) {
      $0.fixCell = true
      $0.minimumDistance = min($0.minimumDistance, 0.2)
    }
    let within = try run(continued(fixed), potential) { _ in }
    let stuck = fixed.filter { !(within[$0.key]?.converged ?? false) }
    let free = try run(continued(stuck), potential) { $0.free = true }
    for (place, first) in lost {
      let steps = [first, fixed[place], within[place], free[place]].reduce(0) { $0 + ($1?.steps ?? 0) }
      var best = first
      if let result = within[place], result.converged {
        best = result
        best.rescue = .withinGroup
      } else if let result = free[place], result.converged {
        best = result
        best.rescue = .free
      } else {
        best.rescue = .failed
      }
      (best.initialEnergy, best.initialMaxForce, best.steps) = (first.initialEnergy, first.initialMaxForce, steps)
      results[place] = best
    }
  }

  func breakSymmetry(_ results: inout [Int: RelaxationResult], _ numbers: [Int], _ potential: some Potential) throws {
    let kept = results.filter(\.value.converged)
    let rattled = kept.reduce(into: [Int: RelaxationInput]()) { all, entry in
      let cell = entry.value.crystal.primitiveCell(tolerance: 0.01) ?? entry.value.crystal
      all[entry.key] = RelaxationInput(
        crystal: cell.rattled(amplitude: stages.rattle, strain: stages.strain, seed: stages.seed, number: numbers[entry.key]))
    }
    let free = try run(rattled, potential) { $0.free = true }
    for (place, result) in kept {
      guard let end = free[place] else { continue }
      var breaking = SymmetryBreaking(
        kept: result.crystal, keptEnergy: result.energy, spaceGroupBefore: result.crystal.spaceGroup)
      (breaking.steps, breaking.outcome) = (end.steps, end.outcome)
      if end.outcome.hasUsableEnergy, end.energy.isFinite {
        breaking.fall = result.energy / Double(result.crystal.count) - end.energy / Double(end.crystal.count)
        breaking.spaceGroupAfter = SymmetrySearch.spaceGroupNumber(end.crystal, symprec: stages.symprec) ?? 0
      }
      results[place]?.rattled = breaking
    }
    try settle(&results, free.filter { (results[$0.key]?.rattled?.fall ?? .nan) > stages.leastFall }, potential)
  }

  /// Gives those that fell their lower groups: the tolerance asked for first, a tighter one where symmetry costs energy, none at last.
  private func settle(
    _ results: inout [Int: RelaxationResult], _ fallen: [Int: RelaxationResult], _ potential: some Potential
  ) throws {
    var waiting = fallen
    for symprec in [stages.symprec, stages.symprec / 10] {
      var symmetric: [Int: RelaxationInput] = [:]
      for (place, end) in waiting {
        guard let (unit, cell) = try? AsymmetricUnit.standardize(end.crystal, symprec: symprec) else { continue }
        symmetric[place] = RelaxationInput(crystal: cell, asymmetricUnit: unit)
      }
      for (place, polished) in try run(symmetric, potential, change: { $0.free = false }) {
        guard let end = waiting[place], polished.converged,
          polished.energy / Double(polished.crystal.count) <= end.energy / Double(end.crystal.count) + Self.slack
        else { continue }
        waiting[place] = nil
        replace(&results, place, by: polished)
        results[place]?.rattled?.spaceGroupAfter = polished.crystal.spaceGroup
      }
    }
    for (place, end) in waiting {
      var end = end
      end.crystal.spaceGroup = 1
      replace(&results, place, by: end)
      results[place]?.rattled?.spaceGroupAfter = 1
    }
  }

  private func replace(_ results: inout [Int: RelaxationResult], _ place: Int, by end: RelaxationResult) {
    guard let old = results[place] else { return }
    var new = end
    (new.initialEnergy, new.initialMaxForce) = (old.initialEnergy, old.initialMaxForce)
    (new.rattled, new.rescue) = (old.rattled, old.rescue)
    new.steps = old.steps + (old.rattled?.steps ?? 0) + end.steps
    new.outcome = end.converged ? .saddle : end.outcome
    if let unit = end.asymmetricUnit, unit.spaceGroup != end.crystal.spaceGroup { new.asymmetricUnit = nil }
    results[place] = new
  }
}
