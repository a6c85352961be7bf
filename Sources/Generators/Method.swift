public import Crystals
public import Networks
public import Tensors

/// A method of learning from crystals: what `train` teaches, and, by its role, what `sample` asks.
///
/// A new one is a folder, a line in `MethodRegistry.standard` and a YAML that says `method: name`.
public protocol Method: Learner {
  associatedtype Options: MethodOptions
  /// The method of models that training can begin with.
  associatedtype Beginning: Method = Self

  /// As YAML and model files say it.
  static var name: String { get }
  /// Rises where files of earlier versions cannot be read any more.
  static var version: Int { get }

  var options: Options { get }
  /// Of the training set.
  var statistics: DatasetStatistics { get }

  init(_ options: Options, statistics: DatasetStatistics)

  /// Whether training can begin with the parameters of a model with some options.
  func canBegin(with other: Beginning.Options) -> Bool

  /// The method with those who say what its options ask for (`MethodOptions.predicted`), ready to be trained.
  ///
  /// - Throws: `Rejection` where they do not say it.
  func asking(_ predictors: [BlueprintPredictor]) throws(Rejection) -> Self

  /// What a parameter of a model that training begins with is called here; twice where it is to be remembered, too.
  func beginnings(_ name: String) -> [String]

  /// What a user should know before it is trained, a sentence each.
  var warnings: [String] { get }

  /// - Parameters:
  ///   - data: with the columns of `MethodOptions.properties`.
  ///   - isTraining: whether they are to be learnt, and so may come in several equivalent forms.
  /// - Throws: `Rejection` where a unit cannot be learnt, as where an element has no class.
  func examples(_ data: TrainingData, isTraining: Bool, threads: Int) throws(Rejection) -> [Example]
}

extension Method {
  /// What it is called there.
  public func beginnings(_ name: String) -> [String] { [name] }

  /// Nothing.
  public var warnings: [String] { [] }

  /// The method as it is: it asks nobody.
  ///
  /// - Throws: nothing.
  public func asking(_ predictors: [BlueprintPredictor]) throws(Rejection) -> Self { self }
}

extension Method where Beginning == Self {
  /// Where they mean the same.
  public func canBegin(with other: Options) -> Bool { options.takesParameters(of: other, goingOn: false) }
}

/// What a YAML can say of a method. Missing values are those of `init()`.
public protocol MethodOptions: Codable, Sendable, Equatable {
  init()

  /// The optimiser and its schedule.
  var training: TrainingOptions { get }

  /// Columns of the dataset that the method reads; its statistics have their values.
  var properties: [String] { get }

  /// What training asks of models of properties, by the names of their columns.
  var predicted: [String] { get }

  /// What is wrong with the values, in a sentence; nil where all is well.
  var complaint: String? { get }

  /// Whether parameters that were trained with other options mean the same with these.
  ///
  /// - Parameter goingOn: whether the same run goes on, so that its losses must be the same, too.
  func takesParameters(of other: Self, goingOn: Bool) -> Bool

  /// Whether a crystal's elements and Wyckoff positions can be told, so that its lattice and coordinates alone are learnt
  /// (`TrainingData.geometry`).
  var learnsGeometryAlone: Bool { get }

  /// Options that there were once, by their path: what took their place, as the end of a sentence.
  static var retired: [String: String] { get }

  /// The values, by path, of a model file that may be older than this version.
  ///
  /// - Throws: `Rejection` where this version has nothing that means the same.
  static func renewed(_ old: [String: String]) throws(Rejection) -> [String: String]
}

extension MethodOptions {
  /// No columns.
  public var properties: [String] { [] }
  /// Nothing is asked.
  public var predicted: [String] { [] }
  /// All of a crystal is learnt, or nothing.
  public var learnsGeometryAlone: Bool { false }
  /// No option was retired.
  public static var retired: [String: String] { [:] }
  /// Nothing has changed its meaning.
  ///
  /// - Throws: nothing.
  public static func renewed(_ old: [String: String]) throws(Rejection) -> [String: String] { old }
}

/// A method whose parameters have been learnt.
public struct TrainedMethod<M: Method>: Sendable {
  /// The method with its options.
  public let method: M
  /// What was learnt, in the order of the method's layout.
  public let parameters: Parameters

  /// - Parameter parameters: as many as the method's layout has.
  public init(_ method: M, _ parameters: Parameters) {
    precondition(parameters.values.count == method.layout.count)
    (self.method, self.parameters) = (method, parameters)
  }

  /// - Parameters:
  ///   - parameters: as many as the method's layout has.
  ///   - statistics: of the training set.
  public init(_ options: M.Options, _ parameters: Parameters, statistics: DatasetStatistics) {
    self.init(M(options, statistics: statistics), parameters)
  }
}

extension Trainer where L: Method {
  /// - Parameters:
  ///   - training: crystals to learn.
  ///   - validation: those that the schedule and the history look at; part of training where there are none.
  ///   - predictors: of what the options ask for.
  /// - Throws: `Rejection` where there is nothing to learn or the method cannot learn a unit.
  public init(
    _ options: L.Options, training: TrainingData, validation: TrainingData, predictors: [BlueprintPredictor] = [], seed: UInt64,
    threads: Int, precision: Precision = .float32
  ) throws(Rejection) {
    guard !training.units.isEmpty else { throw Rejection("no_training_data", "the dataset has no crystals to train on") }
    let method = try L(options, statistics: DatasetStatistics(training, labels: options.properties)).asking(predictors)
    self.init(
      method, examples: try method.examples(training, isTraining: true, threads: threads),
      validation: try method.examples(
        validation.units.isEmpty ? training.taking(Array(training.units.indices.prefix(256))) : validation, isTraining: false,
        threads: threads),
      options: options.training, seed: seed, threads: threads, precision: precision)
  }
}

/// The methods that there are.
public struct MethodRegistry: Sendable {
  /// In the order in which they are named to users.
  public let methods: [any Method.Type]

  /// - Parameter methods: their names differ.
  public init(_ methods: [any Method.Type]) { self.methods = methods }

  /// Adding a method is a line here.
  public static let standard = MethodRegistry([
    SymmBFN.self, SymmCD.self, CrystalGFN.self, Skeletons.self, TunedSkeletons.self, PropertyRegression.self,
  ])

  /// What files without a method's name are of.
  public static let unnamed = SymmBFN.name

  /// As YAML files say them.
  public var names: [String] { methods.map { $0.name } }

  /// The method that a YAML names; nil where there is none.
  public func method(named name: String) -> (any Method.Type)? { methods.first { $0.name == name } }
}
