import Crystals

extension ProposalSummary {
  /// What the page draws.
  func proposalDistributions(
    _ sets: [[ProposedCrystal]], _ reference: [ProposedCrystal], _ training: [ProposedCrystal]
  ) -> [ProposalDistribution] {
    func numbers(
      _ name: String, _ label: String, _ unit: String, _ value: (ProposedCrystal) -> Double?
    ) -> ProposalDistribution {
      Self.histogram(name, label, unit, sets.map { $0.compactMap(value) }, reference.compactMap(value))
    }
    func kinds(
      _ name: String, _ label: String, _ categories: [String], _ shares: ([ProposedCrystal]) -> [Double]
    ) -> ProposalDistribution {
      ProposalDistribution(
        name: name, label: label, unit: "", categories: categories, edges: [], files: sets.map(shares),
        reference: shares(reference), training: shares(training))
    }
    let elements = Set((sets.joined() + reference + training).flatMap(\.formula.elements)).sorted()
    let symbols = elements.map { Element.symbol(Int($0)) }
    let places = Dictionary(uniqueKeysWithValues: zip(elements, 0...))
    var property = numbers(settings.property, settings.label, settings.unit, \.predicted)
    property.medians = sets.map { quantile($0.compactMap(\.predicted).sorted(), 0.5) }
    func cell(_ value: @escaping (Lattice) -> Double) -> (ProposedCrystal) -> Double? {
      { crystal in crystal.usableLattice.map(value).flatMap { $0.isFinite ? $0 : nil } }
    }
    func angle(below group: Int, _ value: @escaping (Lattice) -> Double) -> (ProposedCrystal) -> Double? {
      { crystal in crystal.spaceGroup < group ? cell(value)(crystal) : nil }
    }
    return [
      property,
      kinds("element", "share of all atoms", symbols) { Self.elementShares($0, places, ofAtoms: true) },
      kinds("element_crystals", "share of crystals that have the element", symbols) {
        Self.elementShares($0, places, ofAtoms: false)
      },
      kinds("space_group", "space group", (1...230).map(String.init)) { Self.shares($0, of: 230) { $0 - 1 } },
      kinds("crystal_lattice_system", "crystal-lattice system", CrystalLatticeSystem.allCases.map(\.name)) {
        Self.shares($0, of: CrystalLatticeSystem.allCases.count) { CrystalLatticeSystem(spaceGroup: $0).rawValue - 1 }
      },
      kinds("point_symmetry", "point symmetry", PointSymmetry.allCases.map(\.name)) {
        Self.shares($0, of: PointSymmetry.allCases.count) { PointSymmetry(spaceGroup: $0).rawValue - 1 }
      },
      numbers("a", "a", "Å", cell(\.lengths.x)), numbers("b", "b", "Å", cell(\.lengths.y)),
      numbers("c", "c", "Å", cell(\.lengths.z)),
      numbers("alpha", "alpha, triclinic crystals", "°", angle(below: 3, \.angles.x)),
      numbers("beta", "beta, triclinic and monoclinic crystals", "°", angle(below: 16, \.angles.y)),
      numbers("gamma", "gamma, triclinic crystals", "°", angle(below: 3, \.angles.z)),
      numbers("volume_per_atom", "volume an atom", "Å³") { crystal in
        crystal.usableLattice.map { $0.volume / Double(crystal.formula.atomCount) }
      },
    ]
  }

  /// The potential's values less the predictor's.
  var gapDistribution: ProposalDistribution {
    var gaps = Self.histogram(
      "gap", "\(settings.potential ?? "potential") less predictor", settings.unit,
      relaxed.map { $0.map { $0.relaxed - $0.predicted } }, [])
    gaps.medians = relaxed.map { pairs in quantile(pairs.map { $0.relaxed - $0.predicted }.sorted(), 0.5) }
    return gaps
  }

  private static func histogram(
    _ name: String, _ label: String, _ unit: String, _ sets: [[Double]], _ reference: [Double]
  ) -> ProposalDistribution {
    let edges = binEdges((sets.joined() + reference).filter(\.isFinite).sorted())
    return ProposalDistribution(
      name: name, label: label, unit: unit, categories: [], edges: edges, files: sets.map { binShares($0, edges) },
      reference: binShares(reference, edges), training: [])
  }

  /// Shares of categories that a group says.
  private static func shares(_ crystals: [ProposedCrystal], of count: Int, _ category: (Int) -> Int) -> [Double] {
    guard !crystals.isEmpty else { return [] }
    var counts = [Int](repeating: 0, count: count)
    for crystal in crystals { counts[category(crystal.spaceGroup)] += 1 }
    return counts.map { Double($0) / Double(crystals.count) }
  }

  private static func elementShares(_ crystals: [ProposedCrystal], _ places: [UInt8: Int], ofAtoms: Bool) -> [Double] {
    guard !crystals.isEmpty else { return [] }
    var counts = [Int](repeating: 0, count: places.count)
    for crystal in crystals {
      for (z, count) in zip(crystal.formula.elements, crystal.formula.counts) {
        if let place = places[z] { counts[place] += ofAtoms ? count : 1 }
      }
    }
    let total = ofAtoms ? counts.reduce(0, +) : crystals.count
    return counts.map { Double($0) / Double(max(1, total)) }
  }
}

extension ElementOccurrence {
  init(_ files: [[ProposedCrystal]], _ reference: [ProposedCrystal], _ training: [ProposedCrystal]) {
    let elements = Set((files.joined() + reference + training).flatMap(\.formula.elements)).sorted()
    let places = Dictionary(uniqueKeysWithValues: zip(elements, 0...))
    func shares(_ crystals: [ProposedCrystal]) -> [Double] {
      var counts = [Int](repeating: 0, count: elements.count * elements.count)
      for crystal in crystals {
        let own = crystal.formula.elements.compactMap { places[$0] }
        for i in own { for j in own { counts[i * elements.count + j] += 1 } }
      }
      return crystals.isEmpty ? [] : counts.map { Double($0) / Double(crystals.count) }
    }
    (self.elements, self.files) = (elements.map(Int.init), files.map(shares))
    (self.reference, self.training) = (shares(reference), shares(training))
  }
}
