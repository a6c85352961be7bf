import TestSupport
import Testing

@testable import Evaluation

@Suite("Distances") struct DistancesTests {
  @Test("Wasserstein distance has the values of scipy")
  func wasserstein() throws {
    // scipy 1.17.1, wasserstein_distance.
    #expect(try abs(#require(wassersteinDistance([0, 1, 3], [5, 6, 8])) - 5) < 1e-12)
    #expect(try abs(#require(wassersteinDistance([3.4, 3.9, 7.5, 7.8], [4.5, 1.4])) - 2.7) < 1e-12)
    #expect(try abs(#require(wassersteinDistance([1, 1, 2, 9], [2, 2.5, 1, 0, 4])) - 1.7) < 1e-12)
    #expect(wassersteinDistance([1, 2], [2, 1, .nan]) == 0)
    #expect(wassersteinDistance([], [1]) == nil)
    #expect(wassersteinDistance([.nan], [1]) == nil)
  }

  @Test("Wasserstein distance of equal counts is the mean distance of the sorted values")
  func wassersteinSorted() throws {
    var random = SplitMix(seed: 3)
    for _ in 0..<20 {
      let a = (0..<50).map { _ in Double.random(in: 0...10, using: &random).rounded() }
      let b = (0..<50).map { _ in Double.random(in: 2...14, using: &random).rounded() }
      let expected = zip(a.sorted(), b.sorted()).reduce(0) { $0 + abs($1.0 - $1.1) } / 50
      #expect(try abs(#require(wassersteinDistance(a, b)) - expected) < 1e-12)
    }
  }

  @Test("Jensen-Shannon distance has the values of scipy")
  func jensenShannon() throws {
    // scipy 1.17.1, jensenshannon([0.5, 0.5, 0], [0.25, 0.25, 0.5]) and of disjoint distributions: sqrt(ln 2).
    #expect(try abs(#require(jensenShannonDistance([1, 2], [1, 2, 3, 3])) - 0.4645014) < 1e-7)
    #expect(try abs(#require(jensenShannonDistance(["a"], ["b"])) - 0.8325546111576977) < 1e-12)
    #expect(jensenShannonDistance([4, 4, 5], [5, 4, 4]) == 0)
    #expect(jensenShannonDistance([Int](), [1]) == nil)
  }

  @Test("a rate's interval has the width of the normal approximation and repeats with its seed")
  func rate() throws {
    let estimate = try #require(bootstrapRate(successes: 300, of: 1000, seed: 5))
    let half = 1.96 * (0.3 * 0.7 / 1000).squareRoot()
    #expect(estimate.value == 0.3)
    #expect(abs(estimate.low - (0.3 - half)) < 0.004)
    #expect(abs(estimate.high - (0.3 + half)) < 0.004)
    #expect(bootstrapRate(successes: 300, of: 1000, seed: 5) == estimate)
    let high = try #require(bootstrapRate(successes: 900, of: 1000))
    #expect(abs(high.high - high.low - 3.92 * (0.09 / 1000).squareRoot()) < 0.006)
    #expect(bootstrapRate(successes: 0, of: 0) == nil)
    #expect(bootstrapRate(successes: 0, of: 9) == Estimate(value: 0, low: 0, high: 0))
    #expect(bootstrapRate(successes: 9, of: 9) == Estimate(value: 1, low: 1, high: 1))
  }

  @Test("a mean's interval has the width of its standard error")
  func mean() throws {
    var random = SplitMix(seed: 1)
    let values = (0..<400).map { _ in Double.random(in: 0...1, using: &random) }
    let estimate = try #require(bootstrapMean(values + [.nan]))
    #expect(abs(estimate.high - estimate.low - 3.92 * (1.0 / 12 / 400).squareRoot()) < 0.008)
    #expect(bootstrapMean([]) == nil)
    #expect(bootstrapMean([2]) == Estimate(value: 2, low: 2, high: 2))
  }
}
