/// All that a SymmBFN run can be told. Defaults are the published values (Ruple et al. 2026, A.3, and its code) but where it says otherwise;
/// Pipelines/models/symmbfn.yaml has the published ones throughout.
public struct SymmBFNConfiguration: Codable, Sendable, Equatable {
  public var network = Network()
  public var flow = Flow()
  public var training = Training()
  public var sampling = Sampling()

  public init() {}

  /// Whether beliefs need `BayesianFlow.describe`.
  var readsDescription: Bool {
    network.geometryFeatures || network.compositionFeatures || network.positionFeatures || network.pairDirections
      || flow.coordinateOutput == .posterior
  }

  /// The message-passing network.
  public struct Network: Codable, Sendable, Equatable {
    /// Features of a site.
    public var hidden = 512
    public var layers = 6
    /// Features of each embedding: elements, site symmetry, space group, time.
    public var embedding = 128
    /// Fourier frequencies of each coordinate difference.
    public var frequencies = 128
    /// Fourier frequencies of each absolute coordinate beside the coordinate itself; 0 for none.
    public var coordinateFrequencies = 32
    /// Whether sites are told what the beliefs say of cell, multiplicity, volume an atom and their places (`BayesianFlow.describe`);
    /// not published.
    public var geometryFeatures = false
    /// Whether sites are told the crystal's composition as beliefs have it, and may copy elements from each other: one more output
    /// a site weighs what the other sites' beliefs say (`BayesianFlow.elementLogits`); not published.
    public var compositionFeatures = false
    /// Whether site symmetries are seen and said as Wyckoff positions of the group: sites are told the positions' probabilities by
    /// Bayes' rule, and the outputs are scores of the positions (`BayesianFlow.positionProbabilities`), trained by cross entropy whatever
    /// `class_loss` says. They are told the number of sites, too. Not published.
    public var positionFeatures = false

    /// Whether the network can be told a crystal's template, that is its Wyckoff positions and which sites share their element: site
    /// symmetries are certain then, sites of one element share its belief, and edges are told. Needs `position_features`. Not
    /// published; DiffCSP++ (Jiao et al. 2024) generates on known templates alone.
    public var templateFeatures = false

    /// Whether coordinates move along the directions to the neighbours' images, too (`BayesianFlow.describeDirections`); not published.
    public var pairDirections = false

    /// With `template_features` and `composition_features`: whether elements are weighed by how well they balance the charge of the
    /// others (`BayesianFlow.describeBalances`); not published.
    public var chargeBalance = false

    enum CodingKeys: String, CodingKey {
      case hidden, layers, embedding, frequencies
      case coordinateFrequencies = "coordinate_frequencies"
      case geometryFeatures = "geometry_features"
      case compositionFeatures = "composition_features"
      case positionFeatures = "position_features"
      case templateFeatures = "template_features"
      case pairDirections = "pair_directions"
      case chargeBalance = "charge_balance"
    }
  }

  /// The Bayesian flow: accuracies and loss weights.
  public struct Flow: Codable, Sendable, Equatable {
    public var sigmaCoordinates: Float = 0.02
    public var sigmaLattice: Float = 0.02
    public var betaElements: Float = 0.25
    public var betaSiteSymmetry: Float = 2.5
    public var minimumTime: Float = 1e-4
    /// What the network's output for the lattice means.
    public var latticeOutput = LatticeOutput.posterior
    /// What the network's output for the coordinates means.
    public var coordinateOutput = CoordinateOutput.noise
    /// What the network's outputs for elements and site symmetries mean.
    public var classOutput = ClassOutput.direct
    /// The loss of elements and site symmetries.
    public var classLoss = ClassLoss.squared
    public var weights = Weights()

    enum CodingKeys: String, CodingKey {
      case sigmaCoordinates = "sigma_coordinates"
      case sigmaLattice = "sigma_lattice"
      case betaElements = "beta_elements"
      case betaSiteSymmetry = "beta_site_symmetry"
      case minimumTime = "minimum_time"
      case latticeOutput = "lattice_output"
      case coordinateOutput = "coordinate_output"
      case classOutput = "class_output"
      case classLoss = "class_loss"
      case weights
    }
  }

  /// How the lattice is estimated from the network's output.
  public enum LatticeOutput: String, Codable, Sendable, CaseIterable {
    /// The output is the noise, as published. At early times an error of the noise counts up to 36-fold.
    case noise
    /// The output moves the estimate away from the posterior mean under a normal prior with the training set's moments, in units
    /// of the posterior's deviation: without knowledge the estimate is the best linear one.
    case posterior
  }

