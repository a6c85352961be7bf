public import Crystals
import Foundation
public import Networks
import Synchronization
public import Tensors

/// Trains SymmBFN: batches in an order fixed by the seed, noise by (seed, epoch, crystal). All state is in the value, so that a
/// run saved and taken up again goes on exactly as if it had not been stopped (with the same number of threads).
public struct SymmBFNTrainer: Sendable {
  public let configuration: SymmBFNConfiguration
  public let network: SymmBFNNetwork
  public let seed: UInt64
  public var optimizer: Optimizer
  public var schedule: PlateauSchedule
  /// The averaged parameters at the epoch with the lowest validation loss, `schedule.best`; empty before the first.
  public var bestAverage: [Float] = []
  /// Epochs that the run is to have, which the cosine ends at; the configuration's unless told otherwise.
  public var lastEpoch: Int
  /// Epochs finished.
  public var epoch = 0
  /// Batches finished in the present epoch.
  public var batchInEpoch = 0
  /// Loss sums over the batches of the present epoch.
  public var running = SymmBFNLosses()
  public var history: [Epoch] = []
  /// Of the training set.
  public let statistics: DatasetStatistics
  /// (100) element classes that occur in the training set.
  public let elementMask: [Bool]

  /// The order of the examples in an epoch, made anew at each epoch's first step.
  private var order: (epoch: Int, indices: [Int]) = (-1, [])
  private let flow: BayesianFlow
  /// Every crystal from every origin that it is shown from.
  private let examples: [[TrainingExample]]
  private let validation: [TrainingExample]
  private let workers: [Worker]

  /// One line of the history.
  public struct Epoch: Sendable, Equatable {
    public var training: SymmBFNLosses
    /// With the averaged parameters.
    public var validation: SymmBFNLosses
    public var rate: Double
    public var seconds: Double

    public init(training: SymmBFNLosses, validation: SymmBFNLosses, rate: Double, seconds: Double) {
      self.training = training
      self.validation = validation
      self.rate = rate
      self.seconds = seconds
    }
  }

  /// What a thread owns: a workspace and the gradient of its part of a batch.
  private final class Worker: Sendable {
    struct State: Sendable {
      var workspace: SymmBFNNetwork.Workspace
      var gradient: [Float]
    }
    let state: Mutex<State>

    init(_ network: SymmBFNNetwork) {
      state = Mutex(
        State(
          workspace: SymmBFNNetwork.Workspace(network, training: true),
          gradient: [Float](repeating: 0, count: network.layout.count)))
    }
  }

  /// - Parameters:
  ///   - training: asymmetric units to learn.
  ///   - validation: those that the schedule and the history look at; part of training where empty.
  /// - Throws: `Rejection` where there is nothing to learn or an element has no class.
  public init(
    _ configuration: SymmBFNConfiguration, training: [AsymmetricUnit], validation: [AsymmetricUnit], seed: UInt64,
    threads: Int, precision: Precision = .float32
  ) throws(Rejection) {
    guard !training.isEmpty else { throw Rejection("no_training_data", "the dataset has no crystals to train on") }
    self.configuration = configuration
    self.seed = seed
    network = SymmBFNNetwork(configuration.network)
    statistics = DatasetStatistics(training)
    flow = BayesianFlow(configuration.flow, statistics, network: configuration.network)
    var examples: [[TrainingExample]] = []
    for unit in training { examples.append([try TrainingExample(unit)]) }
    if configuration.training.originShifts {
      let shifted = try? parallelMap(count: training.count, threads: threads) { i in
        SpaceGroup.numbered(training[i].spaceGroup).originShifts.dropFirst().compactMap {
          training[i].shifted(by: $0).flatMap { try? TrainingExample($0) }
        }
      }
      for i in examples.indices { examples[i] += shifted?[i] ?? [] }
    }
    var held: [TrainingExample] = []
    for unit in validation { held.append(try TrainingExample(unit)) }
    self.examples = examples
    self.validation = held.isEmpty ? examples.prefix(256).map { $0[0] } : held
    elementMask = statistics.elementMask
    lastEpoch = configuration.training.epochs
    optimizer = Optimizer(parameters: Parameters(network.layout.initialParameters(seed: seed), precision: precision))
    let options = configuration.training
    schedule = PlateauSchedule(
      rate: options.learningRate, factor: options.plateauFactor, patience: options.plateauPatience,
      minimum: options.minimumRate)
    let network = network
    workers = (0..<max(1, threads)).map { _ in Worker(network) }
  }

