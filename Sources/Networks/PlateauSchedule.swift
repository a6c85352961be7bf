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
