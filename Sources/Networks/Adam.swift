public import Tensors

/// Adam (Kingma & Ba 2015) over a flat array of parameters, with an exponential moving average of them.
public struct Adam: Sendable {
  /// What is learnt, and its rounded copy.
  public var parameters: Parameters
  /// What samples are drawn with.
  public var average: [Float]
  /// Moving mean of the gradient.
  public var firstMoment: [Float]
  /// Moving mean of the gradient's squares.
  public var secondMoment: [Float]
  /// Steps taken.
  public var step = 0

  /// Begins with moments of zero and the parameters as their own average.
  public init(parameters: Parameters) {
    self.parameters = parameters
    average = parameters.values
    firstMoment = [Float](repeating: 0, count: parameters.values.count)
    secondMoment = firstMoment
  }

  /// Options of a step.
  public struct Options: Sendable {
    /// Decays of the two moments (Kingma and Ba, ICLR 2015, algorithm 1).
    public var betas: (Float, Float) = (0.9, 0.999)
    /// Added to the root of the second moment.
    public var epsilon: Float = 1e-8
    /// Decoupled (Loshchilov & Hutter 2019); 0 is plain Adam.
    public var weightDecay: Float = 0
    /// The gradient is scaled down to this norm where it is longer.
    public var clipNorm: Float = .infinity
    /// Numbers of the gradient beyond this count as this; 0 for no limit.
    public var clipValue: Float = 0
    /// Of the moving average.
    public var averageDecay: Float = 0.995

    /// The paper's values.
    public init() {}
  }

  /// Takes one step; returns the norm of the gradient before clipping. A gradient that is not finite moves nothing.
  ///
  /// - Parameters:
  ///   - gradients: parts whose sum is the gradient; left at zero.
  ///   - rate: multiplied by each array's own in the layout.
  public mutating func update(
    gradients: inout [[Float]], rate: Float, _ options: Options, _ layout: ParameterLayout, threads: Int = 1
  ) -> Double {
    precondition(layout.count == parameters.values.count)
    var gradient = gradients.removeFirst()
    defer { gradients.insert(gradient, at: 0) }
    for i in gradients.indices { Kernels.drain(&gradients[i], into: &gradient, threads: threads) }
    if options.clipValue > 0 {
      let limit = options.clipValue
      // NaN stays: what is not finite moves nothing.
      for i in gradient.indices where abs(gradient[i]) > limit { gradient[i] = gradient[i] > 0 ? limit : -limit }
    }
    let norm = Kernels.squaredNorm(gradient, threads: threads).squareRoot()
    guard norm.isFinite else {
      for i in gradient.indices { gradient[i] = 0 }
      return norm
    }
    step += 1
    var update = AdamStep(betas: options.betas, step: step, rate: rate)
    update.factors = layout.rates
    update.epsilon = options.epsilon
    update.weightDecay = options.weightDecay
    update.scale = norm > Double(options.clipNorm) ? options.clipNorm / Float(norm) : 1
    // Early on the average follows more closely, so that it is not held back by the first parameters.
    update.averageDecay = min(options.averageDecay, Float(step) / Float(step + 9))
    update.apply(
      to: &parameters, average: &average, firstMoment: &firstMoment, secondMoment: &secondMoment, gradient: &gradient,
      threads: threads)
    return norm
  }
}
