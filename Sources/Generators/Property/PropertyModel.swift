public import Crystals
public import Tensors

/// A method that learns properties of crystals: what screens and tables of properties ask.
public protocol PropertyModel: Method {
  /// Names of the columns, in the order of predictions.
  var columns: [String] { get }

  /// What predictions are made from.
  var input: PropertyConfiguration.Input { get }

  /// The columns' values of some crystals, in the units of the dataset, or why a crystal has none.
  func predict(_ units: [AsymmetricUnit], _ parameters: Parameters, threads: Int) -> [Result<[Double], Rejection>]

  /// The same of blueprints that say what the input needs; none do where it is `crystal`.
  func predict(_ blueprints: [Blueprint], _ parameters: Parameters, threads: Int) -> [Result<[Double], Rejection>]
}

/// How far a model's predictions of a column are from what is known, in the column's unit.
public struct PropertyErrors: Sendable, Equatable {
  /// The property.
  public var column: String
  /// Of the dataset: validation or test.
  public var part: String
  /// Crystals of the part whose value is known and that have a prediction.
  public var count: Int
  /// The mean of the absolute errors; NaN where there is no crystal, as in the next two.
  public var meanAbsolute: Double
  /// The root of the mean of the squared errors.
  public var rootMeanSquare: Double
  /// The mean absolute error of who says the training set's mean of every crystal.
  public var ofMean: Double

  /// What a file has.
  public init(
    column: String, part: String, count: Int, meanAbsolute: Double, rootMeanSquare: Double, ofMean: Double
  ) {
    (self.column, self.part, self.count) = (column, part, count)
    (self.meanAbsolute, self.rootMeanSquare, self.ofMean) = (meanAbsolute, rootMeanSquare, ofMean)
  }

  /// - Parameters:
  ///   - predicted: as many as known; nil where there is none.
  ///   - mean: of the training set.
  init(column: String, part: String, _ predicted: [Double?], known: [Double], mean: Double) {
    let pairs = zip(predicted, known).compactMap { p, k in k.isFinite ? p.map { ($0, k) } : nil }
    func average(_ of: ((Double, Double)) -> Double) -> Double {
      pairs.isEmpty ? .nan : pairs.reduce(0) { $0 + of($1) } / Double(pairs.count)
    }
    self.init(
      column: column, part: part, count: pairs.count, meanAbsolute: average { abs($0.0 - $0.1) },
      rootMeanSquare: average { ($0.0 - $0.1) * ($0.0 - $0.1) }.squareRoot(), ofMean: average { abs(mean - $0.1) })
  }
}

extension PropertyModel {
  /// Errors on a part of a dataset, column by column.
  ///
  /// - Parameter part: its name.
  public func errors(_ data: TrainingData, part: String, _ parameters: Parameters, threads: Int) -> [PropertyErrors] {
    let predicted = predict(data.units, parameters, threads: threads).map { try? $0.get() }
    return columns.enumerated().map { c, name in
      PropertyErrors(
        column: name, part: part, predicted.map { $0?[c] }, known: data.columns([name])[0],
        mean: statistics.labels.moments(of: name).mean)
    }
  }
}
