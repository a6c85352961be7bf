extension CIFBlock {
  /// The crystal that the block describes.
  func crystal() throws(Rejection) -> Crystal {
    let elements = try checkedElements()
    let settings = try settings()
    var firstError: Rejection?
    var best: Crystal?
    for operations in settings {
      do throws(Rejection) {
        let lattice = try lattice(operations)
        let crystal = try unfolded(elements, lattice: lattice, operations: operations)
        if settings.count == 1 || agrees(crystal) { return crystal }
        if best == nil { best = crystal }
      } catch {
        if firstError == nil { firstError = error }
      }
    }
    if let best { return best }
    throw firstError ?? Rejection("unknown_symmetry", "no setting of the space group fits")
  }

  /// Operations of every setting that the block may mean, the likeliest first; more than one only where a symbol or number
  /// leaves the origin or the axes open.
  private func settings() throws(Rejection) -> [[SymmetryOperation]] {
    if !operators.isEmpty {
      var list: [SymmetryOperation] = []
      for text in operators {
        guard let operation = SymmetryOperation(triplet: text) else {
          throw Rejection("bad_operators", "'\(text)' is no symmetry operator")
        }
        list.append(operation)
      }
      return [try SymmetryOperation.group(list)]
    }
    if !hall.isEmpty, let operations = CIF.operations(hall: hall) { return [try SymmetryOperation.group(operations)] }
    if !hermannMauguin.isEmpty {
      let found = settings(hermannMauguin: hermannMauguin)
      if !found.isEmpty { return found }
    }
    if !number.isEmpty, let number = Int(number) {
      let found = CIF.hallSymbols(number: number).compactMap(CIF.operations(hall:))
      if !found.isEmpty { return found }
    }
    let words = [hall, hermannMauguin, number].filter { !$0.isEmpty }
    guard words.isEmpty else {
      throw Rejection(
        "unknown_symmetry", "space group '\(words.joined(separator: "', '"))' is not known and no operators are listed")
    }
    // Without a word on symmetry, the sites are all there is: the definition of P1.
    return [[.identity]]
  }

  private func settings(hermannMauguin symbol: String) -> [[SymmetryOperation]] {
    var candidates = Self.spellings(symbol)
    if !symbol.contains(":"), ["1", "2", "h", "r", "H", "R"].contains(coordinateSystem) {
      candidates = candidates.map { "\($0):\(coordinateSystem.uppercased())" } + candidates
    }
    for candidate in candidates {
      let halls = CIF.hallSymbols(hermannMauguin: candidate, alpha: angles.x, gamma: angles.z)
      if !halls.isEmpty { return halls.compactMap(CIF.operations(hall:)) }
    }
    for candidate in candidates {
      let found = FullSymbols.hallNumbers(of: candidate)
      if !found.isEmpty { return found.map(spaceGroupOperations(hallNumber:)) }
    }
    return []
  }

  /// Ways to read a Hermann-Mauguin symbol: as it is, without decoration, with the suffixes of older databases.
  static func spellings(_ symbol: String) -> [String] {
    var plain = symbol
    // `P 1 21/c 1 (14)`, `P 63/m m c (No. 194)`
    if let open = plain.firstIndex(of: "(") { plain = String(plain[..<open]) }
    // `R 3 c {rhombohedral axes}`: the cell says which axes they are.
    if let open = plain.firstRange(of: " {") { plain = String(plain[..<open.lowerBound]) }
    // `P 6~3~/m m c`, `P 2<sub>1</sub>`, `$P2_{1}/c$`, `P\bar{1}`
    for (mark, replacement) in [("<sub>", ""), ("</sub>", ""), ("\\bar", "-")] {
      plain = plain.replacing(mark, with: replacement)
    }
    plain.removeAll { "~${}'\"".contains($0) }
    var result = [symbol, plain]
    // `R -3 m H`, `R-3mR` and, of the Inorganic Crystal Structure Database, S and Z for origins 1 and 2.
    let trimmed = String(plain.reversed().drop { $0 == " " || $0 == "_" }.reversed())
    if let last = trimmed.last,
      let setting = ["H": "H", "R": "R", "h": "H", "r": "R", "S": "1", "s": "1", "Z": "2", "z": "2"][last],
      !trimmed.contains(":"), trimmed.count > 2
    {
      result.append("\(trimmed.dropLast()):\(setting)")
    }
    // `F d -3 m O1`, `F d -3 m:O2`
    for origin in ["1", "2"] where trimmed.uppercased().hasSuffix("O\(origin)") {
      result.append("\(trimmed.dropLast(2).filter { $0 != ":" }):\(origin)")
    }
    // Before 1983 the cubic groups with inversion were written without it: `F d 3 m` is `F d -3 m`.
    for old in result {
      let letters = old.filter { !$0.isWhitespace && $0 != "_" }
      let head = Array(letters.uppercased().prefix(3))
      if head.count == 3, "PFI".contains(head[0]), "MNABCD".contains(head[1]), head[2] == "3" {
        result.append(letters.prefix(2) + "-" + letters.dropFirst(2))
      }
    }
    // A setting that says nothing to gemmi's table: `P 1 21/c 1:b1`.
    if let colon = trimmed.firstIndex(of: ":") { result.append(String(trimmed[..<colon])) }
    return result
  }

  /// The lattice: what symmetry fixes may be missing.
  private func lattice(_ operations: [SymmetryOperation]) throws(Rejection) -> Lattice {
    let names = ["a", "b", "c", "alpha", "beta", "gamma"]
    let given = (0..<6).map { $0 < 3 ? lengths[$0] : angles[$0 - 3] }
    let missing = (0..<6).filter { !given[$0].isFinite }
    guard missing.isEmpty else {
      if missing.count < 6, let cell = completed(given, missing: missing, operations) {
        return try Lattice.checked(lengths: cell.0, angles: cell.1)
      }
      let list = missing.map { names[$0] }.joined(separator: ", ")
      throw Rejection("bad_cell", "cell \(list) missing or unreadable, and symmetry does not fix it")
    }
    let lattice = try Lattice.checked(lengths: lengths, angles: angles)
    if let operation = operations.first(where: { !$0.preserves(lattice.metric, tolerance: 0.05) }) {
      throw Rejection("bad_cell", "the cell does not have the symmetry \(operation.triplet)")
    }
    return lattice
  }

  /// Fills in lengths and angles: a value that the operations need, and no other that they would take as well.
  private func completed(
    _ given: [Double], missing: [Int], _ operations: [SymmetryOperation]
  ) -> (Vector3, Vector3)? {
    let length = given[..<3].first { $0.isFinite }
    guard let length else { return nil }
    func fits(_ cell: [Double]) -> Bool {
      let lattice = Lattice(lengths: Vector3(cell[0], cell[1], cell[2]), angles: Vector3(cell[3], cell[4], cell[5]))
      return lattice.isUsable && operations.allSatisfy { $0.preserves(lattice.metric, tolerance: 0.01) }
    }
    for gamma in [90.0, 120.0] {
      var cell = given
      for i in missing { cell[i] = i < 3 ? length : i == 5 ? gamma : 90 }
      guard fits(cell) else { continue }
      // Another value in the place of a missing one must break the symmetry, or the file says too little.
      let isFixed = missing.allSatisfy { i in
        var other = cell
        other[i] *= 1.07
        return !fits(other)
      }
      if isFixed { return (Vector3(cell[0], cell[1], cell[2]), Vector3(cell[3], cell[4], cell[5])) }
    }
    return nil
  }

  /// Whether the numbers of atoms are those of the formula and of the multiplicities, where the file has them.
  private func agrees(_ crystal: Crystal) -> Bool {
    for (index, site) in sites.enumerated() where site.multiplicity > 0 {
      if crystal.orbit.count(where: { $0 == index }) != site.multiplicity { return false }
    }
    let counts = Self.counts(formula: formula)
    guard !counts.isEmpty else { return true }
    let atoms = crystal.composition
    guard atoms.count == counts.count, let first = atoms.first, let unit = counts[first.atomicNumber] else { return false }
    return atoms.allSatisfy { z, n in
      guard let expected = counts[z] else { return false }
      return abs(Double(n) * unit - expected * Double(first.count)) < 1e-3 * expected * Double(first.count)
    }
  }

  /// Atoms of each element of a formula such as `Mg2 Si O4`, by atomic number; empty where it can't be read.
  static func counts(formula: String) -> [Int: Double] {
    var counts: [Int: Double] = [:]
    for part in formula.split(whereSeparator: \.isWhitespace) {
      let symbol = part.prefix { $0.isLetter }
      let digits = part.dropFirst(symbol.count)
      guard let z = Element.atomicNumber(String(symbol)), let n = digits.isEmpty ? 1 : decimal(digits), n > 0 else {
        return [:]
      }
      counts[z, default: 0] += n
    }
    return counts
  }
}

