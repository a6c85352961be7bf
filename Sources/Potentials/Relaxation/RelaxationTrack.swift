import Crystals

/// One crystal on its way: the point to evaluate next, and what is known so far.
struct RelaxationTrack: Sendable {
  /// A crystal that was not even started.
  struct Refusal: Error {
    let result: RelaxationResult
  }

  /// The crystal whose energy is wanted next.
  private(set) var trial: Crystal
  private let input: RelaxationInput
  private let options: RelaxationOptions
  private let freedom: DegreesOfFreedom
  private let constrained: Bool
  private let firstVolume: Double
  private var x: [Double]
  private var optimizer: any Optimizer
  private var result: RelaxationResult
  private var evaluations = 0

  static func start(
    _ input: RelaxationInput, potential: some Potential, options: RelaxationOptions
  ) -> Result<RelaxationTrack, Refusal> {
    var result = RelaxationResult(crystal: input.crystal, asymmetricUnit: input.asymmetricUnit)
    func refuse(_ outcome: RelaxationOutcome, _ failure: EvaluationFailure?) -> Result<Self, Refusal> {
      result.outcome = outcome
      result.failure = failure
      return .failure(Refusal(result: result))
    }
    let crystal = input.crystal
    guard crystal.count > 0 else { return refuse(.evaluationFailed, .noAtoms) }
    if let failure = potential.unsupportedElement(in: crystal) {
      return refuse(.unsupportedElement, failure)
    }
    do throws(EvaluationFailure) {
      let limit = options.minimumDistance
      if let distance = try NeighborList.shortestDistance(crystal, below: limit) {
        return refuse(.atomsTooClose, .atomsTooClose(distance: distance))
      }
    } catch {
      return refuse(.evaluationFailed, error)
    }
    var symmetry = CrystalSymmetry(trivialFor: crystal)
    var constrained = false
    if !options.free, crystal.spaceGroup > 1, options.maxSteps > 0 {
      guard let found = CrystalSymmetry(crystal, tolerance: 0.01) else {
        return refuse(.symmetryNotFound, nil)
      }
      symmetry = found
      constrained = true
    }
    return .success(
      RelaxationTrack(
        input: input, options: options, result: result, constrained: constrained,
        freedom: DegreesOfFreedom(crystal, symmetry: symmetry, fixCell: options.fixCell)))
  }

  private init(
    input: RelaxationInput, options: RelaxationOptions, result: RelaxationResult,
    constrained: Bool, freedom: DegreesOfFreedom
  ) {
    self.input = input
    self.options = options
    self.freedom = freedom
    self.constrained = constrained
    self.result = result
    x = [Double](repeating: 0, count: freedom.count)
    trial = freedom.reference
    if options.free { trial.spaceGroup = 0 }
    firstVolume = trial.lattice.volume
    // Energies in single precision are good to about a millionth of an electronvolt an atom.
    optimizer = options.optimizer.makeOptimizer(noise: 1e-5 * Double(trial.count))
  }

  /// Takes the energy of `trial` and either names the next one or ends.
  ///
  /// - Returns: the result, where the relaxation has ended.
  mutating func take(_ evaluation: CrystalEvaluation) -> RelaxationResult? {
    evaluations += 1
    result.steps = evaluations - 1
    let usable = evaluation.failure == nil && evaluation.isFinite
    if usable, isAccepted(evaluation) { record(evaluation) }
    if evaluations == 1 && !usable { return end(Self.outcome(of: evaluation), evaluation.failure) }
    if options.maxSteps == 0 { return end(.notRelaxed) }
    if usable {
      let residual = freedom.residual(evaluation, volume: trial.lattice.volume)
      if max(residual.force, residual.strain) <= options.maxForce {
        record(evaluation)
        return end(.converged)
      }
    }
    if result.steps >= options.maxSteps { return end(.stepsExhausted) }
    let gradient =
      usable
      ? freedom.gradient(evaluation, at: x, lattice: trial.lattice)
      : [Double](repeating: 0, count: x.count)
    guard
      let next = optimizer.next(
        after: x, energy: usable ? evaluation.energy : .infinity, gradient: gradient,
        limit: freedom.factor(ofStep:))
    else {
      return usable ? end(.stalled) : end(Self.outcome(of: evaluation), evaluation.failure)
    }
    return move(to: next)
  }

