extension CIFBlock {
  /// Two sites nearer than this are at one place, in angstrom.
  static let samePlace = 0.1

  /// The element of every site, once it is sure that all sites are whole atoms somewhere.
  func checkedElements() throws(Rejection) -> [Int] {
    let counts = Self.counts(formula: formula)
    var elements: [Int] = []
    for (i, site) in sites.enumerated() {
      let name = "site \(i + 1) (\(site.label.isEmpty ? site.type : site.label))"
      guard !site.isDummy else { throw Rejection("dummy_atom", "\(name) is declared a dummy, not an atom") }
      elements.append(try CIF.atomicNumber(type: site.type, label: site.label, formula: counts))
      guard site.occupancy.isFinite, site.occupancy >= 0, site.occupancy < 1.02 else {
        throw Rejection("bad_occupancy", "\(name) has no occupancy between 0 and 1")
      }
      guard abs(site.occupancy - 1) < 1e-3 || site.occupancy > 1 else {
        throw partialOccupancy(site: i, name: name)
      }
      guard !site.isDisordered else { throw Rejection("disorder", "\(name) belongs to a disorder group") }
      let x = site.position
      guard x.sum().isFinite, abs(x.max()) < 1e4, abs(x.min()) < 1e4 else {
        throw Rejection("bad_coordinates", "\(name) has no usable coordinates")
      }
    }
    return elements
  }

  /// Tells a site that several kinds of atoms fill together from one that is empty in part of the cells.
  private func partialOccupancy(site i: Int, name: String) -> Rejection {
    let lattice = Lattice(lengths: lengths, angles: angles)
    let together = sites.indices.filter { k in
      var d = sites[k].position - sites[i].position
      d -= d.rounded(.toNearestOrEven)
      return k == i || lattice.cartesian(d).length < Self.samePlace
    }
    let sum = together.reduce(0.0) { $0 + sites[$1].occupancy }
    guard together.count > 1, abs(sum - 1) < 0.02 else {
      return Rejection("partial_occupancy", "\(name) has occupancy \(sites[i].occupancy)")
    }
    let names = together.map { sites[$0].label.isEmpty ? sites[$0].type : sites[$0].label }
    return Rejection("mixed_occupancy", "\(names.joined(separator: ", ")) share one place")
  }

  /// Applies the operations; sites that fall on one place are refused, unless they are the same site written twice.
  func unfolded(
    _ elements: [Int], lattice: Lattice, operations: [SymmetryOperation]
  ) throws(Rejection) -> Crystal {
    let all = try Crystal(
      lattice: lattice, sites: zip(elements, sites).map { (z: $0, x: $1.position) }, operations: operations)
    var firstAtom: [Int?] = Array(repeating: nil, count: sites.count)
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
        guard elements[other] == elements[i], sites[other].label == sites[i].label else {
          throw Rejection(
            "atoms_overlap", "sites \(other + 1) (\(sites[other].label)) and \(i + 1) (\(sites[i].label)) are at one place")
        }
        repeated.insert(Int32(i))
        break
      }
    }
    if repeated.isEmpty { return all }
    let kept = all.orbit.indices.filter { !repeated.contains(all.orbit[$0]) }
    return Crystal(
      lattice: lattice, atomicNumbers: kept.map { all.atomicNumbers[$0] },
      fractionalCoordinates: kept.map { all.fractionalCoordinates[$0] }, orbit: kept.map { all.orbit[$0] })
  }
}

extension CIF {
  /// The element of a type symbol or an atom label: `Fe`, `Fe3+`, `Fe1`, `FE`, `OW1`, `D`.
  ///
  /// - Parameters:
  ///   - type: type symbol, empty where the file has none.
  ///   - label: atom label, used where the type symbol is empty.
  ///   - formula: the elements of the file's formula, if it has one; decides where a label can be read in two ways.
  static func atomicNumber(type: String, label: String, formula: [Int: Double] = [:]) throws(Rejection) -> Int {
    let name = type.isEmpty ? label : type
    guard !name.isEmpty else { throw Rejection("unknown_element", "a site has neither type symbol nor label") }
    let letters = name.prefix { $0.isLetter && $0.isASCII }
    let upper = letters.uppercased()
    // Names for what is no atom; the first letters of some would make elements.
    if ["DUM", "DU", "VAC", "WAT", "ANI", "CNT", "XX"].contains(upper) {
      throw Rejection("unknown_element", "'\(name)' is no element")
    }
    let two = upper.count < 2 ? nil : Element.atomicNumber(upper.prefix(1) + upper.dropFirst().prefix(1).lowercased())
    let one = Element.atomicNumber(String(upper.prefix(1)))
    // The formula decides where both readings are elements: CO1 may be cobalt or a carbon.
    if let two, let one {
      let isWritten = letters.dropFirst().first?.isLowercase ?? false
      if !isWritten, formula[two] == nil, formula[one] != nil { return one }
      return two
    }
    if let two { return two }
    // T is tritium by its type symbol; as a label it is more often a tetrahedral site of some element.
    if let one, !(type.isEmpty && upper == "T" && !formula.isEmpty && formula[1] == nil) { return one }
    throw Rejection("unknown_element", "'\(name)' is no element")
  }
}
