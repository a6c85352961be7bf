public import Crystals
import Foundation
import Networks
public import Tensors

/// A trained SymmBFN: what sampling needs and nothing else.
public struct SymmBFNModel: Sendable {
  public let configuration: SymmBFNConfiguration
  public let network: SymmBFNNetwork
  /// The averaged parameters.
  public let parameters: Parameters
  /// Of the training set.
  public let statistics: DatasetStatistics

  public init(configuration: SymmBFNConfiguration, parameters: Parameters, statistics: DatasetStatistics) {
    self.configuration = configuration
    network = SymmBFNNetwork(configuration.network)
    precondition(parameters.values.count == network.layout.count)
    self.parameters = parameters
    self.statistics = statistics
  }
}

/// What one sample is to be.
public struct SampleRequest: Sendable, Equatable {
  /// Number of the sample in its run: its random stream.
  public let index: Int
  public let id: String
  public let spaceGroup: Int
  public let siteCount: Int
  /// Wyckoff positions and elements, or a template alone, where they are known beforehand.
  public let skeleton: Skeleton?

  public init(index: Int, spaceGroup: Int, siteCount: Int) {
    self.index = index
    id = "sample-\(index)"
    self.spaceGroup = spaceGroup
    self.siteCount = siteCount
    skeleton = nil
  }

  /// A sample whose Wyckoff positions, and elements or which sites share them, are those of a skeleton.
  public init(index: Int, id: String? = nil, skeleton: Skeleton) {
    self.index = index
    self.id = id ?? "sample-\(index)"
    spaceGroup = skeleton.spaceGroup
    siteCount = skeleton.sites.count
    self.skeleton = skeleton
  }

  /// Draws the skeleton of a sample of a composition.
  public init(index: Int, id: String? = nil, seed: UInt64, from sampler: SkeletonSampler) {
    var random = RandomStream(seed: seed, purpose: "skeleton", index: UInt64(index))
    self.init(index: index, id: id, skeleton: sampler.draw(&random))
  }

  /// Draws the space group and the number of sites from the training set's distribution.
  ///
  /// - Parameters:
  ///   - among: space groups to choose from; any where empty.
  ///   - templates: where templates come from.
  public init(
    index: Int, seed: UInt64, statistics: DatasetStatistics, among: [Int],
    templates: SymmBFNConfiguration.Templates = .network
  ) {
    var random = RandomStream(seed: seed, purpose: "request", index: UInt64(index))
    let group = statistics.drawSpaceGroup(among: among, &random)
    if templates == .training, let template = statistics.drawTemplate(spaceGroup: group, &random) {
      self.init(index: index, skeleton: Skeleton(template))
      return
    }
    self.init(
      index: index, spaceGroup: group, siteCount: statistics.drawSiteCount(spaceGroup: group, &random))
  }
}

/// A sample: the asymmetric unit as predicted (site symmetries not yet projected), with the last prediction's probabilities.
public struct PredictedUnit: Sendable {
  public let unit: AsymmetricUnit
  /// (m, 100) by element class.
  public let elementProbabilities: [Float]
  /// (m, 15, 13).
  public let siteSymmetryProbabilities: [Float]
}

/// The published sampler (Ruple et al. 2026, algorithm in Supplement B; Graves et al. 2023, algorithms 3 and 9).
///
/// Where a sample has a skeleton, its classes take the place of the predicted ones in every update: the beliefs about elements and
/// site symmetries are those of the Bayesian flow of known data, as in training (Graves et al. 2023, section 6). A network with
/// template features is told the skeleton's positions and shared elements at once instead (`BeliefBatch.know`).
public struct SymmBFNSampler: Sendable {
  let model: SymmBFNModel
  let steps: Int
  let sampling: SymmBFNConfiguration.Sampling
  let seed: UInt64
  private let elementMask: [Bool]
  private let flow: BayesianFlow
  /// Nil where Fourier parts are to be multiplied and not looked up.
  private let packed: PackedSymmBFN?
  /// (231, positions) of the training set; empty where the network says positions.
  let positionShares: [[Double]]
  private let hasPositions: Bool

