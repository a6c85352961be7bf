public import Crystals

/// How a relaxation ended.
public enum RelaxationOutcome: Int8, Sendable, CaseIterable {
  case converged = 0
  case stepsExhausted = 1
  case runawayVolume = 2
  case atomsTooClose = 3
  case energyNotFinite = 4
  case unsupportedElement = 5
  /// The potential could not evaluate the crystal; `RelaxationResult.failure` says why.
  case evaluationFailed = 6
  /// The crystal does not have the symmetry it claims, so that it cannot be relaxed within it.
  case symmetryNotFound = 7
  /// No step lowers the energy any more, and the forces are still above the limit.
  case stalled = 8
  /// Only the energy was asked for.
  case notRelaxed = 9
  /// Too far above the hull to be relaxed: only its energy is known.
  case leftOut = 10
  /// It converged within its group, and lower in a lower one once its symmetry was broken.
  case saddle = 11

  /// Whether the last energy means something: where a relaxation failed the potential is asked far from what it knows, and its
  /// energies may be absurdly low.
  public var hasUsableEnergy: Bool {
    switch self {
    case .converged, .notRelaxed, .stepsExhausted, .leftOut, .saddle: true
    default: false
    }
  }

  /// A short name for tables and files.
  public var name: String {
    switch self {
    case .converged: "converged"
    case .stepsExhausted: "steps_exhausted"
    case .runawayVolume: "runaway_volume"
    case .atomsTooClose: "atoms_too_close"
    case .energyNotFinite: "energy_not_finite"
    case .unsupportedElement: "unsupported_element"
    case .evaluationFailed: "evaluation_failed"
    case .symmetryNotFound: "symmetry_not_found"
    case .stalled: "stalled"
    case .notRelaxed: "not_relaxed"
    case .leftOut: "left_out"
    case .saddle: "saddle"
    }
  }
}

/// What a relaxation does and when it stops.
public struct RelaxationOptions: Sendable {
  /// How to go downhill.
  public var optimizer = OptimizerKind.lbfgs
  /// Converged where no force and no row of `V stress / atoms` is longer, eV/angstrom and eV.
  public var maxForce = 0.1
  /// Evaluations after the first; 0 asks for the energy alone.
  public var maxSteps = 500
  /// Whether forces and stresses are wanted where nothing moves (`maxSteps` 0).
  public var staticForces = true
  /// Every atom and the whole cell on their own; the space group may be lost.
  public var free = false
  /// Whether the cell stays as it is.
  public var fixCell = false
  /// Two atoms nearer than this end the relaxation, angstrom.
  public var minimumDistance = 0.5
  /// Volumes over the first one outside of this end the relaxation.
  public var volumeRange = 0.25...4.0
  /// Crystals evaluated together.
  public var batch = 64
  /// Called before every evaluation; an error thrown from it stops the relaxation.
  public var check: @Sendable () throws -> Void = {}

  /// The defaults.
  public init() {}
}

/// A crystal to relax, with its asymmetric unit where it has one.
public struct RelaxationInput: Sendable {
  /// The conventional cell; any cell where there is no asymmetric unit.
  public var crystal: Crystal
  /// Nil where the crystal has none.
  public var asymmetricUnit: AsymmetricUnit?

  /// A crystal with its asymmetric unit, or without.
  public init(crystal: Crystal, asymmetricUnit: AsymmetricUnit? = nil) {
    self.crystal = crystal
    self.asymmetricUnit = asymmetricUnit
  }
}

/// A relaxed crystal and how it came to be.
public struct RelaxationResult: Sendable {
  /// The last crystal with an energy; the one given where there is none.
  public var crystal: Crystal
  /// The same as an asymmetric unit, where one was given and symmetry was kept.
  public var asymmetricUnit: AsymmetricUnit?
  /// eV a cell; not a number where there is none.
  public var initialEnergy = Double.nan
  /// eV a cell, of the last crystal; not a number where there is none.
  public var energy = Double.nan
  /// eV/angstrom.
  public var initialMaxForce = Double.nan
  /// eV/angstrom, of the last crystal.
  public var maxForce = Double.nan
  /// GPa, the entry of largest magnitude.
  public var maxStress = Double.nan
  /// (A) eV/angstrom, empty where there are none.
  public var forces: [Vector3] = []
  /// (A) Bohr magnetons, where the potential has them.
  public var magneticMoments: [Double]?
  /// Evaluations after the first.
  public var steps = 0
  /// How it ended.
  public var outcome = RelaxationOutcome.notRelaxed
  /// Why there is no energy; nil where there is one.
  public var failure: EvaluationFailure?
  /// What became of it when its symmetry was broken; nil where nobody did.
  public var rattled: SymmetryBreaking?
  /// How it was rescued, where its first relaxation failed.
  public var rescue = Rescue.none

  /// A crystal that was not relaxed.
  public init(crystal: Crystal, asymmetricUnit: AsymmetricUnit? = nil) {
    self.crystal = crystal
    self.asymmetricUnit = asymmetricUnit
  }

  /// Whether forces and stress are within the limit.
  public var converged: Bool { outcome == .converged || outcome == .saddle }
}

/// Relaxes crystals, many at a time, each on its own way: a result does not depend on the others or on the size of the batch.
///
/// Moves positions and cell, by default in the space of the asymmetric unit (see `DegreesOfFreedom`), which the crystal's
/// `spaceGroup` and `orbit` name; a crystal without a group is relaxed freely.
///
/// - Parameter finished: called with the index and the result of every crystal as it ends, in the order in which they end; an error
///   thrown from it stops the relaxation.
/// - Returns: one result a crystal, in the order of the inputs.
/// - Throws: what `options.check` and `finished` throw, and the potential where it is out of order as a whole.
@discardableResult
public func relax(
  _ inputs: [RelaxationInput], with potential: some Potential,
  options: RelaxationOptions = RelaxationOptions(),
  finished: (Int, RelaxationResult) throws -> Void = { _, _ in }
) throws -> [RelaxationResult] {
  precondition(options.batch > 0 && options.maxSteps >= 0 && options.maxForce > 0)
  let batch = min(options.batch, potential.crystalsAtOnce)
  var results = [RelaxationResult?](repeating: nil, count: inputs.count)
  var active: [(index: Int, track: RelaxationTrack)] = []
  var waiting = inputs.indices.makeIterator()
  func settle(_ index: Int, _ result: RelaxationResult) throws {
    results[index] = result
    try finished(index, result)
  }
  while true {
    while active.count < batch, let index = waiting.next() {
      switch RelaxationTrack.start(inputs[index], potential: potential, options: options) {
      case .success(let track): active.append((index, track))
      case .failure(let refusal): try settle(index, refusal.result)
      }
    }
    if active.isEmpty { break }
    try options.check()
    let trials = active.map(\.track.trial)
    let evaluations =
      try options.maxSteps > 0 || options.staticForces ? potential.evaluate(trials) : potential.evaluateEnergies(trials)
    precondition(evaluations.count == active.count)
    var still: [(index: Int, track: RelaxationTrack)] = []
    for (entry, evaluation) in zip(active, evaluations) {
      var track = entry.track
      if let result = track.take(evaluation) {
        try settle(entry.index, result)
      } else {
        still.append((entry.index, track))
      }
    }
    active = still
  }
  return results.compactMap { $0 }
}
