/// A crystal: a lattice and the atoms of one cell.
public struct Crystal: Sendable {
  /// The cell's vectors in angstrom.
  public var lattice: Lattice
  /// (A) atomic numbers, 1...118.
  public var atomicNumbers: [UInt8]
  /// (A) fractional coordinates.
  public var fractionalCoordinates: [Vector3]
  /// International number, 1...230; 0 where nobody has looked.
  public var spaceGroup: Int
  /// (A) which site of the asymmetric unit each atom came from; its own index where there is no asymmetric unit.
  public var orbit: [Int32]
  /// Sites of the file that were copies of others and were left out.
  public var mergedCopies = 0

  /// - Parameters:
  ///   - lattice: the cell.
  ///   - atomicNumbers: (A), 1...118.
  ///   - fractionalCoordinates: (A).
  ///   - spaceGroup: international number; 0 where nobody has looked.
  ///   - orbit: (A) the site of each atom; every atom its own where nil.
  public init(
    lattice: Lattice, atomicNumbers: [UInt8], fractionalCoordinates: [Vector3], spaceGroup: Int = 0,
    orbit: [Int32]? = nil
  ) {
    precondition(atomicNumbers.count == fractionalCoordinates.count)
    self.lattice = lattice
    self.atomicNumbers = atomicNumbers
    self.fractionalCoordinates = fractionalCoordinates
    self.spaceGroup = spaceGroup
    self.orbit = orbit ?? atomicNumbers.indices.map(Int32.init)
    precondition(self.orbit.count == atomicNumbers.count)
  }

  /// Number of atoms in the cell.
  public var count: Int { atomicNumbers.count }

  /// Mass density in g/cm^3.
  public var density: Double {
    let mass = atomicNumbers.reduce(0.0) { $0 + Element.mass(Int($1)) }
    return mass * 1.66053906660 / lattice.volume
  }

  /// Atoms of each element in the cell, by atomic number in rising order.
  public var composition: [(atomicNumber: Int, count: Int)] {
    var counts = [Int](repeating: 0, count: 256)
    for z in atomicNumbers { counts[Int(z)] += 1 }
    return counts.indices.filter { counts[$0] > 0 }.map { ($0, counts[$0]) }
  }

  /// The formula with its counts reduced by their common divisor, elements in alphabetical order of their symbols: `Al2O3`.
  public var reducedFormula: String {
    let parts = composition
    let divisor = parts.reduce(0) { greatestCommonDivisor($0, $1.count) }
    return parts.map { (Element.symbol($0.atomicNumber), $0.count / max(1, divisor)) }
      .sorted { $0.0 < $1.0 }.map { $0.1 == 1 ? $0.0 : "\($0.0)\($0.1)" }.joined()
  }
}

/// The greatest common divisor of two numbers that are not negative.
public func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  b == 0 ? a : greatestCommonDivisor(b, a % b)
}

/// One site of an asymmetric unit: an atom that stands for all atoms of its orbit.
public struct Site: Sendable, Equatable {
  /// 1...118.
  public var atomicNumber: UInt8
  /// Fractional coordinates in the conventional cell.
  public var position: Vector3
  /// Point operation of the site symmetry along each of the 15 axes.
  public var siteSymmetry: SiteSymmetry
  /// ASCII letter of the Wyckoff position; 0 where it is not known.
  public var wyckoffLetter: UInt8
  /// Atoms of the orbit in the conventional cell; 0 where it is not known.
  public var multiplicity: Int

  /// - Parameters:
  ///   - position: fractional coordinates in the conventional cell.
  ///   - siteSymmetry: operations on the 15 axes.
  ///   - wyckoffLetter: ASCII; 0 where it is not known.
  ///   - multiplicity: atoms of the orbit; 0 where it is not known.
  public init(
    atomicNumber: UInt8, position: Vector3, siteSymmetry: SiteSymmetry, wyckoffLetter: UInt8 = 0,
    multiplicity: Int = 0
  ) {
    self.atomicNumber = atomicNumber
    self.position = position
    self.siteSymmetry = siteSymmetry
    self.wyckoffLetter = wyckoffLetter
    self.multiplicity = multiplicity
  }
}

/// A crystal by its symmetry: the space group, the lattice of the conventional cell and one site an orbit.
public struct AsymmetricUnit: Sendable {
  /// International number, 1...230, in the settings of `SpaceGroup`.
  public var spaceGroup: Int
  /// The conventional cell's k-vector, ln(angstrom).
  public var latticeLogMetric: LatticeLogMetric
  /// One site an orbit.
  public var sites: [Site]

  /// - Parameters:
  ///   - spaceGroup: international number, 1...230.
  ///   - latticeLogMetric: of the conventional cell.
  ///   - sites: one an orbit.
  public init(spaceGroup: Int, latticeLogMetric: LatticeLogMetric, sites: [Site]) {
    self.spaceGroup = spaceGroup
    self.latticeLogMetric = latticeLogMetric
    self.sites = sites
  }
}
