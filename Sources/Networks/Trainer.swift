import Foundation
import Synchronization
public import Tensors

/// Trains a learner: batches in an order fixed by the seed, noise by (seed, epoch, example). All state is in the value, so that a run
/// saved and taken up again goes on exactly as if it had not been stopped (with the same number of threads).
public struct Trainer<L: Learner>: Sendable {
  /// What learns.
  public let learner: L
  /// How it is taught.
  public let options: TrainingOptions
  /// Of all random numbers.
  public let seed: UInt64
  /// Parameters, moments and average.
  public var optimizer: Adam
  /// The learning rate where it waits for plateaus.
  public var schedule: PlateauSchedule
  /// The averaged parameters at the epoch with the lowest validation loss, `schedule.best`; empty before the first.
  public var bestAverage: [Float] = []
  /// Epochs that the run is to have, which the cosine ends at; the options' unless told otherwise.
  public var lastEpoch: Int
  /// Epochs finished.
  public var epoch = 0
  /// Batches finished in the present epoch.
  public var batchInEpoch = 0
  /// Loss sums over the batches of the present epoch.
  public var running = LossTerms.none(L.terms.count)
  /// Losses of the epochs so far.
  public var history: [TrainingEpoch] = []

  /// The order of the examples in an epoch, made anew at each epoch's first step.
  private var order: (epoch: Int, indices: [Int]) = (-1, [])
  private let examples: [L.Example]
  private let validation: [L.Example]
  private let workers: [Worker]

  /// What a thread owns: a workspace and the gradient of its part of a batch.
  private final class Worker: Sendable {
    struct State: Sendable {
      var workspace: L.Workspace
      var gradient: [Float]
    }
    let state: Mutex<State>

    init(_ learner: L) {
      state = Mutex(
        State(workspace: learner.makeWorkspace(), gradient: [Float](repeating: 0, count: learner.layout.count)))
    }
  }

  /// - Parameters:
  ///   - examples: to learn; at least one.
  ///   - validation: those that the schedule and the history look at; at least one.
  public init(
    _ learner: L, examples: [L.Example], validation: [L.Example], options: TrainingOptions, seed: UInt64, threads: Int,
    precision: Precision = .float32
  ) {
    precondition(!examples.isEmpty && !validation.isEmpty && learner.weights.count == L.terms.count)
    (self.learner, self.examples, self.validation, self.options, self.seed) = (learner, examples, validation, options, seed)
    lastEpoch = options.epochs
    optimizer = Adam(parameters: Parameters(learner.layout.initialParameters(seed: seed), precision: precision))
    schedule = PlateauSchedule(
      rate: options.learningRate, factor: options.plateauFactor, patience: options.plateauPatience,
      minimum: options.minimumRate)
    workers = (0..<max(1, threads)).map { _ in Worker(learner) }
  }

  /// The last may be smaller.
  public var batchesPerEpoch: Int { (examples.count + options.batch - 1) / options.batch }

  /// Examples that are learnt from.
  public var trainingCount: Int { examples.count }

  /// Takes one step on the next batch; true where that ended an epoch (validate and note it next, with `endEpoch`).
  ///
  /// - Throws: what a thread of the batch throws; losses throw nothing.
  public mutating func step() throws -> Bool {
    if order.epoch != epoch {
      var random = RandomStream(seed: seed, purpose: "order", index: UInt64(epoch))
      order = (epoch, examples.indices.shuffled(using: &random))
    }
    let chosen = Array(order.indices[batchInEpoch * options.batch..<min(examples.count, (batchInEpoch + 1) * options.batch)])
    let count = UInt64(examples.count)
    func random(_ purpose: StaticString, _ i: Int) -> RandomStream {
      RandomStream(seed: seed, purpose: purpose, index: UInt64(epoch) * count + UInt64(i))
    }
    let shown = chosen.map { i in learner.shown(examples[i]) { random($0, i) } }
    let losses = try split(shown, chosen.map { random("flow", $0) }, optimizer.parameters, wantsGradient: true)
    var step = Adam.Options()
    step.clipNorm = options.clipNorm
    step.clipValue = options.clipValue
    step.averageDecay = options.averageDecay
    step.weightDecay = options.weightDecay
    var gradients = takeGradients()
    _ = optimizer.update(gradients: &gradients, rate: rate, step, learner.layout, threads: workers.count)
    give(back: gradients)
    running += losses.scaled(Double(chosen.count) / Double(examples.count))
    batchInEpoch += 1
    return batchInEpoch == batchesPerEpoch
  }

