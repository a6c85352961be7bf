import Crystals
import Networks
import Tensors
import Testing

@testable import Generators

/// Crystals whose every atom is a site: many sites, in space group 1.
@Suite("Full cells") struct FullCellTests {
  private static func cell(atoms: Int, _ random: inout RandomStream) -> AsymmetricUnit {
    AsymmetricUnit(
      spaceGroup: 1, latticeLogMetric: LatticeLogMetric(k: [0.1, 0.2, 0.15, 0.05, 0.1, 1.7]),
      sites: (0..<atoms).map { _ in
        Site(
          atomicNumber: UInt8(1 + Int(random.uniform() * 80)),
          position: Vector3(random.uniform(), random.uniform(), random.uniform()), siteSymmetry: .trivial,
          wyckoffLetter: UInt8(ascii: "a"), multiplicity: 1)
      })
  }

  @Test("the packed network goes through large crystals a few sites at a time, and says what the network of training says")
  func packed() throws {
    var random = RandomStream(seed: 5, purpose: "cells")
    var configuration = SymmBFNTests.configuration.network
    (configuration.hidden, configuration.embedding) = (64, 8)
    // Two large ones make more pairs than are looked up at once; the small ones lie between and behind.
    let units = [3, 100, 1, 96, 40, 2, 7].map { Self.cell(atoms: $0, &random) }
    let batch = try SymmBFNTests.beliefs(units)
    for form in [UnitForm.published, .informed] {
      let network = UnitNetwork(configuration, form: form)
      for (precision, tolerance) in [(Precision.float32, Float(5e-5)), (.bfloat16, 0.03)]
      where precision == .float32 || Precision.bfloat16Missing == nil {
        let parameters = Parameters(network.layout.initialParameters(seed: 2), precision: precision)
        var tape = Tape(isRecording: false)
        let expected = network.forward(batch, parameters, &tape).map { tape[$0] }
        let packed = PackedUnitNetwork(network, parameters: parameters)
        var workspace = PackedUnitNetwork.Workspace(packed)
        packed.forward(batch, &workspace)
        for path in [\UnitNetwork.Outputs<Matrix>.coordinates, \.lattice, \.elements, \.siteSymmetries] {
          let (own, other) = (workspace.outputs[keyPath: path].values, expected[keyPath: path].values)
          let worst = zip(own, other).map { abs($0 - $1) }.max() ?? .infinity
          #expect(own.count == other.count && worst < tolerance, "\(form) \(precision): \(worst)")
        }
      }
    }
  }

  @Test("crystals of group 1 are shown from the origins that others are listed from, to the bit, and kept once")
  func origins() throws {
    var random = RandomStream(seed: 6, purpose: "cells")
    let unit = Self.cell(atoms: 9, &random)
    var example = try TrainingExample(unit)
    example.movable = unit.sites.map(\.position)
    for shift in SpaceGroup.numbered(1).originShifts {
      let listed = try TrainingExample(try #require(unit.shifted(by: shift)))
      #expect(example.moved(by: shift).positions == listed.positions)
    }

    let method = SymmBFN(SymmBFNTests.informed, statistics: DatasetStatistics([unit]))
    let examples = try method.examples(TrainingData([unit]), isTraining: true, threads: 1)
    #expect(examples.map(\.count) == [1])
    let shown = Set(
      (0..<40).map { i in
        method.shown(examples[0]) { RandomStream(seed: 1, purpose: $0, index: UInt64(i)) }[0].positions
      })
    #expect(shown.count > 20)
    let still = try method.examples(TrainingData([unit]), isTraining: false, threads: 1)
    #expect(still[0][0].movable.isEmpty)
  }
}
