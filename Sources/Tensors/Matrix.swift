/// A row-major matrix of `Float` that is reused from batch to batch.
public struct Matrix: Sendable {
  /// Rows that are in use.
  public private(set) var rows: Int
  /// Entries of a row.
  public let columns: Int
  /// (rows, columns).
  public var values: [Float]

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: 0, count: rows * columns)
  }

  /// Makes room for another number of rows; the contents are not kept in any order.
  public mutating func resize(rows: Int) {
    self.rows = rows
    let count = rows * columns
    if values.count < count {
      values += [Float](repeating: 0, count: count - values.count)
    } else {
      values.removeLast(values.count - count)
    }
  }

  /// Sets all entries to a value.
  public mutating func fill(_ value: Float) {
    // Safety: the array's own elements.
    unsafe values.withUnsafeMutableBufferPointer { unsafe $0.update(repeating: value) }
  }

  /// The entry of a row and a column, each from 0.
  @inlinable public subscript(row: Int, column: Int) -> Float {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }
}