  public var batchesPerEpoch: Int {
    (examples.count + configuration.training.batch - 1) / configuration.training.batch
  }

  public var trainingCount: Int { examples.count }

  /// Takes one step on the next batch; true where that ended an epoch (validate and note it next, with `endEpoch`).
  public mutating func step() throws -> Bool {
    let size = configuration.training.batch
    if order.epoch != epoch {
      var random = RandomStream(seed: seed, purpose: "order", index: UInt64(epoch))
      order = (epoch, examples.indices.shuffled(using: &random))
    }
    let chosen = Array(order.indices[batchInEpoch * size..<min(examples.count, (batchInEpoch + 1) * size)])
    let count = UInt64(examples.count)
    let randoms = chosen.map {
      RandomStream(seed: seed, purpose: "flow", index: UInt64(epoch) * count + UInt64($0))
    }
    let shown = chosen.map { i in
      var random = RandomStream(seed: seed, purpose: "origin", index: UInt64(epoch) * count + UInt64(i))
      let example =
        examples[i].count == 1 ? examples[i][0] : examples[i][Int(random.uniform() * Double(examples[i].count))]
      return tellingTemplate(example, seed: seed, index: UInt64(epoch) * count + UInt64(i))
    }
    let losses = try split(shown, randoms, optimizer.parameters, wantsGradient: true)
    var options = Optimizer.Options()
    options.clipNorm = configuration.training.clipNorm
    options.averageDecay = configuration.training.averageDecay
    options.weightDecay = configuration.training.weightDecay
    var gradients = takeGradients()
    _ = optimizer.update(gradients: &gradients, rate: rate, options, threads: workers.count)
    give(back: gradients)
    running += losses.scaled(Double(chosen.count) / Double(examples.count))
    batchInEpoch += 1
    return batchInEpoch == batchesPerEpoch
  }

  /// The learning rate of the next step.
  public var rate: Float {
    let options = configuration.training
    let warmUp = min(1, Float(optimizer.step + 1) / Float(max(1, options.warmUpSteps)))
    switch options.schedule {
    case .plateau: return warmUp * schedule.rate
    case .cosine:
      let done = (Double(epoch) + Double(batchInEpoch) / Double(batchesPerEpoch)) / Double(max(1, lastEpoch))
      let range = options.learningRate - options.minimumRate
      return warmUp * (options.minimumRate + range * Float(0.5 * (1 + cos(.pi * min(1, done)))))
    }
  }

  /// Ends an epoch: validation loss with the averaged parameters, schedule, history.
  public mutating func endEpoch(seconds: Double) throws {
    let held = try validationLosses()
    let best = schedule.best
    history.append(Epoch(training: running, validation: held, rate: Double(rate), seconds: seconds))
    schedule.note(held.total(configuration.flow.weights))
    if schedule.best < best || bestAverage.isEmpty { bestAverage = optimizer.average }
    running = SymmBFNLosses()
    epoch += 1
    batchInEpoch = 0
  }

  /// Losses on the validation set with the averaged parameters; the same times and noise every time.
  public func validationLosses() throws -> SymmBFNLosses {
    var sum = SymmBFNLosses()
    let average = Parameters(optimizer.average, precision: optimizer.parameters.precision)
    let size = configuration.training.batch
    for start in stride(from: 0, to: validation.count, by: size) {
      let part = (start..<min(validation.count, start + size)).map {
        tellingTemplate(validation[$0], seed: 0, index: UInt64($0))
      }
      let randoms = part.indices.map { RandomStream(seed: 0, purpose: "validation", index: UInt64(start + $0)) }
      let losses = try split(part, randoms, average, wantsGradient: false)
      sum += losses.scaled(Double(part.count) / Double(validation.count))
    }
    return sum
  }

