import Crystals

/// How Crystal-GFN comes to a space group: by its crystal-lattice system and its point symmetry, in any order, or at once (Mila AI4Science et
/// al. 2023, section 3.1).
struct SpaceGroupChoice: Sendable, Hashable {
  /// Crystal and lattice system: 1 triclinic, 2 monoclinic, 3 orthorhombic, 4 tetragonal, 5 trigonal with a rhombohedral lattice, 6 trigonal
  /// with a hexagonal one, 7 hexagonal, 8 cubic; 0 where open.
  var system = 0
  /// 1 enantiomorphic and polar, 2 centrosymmetric, 3 polar, 4 enantiomorphic, 5 none of these; 0 where open.
  var symmetry = 0
  /// International number; 0 where open. A group says the other two.
  var group = 0

  /// Systems that there are.
  static let systems = 8
  /// Point symmetries that there are.
  static let symmetries = 5

  /// Nothing chosen yet.
  init() {}

  /// A group, and what it says.
  init(group: Int) { (system, symmetry, self.group) = (Self.system(of: group), Self.symmetry(of: group), group) }

  /// Which of the system and the symmetry are set: 0 none, 1 the system, 2 the symmetry, 3 both.
  var kind: Int { (system > 0 ? 1 : 0) + (symmetry > 0 ? 2 : 0) }

  /// Whether a group may still be chosen.
  func allows(_ number: Int) -> Bool {
    (system == 0 || system == Self.system(of: number)) && (symmetry == 0 || symmetry == Self.symmetry(of: number))
  }

  /// The crystal-lattice system of a group.
  static func system(of number: Int) -> Int { categories[number].system }

  /// The point symmetry of a group.
  static func symmetry(of number: Int) -> Int { categories[number].symmetry }

  private static let categories: [(system: Int, symmetry: Int)] =
    [(0, 0)] + (1...230).map { (lookUpSystem($0), lookUpSymmetry(SpaceGroup.numbered($0))) }

  private static func lookUpSystem(_ number: Int) -> Int {
    switch number {
    case ..<3: 1
    case ..<16: 2
    case ..<75: 3
    case ..<143: 4
    case ..<168: SpaceGroup.numbered(number).centrings == 3 ? 5 : 6
    case ..<195: 7
    default: 8
    }
  }

  /// Polar: some direction stays as it is under every rotation, so that their sum is not 0.
  private static func lookUpSymmetry(_ group: SpaceGroup) -> Int {
    let rotations = group.operations.map(\.rotation)
    if rotations.contains([-1, 0, 0, 0, -1, 0, 0, 0, -1]) { return 2 }
    let isPolar = (0..<9).contains { entry in rotations.reduce(0) { $0 + $1[entry] } != 0 }
    let isEnantiomorphic = rotations.allSatisfy { determinant($0) > 0 }
    return isEnantiomorphic ? (isPolar ? 1 : 4) : (isPolar ? 3 : 5)
  }

  private static func determinant(_ r: [Int]) -> Int {
    r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6])
  }
}
