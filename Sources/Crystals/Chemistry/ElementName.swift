/// What a type symbol or an atom label may stand for.
struct ElementName: Equatable, Sendable {
  /// Atomic numbers that it can be read as, the likeliest first; empty where it is no atom.
  var choices: [Int]
  /// Its letters where it names a group of atoms (water, ammonium …) of which `choices` is the heavy one; empty otherwise.
  var group = ""
  /// Why it is no single atom.
  var rejection: Rejection?

  init(choices: [Int], group: String = "", rejection: Rejection? = nil) {
    (self.choices, self.group, self.rejection) = (choices, group, rejection)
  }

  /// Whether it names water, hydroxyl, ammonium or another group with hydrogen.
  var hasHydrogen: Bool {
    let name = group.uppercased()
    return name.contains { "HD".contains($0) } || name.hasPrefix("OW") || (name.hasPrefix("W") && !name.hasPrefix("WO"))
  }

  private static func element(_ z: Int) -> ElementName { ElementName(choices: [z]) }

  private static func refused(_ code: String, _ words: String) -> ElementName {
    ElementName(choices: [], rejection: Rejection(code, words))
  }

  // MARK: Type symbols

  /// A type symbol: an element with or without its charge (`Fe3+`, `O2-`), mass (`7Li`), valence state (`Cval`).
  init(type name: String) {
    // Most are plain symbols.
    if let z = Element.atomicNumber(name) {
      self.init(choices: [z])
    } else {
      self = Self.type(name)
    }
  }

  private static func type(_ name: String) -> ElementName {
    let word = name.drop { $0.isNumber || $0 == "^" }  // isotopes
    let letters = word.prefix { $0.isLetter && $0.isASCII }
    let rest = word.dropFirst(letters.count)
    if let vacancy = vacancy(String(letters), name) { return vacancy }
    if let group = group(name) { return group }
    guard !letters.isEmpty else { return unknown(name) }
    if rest.contains(where: { ",/;:&|".contains($0) })
      || rest.dropFirst().contains(where: { $0.isUppercase && !"IVX".contains($0) })
      || hasSecondElement(rest)
    {
      // `Fe2+/Fe3+` is one element in two charges.
      let elements = elements(name)
      return elements.count == 1 ? .element(elements[0]) : elements.count > 1 ? mixed(name) : unknown(name)
    }
    if let exact = Element.atomicNumber(String(letters)) { return .element(exact) }
    let upper = letters.uppercased()
    let canonical = upper.prefix(1) + upper.dropFirst().lowercased()
    if letters.count <= 2 {
      let two = letters.count == 2 ? Element.atomicNumber(String(canonical)) : nil
      if let two {
        // CO may be cobalt, or carbon and oxygen.
        let isSpelled = letters.allSatisfy(\.isUppercase)
        let parts = upper.compactMap { Element.atomicNumber(String($0)) }
        if isSpelled, two >= 100 { return parts.count == 2 ? mixed(name) : unknown(name) }
        return isSpelled && parts.count == 2 ? ElementName(choices: [two, parts[0]]) : .element(two)
      }
      if letters.count == 1, let one = Element.atomicNumber(upper) { return .element(one) }
    }
    // `Cval`, `Siva`, `Sival`, `Hiso`: valence states of scattering factors.
    for ending in ["VAL", "VA", "ISO", "V"] where upper.hasSuffix(ending) {
      let stem = upper.dropLast(ending.count)
      if let z = Element.atomicNumber(String(stem.prefix(1) + stem.dropFirst().lowercased())) { return .element(z) }
    }
    return isSeveral(String(letters)) ? mixed(name) : unknown(name)
  }

  private static func unknown(_ name: String) -> ElementName { refused("unknown_element", "'\(name)' is no element") }

  private static func mixed(_ name: String) -> ElementName {
    refused("mixed_site", "'\(name)' is several elements on one site")
  }

