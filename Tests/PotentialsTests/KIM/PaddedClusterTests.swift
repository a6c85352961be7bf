import Crystals
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Potentials

@Suite("Clusters with padding") struct PaddedClusterTests {
  static func crystal(seed: Int) -> Crystal {
    var random = SplitMix(seed: UInt64(seed))
    let lattice = Lattice(
      lengths: .random(in: 2.2..<5, using: &random), angles: .random(in: 62..<118, using: &random))
    return Crystal.random(lattice, atoms: 1 + seed % 4, apart: 0.9, elements: [14, 6], using: &random)
  }

  @Test("the particles are the cell's atoms and all images that one of them reaches", arguments: 1...8)
  func particles(seed: Int) throws {
    let crystal = Self.crystal(seed: seed)
    let reach = 5.0
    let cluster = try PaddedCluster(crystal, reach: reach, lists: [], closest: 0.1)
    #expect(cluster.ownCount == crystal.count)
    #expect(Array(cluster.atoms.prefix(crystal.count)) == Array(0..<crystal.count))
    let own = (0..<crystal.count).map(cluster.position)
    let given = crystal.fractionalCoordinates.map { crystal.lattice.cartesian($0.wrapped) }
    for (a, b) in zip(own, given) { #expect((a - b).length < 1e-12) }
    // All images in a box that holds the reach of every cell above.
    var expected: [(atom: Int, position: Vector3)] = []
    for i in -6...6 {
      for j in -6...6 {
        for k in -6...6 where (i, j, k) != (0, 0, 0) {
          let translation = crystal.lattice.cartesian(Vector3(Double(i), Double(j), Double(k)))
          for (atom, position) in own.enumerated() where own.contains(where: { ($0 - position - translation).length < reach }) {
            expected.append((atom, position + translation))
          }
        }
      }
    }
    #expect(cluster.count == crystal.count + expected.count, "seed \(seed)")
    for (atom, position) in expected {
      let found = (crystal.count..<cluster.count).count {
        cluster.atoms[$0] == atom && (cluster.position($0) - position).length < 1e-9
      }
      #expect(found == 1, "seed \(seed)")
    }
  }

  @Test("each list has the particles within its cut-off, for padding where it is read", arguments: 1...8)
  func lists(seed: Int) throws {
    let lists = [
      KIMModel.List(cutoff: 2.9, readsPadding: true), KIMModel.List(cutoff: 5, readsPadding: false),
      KIMModel.List(cutoff: 3.7, readsPadding: true),
    ]
    let cluster = try PaddedCluster(Self.crystal(seed: seed), reach: 5, lists: lists, closest: 0.1)
    #expect(cluster.offsets.count == 3 * (cluster.count + 1))
    for (l, list) in lists.enumerated() {
      for p in 0..<cluster.count {
        let start = l * (cluster.count + 1) + p
        let found = cluster.neighbors[Int(cluster.offsets[start])..<Int(cluster.offsets[start + 1])]
        let expected = (0..<cluster.count).filter {
          $0 != p && (cluster.position($0) - cluster.position(p)).length < list.cutoff
            && (p < cluster.ownCount || list.readsPadding)
        }
        #expect(found.sorted() == expected.map(Int32.init), "seed \(seed), list \(l), particle \(p)")
      }
    }
  }

  @Test("atoms on one place, a flat cell, no atoms and more pairs than the memory has room for are refused")
  func refusals() {
    let list = [KIMModel.List(cutoff: 10, readsPadding: false)]
    func failure(_ a: Double, _ points: [Vector3]) -> EvaluationFailure? {
      let lattice = Lattice(vectors: Matrix3(Vector3(a, 0, 0), Vector3(0, a, 0), Vector3(0, 0, a)))
      let crystal = Crystal(lattice: lattice, atomicNumbers: points.map { _ in 14 }, fractionalCoordinates: points)
      do throws(EvaluationFailure) {
        _ = try PaddedCluster(crystal, reach: 10, lists: list, closest: 0.1)
        return nil
      } catch {
        return error
      }
    }
    #expect(failure(4, [.zero, Vector3(1, 0, 0)]) == .atomsTooClose(distance: 0))
    #expect(failure(0.001, [.zero]) == .unusableCell)
    #expect(failure(4, []) == .noAtoms)
    #expect(
      failure(0.1, [.zero])
        == .reported("about 4190000 neighbours an atom within the model's 10.0 angstrom, too many for the memory"))
    #expect(failure(40, [.zero]) == nil)
  }
}
