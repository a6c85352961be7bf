extension Crystal {
  /// A primitive cell with a reduced basis, in P1; nil where the translations within the tolerance are no group.
  ///
  /// - Parameter tolerance: how far translated atoms may be from their partners, in angstrom.
  public func primitiveCell(tolerance: Double) -> Crystal? {
    guard count > 0, lattice.isUsable, let cell = PrimitiveCell(self, tolerance: tolerance) else { return nil }
    return Crystal(
      lattice: cell.lattice, atomicNumbers: cell.atomicNumbers, fractionalCoordinates: cell.fractionalCoordinates)
  }
}
