import Tensors

/// Names, shapes and places of a network's parameters in one flat array: gradients, averages and moments share the layout.
public struct ParameterLayout: Sendable {
  /// One array of parameters.
  public struct Entry: Sendable {
    /// As it is called in model files.
    public let name: String
    /// Inputs first.
    public let shape: [Int]
    /// Its places among all parameters.
    public let range: Range<Int>
    /// Parameters start uniform in ±bound, or normal with deviation 1 where the bound is nil (embeddings).
    public let bound: Float?
    /// What the learning rate is multiplied by.
    public let rate: Float
  }

  /// In the order in which they lie in memory.
  public private(set) var entries: [Entry] = []
  /// Number of parameters in all.
  public private(set) var count = 0

  /// Empty.
  public init() {}

  /// Adds an array; returns where it lies.
  ///
  /// - Parameters:
  ///   - bound: parameters start uniform in ±bound, or normal with deviation 1 where it is nil.
  ///   - rate: what the learning rate is multiplied by; some numbers have a longer way than weights do.
  public mutating func add(_ name: String, shape: [Int], bound: Float?, rate: Float = 1) -> Range<Int> {
    precondition(rate >= 0 && rate.isFinite)
    let range = count..<count + shape.reduce(1, *)
    entries.append(Entry(name: name, shape: shape, range: range, bound: bound, rate: rate))
    count = range.upperBound
    return range
  }

  /// Where the learning rate is not everyone's, in order.
  var rates: [AdamStep.Factor] {
    entries.filter { $0.rate != 1 }.map { AdamStep.Factor(range: $0.range, value: $0.rate) }
  }

  /// Fresh parameters: every array has a random stream of its own, named by its place.
  public func initialParameters(seed: UInt64) -> [Float] {
    var parameters = [Float](repeating: 0, count: count)
    for (index, entry) in entries.enumerated() {
      var random = RandomStream(seed: seed, purpose: "parameters", index: UInt64(index))
      if let bound = entry.bound {
        for i in entry.range { parameters[i] = bound * Float(2 * random.uniform() - 1) }
      } else {
        parameters.replaceSubrange(entry.range, with: random.normals(entry.range.count))
      }
    }
    return parameters
  }
}
