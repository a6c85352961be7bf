import Crystals
import Foundation
import Networks
import Tensors

/// Classes drawn from predictions, and sites kept apart: shared by all processes.
extension UnitState {
  /// What is drawn of a site at a step.
  struct DrawnSite {
    let element: Int
    /// Operation of each axis.
    let code: [Int]
    /// Index into the group's Wyckoff positions, where they are what is drawn.
    let position: Int?
  }

  /// Draws the classes of a crystal's sites.
  ///
  /// - Parameter drawsPositions: whether operations are those of Wyckoff positions drawn; else every axis is drawn by itself, though
  ///   the axes may contradict each other.
  mutating func draw(_ prediction: UnitPrediction, crystal: Int, drawsPositions: Bool) -> [DrawnSite] {
    let range = beliefs.graph.ranges[crystal]
    var taken: Set<Int> = []
    var elements: [Int: Int] = [:]
    return (range.firstSite..<range.firstSite + range.sites).map { site in
      let label = known[site]?.elementLabel
      let element =
        label.flatMap { elements[$0] }
        ?? drawElement(prediction, site, not: label == nil ? [] : Array(elements.values), crystal)
      if let label { elements[label] = element }
      let (code, position) = drawCode(prediction, crystal, site: site, taken: &taken, drawsPositions)
      return DrawnSite(element: element, code: code, position: position)
    }
  }

  /// - Parameter others: elements that are known to be others'.
  private mutating func drawElement(_ prediction: UnitPrediction, _ site: Int, not others: [Int], _ crystal: Int) -> Int {
    let k = BeliefBatch.elementClasses
    guard !others.isEmpty else { return choose(prediction.elements, site * k, k, crystal) }
    var weights = Array(prediction.elements[site * k..<(site + 1) * k])
    for c in others { weights[c] *= 1e-9 }
    return choose(weights, 0, k, crystal)
  }

  /// (3 m) where a crystal's sites are put: `placed`, or before there is reason for it `onPositions`.
  func places(_ drawn: [DrawnSite], _ prediction: UnitPrediction, crystal b: Int, isPlacing: Bool) -> [Float] {
    isPlacing ? placed(drawn, prediction, crystal: b) : onPositions(drawn, prediction, crystal: b)
  }

  /// (3 m) where a crystal's sites are predicted, moved to the positions drawn where positions are drawn: the mean of two
  /// points is neither.
  func onPositions(_ drawn: [DrawnSite], _ prediction: UnitPrediction, crystal b: Int) -> [Float] {
    let range = beliefs.graph.ranges[b]
    var places = Array(prediction.coordinates[3 * range.firstSite..<3 * (range.firstSite + range.sites)])
    let positions = WyckoffPosterior.of(spaceGroup: beliefs.spaceGroups[b])
    for (s, site) in drawn.enumerated() {
      guard let position = site.position else { continue }
      let x = Vector3(Double(places[3 * s]), Double(places[3 * s + 1]), Double(places[3 * s + 2]))
      let projected = positions.projected(x, on: position)
      for c in 0..<3 { places[3 * s + c] = Float(projected[c]) }
    }
    return places
  }

  /// (3 m) where `AsymmetricUnit.reconstruct` puts a crystal's sites, so that lattice and elements can still follow; `onPositions`
  /// where that fails.
  private func placed(_ drawn: [DrawnSite], _ prediction: UnitPrediction, crystal b: Int) -> [Float] {
    var places = onPositions(drawn, prediction, crystal: b)
    let sites = drawn.enumerated().map { s, site in
      let x = places[3 * s..<3 * s + 3].map { Double(wrapped($0)) }
      return Site(
        atomicNumber: UInt8(site.element + 1), position: Vector3(x[0], x[1], x[2]),
        siteSymmetry: SiteSymmetry(operations: site.code.map { UInt8($0) }),
        multiplicity: known[beliefs.graph.ranges[b].firstSite + s]?.multiplicity ?? 0)
    }
    let unit = AsymmetricUnit(
      spaceGroup: beliefs.spaceGroups[b],
      latticeLogMetric: LatticeLogMetric(k: prediction.lattice[6 * b..<6 * b + 6].map(Double.init)), sites: sites)
    guard let result = try? unit.reconstruct(.quick) else { return places }
    for (site, source) in zip(result.unit.sites, result.sources) {
      for c in 0..<3 {
        places[3 * source + c] += minimumImage(from: wrapped(places[3 * source + c]), to: Float(site.position[c]))
      }
    }
    return places
  }

  /// Draws a site's operations, and its Wyckoff position where positions are drawn.
  ///
  /// - Parameter taken: Wyckoff positions for one site that others have; added to.
  private mutating func drawCode(
    _ prediction: UnitPrediction, _ crystal: Int, site: Int, taken: inout Set<Int>, _ drawsPositions: Bool
  ) -> (code: [Int], position: Int?) {
    let (axes, ops) = (BeliefBatch.symmetryAxes, BeliefBatch.symmetryClasses)
    let group = beliefs.spaceGroups[crystal]
    let first = site * axes * ops
    guard drawsPositions else {
      let code = (0..<axes).map { choose(prediction.siteSymmetries, first + $0 * ops, ops, crystal) }
      return (code, nil)
    }
    if let known = known[site] {
      return (known.siteSymmetry.operations.map { Int($0) }, known.wyckoffPosition)
    }
    let positions = WyckoffPosterior.of(spaceGroup: group)
    let classes = BeliefBatch.positionClasses
    var weights = Array(prediction.wyckoffPositions[site * classes..<(site + 1) * classes])
    for p in taken { weights[p] *= 1e-9 }
    let p = choose(weights, 0, positions.count, crystal)
    if positions.isPoint(p) { taken.insert(p) }
    return (positions.codes[p], p)
  }

  private mutating func choose(_ p: [Float], _ offset: Int, _ classes: Int, _ crystal: Int) -> Int {
    randoms[crystal].index(weights: p.span.extracting(offset..<offset + classes))
  }

  /// Makes logits of elements probabilities of those that may occur, and what is known certain.
  func finishElements(_ prediction: inout UnitPrediction) {
    for (b, range) in beliefs.graph.ranges.enumerated() {
      BeliefBatch.mask(&prediction.elements, firstRow: range.firstSite, rows: range.sites, elementMasks[b])
    }
    Kernels.softmax(&prediction.elements, groups: beliefs.graph.sites, classes: BeliefBatch.elementClasses)
    clamp(&prediction)
  }

  /// Makes what is known certain.
  func clamp(_ prediction: inout UnitPrediction) {
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
      guard !prediction.wyckoffPositions.isEmpty else { continue }
      for p in 0..<BeliefBatch.positionClasses {
        prediction.wyckoffPositions[site * BeliefBatch.positionClasses + p] = p == known.wyckoffPosition ? 1 : 0
      }
    }
  }
}
