/// One way to understand what a block says of its symmetry.
struct SymmetryReading {
  var operations: [SymmetryOperation]
  /// What it was read from, for messages.
  var source: String
  /// International number; nil where only the operations are known.
  var number: Int?
}

extension CIFBlock {
  /// The ways to read the block's symmetry: the likeliest together, then those that stand back behind them.
  ///
  /// Of the first that anything fits, exactly one may: several that make different crystals leave the file open.
  func symmetryReadings() throws(Rejection) -> [[SymmetryReading]] {
    guard symmetry.modulation.isEmpty else {
      throw Rejection(
        "modulated", "the crystal is modulated (\(symmetry.modulation)): no cell of three dimensions holds it")
    }
    guard !operators.isEmpty else {
      let named = namedReadings()
      if !named.isEmpty { return named }
      guard symmetry.isEmpty else {
        throw Rejection(
          "unknown_symmetry", "space group \(symmetry.description) is not known and no operators are listed")
      }
      guard symmetry.system.isEmpty else {
        throw Rejection(
          "unknown_symmetry", "the crystal system is '\(symmetry.system)', but neither space group nor operators are given")
      }
      // Without a word on symmetry, the sites are all there is: the definition of P1.
      return [[SymmetryReading(operations: [.identity], source: "no symmetry")]]
    }
    let listed = SymmetryReading(operations: try listedOperations(), source: "the operators listed")
    // A parent's or a magnetic group's name may be another's.
    guard centerings.isEmpty, !symmetry.isEmpty else { return [[listed]] }
    if listed.operations.count == 1, symmetry.number ?? 1 == 1, symmetry.hall.isEmpty || symmetry.hall == "P 1",
      symmetry.hermannMauguin.allSatisfy({ $0 == "P 1" || $0 == "P1" })
    {
      return [[listed]]
    }
    let named = namedReadings()
    if named.isEmpty || named.joined().contains(where: { $0.operations.isOfSameKind(as: listed.operations) }) {
      return [[listed]]
    }
    return [[listed] + (named.first ?? [])]
  }

  private func listedOperations() throws(Rejection) -> [SymmetryOperation] {
    var list: [SymmetryOperation] = []
    for text in operators { list.append(try Self.operation(text)) }
    let isMagnetic = !centerings.isEmpty || operators.contains { $0.split(separator: ",").count == 4 }
    if isMagnetic {
      // The atoms do not see the time: operators that differ in it alone are one.
      let shifts = try centerings.map { text throws(Rejection) in try Self.operation(text) }
      if !shifts.isEmpty { list = list.flatMap { g in shifts.map { $0.composed(after: g) } } }
    }
    return try SymmetryOperation.group(list)
  }

  /// An operator; of a magnetic one the reversal of time, `-1` behind its three parts, is left out.
  private static func operation(_ text: String) throws(Rejection) -> SymmetryOperation {
    var parts = text.split(separator: ",", omittingEmptySubsequences: false)
    if parts.count == 4, ["1", "+1", "-1"].contains(String(parts[3]).trimmingSpaces) { parts.removeLast() }
    guard let operation = SymmetryOperation(triplet: parts.joined(separator: ",")) else {
      throw Rejection("bad_operators", "'\(text)' is no symmetry operator")
    }
    return operation
  }

  /// What the symbols and the number mean.
  private func namedReadings() -> [[SymmetryReading]] {
    let number = symmetry.number
    let numbered = number.map(numberReadings) ?? []
    if !symmetry.hall.isEmpty, let operations = CIF.operations(hall: symmetry.hall),
      let group = try? SymmetryOperation.group(operations)
    {
      let own = SymmetryReading(operations: group, source: "the Hall symbol \(symmetry.hall)")
      let others = numbered.isEmpty ? symbolReadings(number: nil) : numbered
      if others.isEmpty || others.joined().contains(where: { $0.operations.isOfSameKind(as: group) }) { return [[own]] }
      return [[own] + (others.first ?? [])]
    }
    var named = symbolReadings(number: number)
    if named.isEmpty {
      // A symbol that nobody knows is of some setting of the number.
      return symmetry.hermannMauguin.isEmpty || numbered.isEmpty ? numbered : [Array(numbered.joined())]
    }
    if let number, !numbered.isEmpty, !named.joined().contains(where: { $0.number == number }) { named[0] += numbered[0] }
    return named
  }

