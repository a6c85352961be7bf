import Crystals
import Foundation
import Networks
import Tensors

/// The published sampler (Ruple et al. 2026, algorithm in Supplement B; Graves et al. 2023, algorithms 3 and 9).
///
/// Where a blueprint has sites, their classes take the place of the predicted ones in every update: the beliefs about elements and
/// site symmetries are those of the Bayesian flow of known data, as in training (Graves et al. 2023, section 6). The network of the
/// informed form is told positions and shared elements at once instead (`BeliefBatch.know`). A lattice is there from the start.
public struct SymmBFNSampler: UnitSampler {
  let model: TrainedMethod<SymmBFN>
  public let steps: Int
  let seed: UInt64
  /// Nil where Fourier parts are to be multiplied and not looked up.
  private let packed: PackedSymmBFN?
  var form: SymmBFNConfiguration.Form { model.method.options.form }
  private var flow: BayesianFlow { model.method.flow }

  /// From when on sites are put where there is room for them at every step of the informed form, as a share of the steps.
  static let placementTime: Float = 0.4

  /// - Parameter isExact: whether the network is run as in training, Fourier parts multiplied and not looked up: the reference, and
  ///   slower.
  public init(_ model: TrainedMethod<SymmBFN>, seed: UInt64, isExact: Bool = false) {
    (self.model, self.seed, steps) = (model, seed, model.method.options.sampling.steps)
    packed = isExact ? nil : PackedSymmBFN(model.method.network, parameters: model.parameters)
  }

  public var networkCalls: Int { steps + 1 }

  /// Beliefs on their way, with one random stream a sample.
  struct State {
    var beliefs: BeliefBatch
    /// (N, 3) means of the coordinates; of the published form wrapped.
    var coordinates: [Float]
    var elementLogits: [Float]
    var symmetryLogits: [Float]
    var randoms: [RandomStream]
    let constraints: [[Float?]]
    /// (N) the sites of blueprints; nil where the network says.
    let known: [Blueprint.Site?]
    /// (B, 100) element classes that may occur in each crystal.
    let elementMasks: [[Bool]]

    /// (m) the site whose noise each site's element shares: the first known to be of its element, or itself.
    func noiseSites(_ range: EdgeKernels.Range) -> [Int] {
      ElementLabels.firstSites(known[range.firstSite..<range.firstSite + range.sites].map { $0?.elementLabel })
    }
  }

  /// What the network predicts at a step.
  struct Prediction {
    var coordinates: [Float]
    var lattice: [Float]
    var elements: [Float]
    var siteSymmetries: [Float]
    /// (N, 27) of Wyckoff positions; empty where the network says operations alone.
    var wyckoffPositions: [Float] = []
  }

  /// The network of one thread: packed, or as in training.
  struct Runner {
    private let model: TrainedMethod<SymmBFN>
    private let packed: PackedSymmBFN?
    private var packedWorkspace: PackedSymmBFN.Workspace?
    private var workspace: SymmBFNNetwork.Workspace?

    init(_ model: TrainedMethod<SymmBFN>, _ packed: PackedSymmBFN?) {
      (self.model, self.packed) = (model, packed)
      packedWorkspace = packed.map { PackedSymmBFN.Workspace($0) }
      workspace = packed == nil ? SymmBFNNetwork.Workspace(model.method.network, training: false) : nil
    }

    mutating func run(_ batch: BeliefBatch) -> SymmBFNNetwork.Outputs {
      // Taken out while it works, so that it has one owner and no array is copied.
      if let packed, var own = packedWorkspace.take() {
        packed.forward(batch, &own)
        packedWorkspace = own
        return own.outputs
      }
      var own = workspace.take() ?? SymmBFNNetwork.Workspace(model.method.network, training: false)
      model.method.network.forward(batch, model.parameters, &own)
      workspace = own
      return own.outputs
    }
  }

  public func sample(group: Int, blueprint: (Int) throws -> Blueprint) rethrows -> [PredictedUnit] {
    let samples = SampleGroup.samples(of: group)
    let blueprints = try samples.map(blueprint)
    return flushingDenormals { sample(Array(samples), blueprints) }
  }

