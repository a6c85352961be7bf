import Crystals
import Networks
import Tensors

/// The sampler of the informed form: from noise to crystals by estimates of what there was before the noise.
///
/// At every time the classes are drawn from the prediction, positions with the others' in view, and sites are put where there is room
/// for them; lattice, coordinates and classes then go to the next time as the noise's own bridge between that draw and what is seen
/// says, with its noise or without. Sites of blueprints are told the network from the start. The sample is drawn from the prediction at
/// the last time.
struct InformedProcess: UnitProcess {
  private let diffusion: InformedDiffusion
  private let options: SymmCDConfiguration.Sampling
  private let parameters: Parameters
  /// Times from noise to data, the last the first time of the noise.
  private let times: [Int]
  /// Nil where Fourier parts are to be multiplied and not looked up.
  private let packed: PackedUnitNetwork?
  let elementMask: [Bool]
  let conditions: PropertyEncoding

  /// - Parameter isExact: whether the network is run as in training: the reference, and slower.
  init(_ method: SymmCD, _ diffusion: InformedDiffusion, _ parameters: Parameters, isExact: Bool) {
    (self.diffusion, self.parameters, options) = (diffusion, parameters, method.options.sampling)
    (elementMask, conditions) = (method.elementMask, method.conditions)
    times = method.options.times(from: method.options.diffusion.steps)
    packed = isExact ? nil : PackedUnitNetwork(diffusion.network, parameters: parameters)
  }

  var steps: Int { times.count }
  var networkCalls: Int { times.count }
  var drawsPositions: Bool { true }

  struct Course {
    /// (B, 6) standardised components of the lattice as they are seen.
    var lattice: Matrix
    /// (N) classes as they are seen.
    var elements: [Int]
    var positions: [Int]
    /// At the last time.
    var last: UnitPrediction?
    var runner: UnitNetworkRunner
  }

  /// Draws noise, and tells the network the sites of blueprints.
  func start(_ state: inout UnitState) -> Course {
    let graph = state.beliefs.graph
    var course = Course(
      lattice: Matrix(rows: graph.ranges.count, columns: 6), elements: [Int](repeating: 0, count: graph.sites),
      positions: [Int](repeating: 0, count: graph.sites),
      runner: UnitNetworkRunner(diffusion.network, parameters, packed))
    state.beliefs.observedPositions.resize(rows: graph.sites)
    for (b, range) in graph.ranges.enumerated() {
      let noise = state.randoms[b].normals(6)
      for c in 0..<6 { course.lattice[b, c] = noise[c] }
      let (noiseSites, shares) = (state.noiseSites(range), diffusion.positions[state.beliefs.spaceGroups[b]])
      for s in 0..<range.sites {
        let site = range.firstSite + s
        for c in 0..<3 { state.beliefs.coordinates[site, c] = Float(state.randoms[b].uniform()) }
        course.elements[site] = CategoricalDiffusion.draw(diffusion.elements, &state.randoms[b])
        course.positions[site] = CategoricalDiffusion.draw(shares, &state.randoms[b])
      }
      for s in 0..<range.sites { course.elements[range.firstSite + s] = course.elements[range.firstSite + noiseSites[s]] }
      guard let sites = state.knownSites(ofCrystal: b) else { continue }
      state.beliefs.know(crystal: b, positions: sites.map(\.wyckoffPosition), species: sites.map(\.elementLabel))
      if diffusion.options.knownElements > 0 { state.beliefs.know(crystal: b, elements: sites.map(\.element)) }
    }
    return course
  }

  /// One call of the network at the time of a step.
  func estimate(step: Int, _ state: inout UnitState, _ course: inout Course) -> UnitPrediction {
    if let last = course.last { return last }
    let t = times[step - 1]
    let level = diffusion.level(t)
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      diffusion.set(level, time: t, crystal: b, of: &state.beliefs)
      for c in 0..<6 {
        diffusion.believe(
          lattice: course.lattice[b, c], component: c, fixed: state.constraints[b][c], level.signal, into: &state.beliefs,
          crystal: b)
      }
      let shares = diffusion.positions[state.beliefs.spaceGroups[b]]
      for site in range.firstSite..<range.firstSite + range.sites {
        InformedDiffusion.believe(
          course.positions[site], shares, level.signal, into: &state.beliefs.observedPositions, row: site)
        guard state.beliefs.knownElements[site] == nil else { continue }
        InformedDiffusion.believe(
          course.elements[site], diffusion.elements, level.signal, into: &state.beliefs.elements, row: site)
      }
    }
    diffusion.informed.describe(&state.beliefs)
    let outputs = course.runner.guided(state.beliefs, by: options.guidance, unknown: conditions.unknown)
    let coordinates = state.beliefs.coordinates.values
    return InformedForm.prediction(outputs, state) { i, _ in coordinates[i] }
  }

  /// From the time of step i to the next.
  func advance(step i: Int, _ prediction: UnitPrediction, _ state: inout UnitState, _ course: inout Course) {
    guard i < steps else {
      course.last = prediction
      return
    }
    let bridge = Bridge(from: diffusion.level(times[i - 1]), to: diffusion.level(times[i]), options.sampler)
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      let noise = state.randoms[b].normals(6 + 3 * range.sites)
      for c in 0..<6 where state.constraints[b][c] == nil {
        let estimate = diffusion.standardized(prediction.lattice[6 * b + c], component: c)
        course.lattice[b, c] = bridge.lattice(estimate, course.lattice[b, c], noise[c])
      }
      let drawn = state.draw(prediction, crystal: b, drawsPositions: true)
      let places = state.places(drawn, prediction, crystal: b, isPlacing: InformedForm.isPlacing(step: i, of: steps))
      let noiseSites = state.noiseSites(range)
      let shares = diffusion.positions[state.beliefs.spaceGroups[b]]
      for s in 0..<range.sites {
        let site = range.firstSite + s
        for c in 0..<3 {
          state.beliefs.coordinates[site, c] = wrapped(
            bridge.coordinate(places[3 * s + c], state.beliefs.coordinates[site, c], noise[6 + 3 * s + c]))
        }
        course.elements[site] =
          noiseSites[s] == s
          ? bridge.draw(drawn[s].element, course.elements[site], diffusion.elements, &state.randoms[b])
          : course.elements[range.firstSite + noiseSites[s]]
        if let position = drawn[s].position {
          course.positions[site] = bridge.draw(position, course.positions[site], shares, &state.randoms[b])
        }
      }
    }
  }
}
