import Foundation
public import Generators
public import StageKit

/// `/training/errors` of a property model's file: how far it is from what is known of crystals that it has not learnt from.
extension PropertyErrors {
  /// Errors of a file, in the order in which they were written; none where it has none.
  ///
  /// - Throws: `StageError` where the columns do not go together.
  public static func read(_ reader: borrowing HDF5Reader) throws -> [PropertyErrors] {
    guard reader.contains("/training/errors/column") else { return [] }
    let columns = try reader.readStrings("/training/errors/column")
    let parts = try reader.readStrings("/training/errors/part")
    guard parts.count == columns.count else {
      throw StageError(.input, "'\(reader.path)', /training/errors: column and part differ in number.")
    }
    let counts = try reader.read(Int64.self, "/training/errors/count", shape: [columns.count])
    let values = try reader.read(Double.self, "/training/errors/value", shape: [columns.count, 3])
    return columns.indices.map { i in
      PropertyErrors(
        column: columns[i], part: parts[i], count: Int(counts[i]), meanAbsolute: values[3 * i],
        rootMeanSquare: values[3 * i + 1], ofMean: values[3 * i + 2])
    }
  }

  /// Writes them, where there are any.
  ///
  /// - Throws: `StageError` where the file cannot be written.
  static func write(_ errors: [PropertyErrors], _ writer: borrowing HDF5Writer) throws {
    guard !errors.isEmpty else { return }
    try writer.write(errors.map(\.column), to: "/training/errors/column")
    try writer.write(errors.map(\.part), to: "/training/errors/part")
    try writer.write(errors.map { Int64($0.count) }, to: "/training/errors/count")
    try writer.setAttribute("meaning", "crystals whose value is known", of: "/training/errors/count")
    try writer.write(
      errors.flatMap { [$0.meanAbsolute, $0.rootMeanSquare, $0.ofMean] }, shape: [errors.count, 3], to: "/training/errors/value"
    )
    try writer.setAttribute(
      "meaning",
      "mean absolute error, root of the mean squared error, mean absolute error of the training mean; in the column's unit",
      of: "/training/errors/value")
  }

  /// A line: `formation_energy_per_atom, test: mean absolute error 0.0512 …`.
  public var line: String {
    guard count > 0 else { return "\(column), \(part): no crystal has a known value" }
    return String(
      format: "%@, %@ (%d crystals): mean absolute error %.4f, root mean square %.4f; of the training mean %.4f", column, part,
      count, meanAbsolute, rootMeanSquare, ofMean)
  }
}
