import Crystals
import Foundation

/// A neighbor and how likely it is bonded.
struct WeightedNeighbor {
  /// From the atom to the neighbor, in angstrom.
  let vector: Vector3
  /// 0 to 1, the likeliest neighbor's at most 1, rounded to thousandths.
  var weight: Double
}

/// CrystalNN's search for neighbors (Pan et al., Inorg. Chem. 60, 1590, 2021) at its default settings.
struct NeighborSearch {
  private let crystal: Crystal
  private let basis: Matrix3
  private let points: [Vector3]
  private let reach: Vector3
  private let widest: Double

  /// Where the search for neighbors begins, in angstrom.
  private static let firstCutoff = 7.0
  /// Images of atoms that are looked at for one atom; 28 angstrom around it has some ten thousand atoms.
  private static let mostImages = 4e6
  /// Largest difference of two electronegativities.
  private static let electronegativityRange = 3.3
  /// Beyond the sum of the radii, in angstrom: where the weight begins to fall and where it is zero.
  private static let bondLimits = (0.5, 1.0)

  /// nil for a crystal whose cell, coordinates or elements cannot be used.
  init?(_ crystal: Crystal) {
    guard crystal.lattice.isUsable,
      crystal.fractionalCoordinates.allSatisfy({ $0.sum().isFinite }),
      crystal.atomicNumbers.allSatisfy({ (1...Element.last).contains(Int($0)) })
    else { return nil }
    self.crystal = crystal
    // The diagonals of the cell as given limit the search, whatever the basis that it is done in.
    let v = crystal.lattice.vectors
    widest =
      0.01
      + max(
        (v[0] + v[1] + v[2]).length, (v[1] + v[2] - v[0]).length, (v[0] + v[2] - v[1]).length,
        (v[0] + v[1] - v[2]).length)
    basis = niggliReduced(v)
    let change = v * basis.inverse
    points = crystal.fractionalCoordinates.map { ($0 * change).wrapped }
    let r = basis.inverse.transpose
    reach = Vector3(r[0].length, r[1].length, r[2].length)
  }

  /// The neighbors of an atom by falling weight; nil where no cut-off encloses the atom.
  ///
  /// Weight: the solid angle of the shared Voronoi face, times solid angle over area (for open structures), times
  /// `1 + 3 sqrt(|X - X'| / 3.3)` of the electronegativities, over the largest, times a cosine cut-off of the distance.
  func weightedNeighbors(of index: Int) -> [WeightedNeighbor]? {
    guard let (cell, around) = voronoiCell(of: index) else { return nil }
    let own = Int(crystal.atomicNumbers[index])
    let measured = cell.faces.map { face in (face: face, measure: face.areaAndSolidAngle) }
    let largest = measured.map(\.measure.solidAngle).max() ?? 0
    var found: [(weight: Double, place: Int)] = []
    for (face, measure) in measured where measure.solidAngle > 0 && measure.area > 0 {
      var weight = measure.solidAngle / largest * measure.solidAngle / measure.area
      let other = around[face.neighbor].atomicNumber
      if let x = Element.electronegativity(own), let y = Element.electronegativity(other) {
        weight *= 1 + 3 * (abs(x - y) / Self.electronegativityRange).squareRoot()
      }
      found.append((weight, face.neighbor))
    }
    let highest = found.map(\.weight).max() ?? 0
    guard highest > 0 else { return [] }
    var neighbors = found.map { weight, place in
      let neighbor = around[place]
      let factor = Self.bondFactor(neighbor.vector.length, own, neighbor.atomicNumber)
      return WeightedNeighbor(vector: neighbor.vector, weight: weight / highest * factor)
    }
    neighbors.sort { $0.weight > $1.weight }
    for i in neighbors.indices {
      neighbors[i].weight = (neighbors[i].weight * 1000).rounded(.toNearestOrEven) / 1000
    }
    return neighbors.filter { $0.weight > 0 }
  }

  private static func bondFactor(_ distance: Double, _ a: Int, _ b: Int) -> Double {
    let sum = radius(a) + radius(b)
    let low = sum + bondLimits.0
    let high = sum + bondLimits.1
    if distance <= low { return 1 }
    return distance < high ? (cos((distance - low) / (high - low) * .pi) + 1) / 2 : 0
  }

  /// Covalent radius in angstrom as CrystalNN takes it: carbon's of double bonds, and for manganese, iron and cobalt the mean of low
  /// and high spin (Cordero et al., Dalton Trans. 2008, 2832).
  private static func radius(_ atomicNumber: Int) -> Double {
    switch atomicNumber {
    case 6: 0.73
    case 25: 1.50
    case 26: 1.42
    case 27: 1.38
    default: Element.covalentRadius(atomicNumber)
    }
  }

  private struct Neighbor {
    let vector: Vector3
    let length: Double
    let atomicNumber: Int
  }

  /// The cell with the atoms within 7 angstrom, or within twice as much until they enclose the atom.
  private func voronoiCell(of index: Int) -> (VoronoiCell, [Neighbor])? {
    var cutoff = Self.firstCutoff
    while true {
      // Needles and sheets whose atoms are a long way apart in one direction and on top of each other in another.
      let images = (0..<3).reduce(1) { $0 * (2 * cutoff * reach[$1] + 1) }
      guard images * Double(points.count) < Self.mostImages else { return nil }
      let around = neighbors(of: index, within: cutoff)
      let cell = VoronoiCell(neighbors: around.map(\.vector))
      if cell.isClosed { return (cell, around) }
      if cutoff >= widest { return nil }
      cutoff = min(2 * cutoff, widest + 0.001)
    }
  }

  /// All atoms within a distance, nearest first, the atom itself left out.
  private func neighbors(of index: Int, within cutoff: Double) -> [Neighbor] {
    var found: [Neighbor] = []
    let extent = cutoff * reach
    for (other, point) in points.enumerated() {
      let f = point - points[index]
      let low = (-extent - f).rounded(.up)
      let high = (extent - f).rounded(.down)
      guard low.x <= high.x, low.y <= high.y, low.z <= high.z else { continue }
      for x in stride(from: low.x, through: high.x, by: 1) {
        for y in stride(from: low.y, through: high.y, by: 1) {
          for z in stride(from: low.z, through: high.z, by: 1) {
            let vector = (f + Vector3(x, y, z)) * basis
            let length = vector.length
            // An atom on top of another has no bisecting plane.
            if length <= cutoff && length > 1e-6 {
              found.append(
                Neighbor(
                  vector: vector, length: length, atomicNumber: Int(crystal.atomicNumbers[other])))
            }
          }
        }
      }
    }
    return found.sorted { $0.length < $1.length }
  }
}
