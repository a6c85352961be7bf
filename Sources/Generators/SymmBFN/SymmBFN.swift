public import Crystals
public import Networks
public import Tensors

/// SymmBFN (Ruple et al. 2026): a Bayesian flow network over asymmetric units.
public struct SymmBFN: UnitGenerator {
  /// The method's name in YAML and model files.
  public static let name = "symmbfn"
  /// Raised when a model file of before is no longer read.
  public static let version = 1
  /// Parts of the loss (Ruple et al. 2026, equations 9 to 12).
  public static let terms = ["coordinates", "lattice", "elements", "site symmetry"]

  /// Sizes, weights and schedules, and which form.
  public let options: SymmBFNConfiguration
  /// Shares of groups, numbers of sites and Wyckoff positions in the training set.
  public let statistics: DatasetStatistics
  /// The network without its parameters.
  public let network: UnitNetwork
  let flow: BayesianFlow
  /// (100) element classes that occur in the training set.
  let elementMask: [Bool]
  let conditions: PropertyEncoding

  /// A method with a network of random parameters yet to be drawn.
  public init(_ options: SymmBFNConfiguration, statistics: DatasetStatistics) {
    (self.options, self.statistics) = (options, statistics)
    network = UnitNetwork(
      options.network, form: options.form, conditions: PropertyEncoding.columns(options.conditioning))
    conditions = PropertyEncoding(options.conditioning, statistics.labels)
    flow = BayesianFlow(options.flow, statistics, form: options.form)
    elementMask = statistics.elementMask
  }

  /// Where Wyckoff positions come from where the user does not say.
  public var proposer: ProposerKind { options.sampling.proposer }

  /// Draws asymmetric units; `isExact` multiplies where tables are looked up otherwise.
  public func sampler(_ parameters: Parameters, seed: UInt64, isExact: Bool) -> any UnitSampler {
    ProcessSampler(SymmBFNProcess(TrainedMethod(self, parameters), isExact: isExact), seed: seed)
  }
}

extension SymmBFN {
  /// Names, shapes and places of the network's parameters.
  public var layout: ParameterLayout { network.layout }

  /// Weights of the terms in the objective.
  public var weights: [Double] { options.flow.weights.inOrder }

  /// A crystal from every origin that it is shown from.
  ///
  /// - Throws: `Rejection` where a unit has no crystal that the method can learn.
  public func examples(_ data: TrainingData, isTraining: Bool, threads: Int) throws(Rejection) -> [[TrainingExample]] {
    try TrainingExample.examples(
      data, properties: conditions.names, shiftsOrigins: isTraining && options.form == .informed, threads: threads)
  }

  /// From one of its origins, and with its template known as often as the options say.
  public func shown(_ example: [TrainingExample], _ random: (_ purpose: StaticString) -> RandomStream) -> [TrainingExample] {
    let told = ToldShares(templates: options.flow.knownTemplates, elements: options.flow.knownElements)
    return [TrainingExample.shown(example, conditions, told: options.form == .informed ? told : nil, random)]
  }

  /// Losses of crystals at times of their own, and the gradient where one is wanted.
  public func losses(
    _ examples: [[TrainingExample]], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters,
    _ tape: inout Tape, gradient: inout [Float]
  ) -> LossTerms {
    let examples = examples.map { $0[0] }
    var beliefs = flow.beliefs(examples, randoms: randoms)
    beliefs.tell(properties: examples.map(\.conditions), conditions)
    flow.describe(&beliefs)
    let outputs = network.forward(beliefs, parameters, &tape)
    let losses = flow.losses(
      beliefs, examples, network.read(outputs, beliefs, &tape), share: share, elementMask: elementMask, &tape)
    if !gradient.isEmpty { tape.backward(into: &gradient) }
    return losses
  }
}
