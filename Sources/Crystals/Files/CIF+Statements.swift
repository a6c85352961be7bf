extension CIFBlock {
  /// The crystal that the block describes.
  ///
  /// Every way to read its symmetry is tried; the crystal must have all that the file says of it, and no other may.
  func crystal(_ options: ReadingOptions = ReadingOptions()) throws(Rejection) -> Crystal {
    let tiers = try symmetryReadings()
    let stated = FormulaCounts(formula)
    let atoms = try atoms(stated)
    var refusals: [Rejection] = []
    for tier in tiers {
      var fits: [(crystal: Crystal, source: String)] = []
      for reading in tier {
        do throws(Rejection) {
          let lattice = try lattice(reading.operations, trusting: options.trustSites)
          let crystal = try unfolded(atoms, stated, lattice: lattice, operations: reading.operations)
          if options.trustSites { return crystal }
          try check(crystal, atoms, stated, reading)
          try crystal.checkDistances(options) { siteWords(atoms[Int(crystal.orbit[$0])].index) }
          fits.append((crystal, reading.source))
        } catch {
          refusals.append(error)
        }
      }
      if fits.count == 1 { return fits[0].crystal }
      if !fits.isEmpty { return try Self.only(fits) }
    }
    // That a cell has not the symmetry of one of several settings says less than that its atoms are wrong.
    throw refusals.first { $0.code != "bad_cell" } ?? refusals.first
      ?? Rejection("unknown_symmetry", "no setting of the space group fits")
  }

  /// The crystal of several readings that all fit: they must be one crystal, or all others have atoms far too near to each other.
  private static func only(_ fits: [(crystal: Crystal, source: String)]) throws(Rejection) -> Crystal {
    let others = fits.dropFirst().filter { !$0.crystal.isCongruent(to: fits[0].crystal) }
    guard let other = others.first else { return fits[0].crystal }
    let roomy = fits.filter { $0.crystal.shortDistance(below: 0.7) == nil }
    if let first = roomy.first, roomy.allSatisfy({ $0.crystal.isCongruent(to: first.crystal) }),
      fits.allSatisfy({ fit in fit.crystal.isCongruent(to: first.crystal) || fit.crystal.shortDistance(below: 0.6) != nil })
    {
      return first.crystal
    }
    let sources =
      fits[0].source == other.source ? "two settings of \(other.source)" : "\(fits[0].source) and \(other.source)"
    throw Rejection(
      "ambiguous_setting",
      "\(sources) give different crystals (\(fits[0].crystal.count) and \(other.crystal.count) atoms), and nothing else in the "
        + "file tells which is meant: add operators, a Hall symbol or the origin, ':1' or ':2', to the symbol")
  }

  /// Compares a crystal with what the file says of its atoms.
  private func check(
    _ crystal: Crystal, _ atoms: [Atom], _ stated: FormulaCounts?, _ reading: SymmetryReading
  ) throws(Rejection) {
    var counts = [Int](repeating: 0, count: 119)
    for z in crystal.atomicNumbers { counts[Int(z)] += 1 }
    let agrees = stated?.isRatio(of: counts) ?? false
    if stated == nil, formula.contains(where: { "'\"_;".contains($0) }) || formula.first?.isNumber ?? false {
      throw Rejection("bad_formula", "'\(formula)' is no formula: the file is damaged there")
    }
    if let stated, !agrees { throw formulaMismatch(crystal, counts, stated) }
    if !agrees, let i = sites.firstIndex(where: { $0.attachedHydrogens > 0 }) {
      throw Rejection(
        "hydrogens_missing", "\(siteWords(i)) has \(sites[i].attachedHydrogens) hydrogens attached that are not listed")
    }
    // A label that says water beside a formula without hydrogen: nobody has listed them.
    if counts[1] == 0, let water = atoms.first(where: { $0.name.hasHydrogen }) {
      throw Rejection(
        "hydrogens_missing",
        "\(siteWords(water.index)): '\(water.name.group)' has hydrogens, and neither the sites nor the formula do")
    }
    try checkMultiplicities(crystal, atoms, reading)
    if let stated, let units = stated.units(in: counts), formulaUnits >= 1 {
      // Some programs state the whole cell's formula and count the reduced one, or the molecule's.
      let divisor = stated.divisor
      let isStated = (1...divisor).contains { k in
        divisor.isMultiple(of: k) && abs(units * Double(k) - formulaUnits) < 0.02 * formulaUnits
      }
      guard isStated else {
        throw Rejection(
          "formula_units_mismatch",
          "the cell as read by \(reading.source) has \(crystal.count) atoms, \(PlainText.fixed(units, digits: 2)) times "
            + "'\(formula)', the file says Z = \(PlainText.fixed(formulaUnits, digits: 0))")
      }
    }
    if density > 0, abs(crystal.density - density) > 0.1 * density {
      throw Rejection(
        "density_mismatch",
        "the cell as read by \(reading.source) has \(PlainText.fixed(crystal.density, digits: 2)) g/cm^3, the file says "
          + PlainText.fixed(density, digits: 2))
    }
  }

  private func formulaMismatch(_ crystal: Crystal, _ counts: [Int], _ stated: FormulaCounts) -> Rejection {
    var (bare, bareStated) = (counts, stated.counts)
    bare[1] = 0
    let hydrogens = bareStated.removeValue(forKey: 1) ?? 0
    let words = "the sites make \(crystal.reducedFormula), the file's formula is '\(formula)'"
    let heavy = Double(bare.reduce(0, +)) / max(1e-9, bareStated.values.reduce(0, +))
    let isOtherwiseRight = bare.indices.allSatisfy { z in
      abs(Double(bare[z]) - heavy * (bareStated[z] ?? 0)) <= 0.01 * heavy * max(1, bareStated[z] ?? 0)
    }
    if isOtherwiseRight, hydrogens * heavy > Double(counts[1]) {
      return Rejection("hydrogens_missing", "\(words): not all hydrogens are listed")
    }
    return Rejection("formula_mismatch", words)
  }

  /// The multiplicities must be those of the orbits; some programs write the order of the site symmetry in their place.
  private func checkMultiplicities(
    _ crystal: Crystal, _ atoms: [Atom], _ reading: SymmetryReading
  ) throws(Rejection) {
    guard sites.contains(where: { $0.multiplicity > 0 }) else { return }
    var orbits = [Int](repeating: 0, count: atoms.count)
    for index in crystal.orbit { orbits[Int(index)] += 1 }
    let told = atoms.indices.filter { sites[atoms[$0].index].multiplicity > 0 && orbits[$0] > 0 }
    func written(_ i: Int) -> Int { sites[atoms[i].index].multiplicity }
    guard let wrong = told.first(where: { written($0) != orbits[$0] }) else { return }
    let order = reading.operations.count
    let centrings = reading.operations.count { $0.rotation == [1, 0, 0, 0, 1, 0, 0, 0, 1] }
    if told.allSatisfy({ written($0) * orbits[$0] == order }) { return }
    // Rhombohedral axes with the multiplicities of hexagonal ones.
    let isRhombohedral = abs(angles.x - angles.z) < 1e-3 && abs(angles.x - 90) > 1e-3 && centrings == 1
    if isRhombohedral, told.allSatisfy({ written($0) == 3 * orbits[$0] }) { return }
    throw Rejection(
      "multiplicity_mismatch",
      "\(siteWords(atoms[wrong].index)) has \(orbits[wrong]) atoms in the cell as read by \(reading.source), the file says "
        + "\(written(wrong))")
  }
}

