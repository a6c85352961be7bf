import Foundation

// Distances between two samples of one quantity. An empty sample has no distance to anything: nil.

/// Wasserstein-1 distance of two samples, `integral |F(x) - G(x)| dx` with their cumulative distributions F and G.
///
/// In the unit of the values, which are not scaled (scipy's `wasserstein_distance`). Values that are not finite are left out.
public func wassersteinDistance(_ first: [Double], _ second: [Double]) -> Double? {
  let a = first.filter(\.isFinite).sorted()
  let b = second.filter(\.isFinite).sorted()
  guard let start = a.first, let other = b.first else { return nil }
  var (i, j) = (0, 0)
  var x = min(start, other)
  var distance = 0.0
  while i < a.count || j < b.count {
    let next = min(i < a.count ? a[i] : .infinity, j < b.count ? b[j] : .infinity)
    distance += abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)) * (next - x)
    x = next
    while i < a.count && a[i] == x { i += 1 }
    while j < b.count && b[j] == x { j += 1 }
  }
  return distance
}

/// Jensen-Shannon distance of the distributions of two samples of categories, 0 to `sqrt(ln 2)`.
///
///     JSD(P, Q) = sqrt(1/2 KL(P || M) + 1/2 KL(Q || M)),   M = (P + Q) / 2
///
/// With natural logarithms and the square root (scipy's `jensenshannon`).
public func jensenShannonDistance<Category: Hashable>(
  _ first: [Category], _ second: [Category]
) -> Double? {
  guard !first.isEmpty, !second.isEmpty else { return nil }
  var shares: [Category: (p: Double, q: Double)] = [:]
  for x in first { shares[x, default: (0, 0)].p += 1 / Double(first.count) }
  for x in second { shares[x, default: (0, 0)].q += 1 / Double(second.count) }
  // Rounded sums of many small terms depend on their order, and a dictionary has none: add from small to large.
  let terms = shares.values.map { p, q in
    let m = (p + q) / 2
    return (p > 0 ? p * log(p / m) : 0) + (q > 0 ? q * log(q / m) : 0)
  }
  return (max(0, terms.sorted().reduce(0, +)) / 2).squareRoot()
}

/// A figure with the interval that holds it with 95 % confidence.
public struct Estimate: Codable, Sendable, Equatable {
  /// The figure itself.
  public var value: Double
  /// 2.5th percentile of the bootstrap distribution.
  public var low: Double
  /// 97.5th percentile.
  public var high: Double

  /// A figure between its bounds.
  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}

/// The share of successes among `total` trials, with a bootstrap interval.
///
/// Percentile bootstrap (Efron 1979): `resamples` times, `total` outcomes are drawn with replacement and their share taken.
/// - Returns: nil where there are no trials.
public func bootstrapRate(
  successes: Int, of total: Int, resamples: Int = 2000, seed: UInt64 = 0
) -> Estimate? {
  guard total > 0 else { return nil }
  precondition((0...total).contains(successes) && resamples > 0)
  let rate = Double(successes) / Double(total)
  var random = CounterRandom(seed: seed)
  let shares = (0..<resamples).map { _ in
    Double(binomial(trials: total, probability: rate, using: &random)) / Double(total)
  }
  return percentileInterval(around: rate, of: shares)
}

/// The mean of a sample with a bootstrap interval; values that are not finite are left out.
public func bootstrapMean(
  _ values: [Double], resamples: Int = 2000, seed: UInt64 = 0
) -> Estimate? {
  let values = values.filter(\.isFinite)
  guard !values.isEmpty else { return nil }
  precondition(resamples > 0)
  var random = CounterRandom(seed: seed)
  let means = (0..<resamples).map { _ in
    var sum = 0.0
    for _ in values { sum += values[random.index(below: values.count)] }
    return sum / Double(values.count)
  }
  return percentileInterval(around: values.reduce(0, +) / Double(values.count), of: means)
}

private func percentileInterval(around value: Double, of resampled: [Double]) -> Estimate {
  let sorted = resampled.sorted()
  func percentile(_ p: Double) -> Double {
    let position = p * Double(sorted.count - 1)
    let lower = Int(position)
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (position - Double(lower)) * (sorted[upper] - sorted[lower])
  }
  return Estimate(value: value, low: percentile(0.025), high: percentile(0.975))
}

/// The number of successes in `trials` draws: resampling outcomes with replacement is exactly this draw.
///
/// By waiting times: successes lie geometrically far apart, so the cost is that of the rarer outcome only.
private func binomial(trials: Int, probability: Double, using random: inout CounterRandom) -> Int {
  if probability > 0.5 {
    return trials - binomial(trials: trials, probability: 1 - probability, using: &random)
  }
  guard probability > 0 else { return 0 }
  let scale = log(1 - probability)
  var successes = 0
  var position = 0.0
  while true {
    position += (log(random.uniform()) / scale).rounded(.down) + 1
    guard position <= Double(trials) else { return successes }
    successes += 1
  }
}

/// Random numbers from a seed and a counter: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct CounterRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In (0, 1]: never zero, so that its logarithm is finite.
  mutating func uniform() -> Double { (Double(next() >> 11) + 1) * 0x1p-53 }

  mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }
}
