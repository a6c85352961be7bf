import Crystals

/// Atoms of a conventional cell that the centring of its lattice makes equal: one of them has the neighbours of all.
struct TranslationClasses {
  /// One atom of each class; all atoms where the lattice is primitive or the atoms are not where its centring says.
  private(set) var representatives: [Int] = []
  /// (A) each atom's class, as a place in `representatives`.
  private(set) var of: [Int32]

  /// How far an atom may be from where a translation takes another one, angstrom.
  private static let tolerance = 1e-5

  /// Every atom for itself.
  init(apart atoms: Int) {
    representatives = Array(0..<atoms)
    of = (0..<Int32(atoms)).map { $0 }
  }

  /// - Parameter crystal: with a usable cell; what its space group claims is checked.
  init(_ crystal: Crystal) {
    self.init(apart: crystal.count)
    guard (2...230).contains(crystal.spaceGroup),
      let translations = Self.centrings[SpaceGroup.numbered(crystal.spaceGroup).symbol.first ?? "P"],
      crystal.count.isMultiple(of: translations.count + 1)
    else { return }
    let positions = crystal.fractionalCoordinates
    var found: [Int] = []
    var classes = [Int32](repeating: -1, count: crystal.count)
    for atom in positions.indices where classes[atom] < 0 {
      classes[atom] = Int32(found.count)
      for translation in translations {
        let image = positions.indices.first { other in
          guard classes[other] < 0, crystal.atomicNumbers[other] == crystal.atomicNumbers[atom] else { return false }
          var d = positions[other] - positions[atom] - translation
          d -= d.rounded(.toNearestOrEven)
          // Far away in one coordinate: the exact distance need not be asked for.
          return d.dot(d) < 1e-4 && crystal.lattice.cartesian(d).length < Self.tolerance
        }
        guard let image else { return }
        classes[image] = Int32(found.count)
      }
      found.append(atom)
    }
    (representatives, of) = (found, classes)
  }

  /// Translations that are no lattice vectors of the conventional cell, by the symbol's first letter.
  private static let centrings: [Character: [Vector3]] = [
    "A": [Vector3(0, 0.5, 0.5)], "C": [Vector3(0.5, 0.5, 0)], "I": [Vector3(0.5, 0.5, 0.5)],
    "F": [Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0)],
    "R": [Vector3(2.0 / 3, 1.0 / 3, 1.0 / 3), Vector3(1.0 / 3, 2.0 / 3, 2.0 / 3)],
  ]
}
