import Synchronization

/// Operations of settings that no table lists: doubled and centred cells, other axes and cell choices. The reference group is
/// carried into every cell of its crystal system, and those whose elements are the symbol's are taken.
enum NonstandardSettings {
  typealias Setting = (operations: [SymmetryOperation], number: Int)

  private static let cache = Mutex<[String: [Setting]]>([:])

  /// Operations of the settings that a symbol names, each set once.
  ///
  /// - Parameter number: international number where the file has one; all of the symbol's crystal system are tried otherwise.
  static func operations(symbol text: String, number: Int?) -> [Setting] {
    let key = "\(number ?? 0) \(text)"
    if let found = cache.withLock({ $0[key] }) { return found }
    var found: [Setting] = []
    if let symbol = HermannMauguinSymbol(text), let centring = symbol.centring, let range = symbol.numbers {
      var seen: Set<Set<SymmetryOperation>> = []
      for n in number.map({ $0...$0 }) ?? range where range.contains(n) {
        for operations in candidates(symbol, number: n, centring) where matches(symbol, operations, centring) {
          if seen.insert(Set(operations)).inserted { found.append((operations, n)) }
        }
      }
      // In a doubled or tripled cell planes have letters of their own, but a number and a centring leave one such cell.
      if found.isEmpty, let number, number >= 75, range.contains(number), ["C", "F", "H"].contains(symbol.letter) {
        for operations in candidates(symbol, number: number, centring)
        where operations.count == symbol.rotationCount * centring.count && seen.insert(Set(operations)).inserted {
          found.append((operations, number))
        }
      }
      // A plane alone fixes the origin: it goes through it.
      let through = found.filter { isThroughOrigin(symbol, $0.operations) }
      if !through.isEmpty { found = through }
    }
    let result = found
    cache.withLock { if $0.count < 1000 { $0[key] = result } }
    return result
  }

  private static func candidates(
    _ symbol: HermannMauguinSymbol, number: Int, _ centring: Set<[Int]>
  ) -> [[SymmetryOperation]] {
    let references = ReferenceSettings.standard(number: number)
    switch number {
    case 1...2: return references.map { centred($0, centring) }
    case 3...15:
      guard let reference = references.first else { return [] }
      return symbol.monoclinicAxes.flatMap { axis in
        monoclinicCells.compactMap { transformed(reference, to: turned($0, axis), centring) }
      }
    case 75...142: return references.compactMap { transformed($0, to: [1, 1, 0, -1, 1, 0, 0, 0, 1], centring) }
    case 143...194: return references.compactMap { transformed($0, to: [1, 1, 0, -1, 2, 0, 0, 0, 1], centring) }
    default: return []
    }
  }

  /// New vectors a and c from -2 to 2 of the old ones, as large as the old cell or twice: columns of a matrix.
  private static let monoclinicCells: [[Int]] = {
    var cells: [[Int]] = []
    for p in -2...2 {
      for q in -2...2 {
        for r in -2...2 {
          for s in -2...2 where (1...2).contains(p * s - q * r) { cells.append([p, 0, r, 0, 1, 0, q, 0, s]) }
        }
      }
    }
    // Short vectors first: of cells with the same operations the plainest is kept.
    return cells.sorted { a, b in a.reduce(0) { $0 + $1 * $1 } < b.reduce(0) { $0 + $1 * $1 } }
  }()

  /// The same cell with its unique axis, b, put in another place.
  private static func turned(_ cell: [Int], _ axis: Int) -> [Int] {
    // Columns are the new vectors: (c, a, b) has the unique axis last, (b, c, a) first.
    let order = [[1, 2, 0], [0, 1, 2], [2, 0, 1]][axis]
    return (0..<9).map { cell[3 * ($0 / 3) + order[$0 % 3]] }
  }

  private static func centred(_ operations: [SymmetryOperation], _ centring: Set<[Int]>) -> [SymmetryOperation] {
    let translations = [[0, 0, 0]] + centring.filter { $0 != [0, 0, 0] }.sorted { $0.lexicographicallyPrecedes($1) }
    return translations.flatMap { t in
      operations.map { g in
        SymmetryOperation(rotation: g.rotation, translation: zip(g.translation, t).map { $0 + $1 })
      }
    }
  }

