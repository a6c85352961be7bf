/// A row-major matrix of `Float` whose storage has spare rows, so that products run over whole tiles.
///
/// Products treat every row alike only where they come in whole tiles of the BLAS kernel; the last rows of a ragged matrix take
/// another path through it and may differ in the last bit. With `rows` padded to `rowTile` a row's result does not depend on
/// how many others there are: the same sample in any batch. The spare rows hold anything finite and are never read as results.
public struct Matrix: Sendable {
  /// Rows come in multiples of this: 48 is what OpenBLAS's kernels for AVX2 and AVX-512 divide.
  public static let rowTile = 48

  public private(set) var rows: Int
  public let columns: Int
  public var values: [Float]

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: 0, count: Self.padded(rows) * columns)
  }

  /// `rows` rounded up to whole tiles.
  public static func padded(_ rows: Int) -> Int { (rows + rowTile - 1) / rowTile * rowTile }

  public var paddedRows: Int { values.count / max(1, columns) }

  /// Makes room for another number of rows; the contents are not kept in any order.
  public mutating func resize(rows: Int) {
    self.rows = rows
    let count = Self.padded(rows) * columns
    if values.count < count {
      values.append(contentsOf: repeatElement(0, count: count - values.count))
    } else {
      values.removeLast(values.count - count)
    }
  }

  public mutating func fill(_ value: Float) {
    for i in values.indices { values[i] = value }
  }

  @inlinable public subscript(row: Int, column: Int) -> Float {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }
}
