import Crystals
import Networks
import Tensors

/// The published sampler (Levy et al. 2025, algorithm 2, and its code): at every time a Langevin step of the coordinates, a second call of
/// the network, and the step to the next time; elements and operations of the axes are drawn from their posteriors, each by itself, and
/// the last draw is the sample.
///
/// Fewer times are every so many of the schedule's, from 990 of 1000 on: at the last ones hardly a ten-thousandth of the lattice is left,
/// and a step over several would multiply the network's error by thousands.
struct PublishedProcess: UnitProcess {
  private let diffusion: PublishedDiffusion
  private let options: SymmCDConfiguration.Sampling
  private let parameters: Parameters
  private let times: [Int]
  private let packed: PackedSymmCDNetwork?
  let elementMask: [Bool]
  let conditions: PropertyEncoding

  /// Where fewer times than the schedule's begin, as a share of them.
  private static let latestStart = 0.99

  /// - Parameter isExact: whether the network is run as in training: the reference, and slower.
  init(_ method: SymmCD, _ diffusion: PublishedDiffusion, _ parameters: Parameters, isExact: Bool) {
    (self.diffusion, self.parameters, options) = (diffusion, parameters, method.options.sampling)
    (elementMask, conditions) = (method.elementMask, method.conditions)
    let (count, last) = (method.options.sampling.steps, method.options.diffusion.steps)
    let start = count == last ? last : max(count, Int(Self.latestStart * Double(last)))
    times = method.options.times(from: start)
    packed = isExact ? nil : PackedSymmCDNetwork(diffusion.network, parameters: parameters)
  }

  var steps: Int { times.count }
  private var corrects: Bool { options.corrector > 0 }
  var networkCalls: Int { corrects ? 2 * steps : steps }
  var drawsPositions: Bool { false }

  struct Course {
    /// (N) and (N, 15) classes as they are seen.
    var elements: [Int]
    var operations: [Int]
    /// What the network said at the last call.
    var output: SymmCDNetwork.Outputs<Matrix>?
    var workspace: PackedSymmCDNetwork.Workspace?
    var tape = Tape(isRecording: false)
  }

  func start(_ state: inout UnitState) -> Course {
    let (graph, axes) = (state.beliefs.graph, BeliefBatch.symmetryAxes)
    var course = Course(
      elements: [Int](repeating: 0, count: graph.sites), operations: [Int](repeating: 0, count: graph.sites * axes),
      workspace: packed.map { PackedSymmCDNetwork.Workspace($0) })
    for (b, range) in graph.ranges.enumerated() {
      let noise = state.randoms[b].normals(6)
      for c in 0..<6 { state.beliefs.lattice[b, c] = state.constraints[b][c] ?? noise[c] }
      for site in range.firstSite..<range.firstSite + range.sites {
        for c in 0..<3 { state.beliefs.coordinates[site, c] = Float(state.randoms[b].uniform()) }
        course.elements[site] = CategoricalDiffusion.draw(diffusion.elements, &state.randoms[b])
        for axis in 0..<axes {
          course.operations[site * axes + axis] = CategoricalDiffusion.draw(
            diffusion.operations(state.beliefs.spaceGroups[b], axis), &state.randoms[b])
        }
      }
    }
    show(course, in: &state)
    return course
  }

  /// The network's estimates at the time of a step, behind a Langevin step where there is one; at the end, what is seen.
  func estimate(step: Int, _ state: inout UnitState, _ course: inout Course) -> UnitPrediction {
    let k = BeliefBatch.elementClasses
    var prediction = UnitPrediction(
      coordinates: state.beliefs.coordinates.values, lattice: state.beliefs.lattice.values,
      elements: state.beliefs.elements.values, siteSymmetries: state.beliefs.siteSymmetries.values)
    guard step <= steps else { return prediction }
    let t = times[step - 1]
    for b in state.beliefs.times.indices { state.beliefs.times[b] = Float(t) / Float(diffusion.schedules.cosine.steps) }
    if corrects {
      let output = run(state.beliefs, &course)
      for (b, range) in state.beliefs.graph.ranges.enumerated() {
        let rows = 3 * range.firstSite..<3 * (range.firstSite + range.sites)
        let noise = t > 1 ? state.randoms[b].normals(rows.count) : []
        let x = diffusion.schedules.corrected(
          Array(state.beliefs.coordinates.values[rows]), output: Array(output.coordinates.values[rows]), noise: noise, t: t,
          rate: Double(options.corrector))
        state.beliefs.coordinates.values.replaceSubrange(rows, with: x)
      }
    }
    let output = run(state.beliefs, &course)
    course.output = output
    prediction.coordinates = state.beliefs.coordinates.values
    for site in 0..<state.beliefs.graph.sites {
      for c in 0..<k {
        prediction.elements[site * k + c] = c < SymmCDNetwork.elementClasses ? output.elements[site, c] : -1e9
      }
    }
    prediction.siteSymmetries = BeliefBatch.operationProbabilities(output.siteSymmetries)
    state.finishElements(&prediction)
    return prediction
  }

