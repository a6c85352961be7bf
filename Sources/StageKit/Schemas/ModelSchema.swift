public import Generators
import Networks
public import Tensors

/// `model.h5`: `/network` (parameters and their moving average by name), `/training` (what a run needs to go on), `/statistics`.
public enum ModelFile {
  /// Where a training run stands; with it a run goes on as if it had not been stopped.
  public static func write(
    _ trainer: SymmBFNTrainer, to path: String, dataset: String, options: SharedOptions,
    seconds: @autoclosure () -> Double
  ) throws {
    let configuration = try ModelConfiguration.text(trainer.configuration)
    try Artifact.write(.model, to: path, inputs: [dataset], options: options, seconds: seconds()) { writer in
      try writer.setAttribute("generator", "SymmBFN")
      try writer.write([configuration], to: "/training/configuration")
      for entry in trainer.network.layout.entries {
        try writer.write(
          Array(trainer.optimizer.parameters.values[entry.range]), shape: entry.shape, to: "/network/parameters/\(entry.name)")
        try writer.write(
          Array(trainer.optimizer.average[entry.range]), shape: entry.shape, to: "/network/average/\(entry.name)")
        if !trainer.bestAverage.isEmpty {
          try writer.write(
            Array(trainer.bestAverage[entry.range]), shape: entry.shape, to: "/network/best/\(entry.name)")
        }
      }
      try writer.write(trainer.optimizer.firstMoment, to: "/training/first_moment")
      try writer.write(trainer.optimizer.secondMoment, to: "/training/second_moment")
      try writer.write(
        [Int64(trainer.optimizer.step), Int64(trainer.epoch), Int64(trainer.batchInEpoch), Int64(trainer.schedule.waited)],
        to: "/training/counters")
      try writer.setAttribute("meaning", "step, epoch, batch in epoch, epochs without improvement", of: "/training/counters")
      try writer.write(
        [Double(trainer.schedule.rate), trainer.schedule.best] + numbers(trainer.running), to: "/training/state")
      try writer.setAttribute(
        "meaning", "learning rate, best validation loss, running losses (coordinates, lattice, elements, site symmetry)",
        of: "/training/state")
      try write(history: trainer.history, writer)
      try writer.write(statistics: trainer.statistics)
    }
  }

  private static func write(history: [SymmBFNTrainer.Epoch], _ writer: borrowing HDF5Writer) throws {
    let values = history.flatMap { numbers($0.training) + numbers($0.validation) + [$0.rate] }
    try writer.write(values, shape: [history.count, 9], to: "/training/history")
    try writer.setAttribute(
      "meaning",
      "training then validation losses (coordinates, lattice, elements, site symmetry), learning rate", of: "/training/history")
    try writer.write(history.map(\.seconds), to: "/training/seconds")
    try writer.setAttribute("meaning", "seconds from the start to the end of each epoch", of: "/training/seconds")
  }

