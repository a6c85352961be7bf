/// Oriented site-symmetry symbols, as in the International Tables for Crystallography, vol. A, section 2.1.3.12: one place for
/// each class of symmetry directions of the space group's lattice, a dot where the site has no element along it.
extension SpaceGroup {
  /// The symbol of a position of this group: `m2m`, `.3m`, `4/mm.m`, `2.mm`.
  public func siteSymmetrySymbol(of position: WyckoffPosition) -> String {
    let flat = position.members[0].flat
    let rotations = operations.filter { flat.image(under: $0) == flat }.map(\.rotation)
    return Self.siteSymmetrySymbol(rotations: rotations, directions: symmetryDirections, isCubic: number >= 195)
  }

  /// The classes of symmetry directions, by columns of the tables; directions of a class are one under the full lattice symmetry.
  private var symmetryDirections: [[[Int]]] {
    let axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    let hexagonalSecondary = [[1, 0, 0], [0, 1, 0], [1, 1, 0]]
    let hexagonalTertiary = [[1, -1, 0], [1, 2, 0], [2, 1, 0]]
    let isRhombohedral = [146, 148, 155, 160, 161, 166, 167].contains(number)
    switch number {
    case ..<3: return []
    case ..<16: return [[[0, 1, 0]]]
    case ..<75: return axes.map { [$0] }
    case ..<143: return [[[0, 0, 1]], [[1, 0, 0], [0, 1, 0]], [[1, -1, 0], [1, 1, 0]]]
    case ..<195: return [[[0, 0, 1]], hexagonalSecondary] + (isRhombohedral ? [] : [hexagonalTertiary])
    default:
      let body = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
      return [axes, body, [[1, -1, 0], [1, 1, 0], [0, 1, -1], [0, 1, 1], [-1, 0, 1], [1, 0, 1]]]
    }
  }

  private static func siteSymmetrySymbol(
    rotations: [[Int]], directions: [[[Int]]], isCubic: Bool
  ) -> String {
    let hasInversion = rotations.contains([-1, 0, 0, 0, -1, 0, 0, 0, -1])
    if rotations.count == (hasInversion ? 2 : 1) { return hasInversion ? "-1" : "1" }
    let places = directions.map { directionClass in
      // Directions that the site's own symmetry carries into each other share one entry.
      var seen: [[Int]] = []
      var entries: [String] = []
      for direction in directionClass where !seen.contains(where: { isParallel($0, direction) }) {
        for r in rotations { seen.append(multiply(r, vector: direction)) }
        if let element = element(along: direction, rotations: rotations, hasInversion: hasInversion) { entries.append(element) }
      }
      let ordered = entries.sorted { rank($0, isCubic: isCubic) < rank($1, isCubic: isCubic) }
      return ordered.isEmpty ? "." : ordered.joined()
    }
    return places.joined()
  }

  private static func isParallel(_ a: [Int], _ b: [Int]) -> Bool { a == b || a == b.map { -$0 } }

  /// Principal axes first; then two-fold axes before mirrors, but behind them in cubic groups (`m2m.`, `mm2..`).
  private static func rank(_ element: String, isCubic: Bool) -> Int {
    switch element {
    case "2": isCubic ? 2 : 1
    case "m": isCubic ? 1 : 2
    default: 0
    }
  }

  /// The symbol of all operations along a direction, short where the tables shorten it; nil where there are none.
  private static func element(along direction: [Int], rotations: [[Int]], hasInversion: Bool) -> String? {
    var properOrder = 1
    var improper: Set<Int> = []
    for r in rotations {
      let sign = integerDeterminant(r)
      let proper = r.map { $0 * sign }
      let order = rotationOrder(proper)
      guard order > 1, isParallel(rotationAxis(proper, order: order), direction) else { continue }
      if sign > 0 { properOrder = max(properOrder, order) } else { improper.insert(order) }
    }
    let mirror = improper.contains(2)
    switch properOrder {
    case 1: return mirror ? "m" : nil
    // 2/m is written out only where it is the whole site symmetry: 2/m 2/m 2/m is mmm.
    case 2: return improper.contains(4) ? "-4" : mirror ? (rotations.count == 4 ? "2/m" : "m") : "2"
    case 3: return mirror ? "-6" : hasInversion ? "-3" : "3"
    // 4/m -3 2/m is m-3m.
    case 4: return mirror ? (rotations.count == 48 ? "m" : "4/m") : "4"
    default: return mirror ? "6/m" : "6"
    }
  }
}