  private func sample(_ indices: [Int], _ blueprints: [Blueprint]) -> [PredictedUnit] {
    let groups = blueprints.map { blueprint in
      guard let group = blueprint.spaceGroup else { preconditionFailure("a blueprint without a space group") }
      return group
    }
    let counts = blueprints.map { blueprint in
      guard let count = blueprint.siteCount else { preconditionFailure("a blueprint without a number of sites") }
      return count
    }
    let beliefs = BeliefBatch(spaceGroups: groups, siteCounts: counts)
    var state = State(
      beliefs: beliefs, coordinates: beliefs.coordinates.values,
      elementLogits: [Float](repeating: 0, count: beliefs.elements.values.count),
      symmetryLogits: [Float](repeating: 0, count: beliefs.siteSymmetries.values.count),
      randoms: indices.map { RandomStream(seed: seed, purpose: "sample", index: UInt64($0)) },
      constraints: zip(groups, blueprints).map { group, blueprint in
        if let lattice = blueprint.lattice { return lattice.constrained(to: group).k.map { Float($0) } }
        return LatticeLogMetric.constraint(spaceGroup: group).map { $0.map { Float($0) } }
      },
      known: zip(counts, blueprints).flatMap { count, blueprint in
        blueprint.sites.isEmpty ? [Blueprint.Site?](repeating: nil, count: count) : blueprint.sites
      },
      elementMasks: blueprints.map { blueprint in
        let own = model.method.elementMask.enumerated().map { $1 && blueprint.allows(element: UInt8($0 + 1)) }
        // Nothing of what may occur has been seen: as the blueprint says.
        return own.contains(true) ? own : own.indices.map { blueprint.allows(element: UInt8($0 + 1)) }
      })
    tellTemplates(&state)
    var runner = Runner(model, packed)
    var precision = (coordinates: Float(1), lattice: Float(1))
    for i in 1...steps {
      let t = max(Float(i - 1) / Float(steps), model.method.options.flow.minimumTime)
      let prediction = predict(t, &state, &runner)
      update(step: i, prediction, &precision, &state)
    }
    return finish(predict(1, &state, &runner), groups, &state)
  }

