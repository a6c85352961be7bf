import Crystals
import Foundation
import TestSupport
import Testing

@testable import Evaluation

/// Speeds on one thread, of the reference crystals and pairs. Python's figures are those of matminer and pymatgen on one thread.
@Suite(
  "Speed of evaluation", .enabled(if: ProcessInfo.processInfo.environment["FRIEZE_BENCH"] != nil, "FRIEZE_BENCH is not set"))
struct EvaluationSpeed {
  private func seconds(_ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    return (0..<3).map { _ in clock.measure(body) / .seconds(1) }.min() ?? .nan
  }

  @Test func speeds() throws {
    let crystals = try ReferenceCrystal.records("Judgement/validity.json").map(\.crystal)
    var printed = 0
    let prints = seconds { for c in crystals { printed += StructureFingerprint.of(c) == nil ? 0 : 1 } }
    #expect(printed == 3 * crystals.count)
    let pairs = try reference("Judgement/matcher.json", as: StructureMatcherTests.File.self).pairs
    let cells = pairs.compactMap { pair in
      ReducedCrystal(pair.first.crystal).flatMap { a in ReducedCrystal(pair.second.crystal).map { (a, $0) } }
    }
    let crystalsOfPairs = pairs.map(\.first.crystal)
    // Results are counted, so that the work cannot be left out.
    var counted = 0
    let reducing = seconds { for crystal in crystalsOfPairs { counted += ReducedCrystal(crystal)?.count ?? 0 } }
    let matching = seconds { for (a, b) in cells { counted += StructureMatcher.standard.matches(a, b) ? 1 : 0 } }
    let measuring = seconds { for (a, b) in cells { counted += StructureMatcher.prediction.deviation(a, b) == nil ? 0 : 1 } }
    #expect(counted > 0)
    func line(_ what: String, _ time: Double, _ count: Int) {
      print(
        "\(what.padding(toLength: 46, withPad: " ", startingAt: 0)) \(String(format: "%8.3f", 1000 * time / Double(count))) ms")
    }
    line("structure fingerprint, a crystal (Python 260)", prints, crystals.count)
    line("primitive cell, a crystal", reducing, pairs.count)
    line("match at the default settings, a pair (Python 10)", matching, cells.count)
    line("least rms at CSP's settings, a pair", measuring, cells.count)
    #expect(matching / Double(cells.count) < 0.002 && prints / Double(crystals.count) < 0.1)
  }
}
