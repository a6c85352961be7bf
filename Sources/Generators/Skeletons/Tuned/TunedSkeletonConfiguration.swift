import Crystals
public import Networks

/// All that a tuned model of skeletons can be told: what skeletons are worth, how they are drawn, the optimiser.
public struct TunedSkeletonConfiguration: MethodOptions {
  /// What a skeleton is worth: an expression, see `Reward`.
  public var reward = "exp(-40 * max(energy_above_hull, 0))"
  /// Sizes of the network, as the model has them that is tuned.
  public var network = SkeletonConfiguration.Network()
  /// How skeletons are drawn in training.
  public var trajectories = Trajectories()
  /// The optimiser and its schedule; a batch is so many skeletons.
  public var training = TrainingOptions()
  /// Choices of the sampler.
  public var sampling = SkeletonConfiguration.Sampling()

  /// A few minutes.
  public init() {
    training.batch = 64
    training.epochs = 10
    training.learningRate = 3e-4
    training.minimumRate = 1e-5
    training.schedule = .cosine
    training.warmUpSteps = 50
    training.averageDecay = 0.98
    training.clipNorm = 100
  }

  /// How skeletons are drawn in training.
  public struct Trajectories: Codable, Sendable, Equatable {
    /// Skeletons that are called an epoch.
    public var epoch = 6400
    /// Share of them that the model draws as it was before it was tuned.
    public var prior: Float = 0.2
    /// What ln of the prior is multiplied by; above 1 what the model finds unlikely becomes rarer, as with a lower temperature.
    public var priorPower = 1.0
    /// The least reward.
    public var leastReward = 1e-6
    /// What the learning rate of ln Z is multiplied by.
    public var logZRate: Float = 30

    enum CodingKeys: String, CodingKey {
      case epoch, prior
      case priorPower = "prior_power"
      case leastReward = "least_reward"
      case logZRate = "log_z_rate"
    }
  }

  /// Names of the reward that a skeleton does not say of itself.
  public var predicted: [String] { (try? Reward(reward))?.predicted ?? [] }

  /// The model that is tuned.
  var skeletons: SkeletonConfiguration {
    var options = SkeletonConfiguration()
    (options.network, options.sampling) = (network, sampling)
    return options
  }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let wrong: [(String, Bool)] = [
      ("trajectories.epoch must be from 1 to 10000000", !(1...10_000_000).contains(trajectories.epoch)),
      ("trajectories.prior must be from 0 to 1", !(0...1).contains(trajectories.prior)),
      ("trajectories.prior_power must be from 0 to 10", !(0...10).contains(trajectories.priorPower)),
      ("trajectories.least_reward must be from 1e-300 to 1", !(1e-300...1).contains(trajectories.leastReward)),
      ("trajectories.log_z_rate must be from 0 to 100000", !(0...100_000).contains(trajectories.logZRate)),
    ]
    if let first = wrong.first(where: { $0.1 }) { return first.0 }
    do throws(Rejection) { _ = try Reward(reward) } catch { return "reward: \(error.description)" }
    return skeletons.complaint ?? training.complaint
  }

  /// Parameters mean the same with the same network; another run may have another reward.
  public func takesParameters(of other: Self, goingOn: Bool) -> Bool {
    network == other.network && (!goingOn || (reward == other.reward && trajectories == other.trajectories))
  }
}