  private func numberReadings(_ number: Int) -> [[SymmetryReading]] {
    guard (1...230).contains(number) else { return [] }
    func readings(_ list: [[SymmetryOperation]], _ words: String) -> [SymmetryReading] {
      list.map { SymmetryReading(operations: $0, source: "space group \(number)\(words)", number: number) }
    }
    if !symmetry.code.isEmpty {
      let coded = ReferenceSettings.coded(symmetry.code, number: number)
      if !coded.isEmpty { return [readings(coded, ", setting \(symmetry.code)")] }
    }
    let standard = ReferenceSettings.standard(number: number)
    return [readings(standard, ""), readings(ReferenceSettings.others(number: number), ", another setting")]
      .filter { !$0.isEmpty }
  }

  /// What the first Hermann-Mauguin symbol that anybody knows means: by the table, then by carrying the group into other cells.
  private func symbolReadings(number: Int?) -> [[SymmetryReading]] {
    for symbol in symmetry.hermannMauguin {
      var candidates = Self.spellings(symbol)
      if !symbol.contains(":"), ["1", "2", "h", "r", "H", "R"].contains(symmetry.code) {
        candidates = candidates.map { "\($0):\(symmetry.code.uppercased())" } + candidates
      }
      var tiers: [[SymmetryReading]] = []
      var known: Set<Set<SymmetryOperation>> = []
      func add(_ list: [(operations: [SymmetryOperation], number: Int?)]) {
        let fresh = list.filter { known.insert(Set($0.operations)).inserted }
        guard !fresh.isEmpty else { return }
        tiers.append(
          fresh.map { SymmetryReading(operations: $0.operations, source: "the symbol \(symbol)", number: $0.number) })
      }
      for candidate in candidates where tiers.isEmpty {
        let halls = CIF.hallSymbols(hermannMauguin: candidate, alpha: angles.x, gamma: angles.z)
        add(halls.compactMap { hall in CIF.operations(hall: hall).map { ($0, CIF.number(hall: hall)) } })
      }
      func tabled(_ candidate: String) -> [(operations: [SymmetryOperation], number: Int?)] {
        FullSymbols.hallNumbers(of: candidate)
          .map { (spaceGroupOperations(hallNumber: $0), ReferenceSettings.number(hallNumber: $0)) }
      }
      for candidate in candidates where tiers.isEmpty { add(tabled(candidate)) }
      // A short symbol may be that of another axis, cell or centring.
      let isCoded = candidates.contains { $0.contains(":") }
      if tiers.isEmpty || !isCoded || needsOtherCell(tiers) {
        let plain = candidates.filter { !$0.contains(":") }
        add(plain.flatMap(tabled))
        if tiers.isEmpty || needsOtherCell(tiers) {
          for candidate in plain {
            add(NonstandardSettings.operations(symbol: candidate, number: number).map { ($0.operations, $0.number) })
          }
        }
      }
      // `H -3` with number 147 is no R -3, but P -3 in three times its cell.
      if let number, !tiers.isEmpty, !tiers.joined().contains(where: { $0.number == number }) {
        for candidate in candidates where !candidate.contains(":") {
          add(NonstandardSettings.operations(symbol: candidate, number: number).map { ($0.operations, $0.number) })
        }
        if tiers.last?.first?.number == number, let own = tiers.popLast() { tiers.insert(own, at: 0) }
      }
      if !tiers.isEmpty { return tiers }
    }
    return []
  }

  /// Whether no reading fits the cell's lengths and angles.
  private func needsOtherCell(_ tiers: [[SymmetryReading]]) -> Bool {
    guard lengths.sum().isFinite, angles.sum().isFinite else { return false }
    let metric = Lattice(lengths: lengths, angles: angles).metric
    return !tiers.joined().contains { $0.operations.allSatisfy { $0.preserves(metric, tolerance: 0.05) } }
  }
}

extension [SymmetryOperation] {
  /// Whether two groups have the same kinds of rotations as often: what a group's other settings leave as it is.
  func isOfSameKind(as other: [SymmetryOperation]) -> Bool { kinds == other.kinds }

  /// How often each kind of rotation (determinant and trace) occurs, a primitive cell's worth.
  private var kinds: [Int] {
    let translations = count { $0.rotation == [1, 0, 0, 0, 1, 0, 0, 0, 1] }
    var kinds = [Int](repeating: 0, count: 16)
    for operation in self {
      let r = operation.rotation
      kinds[(integerDeterminant(r) > 0 ? 8 : 0) + 3 + r[0] + r[4] + r[8]] += 1
    }
    return kinds.map { $0 / Swift.max(1, translations) }
  }
}
