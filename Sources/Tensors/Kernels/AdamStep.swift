import CKernels
import COneDNN

/// One step of Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), of the moving average and of the
/// rounded copy: a single pass over memory, cut among threads; the result does not depend on their number. The gradient is left
/// at zero, ready for the next batch.
public struct AdamStep: Sendable {
  /// Learning rate.
  public var rate: Float
  /// Parameters whose rate is a multiple of `rate`, in order and apart from each other.
  public var factors: [Factor] = []
  /// Decays of the first and second moment.
  public var betas: (Float, Float)
  /// `1 - beta^step`.
  let corrections: (Float, Float)
  /// Added to the root of the second moment.
  public var epsilon: Float = 1e-8
  /// Share of a parameter that a step at rate 1 takes away.
  public var weightDecay: Float = 0
  /// What the gradient is multiplied by.
  public var scale: Float = 1
  /// `average += (1 - decay) (parameters - average)`.
  public var averageDecay: Float = 0

  /// What the rate of some parameters is multiplied by.
  public struct Factor: Sendable {
    let range: Range<Int>
    let value: Float

    /// - Parameter range: of the parameters, by their places.
    public init(range: Range<Int>, value: Float) { (self.range, self.value) = (range, value) }
  }

  /// - Parameter step: counted from 1.
  public init(betas: (Float, Float), step: Int, rate: Float) {
    precondition(step > 0)
    self.rate = rate
    self.betas = betas
    corrections = (1 - Self.power(betas.0, step), 1 - Self.power(betas.1, step))
  }

  /// The pointers of one step; blocks that do not overlap are all that threads touch.
  @unsafe private struct Pointers: @unchecked Sendable {
    let values: UnsafeMutablePointer<Float>
    let rounded: UnsafeMutablePointer<UInt16>?
    let average: UnsafeMutablePointer<Float>
    let firstMoment: UnsafeMutablePointer<Float>
    let secondMoment: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>
  }

  /// Takes the step.
  ///
  /// - Parameters:
  ///   - average: moving average of the parameters; as many as these, like all arrays here.
  ///   - gradient: zero behind the step.
  ///   - threads: that share the work.
  public func apply(
    to parameters: inout Parameters, average: inout [Float], firstMoment: inout [Float], secondMoment: inout [Float],
    gradient: inout [Float], threads: Int
  ) {
    let count = parameters.values.count
    precondition(average.count == count && gradient.count == count)
    precondition(firstMoment.count == count && secondMoment.count == count)
    // Safety: all arrays have `count` elements (the rounded copy as many or none), and every block lies below `count`.
    unsafe parameters.values.withUnsafeMutableBufferPointer { p in
      unsafe parameters.rounded.withUnsafeMutableBufferPointer { r in
        unsafe average.withUnsafeMutableBufferPointer { a in
          unsafe firstMoment.withUnsafeMutableBufferPointer { m in
            unsafe secondMoment.withUnsafeMutableBufferPointer { v in
              unsafe gradient.withUnsafeMutableBufferPointer { g in
                guard let p = p.baseAddress, let a = a.baseAddress, let m = m.baseAddress, let v = v.baseAddress,
                  let g = g.baseAddress
                else { return }
                let pointers = unsafe Pointers(
                  values: p, rounded: r.isEmpty ? nil : r.baseAddress, average: a, firstMoment: m, secondMoment: v,
                  gradient: g)
                Blocks.perform(count, threads: threads) { block in
                  var start = block.lowerBound
                  for factor in factors where factor.range.overlaps(block) {
                    let own = factor.range.clamped(to: block)
                    unsafe apply(pointers, start..<own.lowerBound, rate)
                    unsafe apply(pointers, own, rate * factor.value)
                    start = own.upperBound
                  }
                  unsafe apply(pointers, start..<block.upperBound, rate)
                }
              }
            }
          }
        }
      }
    }
  }

  private func apply(_ p: Pointers, _ range: Range<Int>, _ rate: Float) {
    let (start, count) = (range.lowerBound, range.count)
    // Safety: `apply(to:)` bounds the range, which lies within a block.
    unsafe frieze_adam(
      p.values + start, p.gradient + start, p.firstMoment + start, p.secondMoment + start, count, rate, betas.0, betas.1,
      corrections.0, corrections.1, epsilon, weightDecay, scale)
    unsafe frieze_moving_average(p.average + start, p.values + start, count, averageDecay)
    unsafe (p.gradient + start).update(repeating: 0, count: count)
    if let rounded = unsafe p.rounded { unsafe frieze_round_bfloat16(p.values + start, rounded + start, count) }
  }

  private static func power(_ base: Float, _ exponent: Int) -> Float {
    var result = 1.0
    var square = Double(base)
    var n = exponent
    while n > 0 {
      if n & 1 == 1 { result *= square }
      square *= square
      n >>= 1
    }
    return Float(result)
  }
}
