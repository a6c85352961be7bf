public import Crystals
import Foundation
public import Tensors

/// Gives blueprints a composition: space group, number of formula units, and a Wyckoff position for every atom.
///
/// - The group: from the training set's counts, among those that can hold the composition.
/// - The cell and its positions: several are drawn exactly in proportion to the product of the shares of their orbits'
///   multiplicities, then one of those by the shares of the positions themselves and the chance of its number of sites.
public struct CompositionProposer: Proposer {
  /// What a conventional cell is to hold.
  public typealias Content = Blueprint.Composition.Content

  /// The cells of one group that hold the composition.
  private struct Choice: Sendable {
    let solver: CompositionCompatibility
    /// Factor of an orbit by its multiplicity.
    let orbitWeights: [Int: Double]
    /// Atoms of each element, the weight of all assignments together, and an assignment with few sites.
    var cells: [(atoms: [Int], weight: Double, small: CompositionCompatibility.Assignment)] = []
  }

  private let prior: SkeletonPrior
  private let elements: [UInt8]
  private var choices: [Int: Choice] = [:]

  /// How many assignments one is chosen from.
  static let candidates = 16

  /// The space groups that can hold the composition, of those asked for, in rising order.
  public var spaceGroups: [Int] { choices.keys.sorted() }

  /// - Parameter among: space groups to choose from; those of the training set where empty.
  /// - Throws: `Rejection`: `unknown_element` (no class), `incompatible` (no group holds it), `too_many_sites` (all that do need
  ///   more sites than the model has seen).
  public init(_ formula: Formula, content: Content = .any, among: [Int] = [], prior: SkeletonPrior) throws(Rejection) {
    self.prior = prior
    let formula = content == .any ? formula.reduced : formula
    elements = formula.elements
    if let z = elements.first(where: { $0 > BeliefBatch.elementClasses }) {
      throw Rejection(
        "unknown_element", "\(Element.symbol(Int(z))) is beyond the \(BeliefBatch.elementClasses) element classes")
    }
    let groups = among.isEmpty ? (1...230).filter { prior.statistics.spaceGroups[$0] > 0 } : among
    var isCompatible = false
    for number in groups {
      var choice = Self.choice(number, prior)
      for atoms in Self.contents(formula, content, SpaceGroup.numbered(number), choice.solver) {
        let weight = choice.solver.assignmentCount(atoms) { choice.orbitWeights[$0] ?? 0 }
        guard weight > 0 else { continue }
        isCompatible = true
        guard let small = Self.smallAssignment(choice.solver, atoms, atMost: prior.mostSites) else { continue }
        choice.cells.append((atoms, weight, small))
      }
      if !choice.cells.isEmpty { choices[number] = choice }
    }
    if choices.isEmpty { throw Self.failure(formula, content, among, tooManySites: isCompatible, prior.mostSites) }
  }

  private static func failure(
    _ formula: Formula, _ content: Content, _ among: [Int], tooManySites: Bool, _ most: Int
  ) -> Rejection {
    let groups =
      among.isEmpty
      ? "any space group of the training set"
      : "space group \(among.map { "\($0) (\(SpaceGroup.numbered($0).symbol))" }.joined(separator: ", "))"
    if tooManySites {
      return Rejection(
        "too_many_sites", "\(formula) takes more than \(most) sites in \(groups); the model has seen none with more")
    }
    let what =
      switch content {
      case .any: "\(formula)"
      case .formulaUnits(let z): "\(formula) with \(z) formula \(z == 1 ? "unit" : "units") in the conventional cell"
      case .primitiveCell: "\(formula) in the primitive cell"
      }
    return Rejection("incompatible", "no assignment of atoms to Wyckoff positions puts \(what) into \(groups)")
  }

  private static func choice(_ number: Int, _ prior: SkeletonPrior) -> Choice {
    let group = SpaceGroup.numbered(number)
    let byMultiplicity = Dictionary(grouping: group.wyckoffPositions.indices) { group.wyckoffPositions[$0].multiplicity }
    return Choice(
      solver: CompositionCompatibility(group),
      orbitWeights: byMultiplicity.mapValues { indices in
        indices.reduce(0) { $0 + prior.positions[number][$1] } / Double(indices.count)
      })
  }

  /// The contents of a conventional cell that may be tried.
  private static func contents(
    _ formula: Formula, _ content: Content, _ group: SpaceGroup, _ solver: CompositionCompatibility
  ) -> [[Int]] {
    switch content {
    case .any:
      // Up to 24 atoms or 4 formula units in a primitive cell; more where the smallest orbits do not allow for so few.
      let most = max(24, 4 * formula.atomCount) * group.centrings
      let units = solver.formulaUnits(formula.counts, atMost: most)
      let found = units.isEmpty ? solver.formulaUnits(formula.counts, atMost: 8 * most) : units
      return found.map { z in formula.counts.map { $0 * z } }
    case .formulaUnits(let z): return [formula.counts.map { $0 * z }]
    case .primitiveCell: return solver.conventional(formula.counts).map { [$0] } ?? []
    }
  }