  /// Writes what sampling needs of a model file, parameters in half precision; returns their number.
  public static func export(
    _ path: String, to output: String, weights: Weights, options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws -> Int {
    let model = try read(path, weights: weights)
    let history = try history(try Artifact.open(path, formats: [.model]))
    let text = try ModelConfiguration.text(model.configuration)
    try Artifact.write(.model, to: output, inputs: [path], options: options, seconds: seconds()) { writer in
      try writer.setAttribute("generator", "SymmBFN")
      try writer.write([text], to: "/training/configuration")
      for entry in model.network.layout.entries {
        try writer.writeHalf(
          Array(model.parameters.values[entry.range]), shape: entry.shape, to: "/network/average/\(entry.name)")
      }
      try write(history: history, writer)
      try writer.write(statistics: model.statistics)
    }
    return model.parameters.values.count
  }

  /// Gives a fresh trainer the parameters of another model of the same network and flow.
  public static func begin(_ trainer: inout SymmBFNTrainer, with path: String) throws {
    let model = try read(path)
    // How losses are weighed may change.
    var flow = model.configuration.flow
    flow.weights = trainer.configuration.flow.weights
    guard model.configuration.network == trainer.configuration.network, flow == trainer.configuration.flow else {
      throw StageError(.input, "'\(path)' has another network or flow; give its configuration, or begin without --initial.")
    }
    trainer.optimizer = Optimizer(
      parameters: Parameters(model.parameters.values, precision: trainer.optimizer.parameters.precision))
  }

  /// Puts a trainer where the run of a file stands.
  ///
  /// - Parameter dataset: what the trainer learns; the file must have been trained on the same.
  public static func restore(_ trainer: inout SymmBFNTrainer, from path: String, dataset: String) throws {
    let hash = try AtomicFile.hash(of: dataset)
    let reader = try Artifact.open(path, formats: [.model])
    let stored = try configuration(reader)
    guard stored.network == trainer.configuration.network, stored.flow == trainer.configuration.flow else {
      throw StageError(
        .input, "'\(path)' was trained with another network or flow; train anew without --resume, or give its configuration.")
    }
    guard reader.attribute("inputs")?.hasSuffix(hash) ?? false else {
      throw StageError(.input, "'\(path)' was trained on another dataset than '\(dataset)'; train anew without --resume.")
    }
    let seed = reader.attribute("seed", as: Int64.self).map { UInt64(bitPattern: $0) }
    guard seed == trainer.seed else {
      throw StageError(.input, "'\(path)' was trained with --seed \(seed ?? 0), not \(trainer.seed).")
    }
    trainer.optimizer.parameters = Parameters(
      try parameters(reader, "parameters", trainer.network), precision: trainer.optimizer.parameters.precision)
    trainer.optimizer.average = try parameters(reader, "average", trainer.network)
    trainer.bestAverage = reader.contains("/network/best") ? try parameters(reader, "best", trainer.network) : []
    let count = trainer.network.layout.count
    trainer.optimizer.firstMoment = try reader.parameters("/training/first_moment", shape: [count])
    trainer.optimizer.secondMoment = try reader.parameters("/training/second_moment", shape: [count])
    let counters = try reader.read(Int64.self, "/training/counters", shape: [4]).map(Int.init)
    guard counters.allSatisfy({ (0..<Int(HDF5Reader.mostCounted)).contains($0) }),
      counters[2] <= max(1, trainer.batchesPerEpoch)
    else { throw StageError(.input, "'\(path)', /training/counters: \(counters) are no counters of a run.") }
    trainer.optimizer.step = counters[0]
    trainer.epoch = counters[1]
    trainer.batchInEpoch = counters[2]
    trainer.schedule.waited = counters[3]
    let state = try reader.read(Double.self, "/training/state", shape: [6])
    guard state[0].isFinite, state[0] > 0, state[0] < 1e6, !state[1].isNaN, state[2...].allSatisfy(\.isFinite) else {
      throw StageError(.input, "'\(path)', /training/state: \(state) is no state of a run.")
    }
    trainer.schedule.rate = Float(state[0])
    trainer.schedule.best = state[1]
    trainer.running = losses(state[2...])
    trainer.history = try history(reader)
  }

  /// Which parameters of a model file samples are drawn with.
  public enum Weights: String, Sendable, CaseIterable {
    /// The average at the epoch with the lowest validation loss; the last where the file has no other.
    case best
    /// The average at the end.
    case last
  }

  /// A trained model for sampling.
  public static func read(
    _ path: String, weights: Weights = .best, precision: Precision = .float32
  ) throws -> SymmBFNModel {
    let reader = try Artifact.open(path, formats: [.model])
    let configuration = try configuration(reader)
    return SymmBFNModel(
      configuration: configuration,
      parameters: Parameters(
        try parameters(
          reader, weights == .best && reader.contains("/network/best") ? "best" : "average",
          SymmBFNNetwork(configuration.network)), precision: precision),
      statistics: try reader.statistics())
  }

  /// The epochs of a run.
  public static func history(_ reader: borrowing HDF5Reader) throws -> [SymmBFNTrainer.Epoch] {
    // The seconds were the last column once.
    let hasSeconds = reader.contains("/training/seconds")
    let width = hasSeconds ? 9 : 10
    let values = try reader.read(Double.self, "/training/history", shape: [nil, width])
    let seconds = hasSeconds ? try reader.read(Double.self, "/training/seconds", shape: [values.count / 9]) : nil
    return stride(from: 0, to: values.count, by: width).map {
      SymmBFNTrainer.Epoch(
        training: losses(values[$0..<$0 + 4]), validation: losses(values[$0 + 4..<$0 + 8]), rate: values[$0 + 8],
        seconds: seconds?[$0 / width] ?? values[$0 + 9])
    }
  }

  private static func configuration(_ reader: borrowing HDF5Reader) throws -> SymmBFNConfiguration {
    let text = try reader.readStrings("/training/configuration").first ?? ""
    return try ModelConfiguration.parse(text, name: "\(reader.path), /training/configuration")
  }

  private static func parameters(
    _ reader: borrowing HDF5Reader, _ group: String, _ network: SymmBFNNetwork
  ) throws -> [Float] {
    var parameters: [Float] = []
    parameters.reserveCapacity(network.layout.count)
    for entry in network.layout.entries {
      parameters += try reader.parameters("/network/\(group)/\(entry.name)", shape: entry.shape)
    }
    return parameters
  }

  private static func numbers(_ losses: SymmBFNLosses) -> [Double] {
    [losses.coordinates, losses.lattice, losses.elements, losses.siteSymmetry]
  }

  private static func losses(_ values: ArraySlice<Double>) -> SymmBFNLosses {
    var losses = SymmBFNLosses()
    let v = Array(values)
    (losses.coordinates, losses.lattice, losses.elements, losses.siteSymmetry) = (v[0], v[1], v[2], v[3])
    return losses
  }
}
