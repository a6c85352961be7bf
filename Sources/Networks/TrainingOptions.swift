/// The optimiser and its schedule.
public struct TrainingOptions: Codable, Sendable, Equatable {
  /// At the start, after warming up.
  public var learningRate: Float = 1e-3
  /// Steps over which the rate rises from 0 at the start.
  public var warmUpSteps = 0
  /// How the rate goes down.
  public var schedule = Schedule.plateau
  /// Examples a step.
  public var batch = 256
  /// Times that all examples are seen.
  public var epochs = 2000
  /// What the rate is multiplied by on a plateau.
  public var plateauFactor: Float = 0.6
  /// Epochs without improvement before the rate falls.
  public var plateauPatience = 100
  /// Below this the rate does not go.
  public var minimumRate: Float = 1e-4
  /// Of the moving average of the parameters, a step.
  public var averageDecay: Float = 0.995
  /// Longest gradient; it is scaled down where it is longer.
  public var clipNorm: Float = 100
  /// Largest number of a gradient; larger ones count as this. 0 for no limit.
  public var clipValue: Float = 0
  /// Share of a parameter that a step at rate 1 takes away.
  public var weightDecay: Float = 0

  /// The values of the paper (Ruple et al. 2026).
  public init() {}

  enum CodingKeys: String, CodingKey {
    case learningRate = "learning_rate"
    case warmUpSteps = "warm_up_steps"
    case schedule
    case batch, epochs
    case plateauFactor = "plateau_factor"
    case plateauPatience = "plateau_patience"
    case minimumRate = "minimum_rate"
    case averageDecay = "average_decay"
    case clipNorm = "clip_norm"
    case clipValue = "clip_value"
    case weightDecay = "weight_decay"
  }

  /// How the learning rate goes down.
  public enum Schedule: String, Codable, Sendable, CaseIterable {
    /// By a factor whenever the validation loss stands still for a while.
    case plateau
    /// Along half a cosine to `minimum_rate` at the last epoch (Loshchilov & Hutter 2017).
    case cosine
  }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let positive: [(String, Bool)] = [
      ("training.learning_rate", learningRate > 0 && learningRate.isFinite),
      ("training.warm_up_steps (0 or more)", warmUpSteps >= 0),
      ("training.weight_decay (0 or more)", weightDecay >= 0), ("training.batch", batch > 0),
      ("training.clip_value (0 or more)", clipValue >= 0), ("training.epochs (0 or more)", epochs >= 0),
      ("training.clip_norm", clipNorm > 0),
      ("training.average_decay (below 1)", averageDecay >= 0 && averageDecay < 1),
    ]
    return positive.first { !$0.1 }.map { "\($0.0) must be positive" } ?? excess
  }

  /// What is beyond all reason: arithmetic has not the numbers.
  private var excess: String? {
    let limits: [(String, Double, Double)] = [
      ("training.learning_rate", Double(learningRate), 1e6), ("training.warm_up_steps", Double(warmUpSteps), 1e12),
      ("training.weight_decay", Double(weightDecay), 1e6), ("training.batch", Double(batch), 1e6),
      ("training.epochs", Double(epochs), 1e9), ("training.clip_norm", Double(clipNorm), 1e30),
    ]
    return limits.first { !($0.1 <= $0.2) }.map { "\($0.0) must be at most \($0.2)" }
  }
}
