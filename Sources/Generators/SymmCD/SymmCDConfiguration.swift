public import Networks

/// All that a SymmCD run can be told: its form, sizes, schedules and weights. Defaults are the published values (Levy et al. 2025 and
/// its code).
public struct SymmCDConfiguration: MethodOptions {
  /// What the network is told, what its outputs mean, and how it is sampled.
  public var form = UnitForm.published
  /// Sizes of the network: of the published form SymmCD's own, whose embeddings are those of space group and site symmetry and whose
  /// coordinates have the frequencies of their differences; of the informed form that of SymmBFN.
  public var network = UnitNetworkOptions()
  /// Schedules of the noise and weights of the losses.
  public var diffusion = Diffusion()
  /// Properties that the network is told.
  public var conditioning = ConditioningOptions()
  /// The optimiser and its schedule.
  public var training = TrainingOptions()
  /// Choices of the sampler.
  public var sampling = Sampling()

  /// The published values.
  public init() {
    (network.hidden, network.layers, network.embedding, network.coordinateFrequencies) = (1024, 8, 512, 128)
    training.batch = 512
    training.plateauPatience = 30
    training.minimumRate = 1e-6
    training.averageDecay = 0
    training.clipNorm = 1e20
    training.clipValue = 0.5
  }

  /// The noise, and what errors count.
  public struct Diffusion: Codable, Sendable, Equatable {
    /// Times of the schedules.
    public var steps = 1000
    /// Deviation of the coordinates' noise at the first time, in fractions of the cell.
    public var leastSigma = 0.005
    /// The same at the last time.
    public var largestSigma = 0.5
    /// Of the informed form: which share of the crystals is shown with its Wyckoff positions and shared elements known.
    public var knownTemplates: Float = 0.75
    /// Of those: which share is shown with elements known, too.
    public var knownElements: Float = 0
    /// Weights of the four losses.
    public var weights = UnitLossWeights(coordinates: 1, lattice: 5, elements: 0.1, siteSymmetry: 10)

    enum CodingKeys: String, CodingKey {
      case steps
      case leastSigma = "sigma_min"
      case largestSigma = "sigma_max"
      case knownTemplates = "known_templates"
      case knownElements = "known_elements"
      case weights
    }
  }

  /// How a step goes from one time to an earlier one.
  public enum Sampler: String, Codable, Sendable, CaseIterable {
    /// With the noise of the reversed process (Ho et al. 2020).
    case ancestral
    /// Without: the noise that there is stays what it is (Song et al. 2021, DDIM).
    case deterministic
  }

  /// Choices of the sampler.
  public struct Sampling: Codable, Sendable, Equatable {
    /// Times that a sample goes through, of those of the schedules. The published form calls the network twice at each where it
    /// corrects.
    public var steps = 1000
    /// How a step goes from one time to an earlier one.
    public var sampler = Sampler.ancestral
    /// Of the published form: the Langevin corrector's step at the first time, before each step; 0 for none.
    public var corrector: Float = 1e-5
    /// Where the Wyckoff positions of a sample, and which of its sites share their element, come from.
    public var proposer = ProposerKind.network
    /// Where properties are asked for: how much of the difference counts that knowing them makes (Ho and Salimans 2022). 1 is what was
    /// learnt, more exaggerates.
    public var guidance: Float = 1
  }

  /// Those that the network is told.
  public var properties: [String] { conditioning.properties }

  /// Where elements are told in training.
  public var learnsGeometryAlone: Bool { form == .informed && diffusion.knownElements > 0 }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let positive: [(String, Bool)] = [
      ("diffusion.steps", diffusion.steps > 0), ("diffusion.sigma_min", diffusion.leastSigma > 0),
      ("diffusion.known_templates (at most 1)", diffusion.knownTemplates > 0 && diffusion.knownTemplates <= 1),
      ("diffusion.known_elements (0 to 1)", diffusion.knownElements >= 0 && diffusion.knownElements <= 1),
      ("sampling.steps", sampling.steps > 0), ("sampling.guidance", sampling.guidance > 0),
      ("sampling.corrector (0 or more)", sampling.corrector >= 0),
    ]
    if let wrong = positive.first(where: { !$0.1 }) { return "\(wrong.0) must be positive" }
    guard diffusion.largestSigma > diffusion.leastSigma else {
      return "diffusion.sigma_max must be larger than diffusion.sigma_min: the noise grows with time"
    }
    guard diffusion.largestSigma <= 10 else { return "diffusion.sigma_max must be at most 10" }
    guard (2...100_000).contains(diffusion.steps) else { return "diffusion.steps must be from 2 to 100000" }
    guard sampling.steps <= diffusion.steps else {
      return "sampling.steps must be at most diffusion.steps, \(diffusion.steps): those are the times that there are"
    }
    guard sampling.corrector <= 1, sampling.guidance <= 100 else {
      return "sampling.corrector must be at most 1, sampling.guidance at most 100"
    }
    guard form == .informed || conditioning.properties.isEmpty else {
      return "conditioning.properties needs 'form: informed': SymmCD as published is told none"
    }
    let published = form == .published ? SymmCDNetworkOptions(network).complaint("network") : nil
    return network.complaint ?? published ?? conditioning.complaint ?? training.complaint
  }

  /// The times of a sample, from a time of the schedules on in even strides.
  func times(from start: Int) -> [Int] {
    (0..<sampling.steps).map { max(1, start - $0 * start / sampling.steps) }
  }

  /// Parameters mean the same with the same form, network and noise; how losses are weighed, and how much is told, may change.
  public func takesParameters(of other: Self, goingOn: Bool) -> Bool {
    var diffusion = other.diffusion
    if !goingOn {
      (diffusion.weights, diffusion.knownTemplates) = (self.diffusion.weights, self.diffusion.knownTemplates)
      diffusion.knownElements = self.diffusion.knownElements
    }
    return form == other.form && network == other.network && self.diffusion == diffusion
      && (goingOn ? conditioning == other.conditioning : conditioning.takesParameters(of: other.conditioning))
  }
}
