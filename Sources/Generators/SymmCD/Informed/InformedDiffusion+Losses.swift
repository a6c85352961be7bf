import Networks
import Tensors

extension InformedDiffusion {
  /// The four losses, each a mean: coordinates, elements and site symmetries over sites, lattice over crystals; their gradient seeds the
  /// tape.
  ///
  /// Squares of errors over the noise's variance (of coordinates `(1 + 1 / sigma^2) d^2`, of the lattice, standardised,
  /// `d^2 / (1 - alpha_bar)`), and `-ln p` of the right element and Wyckoff position where they are not told.
  ///
  /// - Parameters:
  ///   - read: the outputs as `UnitNetwork.read` has them.
  ///   - share: N and B that means are taken over, of the whole batch where this is a part of it.
  ///   - elementMask: (100) classes that may occur.
  func losses(
    _ batch: BeliefBatch, _ levels: [Level], _ examples: [TrainingExample], _ read: UnitNetwork.Outputs<Tape.Value>,
    share: BatchShare, elementMask: [Bool], _ tape: inout Tape
  ) -> LossTerms {
    let (moved, lattice) = (tape[read.coordinates], tape[read.lattice])
    let (k, classes) = (BeliefBatch.elementClasses, BeliefBatch.positionClasses)
    var elements = tape[read.elements].values
    BeliefBatch.mask(&elements, rows: batch.graph.sites, elementMask)
    Kernels.softmax(&elements, groups: batch.graph.sites, classes: k)
    let positions = InformedForm.positionProbabilities(tape[read.siteSymmetries], batch).positions
    var gradients = read.map { tape.zeros(like: $0) }
    var losses = LossTerms.none(4)
    let weights = options.weights
    let (perSite, perCrystal) = (1 / Float(share.rows), 1 / Float(share.examples))
    for (b, example) in examples.enumerated() {
      let (level, range) = (levels[b], batch.graph.ranges[b])
      for c in 0..<6 where example.latticeConstraint[c] == nil {
        let (estimate, slope) = InformedForm.estimate(
          mean: batch.latticeMeans[b, c], deviation: batch.latticeDeviations[b, c], output: lattice[b, c])
        let d = estimate - example.lattice[c]
        let s = informed.latticeMoments[2 * c + 1]
        let latticeScale = perCrystal / (s * s * (1 - level.signal))
        losses.values[1] += Double(latticeScale * d * d)
        gradients.lattice[b, c] = 2 * latticeScale * d * slope * weights.lattice
      }
      let coordinateScale = perSite * (1 + 1 / (level.sigma * level.sigma))
      for i in 0..<range.sites {
        let site = range.firstSite + i
        for c in 0..<3 {
          let (estimate, slope) = InformedForm.coordinateEstimate(
            batch, site: site, component: c, output: moved[site, c], noise: batch.coordinateNoise[b])
          let d = minimumImage(from: example.positions[3 * i + c], to: estimate)
          losses.values[0] += Double(coordinateScale * d * d)
          gradients.coordinates[site, c] = 2 * coordinateScale * d * slope * weights.coordinates
        }
        if batch.knownElements[site] == nil {
          losses.values[2] += InformedForm.crossEntropy(
            elements, offset: site * k, classes: k, target: Int(example.elements[i]) - 1, scale: perSite,
            weight: weights.elements, gradient: &gradients.elements.values)
        }
        if batch.knownPositions[site] == nil {
          losses.values[3] += InformedForm.crossEntropy(
            positions, offset: site * classes, classes: classes, target: example.wyckoffPositions[i], scale: perSite,
            weight: weights.siteSymmetry, gradient: &gradients.siteSymmetries.values)
        }
      }
    }
    losses.objective = losses.total(weights.inOrder)
    read.seed(gradients, on: &tape)
    return losses
  }
}
