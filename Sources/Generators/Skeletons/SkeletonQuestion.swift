import Crystals

/// How large skeletons are, and which elements they have, where nobody says; and how a training set describes them.
struct SkeletonLimits: Sendable {
  /// Atomic numbers of the training set.
  let elements: [UInt8]
  /// The most atoms of a primitive cell.
  let mostAtoms: Int
  let mostSites: Int
  private let prototypes: [Prototype: Int]

  init(_ statistics: DatasetStatistics) {
    elements = statistics.elementMask.indices.filter { statistics.elementMask[$0] }.map { UInt8($0 + 1) }
    mostSites = max(1, statistics.sites[1].count - 1)
    mostAtoms =
      statistics.prototypes.map { count in
        let group = SpaceGroup.numbered(count.prototype.spaceGroup)
        return count.prototype.wyckoffPositions.reduce(0) { $0 + group.wyckoffPositions[$1].multiplicity } / group.centrings
      }.max() ?? 20
    prototypes = Dictionary(statistics.prototypes.map { ($0.prototype, $0.count) }, uniquingKeysWith: +)
  }

  /// The same sites in that of their equivalent descriptions which the training set has most often; as they are where it has none.
  func usual(
    _ sites: [(element: UInt8, wyckoffPosition: Int)], spaceGroup: Int
  ) -> [(element: UInt8, wyckoffPosition: Int)] {
    let labels = ElementLabels.of(sites.map(\.element))
    func count(_ permutation: [Int]) -> Int {
      let positions = sites.map { permutation[$0.wyckoffPosition] }
      return prototypes[Prototype(spaceGroup: spaceGroup, wyckoffPositions: positions, elementLabels: labels)] ?? 0
    }
    let permutations = SpaceGroup.numbered(spaceGroup).wyckoffPermutations()
    let counts = permutations.map(count)
    guard let most = counts.max(), most > 0, let best = counts.firstIndex(of: most) else { return sites }
    return sites.map { ($0.element, permutations[best][$0.wyckoffPosition]) }
  }
}

/// What a blueprint leaves to be said, checked for what cannot be.
struct SkeletonQuestion: Sendable {
  /// What the network is told of it.
  private(set) var request: SkeletonRequest
  private let elements: [UInt8]
  private let required: Set<Int>
  private let composition: Blueprint.Composition?
  private let mostAtoms: Int
  private let mostSites: Int
  private let isNeutral: Bool

  struct Key: Hashable {
    let elements: [UInt8]
    let required: Set<Int>
    let counts: [Int]
    let content: String
    let limits: [Int]
    let isNeutral: Bool
  }
  /// The same for questions that are the same.
  var key: Key {
    Key(
      elements: elements, required: required, counts: composition?.formula.counts ?? [],
      content: composition.map { "\($0.content)" } ?? "", limits: [mostAtoms, mostSites], isNeutral: isNeutral)
  }