  /// How coordinates are estimated from the network's output.
  public enum CoordinateOutput: String, Codable, Sendable, CaseIterable {
    /// The output, with the mean added, is the noise, as published.
    case noise
    /// The output moves the estimate away from the posterior mean over the group's Wyckoff positions, in units of the posterior's
    /// deviation: coordinates that symmetry fixes are exact. Not published.
    case posterior
  }

  /// How the probabilities of classes are found from the network's outputs.
  public enum ClassOutput: String, Codable, Sendable, CaseIterable {
    /// The outputs are their logits, as published: the network has to pass on what the belief says.
    case direct
    /// The outputs are logits of the classes given everything but the site's own belief, which is added: the belief is the
    /// likelihood of its noisy observations, so the sum is Bayes' rule. Not published.
    case posterior
  }

  /// How wrong probabilities of classes count; both are least for the true ones.
  public enum ClassLoss: String, Codable, Sendable, CaseIterable {
    /// `|e - e_hat|^2`, the Bayesian flow's own bound, as published.
    case squared
    /// `-ln e_hat` of the right class: classes thought impossible keep a gradient. Not published.
    case crossEntropy = "cross_entropy"
  }

  /// Weights of the four losses.
  public struct Weights: Codable, Sendable, Equatable {
    public var coordinates: Float = 1
    public var lattice: Float = 0.1
    public var elements: Float = 3
    public var siteSymmetry: Float = 10

    enum CodingKeys: String, CodingKey {
      case coordinates, lattice, elements
      case siteSymmetry = "site_symmetry"
    }
  }

