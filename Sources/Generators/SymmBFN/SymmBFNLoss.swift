import Foundation
import Networks
import Tensors

/// The four losses of a batch, each a mean: coordinates, elements and site symmetries over sites (symmetries over axes too),
/// lattice over crystals. They count squares whatever is trained, so that runs can be compared.
///
/// The gradient is that of their weighted sum; of the informed form elements and site symmetries count in it by `-ln e_hat` of the
/// right class, so that classes thought impossible keep a gradient.
extension BayesianFlow {
  /// Beliefs about crystals at random times, as training sees them.
  ///
  /// - Parameters:
  ///   - examples: what is to be learnt, and the random stream of each.
  ///   - time: a fixed time for all; drawn uniformly for each where nil.
  func beliefs(_ examples: [TrainingExample], randoms: [RandomStream], time: Float? = nil) -> BeliefBatch {
    var batch = BeliefBatch(
      spaceGroups: examples.map(\.spaceGroup), siteCounts: examples.map(\.siteCount))
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    for (b, example) in examples.enumerated() {
      var random = randoms[b]
      let range = batch.graph.ranges[b]
      let t = time ?? max(configuration.minimumTime, Float(random.uniform()))
      batch.times[b] = t
      let perSite = 3 + k + axes * ops
      let noise = random.normals(6 + range.sites * perSite)
      noiseLattice(example, t, noise, row: b, &batch)
      let gamma = Self.gamma(t, sigma: configuration.sigmaCoordinates)
      for i in 0..<range.sites {
        let (site, start) = (range.firstSite + i, 6 + i * perSite)
        for c in 0..<3 {
          let mean = Self.belief(example.positions[3 * i + c], gamma: gamma, noise: noise[start + c])
          batch.coordinates[site, c] = t <= configuration.minimumTime ? 0 : wrapped(mean)
        }
        let (e, s) = (site * k, site * axes * ops)
        for c in 0..<k { batch.elements.values[e + c] = 0 }
        Self.observe(
          Int(example.elements[i]) - 1, classes: k, accuracy: configuration.betaElements * t * t,
          logits: &batch.elements.values, offset: e, noise: noise,
          noiseOffset: (example.knowsTemplate ? 6 + example.firstOfElement[i] * perSite : start) + 3)
        for c in 0..<axes * ops { batch.siteSymmetries.values[s + c] = 0 }
        for axis in 0..<axes {
          Self.observe(
            Int(example.siteSymmetries[i * axes + axis]), classes: ops,
            accuracy: configuration.betaSiteSymmetry * t * t, logits: &batch.siteSymmetries.values,
            offset: s + axis * ops, noise: noise, noiseOffset: start + 3 + k + axis * ops)
        }
      }
    }
    Kernels.softmax(&batch.elements.values, groups: batch.graph.sites, classes: k)
    Kernels.softmax(&batch.siteSymmetries.values, groups: batch.graph.sites * axes, classes: ops)
    batch.tell(examples)
    return batch
  }

  private func noiseLattice(
    _ example: TrainingExample, _ t: Float, _ noise: [Float], row: Int, _ batch: inout BeliefBatch
  ) {
    guard t > configuration.minimumTime else { return }
    let gamma = Self.gamma(t, sigma: configuration.sigmaLattice)
    for c in 0..<6 {
      let fixed = example.latticeConstraint[c]
      batch.lattice[row, c] = fixed ?? Self.belief(example.lattice[c], gamma: gamma, noise: noise[c])
    }
  }

