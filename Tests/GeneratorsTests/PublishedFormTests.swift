import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

/// The published form is pinned: its losses to formulas in double, its sampler to four steps that were kept.
@Suite("SymmBFN as published") struct PublishedFormTests {
  private static let units = SymmBFNTests.units(9)

  /// The four losses as the paper and its code have them, from the network's plain twin (Supplement B; Graves et al. 2023, eqs. 94
  /// and 205).
  private static func losses(_ output: NetworkTwin.Output, _ batch: BeliefBatch, _ examples: [TrainingExample], mask: [Bool])
    -> [Double]
  {
    let sigma = 0.02
    func softmax(_ x: [Double]) -> [Double] {
      let weights = x.map { exp($0 - (x.max() ?? 0)) }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    func squared(_ logits: [Double], _ target: Int) -> Double {
      var sum = 0.0
      for (c, p) in softmax(logits).enumerated() {
        let d = p - (c == target ? 1 : 0)
        sum += d * d
      }
      return sum
    }
    let sites = Double(batch.graph.sites)
    var (coordinates, lattice, elements, symmetries) = (0.0, 0.0, 0.0, 0.0)
    for (b, example) in examples.enumerated() {
      let t = Double(batch.times[b])
      let gamma = 1 - pow(sigma, 2 * t)
      // x = mu / gamma - sqrt((1 - gamma) / gamma) noise, the noise bounded by 10.
      func estimate(_ mean: Double, _ noise: Double) -> Double {
        mean / gamma - ((1 - gamma) / gamma).squareRoot() * min(10, max(-10, noise))
      }
      let weight = -log(sigma) * pow(sigma, -2 * t)
      for c in 0..<6 where example.latticeConstraint[c] == nil {
        let d = estimate(Double(batch.lattice[b, c]), output.lattice[b][c]) - Double(example.lattice[c])
        lattice += weight * d * d / Double(examples.count)
      }
      for i in 0..<example.siteCount {
        let site = batch.graph.ranges[b].firstSite + i
        for c in 0..<3 {
          let mean = Double(batch.coordinates[site, c])
          let d = estimate(mean, output.coordinates[site][c] + mean) - Double(example.positions[3 * i + c])
          let shortest = d - d.rounded()
          coordinates += weight * shortest * shortest / sites
        }
        let logits = zip(output.elements[site], mask).map { $1 ? $0 : -1e9 }
        elements += 100 * 0.25 * t * squared(logits, Int(example.elements[i]) - 1) / sites
        for axis in 0..<15 {
          let own = Array(output.siteSymmetries[site][13 * axis..<13 * (axis + 1)])
          symmetries += 13 * 2.5 * t * squared(own, Int(example.siteSymmetries[15 * i + axis])) / (15 * sites)
        }
      }
    }
    return [coordinates, lattice, elements, symmetries]
  }

  @Test("losses agree with the paper's formulas in double")
  func twin() throws {
    let method = SymmBFN(SymmBFNTests.configuration, statistics: DatasetStatistics(Self.units))
    let examples = try Self.units.map { try TrainingExample($0) }
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    let values = method.layout.initialParameters(seed: 2)
    let batch = method.flow.beliefs(examples, randoms: randoms)
    var workspace = method.makeWorkspace()
    var nothing: [Float] = []
    let found = method.losses(
      examples.map { [$0] }, randoms, share: BatchShare(rows: batch.graph.sites, examples: examples.count), Parameters(values),
      &workspace, gradient: &nothing)
    let expected = Self.losses(NetworkTwin(method.network, values).forward(batch), batch, examples, mask: method.elementMask)
    for (name, (value, twin)) in zip(SymmBFN.terms, zip(found.values, expected)) {
      #expect(twin > 0 && abs(value - twin) < 2e-4 * twin, "\(name): \(value), in double \(twin)")
    }
    // Weighted as published, 1, 0.1, 3 and 10: what descent lowers.
    let total = expected[0] + 0.1 * expected[1] + 3 * expected[2] + 10 * expected[3]
    #expect(abs(found.objective - total) < 2e-4 * total)
  }

  @Test("four steps of the sampler are what they were")
  func golden() throws {
    var configuration = SymmBFNTests.configuration
    configuration.sampling.steps = 4
    let sampler = SymmBFNTests.sampler(configuration, DatasetStatistics(Self.units), isExact: true)
    let samples = sampler.sample(group: 0) { Blueprint(spaceGroup: [1, 62, 225, 166][$0 % 4], siteCount: 1 + $0 % 3) }
    if ProcessInfo.processInfo.environment["FRIEZE_GOLDEN"] == "1" {
      for sample in samples.prefix(4) { print("GOLDEN", Step(sample.unit)) }
    }
    #expect(Self.golden.count == 4)
    for (sample, expected) in zip(samples, Self.golden) {
      let found = Step(sample.unit)
      for (a, b) in zip(found.lattice, expected.lattice) { #expect(abs(a - b) < 0.01) }
      for (a, b) in zip(found.coordinates, expected.coordinates) {
        let d = a - b
        #expect(abs(d - d.rounded()) < 0.01)
      }
      #expect(found.elements == expected.elements)
      #expect(found.symmetries == expected.symmetries)
    }
  }

  /// A sample's numbers.
  struct Step {
    var lattice: [Double]
    var coordinates: [Double]
    var elements: [UInt8]
    /// The first site's.
    var symmetries: [UInt8]

    init(_ lattice: [Double], _ coordinates: [Double], _ elements: [UInt8], _ symmetries: [UInt8]) {
      (self.lattice, self.coordinates, self.elements, self.symmetries) = (lattice, coordinates, elements, symmetries)
    }

    init(_ unit: AsymmetricUnit) {
      lattice = unit.latticeLogMetric.k.map { ($0 * 1000).rounded() / 1000 }
      let positions = unit.sites.map(\.position)
      coordinates = positions.flatMap { [$0.x, $0.y, $0.z] }.map { ($0 * 1000).rounded() / 1000 }
      elements = unit.sites.map(\.atomicNumber)
      symmetries = unit.sites[0].siteSymmetry.operations
    }
  }

  /// Made by this test with FRIEZE_GOLDEN=1, which prints them.
  private static let golden = [
    Step(
      [-4.256, -0.684, -8.955, 9.493, 1.134, 5.148], [0.119, 0.63, 0.3], [60], [5, 4, 7, 5, 5, 2, 6, 9, 4, 4, 5, 12, 11, 8, 2]),
    Step(
      [0, 0, 0, 10.184, 1.739, 6.319], [0.319, 0.396, 0.419, 0.236, 0.951, 0.567], [63, 66],
      [11, 8, 8, 11, 7, 7, 8, 3, 9, 0, 11, 4, 2, 9, 7]),
    Step(
      [0, 0, 0, 0, 0, 5.371], [0.574, 0.159, 0.501, 0.166, 0.542, 0.435, 0.488, 0.224, 0.691], [70, 54, 70],
      [12, 6, 2, 1, 2, 6, 8, 3, 4, 12, 7, 6, 11, 4, 1]),
    Step([-0.275, 0, 0, 0, 1.817, 5.8], [0.234, 0.137, 0.834], [66], [8, 2, 11, 8, 2, 6, 4, 3, 2, 9, 12, 6, 6, 10, 0]),
  ]
}
