/// Mean and standard deviation of some numbers, as of a property's known values.
public struct Moments: Sendable, Equatable {
  /// 0 of no numbers.
  public let mean: Double
  /// Over all of them, as of a whole population; 0 of no numbers.
  public let deviation: Double

  /// Of numbers that are known.
  public init(_ values: [Double]) {
    let count = Double(max(1, values.count))
    let mean = values.reduce(0, +) / count
    self.mean = mean
    deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
  }
}

extension ClosedRange<Double> {
  /// How far a value is from the range; 0 within.
  public func distance(to value: Double) -> Double { Swift.max(0, lowerBound - value, value - upperBound) }
}