  /// - Throws: `Rejection`: `contradiction`, `unknown_element`, `no_elements`, `too_many_elements`.
  init(
    _ blueprint: Blueprint, _ limits: SkeletonLimits, _ conditions: PropertyEncoding? = nil
  ) throws(Rejection) {
    let chemistry = blueprint.chemistry
    func name(_ z: UInt8) -> String { Element.symbol(Int(z)) }
    if let z = chemistry.requiredElements.sorted().first(where: { !chemistry.allows(element: $0) }) {
      throw Rejection("contradiction", "\(name(z)) is required, and may not occur")
    }
    let seen = Set(limits.elements)
    let formula = blueprint.composition?.formula
    let asked = Set(formula?.elements ?? []).union(chemistry.requiredElements).union(chemistry.allowedElements)
    if let z = asked.sorted().first(where: { !seen.contains($0) }) {
      throw Rejection("unknown_element", "the model has never seen \(name(z))")
    }
    if let formula {
      if let z = formula.elements.first(where: { !chemistry.allows(element: $0) }) {
        throw Rejection("contradiction", "\(formula) has \(name(z)), which may not occur")
      }
      if let z = chemistry.requiredElements.sorted().first(where: { !formula.elements.contains($0) }) {
        throw Rejection("contradiction", "\(name(z)) is required, and \(formula) has none")
      }
      guard formula.elements.count <= 13, formula.atomCount <= 255 else {
        throw Rejection("too_many_elements", "\(formula) has more than 13 elements or 255 atoms")
      }
    }
    elements = (formula?.elements ?? limits.elements.filter { chemistry.allows(element: $0) }).sorted()
    guard !elements.isEmpty else { throw Rejection("no_elements", "no element is left that may occur") }
    let own = elements
    required = Set(chemistry.requiredElements.compactMap { own.firstIndex(of: $0) })
    composition = blueprint.composition.map {
      .init($0.content == .any ? $0.formula.reduced : $0.formula, content: $0.content)
    }
    mostAtoms = chemistry.mostAtoms ?? max(limits.mostAtoms, composition?.formula.atomCount ?? 0)
    mostSites = chemistry.mostSites ?? limits.mostSites
    isNeutral = chemistry.isNeutral
    if let formula, isNeutral,
      !ChargeBalance(own).isBalanced(
        formula.elements.indices.flatMap { i in
          [(element: Int, atoms: Int)](repeating: (own.firstIndex(of: formula.elements[i]) ?? 0, 1), count: formula.counts[i])
        })
    {
      throw Rejection("contradiction", "the charges of \(formula) do not balance in common oxidation states")
    }
    let isCell = composition?.content == .primitiveCell
    request =
      composition.map { asked in
        let f = isCell ? asked.formula : asked.formula.reduced
        return SkeletonRequest(composition: zip(f.elements, f.counts).map { ($0, $1) }, isPrimitiveCell: isCell)
      }
      ?? (own.count < limits.elements.count ? SkeletonRequest(elements: own) : SkeletonRequest())
    guard let conditions, !conditions.names.isEmpty else { return }
    let values = conditions.values(blueprint)
    request.conditions = conditions.row(values)
    request.asksProperties = values.contains { $0 != nil }
  }

  /// What a skeleton of a group is to be; nil where its cell is too large for the composition.
  func task(_ number: Int) -> SkeletonTask? {
    let group = SpaceGroup.numbered(number)
    var task = SkeletonTask(
      elements: elements, required: required, mostAtoms: mostAtoms * group.centrings, mostSites: mostSites, isNeutral: isNeutral
    )
    guard let composition else { return task }
    let counts = elements.map { z in
      composition.formula.elements.firstIndex(of: z).map { composition.formula.counts[$0] } ?? 0
    }
    let units: [Int]
    switch composition.content {
    case .any: units = Array(1...max(1, task.mostAtoms / max(1, composition.formula.atomCount)))
    case .formulaUnits(let n): units = [n]
    case .primitiveCell: units = [group.centrings]
    }
    task.contents = units.map { n in counts.map { $0 * n } }.filter {
      $0.allSatisfy { $0 < 256 } && $0.reduce(0, +) <= task.mostAtoms
    }
    // The composition says it.
    task.isNeutral = false
    return task.contents.isEmpty ? nil : task
  }

  /// That nothing fits.
  func impossible(_ groups: [Int]?) -> Rejection {
    let place =
      groups.map { "space group \($0.map { "\($0) (\(SpaceGroup.numbered($0).symbol))" }.joined(separator: ", "))" }
      ?? "any space group of the training set"
    let names = elements.map { Element.symbol(Int($0)) }
    let what =
      composition.map { "\($0.formula)" }
      ?? (names.count > 12 ? "such a skeleton" : "a skeleton of \(names.joined(separator: ", "))")
    let needs = required.isEmpty ? "" : " with \(required.sorted().map { names[$0] }.joined(separator: ", "))"
    return Rejection(
      "incompatible",
      "no assignment of atoms to Wyckoff positions puts \(what)\(needs) into \(place), with at most \(mostAtoms) atoms in the "
        + "primitive cell and \(mostSites) sites\(isNeutral ? ", and charges that balance" : "")")
  }
}