  /// Losses of a batch; their gradient seeds the tape.
  ///
  /// Continuous: `-ln sigma sigma^(-2t) |x_hat - x|^2`, coordinates by the minimum image; discrete:
  /// `K beta(1) t |e - e_hat|^2` (Graves et al. 2023, eqs. 94 and 205; the journal text of SymmBFN, eq. 10).
  ///
  /// - Parameters:
  ///   - read: the outputs as `UnitNetwork.read` has them.
  ///   - share: N and B that means are taken over, of the whole batch where this is a part of it.
  ///   - elementMask: classes that may occur.
  func losses(
    _ batch: BeliefBatch, _ examples: [TrainingExample], _ read: UnitNetwork.Outputs<Tape.Value>, share: BatchShare,
    elementMask: [Bool], _ tape: inout Tape
  ) -> LossTerms {
    let (moved, lattice) = (tape[read.coordinates], tape[read.lattice])
    let (k, axes, ops) = (BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    var elements = tape[read.elements].values
    BeliefBatch.mask(&elements, rows: batch.graph.sites, elementMask)
    Kernels.softmax(&elements, groups: batch.graph.sites, classes: k)
    let (positions, symmetries) =
      form == .informed
      ? InformedForm.positionProbabilities(tape[read.siteSymmetries], batch)
      : ([], BeliefBatch.operationProbabilities(tape[read.siteSymmetries]))
    var gradients = read.map { tape.zeros(like: $0) }
    // Of the informed form positions are trained in place of operations.
    var operationGradient = [Float](repeating: 0, count: symmetries.count)
    var losses = LossTerms.none(4)
    let perSite = 1 / Float(share.rows)
    let weights = configuration.weights
    for (b, example) in examples.enumerated() {
      let (t, range) = (batch.times[b], batch.graph.ranges[b])
      losses.values[1] += latticeLoss(batch, example, lattice, row: b, scale: 1 / Float(share.examples), &gradients.lattice)
      let elementScale = Float(k) * configuration.betaElements * t * perSite
      let symmetryScale = Float(ops) * configuration.betaSiteSymmetry * t * perSite / Float(axes)
      for i in 0..<range.sites {
        let site = range.firstSite + i
        losses.values[0] += coordinateLoss(
          batch, example, moved, site: site, index: i, t: t, scale: perSite, &gradients.coordinates)
        if batch.knownElements[site] == nil {
          let element = classLoss(
            elements, offset: site * k, classes: k, target: Int(example.elements[i]) - 1, scale: elementScale,
            weight: weights.elements * elementWeight(t), gradient: &gradients.elements.values)
          losses.values[2] += element.squared
          losses.objective += element.trained
        }
        for axis in 0..<axes {
          let operation = classLoss(
            symmetries, offset: (site * axes + axis) * ops, classes: ops,
            target: Int(example.siteSymmetries[i * axes + axis]), scale: symmetryScale,
            weight: positions.isEmpty ? weights.siteSymmetry : 0, gradient: &operationGradient)
          losses.values[3] += operation.squared
          losses.objective += operation.trained
        }
        if !positions.isEmpty {
          losses.objective +=
            Double(weights.siteSymmetry)
            * InformedForm.crossEntropy(
              positions, offset: site * BeliefBatch.positionClasses, classes: BeliefBatch.positionClasses,
              target: example.wyckoffPositions[i], scale: perSite, weight: weights.siteSymmetry,
              gradient: &gradients.siteSymmetries.values)
        }
      }
    }
    losses.objective += Double(weights.coordinates) * losses.values[0] + Double(weights.lattice) * losses.values[1]
    if positions.isEmpty { gradients.siteSymmetries.values = operationGradient }
    read.seed(gradients, on: &tape)
    return losses
  }

  /// What the weight of a time is multiplied by in what is trained of elements.
  private func elementWeight(_ t: Float) -> Float {
    switch configuration.elementWeighting {
    case .likelihood: 1
    case .uniform: 0.5 / max(t, configuration.minimumTime)
    }
  }

  private func latticeLoss(
    _ batch: BeliefBatch, _ example: TrainingExample, _ output: Matrix, row: Int, scale: Float, _ gradient: inout Matrix
  ) -> Double {
    let t = batch.times[row]
    let gamma = Self.gamma(t, sigma: configuration.sigmaLattice)
    let factor = -log(configuration.sigmaLattice) / (1 - gamma) * scale
    var loss = 0.0
    for c in 0..<6 where example.latticeConstraint[c] == nil {
      let (estimate, slope) = latticeEstimate(
        batch, crystal: row, component: c, output: output[row, c], gamma: gamma)
      let d = estimate - example.lattice[c]
      loss += Double(factor * d * d)
      gradient[row, c] = 2 * factor * d * slope * configuration.weights.lattice
    }
    return loss
  }

  private func coordinateLoss(
    _ batch: BeliefBatch, _ example: TrainingExample, _ moved: Matrix, site: Int, index: Int, t: Float,
    scale: Float, _ gradient: inout Matrix
  ) -> Double {
    let gamma = Self.gamma(t, sigma: configuration.sigmaCoordinates)
    let factor = -log(configuration.sigmaCoordinates) / (1 - gamma) * scale
    var loss = 0.0
    for c in 0..<3 {
      let (estimate, slope) = coordinateEstimate(
        batch, site: site, component: c, output: moved[site, c], gamma: gamma)
      let d = minimumImage(from: example.positions[3 * index + c], to: estimate)
      loss += Double(factor * d * d)
      gradient[site, c] = 2 * factor * d * slope * configuration.weights.coordinates
    }
    return loss
  }

  /// The loss of one set of classes: `scale |e - p|^2`, and what is trained, weighted: that or `-scale ln p` of the right one.
  ///
  /// Gradients go to the logits: `p_c (g_c - sum g p)` with g = 2 scale (p - e), or `scale (p - e)`.
  private func classLoss(
    _ p: [Float], offset: Int, classes: Int, target: Int, scale: Float, weight: Float, gradient: inout [Float]
  ) -> (squared: Double, trained: Double) {
    var sum: Float = 0
    var inner: Float = 0
    for c in 0..<classes {
      let d = p[offset &+ c] - (c == target ? 1 : 0)
      sum += d * d
      inner += d * p[offset &+ c]
    }
    let isSquared = form == .published
    for c in 0..<classes {
      let d = p[offset &+ c] - (c == target ? 1 : 0)
      gradient[offset &+ c] = scale * weight * (isSquared ? 2 * p[offset &+ c] * (d - inner) : d)
    }
    let squared = Double(scale * sum)
    let trained = isSquared ? squared : -Double(scale) * log(max(1e-30, Double(p[offset + target])))
    return (squared, Double(weight) * trained)
  }
}
