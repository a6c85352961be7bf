import Crystals
import Potentials
import Tensors

/// All directed edges of a crystal within the largest of some cutoffs, sorted into lengths that are equal.
///
/// An edge goes from an atom of the cell to any atom or periodic image with d^2 < cutoff^2 + 1e-8, an atom's own images included.
///
/// Atoms that the centring of the lattice makes equal are one here: `A` counts the atoms of a primitive cell where a crystal says its
/// space group.
struct Neighborhoods {
  /// (A) atomic numbers.
  private(set) var elements: [UInt8] = []
  /// (A + 1) where the edges of each atom begin.
  private(set) var offsets: [Int] = [0]
  /// (E) the neighbour's index, below A.
  private(set) var neighbors: [Int32] = []
  /// (E) angstrom.
  private(set) var distances: [Double] = []
  /// (E) how many of the cutoffs, the largest first, an edge is within.
  private(set) var memberships: [UInt8] = []
  /// (E) a number for all edges whose lengths differ by less than `Lengths.tolerance`.
  private(set) var lengths: [Int32] = []

  /// Shorter distances than this are refused, angstrom: no network has seen any.
  static let closest = 0.1
  /// Pairs of an atom and an atom or image that are looked at one by one; cells of more are cut into bins.
  private static let mostPairs = 2e6

  /// Memory that is used again.
  struct Workspace {
    fileprivate var cloud = PointCloud()
    fileprivate var lengths: Lengths

    /// - Parameter cutoff: the largest, angstrom.
    init(cutoff: Double) { lengths = Lengths(limit: cutoff) }
  }

  /// - Parameters:
  ///   - cutoffs: in falling order, angstrom.
  ///   - isShared: whether atoms that the centring makes equal are one.
  /// - Throws: `PredictionFailure` where the crystal is none that a network can answer for.
  init(
    _ crystal: Crystal, cutoffs: [Double], isShared: Bool = true, _ workspace: inout Workspace
  ) throws(PredictionFailure) {
    guard crystal.count > 0 else { throw .noAtoms }
    guard crystal.lattice.isUsable,
      crystal.fractionalCoordinates.allSatisfy({ $0.min() > -1e6 && $0.max() < 1e6 && $0.sum().isFinite })
    else { throw .unusableCell }
    let squares = cutoffs.map { $0 * $0 + 1e-8 }
    guard 4.19 * cutoffs[0] * squares[0] * Double(crystal.count) / crystal.lattice.volume < Double(NeighborList.mostNeighbors)
    else { throw .tooDense }
    let classes = isShared ? TranslationClasses(crystal) : TranslationClasses(apart: crystal.count)
    elements = classes.representatives.map { crystal.atomicNumbers[$0] }
    if !fill(crystal, classes, cutoffs[0], squares[0], &workspace) {
      do throws(EvaluationFailure) {
        let list = try NeighborList(crystal, cutoff: squares[0].squareRoot(), centers: classes.representatives)
        (offsets, distances) = (list.offsets, list.distances)
        neighbors = list.neighbors.map { classes.of[Int($0)] }
      } catch {
        throw PredictionFailure(error)
      }
    }
    if let shortest = distances.min(), shortest < Self.closest { throw .atomsTooClose(distance: shortest) }
    memberships = [UInt8](repeating: 1, count: distances.count)
    for square in squares.dropFirst() {
      for (edge, d) in distances.enumerated() where d * d < square { memberships[edge] += 1 }
    }
    lengths = workspace.lengths.sort(distances)
  }

  /// Looks at every atom of every image that may be near; false where these are many.
  private mutating func fill(
    _ crystal: Crystal, _ classes: TranslationClasses, _ cutoff: Double, _ square: Double, _ workspace: inout Workspace
  ) -> Bool {
    let reciprocal = crystal.lattice.reciprocal
    // Coordinates lie in 0..<1, so a neighbour is fewer than 1 + cutoff / height cells away along an axis.
    let reach = (0..<3).map { ((cutoff + 1e-6) * reciprocal[$0].length).rounded(.up) }
    let pairs = Double(classes.representatives.count) * Double(crystal.count) * reach.reduce(1) { $0 * (2 * $1 + 1) }
    guard pairs <= Self.mostPairs else { return false }
    let vectors = crystal.lattice.vectors
    let positions = crystal.fractionalCoordinates.map { $0.wrapped * vectors }
    let middle = positions.reduce(.zero, +) / Double(positions.count)
    let radius = positions.reduce(0) { max($0, ($1 - middle).length) }
    let far = (cutoff + 2 * radius + 1e-6) * (cutoff + 2 * radius + 1e-6)
    workspace.cloud.removeAll()
    var home = 0
    for i in Int(-reach[0])...Int(reach[0]) {
      for j in Int(-reach[1])...Int(reach[1]) {
        for k in Int(-reach[2])...Int(reach[2]) {
          let translation = Double(i) * vectors[0] + Double(j) * vectors[1] + Double(k) * vectors[2]
          guard translation.dot(translation) <= far else { continue }
          if i == 0, j == 0, k == 0 { home = workspace.cloud.count }
          workspace.cloud.append(positions, shifted: translation)
        }
      }
    }
    neighbors.reserveCapacity(64 * elements.count)
    distances.reserveCapacity(64 * elements.count)
    let count = crystal.count
    for atom in classes.representatives {
      workspace.cloud.forEach(near: positions[atom], squared: square) { point, squared in
        guard point != home + atom else { return }
        neighbors.append(classes.of[point % count])
        distances.append(squared.squareRoot())
      }
      offsets.append(distances.count)
    }
    return true
  }
}

/// Sorts lengths into classes: each goes to the first one of a class that is nearer than a tolerance, or begins a class.
struct Lengths {
  /// Angstrom. What a network says of a class is that of its mean length: the error goes with the square of the tolerance.
  static let tolerance = 1e-4
  /// For every stretch of the tolerance's size the class that began there; -1 where none did.
  private var classes: [Int32]

  /// - Parameter limit: no length is longer by more than a thousandth of an angstrom.
  init(limit: Double) { classes = [Int32](repeating: -1, count: Int((limit + 1e-3) / Self.tolerance) + 3) }

  /// - Returns: a class for every length, numbered from 0.
  mutating func sort(_ lengths: [Double]) -> [Int32] {
    var first: [Double] = []
    var stretches: [Int] = []
    var result = [Int32](repeating: 0, count: lengths.count)
    for (place, length) in lengths.enumerated() {
      func known(_ stretch: Int) -> Int32? {
        let number = classes[stretch]
        return number >= 0 && abs(first[Int(number)] - length) < Self.tolerance ? number : nil
      }
      let stretch = Int(length / Self.tolerance) + 1
      if let number = known(stretch) ?? known(stretch - 1) ?? known(stretch + 1) {
        result[place] = number
      } else {
        result[place] = Int32(first.count)
        classes[stretch] = Int32(first.count)
        first.append(length)
        stretches.append(stretch)
      }
    }
    for stretch in stretches { classes[stretch] = -1 }
    return result
  }
}
