import Crystals

/// How Crystal-GFN comes to a space group: by its crystal-lattice system and its point symmetry, in any order, or at once (Mila AI4Science et
/// al. 2023, section 3.1).
struct SpaceGroupChoice: Sendable, Hashable {
  /// A `CrystalLatticeSystem`; 0 where open.
  var system = 0
  /// A `PointSymmetry`; 0 where open.
  var symmetry = 0
  /// International number; 0 where open. A group says the other two.
  var group = 0

  /// Systems that there are.
  static let systems = CrystalLatticeSystem.allCases.count
  /// Point symmetries that there are.
  static let symmetries = PointSymmetry.allCases.count

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
  static func system(of number: Int) -> Int { CrystalLatticeSystem(spaceGroup: number).rawValue }

  /// The point symmetry of a group.
  static func symmetry(of number: Int) -> Int { PointSymmetry(spaceGroup: number).rawValue }
}