  /// An assignment with as few sites as there are, or nearly, where that is not more than a limit.
  private static func smallAssignment(
    _ solver: CompositionCompatibility, _ atoms: [Int], atMost limit: Int
  ) -> CompositionCompatibility.Assignment? {
    // As small as doubles allow: a site more makes an assignment so much less likely.
    let weight = pow(10, -280 / Double(limit + 1))
    var random = RandomStream(seed: 0, purpose: "few sites")
    let assignment = solver.randomAssignment(atoms, orbitWeight: { _ in weight }, using: &random)
    return assignment.flatMap { $0.reduce(0) { $0 + $1.count } <= limit ? $0 : nil }
  }

  /// Draws a group that holds the formula, then a skeleton with its elements.
  ///
  /// - Throws: `Rejection` where none fits what is there.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    guard blueprint.sites.isEmpty else { return blueprint }
    if let z = elements.first(where: { !blueprint.chemistry.allows(element: $0) }) {
      throw Rejection("element_not_allowed", "\(Element.symbol(Int(z))) is not among the elements that may occur")
    }
    var random = RandomStream(seed: seed, purpose: "skeleton", index: UInt64(index))
    let own = draw(&random)
    var blueprint = blueprint
    blueprint.spaceGroup = own.spaceGroup
    blueprint.take(own.sites)
    return blueprint
  }

  /// Draws a group, a cell and its positions.
  public func draw(_ random: inout RandomStream) -> Blueprint {
    let number = prior.statistics.drawSpaceGroup(among: spaceGroups, &random)
    guard let choice = choices[number] else { preconditionFailure("a group that was not asked for") }
    let heaviest = choice.cells.map(\.weight).max() ?? 1
    let weights = choice.cells.map { Float($0.weight / heaviest) }
    var drawn: [CompositionCompatibility.Assignment] = []
    for _ in 0..<Self.candidates {
      let cell = choice.cells[Self.pick(weights, &random)]
      let assignment = choice.solver.randomAssignment(
        cell.atoms, orbitWeight: { choice.orbitWeights[$0] ?? 0 }, using: &random)
      if let assignment { drawn.append(assignment) }
    }
    let scores = drawn.map { score($0, number, choice) }
    let top = scores.max() ?? -.infinity
    if top == -.infinity { return blueprint(choice.cells[Self.pick(weights, &random)].small, number) }
    return blueprint(drawn[Self.pick(scores.map { Float(exp($0 - top)) }, &random)], number)
  }

  private static func pick(_ weights: [Float], _ random: inout RandomStream) -> Int { random.index(weights: weights.span) }

  /// ln of how much more likely an assignment is than its orbits' multiplicities say.
  private func score(_ assignment: CompositionCompatibility.Assignment, _ number: Int, _ choice: Choice) -> Double {
    let positions = SpaceGroup.numbered(number).wyckoffPositions
    let sites = assignment.joined()
    guard sites.count <= prior.mostSites else { return -.infinity }
    return sites.reduce(log(prior.siteCounts[number][sites.count])) {
      $0 + log(prior.positions[number][$1] / (choice.orbitWeights[positions[$1].multiplicity] ?? 1))
    }
  }

  private func blueprint(_ assignment: CompositionCompatibility.Assignment, _ number: Int) -> Blueprint {
    Blueprint(
      spaceGroup: number,
      sites: zip(elements, assignment).flatMap { element, positions in
        positions.map { (element: element, wyckoffPosition: $0) }
      })
  }
}

extension SkeletonPrior {
  /// A proposer of what a unit's primitive cell holds; nothing else of the unit is looked at.
  ///
  /// - Throws: as `CompositionProposer.init`.
  public func proposer(like unit: AsymmetricUnit) throws(Rejection) -> CompositionProposer {
    let atoms = try Blueprint(unit).atoms
    let centrings = SpaceGroup.numbered(unit.spaceGroup).centrings
    let elements = atoms.keys.sorted()
    return try CompositionProposer(
      Formula(elements: elements, counts: elements.map { (atoms[$0] ?? 0) / centrings }), content: .primitiveCell, prior: self)
  }

  /// Whether blueprints can be made for a target; quick, as the target's own is one of them unless the model has not seen its like.
  ///
  /// - Throws: as `Blueprint.init` and `proposer(like:)`.
  public func check(_ target: AsymmetricUnit, knownWyckoff: Bool) throws(Rejection) {
    let blueprint = try Blueprint(target)
    if knownWyckoff { return }
    if statistics.spaceGroups[target.spaceGroup] == 0 || blueprint.sites.count > mostSites { _ = try proposer(like: target) }
  }
}
