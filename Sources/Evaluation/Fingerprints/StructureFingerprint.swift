public import Crystals
import Foundation

/// The structure fingerprint of a crystal: the mean over its atoms of what their surroundings look like.
///
/// CrystalNN (Pan et al., Inorg. Chem. 60, 1590, 2021) gives each coordination number 1...24 of an atom a likelihood; up to 12 the
/// likelihood times the order parameters of the number's motifs follows it. 61 entries, in the order of matminer's
/// `CrystalNNFingerprint.from_preset("ops")`.
public enum StructureFingerprint {
  /// Entries of a fingerprint.
  public static let count = 61

  /// (61) the mean over all atoms; nil where an atom's neighbors cannot be found.
  public static func of(_ crystal: Crystal) -> [Double]? {
    guard let sites = ofSites(crystal), !sites.isEmpty else { return nil }
    var mean = [Double](repeating: 0, count: count)
    for site in sites {
      for k in mean.indices { mean[k] += site[k] }
    }
    return mean.map { $0 / Double(sites.count) }
  }

  /// (A) the fingerprints of all atoms, 61 entries each; nil where an atom's neighbors cannot be found.
  public static func ofSites(_ crystal: Crystal) -> [[Double]]? {
    guard crystal.count > 0, let search = NeighborSearch(crystal) else { return nil }
    var sites: [[Double]] = []
    for index in 0..<crystal.count {
      guard let neighbors = search.weightedNeighbors(of: index) else { return nil }
      sites.append(fingerprint(neighbors))
    }
    return sites
  }

  /// - Parameter neighbors: by falling weight, weights rounded to thousandths and above zero.
  private static func fingerprint(_ neighbors: [WeightedNeighbor]) -> [Double] {
    var likelihoods = [Double](repeating: 0, count: 25)
    for index in neighbors.indices {
      let weight = neighbors[index].weight
      let next = index + 1 < neighbors.count ? neighbors[index + 1].weight : 0
      // Neighbors of equal weight come together or not at all.
      if next < weight && index < 24 {
        likelihoods[index + 1] = circleArea(below: weight) - circleArea(below: next)
      }
    }
    let vectors = neighbors.map(\.vector)
    var entries: [Double] = []
    entries.reserveCapacity(count)
    for number in 1...24 {
      let likelihood = likelihoods[number]
      entries.append(likelihood)
      for motif in number < motifs.count ? motifs[number] : [] {
        entries.append(likelihood == 0 ? 0 : likelihood * motif(Array(vectors.prefix(number))))
      }
    }
    return entries
  }

  /// The share of a quarter of the unit circle that lies between 0 and x.
  private static func circleArea(below x: Double) -> Double {
    guard x < 1 else { return 1 }
    return (x * (1 - x * x).squareRoot() + asin(x)) / (.pi / 2)
  }

  /// Motifs of each coordination number, in matminer's order.
  private static let motifs: [[MotifOrderParameter]] = [
    [],
    [.singleBond],
    [
      .bent(angle: 0.5, width: 15.15), .bent(angle: 0.5802777777777778, width: 13.95),
      .bent(angle: 0.666666666667, width: 13.25), .bent(angle: 0.833333333333333, width: 12.45),
      .bent(angle: 1, width: 8.667),
    ],
    [
      .cone(angle: 0.66666666667, width: 17.5, folds: 1),
      .cone(angle: tetrahedral, width: 18.33, folds: 1.5), .pyramid(width: 15.5, folds: 1),
    ],
    [
      .bipyramid(width: 17.7, poleWidth: 13.5, folds: 1, widest: opposite),
      .cone(angle: tetrahedral, width: 18.5, folds: 1.5), .rectangularSeeSaw,
      .bipyramid(width: 15.75, poleWidth: 12.75, folds: 1.5, widest: opposite),
      .pyramid(width: 15.5, folds: 1.5),
    ],
    [
      .pentagonalPlane, .pyramid(width: 14.9, folds: 2),
      .bipyramid(width: 16.6, poleWidth: 12, folds: 1.5, widest: opposite),
    ],
    [
      .hexagonalPlane, .bipyramid(width: 18, poleWidth: 15, folds: 2, widest: opposite),
      .pyramid(width: 13.8, folds: 2.5),
    ],
    [
      .pyramid(width: 12.5, folds: 3),
      .bipyramid(width: 14.75, poleWidth: 12.5, folds: 2.5, widest: opposite),
    ],
    [
      .bodyCenteredCubic, .bipyramid(width: 13.6, poleWidth: 14.1, folds: 3, widest: opposite),
    ],
    [.steinhardt(2), .steinhardt(4), .steinhardt(6)],
    [.steinhardt(2), .steinhardt(4), .steinhardt(6)],
    [.steinhardt(2), .steinhardt(4), .steinhardt(6)],
    [.cuboctahedron, .steinhardt(2), .steinhardt(4), .steinhardt(6)],
  ]

  private static let tetrahedral = 0.6081734479693927
  private static let opposite = 0.75 * Double.pi
}
