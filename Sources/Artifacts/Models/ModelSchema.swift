import Crystals
import Foundation
public import Generators
public import Networks
public import StageKit
public import Tensors

/// `model.h5`: the method, its options, `/network` (parameters and their moving average by name), `/training` (what a run needs to go
/// on), `/statistics` and `/training_set` (what it was trained on).
///
/// Every function takes any method: files name theirs, and files without a name are SymmBFN's.
public enum ModelFile {
  /// The table of losses that belongs to a model's file, beside it.
  public static func losses(of path: String) -> String { (path as NSString).deletingPathExtension + ".losses.csv" }

  /// Which parameters of a model file samples are drawn with.
  public enum Weights: String, Sendable, CaseIterable {
    /// The average at the epoch with the lowest validation loss; the last where the file has no other.
    case best
    /// The average at the end.
    case last
  }

  /// The configuration that a model was trained with, and through it the method.
  ///
  /// - Throws: `StageError` where the file is of a method or a method's version that this program does not know.
  public static func configuration(
    _ reader: borrowing HDF5Reader, settings: [ModelConfiguration.Setting] = [], registry: MethodRegistry = .standard
  ) throws -> ModelConfiguration {
    let text = try reader.readStrings("/training/configuration").first ?? ""
    let configuration = try ModelConfiguration(
      text, name: "\(reader.path), /training/configuration", settings: settings, registry: registry)
    let method = configuration.method
    if let name = reader.attribute("method"), name != method.name {
      throw StageError(.input, "'\(reader.path)': attribute method is '\(name)', its configuration says '\(method.name)'.")
    }
    let version = reader.attribute("method_version", as: Int64.self) ?? 1
    guard version == method.version else {
      throw StageError(
        .input, "'\(reader.path)': \(method.name) is of version \(version), this program reads \(method.version). Train anew.",
        isOtherVersion: true)
    }
    return configuration
  }

  /// A trained model of a method that is known.
  ///
  /// - Throws: `StageError` where options or parameters are none of the method's.
  public static func read<M: Method>(
    _: M.Type, _ reader: borrowing HDF5Reader, _ configuration: ModelConfiguration, weights: Weights = .best,
    precision: Precision = .float32
  ) throws -> TrainedMethod<M> {
    let method = M(try configuration.options(M.self, isStored: true), statistics: try reader.statistics())
    let group = weights == .best && reader.contains("/network/best") ? "best" : "average"
    return TrainedMethod(
      method, Parameters(try parameters(reader, group, method.layout), precision: precision))
  }

