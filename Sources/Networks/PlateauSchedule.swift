/// Lowers the learning rate when the loss has not fallen for a while.
public struct PlateauSchedule: Sendable {
  /// The learning rate now.
  public var rate: Float
  /// The lowest validation loss so far.
  public var best = Double.infinity
  /// Epochs since then.
  public var waited = 0
  /// What the rate is multiplied by after waiting in vain.
  public let factor: Float
  /// Epochs to wait.
  public let patience: Int
  /// Below this the rate does not go.
  public let minimum: Float

  /// Begins at a rate.
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
