public import Networks

/// All that a model of skeletons can be told: sizes, what it is asked in training, the optimiser.
public struct SkeletonConfiguration: MethodOptions {
  /// Sizes of the network.
  public var network = Network()
  /// What crystals are shown with in training.
  public var told = Told()
  /// Properties that the network is told.
  public var conditioning = ConditioningOptions()
  /// The optimiser and its schedule.
  public var training = TrainingOptions()
  /// Choices of the sampler.
  public var sampling = Sampling()

  /// About 700,000 parameters.
  public init() {
    training.batch = 128
    training.epochs = 150
    training.learningRate = 2e-3
    training.minimumRate = 2e-5
    training.schedule = .cosine
    training.warmUpSteps = 400
    training.averageDecay = 0.999
    training.clipNorm = 10
  }

  /// A transformer over sites.
  public struct Network: Codable, Sendable, Equatable {
    /// Features of a site.
    public var width = 128
    /// Layers of attention.
    public var layers = 3
    /// Heads of attention; they divide the width.
    public var heads = 4
    /// Features of an element and of a Wyckoff position.
    public var embedding = 64
  }

  /// Shares of the crystals; none of it is told of the others.
  public struct Told: Codable, Sendable, Equatable {
    /// Shown with their composition.
    public var composition: Float = 0.4
    /// Shown with a list of elements that may occur, theirs and any number of others.
    public var elements: Float = 0.2
    /// Shown with all Wyckoff positions, to name elements alone.
    public var positions: Float = 0.2
  }

  /// Choices of the sampler.
  public struct Sampling: Codable, Sendable, Equatable {
    /// What logarithms of probabilities are divided by; below 1 the likely becomes likelier.
    public var temperature: Float = 1
    /// Where properties are asked for: how much of the difference counts that knowing them makes (Ho and Salimans 2022).
    public var guidance: Float = 1
  }

  /// Those that the network is told.
  public var properties: [String] { conditioning.properties }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let shares = [told.composition, told.elements, told.positions]
    let wrong: [(String, Bool)] = [
      ("network.width must be from 1 to 4096", !(1...4096).contains(network.width)),
      ("network.layers must be from 1 to 100", !(1...100).contains(network.layers)),
      ("network.embedding must be from 1 to 4096", !(1...4096).contains(network.embedding)),
      ("network.heads must divide network.width", network.heads < 1 || !network.width.isMultiple(of: max(1, network.heads))),
      ("told's shares must be from 0 to 1", shares.contains { !(0...1).contains($0) }),
      ("told.composition and told.elements must add up to 1 at most", told.composition + told.elements > 1),
      ("sampling.temperature must be from 0.01 to 100", !(0.01...100).contains(sampling.temperature)),
      ("sampling.guidance must be from 0.01 to 100", !(0.01...100).contains(sampling.guidance)),
    ]
    return wrong.first { $0.1 }?.0 ?? conditioning.complaint ?? training.complaint
  }

  /// Parameters mean the same with the same network; what is told may change.
  public func takesParameters(of other: Self, goingOn: Bool) -> Bool {
    network == other.network && (!goingOn || told == other.told)
      && (goingOn ? conditioning == other.conditioning : conditioning.takesParameters(of: other.conditioning))
  }
}
