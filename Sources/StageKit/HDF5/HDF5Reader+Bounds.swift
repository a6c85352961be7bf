/// What no file may hold, checked where it is read, once for all stages.
extension HDF5Reader {
  /// Counts and counters that can be added up without an end.
  package static var mostCounted: Int64 { 1 << 40 }

  /// Throws where a number is not finite or larger than any such number is.
  ///
  /// - Parameters:
  ///   - width: numbers a record, to name the record.
  ///   - unknown: whether not a number stands for what is not known.
  package func check<Scalar: HDF5Scalar & BinaryFloatingPoint>(
    _ values: [Scalar], below limit: Scalar, _ name: String, width: Int = 1, first: Int = 0, unknown: Bool = false
  ) throws {
    // One pass without a branch a number: a comparison with what is not a number is false.
    guard !values.allSatisfy({ abs($0) < limit }) else { return }
    guard let i = values.firstIndex(where: { !(abs($0) < limit) && !(unknown && $0.isNaN) }) else { return }
    throw wrong(name, "expected numbers below \(limit), found \(values[i]) in row \(first + i / max(1, width))")
  }

  package func check<T: Comparable>(_ values: [T], in range: ClosedRange<T>, _ name: String) throws {
    guard let bad = values.first(where: { !range.contains($0) }) else { return }
    throw StageError(
      .input, "'\(path)', \(name): expected \(range.lowerBound)...\(range.upperBound), found \(bad).")
  }

  /// Parameters of a network.
  package func parameters(_ name: String, shape: [Int]) throws -> [Float] {
    let values = try read(Float.self, name, shape: shape)
    try check(values, below: .greatestFiniteMagnitude, name)
    return values
  }

  /// Where some ragged records lie: their rows, and the offsets into these of each and of the end.
  package func offsets(_ name: String, _ records: Range<Int>, of all: Int, rows: Int) throws -> (
    rows: Range<Int>, offsets: [Int]
  ) {
    guard all < Int.max, records.lowerBound >= 0, records.upperBound <= all else {
      throw wrong(name, "expected records \(records), found \(all)")
    }
    let offsets = try read(Int64.self, name, shape: [all + 1], rows: records.lowerBound..<records.upperBound + 1).map(Int.init)
    let (first, last) = (offsets[0], offsets[offsets.count - 1])
    guard zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }), first >= 0, last <= rows,
      records.lowerBound > 0 ? first >= 0 : first == 0,
      records.upperBound < all ? last <= rows : last == rows
    else {
      throw StageError(.input, "'\(path)', \(name): expected offsets that rise from 0 to the \(rows) rows there are.")
    }
    return (first..<last, offsets.map { $0 - first })
  }
}
