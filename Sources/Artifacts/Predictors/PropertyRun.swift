import Crystals
import Predictors
public import StageKit
import Tensors

/// Crystals of a file, and the columns that predictors add to it.
public struct PropertyRun {
  /// A column of numbers: `/property/NAME`.
  struct Column {
    var name: String
    var property: PredictedProperty
    var predictor: String
    var weights: String
    var values: [Double]
    /// Crystals without a value by the reason's code: how many, and the words for the first of them.
    var failures: [String: (count: Int, first: String)] = [:]
    /// Crystals with elements that the predictor has never seen, and which.
    var untrained: (count: Int, elements: Set<Int>) = (0, [])
  }

  /// The crystals' number.
  public var count: Int { ids.count }
  private let path: String
  private let predictors: [OpenPredictor]
  private let format: Artifact.Format
  private let records: RecordRange?
  private let ids: [String]
  /// What is appended to a column's name, and the crystals that it describes.
  private let sets: [(suffix: String, crystals: [Crystal])]
  private var columns: [Column] = []
  /// Crystals that are handed to a predictor at once.
  private static let chunk = 64

  /// Reads the crystals of a dataset, crystals or relaxed file.
  ///
  /// - Parameter isInitial: whether a relaxed file's crystals before relaxation are described, too.
  /// - Throws: `StageError` where it is no such file, or two predictors would write one column.
  public init(reading path: String, with predictors: [OpenPredictor], isInitial: Bool) throws {
    let reader = try Artifact.open(path, formats: [.crystals, .dataset, .relaxed])
    self.path = path
    self.predictors = predictors
    format = Artifact.Format.all.first { $0.name == reader.attribute("format") } ?? .crystals
    records = reader.attribute("records").flatMap(RecordRange.init)
    let crystals = try reader.crystals()
    ids = try reader.ids(of: crystals.count)
    var sets = [(suffix: "", crystals: crystals)]
    if isInitial {
      guard format == .relaxed else {
        throw StageError(.input, "'\(path)' is no relaxed.h5: it has no crystals before relaxation for --initial.")
      }
      let initial = try reader.crystals(group: "/initial")
      guard initial.count == crystals.count else {
        throw StageError(.input, "'\(path)': /crystal and /initial differ in what they hold.")
      }
      sets.append((PropertyQuantity.initialSuffix, initial))
    }
    self.sets = sets
    let unknown = [Double](repeating: .nan, count: crystals.count)
    for set in sets {
      for open in predictors {
        for property in open.predictor.properties {
          for suffix in property.hasDeviation ? ["", PropertyQuantity.deviationSuffix] : [""] {
            columns.append(
              Column(
                name: "\(open.predictor.name)_\(property.name)\(suffix)\(set.suffix)", property: property,
                predictor: open.predictor.name, weights: open.weights, values: unknown))
          }
        }
      }
    }
    let names = columns.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw StageError(.usage, "--model: '\(twice)' would be written twice.")
    }
  }

  /// Predicts.
  ///
  /// - Parameter progress: hears how many crystals are done.
  /// - Throws: `StageError` where a signal has come; what a predictor throws where it is out of order.
  public mutating func perform(threads: Int, _ progress: (Int) -> Void) throws {
    let (sets, predictors) = (sets, predictors)
    let perSet = (count + Self.chunk - 1) / Self.chunk
    func range(_ part: Int) -> Range<Int> {
      part % perSet * Self.chunk..<min(count, (part % perSet + 1) * Self.chunk)
    }
    let ranges = (0..<max(0, perSet * sets.count)).map(range)
    var done = 0
    try parallelForEach(count: ranges.count, threads: threads) { part in
      Result {
        let crystals = Array(sets[part / perSet].crystals[ranges[part]])
        return try flushingDenormals { try predictors.map { try $0.predictor.predict(crystals) } }
      }
    } receive: { part, result in
      try Interruption.check()
      store(try result.get(), set: part / perSet, ranges[part])
      done += ranges[part].count
      progress(done / sets.count)
    }
  }

  private mutating func store(_ predictions: [[[PropertyPrediction]]], set: Int, _ range: Range<Int>) {
    var column = columns.count / sets.count * set
    for (open, all) in zip(predictors, predictions) {
      for (p, property) in open.predictor.properties.enumerated() {
        for (index, ofCrystal) in zip(range, all) {
          let prediction = ofCrystal[p]
          columns[column].values[index] = prediction.value
          if property.hasDeviation { columns[column + 1].values[index] = prediction.deviation }
          if let failure = prediction.failure {
            let known = columns[column].failures[failure.code]
            columns[column].failures[failure.code] = (
              (known?.count ?? 0) + 1, known?.first ?? "\(ids[index]): \(failure.description)"
            )
          }
          if !prediction.untrained.isEmpty {
            columns[column].untrained.count += 1
            columns[column].untrained.elements.formUnion(prediction.untrained)
          }
        }
        column += property.hasDeviation ? 2 : 1
      }
    }
  }

  /// Lines about what is not known, one a column and reason, and about elements that a predictor has never seen.
  public var remarks: [String] {
    columns.flatMap { column in
      column.failures.sorted { $0.key < $1.key }.map { code, failure in
        "\(column.name): \(failure.count) of \(count) not known, \(code), e.g. \(failure.first)"
      }
        + (column.untrained.count == 0
          ? []
          : [
            "\(column.name): \(column.untrained.count) of \(count) have elements that the network has never seen ("
              + column.untrained.elements.sorted().map(Element.symbol).joined(separator: ", ") + "): these values mean nothing"
          ])
    }
  }

  /// For the summary: crystals without a value, and with one that means nothing, by column.
  public func note(in report: inout StageReport) {
    for column in columns {
      let unknown = column.failures.values.reduce(0) { $0 + $1.count }
      if unknown > 0 { report.note("unknown_\(column.name)", unknown) }
      if column.untrained.count > 0 { report.note("untrained_\(column.name)", column.untrained.count) }
    }
  }

  /// Writes all that the file had, with the columns; those of the same names are replaced.
  ///
  /// - Returns: datasets of another program that could not be kept.
  /// - Throws: `StageError` where the file cannot be written.
  public func write(to output: String, options: SharedOptions, seconds: @autoclosure () -> Double) throws -> [String] {
    let reader = try Artifact.open(path)
    let new = Set(columns.map { "/property/\($0.name)" })
    var lost: [String] = []
    try Artifact.write(
      format, to: output, inputs: [path] + predictors.flatMap(\.files), options: options, records: records, seconds: seconds()
    ) { writer in
      lost = try writer.copy(reader, format) { new.contains($0) }
      for column in columns {
        let place = "/property/\(column.name)"
        try writer.write(column.values, to: place)
        try writer.setAttribute("unit", column.property.unit, of: place)
        try writer.setAttribute("predictor", column.predictor, of: place)
        if !column.weights.isEmpty { try writer.setAttribute("weights", column.weights, of: place) }
        if !column.property.note.isEmpty { try writer.setAttribute("note", column.property.note, of: place) }
      }
    }
    return lost
  }
}
