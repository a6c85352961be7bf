public import Crystals

/// A crystal as proposals say it: its group, its composition and its cell, without atoms' places.
public struct ProposedCrystal: Sendable {
  /// International number.
  public var spaceGroup: Int
  /// Of the conventional cell.
  public var formula: Formula
  /// Of the conventional cell, as it was said.
  public var lattice: LatticeLogMetric
  /// The property as the predictor has it; nil where it says nothing of the crystal.
  public var predicted: Double?
  /// The property as the dataset has it; nil where it is not known, or the crystal is of no dataset.
  public var known: Double?
  /// The property of the relaxed crystal as the potential has it; nil where it was not relaxed, or not to the end.
  public var relaxed: Double?
  /// Whether charges balance where cations are less electronegative than anions.
  public var isNeutral: Bool
  /// Whether charges balance in one state an element.
  public var isNeutralInOneState: Bool

  /// - Parameters:
  ///   - spaceGroup: international number.
  ///   - formula: of the conventional cell.
  ///   - lattice: of the conventional cell, as it was said.
  ///   - predicted: the property as the predictor has it.
  ///   - isNeutral: by cations less electronegative than anions.
  ///   - isNeutralInOneState: by one state an element.
  public init(
    spaceGroup: Int, formula: Formula, lattice: LatticeLogMetric, predicted: Double? = nil, isNeutral: Bool,
    isNeutralInOneState: Bool
  ) {
    (self.spaceGroup, self.formula, self.lattice, self.predicted) = (spaceGroup, formula, lattice, predicted)
    (self.isNeutral, self.isNeutralInOneState) = (isNeutral, isNeutralInOneState)
  }

  /// How far a component of the k-vector may be from what the group fixes: parts of the edges.
  private static let tolerance = 1e-4

  /// Whether the cell has a volume, and what the group fixes of it is as the group has it.
  var hasAllowedLattice: Bool {
    let isFixed = zip(lattice.k, LatticeLogMetric.constraint(spaceGroup: spaceGroup)).allSatisfy { k, fixed in
      fixed.map { abs(k - $0) < Self.tolerance } ?? true
    }
    return isFixed && usableLattice != nil
  }

  /// The cell; nil where it has no volume.
  var usableLattice: Lattice? {
    let lattice = lattice.lattice
    return lattice.isUsable ? lattice : nil
  }
}

/// Proposals of one file, or crystals that they are compared with.
public struct ProposalSet: Sendable {
  /// For headings.
  public var name: String
  /// In the order of the file.
  public var crystals: [ProposedCrystal]

  /// Crystals under a name.
  public init(name: String, crystals: [ProposedCrystal]) { (self.name, self.crystals) = (name, crystals) }
}
