import CKernels
import Foundation

/// Random numbers by position: the counter-based generator Philox 4x32-10 (Salmon et al., SC 2011).
///
/// A stream is named by (seed, purpose, index). Sample 17 draws the same numbers whatever the shard, the batch or the thread.
public struct RandomStream: Sendable, RandomNumberGenerator {
  private let key: UInt64
  private let stream: UInt64
  private var counter: UInt64 = 0
  private var words: [UInt32] = []
  private var position = 0

  /// - Parameters:
  ///   - seed: the run's.
  ///   - purpose: what the numbers are for, e.g. a stage's name.
  ///   - index: which item, e.g. a sample's number.
  public init(seed: UInt64, purpose: StaticString, index: UInt64 = 0) {
    key = seed ^ Self.hash("\(purpose)")
    stream = index
  }

  /// FNV-1a of a text: keeps streams of different purposes apart, and gives an index to what has only a name.
  public static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// How many blocks of four words were drawn; with it a stream can be taken up again.
  public var blocksDrawn: UInt64 { counter }

  /// 64 bits that are equally likely: the next two words, the lower one first.
  public mutating func next() -> UInt64 {
    let low = word()
    return UInt64(word()) << 32 | UInt64(low)
  }

  private mutating func word() -> UInt32 {
    if position == words.count { refill(blocks: 16) }
    position += 1
    return words[position - 1]
  }

  private mutating func refill(blocks: Int) {
    if words.count != 4 * blocks { words = [UInt32](repeating: 0, count: 4 * blocks) }
    // Safety: the array has 4 words a block.
    unsafe words.withUnsafeMutableBufferPointer {
      unsafe frieze_philox(key, stream, counter, $0.baseAddress, blocks)
    }
    counter += UInt64(blocks)
    position = 0
  }

  /// Uniform in the open interval (0, 1).
  public mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

  /// Fills with independent standard normal deviates; begins a new block, so what a call gives depends on earlier calls' sizes only.
  public mutating func fillNormal(_ out: inout MutableSpan<Float>) {
    let count = (out.count + 1) / 2 * 2
    let blocks = (count + 3) / 4
    var bits = [UInt32](repeating: 0, count: 4 * blocks)
    var deviates = [Float](repeating: 0, count: count)
    // Safety: bits has 4 * blocks >= count words, deviates count floats.
    unsafe bits.withUnsafeMutableBufferPointer { b in
      unsafe frieze_philox(key, stream, counter, b.baseAddress, blocks)
      unsafe deviates.withUnsafeMutableBufferPointer { d in
        unsafe frieze_normal(b.baseAddress, d.baseAddress, count)
      }
    }
    counter += UInt64(blocks)
    position = words.count
    for i in out.indices { out[i] = deviates[i] }
  }

  /// Independent standard normal deviates; begins a new block, as `fillNormal` does.
  public mutating func normals(_ count: Int) -> [Float] {
    var deviates = [Float](repeating: 0, count: count)
    var span = deviates.mutableSpan
    fillNormal(&span)
    return deviates
  }

  /// An index drawn in proportion to weights that are not negative; the last with weight where rounding overshoots.
  public mutating func index(weights: Span<Float>) -> Int {
    var total = 0.0
    for i in weights.indices { total += Double(weights[i]) }
    var rest = uniform() * total
    var last = 0
    for i in weights.indices where weights[i] > 0 {
      rest -= Double(weights[i])
      last = i
      if rest < 0 { return i }
    }
    return last
  }

  /// An index drawn in proportion to exp(logit / temperature).
  public mutating func index(logits: [Float], temperature: Float = 1) -> Int {
    let most = logits.max() ?? 0
    let weights = logits.map { exp(($0 - most) / temperature) }
    return index(weights: weights.span)
  }
}
