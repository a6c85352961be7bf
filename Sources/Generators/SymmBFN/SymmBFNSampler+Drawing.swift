import Crystals
import Foundation
import Networks
import Tensors

/// Classes drawn from predictions, and sites kept apart.
extension SymmBFNSampler {
  /// What is drawn of a site at a step.
  struct DrawnSite {
    let element: Int
    /// Operation of each axis.
    let code: [Int]
    /// Index into the group's Wyckoff positions, where they are what is drawn.
    let position: Int?
  }

  /// Draws the classes of a crystal's sites.
  func draw(_ prediction: Prediction, _ crystal: Int, _ state: inout State) -> [DrawnSite] {
    let range = state.beliefs.graph.ranges[crystal]
    var taken: Set<Int> = []
    var elements: [Int: Int] = [:]
    return (range.firstSite..<range.firstSite + range.sites).map { site in
      let species = state.known[site]?.elementLabel
      let element =
        species.flatMap { elements[$0] }
        ?? drawElement(prediction, site, not: species == nil ? [] : Array(elements.values), &state.randoms[crystal])
      if let species { elements[species] = element }
      let (code, position) = drawCode(prediction, crystal, site: site, taken: &taken, &state)
      return DrawnSite(element: element, code: code, position: position)
    }
  }

  /// - Parameter others: elements of species known to be other ones.
  private func drawElement(
    _ prediction: Prediction, _ site: Int, not others: [Int], _ random: inout RandomStream
  ) -> Int {
    let k = BeliefBatch.elementClasses
    guard !others.isEmpty else { return choose(prediction.elements, site * k, k, &random) }
    var weights = Array(prediction.elements[site * k..<(site + 1) * k])
    for c in others { weights[c] *= 1e-9 }
    return choose(weights, 0, k, &random)
  }

  /// (3 m) where a crystal's sites are predicted, moved to the positions drawn where the network says positions: the mean of two
  /// points is neither.
  func onPositions(_ drawn: [DrawnSite], _ prediction: Prediction, _ b: Int, _ state: State) -> [Float] {
    let range = state.beliefs.graph.ranges[b]
    var places = Array(prediction.coordinates[3 * range.firstSite..<3 * (range.firstSite + range.sites)])
    let positions = WyckoffPosterior.of(spaceGroup: state.beliefs.spaceGroups[b])
    for (s, site) in drawn.enumerated() {
      guard let position = site.position else { continue }
      let x = Vector3(Double(places[3 * s]), Double(places[3 * s + 1]), Double(places[3 * s + 2]))
      let projected = positions.projected(x, on: position)
      for c in 0..<3 { places[3 * s + c] = Float(projected[c]) }
    }
    return places
  }

  /// (3 m) `onPositions`; from the time of placement on, where `AsymmetricUnit.reconstruct` puts them, so
  /// that lattice and elements can still follow. As predicted where that fails.
  func placed(
    _ drawn: [DrawnSite], _ prediction: Prediction, _ b: Int, _ state: State, step i: Int
  ) -> [Float] {
    var places = onPositions(drawn, prediction, b, state)
    guard form == .informed, Float(i) > Self.placementTime * Float(steps) else { return places }
    let sites = drawn.enumerated().map { s, site in
      let x = places[3 * s..<3 * s + 3].map { Double(wrapped($0)) }
      return Site(
        atomicNumber: UInt8(site.element + 1), position: Vector3(x[0], x[1], x[2]),
        siteSymmetry: SiteSymmetry(operations: site.code.map { UInt8($0) }),
        multiplicity: state.known[state.beliefs.graph.ranges[b].firstSite + s]?.multiplicity ?? 0)
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

  /// Draws a site's operations: as published on every axis by itself, though the axes may contradict each other; of the informed form
  /// those of the Wyckoff position drawn.
  ///
  /// - Parameter taken: Wyckoff positions for one site that others have; added to.
  private func drawCode(
    _ prediction: Prediction, _ crystal: Int, site: Int, taken: inout Set<Int>, _ state: inout State
  ) -> (code: [Int], position: Int?) {
    let (axes, ops) = (BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    let group = state.beliefs.spaceGroups[crystal]
    let first = site * axes * ops
    if form == .published {
      let code = (0..<axes).map { choose(prediction.siteSymmetries, first + $0 * ops, ops, &state.randoms[crystal]) }
      return (code, nil)
    }
    if let known = state.known[site] {
      return (known.siteSymmetry.operations.map { Int($0) }, known.wyckoffPosition)
    }
    let positions = WyckoffPosterior.of(spaceGroup: group)
    let classes = BeliefBatch.positionClasses
    var weights = Array(prediction.wyckoffPositions[site * classes..<(site + 1) * classes])
    for p in taken { weights[p] *= 1e-9 }
    let p = choose(weights, 0, positions.count, &state.randoms[crystal])
    if positions.isPoint(p) { taken.insert(p) }
    return (positions.codes[p], p)
  }

  func choose(_ p: [Float], _ offset: Int, _ classes: Int, _ random: inout RandomStream) -> Int {
    random.index(weights: p.span.extracting(offset..<offset + classes))
  }
}
