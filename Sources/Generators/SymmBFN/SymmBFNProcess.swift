import Crystals
import Foundation
import Networks
import Tensors

/// The published sampler (Ruple et al. 2026, algorithm in Supplement B; Graves et al. 2023, algorithms 3 and 9), and that of the
/// informed form.
///
/// Where a blueprint has sites, their classes take the place of the predicted ones in every update: the beliefs about elements and
/// site symmetries are those of the Bayesian flow of known data, as in training (Graves et al. 2023, section 6). The network of the
/// informed form is told positions and shared elements at once instead (`BeliefBatch.know`). A lattice is there from the start.
struct SymmBFNProcess: UnitProcess {
  let model: TrainedMethod<SymmBFN>
  let steps: Int
  /// Nil where Fourier parts are to be multiplied and not looked up.
  private let packed: PackedUnitNetwork?
  private var form: UnitForm { model.method.options.form }
  private var flow: BayesianFlow { model.method.flow }

  /// - Parameter isExact: whether the network is run as in training, Fourier parts multiplied and not looked up: the reference, and
  ///   slower.
  init(_ model: TrainedMethod<SymmBFN>, isExact: Bool) {
    (self.model, steps) = (model, model.method.options.sampling.steps)
    packed = isExact ? nil : PackedUnitNetwork(model.method.network, parameters: model.parameters)
  }

  var networkCalls: Int { steps + 1 }
  var elementMask: [Bool] { model.method.elementMask }
  var drawsPositions: Bool { form == .informed }
  var conditions: PropertyEncoding { model.method.conditions }

  struct Course {
    /// (N, 3) means of the coordinates; of the published form wrapped.
    var coordinates: [Float]
    var elementLogits: [Float]
    var symmetryLogits: [Float]
    var precision = (coordinates: Float(1), lattice: Float(1))
    var runner: UnitNetworkRunner
  }

