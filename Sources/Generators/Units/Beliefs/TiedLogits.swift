import Networks
import Tensors

/// The sites' outputs for the elements, (N, 100) or more columns, to the logits of their probabilities, (N, 100).
///
/// Sites that are known to share their element have one belief and so get the same logits: the mean of their outputs, less what
/// the beliefs say of the others' being that element, `sum over other elements' sites of ln(1 - p)`, each element once, and where
/// there is a 102nd output, its mean times the charge balance.
///
/// Of other sites, where there is a 101st output g: `logits + g ln(q + 0.001)`, q the mean belief of the crystal's other sites. Most
/// crystals have fewer elements than sites, and so a site can say so in one number and not in a hundred.
///
/// Of the published form that is all; of the informed one the site's own belief is added (`InformedForm.addBeliefs`).
struct TiedLogits: Operation {
  private let batch: BeliefBatch
  private let form: UnitForm
  /// Of each crystal, its sites by element where its template is known; else empty.
  private let species: [[[Int]]]
  private let k = BeliefBatch.elementClasses

  init(_ batch: BeliefBatch, _ form: UnitForm) {
    (self.batch, self.form) = (batch, form)
    species = batch.graph.ranges.indices.map { batch.species(ofCrystal: $0) }
  }

  /// (N, 100) what g multiplies; empty without g.
  typealias Kept = [Float]

  func makeKept() -> [Float] { [] }

  func shape(_ x: [Matrix]) -> (rows: Int, columns: Int) { (x[0].rows, k) }

  func forward(_ x: [Matrix], _ parameters: Parameters, _ copies: inout [Float], into y: inout Matrix) {
    let x = x[0]
    copies = x.columns > k ? self.copies() : []
    for site in 0..<x.rows {
      for c in 0..<k { y.values[site &* k &+ c] = x.values[site &* x.columns &+ c] }
      guard !copies.isEmpty else { continue }
      for c in 0..<k { y.values[site &* k &+ c] += x[site, k] * copies[site &* k &+ c] }
    }
    for species in species { tie(x, species, into: &y) }
    if form == .informed { InformedForm.addBeliefs(batch.elements.values, to: &y.values) }
  }

  func backward(_ x: [Matrix], _ dy: inout Matrix, _ copies: [Float], into dx: inout [Matrix], _ pass: inout BackwardPass) {
    guard dx[0].rows > 0 else { return }
    let columns = x[0].columns
    for (range, species) in zip(batch.graph.ranges, species) {
      for sites in species {
        for c in 0..<k {
          var mean: Float = 0
          for site in sites { mean += dy.values[site &* k &+ c] }
          mean /= Float(sites.count)
          for site in sites {
            dx[0].values[site &* columns &+ c] += mean
            if columns > k + 1 { dx[0][site, k + 1] += mean * batch.balances.values[sites[0] &* k &+ c] }
          }
        }
      }
      guard species.isEmpty else { continue }
      for site in range.firstSite..<range.firstSite + range.sites {
        for c in 0..<k { dx[0].values[site &* columns &+ c] += dy.values[site &* k &+ c] }
        guard !copies.isEmpty else { continue }
        for c in 0..<k { dx[0][site, k] += dy.values[site &* k &+ c] * copies[site &* k &+ c] }
      }
    }
  }

  /// Makes the logits of sites that share their element the same.
  private func tie(_ x: Matrix, _ species: [[Int]], into y: inout Matrix) {
    // (species, 100) ln(1 - p).
    var vacancies = species.flatMap { sites in (0..<k).map { 1 - batch.elements.values[sites[0] &* k &+ $0] } }
    Kernels.logarithm(&vacancies, floor: Self.leastVacancy)
    for (number, sites) in species.enumerated() {
      let charge = x.columns > k + 1 ? sites.reduce(0) { $0 + x[$1, k + 1] } / Float(sites.count) : 0
      for c in 0..<k {
        var sum: Float = 0
        for site in sites { sum += x.values[site &* x.columns &+ c] }
        sum /= Float(sites.count)
        sum += charge * batch.balances.values[sites[0] &* k &+ c]
        for other in species.indices where other != number { sum += vacancies[other &* k &+ c] }
        for site in sites { y.values[site &* k &+ c] = sum }
      }
    }
  }

  /// Another element's belief of one counts as one less this.
  private static let leastVacancy: Float = 0.001

  /// (N, 100) `ln(q + 0.001)`, 0 where a site is alone or the template is known.
  private func copies() -> [Float] {
    var copies = [Float](repeating: 1, count: batch.graph.sites * k)
    for (range, species) in zip(batch.graph.ranges, species) where range.sites > 1 && species.isEmpty {
      let rows = range.firstSite..<range.firstSite + range.sites
      for c in 0..<k {
        let sum = rows.reduce(0) { $0 + batch.elements.values[$1 &* k &+ c] }
        for site in rows {
          let others = max(0, sum - batch.elements.values[site &* k &+ c]) / Float(range.sites - 1)
          copies[site &* k &+ c] = others + 0.001
        }
      }
    }
    Kernels.logarithm(&copies, floor: .leastNormalMagnitude)
    return copies
  }
}