  /// The example with its template known, as often as the configuration says.
  private func tellingTemplate(_ example: TrainingExample, seed: UInt64, index: UInt64) -> TrainingExample {
    guard configuration.network.templateFeatures else { return example }
    var random = RandomStream(seed: seed, purpose: "template", index: index)
    var example = example
    example.knowsTemplate = Float(random.uniform()) < configuration.training.knownTemplates
    return example
  }

  /// Losses and gradient of a batch with given parameters.
  func gradients(
    _ batch: [TrainingExample], _ randoms: [RandomStream], _ parameters: Parameters
  ) throws -> (losses: SymmBFNLosses, gradient: [Float]) {
    let losses = try split(batch, randoms, parameters, wantsGradient: true)
    var parts = takeGradients()
    var gradient = parts.removeFirst()
    for part in parts { Kernels.add(part, to: &gradient) }
    let zero = [Float](repeating: 0, count: gradient.count)
    give(back: [[Float]](repeating: zero, count: workers.count))
    return (losses, gradient)
  }

  /// The workers' gradients, which are theirs alone until given back at zero.
  private func takeGradients() -> [[Float]] {
    workers.map { worker in
      worker.state.withLock { state in
        var gradient: [Float] = []
        swap(&gradient, &state.gradient)
        return gradient
      }
    }
  }

  private func give(back gradients: [[Float]]) {
    for (worker, gradient) in zip(workers, gradients) { worker.state.withLock { $0.gradient = gradient } }
  }

  /// Crystals whose activations a worker holds at once.
  private static let chunk = 32

  /// Cuts a batch by crystals, one part a thread; gradients stay with the workers.
  private func split(
    _ batch: [TrainingExample], _ randoms: [RandomStream], _ parameters: Parameters, wantsGradient: Bool
  ) throws -> SymmBFNLosses {
    // Largest first, dealt out in turn: the parts cost about the same, and so do a part's chunks.
    let bySize = batch.indices.sorted { (batch[$1].siteCount, $0) < (batch[$0].siteCount, $1) }
    let parts = (0..<workers.count).map { w in
      stride(from: w, to: bySize.count, by: workers.count).map { bySize[$0] }
    }
    let sites = batch.reduce(0) { $0 + $1.siteCount }
    let losses = try parallelMap(count: workers.count, threads: workers.count) { w in
      let chunks = max(1, (parts[w].count + Self.chunk - 1) / Self.chunk)
      return workers[w].state.withLock { state in
        var losses = SymmBFNLosses()
        for c in 0..<chunks {
          let chosen = stride(from: c, to: parts[w].count, by: chunks).map { parts[w][$0] }
          losses += flushingDenormals {
            run(
              chosen.map { batch[$0] }, chosen.map { randoms[$0] }, parameters, sites: sites, crystals: batch.count,
              wantsGradient, &state)
          }
        }
        return losses
      }
    }
    return losses.reduce(into: SymmBFNLosses()) { $0 += $1 }
  }

  private func run(
    _ examples: [TrainingExample], _ randoms: [RandomStream], _ parameters: Parameters, sites: Int, crystals: Int,
    _ wantsGradient: Bool, _ state: inout Worker.State
  ) -> SymmBFNLosses {
    guard !examples.isEmpty else { return SymmBFNLosses() }
    var beliefs = flow.beliefs(examples, randoms: randoms)
    if configuration.readsDescription { flow.describe(&beliefs) }
    network.forward(beliefs, parameters, &state.workspace)
    var output = wantsGradient ? SymmBFNNetwork.OutputGradients(beliefs.graph) : nil
    let losses = flow.losses(
      beliefs, examples, state.workspace.outputs, sites: sites, crystals: crystals, elementMask: elementMask,
      gradients: &output)
    if let output {
      var gradient: [Float] = []
      swap(&gradient, &state.gradient)
      var span = gradient.mutableSpan
      network.backward(beliefs, output, parameters, &state.workspace, into: &span)
      swap(&gradient, &state.gradient)
    }
    return losses
  }
}
