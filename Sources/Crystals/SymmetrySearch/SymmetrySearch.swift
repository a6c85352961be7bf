/// The symmetry of a crystal.
///
/// Pure translations give the primitive cell, the rotations of its reduced lattice the operations, and these the space group and
/// the way to its standard setting. Operations within a tolerance need not make a group; where they do not, the tolerance is
/// lowered step by step, as spglib does. Where no step helps spglib is asked.
public struct SymmetrySearch: Sendable {
  /// International number.
  public let spaceGroup: Int
  /// Conventional cell in the setting of `SpaceGroup`, idealised: lattice, elements and coordinates obey the symmetry.
  public let standard: Crystal
  /// Volume an atom of the idealised cell over that of the crystal given.
  public let volumeRatio: Double

  /// Finds the space group and the idealised conventional cell; throws `symmetry_not_found` where there is none.
  ///
  /// - Parameters:
  ///   - crystal: any cell of it.
  ///   - symprec: how far atoms may be from their symmetric places, in angstrom.
  /// - Throws: `Rejection` with code `symmetry_not_found`.
  public init(_ crystal: Crystal, symprec: Double) throws(Rejection) {
    guard crystal.count > 0, crystal.lattice.isUsable else {
      throw Rejection("symmetry_not_found", "no atoms, or a cell without volume")
    }
    guard !crystal.hasOverlap(tolerance: symprec) else {
      throw Rejection("symmetry_not_found", "two atoms of an element are nearer to each other than symprec \(symprec)")
    }
    var tolerance = symprec
    for _ in 0..<Self.attempts {
      if let standard = Self.standardized(crystal, tolerance: tolerance) {
        self.init(standard, of: crystal)
        return
      }
      tolerance *= Self.tightening
    }
    guard let found = SpglibSearch(crystal, symprec: symprec) else {
      throw Rejection("symmetry_not_found", "no space group at symprec \(symprec) or a little below")
    }
    self.init(found.standard, of: crystal)
  }

  /// What spglib alone finds: the slow twin.
  init?(spglib crystal: Crystal, symprec: Double) {
    guard let found = SpglibSearch(crystal, symprec: symprec) else { return nil }
    self.init(found.standard, of: crystal)
  }

  private init(_ standard: Crystal, of crystal: Crystal) {
    spaceGroup = standard.spaceGroup
    self.standard = standard
    volumeRatio =
      (standard.lattice.volume / Double(max(1, standard.count))) / (crystal.lattice.volume / Double(max(1, crystal.count)))
  }

  /// The international number as spglib finds it, whatever our own search says; nil where it gives up.
  public static func spaceGroupNumber(_ crystal: Crystal, symprec: Double) -> Int? {
    SpglibSearch.dataset(crystal, symprec: symprec, hallNumber: 0)?.number
  }

  private static let attempts = 20
  private static let tightening = 0.95

  /// The idealised conventional cell at one tolerance; nil where what is found there is no space group.
  static func standardized(_ crystal: Crystal, tolerance: Double) -> Crystal? {
    guard let cell = PrimitiveCell(crystal, tolerance: tolerance) else { return nil }
    let operations = cell.operations(tolerance: tolerance)
    let rotations = operations.map(\.rotation.integers)
    guard let crystalClass = CrystalClass(rotations: rotations) else { return nil }
    for basis in crystalClass.conventionalBases(rotations, metric: cell.lattice.metric) {
      let cells = Int(basis.determinant.rounded())
      for number in crystalClass.spaceGroups {
        let setting = StandardSetting.numbered(number)
        guard setting.centrings.count == cells else { continue }
        if let way = setting.transformation(operations, basis: basis, lattice: cell.lattice, tolerance: tolerance) {
          return cell.standard(setting, way, basis: basis, operations: operations)
        }
      }
    }
    return nil
  }
}

extension Crystal {
  /// Whether two atoms of an element are nearer to each other than a tolerance in angstrom.
  fileprivate func hasOverlap(tolerance: Double) -> Bool {
    let (reduced, change) = lattice.reduced()
    let inverse = change.inverse
    let positions = fractionalCoordinates.map { $0 * inverse }
    return AtomIndex(reduced, atomicNumbers, positions, tolerance: tolerance).hasOverlap
  }
}

extension PrimitiveCell {
  /// The conventional cell, every atom at the mean of its images and the metric at the mean of its rotations.
  fileprivate func standard(
    _ setting: StandardSetting, _ way: StandardSetting.Transformation, basis: Matrix3, operations: [CrystalOperation]
  ) -> Crystal {
    let points = fractionalCoordinates.map { way.change * $0 - way.origin }
    var shifts = [Vector3](repeating: .zero, count: points.count)
    for (g, index) in zip(operations, way.operations) {
      let exact = setting.operations[index]
      for (i, j) in g.permutation.enumerated() {
        let d = exact.rotation * points[i] + exact.translation - points[j]
        shifts[j] += d - d.rounded(.toNearestOrEven)
      }
    }
    let metric = basis.transpose * lattice.metric * basis
    let toPrimitive = setting.primitiveBasis.inverse
    var mean = Matrix3(.zero, .zero, .zero)
    for g in setting.operations {
      let rotation = setting.primitiveBasis * g.rotation * toPrimitive
      mean = mean + rotation.transpose * metric * rotation
    }
    var crystal = Crystal(
      lattice: Lattice(metric: (1 / Double(operations.count)) * mean), atomicNumbers: [], fractionalCoordinates: [],
      spaceGroup: setting.number)
    for (i, z) in atomicNumbers.enumerated() {
      let x = setting.primitiveBasis * (points[i] + shifts[i] / Double(operations.count))
      crystal.append(setting.centrings.map { (x + $0).wrapped }, atomicNumber: z, orbit: Int32(i))
    }
    return crystal
  }
}