  /// A group in the cell whose vectors are the columns of a matrix; nil where that has another centring or breaks the symmetry.
  private static func transformed(
    _ operations: [SymmetryOperation], to cell: [Int], _ centring: Set<[Int]>
  ) -> [SymmetryOperation]? {
    let determinant = integerDeterminant(cell)
    let adjoint = [
      cell[4] * cell[8] - cell[5] * cell[7], cell[2] * cell[7] - cell[1] * cell[8], cell[1] * cell[5] - cell[2] * cell[4],
      cell[5] * cell[6] - cell[3] * cell[8], cell[0] * cell[8] - cell[2] * cell[6], cell[2] * cell[3] - cell[0] * cell[5],
      cell[3] * cell[7] - cell[4] * cell[6], cell[1] * cell[6] - cell[0] * cell[7], cell[0] * cell[4] - cell[1] * cell[3],
    ]
    func carried(_ t: [Int]) -> [Int]? {
      let v = multiply(adjoint, vector: t)
      guard v.allSatisfy({ $0.isMultiple(of: determinant) }) else { return nil }
      return v.map { $0 / determinant }
    }
    let unit = SymmetryOperation.denominator
    var lattice: Set<[Int]> = []
    let own = operations.filter { $0.rotation == [1, 0, 0, 0, 1, 0, 0, 0, 1] }.map(\.translation)
    for i in 0..<determinant * determinant * determinant {
      let n = [i % determinant, i / determinant % determinant, i / determinant / determinant]
      for t in own {
        guard let v = carried(zip(n, t).map { $0 * unit + $1 }) else { return nil }
        lattice.insert(v.map { positiveRemainder($0, unit) })
      }
    }
    guard lattice == centring else { return nil }
    var cosets: [SymmetryOperation] = []
    for g in operations where !cosets.contains(where: { $0.rotation == g.rotation }) { cosets.append(g) }
    var result: [SymmetryOperation] = []
    for g in cosets {
      let product = multiply(multiply(adjoint, g.rotation), cell)
      guard product.allSatisfy({ $0.isMultiple(of: determinant) }), let t = carried(g.translation) else { return nil }
      result.append(SymmetryOperation(rotation: product.map { $0 / determinant }, translation: t))
    }
    return centred(result, centring)
  }

  /// Whether a glide plane across an axis of the cell is the only element, and goes through the origin in its own glide.
  private static func isThroughOrigin(_ symbol: HermannMauguinSymbol, _ operations: [SymmetryOperation]) -> Bool {
    let named = symbol.directions.filter { $0 != [.identity] }
    guard named.count == 1, named[0].count == 1, case .plane = named[0][0] else { return false }
    return symbol.monoclinicAxes.contains { axis in
      let d = (0..<3).map { $0 == axis ? 1 : 0 }
      // Without the centring a plane beside the origin does not count for one through it.
      let through = operations.filter { $0.translation[axis] == 0 }
      let lattice = Set(through.filter { $0.rotation == [1, 0, 0, 0, 1, 0, 0, 0, 1] }.map(\.translation))
      return named[0][0].isFound(in: through, along: [d], lattice: lattice)
    }
  }

  /// Whether a group has all the elements of a symbol, along the directions that the symbol means.
  private static func matches(
    _ symbol: HermannMauguinSymbol, _ operations: [SymmetryOperation], _ centring: Set<[Int]>
  ) -> Bool {
    let isProper = operations.allSatisfy { integerDeterminant($0.rotation) > 0 }
    guard operations.count == symbol.rotationCount * centring.count, isProper == symbol.isProper else { return false }
    let axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    let places: [[[Int]]]
    switch symbol.numbers?.lowerBound ?? 0 {
    case 1, 2: return true
    case 3:
      let own = symbol.directions.first { $0 != [.identity] } ?? []
      return symbol.monoclinicAxes.contains { axis in
        own.allSatisfy { $0.isFound(in: operations, along: [axes[axis]], lattice: centring) }
      }
    case 75: places = [[axes[2]], [axes[0], axes[1]], [[1, 1, 0], [1, -1, 0]]]
    case 143, 168: places = [[axes[2]], [axes[0], axes[1], [1, 1, 0]], [[1, -1, 0], [1, 2, 0], [2, 1, 0]]]
    default: return false
    }
    guard symbol.directions.count <= 3 else { return false }
    return zip(symbol.directions, places).allSatisfy { elements, directions in
      elements.allSatisfy { $0.isFound(in: operations, along: directions, lattice: centring) }
    }
  }
}

/// The settings of spglib's table by international number.
enum ReferenceSettings {
  /// Operations of the setting that a number alone means: axis b and cell choice 1, both origins, hexagonal and rhombohedral axes.
  static func standard(number: Int) -> [[SymmetryOperation]] { halls(number).standard.map(spaceGroupOperations(hallNumber:)) }

  /// Operations of the other settings.
  static func others(number: Int) -> [[SymmetryOperation]] { halls(number).others.map(spaceGroupOperations(hallNumber:)) }

  /// Operations of the setting with a code such as `b1`, `2`, `H`, `-cba`; none where there is no such.
  static func coded(_ code: String, number: Int) -> [[SymmetryOperation]] {
    let wanted = code.lowercased()
    return (halls(number).standard + halls(number).others)
      .filter { spaceGroupSymbols(hallNumber: $0).choice.lowercased() == wanted }.map(spaceGroupOperations(hallNumber:))
  }

  /// The international number of a setting.
  static func number(hallNumber: Int) -> Int { numbers[hallNumber] }

  private static func halls(_ number: Int) -> (standard: [Int], others: [Int]) {
    (1...230).contains(number) ? table[number] : ([], [])
  }

  private static let numbers: [Int] = [0] + (1...530).map { spaceGroupNumber(hallNumber: $0) }

  private static let table: [(standard: [Int], others: [Int])] = {
    var table = [(standard: [Int], others: [Int])](repeating: ([], []), count: 231)
    for hall in 1...530 {
      let number = numbers[hall]
      // Origin choice 2 first, as `SpaceGroup` has it.
      switch spaceGroupSymbols(hallNumber: hall).choice {
      case "2", "H": table[number].standard.insert(hall, at: 0)
      case "", "1", "R", "b", "b1": table[number].standard.append(hall)
      default: table[number].others.append(hall)
      }
    }
    return table
  }()
}