extension SymmetryOperation {
  /// Whether a lattice has the rotation: no entry of its metric changes by more than a fraction of the lengths.
  func preserves(_ metric: Matrix3, tolerance: Double) -> Bool {
    let image = rotationMatrix.transpose * metric * rotationMatrix
    for i in 0..<3 {
      for j in 0..<3 {
        let scale = (metric[i][i] * metric[j][j]).squareRoot()
        if !(abs(image[i][j] - metric[i][j]) <= tolerance * scale) { return false }
      }
    }
    return true
  }
}

/// The full Hermann-Mauguin symbols of spglib's table, which gemmi's has not: `F 4/m -3 2/m`.
enum FullSymbols {
  /// Hall numbers of the settings that a full or short symbol names; several where it leaves the origin or the axes open.
  static func hallNumbers(of symbol: String) -> [Int] { table[key(symbol)] ?? [] }

  private static let table: [String: [Int]] = {
    var table: [String: [Int]] = [:]
    for hall in 1...530 {
      let names = spaceGroupSymbols(hallNumber: hall)
      for name in Set([key(names.full), key(names.short)]) {
        table[name, default: []].append(hall)
        if !names.choice.isEmpty { table["\(name):\(names.choice.lowercased())", default: []].append(hall) }
      }
    }
    return table
  }()

  private static func key(_ symbol: String) -> String {
    symbol.lowercased().filter { !$0.isWhitespace && $0 != "_" }
  }
}
