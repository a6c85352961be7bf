/// What is asked of a property: a value, or a range of values.
public struct PropertyTarget: Sendable, Hashable {
  /// The least and the greatest value that will do; infinite where one end is open.
  public let range: ClosedRange<Double>
  /// What the model is told; nil where it is yet to be drawn from the range.
  public var value: Double?

  /// A range; a range of one value is that value.
  public init(_ range: ClosedRange<Double>) {
    self.range = range
    value = range.lowerBound == range.upperBound ? range.lowerBound : nil
  }

  /// As command lines say it: `-2`, `1..2`, `100..`, `..0.1`; nil where the text is none of that.
  public init?(_ text: String) {
    guard let dots = text.firstRange(of: "..") else {
      guard let value = Double(text), value.isFinite else { return nil }
      self.init(value...value)
      return
    }
    let (first, last) = (text[..<dots.lowerBound], text[dots.upperBound...])
    guard !first.isEmpty || !last.isEmpty else { return nil }
    guard let lower = first.isEmpty ? -.infinity : Double(first), let upper = last.isEmpty ? .infinity : Double(last),
      !lower.isNaN, !upper.isNaN, lower <= upper
    else { return nil }
    self.init(lower...upper)
  }
}
