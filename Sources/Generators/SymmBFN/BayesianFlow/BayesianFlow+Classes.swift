import Foundation
import Networks
import Tensors

/// Elements and site symmetries: observations of classes, and their probabilities from the network's outputs.
extension BayesianFlow {
  /// Adds a noisy observation of class `k` to log-beliefs: `beta (K e_k - 1) + sqrt(beta K) noise`.
  ///
  /// - Parameters:
  ///   - logits: log-beliefs, the K from `offset` on.
  ///   - noise: K standard normal deviates from `noiseOffset` on.
  static func observe(
    _ k: Int, classes: Int, accuracy: Float, logits: inout [Float], offset: Int, noise: [Float], noiseOffset: Int
  ) {
    let scale = (accuracy * Float(classes)).squareRoot()
    for c in 0..<classes { logits[offset &+ c] += scale * noise[noiseOffset &+ c] - accuracy }
    logits[offset + k] += accuracy * Float(classes)
  }

  /// Makes the network's outputs for classes the logits of their probabilities. Of the published form they are that; of the informed
  /// one they are logits given everything but the site's own belief, the likelihood of its noisy observations, so that the sum is
  /// Bayes' rule.
  ///
  /// - Parameter beliefs: probabilities, shaped as the outputs.
  func addBeliefs(_ beliefs: [Float], to outputs: inout [Float]) {
    guard form == .informed else { return }
    var logarithms = beliefs
    Kernels.logarithm(&logarithms, floor: Self.leastBelief)
    Kernels.add(logarithms, to: &outputs)
  }

  /// (N, 15 x 13) probabilities of the operations of every axis by itself.
  func operationProbabilities(_ output: Matrix, _ batch: BeliefBatch) -> [Float] {
    var probabilities = output.values
    addBeliefs(batch.siteSymmetries.values, to: &probabilities)
    Kernels.softmax(
      &probabilities, groups: batch.graph.sites * BeliefBatch.symmetryAxes, classes: BeliefBatch.symmetryClasses)
    return probabilities
  }

  /// Smaller ones count as this.
  static let leastBelief: Float = 1e-20

  /// The logits of the elements' probabilities from the network's outputs, with what was copied.
  ///
  /// Sites that are known to share their element have one belief and so get the same logits: the mean of their outputs, less what
  /// the beliefs say of the others' being that element, `sum over other elements' sites of ln(1 - p)`, each element once, and where
  /// there is a 102nd output, its mean times the charge balance.
  ///
  /// Of other sites, where there is a 101st output g: `logits + g ln(q + 0.001)`, q the mean belief of the crystal's other sites. Most crystals
  /// have fewer elements than sites, and so a site can say so in one number and not in a hundred.
  ///
  /// - Returns: (N, 100) logits, and (N, 100) what g multiplies (empty without g).
  func elementLogits(_ output: Matrix, _ batch: BeliefBatch) -> (logits: [Float], copies: [Float]) {
    let (k, columns) = (BeliefBatch.elementClasses, output.columns)
    let copies = columns > k ? self.copies(batch) : []
    var logits = [Float](repeating: 0, count: output.rows * k)
    for site in 0..<output.rows {
      let gate = columns > k ? output[site, k] : 0
      for c in 0..<k {
        logits[site &* k &+ c] = output.values[site &* columns &+ c] + (gate == 0 ? 0 : gate * copies[site &* k &+ c])
      }
    }
    for range in batch.graph.ranges { tie(&logits, range, output, batch) }
    addBeliefs(batch.elements.values, to: &logits)
    return (logits, copies)
  }

  /// (N, 100) `ln(q + 0.001)`, 0 where a site is alone or the template is known.
  private func copies(_ batch: BeliefBatch) -> [Float] {
    let k = BeliefBatch.elementClasses
    var copies = [Float](repeating: 0, count: batch.graph.sites * k)
    var sum = [Float](repeating: 0, count: k)
    for range in batch.graph.ranges where range.sites > 1 && batch.knownSpecies[range.firstSite] == nil {
      let rows = range.firstSite..<range.firstSite + range.sites
      for c in 0..<k { sum[c] = 0 }
      for site in rows { for c in 0..<k { sum[c] += batch.elements.values[site &* k &+ c] } }
      for site in rows {
        for c in 0..<k {
          let others = max(0, sum[c] - batch.elements.values[site &* k &+ c]) / Float(range.sites - 1)
          copies[site &* k &+ c] = others + 0.001
        }
      }
    }
    return logarithms(copies, batch)
  }

