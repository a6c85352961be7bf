/// The share of successes among `total` trials, with its Wilson interval.
///
/// Wilson's score interval (J. Am. Stat. Assoc. 22, 209, 1927) at 95 %: the shares that a normal test of the count would not reject.
/// It does not shrink to nothing where there are no successes, or nothing else.
///
///     (p + z^2/2n +- z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 + z^2/n)
///
/// - Returns: nil where there are no trials.
public func wilsonInterval(successes: Int, of total: Int) -> Estimate? {
  guard total > 0 else { return nil }
  precondition((0...total).contains(successes))
  let (n, z) = (Double(total), 1.959963984540054)
  let p = Double(successes) / n
  let middle = p + z * z / (2 * n)
  let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
  let scale = 1 + z * z / n
  return Estimate(
    value: p, low: successes == 0 ? 0 : max(0, (middle - half) / scale),
    high: successes == total ? 1 : min(1, (middle + half) / scale))
}

/// A distance of a sample with its bootstrap interval.
///
/// The basic bootstrap (Davison and Hinkley 1997, 5.2): a distance of a resampled set is larger than that of the set by about as much as
/// the set's is than its population's, so that percentiles are mirrored at the value, `2 d - q`, and not below zero.
///
/// - Parameter distance: of the elements of the sample with some indices; nil where it has none.
/// - Returns: nil where the sample is empty or has no distance.
func bootstrapDistance(
  count: Int, resamples: Int = 200, seed: UInt64, distance: ([Int]) -> Double?
) -> Estimate? {
  guard count > 0, let value = distance(Array(0..<count)) else { return nil }
  var random = CounterRandom(seed: seed)
  let resampled = (0..<resamples).compactMap { _ in
    distance((0..<count).map { _ in random.index(below: count) })
  }.sorted()
  guard resampled.count > 1 else { return Estimate(value: value, low: value, high: value) }
  func quantile(_ p: Double) -> Double { resampled[Int((p * Double(resampled.count - 1)).rounded())] }
  return Estimate(
    value: value, low: min(value, max(0, 2 * value - quantile(0.975))), high: max(value, 2 * value - quantile(0.025)))
}

/// Mean and standard deviation of a few numbers; the deviation is nil for fewer than two.
func meanAndDeviation(_ values: [Double]) -> (mean: Double, deviation: Double?)? {
  guard !values.isEmpty else { return nil }
  let mean = values.reduce(0, +) / Double(values.count)
  guard values.count > 1 else { return (mean, nil) }
  let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return (mean, (squares / Double(values.count - 1)).squareRoot())
}

/// Some of `0..<count`, each at most once where there are enough, in random order.
func drawIndices(_ wanted: Int, of count: Int, using random: inout CounterRandom) -> [Int] {
  guard wanted <= count else { return (0..<wanted).map { _ in random.index(below: count) } }
  var all = Array(0..<count)
  for i in 0..<wanted { all.swapAt(i, i + random.index(below: count - i)) }
  return Array(all.prefix(wanted))
}
