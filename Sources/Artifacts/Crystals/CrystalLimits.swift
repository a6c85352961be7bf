import Crystals
import StageKit

/// Bounds of what crystals have.
enum CrystalLimits {
  /// Of fractional coordinates: these may lie outside of the cell, but not a thousand cells away.
  static let fractional = 1e4
  /// Of logarithms of lengths: e^20 angstrom is far beyond any cell.
  static let logarithm = 1e4
}

extension HDF5Reader {
  /// Throws where a cell has no volume, or one that is not finite.
  func check(_ lattices: [Lattice], _ name: String, first: Int) throws {
    guard let i = lattices.firstIndex(where: { !$0.isUsable }) else { return }
    throw wrong(name, "expected cells with a volume, none in row \(first + i)")
  }
}
