import Crystals
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Generators

@Suite("Directions to neighbours' images") struct DirectionTests {
  /// Beliefs at time 1 about crystals whose templates are told, and their directions.
  private static func beliefs(_ units: [AsymmetricUnit]) throws -> BeliefBatch {
    var examples = try units.map { try TrainingExample($0) }
    for i in examples.indices { examples[i].knowsTemplate = true }
    var options = SymmBFNTests.informed.flow
    // Next to no noise.
    (options.sigmaCoordinates, options.sigmaLattice, options.betaElements) = (1e-3, 1e-3, 40)
    let flow = BayesianFlow(options, DatasetStatistics(SymmBFNTests.units(30)), form: .informed)
    var batch = flow.beliefs(
      examples, randoms: examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }, time: 1)
    flow.describe(&batch)
    return batch
  }

  private static let rutile = unit(136, "a Ti, f O 0.29 0.29 0", k: [0, 0, 0, 0, 0.07, 1.38])
  private static let monoclinic = unit(
    14, "e Zr 0.28 0.04 0.21, e O 0.07 0.33 0.35, a Mg", k: [0, 0.05, 0, 0.1, -0.02, 1.75])

  @Test("they are sums over all images of the unfolded crystal within reach")
  func sums() throws {
    let units = [Self.rutile, Self.monoclinic]
    let batch = try Self.beliefs(units)
    for (b, unit) in units.enumerated() {
      let range = batch.graph.ranges[b]
      let crystal = try unit.reconstruct().crystal
      let length = cbrt(crystal.lattice.volume)
      for (i, site) in unit.sites.enumerated() {
        var expected = [Double](repeating: 0, count: unit.sites.count * 30)
        let center = Element.covalentRadius(Int(site.atomicNumber))
        for (atom, x) in crystal.fractionalCoordinates.enumerated() {
          let bond = center + Element.covalentRadius(Int(crystal.atomicNumbers[atom]))
          for n in 0..<1331 {
            let shift = Vector3(Double(n / 121 - 5), Double(n / 11 % 11 - 5), Double(n % 11 - 5))
            let difference = x + shift - site.position
            let d = (difference * crystal.lattice.vectors).length
            guard d > 1e-3, d < 2.5 * bond else { continue }
            for k in 0..<10 {
              let g = exp(-0.5 * pow((d / bond - 0.4 - 0.2 * Double(k)) / 0.15, 2))
              for c in 0..<3 { expected[30 * Int(crystal.orbit[atom]) + 3 * k + c] += g * difference[c] * length / d }
            }
          }
        }
        let row = (range.firstEdge + i * range.sites) * 30
        // The Gaussians are looked up at steps of 0.01; a hundred images add up.
        let worst = expected.indices.map { abs(Double(batch.directions.values[row + $0]) - expected[$0]) }.max() ?? .infinity
        #expect(worst < 0.15, "site \(i): \(worst)")
        let isCentre = site.wyckoffLetter == UInt8(ascii: "a")
        #expect(expected.contains { abs($0) > 0.5 } != isCentre)
      }
    }
  }

  @Test("they cancel where the site symmetry says so, and sites too close push each other apart along them")
  func symmetry() throws {
    let batch = try Self.beliefs([Self.rutile])
    // Ti lies on an inversion centre, O on mm2 with its axis along [110].
    for c in 0..<60 { #expect(abs(batch.directions.values[c]) < 0.05) }
    for k in 0..<10 {
      for j in 0..<2 {
        let row = (2 + j) * 30 + 3 * k
        #expect(abs(batch.directions.values[row] - batch.directions.values[row + 1]) < 0.05)
        #expect(abs(batch.directions.values[row + 2]) < 0.05)
      }
    }
    // A repulsion: A takes the shortest distances, B is one for all sites.
    let near = try Self.beliefs([
      unit(1, "a O 0.4 0.5 0.5, a O 0.55 0.5 0.5", k: [0, 0, 0, 0, 0, 1.7])
    ])
    var output = Matrix(rows: 2, columns: 3 + DirectionalMoves.outputs)
    for site in 0..<2 {
      for k in 0..<3 { output[site, 3 + 8 * k] = -1 }
      output[site, output.columns - 8] = 1
    }
    let moved = DirectionalMoves(near).output(output)
    #expect(moved[0, 0] < -0.5 && moved[1, 0] > 0.5)
    #expect((0..<2).allSatisfy { abs(moved[$0, 1]) < 0.05 && abs(moved[$0, 2]) < 0.05 })
  }
}
