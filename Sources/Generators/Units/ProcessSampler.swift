import Crystals
import Networks
import Tensors

/// Draws samples by a process: starts from blueprints, steps, draws what comes out.
public struct ProcessSampler<Process: UnitProcess>: UnitSampler {
  let process: Process
  let seed: UInt64

  /// - Parameter seed: of all samples.
  public init(_ process: Process, seed: UInt64) { (self.process, self.seed) = (process, seed) }

  /// Steps of the process.
  public var steps: Int { process.steps }
  /// Calls of the network a sample.
  public var networkCalls: Int { process.networkCalls }

  /// Draws the samples of a group together.
  ///
  /// - Throws: what `blueprint` throws.
  public func sample(group: Int, blueprint: (Int) throws -> Blueprint) rethrows -> [PredictedUnit] {
    let samples = SampleGroup.samples(of: group)
    let blueprints = try samples.map(blueprint)
    return flushingDenormals { sample(Array(samples), blueprints) }
  }

  private func sample(_ indices: [Int], _ blueprints: [Blueprint]) -> [PredictedUnit] {
    var state = state(indices, blueprints)
    state.beliefs.tell(properties: blueprints.map { process.conditions.values($0) }, process.conditions)
    var course = process.start(&state)
    for i in stride(from: 1, through: steps, by: 1) {
      let prediction = process.estimate(step: i, &state, &course)
      process.advance(step: i, prediction, &state, &course)
    }
    return finish(process.estimate(step: steps + 1, &state, &course), &state)
  }

  private func state(_ indices: [Int], _ blueprints: [Blueprint]) -> UnitState {
    let groups = blueprints.map { blueprint in
      guard let group = blueprint.spaceGroup else { preconditionFailure("a blueprint without a space group") }
      return group
    }
    let counts = blueprints.map { blueprint in
      guard let count = blueprint.siteCount else { preconditionFailure("a blueprint without a number of sites") }
      return count
    }
    return UnitState(
      beliefs: BeliefBatch(spaceGroups: groups, siteCounts: counts),
      randoms: indices.map { RandomStream(seed: seed, purpose: "sample", index: UInt64($0)) },
      constraints: zip(groups, blueprints).map { group, blueprint in
        if let lattice = blueprint.lattice { return lattice.constrained(to: group).k.map { Float($0) } }
        return LatticeLogMetric.constraint(spaceGroup: group).map { $0.map { Float($0) } }
      },
      known: zip(counts, blueprints).flatMap { count, blueprint in
        blueprint.sites.isEmpty ? [Blueprint.Site?](repeating: nil, count: count) : blueprint.sites
      },
      elementMasks: blueprints.map { blueprint in
        let own = process.elementMask.enumerated().map { $1 && blueprint.chemistry.allows(element: UInt8($0 + 1)) }
        // Nothing of what may occur has been seen: as the blueprint says.
        return own.contains(true) ? own : own.indices.map { blueprint.chemistry.allows(element: UInt8($0 + 1)) }
      })
  }

  /// Draws the samples from the last prediction.
  private func finish(_ prediction: UnitPrediction, _ state: inout UnitState) -> [PredictedUnit] {
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    return state.beliefs.spaceGroups.enumerated().map { b, number in
      let range = state.beliefs.graph.ranges[b]
      let rows = range.firstSite..<range.firstSite + range.sites
      let drawn = state.draw(prediction, crystal: b, drawsPositions: process.drawsPositions)
      let places = state.onPositions(drawn, prediction, crystal: b)
      let positions = SpaceGroup.numbered(number).wyckoffPositions
      let sites = drawn.enumerated().map { s, site in
        let known = state.known[range.firstSite + s]
        let x = places[3 * s..<3 * s + 3].map { Double(wrapped($0)) }
        return Site(
          atomicNumber: UInt8(site.element + 1), position: Vector3(x[0], x[1], x[2]),
          siteSymmetry: SiteSymmetry(operations: site.code.map { UInt8($0) }),
          wyckoffLetter: (site.position ?? known?.wyckoffPosition).map { positions[$0].letter } ?? 0,
          multiplicity: known?.multiplicity ?? 0)
      }
      let logMetric = LatticeLogMetric(k: prediction.lattice[6 * b..<6 * b + 6].map(Double.init))
      return PredictedUnit(
        unit: AsymmetricUnit(spaceGroup: number, latticeLogMetric: logMetric.constrained(to: number), sites: sites),
        elementProbabilities: Array(prediction.elements[rows.lowerBound * k..<rows.upperBound * k]),
        siteSymmetryProbabilities: Array(
          prediction.siteSymmetries[rows.lowerBound * axes * ops..<rows.upperBound * axes * ops]))
    }
  }
}