  /// A point uphill is only tried, not kept: L-BFGS goes back from it. FIRE goes through such points.
  private func isAccepted(_ evaluation: CrystalEvaluation) -> Bool {
    options.optimizer == .fire || !result.energy.isFinite
      || evaluation.energy <= result.energy + 1e-5 * Double(trial.count)
  }

  private mutating func move(to next: [Double]) -> RelaxationResult? {
    x = next
    trial = freedom.crystal(at: next)
    trial.spaceGroup = constrained ? input.crystal.spaceGroup : (options.free ? 0 : trial.spaceGroup)
    guard trial.lattice.isUsable, options.volumeRange.contains(trial.lattice.volume / firstVolume) else {
      return end(.runawayVolume)
    }
    do throws(EvaluationFailure) {
      let distance = try NeighborList.shortestDistance(
        trial, below: options.minimumDistance, centers: freedom.symmetry.representatives)
      if let distance { return end(.atomsTooClose, .atomsTooClose(distance: distance)) }
    } catch {
      return end(.evaluationFailed, error)
    }
    return nil
  }

  private mutating func record(_ evaluation: CrystalEvaluation) {
    if evaluation.hasForces {
      result.forces = freedom.symmetry.symmetrized(forces: evaluation.forces)
      result.maxForce = result.forces.reduce(0) { max($0, $1.length) }
    }
    result.maxStress = evaluation.maxStress
    result.energy = evaluation.energy
    result.magneticMoments = evaluation.magneticMoments
    result.crystal = trial
    if evaluations == 1 {
      result.initialEnergy = evaluation.energy
      result.initialMaxForce = result.maxForce
    }
  }

  private static func outcome(of evaluation: CrystalEvaluation) -> RelaxationOutcome {
    switch evaluation.failure {
    case .unsupportedElement: .unsupportedElement
    case .atomsTooClose: .atomsTooClose
    case .notFinite, nil: .energyNotFinite
    default: .evaluationFailed
    }
  }

  private mutating func end(
    _ outcome: RelaxationOutcome, _ failure: EvaluationFailure? = nil
  ) -> RelaxationResult {
    result.outcome = outcome
    result.failure = failure
    if !constrained {
      // The free space is the crystal's own: labels of symmetry are given back only where nothing moved.
      if result.steps == 0 { result.crystal = input.crystal } else { result.asymmetricUnit = nil }
    } else {
      result.asymmetricUnit = input.asymmetricUnit.map(moved)
    }
    return result
  }

  /// The asymmetric unit given, its sites moved as the nearest atoms of their orbits have moved; those of group 1 are the atoms.
  private func moved(_ unit: AsymmetricUnit) -> AsymmetricUnit {
    var unit = unit
    unit.latticeLogMetric = LatticeLogMetric(result.crystal.lattice).constrained(to: unit.spaceGroup)
    let metric = freedom.reference.lattice.metric
    for (index, site) in unit.sites.enumerated() {
      var best: (atom: Int, squared: Double)?
      for atom in freedom.reference.fractionalCoordinates.indices
      where (unit.spaceGroup == 1 ? atom : Int(freedom.reference.orbit[atom])) == index {
        var d = freedom.reference.fractionalCoordinates[atom] - site.position
        d -= d.rounded(.toNearestOrEven)
        let squared = d.dot(metric * d)
        if squared < best?.squared ?? .infinity { best = (atom, squared) }
      }
      if let best {
        let step =
          result.crystal.fractionalCoordinates[best.atom]
          - freedom.reference.fractionalCoordinates[best.atom]
        unit.sites[index].position = (site.position + step).wrapped
      }
    }
    return unit
  }
}