  /// Tells the network the sites of blueprints, where it can be told.
  func start(_ state: inout UnitState) -> Course {
    var course = Course(
      coordinates: state.beliefs.coordinates.values,
      elementLogits: [Float](repeating: 0, count: state.beliefs.elements.values.count),
      symmetryLogits: [Float](repeating: 0, count: state.beliefs.siteSymmetries.values.count),
      runner: UnitNetworkRunner(model.method.network, model.parameters, packed))
    guard form == .informed else { return course }
    let width = BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      guard let sites = state.knownSites(ofCrystal: b) else { continue }
      state.beliefs.know(crystal: b, positions: sites.map(\.wyckoffPosition), species: sites.map(\.elementLabel))
      // So certain that no noise changes it.
      for i in range.firstSite * width..<(range.firstSite + range.sites) * width {
        course.symmetryLogits[i] = 1e6 * state.beliefs.siteSymmetries.values[i]
      }
      guard model.method.options.flow.knownElements > 0 else { continue }
      state.beliefs.know(crystal: b, elements: sites.map(\.element))
      for (site, element) in zip(range.firstSite..., sites.map(\.element)) {
        if let element { course.elementLogits[site * BeliefBatch.elementClasses + Int(element) - 1] = 1e6 }
      }
    }
    return course
  }

  /// One call of the network: estimates of the data, probabilities of the classes.
  func estimate(step: Int, _ state: inout UnitState, _ course: inout Course) -> UnitPrediction {
    let options = model.method.options
    let t = step > steps ? 1 : max(Float(step - 1) / Float(steps), options.flow.minimumTime)
    for b in state.beliefs.times.indices { state.beliefs.times[b] = t }
    flow.describe(&state.beliefs)
    let outputs = course.runner.guided(state.beliefs, by: options.sampling.guidance, unknown: conditions.unknown)
    let gamma = BayesianFlow.gamma(t, sigma: options.flow.sigmaCoordinates)
    guard form == .published else {
      return InformedForm.prediction(outputs, state) { i, _ in course.coordinates[i] / gamma }
    }
    var prediction = UnitPrediction(
      coordinates: outputs.coordinates.values, lattice: outputs.lattice.values, elements: outputs.elements.values,
      siteSymmetries: BeliefBatch.operationProbabilities(outputs.siteSymmetries))
    for site in 0..<state.beliefs.graph.sites {
      for c in 0..<3 {
        let i = 3 * site + c
        prediction.coordinates[i] = wrapped(
          flow.coordinateEstimate(
            state.beliefs, site: site, component: c, output: prediction.coordinates[i], gamma: gamma
          ).estimate)
      }
    }
    let latticeGamma = BayesianFlow.gamma(t, sigma: options.flow.sigmaLattice)
    for b in state.beliefs.graph.ranges.indices {
      for c in 0..<6 {
        prediction.lattice[6 * b + c] =
          state.constraints[b][c]
          ?? flow.latticeEstimate(
            state.beliefs, crystal: b, component: c, output: prediction.lattice[6 * b + c], gamma: latticeGamma
          ).estimate
      }
    }
    state.finishElements(&prediction)
    return prediction
  }

  /// The Bayesian update of step i: observations of the prediction at accuracy alpha_i.
  func advance(step i: Int, _ prediction: UnitPrediction, _ state: inout UnitState, _ course: inout Course) {
    let flow = model.method.options.flow
    let alphaX = accuracy(step: i, sigma: flow.sigmaCoordinates)
    let alphaK = accuracy(step: i, sigma: flow.sigmaLattice)
    let isPlacing = form == .informed && InformedForm.isPlacing(step: i, of: steps)
    let discrete = Float(2 * i - 1) / Float(steps * steps)
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    for (b, range) in state.beliefs.graph.ranges.enumerated() {
      let perSite = 3 + k + axes * ops
      let noise = state.randoms[b].normals(6 + range.sites * perSite)
      for c in 0..<6 {
        let y = prediction.lattice[6 * b + c] + noise[c] / alphaK.squareRoot()
        let mean = state.beliefs.lattice.values[6 * b + c]
        state.beliefs.lattice.values[6 * b + c] =
          state.constraints[b][c] ?? (course.precision.lattice * mean + alphaK * y) / (course.precision.lattice + alphaK)
      }
      let drawn = state.draw(prediction, crystal: b, drawsPositions: drawsPositions)
      let noiseSites = state.noiseSites(range)
      let places = state.places(drawn, prediction, crystal: b, isPlacing: isPlacing)
      for s in 0..<range.sites {
        let (site, start) = (range.firstSite + s, 6 + s * perSite)
        for c in 0..<3 {
          let i = 3 * site + c
          let y = places[3 * s + c] + noise[start + c] / alphaX.squareRoot()
          let rho = course.precision.coordinates
          let average = (rho * course.coordinates[i] + alphaX * y) / (rho + alphaX)
          // On the line, as the beliefs of training are; wrapped, as published, a mean of 0.98 and an observation of 0.02 make 0.5.
          course.coordinates[i] = form == .informed ? average : wrapped(average)
        }
        BayesianFlow.observe(
          drawn[s].element, classes: k, accuracy: flow.betaElements * discrete, logits: &course.elementLogits, offset: site * k,
          noise: noise, noiseOffset: 6 + noiseSites[s] * perSite + 3)
        // A template that was told is certain already.
        guard state.beliefs.knownPositions[site] == nil else { continue }
        for axis in 0..<axes {
          let offset = (site * axes + axis) * ops
          BayesianFlow.observe(
            drawn[s].code[axis], classes: ops, accuracy: flow.betaSiteSymmetry * discrete, logits: &course.symmetryLogits,
            offset: offset, noise: noise, noiseOffset: start + 3 + k + axis * ops)
        }
      }
    }
    course.precision.coordinates += alphaX
    course.precision.lattice += alphaK
    let sites = state.beliefs.graph.sites
    state.beliefs.coordinates.values = course.coordinates.map { wrapped($0) }
    state.beliefs.elements.values = course.elementLogits
    Kernels.softmax(&state.beliefs.elements.values, groups: sites, classes: k)
    guard state.beliefs.knownPositions.contains(nil) else { return }
    state.beliefs.siteSymmetries.values = course.symmetryLogits
    Kernels.softmax(&state.beliefs.siteSymmetries.values, groups: sites * axes, classes: ops)
  }

  /// `alpha_i = sigma^(-2i/n) (1 - sigma^(2/n))`.
  private func accuracy(step i: Int, sigma: Float) -> Float {
    let (s, n) = (Double(sigma), Double(steps))
    return Float(pow(s, -2 * Double(i) / n) * (1 - pow(s, 2 / n)))
  }
}
