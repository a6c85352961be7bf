/// Crystal systems, of which the trigonal one is split by its lattices (Mila AI4Science et al. 2023, section 3.1).
public enum CrystalLatticeSystem: Int, CaseIterable, Sendable {
  case triclinic = 1, monoclinic, orthorhombic, tetragonal, rhombohedral, trigonal, hexagonal, cubic

  /// For readers.
  public var name: String {
    switch self {
    case .rhombohedral: "trigonal, rhombohedral"
    case .trigonal: "trigonal, hexagonal"
    default: "\(self)"
    }
  }

  /// - Parameter spaceGroup: international number, 1 to 230.
  public init(spaceGroup: Int) { self = Self.table[spaceGroup - 1] }

  private static let table = (1...230).map { number -> Self in
    switch number {
    case ..<3: .triclinic
    case ..<16: .monoclinic
    case ..<75: .orthorhombic
    case ..<143: .tetragonal
    case ..<168: SpaceGroup.numbered(number).centrings == 3 ? .rhombohedral : .trigonal
    case ..<195: .hexagonal
    default: .cubic
    }
  }
}

/// What the rotations of a space group leave of directions and hands (Mila AI4Science et al. 2023, section 3.1).
public enum PointSymmetry: Int, CaseIterable, Sendable {
  /// Some direction is like no other, and the crystal is unlike its mirror image.
  case enantiomorphicPolar = 1
  /// Every point has its opposite.
  case centrosymmetric
  /// Some direction is like no other.
  case polar
  /// The crystal is unlike its mirror image.
  case enantiomorphic
  /// None of these.
  case none

  /// For readers.
  public var name: String {
    switch self {
    case .enantiomorphicPolar: "enantiomorphic, polar"
    case .none: "none of these"
    default: "\(self)"
    }
  }

  /// - Parameter spaceGroup: international number, 1 to 230.
  public init(spaceGroup: Int) { self = Self.table[spaceGroup - 1] }

  private static let table = (1...230).map { of(SpaceGroup.numbered($0)) }

  /// Polar: some direction stays as it is under every rotation, so that their sum is not 0.
  private static func of(_ group: SpaceGroup) -> Self {
    let rotations = group.operations.map(\.rotation)
    if rotations.contains([-1, 0, 0, 0, -1, 0, 0, 0, -1]) { return .centrosymmetric }
    let isPolar = (0..<9).contains { entry in rotations.reduce(0) { $0 + $1[entry] } != 0 }
    let isEnantiomorphic = rotations.allSatisfy { determinant($0) > 0 }
    return isEnantiomorphic ? (isPolar ? .enantiomorphicPolar : .enantiomorphic) : (isPolar ? .polar : .none)
  }

  private static func determinant(_ r: [Int]) -> Int {
    r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6])
  }
}
