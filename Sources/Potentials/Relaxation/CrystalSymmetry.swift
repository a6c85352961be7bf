public import Crystals

/// The symmetry that a crystal says it has, found in its coordinates: which operation makes each atom from its orbit's representative.
///
/// Built from `Crystal.spaceGroup` and `Crystal.orbit` for a conventional cell in the setting of `SpaceGroup`, and checked: an
/// operation that does not keep the lattice, or an orbit that is not closed, and there is no symmetry to use.
public struct CrystalSymmetry: Sendable {
  /// An atom as the image of its representative: `x = operation(x of the representative) + shift`.
  public struct Image: Sendable {
    /// Index of the orbit, and of its representative.
    public let orbit: Int
    /// Of the space group.
    public let operation: SymmetryOperation
    /// Fractional; what is left behind the operation.
    public let shift: Vector3
    /// The operation on Cartesian column vectors, in the lattice it was found in.
    public let rotation: Matrix3
  }

  /// (O) the first atom of each orbit.
  public let representatives: [Int]
  /// (O) atoms of each orbit.
  public let multiplicities: [Int]
  /// (A)
  public let images: [Image]
  /// (O) Cartesian rotations of the operations that leave the representative where it is; the identity is among them.
  public let stabilisers: [[Matrix3]]
  /// (O) the same operations with the lattice translation that brings the representative back: `operation(x) + shift = x`.
  public let fixing: [[(operation: SymmetryOperation, shift: Vector3)]]
  /// Cartesian rotations of the point group, each once.
  public let pointGroup: [Matrix3]

  /// Every atom on its own.
  public init(trivialFor crystal: Crystal) {
    let identity = SymmetryOperation(rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, 0])
    representatives = Array(0..<crystal.count)
    multiplicities = [Int](repeating: 1, count: crystal.count)
    images = (0..<crystal.count).map {
      Image(orbit: $0, operation: identity, shift: .zero, rotation: .identity)
    }
    stabilisers = [[Matrix3]](repeating: [.identity], count: crystal.count)
    fixing = (0..<crystal.count).map { _ in [(identity, .zero)] }
    pointGroup = [.identity]
  }

  /// - Parameters:
  ///   - crystal: a conventional cell with its space group and orbits.
  ///   - tolerance: how far an image may be from its atom, in angstrom.
  /// - Returns: nil where the crystal claims no group above 1 or does not have the symmetry it claims.
  public init?(_ crystal: Crystal, tolerance: Double) {
    guard (2...230).contains(crystal.spaceGroup), crystal.count > 0, crystal.lattice.isUsable else { return nil }
    let operations = SpaceGroup.numbered(crystal.spaceGroup).operations
    guard let rotations = Self.cartesianRotations(operations, lattice: crystal.lattice) else { return nil }
    var members: [Int32: [Int]] = [:]
    var order: [Int32] = []
    for (atom, orbit) in crystal.orbit.enumerated() {
      if members[orbit] == nil { order.append(orbit) }
      members[orbit, default: []].append(atom)
    }
    var images = [Image?](repeating: nil, count: crystal.count)
    var stabilisers: [[Matrix3]] = []
    var fixing: [[(operation: SymmetryOperation, shift: Vector3)]] = []
    for (index, key) in order.enumerated() {
      let atoms = members[key] ?? []
      let origin = crystal.fractionalCoordinates[atoms[0]]
      guard operations.count.isMultiple(of: atoms.count) else { return nil }
      var fixed: [(operation: SymmetryOperation, shift: Vector3)] = []
      var fixedRotations: [Matrix3] = []
      for (operation, rotation) in zip(operations, rotations) {
        let point = operation(origin)
        guard
          let (atom, shift) = Self.match(point, among: atoms, of: crystal, tolerance: tolerance),
          crystal.atomicNumbers[atom] == crystal.atomicNumbers[atoms[0]]
        else { return nil }
        if images[atom] == nil {
          images[atom] = Image(orbit: index, operation: operation, shift: shift, rotation: rotation)
        }
        if atom == atoms[0] {
          fixed.append((operation, shift))
          fixedRotations.append(rotation)
        }
      }
      guard fixed.count * atoms.count == operations.count else { return nil }
      fixing.append(fixed)
      stabilisers.append(fixedRotations)
    }
    let complete = images.compactMap { $0 }
    guard complete.count == crystal.count else { return nil }
    self.images = complete
    self.stabilisers = stabilisers
    self.fixing = fixing
    representatives = order.map { members[$0]?.first ?? 0 }
    multiplicities = order.map { members[$0]?.count ?? 0 }
    var seen: Set<[Int]> = []
    pointGroup = zip(operations, rotations).filter { seen.insert($0.0.rotation).inserted }.map { $0.1 }
  }

  /// The operations on Cartesian column vectors, nil where one of them is not a rotation in this lattice.
  private static func cartesianRotations(
    _ operations: [SymmetryOperation], lattice: Lattice
  ) -> [Matrix3]? {
    // x_cartesian = L^T f for columns, so R_cartesian = L^T R L^-T.
    let columns = lattice.vectors.transpose
    let inverse = columns.inverse
    var known: [[Int]: Matrix3] = [:]
    var rotations: [Matrix3] = []
    for operation in operations {
      if let rotation = known[operation.rotation] {
        rotations.append(rotation)
        continue
      }
      let rotation = columns * operation.rotationMatrix * inverse
      let product = rotation * rotation.transpose
      for i in 0..<3 {
        guard (product[i] - Matrix3.identity[i]).length < 1e-5 else { return nil }
      }
      known[operation.rotation] = rotation
      rotations.append(rotation)
    }
    return rotations
  }

  private static func match(
    _ point: Vector3, among atoms: [Int], of crystal: Crystal, tolerance: Double
  ) -> (atom: Int, shift: Vector3)? {
    let limit = tolerance * tolerance
    for atom in atoms {
      let d = crystal.fractionalCoordinates[atom] - point
      let shift = d.rounded(.toNearestOrEven)
      let rest = d - shift
      // Far outside of any tolerance in one coordinate: the exact distance need not be asked for.
      guard rest.dot(rest) < 1e-2 else { continue }
      let distance = crystal.lattice.cartesian(rest)
      if distance.dot(distance) < limit { return (atom, shift) }
    }
    return nil
  }

  /// The forces that symmetry allows, from forces summed over representative contributions.
  ///
  /// - Parameter raw: (A) any forces; averaged over the group.
  public func symmetrized(forces raw: [Vector3]) -> [Vector3] {
    precondition(raw.count == images.count)
    var sums = [Vector3](repeating: .zero, count: representatives.count)
    for (force, image) in zip(raw, images) { sums[image.orbit] += force * image.rotation }
    for o in sums.indices {
      var average = Vector3.zero
      for rotation in stabilisers[o] { average += rotation * sums[o] }
      sums[o] = average / Double(stabilisers[o].count * multiplicities[o])
    }
    return images.map { $0.rotation * sums[$0.orbit] }
  }

  /// The average of a symmetric tensor over the point group.
  public func symmetrized(_ tensor: Matrix3) -> Matrix3 {
    var sum = Matrix3(.zero, .zero, .zero)
    for rotation in pointGroup { sum = sum + rotation * tensor * rotation.transpose }
    return (1 / Double(pointGroup.count)) * sum
  }
}
