import Crystals

/// The stricter tests of newer evaluations (LeMat-GenBench, arXiv:2512.04562), beside the classic ones.
public struct StrictValidity: Sendable, Codable, Equatable {
  /// No two atoms, images included, are nearer than half the sum of their covalent radii (Cordero et al. 2008).
  public var distances: Bool
  /// Mass density within 0.01 to 25 g/cm^3 and 1e-5 to 0.5 atoms a cubic angstrom.
  public var density: Bool
  /// Written as CIF and read back it is the same crystal.
  public var roundTrip: Bool
  /// spglib finds a space group.
  public var symmetry: Bool

  /// All of them at once.
  public var all: Bool { distances && density && roundTrip && symmetry }

  /// Share of the sum of two covalent radii that their atoms must be apart.
  public static let radiiShare = 0.5
  /// g/cm^3.
  public static let densities = 0.01...25.0
  /// Atoms a cubic angstrom.
  public static let atomDensities = 1e-5...0.5

  /// - Parameter flags: distances, density, round trip, symmetry.
  init(flags: [Bool]) { (distances, density, roundTrip, symmetry) = (flags[0], flags[1], flags[2], flags[3]) }

  init(of crystal: Crystal, classic: Validity, hasSymmetry: Bool) {
    let isKnown = crystal.atomicNumbers.allSatisfy { (1...Element.last).contains(Int($0)) }
    guard isKnown, crystal.count > 0, crystal.lattice.isUsable, let shortest = classic.shortestDistance else {
      (distances, density, roundTrip, symmetry) = (false, false, false, hasSymmetry)
      return
    }
    let radii = crystal.atomicNumbers.map { Self.radiiShare * Element.covalentRadius(Int($0)) }
    let widest = 2 * (radii.max() ?? 0)
    // Few crystals have a distance that short at all.
    distances = shortest >= widest || !crystal.hasOverlap(radii: radii)
    density =
      Self.densities.contains(crystal.density)
      && Self.atomDensities.contains(Double(crystal.count) / crystal.lattice.volume)
    roundTrip = Self.survivesCIF(crystal)
    symmetry = hasSymmetry
  }

  /// Whether a CIF holds the crystal: elements in order, every atom within 0.001 angstrom, the volume within 1e-5.
  private static func survivesCIF(_ crystal: Crystal) -> Bool {
    guard let blocks = try? CIF.read(Array(CIF.text(crystal, name: "x").utf8), options: .unjudged), blocks.count == 1,
      case .success(let back) = blocks[0].crystal, back.atomicNumbers == crystal.atomicNumbers,
      abs(back.lattice.volume / crystal.lattice.volume - 1) < 1e-5
    else { return false }
    return zip(back.fractionalCoordinates, crystal.fractionalCoordinates).allSatisfy { a, b in
      let d = a - b
      return (d - d.rounded(.toNearestOrEven)).length * max(1, crystal.lattice.lengths.max()) < 1e-3
    }
  }
}
