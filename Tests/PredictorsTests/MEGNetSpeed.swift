import Artifacts
import Crystals
import Foundation
import TestSupport
import Testing

@testable import Predictors

/// Processor time a crystal on one thread, against the compiled Python package's 5.0 ms at 5 angstrom and 4.1 ms at 4 angstrom
/// (128 crystals of MP-20's test part of 10.2 atoms and 313 edges); run alone with FRIEZE_BENCH=1.
@Suite(
  "MEGNet's speed", .serialized,
  .enabled(
    if: ProcessInfo.processInfo.environment["FRIEZE_BENCH"] != nil && MEGNetReference.weightsPath != nil
      && Checkout.shared("datasets/mp20/test.csv.xz") != nil,
    "FRIEZE_BENCH is not set, or MEGNet's weights or MP-20 are not at hand"))
struct MEGNetSpeed {
  private static let table = Checkout.shared("datasets/mp20/test.csv.xz")

  /// Processor time, which other programs on the machine disturb less than they do the clock on the wall.
  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    try (0..<5).map { _ in
      let start = clock()
      try body()
      return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }.min() ?? 0
  }

  @Test("a crystal in P1, in P1 with equal atoms and edges shared, and as a dataset has it")
  func crystals() throws {
    let records = try CrystalSource.records(Self.table ?? "")
    let plain = stride(from: 0, to: records.count, by: records.count / 128).compactMap {
      try? records[$0].read()[0].crystal.get()
    }
    let symmetric = plain.map { (try? AsymmetricUnit.standardize($0, symprec: 0.01).conventional) ?? $0 }
    for (key, package) in [("formation_energy", 5.0), ("bulk_modulus", 4.1)] {
      let quantity = try #require(MEGNetQuantity.known.first { $0.key == key })
      let (shared, apart) = try (
        MEGNet([quantity], network: MEGNetReference.network),
        MEGNet([quantity], isShared: false, network: MEGNetReference.network)
      )
      let cutoff = key == "formation_energy" ? 5.0 : 4.0
      for (words, predictor, crystals) in [
        ("P1, nothing shared", apart, plain), ("P1", shared, plain), ("conventional cells to 0.01 angstrom", shared, symmetric),
      ] {
        let time = try seconds { _ = try predictor.predict(crystals) } / Double(crystals.count) * 1e3
        var workspace = Neighborhoods.Workspace(cutoff: cutoff)
        var edges: Float = 0
        var rows = 0
        let graphs = try seconds {
          edges = 0
          rows = 0
          for crystal in crystals {
            let graph = try MEGNetGraph.graphs(
              of: crystal, cutoffs: [cutoff], isShared: words != "P1, nothing shared", &workspace)[0]
            edges += graph?.edges ?? 0
            rows += graph?.centers.count ?? 0
          }
        }
        let count = Float(crystals.count)
        print(
          "\(key), \(words): \(time) ms a crystal, of which graphs \(1e3 * graphs / Double(count)); \(edges / count) edges, \(Float(rows) / count) computed;",
          "\(package / time) times the package")
        #expect(time < package / 10)
      }
    }
  }
}
