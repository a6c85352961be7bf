import Crystals
import Foundation
import Networks
import Tensors

/// Classes drawn from predictions, and sites kept apart.
extension SymmBFNSampler {
  /// Draws the classes of a crystal's sites.
  func draw(_ prediction: Prediction, _ crystal: Int, _ state: inout State) -> [(element: Int, code: [Int])] {
    let (k, range) = (BeliefBatch.elementClasses, state.beliefs.graph.ranges[crystal])
    var taken: Set<Int> = []
    return (range.firstSite..<range.firstSite + range.sites).map { site in
      let weights = prediction.elements.span.extracting(site * k..<(site + 1) * k)
      return (
        state.randoms[crystal].index(weights: weights), drawCode(prediction, crystal, site: site, taken: &taken, .draw, &state)
      )
    }
  }

  /// (3 m) where a crystal's sites are predicted; from the time of placement on, where `AsymmetricUnit.reconstruct` puts them, so
  /// that lattice and elements can still follow. As predicted where that fails.
  func placed(
    _ drawn: [(element: Int, code: [Int])], _ prediction: Prediction, _ b: Int, _ state: State, step i: Int
  ) -> [Float] {
    let range = state.beliefs.graph.ranges[b]
    var places = Array(prediction.coordinates[3 * range.firstSite..<3 * (range.firstSite + range.sites)])
    guard Float(i) > sampling.placementTime * Float(steps) else { return places }
    let sites = drawn.enumerated().map { s, site in
      let x = places[3 * s..<3 * s + 3].map { Double(wrapped($0)) }
      return Site(
        atomicNumber: UInt8(site.element + 1), position: Vector3(x[0], x[1], x[2]),
        siteSymmetry: SiteSymmetry(operations: site.code.map { UInt8($0) }), multiplicity: 0)
    }
    let unit = AsymmetricUnit(
      spaceGroup: state.beliefs.spaceGroups[b],
      latticeLogMetric: LatticeLogMetric(k: prediction.lattice[6 * b..<6 * b + 6].map(Double.init)), sites: sites)
    guard let result = try? unit.reconstruct(.quick) else { return places }
    for (site, source) in zip(result.unit.sites, result.sources) {
      for c in 0..<3 {
        places[3 * source + c] += minimumImage(from: wrapped(places[3 * source + c]), to: Float(site.position[c]))
      }
    }
    return places
  }

  /// Draws a site's operations on all axes.
  ///
  /// - Parameters:
  ///   - taken: Wyckoff positions for one site that others have; added to.
  ///   - choice: whether the most probable position is taken, where the network says positions.
  func drawCode(
    _ prediction: Prediction, _ crystal: Int, site: Int, taken: inout Set<Int>,
    _ choice: SymmBFNConfiguration.FinalChoice, _ state: inout State
  ) -> [Int] {
    let (axes, ops) = (BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    let group = state.beliefs.spaceGroups[crystal]
    if !prediction.wyckoffPositions.isEmpty {
      if let known = state.known[site] { return known.siteSymmetry.operations.map { Int($0) } }
      let positions = WyckoffPosterior.of(spaceGroup: group)
      let classes = BeliefBatch.positionClasses
      var weights = Array(prediction.wyckoffPositions[site * classes..<(site + 1) * classes])
      for p in taken { weights[p] *= 1e-9 }
      let p = choose(weights, 0, positions.count, choice, &state.randoms[crystal])
      if positions.isPoint(p) { taken.insert(p) }
      return positions.codes[p]
    }
    let first = site * axes * ops
    switch sampling.codeDraw {
    case .axes:
      return (0..<axes).map { axis in
        let offset = first + axis * ops
        return state.randoms[crystal].index(weights: prediction.siteSymmetries.span.extracting(offset..<offset + ops))
      }
    case .positions:
      if let known = state.known[site] { return known.siteSymmetry.operations.map { Int($0) } }
      let codes = CodeShares.of(spaceGroup: group)
      let start = codes.posterior(prior: positionShares[group], beliefs: state.beliefs.siteSymmetries.values, offset: first)
      let shares = codes.fit(from: start, rounds: 3) { Double(prediction.siteSymmetries[first + $0 * ops + $1]) }.map {
        Float($0)
      }
      return codes.codes[state.randoms[crystal].index(weights: shares.span)]
    }
  }

  func choose(
    _ p: [Float], _ offset: Int, _ classes: Int, _ choice: SymmBFNConfiguration.FinalChoice, _ random: inout RandomStream
  ) -> Int {
    switch choice {
    case .draw: return random.index(weights: p.span.extracting(offset..<offset + classes))
    case .mostProbable: return (0..<classes).max { p[offset + $0] < p[offset + $1] } ?? 0
    }
  }
}
