import Networks
public import Tensors

/// One way of filling blueprints by steps: a Bayesian flow, a diffusion. What it does differently from others; the groups, what is
/// known, drawing, placing and finishing are `ProcessSampler`'s.
public protocol UnitProcess: Sendable {
  /// What it carries from step to step beside the beliefs.
  associatedtype Course

  /// As `sampling.steps` counts them.
  var steps: Int { get }
  /// How often the network is called for a sample.
  var networkCalls: Int { get }
  /// (100) element classes that occur in the training set.
  var elementMask: [Bool] { get }
  /// Whether site symmetries are drawn as Wyckoff positions of the group, and sites moved onto them; else axis by axis.
  var drawsPositions: Bool { get }

  /// How the network is told properties.
  var conditions: PropertyEncoding { get }

  /// Makes the beliefs those of the first step; what is known is to be told here.
  func start(_ state: inout UnitState) -> Course

  /// Calls the network: what the data are from what is believed at a step.
  ///
  /// - Parameter step: 1 ... `steps`, and one more at the end, which the sample is drawn from; a process that knows by then need not call
  ///   the network.
  func estimate(step: Int, _ state: inout UnitState, _ course: inout Course) -> UnitPrediction

  /// Takes the beliefs on from a step to the next.
  func advance(step: Int, _ prediction: UnitPrediction, _ state: inout UnitState, _ course: inout Course)
}

/// Beliefs about a group of samples on their way, with what is known of them and one random stream a sample.
public struct UnitState: Sendable {
  /// What is believed of the samples.
  public var beliefs: BeliefBatch
  /// One a sample.
  public var randoms: [RandomStream]
  /// (B, 6) components of the k-vector that are given or that the space group fixes.
  public let constraints: [[Float?]]
  /// (N) the sites of blueprints; nil where the network says.
  public let known: [Blueprint.Site?]
  /// (B, 100) element classes that may occur in each crystal.
  public let elementMasks: [[Bool]]

  /// (m) the site whose noise each site's element shares: the first known to be of its element, or itself.
  func noiseSites(_ range: EdgeKernels.Range) -> [Int] {
    ElementLabels.firstSites(known[range.firstSite..<range.firstSite + range.sites].map { $0?.elementLabel })
  }

  /// The sites of a crystal whose blueprint has them; nil where it has not.
  func knownSites(ofCrystal b: Int) -> [Blueprint.Site]? {
    let range = beliefs.graph.ranges[b]
    let sites = known[range.firstSite..<range.firstSite + range.sites].compactMap { $0 }
    return sites.count == range.sites ? sites : nil
  }
}

/// What a process makes of the network's outputs at a step.
public struct UnitPrediction: Sendable {
  /// (N, 3); any lattice image.
  public var coordinates: [Float]
  /// (B, 6) k-vectors.
  public var lattice: [Float]
  /// (N, 100) probabilities.
  public var elements: [Float]
  /// (N, 15, 13) probabilities.
  public var siteSymmetries: [Float]
  /// (N, 27) probabilities of Wyckoff positions; empty where operations alone are said.
  public var wyckoffPositions: [Float] = []
}
