import Crystals
import Synchronization

/// The ways in which another choice of origin or axes renames the Wyckoff positions of a space group.
///
/// A map that takes the group to itself (an element of its affine normalizer) permutes its Wyckoff positions: rock salt is 4a + 4b from
/// either atom, but a perovskite is a + b + c from one corner and a + b + d from the other. The permutations are found by trying
/// point operations and shears with translations that are fractions of the cell, and closed under composition.
enum LetterPermutations {
  /// The least of all names, in alphabetical order, of a multiset of letters in a space group.
  static func canonical(_ letters: [UInt8], spaceGroup: Int) -> [UInt8] {
    let sorted = letters.sorted()
    var best = sorted
    for permutation in of(spaceGroup) {
      let renamed = sorted.map { permutation[Int($0)] }.sorted()
      if renamed.lexicographicallyPrecedes(best) { best = renamed }
    }
    return best
  }

  private static let cache = Mutex<[Int: [[UInt8]]]>([:])

  /// Tables of 128 entries, the new letter by the old.
  static func of(_ spaceGroup: Int) -> [[UInt8]] {
    if let known = cache.withLock({ $0[spaceGroup] }) { return known }
    let found = closure(generators(SpaceGroup.numbered(spaceGroup)))
    cache.withLock { $0[spaceGroup] = found }
    return found
  }

  private static func generators(_ group: SpaceGroup) -> Set<[UInt8]> {
    let operations = Set(group.operations)
    var visited: Set<SymmetryOperation> = []
    var permutations: Set<[UInt8]> = []
    let places = samples(group)
    for rotation in rotations(group) {
      for translation in translations(group) {
        let map = SymmetryOperation(rotation: rotation, translation: translation)
        guard !visited.contains(map) else { continue }
        let inverse = map.inverse
        let isNormal = group.operations.allSatisfy {
          operations.contains(map.composed(after: $0.composed(after: inverse)))
        }
        guard isNormal else { continue }
        // Maps that differ by an operation of the group rename alike.
        for g in group.operations { visited.insert(g.composed(after: map)) }
        if let permutation = permutation(map, places, group) { permutations.insert(permutation) }
      }
    }
    return permutations
  }

  private static let metric = Matrix3(Vector3(100, 0, 0), Vector3(0, 100, 0), Vector3(0, 0, 100))

  /// A point of each position that has no higher symmetry than it must.
  private static func samples(_ group: SpaceGroup) -> [(letter: UInt8, point: Vector3)] {
    group.wyckoffPositions.compactMap { position in
      position.nearest(to: Vector3(0.1357, 0.2293, 0.3871), metric: metric).map {
        (position.letter, $0.point)
      }
    }
  }

  private static func permutation(
    _ map: SymmetryOperation, _ places: [(letter: UInt8, point: Vector3)], _ group: SpaceGroup
  ) -> [UInt8]? {
    var table = (0..<128).map { UInt8($0) }
    for (letter, point) in places {
      guard let image = group.position(of: map(point).wrapped, metric: metric) else { return nil }
      table[Int(letter)] = image.position.letter
    }
    return table
  }

  private static func closure(_ generators: Set<[UInt8]>) -> [[UInt8]] {
    var all = generators
    var queue = Array(generators)
    while let last = queue.popLast() {
      for g in generators {
        let product = last.map { g[Int($0)] }
        if all.insert(product).inserted { queue.append(product) }
      }
    }
    return Array(all)
  }

  /// Point operations of the lattice, and shears where the angles are free.
  private static func rotations(_ group: SpaceGroup) -> [[Int]] {
    if group.isHexagonal {
      let sixfold = [1, -1, 0, 1, 0, 0, 0, 0, 1]
      let twofold = [0, 1, 0, 1, 0, 0, 0, 0, -1]
      let inversion = [-1, 0, 0, 0, -1, 0, 0, 0, -1]
      return generated([sixfold, twofold, inversion])
    }
    let cubic = generated([
      [0, 0, 1, 1, 0, 0, 0, 1, 0], [0, -1, 0, 1, 0, 0, 0, 0, 1], [-1, 0, 0, 0, -1, 0, 0, 0, -1],
    ])
    switch group.number {
    case 1...2: return cubic + [[1, 1, 0, 0, 1, 0, 0, 0, 1]]
    case 3...15:
      // The axis b stays; a and c may be combined.
      let values = [-1, 0, 1]
      var shears: [[Int]] = []
      for a in values {
        for b in values {
          for c in values {
            for d in values where abs(a * d - b * c) == 1 {
              shears += [[a, 0, b, 0, 1, 0, c, 0, d]]
            }
          }
        }
      }
      return shears
    default: return cubic
    }
  }

  private static func generated(_ generators: [[Int]]) -> [[Int]] {
    var all: Set<[Int]> = [[1, 0, 0, 0, 1, 0, 0, 0, 1]]
    var queue = Array(all)
    while let last = queue.popLast() {
      for g in generators {
        let product = SymmetryOperation(rotation: g, translation: [0, 0, 0])
          .composed(after: SymmetryOperation(rotation: last, translation: [0, 0, 0])).rotation
        if all.insert(product).inserted { queue.append(product) }
      }
    }
    return all.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Over 24: quarters of the cell; in hexagonal axes thirds in the plane and twelfths along c.
  private static func translations(_ group: SpaceGroup) -> [[Int]] {
    if group.isHexagonal {
      return [[0, 0], [8, 16], [16, 8]].flatMap { plane in
        stride(from: 0, to: 24, by: 2).map { plane + [$0] }
      }
    }
    let steps = group.number < 16 ? [0, 12] : [0, 6, 12, 18]
    return steps.flatMap { x in steps.flatMap { y in steps.map { [x, y, $0] } } }
  }
}
