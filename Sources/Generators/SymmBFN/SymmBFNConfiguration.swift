public import Networks

/// All that a SymmBFN run can be told: its form, sizes, schedules and weights. Defaults are the published values (Ruple et al. 2026,
/// A.3, and its code).
public struct SymmBFNConfiguration: MethodOptions {
  /// What the network is told, what its outputs mean, and how it is sampled.
  public var form = UnitForm.published
  /// Sizes of the network.
  public var network = UnitNetworkOptions()
  /// Accuracies of the Bayesian flow and weights of its losses.
  public var flow = Flow()
  /// Properties that the network is told.
  public var conditioning = ConditioningOptions()
  /// The optimiser and its schedule.
  public var training = TrainingOptions()
  /// Choices of the sampler.
  public var sampling = Sampling()

  /// The published values.
  public init() {}

  /// The Bayesian flow: accuracies and loss weights.
  public struct Flow: Codable, Sendable, Equatable {
    /// Deviation of the belief about a coordinate at time 1, in fractions of the cell.
    public var sigmaCoordinates: Float = 0.02
    /// Deviation of the belief about a lattice component at time 1.
    public var sigmaLattice: Float = 0.02
    /// Accuracy of the elements at time 1.
    public var betaElements: Float = 0.25
    /// Accuracy of the site symmetries at time 1.
    public var betaSiteSymmetry: Float = 2.5
    /// The least time that beliefs are formed at.
    public var minimumTime: Float = 1e-4
    /// Of the informed form: which share of the crystals is shown with its Wyckoff positions and shared elements known.
    public var knownTemplates: Float = 0.75
    /// Of those: which share is shown with elements known, too; where it is 0, sampling tells known elements through noisy beliefs.
    public var knownElements: Float = 0
    /// How what is learnt about elements counts over time, of the informed form.
    public var elementWeighting = Weighting.likelihood
    /// Weights of the four losses.
    public var weights = UnitLossWeights(coordinates: 1, lattice: 0.1, elements: 3, siteSymmetry: 10)

    enum CodingKeys: String, CodingKey {
      case sigmaCoordinates = "sigma_coordinates"
      case sigmaLattice = "sigma_lattice"
      case betaElements = "beta_elements"
      case betaSiteSymmetry = "beta_site_symmetry"
      case minimumTime = "minimum_time"
      case knownTemplates = "known_templates"
      case knownElements = "known_elements"
      case elementWeighting = "element_weighting"
      case weights
    }

    /// How a loss counts over time.
    public enum Weighting: String, Codable, Sendable, CaseIterable {
      /// In proportion to t, as the likelihood's bound has it (Graves et al. 2023, eq. 205): what is decided early counts little.
      case likelihood
      /// The same at all times, with the same mean, as diffusion's simple objective (Ho et al. 2020, eq. 14).
      case uniform
    }
  }

  /// Choices of the sampler.
  public struct Sampling: Codable, Sendable, Equatable {
    /// Steps of a sample; the network is called once more.
    public var steps = 100
    /// Where the Wyckoff positions of a sample, and which of its sites share their element, come from.
    public var proposer = ProposerKind.network
    /// Where properties are asked for: how much of the difference counts that knowing them makes (Ho and Salimans 2022). 1 is what was
    /// learnt, more exaggerates.
    public var guidance: Float = 1
  }

  /// Those that the network is told.
  public var properties: [String] { conditioning.properties }

  /// Where elements are told in training.
  public var learnsGeometryAlone: Bool { form == .informed && flow.knownElements > 0 }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let positive: [(String, Bool)] = [
      ("flow.sigma_coordinates (below 1)", flow.sigmaCoordinates > 0 && flow.sigmaCoordinates < 1),
      ("flow.sigma_lattice (below 1)", flow.sigmaLattice > 0 && flow.sigmaLattice < 1),
      ("flow.beta_elements", flow.betaElements > 0), ("flow.beta_site_symmetry", flow.betaSiteSymmetry > 0),
      ("flow.minimum_time (below 0.1)", flow.minimumTime > 0 && flow.minimumTime < 0.1),
      ("flow.known_templates (at most 1)", flow.knownTemplates > 0 && flow.knownTemplates <= 1),
      ("flow.known_elements (0 to 1)", flow.knownElements >= 0 && flow.knownElements <= 1),
      ("sampling.steps", sampling.steps > 0), ("sampling.guidance", sampling.guidance > 0),
    ]
    return positive.first { !$0.1 }.map { "\($0.0) must be positive" } ?? excess ?? network.complaint
      ?? weightingComplaint ?? conditioning.complaint ?? training.complaint
  }

  private var weightingComplaint: String? {
    form == .published && flow.elementWeighting != .likelihood
      ? "flow.element_weighting: uniform is for 'form: informed'" : nil
  }

  /// What is beyond all reason: arithmetic has not the numbers.
  private var excess: String? {
    let limits: [(String, Double, Double)] = [
      ("flow.beta_elements", Double(flow.betaElements), 1e6), ("flow.beta_site_symmetry", Double(flow.betaSiteSymmetry), 1e6),
      ("sampling.steps", Double(sampling.steps), 1e6), ("sampling.guidance", Double(sampling.guidance), 100),
    ]
    return limits.first { !($0.1 <= $0.2) }.map { "\($0.0) must be at most \($0.2)" }
  }

  /// Parameters mean the same with the same form, network and flow; how losses are weighed, and how much is told, may change.
  public func takesParameters(of other: Self, goingOn: Bool) -> Bool {
    var flow = other.flow
    if !goingOn {
      (flow.weights, flow.knownTemplates) = (self.flow.weights, self.flow.knownTemplates)
      (flow.knownElements, flow.elementWeighting) = (self.flow.knownElements, self.flow.elementWeighting)
    }
    return form == other.form && network == other.network && self.flow == flow
      && (goingOn ? conditioning == other.conditioning : conditioning.takesParameters(of: other.conditioning))
  }
}
