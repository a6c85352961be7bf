extension CIFBlock {
  /// Two sites nearer than this are at one place, in angstrom.
  static let samePlace = 0.1

  /// A site that is sure to be a whole atom.
  struct Atom {
    /// Where the site stands in `sites`.
    var index: Int
    var name: ElementName
  }

  /// The sites that are whole atoms, those of one element that fill one place together as one; or why there is one that is not.
  func atoms(_ stated: FormulaCounts?) throws(Rejection) -> [Atom] {
    let counts = stated?.counts ?? [:]
    var atoms: [Atom] = []
    var shared: Set<Int> = []
    let writesSmallLetters = sites.contains { site in
      site.type.isEmpty && site.label.dropFirst().first?.isLowercase ?? false
    }
    for (i, site) in sites.enumerated() where !shared.contains(i) {
      guard !site.isDummy else { throw Rejection("dummy_atom", "\(siteWords(i)) is declared a dummy, not an atom") }
      var name = elementName(site, counts)
      if site.type.isEmpty, counts.isEmpty, writesSmallLetters { settleCapitals(of: site.label, &name) }
      if let rejection = name.rejection {
        throw Rejection(rejection.code, "\(siteWords(i)): \(rejection.description)")
      }
      guard site.occupancy.isFinite, site.occupancy >= 0, site.occupancy < 1.02 else {
        throw Rejection("bad_occupancy", "\(siteWords(i)) has no occupancy between 0 and 1")
      }
      // A refined 0.999(2) is a whole atom.
      if site.occupancy <= 0.995 {
        let together = sitesTogether(with: i)
        guard together.count > 1, abs(together.reduce(0.0) { $0 + sites[$1].occupancy } - 1) < 2e-2,
          together.allSatisfy({ elementName(sites[$0], counts).choices.first == name.choices.first })
        else { throw partialOccupancy(site: i, name: siteWords(i), together) }
        shared.formUnion(together)
      }
      guard !site.isDisordered else { throw Rejection("disorder", "\(siteWords(i)) belongs to a disorder group") }
      let x = site.position
      guard x.sum().isFinite, abs(x.max()) < 1e4, abs(x.min()) < 1e4 else {
        throw Rejection("bad_coordinates", "\(siteWords(i)) has no usable coordinates")
      }
      atoms.append(Atom(index: i, name: name))
    }
    return atoms
  }

  /// Reads a label in capitals, such as `HO1`, in a file that writes small letters elsewhere and has no formula: HO1 is no holmium,
  /// RE1 no rhenium, and CA1 a carbon only beside hydrogen or other carbon.
  private func settleCapitals(of label: String, _ name: inout ElementName) {
    guard let first = label.first, label.dropFirst().first?.isUppercase ?? false, name.rejection == nil, name.group.isEmpty,
      let likeliest = name.choices.first, Element.symbol(likeliest).count == 2
    else { return }
    func words(_ why: String) -> Rejection { Rejection("unknown_element", "'\(label)' \(why)") }
    guard name.choices.count == 2 else {
      return name.rejection = words("is no element in a file that writes small letters elsewhere")
    }
    let isOrganic = sites.contains { site in
      site.label != label && "HC".contains(site.label.first ?? " ") && !(site.label.dropFirst().first?.isLetter ?? false)
    }
    if first == "H" || (isOrganic && "CNO".contains(first)) { return name.choices.reverse() }
    let symbols = name.choices.map { Element.symbol($0) }.joined(separator: " or ")
    name.rejection = words("may be \(symbols): a type symbol or a formula must tell")
  }

  func siteWords(_ i: Int) -> String { "site \(i + 1) (\(sites[i].label.isEmpty ? sites[i].type : sites[i].label))" }

  private func elementName(_ site: Site, _ counts: [Int: Double]) -> ElementName {
    guard site.type.isEmpty else { return ElementName(type: site.type) }
    guard !site.label.isEmpty else {
      return ElementName(choices: [], rejection: Rejection("unknown_element", "neither type symbol nor label"))
    }
    return ElementName(label: site.label, formula: counts)
  }

  /// All sites at the place of one.
  private func sitesTogether(with i: Int) -> [Int] {
    let lattice = Lattice(lengths: lengths, angles: angles)
    return sites.indices.filter { k in
      var d = sites[k].position - sites[i].position
      d -= d.rounded(.toNearestOrEven)
      return k == i || lattice.cartesian(d).length < Self.samePlace
    }
  }

  /// Tells a site that several kinds of atoms fill together from one that is empty in part of the cells.
  private func partialOccupancy(site i: Int, name: String, _ together: [Int]) -> Rejection {
    let sum = together.reduce(0.0) { $0 + sites[$1].occupancy }
    guard together.count > 1, abs(sum - 1) < 0.02 else {
      return Rejection("partial_occupancy", "\(name) has occupancy \(sites[i].occupancy)")
    }
    let names = together.map { sites[$0].label.isEmpty ? sites[$0].type : sites[$0].label }
    return Rejection("mixed_occupancy", "\(names.joined(separator: ", ")) share one place")
  }

  /// Applies the operations, and chooses among the elements that names may mean.
  ///
  /// Sites of one element that the operations bring to one place are one site written several times; of several elements they are
  /// refused.
  func unfolded(
    _ atoms: [Atom], _ stated: FormulaCounts?, lattice: Lattice, operations: [SymmetryOperation]
  ) throws(Rejection) -> Crystal {
    var all = try Crystal(
      lattice: lattice, sites: atoms.map { (z: $0.name.choices.first ?? 1, x: sites[$0.index].position) },
      operations: operations)
    var firstAtom: [Int?] = Array(repeating: nil, count: atoms.count)
    for (atom, index) in all.orbit.enumerated() where firstAtom[Int(index)] == nil { firstAtom[Int(index)] = atom }
    let metric = lattice.metric
    var repeated: Set<Int32> = []
    for (i, first) in firstAtom.enumerated() {
      guard let first else { continue }
      let x = all.fractionalCoordinates[first]
      // Orbits come in the order of their sites: the earlier atoms are the earlier sites'.
      for atom in 0..<first {
        let squared = squaredDistance(all.fractionalCoordinates[atom], x, metric)
        guard squared < Self.samePlace * Self.samePlace else { continue }
        let other = Int(all.orbit[atom])
        guard atoms[other].name.choices.first == atoms[i].name.choices.first else {
          let (a, b) = (atoms[other].index, atoms[i].index)
          throw Rejection(
            "atoms_overlap", "sites \(a + 1) (\(sites[a].label)) and \(b + 1) (\(sites[b].label)) are at one place")
        }
        repeated.insert(Int32(i))
        break
      }
    }
    if !repeated.isEmpty {
      let kept = all.orbit.indices.filter { !repeated.contains(all.orbit[$0]) }
      all = Crystal(
        lattice: lattice, atomicNumbers: kept.map { all.atomicNumbers[$0] },
        fractionalCoordinates: kept.map { all.fractionalCoordinates[$0] }, orbit: kept.map { all.orbit[$0] })
      all.mergedCopies = repeated.count
    }
    try chooseElements(atoms, stated, of: &all)
    return all
  }

  /// Gives every site the element that makes the file's formula, where its name can be read in several ways.
  private func chooseElements(
    _ atoms: [Atom], _ stated: FormulaCounts?, of crystal: inout Crystal
  ) throws(Rejection) {
    let groups = atoms.filter { !$0.name.group.isEmpty }
    guard !groups.isEmpty || atoms.contains(where: { $0.name.choices.count > 1 }) else { return }
    // Sites that are named alike are chosen alike.
    func stem(_ atom: Atom) -> String {
      let site = sites[atom.index]
      return site.type.isEmpty ? String(site.label.prefix { $0.isLetter }) : site.type
    }
    let stems = atoms.map(stem)
    let open = Array(Set(zip(stems, atoms).filter { $1.name.choices.count > 1 }.map(\.0))).sorted().prefix(6)
    var agrees = false
    if let stated {
      for choice in 0..<1 << open.count {
        var counts = [Int](repeating: 0, count: 119)
        func element(_ i: Int) -> Int {
          let choices = atoms[i].name.choices
          guard let k = open.firstIndex(of: stems[i]) else { return choices[0] }
          return choices[min(choice >> k & 1, choices.count - 1)]
        }
        for index in crystal.orbit { counts[element(Int(index))] += 1 }
        guard stated.isRatio(of: counts) else { continue }
        for i in crystal.orbit.indices { crystal.atomicNumbers[i] = UInt8(element(Int(crystal.orbit[i]))) }
        agrees = true
        break
      }
    }
    guard let group = groups.first, !agrees else { return }
    // Oxygen of water with its hydrogens in the list needs no formula to be understood.
    let isOxygen = groups.allSatisfy { $0.name.choices == [8] }
    if isOxygen, formula.isEmpty, atoms.contains(where: { $0.name.choices == [1] }) { return }
    throw Rejection(
      "group_site",
      "\(siteWords(group.index)): '\(group.name.group)' is a group of atoms, of which the file lists "
        + (formula.isEmpty ? "one place only" : "not all that its formula has: \(formula)"))
  }
}