  /// The logarithms of what `copies` filled in; 0 elsewhere.
  private func logarithms(_ copies: [Float], _ batch: BeliefBatch) -> [Float] {
    var logarithms = copies
    Kernels.logarithm(&logarithms, floor: .leastNormalMagnitude)
    for i in copies.indices where copies[i] == 0 { logarithms[i] = 0 }
    return logarithms
  }

  /// Sites of each element of a crystal whose template is known, in order; empty where it is not.
  func species(_ range: EdgeKernels.Range, _ batch: BeliefBatch) -> [[Int]] {
    var sites: [[Int]] = []
    for site in range.firstSite..<range.firstSite + range.sites {
      guard let number = batch.knownSpecies[site] else { return [] }
      while sites.count <= number { sites.append([]) }
      sites[number].append(site)
    }
    return sites
  }

  /// Makes the logits of sites that share their element the same (see `elementLogits`).
  private func tie(_ logits: inout [Float], _ range: EdgeKernels.Range, _ output: Matrix, _ batch: BeliefBatch) {
    let k = BeliefBatch.elementClasses
    let species = species(range, batch)
    // (species, 100) ln(1 - p).
    var vacancies = [Float](repeating: 0, count: species.count * k)
    for (number, sites) in species.enumerated() {
      for c in 0..<k { vacancies[number &* k &+ c] = 1 - batch.elements.values[sites[0] &* k &+ c] }
    }
    Kernels.logarithm(&vacancies, floor: Self.leastVacancy)
    for (number, sites) in species.enumerated() {
      let charge = output.columns > k + 1 ? sites.reduce(0) { $0 + output[$1, k + 1] } / Float(sites.count) : 0
      for c in 0..<k {
        var sum: Float = 0
        for site in sites { sum += output.values[site &* output.columns &+ c] }
        sum /= Float(sites.count)
        sum += charge * batch.balances.values[sites[0] &* k &+ c]
        for other in species.indices where other != number { sum += vacancies[other &* k &+ c] }
        for site in sites { logits[site &* k &+ c] = sum }
      }
    }
  }

  /// Another element's belief of one counts as one less this.
  private static let leastVacancy: Float = 0.001

  /// The gradient of the outputs from that of `elementLogits`, (N, `columns`).
  func outputGradient(elements gradient: [Float], copies: [Float], columns: Int, _ batch: BeliefBatch) -> Matrix {
    let k = BeliefBatch.elementClasses
    var outputs = Matrix(rows: gradient.count / k, columns: columns)
    for range in batch.graph.ranges {
      let species = species(range, batch)
      for sites in species {
        for c in 0..<k {
          var sum: Float = 0
          for site in sites { sum += gradient[site &* k &+ c] }
          sum /= Float(sites.count)
          for site in sites {
            outputs.values[site &* columns &+ c] = sum
            if columns > k + 1 { outputs.values[site &* columns &+ k &+ 1] += sum * batch.balances.values[site &* k &+ c] }
          }
        }
      }
      guard species.isEmpty else { continue }
      for site in range.firstSite..<range.firstSite + range.sites {
        for c in 0..<k { outputs.values[site &* columns &+ c] = gradient[site &* k &+ c] }
        guard columns > k else { continue }
        for c in 0..<k { outputs.values[site &* columns &+ k] += gradient[site &* k &+ c] * copies[site &* k &+ c] }
      }
    }
    return outputs
  }

  /// Puts the logits of classes that may not occur out of reach.
  func mask(_ logits: inout [Float], firstRow: Int = 0, rows: Int, _ allowed: [Bool]) {
    let banned = allowed.indices.filter { !allowed[$0] }
    for row in firstRow..<firstRow + rows {
      for c in banned { logits[row * allowed.count + c] = -1e9 }
    }
  }
}
