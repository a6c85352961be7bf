import Crystals

/// What no file may hold, checked where it is read, once for all stages.
extension HDF5Reader {
  /// Counts and counters that can be added up without an end.
  static var mostCounted: Int64 { 1 << 40 }

  /// Throws where a number is not finite or larger than any such number is.
  ///
  /// - Parameters:
  ///   - width: numbers a record, to name the record.
  ///   - unknown: whether not a number stands for what is not known.
  func check<Scalar: HDF5Scalar & BinaryFloatingPoint>(
    _ values: [Scalar], below limit: Scalar, _ name: String, width: Int = 1, first: Int = 0, unknown: Bool = false
  ) throws {
    // One pass without a branch a number: a comparison with what is not a number is false.
    guard !values.allSatisfy({ abs($0) < limit }) else { return }
    guard let i = values.firstIndex(where: { !(abs($0) < limit) && !(unknown && $0.isNaN) }) else { return }
    throw wrong(name, "expected numbers below \(limit), found \(values[i]) in row \(first + i / max(1, width))")
  }

  func check<T: Comparable>(_ values: [T], in range: ClosedRange<T>, _ name: String) throws {
    guard let bad = values.first(where: { !range.contains($0) }) else { return }
    throw StageError(
      .input, "'\(path)', \(name): expected \(range.lowerBound)...\(range.upperBound), found \(bad).")
  }

  /// Throws where a cell has no volume, or one that is not finite.
  func check(_ lattices: [Lattice], _ name: String, first: Int) throws {
    guard let i = lattices.firstIndex(where: { !$0.isUsable }) else { return }
    throw wrong(name, "expected cells with a volume, none in row \(first + i)")
  }

  /// Parameters of a network.
  func parameters(_ name: String, shape: [Int]) throws -> [Float] {
    let values = try read(Float.self, name, shape: shape)
    try check(values, below: .greatestFiniteMagnitude, name)
    return values
  }
}

/// Bounds of what crystals have.
enum CrystalLimits {
  /// Of fractional coordinates: these may lie outside of the cell, but not a thousand cells away.
  static let fractional = 1e4
  /// Of logarithms of lengths: e^20 angstrom is far beyond any cell.
  static let logarithm = 1e4
}