extension Crystal {
  /// Whether two crystals have the same lattice and the same distances between their atoms, as often.
  func isCongruent(to other: Crystal) -> Bool {
    guard count == other.count, atomicNumbers.sorted() == other.atomicNumbers.sorted(),
      (lattice.lengths - other.lattice.lengths).length < 1e-3, (lattice.angles - other.lattice.angles).length < 1e-3
    else { return false }
    // The same atoms as they stand, which is most often the case and soon seen.
    let metric = lattice.metric
    let isSame = zip(atomicNumbers, fractionalCoordinates).allSatisfy { z, x in
      other.fractionalCoordinates.indices.contains {
        other.atomicNumbers[$0] == z && squaredDistance(other.fractionalCoordinates[$0], x, metric) < 1e-4
      }
    }
    if isSame { return true }
    guard count <= 400 else { return false }
    let (a, b) = (distances(), other.distances())
    return zip(a, b).allSatisfy { $0.pair == $1.pair && abs($0.length - $1.length) < 1e-2 }
  }

  /// All distances with their pairs of elements, in order.
  private func distances() -> [(pair: Int, length: Double)] {
    let distance = PeriodicDistance(lattice)
    var list: [(pair: Int, length: Double)] = []
    for i in 0..<count {
      for k in 0..<i {
        let (a, b) = (Int(atomicNumbers[i]), Int(atomicNumbers[k]))
        list.append((256 * min(a, b) + max(a, b), distance(from: fractionalCoordinates[i], to: fractionalCoordinates[k])))
      }
    }
    return list.sorted { ($0.pair, $0.length) < ($1.pair, $1.length) }
  }
}
