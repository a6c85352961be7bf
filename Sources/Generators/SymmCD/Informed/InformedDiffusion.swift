import Crystals
import Foundation
import Networks
import Tensors

/// SymmCD's informed form: its network, and its noise (Levy et al. 2025, section 3), what a time does to lattice, coordinates, elements
/// and Wyckoff positions.
///
/// Elements and positions turn into draws from the training set's shares (Austin et al. 2021), of positions those of the group. What is
/// believed where a class z is seen follows with those shares as the prior: `alpha_bar e_z + (1 - alpha_bar) m`.
struct InformedDiffusion: Sendable {
  let network: UnitNetwork
  let options: SymmCDConfiguration.Diffusion
  let schedule: CosineSchedule
  let coordinates: GeometricSchedule
  let informed: InformedForm
  /// (100) shares of the sites of the training set.
  let elements: [Double]
  /// (231, positions) the same in each group.
  let positions: [[Double]]

  init(_ configuration: SymmCDConfiguration, _ statistics: DatasetStatistics) {
    options = configuration.diffusion
    network = UnitNetwork(
      configuration.network, form: .informed, conditions: PropertyEncoding.columns(configuration.conditioning))
    schedule = CosineSchedule(steps: options.steps)
    coordinates = GeometricSchedule(steps: options.steps, smallest: options.leastSigma, largest: options.largestSigma)
    informed = InformedForm(statistics)
    let counts = (1...BeliefBatch.elementClasses).map { Double(statistics.elements[$0]) }
    let total = max(1, counts.reduce(0, +))
    // Not quite never, for elements that a blueprint asks for.
    elements = counts.map { max(1e-9, $0 / total) }
    positions = informed.logPositionShares.map { $0.map { exp($0) } }
  }

  /// Levels of the noise at a time.
  struct Level {
    /// How much of lattice and classes is left, `alpha_bar`.
    let signal: Float
    /// Deviation of the coordinates' noise.
    let sigma: Float
  }

  func level(_ t: Int) -> Level { Level(signal: Float(schedule.alphaBar(t)), sigma: Float(coordinates.sigma(t))) }

  /// Writes what is believed of a site's class where z is seen.
  static func believe(
    _ z: Int, _ shares: [Double], _ signal: Float, into beliefs: inout Matrix, row: Int
  ) {
    for (c, share) in shares.enumerated() { beliefs[row, c] = (1 - signal) * Float(share) + (c == z ? signal : 0) }
  }

  /// What is believed of a component of the lattice that is seen as u, standardised by the training set's moments: with a normal prior
  /// the posterior mean is `sqrt(alpha_bar) u`, the variance `1 - alpha_bar`.
  func believe(
    lattice u: Float, component c: Int, fixed: Float?, _ signal: Float, into batch: inout BeliefBatch, crystal b: Int
  ) {
    let (m, s) = (informed.latticeMoments[2 * c], informed.latticeMoments[2 * c + 1])
    batch.latticeMeans[b, c] = fixed ?? m + s * signal.squareRoot() * u
    batch.latticeDeviations[b, c] = fixed == nil ? s * (1 - signal).squareRoot() : 0
    batch.lattice[b, c] = batch.latticeMeans[b, c]
  }

  /// A component of the lattice as a number of order one.
  func standardized(_ k: Float, component c: Int) -> Float {
    (k - informed.latticeMoments[2 * c]) / informed.latticeMoments[2 * c + 1]
  }

  /// Beliefs about crystals at random times, as training of the informed form sees them.
  ///
  /// - Parameter time: one for all; drawn evenly for each where nil.
  func beliefs(_ examples: [TrainingExample], randoms: [RandomStream], time: Int? = nil) -> (
    batch: BeliefBatch, levels: [Level]
  ) {
    var batch = BeliefBatch(spaceGroups: examples.map(\.spaceGroup), siteCounts: examples.map(\.siteCount))
    batch.observedPositions.resize(rows: batch.graph.sites)
    var levels: [Level] = []
    for (b, example) in examples.enumerated() {
      var random = randoms[b]
      let range = batch.graph.ranges[b]
      let t = time ?? 1 + min(schedule.steps - 1, Int(random.uniform() * Double(schedule.steps)))
      let level = level(t)
      levels.append(level)
      set(level, time: t, crystal: b, of: &batch)
      let noise = random.normals(6 + 3 * range.sites)
      for c in 0..<6 {
        let u = standardized(example.lattice[c], component: c)
        believe(
          lattice: level.signal.squareRoot() * u + (1 - level.signal).squareRoot() * noise[c], component: c,
          fixed: example.latticeConstraint[c], level.signal, into: &batch, crystal: b)
      }
      let shares = positions[example.spaceGroup]
      let seenElements = example.elements.map { seen(Int($0) - 1, elements, level, &random) }
      let seenPositions = example.wyckoffPositions.map { seen($0, shares, level, &random) }
      for i in 0..<range.sites {
        let site = range.firstSite + i
        for c in 0..<3 {
          batch.coordinates[site, c] = wrapped(example.positions[3 * i + c] + level.sigma * noise[6 + 3 * i + c])
        }
        // Sites that are known to share their element share what is seen of it.
        Self.believe(
          seenElements[example.knowsTemplate ? example.firstOfElement[i] : i], elements, level.signal, into: &batch.elements,
          row: site)
        Self.believe(seenPositions[i], shares, level.signal, into: &batch.observedPositions, row: site)
      }
    }
    batch.tell(examples)
    return (batch, levels)
  }

  /// Writes the level of a crystal's noise; the network is told 0 where all is noise and nearly 1 where hardly anything is.
  func set(_ level: Level, time t: Int, crystal b: Int, of batch: inout BeliefBatch) {
    batch.times[b] = 1 - Float(t) / Float(schedule.steps)
    batch.coordinateNoise[b] = GaussianObservation(scale: 1, variance: Double(level.sigma) * Double(level.sigma))
  }

  /// What is seen of a class: itself, or with the noise's share any.
  private func seen(_ x: Int, _ shares: [Double], _ level: Level, _ random: inout RandomStream) -> Int {
    Float(random.uniform()) < level.signal ? x : CategoricalDiffusion.draw(shares, &random)
  }
}