  /// - Parameters:
  ///   - sampling: its `steps` is n; the network is called n + 1 times.
  ///   - isExact: whether the network is run as in training, Fourier parts multiplied and not looked up: the reference, and slower.
  public init(_ model: SymmBFNModel, sampling: SymmBFNConfiguration.Sampling, seed: UInt64, isExact: Bool = false) {
    self.model = model
    steps = sampling.steps
    self.sampling = sampling
    self.seed = seed
    hasPositions = model.configuration.network.positionFeatures
    flow = BayesianFlow(model.configuration.flow, model.statistics, network: model.configuration.network)
    elementMask = model.statistics.elementMask
    positionShares = hasPositions ? [] : SkeletonPrior(model.statistics).positions
    packed = isExact ? nil : PackedSymmBFN(model.network, parameters: model.parameters)
  }

  /// Beliefs on their way, with one random stream a sample.
  struct State {
    var beliefs: BeliefBatch
    /// (N, 3) means of the coordinates; wrapped as the update says.
    var coordinates: [Float]
    var elementLogits: [Float]
    var symmetryLogits: [Float]
    var randoms: [RandomStream]
    let constraints: [[Float?]]
    /// (N) the sites of skeletons; nil where the network says.
    let known: [Skeleton.Site?]

    /// (m) the site whose noise each site's element shares: the first known to be of its element, or itself.
    func noiseSites(_ range: EdgeKernels.Range) -> [Int] {
      Skeleton.firstSites(known[range.firstSite..<range.firstSite + range.sites].map { $0?.species })
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

  /// The network of one thread.
  struct Runner {
    private let model: SymmBFNModel
    private let packed: PackedSymmBFN?
    private var packedWorkspace: PackedSymmBFN.Workspace?
    private var workspace: SymmBFNNetwork.Workspace?

    init(_ model: SymmBFNModel, _ packed: PackedSymmBFN?) {
      (self.model, self.packed) = (model, packed)
      packedWorkspace = packed.map { PackedSymmBFN.Workspace($0) }
      workspace = packed == nil ? SymmBFNNetwork.Workspace(model.network, training: false) : nil
    }

    mutating func run(_ batch: BeliefBatch) -> SymmBFNNetwork.Outputs {
      if let packed, packedWorkspace != nil {
        packed.forward(batch, &packedWorkspace!)
        return packedWorkspace!.outputs
      }
      model.network.forward(batch, model.parameters, &workspace!)
      return workspace!.outputs
    }
  }

  /// Samples that are drawn together: `32 g ..< 32 (g + 1)`.
  ///
  /// A matrix product's last bits depend on a row's place among the others, and sampling amplifies them. So a sample always has
  /// the same neighbours: whatever part of a run is asked for, whole groups are drawn and what was not asked for is dropped.
  public static let groupSize = 32

  /// The groups that a range of samples lies in.
  public static func groups(of range: Range<Int>) -> Range<Int> {
    range.isEmpty ? 0..<0 : range.lowerBound / groupSize..<(range.upperBound + groupSize - 1) / groupSize
  }

  /// Draws one group of samples.
  ///
  /// - Parameter request: what the sample with a number is to be.
  /// - Returns: samples `32 group ..< 32 (group + 1)`.
  public func sample(group: Int, request: (Int) throws -> SampleRequest) rethrows -> [PredictedUnit] {
    let requests = try (group * Self.groupSize..<(group + 1) * Self.groupSize).map(request)
    return flushingDenormals { sample(requests) }
  }

  private func sample(_ requests: [SampleRequest]) -> [PredictedUnit] {
    let beliefs = BeliefBatch(
      spaceGroups: requests.map(\.spaceGroup), siteCounts: requests.map(\.siteCount))
    var state = State(
      beliefs: beliefs, coordinates: beliefs.coordinates.values,
      elementLogits: [Float](repeating: 0, count: beliefs.elements.values.count),
      symmetryLogits: [Float](repeating: 0, count: beliefs.siteSymmetries.values.count),
      randoms: requests.map { RandomStream(seed: seed, purpose: "sample", index: UInt64($0.index)) },
      constraints: requests.map { LatticeLogMetric.constraint(spaceGroup: $0.spaceGroup).map { $0.map { Float($0) } } },
      known: requests.flatMap { request in request.skeleton?.sites ?? [Skeleton.Site?](repeating: nil, count: request.siteCount)
      })
    tellTemplates(&state)
    var runner = Runner(model, packed)
    var precision = (coordinates: Float(1), lattice: Float(1))
    for i in 1...steps {
      let t = max(Float(i - 1) / Float(steps), model.configuration.flow.minimumTime)
      let prediction = predict(t, &state, &runner)
      update(step: i, prediction, &precision, &state)
    }
    return finish(predict(1, &state, &runner), requests, &state)
  }

  /// Tells the network the templates of skeletons, where it can be told.
  private func tellTemplates(_ state: inout State) {
    guard model.configuration.network.templateFeatures else { return }
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      let sites = state.known[range.firstSite..<range.firstSite + range.sites].compactMap { $0 }
      guard sites.count == range.sites else { continue }
      state.beliefs.know(crystal: b, positions: sites.map(\.position), species: sites.map(\.species))
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
    if model.configuration.readsDescription { flow.describe(&state.beliefs) }
    let outputs = runner.run(state.beliefs)
    let configuration = model.configuration.flow
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
          sampling.coordinateUpdate == .unwrapped
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
    if hasPositions {
      prediction.wyckoffPositions = flow.positionProbabilities(
        outputs.siteSymmetries, state.beliefs, temperature: sampling.temperature)
      prediction.siteSymmetries = flow.operationShares(prediction.wyckoffPositions, state.beliefs)
    } else {
      prediction.siteSymmetries = flow.operationProbabilities(
        outputs.siteSymmetries, state.beliefs, temperature: sampling.temperature)
    }
    if sampling.temperature != 1 {
      for i in prediction.elements.indices { prediction.elements[i] /= sampling.temperature }
    }
    flow.mask(&prediction.elements, rows: graph.sites, elementMask)
    Kernels.softmax(&prediction.elements, groups: graph.sites, classes: BeliefBatch.elementClasses)
    clamp(&prediction, to: state.known)
    return prediction
  }

  /// Makes what is known certain.
  private func clamp(_ prediction: inout Prediction, to known: [Skeleton.Site?]) {
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    for (site, known) in known.enumerated() {
      guard let known else { continue }
      if let z = known.atomicNumber {
        for c in 0..<k { prediction.elements[site * k + c] = c + 1 == z ? 1 : 0 }
      }
      for (axis, operation) in known.siteSymmetry.operations.enumerated() {
        let offset = (site * axes + axis) * ops
        for c in 0..<ops { prediction.siteSymmetries[offset + c] = c == operation ? 1 : 0 }
      }
      guard hasPositions else { continue }
      for p in 0..<BeliefBatch.positionClasses {
        prediction.wyckoffPositions[site * BeliefBatch.positionClasses + p] = p == known.position ? 1 : 0
      }
    }
  }

  /// The Bayesian update of step i: observations of the prediction at accuracy alpha_i.
  private func update(
    step i: Int, _ prediction: Prediction, _ precision: inout (coordinates: Float, lattice: Float), _ state: inout State
  ) {
    let flow = model.configuration.flow
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
      let drawn = draw(prediction, b, .draw, &state)
      let noiseSites = state.noiseSites(range)
      let places = placed(drawn, prediction, b, state, step: i)
      for s in 0..<range.sites {
        let (site, start) = (range.firstSite + s, 6 + s * perSite)
        for c in 0..<3 {
          let i = 3 * site + c
          state.coordinates[i] = sampling.coordinateUpdate.moved(
            state.coordinates[i], precision: precision.coordinates,
            towards: places[3 * s + c] + noise[start + c] / alphaX.squareRoot(), accuracy: alphaX)
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
    _ prediction: Prediction, _ requests: [SampleRequest], _ state: inout State
  ) -> [PredictedUnit] {
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    return requests.indices.map { b in
      let range = state.beliefs.graph.ranges[b]
      let rows = range.firstSite..<range.firstSite + range.sites
      let drawn = draw(prediction, b, sampling.finalChoice, &state)
      let places = onPositions(drawn, prediction, b, state)
      let sites = drawn.enumerated().map { s, site in
        let x = places[3 * s..<3 * s + 3].map { Double(wrapped($0)) }
        return Site(
          atomicNumber: UInt8(site.element + 1), position: Vector3(x[0], x[1], x[2]),
          siteSymmetry: SiteSymmetry(operations: site.code.map { UInt8($0) }),
          multiplicity: state.known[range.firstSite + s]?.multiplicity ?? 0)
      }
      let logMetric = LatticeLogMetric(k: prediction.lattice[6 * b..<6 * b + 6].map(Double.init))
      return PredictedUnit(
        unit: AsymmetricUnit(
          spaceGroup: requests[b].spaceGroup, latticeLogMetric: logMetric.constrained(to: requests[b].spaceGroup),
          sites: sites),
        elementProbabilities: Array(prediction.elements[rows.lowerBound * k..<rows.upperBound * k]),
        siteSymmetryProbabilities: Array(
          prediction.siteSymmetries[rows.lowerBound * axes * ops..<rows.upperBound * axes * ops]))
    }
  }
}
