import Tensors

/// Adam (Kingma & Ba 2015) over a flat array of parameters, with an exponential moving average of them.
public struct Optimizer: Sendable {
  public var parameters: [Float]
  /// What samples are drawn with.
  public var average: [Float]
  public var firstMoment: [Float]
  public var secondMoment: [Float]
  /// Steps taken.
  public var step = 0

  public init(parameters: [Float]) {
    self.parameters = parameters
    average = parameters
    firstMoment = [Float](repeating: 0, count: parameters.count)
    secondMoment = firstMoment
  }

  /// Options of a step.
  public struct Options: Sendable {
    public var betas: (Float, Float) = (0.9, 0.999)
    public var epsilon: Float = 1e-8
    /// Decoupled (Loshchilov & Hutter 2019); 0 is plain Adam.
    public var weightDecay: Float = 0
    /// The gradient is scaled down to this norm where it is longer.
    public var clipNorm: Float = .infinity
    /// Of the moving average.
    public var averageDecay: Float = 0.995

    public init() {}
  }

  /// Takes one step; returns the norm of the gradient before clipping. A gradient that is not finite moves nothing.
  public mutating func update(gradient: [Float], rate: Float, _ options: Options) -> Double {
    let norm = Kernels.squaredNorm(gradient).squareRoot()
    guard norm.isFinite else { return norm }
    step += 1
    let scale = norm > Double(options.clipNorm) ? options.clipNorm / Float(norm) : 1
    Kernels.adam(
      parameters: &parameters, gradient: gradient, firstMoment: &firstMoment, secondMoment: &secondMoment, rate: rate,
      betas: options.betas, step: step, epsilon: options.epsilon, weightDecay: options.weightDecay, scale: scale)
    // Early on the average follows more closely, so that it is not held back by the first parameters.
    let decay = min(options.averageDecay, Float(step) / Float(step + 9))
    Kernels.movingAverage(&average, parameters: parameters, decay: decay)
    return norm
  }
}

/// Lowers the learning rate when the loss has not fallen for a while.
public struct PlateauSchedule: Sendable {
  public var rate: Float
  public var best = Double.infinity
  public var waited = 0
  public let factor: Float
  public let patience: Int
  public let minimum: Float

  public init(rate: Float, factor: Float, patience: Int, minimum: Float) {
    self.rate = rate
    self.factor = factor
    self.patience = patience
    self.minimum = minimum
  }

  /// Takes note of an epoch's loss; an improvement is one of at least a ten-thousandth (as in PyTorch).
  public mutating func note(_ loss: Double) {
    if loss < best * (1 - 1e-4) {
      best = loss
      waited = 0
    } else {
      waited += 1
      if waited > patience {
        rate = max(minimum, rate * factor)
        waited = 0
      }
    }
  }
}