  /// The optimiser and its schedule.
  public struct Training: Codable, Sendable, Equatable {
    public var learningRate: Float = 1e-3
    /// Steps over which the rate rises from 0 at the start.
    public var warmUpSteps = 0
    public var schedule = Schedule.plateau
    public var batch = 256
    public var epochs = 2000
    public var plateauFactor: Float = 0.6
    /// Epochs without improvement before the rate falls.
    public var plateauPatience = 100
    public var minimumRate: Float = 1e-4
    public var averageDecay: Float = 0.995
    /// Longest gradient; it is scaled down where it is longer.
    public var clipNorm: Float = 100
    public var weightDecay: Float = 0
    /// Whether a crystal is shown from another origin every time, of those that are equivalent in its group
    /// (`SpaceGroup.originShifts`); not published.
    public var originShifts = false
    /// With `template_features`: which share of the crystals is shown with the template known.
    public var knownTemplates: Float = 0.75

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
      case weightDecay = "weight_decay"
      case originShifts = "origin_shifts"
      case knownTemplates = "known_templates"
    }
  }

  /// How the learning rate goes down.
  public enum Schedule: String, Codable, Sendable, CaseIterable {
    /// By a factor whenever the validation loss stands still for a while, as published.
    case plateau
    /// Along half a cosine to `minimum_rate` at the last epoch (Loshchilov & Hutter 2017).
    case cosine
  }

  /// Choices of the sampler.
  public struct Sampling: Codable, Sendable, Equatable {
    public var steps = 100
    /// How the mean of the coordinates is moved.
    public var coordinateUpdate = CoordinateUpdate.unwrapped
    /// The last classes: drawn from the prediction (published) or the most probable.
    public var finalChoice = FinalChoice.draw
    /// How a site's symmetry is drawn at every step.
    public var codeDraw = CodeDraw.positions
    /// Divides the logits of elements and site symmetries at every step: below 1 the likelier classes are drawn more often. Not
    /// published; 1 samples what was learnt.
    public var temperature: Float = 1
    /// From when on sites are put where there is room for them at every step, and not at the end alone; 1 for never, as published.
    public var placementTime: Float = 0.4
    /// Where templates come from.
    public var templates = Templates.network

    enum CodingKeys: String, CodingKey {
      case steps
      case coordinateUpdate = "coordinate_update"
      case finalChoice = "final_choice"
      case codeDraw = "code_draw"
      case temperature
      case placementTime = "placement_time"
      case templates
    }
  }

  public enum CoordinateUpdate: String, Codable, Sendable, CaseIterable {
    /// Averaged, then wrapped at every step, as published: a mean of 0.98 and an observation of 0.02 make 0.5.
    case wrapped
    /// Along the shorter way.
    case minimumImage = "minimum_image"
    /// Averaged on the line, wrapped only where the network looks: the process that beliefs are drawn from in training.
    case unwrapped

    /// The mean after an observation.
    func moved(_ mean: Float, precision rho: Float, towards y: Float, accuracy alpha: Float) -> Float {
      let average = (rho * mean + alpha * y) / (rho + alpha)
      switch self {
      case .wrapped: return Generators.wrapped(average)
      case .minimumImage: return Generators.wrapped(mean + alpha / (rho + alpha) * Generators.minimumImage(from: mean, to: y))
      case .unwrapped: return average
      }
    }
  }

  /// From what a site's symmetry is drawn.
  public enum CodeDraw: String, Codable, Sendable, CaseIterable {
    /// From every axis by itself, as published: the axes may contradict each other.
    case axes
    /// From the group's Wyckoff positions, with the shares that the axes' probabilities give (`CodeShares`).
    case positions
  }

  /// Where the Wyckoff positions of a sample, and which of its sites share their element, come from.
  public enum Templates: String, Codable, Sendable, CaseIterable {
    /// The network says them, as published.
    case network
    /// Drawn from the training set, given the space group, as often as it has them (so does DiffCSP++, Jiao et al. 2024); from the
    /// network where a group has none.
    case training
  }

  public enum FinalChoice: String, Codable, Sendable, CaseIterable {
    case draw
    case mostProbable = "most_probable"
  }

  /// What is wrong with the values, in a sentence; nil where all is well.
  public var complaint: String? {
    let positive: [(String, Bool)] = [
      ("network.hidden", network.hidden > 0), ("network.layers", network.layers > 0),
      ("network.embedding (an even number)", network.embedding > 0 && network.embedding % 2 == 0),
      ("network.frequencies", network.frequencies > 0),
      ("network.coordinate_frequencies (0 or more)", network.coordinateFrequencies >= 0),
      ("flow.sigma_coordinates (below 1)", flow.sigmaCoordinates > 0 && flow.sigmaCoordinates < 1),
      ("flow.sigma_lattice (below 1)", flow.sigmaLattice > 0 && flow.sigmaLattice < 1),
      ("flow.beta_elements", flow.betaElements > 0), ("flow.beta_site_symmetry", flow.betaSiteSymmetry > 0),
      ("flow.minimum_time (below 0.1)", flow.minimumTime > 0 && flow.minimumTime < 0.1),
      ("training.learning_rate", training.learningRate > 0),
      ("training.warm_up_steps (0 or more)", training.warmUpSteps >= 0),
      ("training.weight_decay (0 or more)", training.weightDecay >= 0), ("training.batch", training.batch > 0),
      ("training.epochs (0 or more)", training.epochs >= 0), ("training.clip_norm", training.clipNorm > 0),
      ("training.average_decay (below 1)", training.averageDecay >= 0 && training.averageDecay < 1),
      ("training.known_templates (at most 1)", training.knownTemplates > 0 && training.knownTemplates <= 1),
      ("sampling.steps", sampling.steps > 0), ("sampling.temperature", sampling.temperature > 0),
      ("sampling.placement_time", sampling.placementTime > 0),
    ]
    if network.templateFeatures && !network.positionFeatures { return "network.template_features needs position_features" }
    if network.chargeBalance && !(network.templateFeatures && network.compositionFeatures) {
      return "network.charge_balance needs template_features and composition_features"
    }
    return positive.first { !$0.1 }.map { "\($0.0) must be positive" } ?? excess
  }

  /// What is beyond all reason: no machine has the memory, or arithmetic the numbers.
  private var excess: String? {
    let limits: [(String, Double, Double)] = [
      ("network.hidden", Double(network.hidden), 16_384), ("network.layers", Double(network.layers), 1000),
      ("network.embedding", Double(network.embedding), 16_384), ("network.frequencies", Double(network.frequencies), 16_384),
      ("network.coordinate_frequencies", Double(network.coordinateFrequencies), 16_384),
      ("flow.beta_elements", Double(flow.betaElements), 1e6), ("flow.beta_site_symmetry", Double(flow.betaSiteSymmetry), 1e6),
      ("training.learning_rate", Double(training.learningRate), 1e6),
      ("training.warm_up_steps", Double(training.warmUpSteps), 1e12),
      ("training.weight_decay", Double(training.weightDecay), 1e6), ("training.batch", Double(training.batch), 1e6),
      ("training.epochs", Double(training.epochs), 1e9), ("training.clip_norm", Double(training.clipNorm), 1e30),
      ("sampling.steps", Double(sampling.steps), 1e6), ("sampling.temperature", Double(sampling.temperature), 1e6),
      ("sampling.placement_time", Double(sampling.placementTime), 1e6),
    ]
    if let (name, _, most) = limits.first(where: { !($0.1 <= $0.2) }) { return "\(name) must be at most \(most)" }
    let width = Double(network.hidden + network.embedding + network.frequencies + network.coordinateFrequencies)
    return width * width * Double(network.layers) > 1e9 ? "network.hidden and network.layers make too large a network" : nil
  }
}
