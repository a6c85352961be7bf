import Crystals
import Networks
import Tensors

/// SymmCD as published: its network and its noise on one-hot classes, elements 1 to 94 and the operation of every axis by itself.
struct PublishedDiffusion: Sendable {
  let network: SymmCDNetwork
  let schedules: SymmCDSchedules
  private let terms: SymmCDLosses
  /// (94) shares of the sites of the training set.
  let elements: [Double]
  /// (231 x 15, 13) shares of the operations, by group and axis; even ones where there are none.
  let operations: [[Double]]

  init(_ options: SymmCDConfiguration, _ statistics: DatasetStatistics) {
    network = SymmCDNetwork(SymmCDNetworkOptions(options.network))
    let diffusion = options.diffusion
    schedules = SymmCDSchedules(steps: diffusion.steps, smallest: diffusion.leastSigma, largest: diffusion.largestSigma)
    terms = SymmCDLosses(weights: diffusion.weights)
    elements = Self.shares((1...SymmCDNetwork.elementClasses).map { statistics.elements[$0] })
    let classes = BeliefBatch.symmetryClasses
    operations = stride(from: 0, to: statistics.siteSymmetries.count, by: classes).map {
      Self.shares(Array(statistics.siteSymmetries[$0..<$0 + classes]))
    }
  }

  private static func shares(_ counts: [Int64]) -> [Double] {
    let total = counts.reduce(0, +)
    return counts.map { total > 0 ? Double($0) / Double(total) : 1 / Double(counts.count) }
  }

  /// (13) shares of the operations on an axis.
  func operations(_ group: Int, _ axis: Int) -> [Double] { operations[group * BeliefBatch.symmetryAxes + axis] }

  /// - Throws: `Rejection` with code `unknown_element` where an element has no class.
  static func check(_ examples: [[TrainingExample]]) throws(Rejection) {
    for example in examples {
      guard let z = example[0].elements.first(where: { $0 > SymmCDNetwork.elementClasses }) else { continue }
      throw Rejection(
        "unknown_element",
        "\(Element.symbol(Int(z))) is beyond the \(SymmCDNetwork.elementClasses) elements of SymmCD as published; "
          + "'form: informed' has \(BeliefBatch.elementClasses)")
    }
  }

  /// Writes which class is seen, alone in its columns.
  static func see(_ z: Int, classes: Int, in rows: inout Matrix, at offset: Int) {
    for c in 0..<classes { rows.values[offset &+ c] = c == z ? 1 : 0 }
  }

  /// Losses of crystals at random times; their gradient seeds the tape.
  func losses(
    _ examples: [TrainingExample], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters, _ tape: inout Tape
  ) -> LossTerms {
    let (batch, targets) = noised(examples, randoms)
    let outputs = network.forward(batch, parameters, &tape)
    var gradients = outputs.map { tape.zeros(like: $0) }
    let losses = terms.values(outputs.map { tape[$0] }, targets, share: share, gradients: &gradients)
    outputs.seed(gradients, on: &tape)
    return losses
  }

  /// Crystals with the noise of random times, and what the network is to say of them.
  func noised(_ examples: [TrainingExample], _ randoms: [RandomStream]) -> (batch: BeliefBatch, targets: SymmCDTargets) {
    var batch = BeliefBatch(spaceGroups: examples.map(\.spaceGroup), siteCounts: examples.map(\.siteCount))
    var targets = SymmCDTargets()
    let (k, axes, ops, steps) = (
      BeliefBatch.elementClasses, BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses, schedules.cosine.steps
    )
    for (b, example) in examples.enumerated() {
      var random = randoms[b]
      let range = batch.graph.ranges[b]
      let t = 1 + min(steps - 1, Int(random.uniform() * Double(steps)))
      batch.times[b] = Float(t) / Float(steps)
      let noise = random.normals(6 + 3 * range.sites)
      let (latticeNoise, shifts) = (Array(noise[..<6]), Array(noise[6...]))
      let lattice = schedules.noisyLattice(example.lattice, noise: latticeNoise, t: t, constraint: example.latticeConstraint)
      for c in 0..<6 { batch.lattice[b, c] = lattice[c] }
      let x = schedules.noisyCoordinates(example.positions, noise: shifts, t: t)
      for i in x.indices { batch.coordinates.values[3 * range.firstSite + i] = x[i] }
      targets.coordinates += schedules.scoreTarget(noise: shifts, t: t)
      targets.lattice += schedules.noiseTarget(noise: latticeNoise, constraint: example.latticeConstraint)
      targets.elements += example.elements.map { Int($0) - 1 }
      targets.siteSymmetries += example.siteSymmetries
      let left = schedules.cosine.alphaBar(t)
      for i in 0..<range.sites {
        let site = range.firstSite + i
        let z = CategoricalDiffusion.draw(
          CategoricalDiffusion.noisy(class: Int(example.elements[i]) - 1, marginal: elements, alphaBar: left), &random)
        Self.see(z, classes: k, in: &batch.elements, at: site * k)
        for axis in 0..<axes {
          let seen = CategoricalDiffusion.draw(
            CategoricalDiffusion.noisy(
              class: Int(example.siteSymmetries[i * axes + axis]), marginal: operations(example.spaceGroup, axis),
              alphaBar: left),
            &random)
          Self.see(seen, classes: ops, in: &batch.siteSymmetries, at: (site * axes + axis) * ops)
        }
      }
    }
    return (batch, targets)
  }
}
