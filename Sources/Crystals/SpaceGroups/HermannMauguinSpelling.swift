extension CIFBlock {
  /// Ways to read a Hermann-Mauguin symbol: as it is, without decoration, with the suffixes of older databases.
  static func spellings(_ symbol: String) -> [String] {
    var plain = joiningSubscripts(symbol)
    let origin = OriginWords.split(plain)
    if let origin { plain = origin.symbol }
    // `P 1 21/c 1 (14)`, `P 63/m m c (No. 194)`
    if let open = plain.firstIndex(of: "(") { plain = String(plain[..<open]) }
    // `P -1, #2`, `P n m a; 62`
    if let mark = plain.firstIndex(where: { ",;#".contains($0) }) { plain = String(plain[..<mark]) }
    // `R 3 c {rhombohedral axes}`: the cell says which axes they are.
    if let open = plain.firstRange(of: " {") { plain = String(plain[..<open.lowerBound]) }
    // `P 6~3~/m m c`, `P 2<sub>1</sub>`, `$P2_{1}/c$`, `P\bar{1}`
    for (mark, replacement) in [("<sub>", ""), ("</sub>", ""), ("\\bar", "-")] {
      plain = plain.replacing(mark, with: replacement)
    }
    plain.removeAll { "~${}'\"".contains($0) }
    var result = [plain]
    if let origin {
      if !origin.choice.isEmpty { result.insert("\(plain.trimmingSpaces):\(origin.choice)", at: 0) }
    } else {
      result.insert(symbol, at: 0)
    }
    // `R -3 m H`, `R-3mR` and, of the Inorganic Crystal Structure Database, S and Z for origins 1 and 2.
    let trimmed = String(plain.reversed().drop { $0 == " " || $0 == "_" }.reversed())
    if let last = trimmed.last,
      let setting = ["H": "H", "R": "R", "h": "H", "r": "R", "S": "1", "s": "1", "Z": "2", "z": "2"][last],
      !trimmed.contains(":"), trimmed.count > 2
    {
      result.append("\(trimmed.dropLast()):\(setting)")
    }
    // `R -3 c RS` and `R -3 m HR` of older entries: rhombohedral and hexagonal axes.
    for (suffix, setting) in [("RS", "R"), ("RR", "R"), ("HR", "H"), ("HS", "H")]
    where trimmed.uppercased().hasPrefix("R") && trimmed.uppercased().hasSuffix(suffix) {
      let plain = String(trimmed.dropLast(2)).trimmingSpaces
      result += ["\(plain):\(setting)", plain]
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
    // Before 1952 the primitive cell of hexagonal groups was written C: `C 63/m m c`, `C -3 m`.
    for old in result {
      let letters = old.filter { !$0.isWhitespace && $0 != "_" }.uppercased()
      if letters.hasPrefix("C3") || letters.hasPrefix("C6") || letters.hasPrefix("C-3") || letters.hasPrefix("C-6") {
        result.append("P" + old.drop { $0.isWhitespace }.dropFirst())
      }
    }
    // A suffix that says nothing of this group: `F m -3 m S`.
    if let last = trimmed.last, "HRSZ".contains(last), trimmed.count > 2, trimmed.dropLast().last?.isWhitespace ?? false {
      result.append(String(trimmed.dropLast()).trimmingSpaces)
    }
    // A setting that says nothing to gemmi's table: `P 1 21/c 1:b1`.
    if let colon = trimmed.firstIndex(of: ":") { result.append(String(trimmed[..<colon])) }
    return result
  }

  /// `P 2(1)/c` and `P 2_1/c` are `P 21/c`: a digit in parentheses or behind an underscore is the subscript of the one before.
  private static func joiningSubscripts(_ symbol: String) -> String {
    var result = ""
    let characters = Array(symbol)
    var i = 0
    while i < characters.count {
      let isBehindDigit = i > 0 && characters[i - 1].isNumber && i + 1 < characters.count && characters[i + 1].isNumber
      if isBehindDigit, i + 2 < characters.count, characters[i] == "(", characters[i + 2] == ")" {
        result.append(characters[i + 1])
        i += 3
      } else {
        if !(isBehindDigit && characters[i] == "_") { result.append(characters[i]) }
        i += 1
      }
    }
    return result
  }
}

/// Words on the origin or the axes behind a symbol: `(origin choice 2)`, `(origin at -3m)`, `{rhombohedral axes}`.
enum OriginWords {
  /// The symbol without its words, and the origin that they mean (`1`, `2`, empty); nil where there are none.
  static func split(_ text: String) -> (symbol: String, choice: String)? {
    let plain = text.lowercased()
    let words = ["origin", "choice", "setting", "hexagonal", "rhombohedral", "second", "first", "hex", "rhomb", "cell"]
    guard let start = words.compactMap({ plain.firstRange(of: $0)?.lowerBound }).min() else { return nil }
    let said = plain[start...]
    var symbol = text.prefix(plain.distance(from: plain.startIndex, to: start))
    while let last = symbol.last, !last.isLetter, !last.isNumber { symbol.removeLast() }
    guard let choice = choice(String(said)) else { return (String(symbol), "") }
    return (String(symbol), choice)
  }

  private static func choice(_ said: String) -> String? {
    // The cell tells hexagonal axes from rhombohedral ones, and better than words do.
    if said.contains("hex") || said.contains("rhomb") { return nil }
    // Origin choice 2 is the one at a centre of inversion.
    for (words, choice) in [("second", "2"), ("first", "1"), ("cent", "2")] where said.contains(words) { return choice }
    if let at = said.firstRange(of: " at ") {
      let site = said[at.upperBound...].filter { !$0.isWhitespace }
      if ["-43", "-42", "-4m", "222", "23", "432"].contains(where: { site.hasPrefix($0) }) { return "1" }
      if ["-1", "-3", "2/m", "4/m", "mmm", "m-3", "m3", "0,0,0"].contains(where: { site.hasPrefix($0) }) { return "2" }
    }
    let digits = said.filter(\.isNumber)
    return digits == "1" || digits == "2" ? digits : nil
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
      // Without the axes along which there is nothing: `A 1 1 2/a` is `A 2/a`, too.
      let plain = names.full.split(separator: " ").filter { $0 != "1" }.joined()
      // The short symbol is that of the usual axes and cell, whatever setting it stands beside.
      let isUsual = ["", "1", "2", "H", "R", "b", "b1"].contains(names.choice)
      for name in Set([key(names.full), key(plain)] + (isUsual ? [key(names.short)] : [])) {
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
