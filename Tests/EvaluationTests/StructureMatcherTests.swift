import Crystals
import Testing

@testable import Evaluation

@Suite("Structure matcher") struct StructureMatcherTests {
  struct File: Decodable {
    struct Verdict: Decodable {
      var fit: Bool
      var rms: Double?
      var max: Double?
    }
    struct Pair: Decodable {
      var kind: String
      var first: ReferenceCrystal
      var second: ReferenceCrystal
      var standard: Verdict
      var prediction: Verdict
    }
    var pairs: [Pair]
  }

  @Test("120 pairs agree with pymatgen at both settings")
  func references() throws {
    let pairs = try reference("matcher.json", as: File.self).pairs
    #expect(pairs.count == 120)
    for (index, pair) in pairs.enumerated() {
      let first = try #require(ReducedCrystal(pair.first.crystal))
      let second = try #require(ReducedCrystal(pair.second.crystal))
      for (matcher, verdict) in [
        (StructureMatcher.standard, pair.standard), (.prediction, pair.prediction),
      ] {
        let name: Comment = "pair \(index), \(pair.kind), \(matcher.siteTolerance)"
        #expect(matcher.matches(first, second) == verdict.fit, name)
        let deviation = matcher.deviation(first, second)
        guard let rms = verdict.rms, let maximum = verdict.max else {
          #expect(deviation == nil, name)
          continue
        }
        let found = try #require(deviation, name)
        #expect(abs(found.rms - rms) < 1e-4, name)
        #expect(abs(found.maximum - maximum) < 1e-3, name)
      }
    }
  }
}
