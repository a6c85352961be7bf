import CKernels
import COneDNN

/// One step of Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), of the moving average and of the
/// rounded copy: a single pass over memory, cut among threads; the result does not depend on their number. The gradient is left
/// at zero, ready for the next batch.
public struct AdamStep: Sendable {
  /// Learning rate.
  public var rate: Float
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
                Blocks.perform(count, threads: threads) { range in
                  unsafe apply(pointers, from: range.lowerBound, count: range.count)
                }
              }
            }
          }
        }
      }
    }
  }

  private func apply(_ p: Pointers, from start: Int, count: Int) {
    // Safety: `apply(to:)` bounds the block.
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
