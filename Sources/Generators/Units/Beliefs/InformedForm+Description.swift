import Crystals
import Foundation
import Networks
import Tensors

extension InformedForm {
  /// Fills in what the beliefs say of the crystal as a whole: `positions` and `deviations` of the sites by their Wyckoff positions,
  /// `composition`, and `geometry`.
  ///
  /// Geometry, in numbers of order one: the six components of the lattice (linear posterior means, standardised), the site's ln
  /// multiplicity, ln of the number of atoms in the cell, ln of the volume an atom (18 cubic angstrom is 0, a factor e^0.4 is 1),
  /// of that volume over the atoms' own (cubes of their covalent radii), and of the deviations. The volume is `exp(3 k6)`.
  func describe(_ batch: inout BeliefBatch) {
    batch.directions.resize(rows: batch.graph.edges)
    for (b, range) in batch.graph.ranges.enumerated() {
      let lattice = (0..<6).map { c in
        (estimate: batch.latticeMeans[b, c], deviation: latticeMoments[2 * c + 1], mean: latticeMoments[2 * c])
      }
      let positions = WyckoffPosterior.of(spaceGroup: batch.spaceGroups[b])
      let beliefs = (0..<range.sites).map { belief(batch, crystal: b, site: range.firstSite + $0, positions) }
      describePositions(&batch, crystal: b, positions, beliefs.map(\.shares))
      describeBalances(&batch, crystal: b, beliefs.map { Int($0.multiplicity.rounded()) })
      let metric = LatticeLogMetric(k: lattice.map { Double($0.estimate) }).constrained(to: batch.spaceGroups[b])
      describeDirections(&batch, crystal: b, positions, beliefs, metric.lattice)
      let count = beliefs.reduce(0) { $0 + $1.multiplicity }
      let atoms = log(count)
      let bulk = gatherComposition(&batch, crystal: b, beliefs.map { Float($0.multiplicity / count) })
      let volume = (3 * Double(lattice[5].estimate) - atoms - log(18)) / 0.4
      for i in 0..<range.sites {
        let site = range.firstSite + i
        for (c, k) in lattice.enumerated() { batch.geometry[site, c] = min(5, max(-5, (k.estimate - k.mean) / k.deviation)) }
        batch.geometry[site, 6] = Float(beliefs[i].logMultiplicity - 2)
        batch.geometry[site, 7] = Float(atoms - 2.5)
        batch.geometry[site, 8] = Float(min(8, max(-8, volume)))
        for c in 0..<3 {
          batch.positions[site, c] = Float(beliefs[i].position[c])
          batch.deviations[site, c] = Float(beliefs[i].deviation[c])
          batch.geometry[site, 10 + c] = 0.25 * log(0.001 + batch.deviations[site, c])
        }
        batch.geometry[site, 9] = Float(min(8, max(-8, volume - log(Double(bulk) / 2.7) / 0.4)))
      }
    }
    batch.operations.values = Self.operationShares(batch.wyckoffPositions.values, batch)
  }

  /// What is believed of a site's Wyckoff position and place.
  private func belief(_ batch: BeliefBatch, crystal b: Int, site: Int, _ positions: WyckoffPosterior) -> WyckoffPosterior.Belief
  {
    let observed = batch.observedPositions
    let width = BeliefBatch.symmetryAxes * BeliefBatch.symmetryClasses
    return positions.belief(
      symmetry: observed.rows > 0 ? nil : batch.siteSymmetries.values[site * width..<(site + 1) * width],
      mean: Vector3(
        Double(batch.coordinates[site, 0]), Double(batch.coordinates[site, 1]), Double(batch.coordinates[site, 2])),
      noise: batch.coordinateNoise[b],
      logPrior: observed.rows > 0
        ? (0..<positions.count).map { log(Double(max(Self.leastBelief, observed[site, $0]))) }
        : logPositionShares[batch.spaceGroups[b]],
      known: batch.knownPositions[site])
  }

  /// Fills a crystal's rows of `wyckoffPositions` and `vacancies`.
  private func describePositions(
    _ batch: inout BeliefBatch, crystal b: Int, _ positions: WyckoffPosterior, _ shares: [[Double]]
  ) {
    let range = batch.graph.ranges[b]
    for (i, own) in shares.enumerated() {
      for (p, share) in own.enumerated() { batch.wyckoffPositions[range.firstSite + i, p] = Float(share) }
    }
    for p in 0..<positions.count where positions.isPoint(p) {
      let all = shares.reduce(0) { $0 + $1[p] }
      for (i, own) in shares.enumerated() {
        batch.vacancies[range.firstSite + i, p] = Float(log(max(0.02, 1.02 - (all - own[p]))))
      }
    }
  }

  /// Fills a crystal's row of `composition` from its sites' beliefs, weighted by their shares of the atoms.
  ///
  /// - Returns: the mean cube of the atoms' covalent radii, cubic angstrom.
  private func gatherComposition(_ batch: inout BeliefBatch, crystal b: Int, _ shares: [Float]) -> Float {
    let (k, range) = (BeliefBatch.elementClasses, batch.graph.ranges[b])
    for c in 0..<k { batch.composition[b, c] = 0 }
    for (i, share) in shares.enumerated() {
      let site = range.firstSite + i
      for c in 0..<k { batch.composition.values[b &* k &+ c] += share * batch.elements.values[site &* k &+ c] }
    }
    return (0..<k).reduce(0) { $0 + batch.composition[b, $1] * Self.cubedRadii[$1] }
  }

  /// (100) cubes of the covalent radii, cubic angstrom.
  private static let cubedRadii = (1...BeliefBatch.elementClasses).map { Float(pow(Element.covalentRadius($0), 3)) }
}