  /// To the next time: coordinates, lattice, and classes drawn from their posteriors.
  func advance(step i: Int, _ prediction: UnitPrediction, _ state: inout UnitState, _ course: inout Course) {
    guard let output = course.output else { return }
    let (t, s) = (times[i - 1], i < steps ? times[i] : 0)
    let (schedules, k, axes, ops) = (
      diffusion.schedules, BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses
    )
    let jump = CategoricalDiffusion.Jump(earlier: schedules.cosine.alphaBar(s), later: schedules.cosine.alphaBar(t))
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      let rows = 3 * range.firstSite..<3 * (range.firstSite + range.sites)
      let noise = s > 0 ? state.randoms[b].normals(6 + rows.count) : []
      let x = schedules.earlierCoordinates(
        Array(state.beliefs.coordinates.values[rows]), output: Array(output.coordinates.values[rows]),
        noise: Array(noise.dropFirst(6)), from: t, to: s)
      state.beliefs.coordinates.values.replaceSubrange(rows, with: x)
      let lattice = schedules.earlierLattice(
        (0..<6).map { state.beliefs.lattice[b, $0] }, output: (0..<6).map { output.lattice[b, $0] },
        noise: Array(noise.prefix(6)),
        from: t, to: s, constraint: state.constraints[b])
      for c in 0..<6 { state.beliefs.lattice[b, c] = lattice[c] }
      let shared = state.noiseSites(range)
      for j in 0..<range.sites {
        let site = range.firstSite + j
        // Sites of a blueprint that share their element share the draw.
        course.elements[site] =
          shared[j] == j
          ? draw(prediction.elements, site * k, diffusion.elements, course.elements[site], jump, &state.randoms[b])
          : course.elements[range.firstSite + shared[j]]
        for axis in 0..<axes {
          let place = site * axes + axis
          course.operations[place] = draw(
            prediction.siteSymmetries, place * ops, diffusion.operations(state.beliefs.spaceGroups[b], axis),
            course.operations[place], jump, &state.randoms[b])
        }
      }
    }
    show(course, in: &state)
  }

  /// A class at the next time.
  ///
  /// - Parameters:
  ///   - p: probabilities of the data's classes, from `offset` on.
  ///   - seen: the class at this time.
  private func draw(
    _ p: [Float], _ offset: Int, _ shares: [Double], _ seen: Int, _ jump: CategoricalDiffusion.Jump,
    _ random: inout RandomStream
  ) -> Int {
    let estimate = p[offset..<offset + shares.count].map { Double($0) }
    return CategoricalDiffusion.draw(
      CategoricalDiffusion.posterior(estimate: estimate, observed: seen, marginal: shares, jump), &random)
  }

  /// Writes the classes that are seen as the network's input.
  private func show(_ course: Course, in state: inout UnitState) {
    let (k, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryClasses)
    for (site, z) in course.elements.enumerated() {
      PublishedDiffusion.see(z, classes: k, in: &state.beliefs.elements, at: site * k)
    }
    for (place, operation) in course.operations.enumerated() {
      PublishedDiffusion.see(operation, classes: ops, in: &state.beliefs.siteSymmetries, at: place * ops)
    }
  }

  private func run(_ batch: BeliefBatch, _ course: inout Course) -> SymmCDNetwork.Outputs<Matrix> {
    guard let packed, var own = course.workspace.take() else {
      let outputs = diffusion.network.forward(batch, parameters, &course.tape)
      let tape = course.tape
      return outputs.map { tape[$0] }
    }
    packed.forward(batch, &own)
    let outputs = own.outputs
    course.workspace = own
    return outputs
  }
}
