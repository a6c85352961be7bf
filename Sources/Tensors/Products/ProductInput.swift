import COneDNN

/// Rows that only products read, as they read them: float32, or bfloat16 where products are done in that.
public struct ProductInput: Sendable {
  /// Rows that are in use.
  public private(set) var rows = 0
  /// Entries of a row.
  public let columns: Int
  /// (rows, columns); empty in bfloat16.
  public internal(set) var values: [Float] = []
  /// (rows, columns), then rows of zeros; empty in float32.
  public internal(set) var rounded: [UInt16] = []

  /// Without rows, in float32.
  public init(columns: Int) { self.columns = columns }

  /// The rows of a matrix as they are.
  public init(_ matrix: Matrix) { (rows, columns, values) = (matrix.rows, matrix.columns, matrix.values) }

  /// What products read.
  public var precision: Precision { rounded.isEmpty ? .float32 : .bfloat16 }

  /// Makes room for a number of rows; what they hold is not kept.
  public mutating func resize(rows: Int, _ precision: Precision) {
    self.rows = rows
    switch precision {
    case .float32:
      rounded = []
      if values.count < rows * columns { values = [Float](repeating: 0, count: rows * columns) }
    case .bfloat16:
      values = []
      let (filled, all) = (rows * columns, (rows + Int(FRIEZE_PADDING)) * columns)
      if rounded.count < all { rounded = [UInt16](repeating: 0, count: all) }
      for i in filled..<all { rounded[i] = 0 }
    }
  }
}
