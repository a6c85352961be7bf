public import Crystals
public import Networks
public import Tensors

/// SymmCD (Levy et al. 2025): a diffusion model over asymmetric units.
public struct SymmCD: UnitGenerator {
  /// The method's name in YAML and model files.
  public static let name = "symmcd"
  /// Raised when a model file of before is no longer read.
  public static let version = 1
  /// Parts of the loss (Levy et al. 2025, section 3.3).
  public static let terms = ["coordinates", "lattice", "elements", "site symmetry"]

  /// Sizes, weights and schedules, and which form.
  public let options: SymmCDConfiguration
  /// Shares of groups, numbers of sites, elements and site symmetries in the training set.
  public let statistics: DatasetStatistics
  /// (100) element classes that occur in the training set.
  let elementMask: [Bool]
  let conditions: PropertyEncoding
  let form: Form

  /// Network and noise.
  enum Form: Sendable {
    case published(PublishedDiffusion)
    case informed(InformedDiffusion)
  }

  /// A method with a network of random parameters yet to be drawn.
  public init(_ options: SymmCDConfiguration, statistics: DatasetStatistics) {
    (self.options, self.statistics) = (options, statistics)
    conditions = PropertyEncoding(options.conditioning, statistics.labels)
    elementMask = statistics.elementMask
    switch options.form {
    case .published: form = .published(PublishedDiffusion(options, statistics))
    case .informed: form = .informed(InformedDiffusion(options, statistics))
    }
  }

  /// Where Wyckoff positions come from where the user does not say.
  public var proposer: ProposerKind { options.sampling.proposer }

  /// Draws asymmetric units; `isExact` multiplies where tables are looked up otherwise.
  public func sampler(_ parameters: Parameters, seed: UInt64, isExact: Bool) -> any UnitSampler {
    switch form {
    case .published(let diffusion):
      return ProcessSampler(PublishedProcess(self, diffusion, parameters, isExact: isExact), seed: seed)
    case .informed(let diffusion):
      return ProcessSampler(InformedProcess(self, diffusion, parameters, isExact: isExact), seed: seed)
    }
  }
}

extension SymmCD {
  /// Names, shapes and places of the network's parameters.
  public var layout: ParameterLayout {
    switch form {
    case .published(let diffusion): diffusion.network.layout
    case .informed(let diffusion): diffusion.network.layout
    }
  }

  /// Weights of the terms in the objective.
  public var weights: [Double] { options.diffusion.weights.inOrder }

  /// A crystal, in the informed form from every origin that it is shown from.
  ///
  /// - Throws: `Rejection` where a unit has no crystal that the method can learn.
  public func examples(_ data: TrainingData, isTraining: Bool, threads: Int) throws(Rejection) -> [[TrainingExample]] {
    let examples = try TrainingExample.examples(
      data, properties: conditions.names, shiftsOrigins: isTraining && options.form == .informed, threads: threads)
    if options.form == .published { try PublishedDiffusion.check(examples) }
    return examples
  }

  /// In the informed form from one of its origins, and with its template known as often as the options say.
  public func shown(_ example: [TrainingExample], _ random: (_ purpose: StaticString) -> RandomStream) -> [TrainingExample] {
    let told = ToldShares(templates: options.diffusion.knownTemplates, elements: options.diffusion.knownElements)
    return [TrainingExample.shown(example, conditions, told: options.form == .informed ? told : nil, random)]
  }

  /// Losses of crystals at times of their own, and the gradient where one is wanted.
  public func losses(
    _ examples: [[TrainingExample]], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters,
    _ tape: inout Tape, gradient: inout [Float]
  ) -> LossTerms {
    let examples = examples.map { $0[0] }
    let losses: LossTerms
    switch form {
    case .published(let diffusion):
      losses = diffusion.losses(examples, randoms, share: share, parameters, &tape)
    case .informed(let diffusion):
      var (beliefs, levels) = diffusion.beliefs(examples, randoms: randoms)
      beliefs.tell(properties: examples.map(\.conditions), conditions)
      diffusion.informed.describe(&beliefs)
      let outputs = diffusion.network.forward(beliefs, parameters, &tape)
      losses = diffusion.losses(
        beliefs, levels, examples, diffusion.network.read(outputs, beliefs, &tape), share: share, elementMask: elementMask,
        &tape)
    }
    if !gradient.isEmpty { tape.backward(into: &gradient) }
    return losses
  }
}