  /// Tells the network the sites of blueprints, where it can be told.
  private func tellTemplates(_ state: inout State) {
    guard form == .informed else { return }
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      let sites = state.known[range.firstSite..<range.firstSite + range.sites].compactMap { $0 }
      guard sites.count == range.sites else { continue }
      state.beliefs.know(crystal: b, positions: sites.map(\.wyckoffPosition), species: sites.map(\.elementLabel))
      let width = BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses
      // So certain that no noise changes it.
      for i in range.firstSite * width..<(range.firstSite + range.sites) * width {
        state.symmetryLogits[i] = 1e6 * state.beliefs.siteSymmetries.values[i]
      }
    }
  }

  /// One call of the network: estimates of the data, probabilities of the classes.
  private func predict(
    _ t: Float, _ state: inout State, _ runner: inout Runner
  ) -> Prediction {
    for b in state.beliefs.times.indices { state.beliefs.times[b] = t }
    let graph = state.beliefs.graph
    if form == .informed { flow.describe(&state.beliefs) }
    let outputs = runner.run(state.beliefs)
    let configuration = model.method.options.flow
    var prediction = Prediction(
      coordinates: flow.coordinateOutputs(outputs.coordinates, state.beliefs).values, lattice: outputs.lattice.values,
      elements: flow.elementLogits(outputs.elements, state.beliefs).logits, siteSymmetries: [])
    var gamma = BayesianFlow.gamma(t, sigma: configuration.sigmaCoordinates)
    for site in 0..<graph.sites {
      for c in 0..<3 {
        let i = 3 * site + c
        let estimate = flow.coordinateEstimate(
          state.beliefs, site: site, component: c, output: prediction.coordinates[i], gamma: gamma
        ).estimate
        prediction.coordinates[i] =
          form == .informed
          ? flow.image(of: estimate, mean: state.coordinates[i], gamma: gamma) : wrapped(estimate)
      }
    }
    gamma = BayesianFlow.gamma(t, sigma: configuration.sigmaLattice)
    for b in graph.ranges.indices {
      for c in 0..<6 {
        prediction.lattice[6 * b + c] =
          state.constraints[b][c]
          ?? flow.latticeEstimate(
            mean: state.beliefs.lattice.values[6 * b + c], output: prediction.lattice[6 * b + c], component: c, gamma: gamma
          ).estimate
      }
    }
    if form == .informed {
      prediction.wyckoffPositions = flow.positionProbabilities(outputs.siteSymmetries, state.beliefs)
      prediction.siteSymmetries = flow.operationShares(prediction.wyckoffPositions, state.beliefs)
    } else {
      prediction.siteSymmetries = flow.operationProbabilities(outputs.siteSymmetries, state.beliefs)
    }
    for (b, range) in graph.ranges.enumerated() {
      flow.mask(&prediction.elements, firstRow: range.firstSite, rows: range.sites, state.elementMasks[b])
    }
    Kernels.softmax(&prediction.elements, groups: graph.sites, classes: BeliefBatch.elementClasses)
    clamp(&prediction, to: state.known)
    return prediction
  }

  /// Makes what is known certain.
  private func clamp(_ prediction: inout Prediction, to known: [Blueprint.Site?]) {
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    for (site, known) in known.enumerated() {
      guard let known else { continue }
      if let z = known.element {
        for c in 0..<k { prediction.elements[site * k + c] = c + 1 == z ? 1 : 0 }
      }
      for (axis, operation) in known.siteSymmetry.operations.enumerated() {
        let offset = (site * axes + axis) * ops
        for c in 0..<ops { prediction.siteSymmetries[offset + c] = c == operation ? 1 : 0 }
      }
      guard form == .informed else { continue }
      for p in 0..<BeliefBatch.positionClasses {
        prediction.wyckoffPositions[site * BeliefBatch.positionClasses + p] = p == known.wyckoffPosition ? 1 : 0
      }
    }
  }

  /// The Bayesian update of step i: observations of the prediction at accuracy alpha_i.
  private func update(
    step i: Int, _ prediction: Prediction, _ precision: inout (coordinates: Float, lattice: Float), _ state: inout State
  ) {
    let flow = model.method.options.flow
    let alphaX = accuracy(step: i, sigma: flow.sigmaCoordinates)
    let alphaK = accuracy(step: i, sigma: flow.sigmaLattice)
    let discrete = Float(2 * i - 1) / Float(steps * steps)
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      let perSite = 3 + k + axes * ops
      var noise = [Float](repeating: 0, count: 6 + range.sites * perSite)
      var span = noise.mutableSpan
      state.randoms[b].fillNormal(&span)
      for c in 0..<6 {
        let y = prediction.lattice[6 * b + c] + noise[c] / alphaK.squareRoot()
        let mean = state.beliefs.lattice.values[6 * b + c]
        state.beliefs.lattice.values[6 * b + c] =
          state.constraints[b][c] ?? (precision.lattice * mean + alphaK * y) / (precision.lattice + alphaK)
      }
      let drawn = draw(prediction, b, &state)
      let noiseSites = state.noiseSites(range)
      let places = placed(drawn, prediction, b, state, step: i)
      for s in 0..<range.sites {
        let (site, start) = (range.firstSite + s, 6 + s * perSite)
        for c in 0..<3 {
          let i = 3 * site + c
          let y = places[3 * s + c] + noise[start + c] / alphaX.squareRoot()
          let rho = precision.coordinates
          let average = (rho * state.coordinates[i] + alphaX * y) / (rho + alphaX)
          // On the line, as the beliefs of training are; wrapped, as published, a mean of 0.98 and an observation of 0.02 make 0.5.
          state.coordinates[i] = form == .informed ? average : wrapped(average)
        }
        BayesianFlow.observe(
          drawn[s].element, classes: k, accuracy: flow.betaElements * discrete, logits: &state.elementLogits, offset: site * k,
          noise: noise, noiseOffset: 6 + noiseSites[s] * perSite + 3)
        // A template that was told is certain already.
        guard state.beliefs.knownPositions[site] == nil else { continue }
        for axis in 0..<axes {
          let offset = (site * axes + axis) * ops
          BayesianFlow.observe(
            drawn[s].code[axis], classes: ops, accuracy: flow.betaSiteSymmetry * discrete, logits: &state.symmetryLogits,
            offset: offset, noise: noise, noiseOffset: start + 3 + k + axis * ops)
        }
      }
    }
    precision.coordinates += alphaX
    precision.lattice += alphaK
    let sites = state.beliefs.graph.sites
    state.beliefs.coordinates.values = state.coordinates.map { wrapped($0) }
    state.beliefs.elements.values = state.elementLogits
    Kernels.softmax(&state.beliefs.elements.values, groups: sites, classes: k)
    guard state.beliefs.knownPositions.contains(nil) else { return }
    state.beliefs.siteSymmetries.values = state.symmetryLogits
    Kernels.softmax(&state.beliefs.siteSymmetries.values, groups: sites * axes, classes: ops)
  }

  /// `alpha_i = sigma^(-2i/n) (1 - sigma^(2/n))`.
  private func accuracy(step i: Int, sigma: Float) -> Float {
    let (s, n) = (Double(sigma), Double(steps))
    return Float(pow(s, -2 * Double(i) / n) * (1 - pow(s, 2 / n)))
  }

  /// Draws the sample from the last prediction.
  private func finish(
    _ prediction: Prediction, _ spaceGroups: [Int], _ state: inout State
  ) -> [PredictedUnit] {
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    return spaceGroups.indices.map { b in
      let range = state.beliefs.graph.ranges[b]
      let rows = range.firstSite..<range.firstSite + range.sites
      let drawn = draw(prediction, b, &state)
      let places = onPositions(drawn, prediction, b, state)
      let positions = SpaceGroup.numbered(spaceGroups[b]).wyckoffPositions
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
        unit: AsymmetricUnit(
          spaceGroup: spaceGroups[b], latticeLogMetric: logMetric.constrained(to: spaceGroups[b]),
          sites: sites),
        elementProbabilities: Array(prediction.elements[rows.lowerBound * k..<rows.upperBound * k]),
        siteSymmetryProbabilities: Array(
          prediction.siteSymmetries[rows.lowerBound * axes * ops..<rows.upperBound * axes * ops]))
    }
  }
}