  /// Where a training run stands; with it a run goes on as if it had not been stopped.
  ///
  /// - Parameters:
  ///   - predictors: files that said what the options ask for.
  ///   - errors: of a model of properties that has been learnt to the end.
  /// - Throws: `StageError` where the file cannot be written.
  public static func write<M: Method>(
    _ trainer: Trainer<M>, to path: String, dataset: String, predictors: [String] = [], trainingSet: TrainingSetRecord,
    errors: [PropertyErrors] = [], options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws {
    let method = trainer.learner
    try Artifact.write(.model, to: path, inputs: [dataset] + predictors, options: options, seconds: seconds()) { writer in
      try describe(method, trainingSet, writer)
      let sets = [
        ("parameters", trainer.optimizer.parameters.values), ("average", trainer.optimizer.average),
        ("best", trainer.bestAverage),
      ]
      for entry in method.layout.entries {
        for (group, values) in sets where !values.isEmpty {
          try writer.write(Array(values[entry.range]), shape: entry.shape, to: "/network/\(group)/\(entry.name)")
        }
      }
      try writer.write(trainer.optimizer.firstMoment, to: "/training/first_moment")
      try writer.write(trainer.optimizer.secondMoment, to: "/training/second_moment")
      try writer.write(
        [Int64(trainer.optimizer.step), Int64(trainer.epoch), Int64(trainer.batchInEpoch), Int64(trainer.schedule.waited)],
        to: "/training/counters")
      try writer.setAttribute("meaning", "step, epoch, batch in epoch, epochs without improvement", of: "/training/counters")
      try writer.write(
        [Double(trainer.schedule.rate), trainer.schedule.best] + trainer.running.values, to: "/training/state")
      try writer.setAttribute(
        "meaning", "learning rate, best validation loss, running losses (\(M.terms.joined(separator: ", ")))",
        of: "/training/state")
      try write(history: trainer.history, terms: M.terms, writer)
      try PropertyErrors.write(errors, writer)
    }
  }

  /// What every model file says of itself.
  private static func describe<M: Method>(
    _ method: M, _ trainingSet: TrainingSetRecord?, _ writer: borrowing HDF5Writer
  ) throws {
    try writer.setAttribute("method", M.name)
    try writer.setAttribute("method_version", Int64(M.version))
    try writer.write([try ModelConfiguration.text(method)], to: "/training/configuration")
    try writer.write(statistics: method.statistics)
    try trainingSet?.write(writer)
  }

  private static func write(history: [TrainingEpoch], terms: [String], _ writer: borrowing HDF5Writer) throws {
    let values = history.flatMap { $0.training.values + $0.validation.values + [$0.rate] }
    try writer.write(values, shape: [history.count, 2 * terms.count + 1], to: "/training/history")
    try writer.setAttribute(
      "meaning",
      "training then validation losses (\(terms.joined(separator: ", "))), learning rate", of: "/training/history")
    try writer.write(history.map(\.seconds), to: "/training/seconds")
    try writer.setAttribute("meaning", "seconds from the start to the end of each epoch", of: "/training/seconds")
    try writer.setAttribute("terms", terms.joined(separator: "\n"), of: "/training/history")
  }

  /// Writes what sampling needs of a model file, parameters in half precision; returns their number.
  ///
  /// - Throws: `StageError` where it is no model, or the output cannot be written.
  public static func export(
    _ path: String, to output: String, weights: Weights, options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws -> Int {
    let reader = try Artifact.open(path, formats: [.model])
    let configuration = try configuration(reader)
    return try export(
      configuration.method, reader, configuration, to: output, weights: weights, options: options, seconds: seconds())
  }

  private static func export<M: Method>(
    _ type: M.Type, _ reader: borrowing HDF5Reader, _ configuration: ModelConfiguration, to output: String, weights: Weights,
    options: SharedOptions, seconds: @autoclosure () -> Double
  ) throws -> Int {
    let model = try read(type, reader, configuration, weights: weights)
    let history = try history(reader, terms: M.terms)
    let trainingSet = try TrainingSetRecord(reading: reader)
    let errors = try PropertyErrors.read(reader)
    try Artifact.write(.model, to: output, inputs: [reader.path], options: options, seconds: seconds()) { writer in
      try describe(model.method, trainingSet, writer)
      for entry in model.method.layout.entries {
        try writer.writeHalf(
          Array(model.parameters.values[entry.range]), shape: entry.shape, to: "/network/average/\(entry.name)")
      }
      try write(history: history, terms: M.terms, writer)
      try PropertyErrors.write(errors, writer)
    }
    return model.parameters.values.count
  }

  /// Gives a fresh trainer the parameters of another model of the same method, network and meaning; parameters
  /// that the other lacks, as those of properties that it was not told, are fresh ones.
  ///
  /// - Returns: symbols of the elements of the training set that the other has never seen.
  /// - Throws: `StageError` where it is no model, or one of another network or meaning.
  public static func begin<M: Method>(_ trainer: inout Trainer<M>, with path: String) throws -> [String] {
    let reader = try Artifact.open(path, formats: [.model])
    let configuration = try configuration(reader, registry: MethodRegistry([M.Beginning.self]))
    let model = try read(M.Beginning.self, reader, configuration)
    guard trainer.learner.canBegin(with: model.method.options) else {
      throw StageError(.input, "'\(path)' has another network or flow; give its configuration, or begin without --initial.")
    }
    var values = trainer.optimizer.parameters.values
    let places = Dictionary(uniqueKeysWithValues: trainer.learner.layout.entries.map { ($0.name, $0) })
    for old in model.method.layout.entries {
      for name in trainer.learner.beginnings(old.name) {
        guard let entry = places[name], entry.shape.dropFirst() == old.shape.dropFirst(), entry.range.count >= old.range.count
        else { throw StageError(.input, "'\(path)': \(old.name) is of another shape.") }
        // Rows are inputs; those of further properties begin at 0.
        for i in entry.range { values[i] = 0 }
        values.replaceSubrange(entry.range.prefix(old.range.count), with: model.parameters.values[old.range])
      }
    }
    trainer.optimizer = Adam(parameters: Parameters(values, precision: trainer.optimizer.parameters.precision))
    let (own, seen) = (trainer.learner.statistics.elements, model.method.statistics.elements)
    return own.indices.filter { own[$0] > 0 && seen[$0] == 0 }.map { Element.symbol($0) }
  }

  /// Puts a trainer where the run of a file stands.
  ///
  /// - Parameters:
  ///   - dataset: what the trainer learns; the file must have been trained on the same.
  ///   - predictors: files that say what the options ask for; the same.
  /// - Throws: `StageError` where the file is of another network, dataset or seed, or damaged.
  public static func restore<M: Method>(
    _ trainer: inout Trainer<M>, from path: String, dataset: String, predictors: [String] = []
  ) throws {
    let reader = try Artifact.open(path, formats: [.model])
    let configuration = try configuration(reader, registry: MethodRegistry([M.self]))
    guard trainer.learner.options.takesParameters(of: try configuration.options(M.self, isStored: true), goingOn: true) else {
      throw StageError(
        .input,
        "'\(path)' was trained with another network or flow; --anew trains from the first epoch, or give its configuration.")
    }
    for (kind, file) in [("on", dataset)] + predictors.map({ ("with", $0) }) {
      guard reader.attribute("inputs")?.contains(try AtomicFile.hash(of: file)) ?? false else {
        throw StageError(
          .input,
          "'\(path)' was trained \(kind) another \(kind == "on" ? "dataset" : "predictor") than '\(file)'; --anew trains from "
            + "the first epoch.")
      }
    }
    let seed = reader.attribute("seed", as: Int64.self).map { UInt64(bitPattern: $0) }
    guard seed == trainer.seed else {
      throw StageError(
        .input, "'\(path)' was trained with --seed \(seed ?? 0), not \(trainer.seed); --anew trains from the first epoch.")
    }
    let layout = trainer.learner.layout
    trainer.optimizer.parameters = Parameters(
      try parameters(reader, "parameters", layout), precision: trainer.optimizer.parameters.precision)
    trainer.optimizer.average = try parameters(reader, "average", layout)
    trainer.bestAverage = reader.contains("/network/best") ? try parameters(reader, "best", layout) : []
    trainer.optimizer.firstMoment = try reader.parameters("/training/first_moment", shape: [layout.count])
    trainer.optimizer.secondMoment = try reader.parameters("/training/second_moment", shape: [layout.count])
    let counters = try reader.read(Int64.self, "/training/counters", shape: [4]).map(Int.init)
    guard counters.allSatisfy({ (0..<Int(HDF5Reader.mostCounted)).contains($0) }),
      counters[2] <= max(1, trainer.batchesPerEpoch)
    else { throw StageError(.input, "'\(path)', /training/counters: \(counters) are no counters of a run.") }
    trainer.optimizer.step = counters[0]
    trainer.epoch = counters[1]
    trainer.batchInEpoch = counters[2]
    trainer.schedule.waited = counters[3]
    let state = try reader.read(Double.self, "/training/state", shape: [2 + M.terms.count])
    guard state[0].isFinite, state[0] > 0, state[0] < 1e6, !state[1].isNaN, state[2...].allSatisfy(\.isFinite) else {
      throw StageError(.input, "'\(path)', /training/state: \(state) is no state of a run.")
    }
    trainer.schedule.rate = Float(state[0])
    trainer.schedule.best = state[1]
    trainer.running = LossTerms(Array(state[2...]))
    trainer.history = try history(reader, terms: M.terms)
  }

  /// The terms of a model's losses, and the epochs of its run.
  ///
  /// - Throws: `StageError` where the file has no history of that shape.
  public static func history(_ reader: borrowing HDF5Reader) throws -> (terms: [String], epochs: [TrainingEpoch]) {
    let said = reader.attribute("terms", of: "/training/history").map { $0.split(separator: "\n").map(String.init) }
    let terms = said ?? SymmBFN.terms
    return (terms, try history(reader, terms: terms))
  }

  private static func history(_ reader: borrowing HDF5Reader, terms: [String]) throws -> [TrainingEpoch] {
    // The seconds were the last column once.
    let hasSeconds = reader.contains("/training/seconds")
    let (n, width) = (terms.count, 2 * terms.count + (hasSeconds ? 1 : 2))
    let values = try reader.read(Double.self, "/training/history", shape: [nil, width])
    let seconds = hasSeconds ? try reader.read(Double.self, "/training/seconds", shape: [values.count / width]) : nil
    return stride(from: 0, to: values.count, by: width).map {
      TrainingEpoch(
        training: LossTerms(Array(values[$0..<$0 + n])), validation: LossTerms(Array(values[$0 + n..<$0 + 2 * n])),
        rate: values[$0 + 2 * n], seconds: seconds?[$0 / width] ?? values[$0 + 2 * n + 1])
    }
  }

  private static func parameters(
    _ reader: borrowing HDF5Reader, _ group: String, _ layout: ParameterLayout
  ) throws -> [Float] {
    var parameters: [Float] = []
    parameters.reserveCapacity(layout.count)
    for entry in layout.entries {
      parameters += try reader.parameters("/network/\(group)/\(entry.name)", shape: entry.shape)
    }
    return parameters
  }
}