  /// Whether text behind an element and its charge or number begins another: `Fe0.5Mg0.5`, `Fe+Mg`.
  private static func hasSecondElement(_ rest: Substring) -> Bool {
    guard let k = rest.firstIndex(where: { $0.isLetter }) else { return false }
    let tail = rest[k...].prefix { $0.isLetter }
    if ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"].contains(String(tail)), rest.first == "(" { return false }
    return k != rest.startIndex && tail.first?.isUppercase == true && Element.atomicNumber(String(tail)) != nil
      && rest[..<k].contains { "+.".contains($0) }
  }

  /// Whether a text is made of two elements or more.
  private static func isSeveral(_ text: String) -> Bool { elements(text).count > 1 }

  /// The elements that a text is made of, each once; none where a capital letter begins none.
  private static func elements(_ text: String) -> [Int] {
    var elements: [Int] = []
    var rest = text[...]
    while let first = rest.first {
      guard first.isUppercase else {
        rest.removeFirst()
        continue
      }
      let lower = rest.dropFirst().prefix(1).filter(\.isLowercase)
      guard let z = Element.atomicNumber(String(first) + lower) ?? Element.atomicNumber(String(first)) else { return [] }
      if !elements.contains(z) { elements.append(z) }
      rest = rest.dropFirst(1 + lower.count)
    }
    return elements
  }

  private static func vacancy(_ letters: String, _ name: String) -> ElementName? {
    let upper = letters.uppercased()
    if name == "[]" || name == "()" || ["VA", "VAC", "VACANCY", "VACANT", "VOID", "VC", "HOLE", "BOX", "SQ"].contains(upper) {
      return refused("vacancy", "'\(name)' is a vacancy, no atom")
    }
    if ["DUM", "DU", "DUMMY", "ANI", "CNT", "X", "XX", "Q", "GHOST", "CENT", "CENTROID", "BQ"].contains(upper) {
      return refused("unknown_element", "'\(name)' is no element")
    }
    return nil
  }

  /// Groups that files list as one site, by the atomic number of the atom whose place is given.
  private static let groups: [String: Int] = {
    var groups: [String: Int] = [:]
    for name in [
      "WAT", "WATER", "H2O", "OH2", "HOH", "HHO", "OHH", "D2O", "OD2", "DOD", "OH", "OD", "HO", "DO", "H3O", "OH3", "OW", "O2H",
    ] {
      groups[name] = 8
    }
    for name in ["NH4", "ND4", "NH3", "NH2", "NH", "NO3", "NO2", "N2H4", "N2H5", "NHX"] { groups[name] = 7 }
    for name in [
      "CO3", "CO2", "CH3", "CH4", "CH2", "CH", "CN", "SCN", "NCS", "CNO", "OCN", "C2H4", "C2O4", "HCO3", "HCOO", "COOH",
    ] {
      groups[name] = 6
    }
    for (name, z) in [
      ("SO4", 16), ("SO3", 16), ("SH", 16), ("PO4", 15), ("PO3", 15), ("PF6", 15), ("ASO4", 33), ("VO4", 23), ("CLO4", 17),
      ("CLO3", 17), ("BO3", 5), ("BO4", 5), ("BF4", 5), ("BH4", 5), ("SIO4", 14), ("ALO4", 13), ("ALO6", 13), ("SEO4", 34),
      ("UO2", 92), ("MOO4", 42), ("WO4", 74), ("CRO4", 24), ("MNO4", 25), ("ALH4", 13), ("SIF6", 14), ("N3H", 7), ("TIO6", 22),
    ] {
      groups[name] = z
    }
    return groups
  }()

  private static func group(_ name: String) -> ElementName? {
    let plain = name.filter { $0.isLetter || $0.isNumber }.uppercased()
    guard let z = groups[plain] else { return nil }
    // An element as it is properly written is one: `Ho`, `Co2`, `No3`.
    let two = String(name.prefix(2))
    if two.last?.isLowercase ?? false, Element.atomicNumber(two) != nil { return nil }
    return ElementName(choices: [z], group: name)
  }

  // MARK: Labels

  /// An atom label: an element first, then whatever tells its sites apart (`Fe1A`, `OA1`, `MgM2`, `SiT`).
  ///
  /// - Parameter formula: the elements of the file's formula, empty where it has none.
  init(label name: String, formula: [Int: Double]) {
    self = Self.label(name, formula)
  }

  private static func label(_ name: String, _ formula: [Int: Double]) -> ElementName {
    let word = name.drop { $0.isNumber || $0 == "(" || $0 == "^" }
    let letters = word.prefix { $0.isLetter && $0.isASCII }
    guard let first = letters.first else { return unknown(name) }
    let upper = letters.uppercased()
    let two = letters.count < 2 ? nil : Element.atomicNumber(upper.prefix(1) + upper.dropFirst().prefix(1).lowercased())
    let one = Element.atomicNumber(String(first.uppercased()))
    let isVanadium = formula[23] != nil && upper.hasPrefix("V")
    if !isVanadium, let vacancy = vacancy(String(letters), name) { return vacancy }
    if word.contains(where: { ",/&|".contains($0) }) || word.dropFirst(letters.count).first == "+" {
      if isSeveral(name.filter { $0.isLetter || $0.isNumber }) { return mixed(name) }
    }
    if isMixture(letters, word.dropFirst(letters.count), formula) { return mixed(name) }
    // A centroid, where no formula says that it is a carbon.
    if letters == "Cg", formula.isEmpty { return unknown(name) }
    if let group = groupLabel(name), !isNumberedElement(two, letters, formula) { return group }
    // Words for kinds of places.
    for place in ["CAT", "OCT", "TET", "SITE", "ANION", "ION", "CENT", "METAL", "POS", "ATOM", "RING", "HYD"]
    where upper.hasPrefix(place) && letters.dropFirst().allSatisfy(\.isLowercase) && letters.count >= 3 {
      return unknown(name)
    }
    let isWritten = letters.dropFirst().first?.isLowercase ?? false
    var choices: [Int] = []
    // Elements that no crystal is made of are meant only where the formula has them.
    if let two, two < 100 || formula[two] != nil { choices.append(two) }
    // The T of Ti1 is no tritium.
    if let one, first != "T" || two == nil { choices.append(one) }
    // The formula decides where both readings are elements: CO1 may be cobalt or a carbon, Ho1 holmium or a hydrogen.
    if choices.count == 2, !formula.isEmpty {
      let known = choices.filter { formula[$0] != nil }
      if known.count == 1, !isWritten { choices = known + choices.filter { $0 != known[0] } }
      if known.count == 2, !isWritten, letters.count > 2 { choices.reverse() }
    }
    // W is water where the formula has no tungsten.
    if one == 74, letters.count == 1, !formula.isEmpty, formula[74] == nil {
      return ElementName(choices: [8], group: name)
    }
    // T is more often a tetrahedral site of some element than tritium, M and A are sites of metals.
    if upper == "T", formula.isEmpty || formula[1] == nil { return unknown(name) }
    return choices.isEmpty ? unknown(name) : ElementName(choices: choices)
  }

  /// Whether a label is made of two elements: `Mg0.9Fe0.1`, `Nb1+Zr1`, and `FeMn1` where no formula can tell.
  private static func isMixture(_ letters: Substring, _ rest: Substring, _ formula: [Int: Double]) -> Bool {
    if Element.atomicNumber(String(letters)) != nil, hasSecondElement(rest) { return true }
    let shape = letters.map { $0.isUppercase }
    return formula.isEmpty && shape == [true, false, true, false]
      && Element.atomicNumber(String(letters.prefix(2))) != nil && Element.atomicNumber(String(letters.dropFirst(2))) != nil
  }

  /// `Wat1`, `OW2`, `NH4`, `NH4(1)`, `H2O_2`, `OH1`: a group and what tells its sites apart.
  private static func groupLabel(_ name: String) -> ElementName? {
    if let exact = group(String(name.prefix { $0.isLetter || $0.isNumber })) {
      return ElementName(choices: exact.choices, group: name)
    }
    // `O-H`, `C-H3`
    let parts = name.split(separator: "-")
    if parts.count == 2, parts[1].first?.isUppercase ?? false, let joined = group(parts.joined()) {
      return ElementName(choices: joined.choices, group: name)
    }
    let letters = name.prefix { $0.isLetter }
    if ["WAT", "WATER", "OW", "OH", "HOH", "DOD", "OHW", "SCN", "NCS"].contains(letters.uppercased()),
      let z = groups[letters.uppercased()] ?? Optional(8)
    {
      return ElementName(choices: [z], group: name)
    }
    // A group's own number, then the site's: `NH41`, `H2O1`.
    if let last = name.last, last.isNumber, let exact = group(String(name.dropLast())),
      exact.group.last?.isNumber ?? false || exact.group.uppercased() == "H2O"
    {
      return ElementName(choices: exact.choices, group: name)
    }
    return nil
  }

  /// `CO3` is cobalt, `NO3` nobelium where the formula has them.
  private static func isNumberedElement(_ two: Int?, _ letters: Substring, _ formula: [Int: Double]) -> Bool {
    guard let two, letters.count == 2 else { return false }
    return formula[two] != nil
  }
}
