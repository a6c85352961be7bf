public import Crystals
import Foundation
public import Networks
public import Tensors

/// A model of properties: columns of a dataset from crystals, from blueprints without coordinates, or from space group, composition
/// and cell alone (`method: property`).
///
/// Values are learnt in deviations from the training set's mean, without logarithms: the error that is lowered is then the one that is
/// told, in the property's unit. The equivalent descriptions of a crystal's Wyckoff positions are shown alike often in training, and
/// predictions are the mean over all of them, so that they are the same for each.
public struct PropertyRegression: PropertyModel {
  /// The method's name in YAML and model files.
  public static let name = "property"
  /// Raised when a model file of before is no longer read.
  public static let version = 1
  /// The mean absolute error over the known values of a crystal, in deviations.
  public static let terms = ["error"]

  /// Columns, sizes and schedule.
  public let options: PropertyConfiguration
  /// Of the training set.
  public let statistics: DatasetStatistics
  let network: any PropertyNetwork
  /// (P) of the training crystals whose value is known; 0 and 1 where there is none.
  let scales: [(mean: Double, deviation: Double)]

  /// A method with a network of random parameters yet to be drawn.
  public init(_ options: PropertyConfiguration, statistics: DatasetStatistics) {
    (self.options, self.statistics) = (options, statistics)
    network = options.makeNetwork()
    scales = options.columns.map { name in
      let moments = statistics.labels.moments(of: name)
      return (moments.mean, moments.deviation > 1e-9 ? moments.deviation : 1)
    }
  }

  /// As in the options.
  public var columns: [String] { options.columns }
  /// As in the options.
  public var input: PropertyConfiguration.Input { options.input }
}

extension PropertyRegression {
  /// Names, shapes and places of the network's parameters.
  public var layout: ParameterLayout { network.layout }

  /// The only one.
  public var weights: [Double] { [1] }

  /// Crystals with a value that is known; all where none has one.
  ///
  /// - Throws: `Rejection` as `Blueprint.init`.
  public func examples(_ data: TrainingData, isTraining: Bool, threads: Int) throws(Rejection) -> [PropertyExample] {
    let columns = data.columns(options.columns)
    let made = descriptions(of: data.units, threads: threads)
    var examples: [PropertyExample] = []
    for (i, result) in made.enumerated() {
      var example = try result.get()
      example.targets = zip(columns, scales).map { values, scale in
        values[i].isFinite ? Float((values[i] - scale.mean) / scale.deviation) : .nan
      }
      examples.append(example)
    }
    let known = examples.filter { !$0.targets.allSatisfy(\.isNaN) }
    return known.isEmpty ? examples : known
  }

  private func descriptions(of units: [AsymmetricUnit], threads: Int) -> [Result<PropertyExample, Rejection>] {
    let made = try? parallelMap(count: units.count, threads: threads) { i in
      Result { () throws(Rejection) in try PropertyExample(units[i], options.input) }
    }
    return made ?? []
  }

  /// Sites: work is shared out by them.
  public func cost(_ example: PropertyExample) -> Int { example.elements.count }

  /// A tape, one a thread.
  public func makeWorkspace() -> Tape { Tape() }

  /// In one of its descriptions.
  public func shown(_ example: PropertyExample, _ random: (_ purpose: StaticString) -> RandomStream) -> PropertyExample {
    var description = random("description")
    let permutations = SpaceGroup.numbered(example.spaceGroup).wyckoffPermutations()
    return example.described(by: permutations[Int(description.uniform() * Double(permutations.count))])
  }

  /// Absolute errors, of which the gradient is smooth near zero: `sqrt(d^2 + w^2) - w`, w = 0.02. The published form lowers `d^2`.
  public func losses(
    _ examples: [PropertyExample], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters,
    _ tape: inout Tape, gradient: inout [Float]
  ) -> LossTerms {
    let predicted = network.forward(examples, parameters, &tape)
    var seed = tape.zeros(like: predicted)
    let values = tape[predicted]
    var losses = LossTerms.none(1)
    for (b, example) in examples.enumerated() {
      let known = example.targets.indices.filter { !example.targets[$0].isNaN }
      let scale = 1 / Double(share.examples * max(1, known.count))
      for c in known {
        let d = Double(values[b, c] - example.targets[c])
        let length = (d * d + Self.width * Self.width).squareRoot()
        let (loss, slope) = options.form == .published ? (d * d, 2 * d) : (length - Self.width, d / length)
        losses.values[0] += scale * abs(d)
        losses.objective += scale * loss
        seed[b, c] = Float(scale * slope)
      }
    }
    tape.seed(predicted, seed)
    if !gradient.isEmpty { tape.backward(into: &gradient) }
    return losses
  }

  private static let width = 0.02
}

extension PropertyRegression {
  /// Of crystals, without their coordinates where the input is another.
  public func predict(_ units: [AsymmetricUnit], _ parameters: Parameters, threads: Int) -> [Result<[Double], Rejection>] {
    predict(descriptions(of: units, threads: threads), parameters, threads)
  }

  /// Of blueprints: complete ones where the input is `blueprint`; where it is `composition`, those with a space group, a lattice, and
  /// complete sites or a composition that says the cell's atoms.
  public func predict(_ blueprints: [Blueprint], _ parameters: Parameters, threads: Int) -> [Result<[Double], Rejection>] {
    predict(
      blueprints.map { blueprint in
        Result { () throws(Rejection) in try PropertyExample(blueprint, options.input) }
      }, parameters, threads)
  }

  private func predict(
    _ examples: [Result<PropertyExample, Rejection>], _ parameters: Parameters, _ threads: Int
  ) -> [Result<[Double], Rejection>] {
    let starts = Array(stride(from: 0, to: examples.count, by: network.batch))
    let parts = try? parallelMap(count: starts.count, threads: threads) { i in
      flushingDenormals {
        predict(Array(examples[starts[i]..<min(examples.count, starts[i] + network.batch)]), parameters)
      }
    }
    return (parts ?? []).flatMap { $0 }
  }

  /// The mean over all descriptions of each.
  private func predict(
    _ examples: [Result<PropertyExample, Rejection>], _ parameters: Parameters
  ) -> [Result<[Double], Rejection>] {
    var tape = Tape(isRecording: false)
    let descriptions = examples.map { (try? $0.get())?.descriptions ?? [] }
    let all = descriptions.enumerated().flatMap { i, own in own.map { (crystal: i, example: $0) } }
    var sums = Matrix(rows: examples.count, columns: scales.count)
    for start in stride(from: 0, to: all.count, by: network.batch) {
      let part = all[start..<min(all.count, start + network.batch)]
      let predicted = network.forward(part.map(\.example), parameters, &tape)
      let rows = tape[predicted]
      for (b, description) in part.enumerated() {
        for c in scales.indices { sums[description.crystal, c] += rows[b, c] }
      }
    }
    return examples.enumerated().map { i, example in
      example.map { _ in
        scales.indices.map { scales[$0].mean + scales[$0].deviation * Double(sums[i, $0]) / Double(descriptions[i].count) }
      }
    }
  }
}
