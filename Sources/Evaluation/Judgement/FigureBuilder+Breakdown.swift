import Crystals

// The same shares for parts of the set: what kind of crystal is stable, and what kind is not.

extension FigureBuilder {
  /// Stable, unique and novel by number of elements, crystal system and how common the template is in training.
  func breakdownFigures() -> [Figure] {
    guard results.hasEnergies, !input.reference.train.isEmpty, results.count > 0 else { return [] }
    var figures: [Figure] = []
    func add(_ name: String, _ label: String, _ members: [Int]) {
      guard !members.isEmpty else { return }
      for limit in ["0.0", "0.1"] {
        let isStable = { (i: Int) in results.isStable(i, within: Double(limit) ?? 0) && results.isUniqueAndNovel(i) }
        figures.append(
          rate(
            "sun_\(limit)_\(name)", "S.U.N. at \(limit), \(label)", .breakdown, members.count(where: isStable),
            of: members.count))
      }
    }
    let all = Array(0..<results.count)
    for n in Set(results.measures.map(\.elements.count)).sorted() where n > 0 {
      add("elements_\(n)", n == 1 ? "1 element" : "\(n) elements", all.filter { results.measures[$0].elements.count == n })
    }
    for (system, groups) in crystalSystems {
      add(system, system, all.filter { groups.contains(results.spaceGroup[$0]) })
    }
    guard !input.reference.trainTemplates.isEmpty else { return figures }
    let counts = input.reference.trainTemplateCounts
    func frequency(_ i: Int) -> Int? { results.templates[i].map { counts[$0] ?? 0 } }
    add("template_new", "on templates that no training crystal has", all.filter { frequency($0) == 0 })
    for (name, range) in [("1_3", 1...3), ("4_10", 4...10), ("11_100", 11...100), ("over_100", 101...Int.max)] {
      let words = range.upperBound == .max ? "more than 100" : "\(range.lowerBound) to \(range.upperBound)"
      add(
        "template_\(name)", "on templates of \(words) training crystals",
        all.filter { frequency($0).map { range.contains($0) } ?? false })
    }
    return figures
  }

  private var crystalSystems: [(name: String, groups: ClosedRange<Int>)] {
    [
      ("triclinic", 1...2), ("monoclinic", 3...15), ("orthorhombic", 16...74), ("tetragonal", 75...142),
      ("trigonal", 143...167),
      ("hexagonal", 168...194), ("cubic", 195...230),
    ]
  }

  /// How far relaxation moves: atoms (root mean square with the mean taken off, in angstrom) and volume, where atoms can be told apart.
  func relaxationFigures() -> [Figure] {
    var displacements: [Double] = []
    var volumes: [Double] = []
    for crystal in input.crystals {
      guard let initial = crystal.initial, crystal.isRelaxed == true else { continue }
      let relaxed = crystal.kept ?? crystal.crystal
      guard initial.atomicNumbers == relaxed.atomicNumbers, initial.lattice.isUsable, relaxed.lattice.isUsable else { continue }
      volumes.append(relaxed.lattice.volume / initial.lattice.volume - 1)
      var steps = zip(relaxed.fractionalCoordinates, initial.fractionalCoordinates).map { a, b in
        let d = a - b
        return relaxed.lattice.cartesian(d - d.rounded(.toNearestOrEven))
      }
      let mean = steps.reduce(Vector3.zero, +) / Double(max(1, steps.count))
      steps = steps.map { $0 - mean }
      displacements.append((steps.reduce(0) { $0 + $1.dot($1) } / Double(max(1, steps.count))).squareRoot())
    }
    guard !volumes.isEmpty else { return [] }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    return [
      number(
        "displacement", "displacement by relaxation, rms a crystal, mean", .stability,
        displacements.reduce(0, +) / Double(displacements.count), unit: "Å", better: false),
      number(
        "displacement_median", "displacement by relaxation, median", .stability, median(displacements), unit: "Å", better: false
      ),
      number(
        "volume_change", "volume change by relaxation, mean", .stability, volumes.reduce(0, +) / Double(volumes.count)),
      number(
        "volume_change_absolute", "volume change by relaxation, mean of magnitudes", .stability,
        volumes.reduce(0) { $0 + abs($1) } / Double(volumes.count), better: false),
    ]
  }
}