  /// The learning rate of the next step.
  public var rate: Float {
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
  ///
  /// - Throws: what a thread of the batch throws; losses throw nothing.
  public mutating func endEpoch(seconds: Double) throws {
    let held = try validationLosses()
    let best = schedule.best
    history.append(TrainingEpoch(training: running, validation: held, rate: Double(rate), seconds: seconds))
    schedule.note(held.total(learner.weights))
    if schedule.best < best || bestAverage.isEmpty || !L.keepsBest { bestAverage = optimizer.average }
    running = LossTerms.none(L.terms.count)
    epoch += 1
    batchInEpoch = 0
  }

  /// Losses on the validation set with the averaged parameters; the same random numbers every time.
  ///
  /// - Throws: what a thread of the batch throws; losses throw nothing.
  public func validationLosses() throws -> LossTerms {
    var sum = LossTerms.none(L.terms.count)
    let average = Parameters(optimizer.average, precision: optimizer.parameters.precision)
    for start in stride(from: 0, to: validation.count, by: options.batch) {
      let part = (start..<min(validation.count, start + options.batch)).map { i in
        learner.shown(validation[i]) { RandomStream(seed: 0, purpose: $0, index: UInt64(i)) }
      }
      let randoms = part.indices.map { RandomStream(seed: 0, purpose: "validation", index: UInt64(start + $0)) }
      let losses = try split(part, randoms, average, wantsGradient: false)
      sum += losses.scaled(Double(part.count) / Double(validation.count))
    }
    return sum
  }

  /// Losses and gradient of a batch with given parameters.
  ///
  /// - Throws: what a thread of the batch throws; losses throw nothing.
  public func gradients(
    _ batch: [L.Example], _ randoms: [RandomStream], _ parameters: Parameters
  ) throws -> (losses: LossTerms, gradient: [Float]) {
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

  /// Examples whose activations a worker holds at once, and rows of these: at the paper's size 50 kB each, 0.8 GB. More than any 32
  /// asymmetric units of at most 20 sites have; large cells come fewer at a time, and one larger than that alone.
  private static var chunk: Int { 32 }
  private static var chunkRows: Int { 16_384 }

  /// Cuts a batch by examples, one part a thread; gradients stay with the workers.
  private func split(
    _ batch: [L.Example], _ randoms: [RandomStream], _ parameters: Parameters, wantsGradient: Bool
  ) throws -> LossTerms {
    // Largest first, dealt out in turn: the parts cost about the same, and so do a part's chunks.
    let costs = batch.map { learner.cost($0) }
    let bySize = batch.indices.sorted { (costs[$1], $0) < (costs[$0], $1) }
    let parts = (0..<workers.count).map { w in
      stride(from: w, to: bySize.count, by: workers.count).map { bySize[$0] }
    }
    let share = BatchShare(rows: costs.reduce(0, +), examples: batch.count)
    let losses = try parallelMap(count: workers.count, threads: workers.count) { w in
      let rows = parts[w].reduce(0) { $0 + learner.activationRows(batch[$1]) }
      let chunks = max(1, (parts[w].count + Self.chunk - 1) / Self.chunk, (rows + Self.chunkRows - 1) / Self.chunkRows)
      return workers[w].state.withLock { state in
        var losses = LossTerms.none(L.terms.count)
        var nothing: [Float] = []
        for c in 0..<chunks {
          let chosen = stride(from: c, to: parts[w].count, by: chunks).map { parts[w][$0] }
          guard !chosen.isEmpty else { continue }
          let (own, streams) = (chosen.map { batch[$0] }, chosen.map { randoms[$0] })
          losses += flushingDenormals {
            wantsGradient
              ? learner.losses(own, streams, share: share, parameters, &state.workspace, gradient: &state.gradient)
              : learner.losses(own, streams, share: share, parameters, &state.workspace, gradient: &nothing)
          }
        }
        return losses
      }
    }
    return losses.reduce(into: LossTerms.none(L.terms.count)) { $0 += $1 }
  }
}
