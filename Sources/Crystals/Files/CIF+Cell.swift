extension CIFBlock {
  /// The lattice: what symmetry fixes may be missing.
  ///
  /// - Parameter trusting: whether lengths and angles count, whatever volume the file states.
  func lattice(_ operations: [SymmetryOperation], trusting: Bool = false) throws(Rejection) -> Lattice {
    let names = ["a", "b", "c", "alpha", "beta", "gamma"]
    let given = (0..<6).map { $0 < 3 ? lengths[$0] : angles[$0 - 3] }
    let missing = (0..<6).filter { !given[$0].isFinite }
    guard missing.isEmpty else {
      if missing.count < 6, let cell = completed(given, missing: missing, operations) {
        return try Lattice.checked(lengths: cell.0, angles: cell.1)
      }
      let list = missing.map { names[$0] }.joined(separator: ", ")
      throw Rejection("bad_cell", "cell \(list) missing or unreadable, and symmetry does not fix it")
    }
    let lattice = try Lattice.checked(lengths: lengths, angles: angles)
    if !trusting, volume > 0, abs(lattice.volume - volume) > 0.05 * volume {
      throw Rejection(
        "bad_cell",
        "the cell's lengths and angles make \(PlainText.fixed(lattice.volume, digits: 1)) cubic angstrom, "
          + "_cell_volume says \(PlainText.fixed(volume, digits: 1))")
    }
    if let operation = operations.first(where: { !$0.preserves(lattice.metric, tolerance: 0.05) }) {
      throw Rejection("bad_cell", "the cell does not have the symmetry \(operation.triplet)")
    }
    return lattice
  }

  /// Fills in lengths and angles: a value that the operations need, and no other that they would take as well.
  private func completed(
    _ given: [Double], missing: [Int], _ operations: [SymmetryOperation]
  ) -> (Vector3, Vector3)? {
    let length = given[..<3].first { $0.isFinite }
    guard let length else { return nil }
    func fits(_ cell: [Double]) -> Bool {
      let lattice = Lattice(lengths: Vector3(cell[0], cell[1], cell[2]), angles: Vector3(cell[3], cell[4], cell[5]))
      return lattice.isUsable && operations.allSatisfy { $0.preserves(lattice.metric, tolerance: 0.01) }
    }
    for gamma in [90.0, 120.0] {
      var cell = given
      for i in missing { cell[i] = i < 3 ? length : i == 5 ? gamma : 90 }
      guard fits(cell) else { continue }
      // Another value in the place of a missing one must break the symmetry, or the file says too little.
      let isFixed = missing.allSatisfy { i in
        var other = cell
        other[i] *= 1.07
        return !fits(other)
      }
      if isFixed { return (Vector3(cell[0], cell[1], cell[2]), Vector3(cell[3], cell[4], cell[5])) }
    }
    return nil
  }
}

extension SymmetryOperation {
  /// Whether a lattice has the rotation: no entry of its metric changes by more than a fraction of the lengths.
  func preserves(_ metric: Matrix3, tolerance: Double) -> Bool {
    let image = rotationMatrix.transpose * metric * rotationMatrix
    for i in 0..<3 {
      for j in 0..<3 {
        let scale = (metric[i][i] * metric[j][j]).squareRoot()
        if !(abs(image[i][j] - metric[i][j]) <= tolerance * scale) { return false }
      }
    }
    return true
  }
}
