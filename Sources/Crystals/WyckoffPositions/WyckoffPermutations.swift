import Synchronization

/// Which other descriptions of a space group are taken for the same: maps that take the group to itself.
public enum NormalizerRule: Hashable, Sendable, CaseIterable {
  /// As the field counts templates: the affine normalizer for groups 16 to 230; for 1 to 15 the Euclidean one of a cell that has no
  /// symmetry beyond what it must.
  case standard
  /// The affine normalizer of every group: another choice of the cell of a triclinic or monoclinic crystal makes no difference, either.
  case affine
}

extension SpaceGroup {
  /// The ways in which another choice of origin or axes renames the Wyckoff positions.
  ///
  /// A map that takes the group to itself (an element of its normalizer) permutes its Wyckoff positions: rock salt is 4a + 4b from either
  /// atom, but a perovskite is a + b + c from one corner and a + b + d from the other. In 26 orthorhombic groups axes are exchanged, too.
  /// The permutations are found by trying point operations and shears with translations that are fractions of the cell, and closed under
  /// composition.
  ///
  /// - Returns: (permutations, positions) a position's new index by its old one; the identity first.
  public func wyckoffPermutations(_ rule: NormalizerRule = .standard) -> [[Int]] { WyckoffPermutations.of(self, rule) }

  /// The least of all descriptions of a set of sites, each an element and an index into `wyckoffPositions`: sites in rising order, the
  /// element first, compared over the permutations.
  ///
  /// - Parameter sites: with 0 for the element where only positions count.
  public func canonical(
    _ sites: [(element: UInt8, wyckoffPosition: Int)], _ rule: NormalizerRule = .standard
  ) -> [(element: UInt8, wyckoffPosition: Int)] {
    let keys = sites.map { (Int($0.element), $0.wyckoffPosition) }
    let all = wyckoffPermutations(rule).map { permutation in keys.map { 32 * $0.0 + permutation[$0.1] }.sorted() }
    let least = all.min { $0.lexicographicallyPrecedes($1) } ?? []
    return least.map { (UInt8($0 / 32), $0 % 32) }
  }
}

/// The search for the permutations of `SpaceGroup.wyckoffPermutations`.
private enum WyckoffPermutations {
  private struct Key: Hashable {
    let number: Int
    let rule: NormalizerRule
  }
  private static let cache = Mutex<[Key: [[Int]]]>([:])

  static func of(_ group: SpaceGroup, _ rule: NormalizerRule) -> [[Int]] {
    let key = Key(number: group.number, rule: rule)
    if let known = cache.withLock({ $0[key] }) { return known }
    let identity = Array(group.wyckoffPositions.indices)
    let found = [identity] + closure(generators(group, rule)).filter { $0 != identity }
    cache.withLock { $0[key] = found }
    return found
  }

  private static func generators(_ group: SpaceGroup, _ rule: NormalizerRule) -> Set<[Int]> {
    let operations = Set(group.operations)
    var visited: Set<SymmetryOperation> = []
    var permutations: Set<[Int]> = []
    let places = samples(group)
    for rotation in rotations(group, rule) {
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
  private static func samples(_ group: SpaceGroup) -> [Vector3] {
    group.wyckoffPositions.compactMap { $0.nearest(to: Vector3(0.1357, 0.2293, 0.3871), metric: metric)?.point }
  }

  private static func permutation(_ map: SymmetryOperation, _ places: [Vector3], _ group: SpaceGroup) -> [Int]? {
    var images: [Int] = []
    for point in places {
      guard let image = group.position(of: map(point).wrapped, metric: metric),
        let index = group.positionIndex(lettered: image.position.letter)
      else { return nil }
      images.append(index)
    }
    return images.count == group.wyckoffPositions.count ? images : nil
  }

  private static func closure(_ generators: Set<[Int]>) -> [[Int]] {
    var all = generators
    var queue = Array(generators)
    while let last = queue.popLast() {
      for g in generators {
        let product = last.map { g[$0] }
        if all.insert(product).inserted { queue.append(product) }
      }
    }
    return all.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Point operations of the lattice, and shears where the angles are free.
  private static func rotations(_ group: SpaceGroup, _ rule: NormalizerRule) -> [[Int]] {
    let inversion = [-1, 0, 0, 0, -1, 0, 0, 0, -1]
    if rule == .standard, group.number < 3 { return generated([inversion]) }
    if rule == .standard, group.number < 16 { return generated([inversion, [-1, 0, 0, 0, 1, 0, 0, 0, -1]]) }
    if group.isHexagonal {
      let sixfold = [1, -1, 0, 1, 0, 0, 0, 0, 1]
      let twofold = [0, 1, 0, 1, 0, 0, 0, 0, -1]
      return generated([sixfold, twofold, inversion])
    }
    let cubic = generated([
      [0, 0, 1, 1, 0, 0, 0, 1, 0], [0, -1, 0, 1, 0, 0, 0, 0, 1], [-1, 0, 0, 0, -1, 0, 0, 0, -1],
    ])
    switch group.number {
    case 1...2: return cubic + [[1, 1, 0, 0, 1, 0, 0, 0, 1]]
    case 3...15:
      // The axis b stays; a and c may be combined.
      let (turns, slides) = ([-1, 0, 1], [-2, -1, 0, 1, 2])
      var shears: [[Int]] = []
      for a in turns {
        for b in slides {
          for c in slides {
            for d in turns where abs(a * d - b * c) == 1 {
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
    let steps = group.number < 3 ? [0, 12] : [0, 6, 12, 18]
    return steps.flatMap { x in steps.flatMap { y in steps.map { [x, y, $0] } } }
  }
}
