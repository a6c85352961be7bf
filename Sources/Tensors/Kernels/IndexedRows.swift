import CKernels

/// Rows picked from a matrix by index: `matrix[index[r]]`.
public struct IndexedRows: Sendable {
  /// (rows), each in `0..<count`.
  public let indices: [Int32]
  /// Rows that the indices may name.
  public let count: Int

  /// - Parameters:
  ///   - indices: (rows), each in `0..<count`.
  public init(_ indices: [Int32], count: Int) {
    precondition(indices.allSatisfy { $0 >= 0 && Int($0) < count })
    self.indices = indices
    self.count = count
  }

  /// `target[index[r]] += rows[r]`, of `columns` each.
  public func scatter(_ rows: [Float], into target: inout [Float], columns: Int) {
    precondition(rows.count >= indices.count * columns && target.count >= count * columns)
    // Safety: every index is in range (init), both have that many rows.
    unsafe frieze_scatter(rows, &target, indices, columns, indices.count)
  }

  /// `out[r] = rows[index[r]]`, of `columns` each.
  public func pick(_ rows: [Float], into out: inout [Float], columns: Int) {
    precondition(rows.count >= count * columns && out.count >= indices.count * columns)
    // Safety: as in `scatter`.
    unsafe frieze_pick(rows, &out, indices, columns, indices.count)
  }
}
