import Crystals
import Foundation
import Testing

@testable import Potentials

/// Seconds on one thread against the Python package's, as recorded in the reference; run alone with FRIEZE_BENCH=1.
@Suite(
  "CHGNet's speed", .serialized,
  .enabled(
    if: ProcessInfo.processInfo.environment["FRIEZE_BENCH"] != nil && CHGNetReference.weightsPath != nil,
    "FRIEZE_BENCH is not set, or CHGNet's weights are not at hand"))
struct CHGNetSpeed {
  /// Processor time, which other programs on the machine disturb less than they do the clock on the wall.
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    try (0..<3).map { _ in
      let start = clock()
      try body()
      return Double(clock() - start) / Double(CLOCKS_PER_SEC)
    }.min() ?? 0
  }

  @Test("energy, forces and stress an atom")
  func evaluation() throws {
    let network = try CHGNet(parameters: CHGNetReference.parameters())
    let numbers = try CHGNetReference.numbers.get()
    let plain = numbers.records.map(\.crystal)
    let symmetric = plain.compactMap { try? AsymmetricUnit.standardize($0, symprec: 0.1).conventional }
    for (what, crystals) in [("P1", plain), ("symmetric, primitive atoms", symmetric)] {
      // A conventional cell counts as its primitive one: that is what the reference was timed on.
      let atoms = crystals.reduce(0) {
        $0 + $1.count / ($1.spaceGroup > 0 ? SpaceGroup.numbered($1.spaceGroup).centrings : 1)
      }
      let time = try Self.seconds { _ = try network.evaluate(crystals) }
      let alone = try Self.seconds { for c in crystals { _ = try network.evaluate([c]) } }
      let graphs = Self.seconds { for c in crystals { _ = try? BondGraph(c, cutoff: 6, angleCutoff: 3) } }
      let rows = crystals.compactMap { try? BondGraph($0, cutoff: 6, angleCutoff: 3) }.reduce((0, 0)) {
        ($0.0 + $1.edges.count, $0.1 + $1.angles.count)
      }
      let perAtom = 1e3 * time / Double(atoms)
      print(
        "\(what): \(crystals.count) crystals, \(atoms) atoms, \(rows.0) edges, \(rows.1) angles: \(perAtom) ms an atom,",
        "\(8 / perAtom) times the reference; one at a time \(1e3 * alone / Double(atoms)) ms, graphs \(1e3 * graphs / Double(atoms)) ms"
      )
      #expect(perAtom < 0.8)
    }
  }

  @Test("relaxation")
  func relaxation() throws {
    let network = try CHGNet(parameters: CHGNetReference.parameters())
    let relaxed = try CHGNetReference.numbers.get().relaxed
    let inputs = relaxed.map { RelaxationInput(crystal: $0.start.crystal) }
    var results: [RelaxationResult] = []
    let time = try Self.seconds { results = try relax(inputs, with: network) }
    let reference = relaxed.reduce(0) { $0 + $1.seconds }
    print("relaxing \(inputs.count) rattled crystals in P1: \(time) s, \(reference / time) times the reference")
    for (r, s) in zip(results, relaxed) {
      print(s.id, r.steps, s.n_steps, r.energy / Double(r.crystal.count) - s.final_e, r.outcome)
    }
    #expect(time * 10 < reference)
  }

  /// One line of the table: who, processor time a crystal, how much faster than the reference's steps would be, and how they ended.
  private func relaxations(_ what: String, _ inputs: [RelaxationInput], _ options: RelaxationOptions) throws -> Double {
    let network = try CHGNet(parameters: CHGNetReference.parameters())
    var results: [RelaxationResult] = []
    let start = clock()
    results = try relax(inputs, with: network, options: options)
    let time = Double(clock() - start) / Double(CLOCKS_PER_SEC)
    // The reference at 8 ms an atom and evaluation, in as many steps as ours; it would work on the primitive cell.
    var reference = 0.0
    for (input, result) in zip(inputs, results) {
      let group = input.crystal.spaceGroup
      let atoms = input.crystal.count / (group > 0 ? SpaceGroup.numbered(group).centrings : 1)
      reference += 0.008 * Double(atoms * (result.steps + 1))
    }
    let outcomes = Dictionary(grouping: results, by: \.outcome.name).mapValues(\.count).sorted { $0.key < $1.key }
    let steps = results.map(\.steps).sorted()
    print(
      "\(what): \(inputs.count) crystals, \(inputs.reduce(0) { $0 + $1.crystal.count }) atoms in their cells,",
      "\(time / Double(inputs.count)) s a crystal, \(reference / time) times the reference;",
      "steps: median \(steps[steps.count / 2]), mean \(Double(steps.reduce(0, +)) / Double(steps.count)), most \(steps.last ?? 0);",
      outcomes.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
    #expect(results.count { $0.converged } * 10 >= inputs.count * 9)
    for (input, result) in zip(inputs, results) where !options.free && input.crystal.spaceGroup > 0 {
      let group = input.crystal.spaceGroup
      #expect(result.crystal.spaceGroup == group)
      let found = SymmetrySearch.spaceGroupNumber(result.crystal, symprec: 1e-3)
      if found != group { print("  \(input.crystal.reducedFormula): group \(group), found \(found ?? 0)") }
      #expect(found ?? 0 >= group, "\(input.crystal.reducedFormula)")
    }
    return reference / time
  }

  @Test(
    "100 rattled crystals of MP-20, with and without symmetry", .enabled(if: TestTables.mp20 != nil, "MP-20 is not at hand"))
  func rattled() throws {
    var free = RelaxationOptions()
    free.free = true
    let symmetric = try RattledCrystals.symmetric(100)
    let (plain, fast) = try (
      relaxations("each atom moved, no symmetry", RattledCrystals.free(100), free),
      relaxations("moved within the group, relaxed within it", symmetric, RelaxationOptions())
    )
    _ = try relaxations("the same starts, relaxed freely", symmetric, free)
    #expect(plain > 10 && fast > 20)
  }

  @Test("relaxing every crystal of the reference within its group: outcomes, groups, time")
  func outcomes() throws {
    let network = try CHGNet(parameters: CHGNetReference.parameters())
    let inputs = try CHGNetReference.numbers.get().records.compactMap { record -> RelaxationInput? in
      guard let found = try? AsymmetricUnit.standardize(record.crystal, symprec: 0.1) else { return nil }
      return RelaxationInput(crystal: found.conventional, asymmetricUnit: found.unit)
    }
    var results: [RelaxationResult] = []
    let time = try Self.seconds { results = try relax(inputs, with: network) }
    var table: [String: Int] = [:]
    var risen = 0
    for (input, result) in zip(inputs, results) {
      table[result.outcome.name, default: 0] += 1
      let group = SymmetrySearch.spaceGroupNumber(result.crystal, symprec: 1e-3)
      let before = SymmetrySearch.spaceGroupNumber(input.crystal, symprec: 1e-3)
      if group != before { risen += 1 }
      #expect(
        group ?? 0 >= input.crystal.spaceGroup, "\(input.crystal.reducedFormula): \(input.crystal.spaceGroup) to \(group ?? 0)")
      #expect(CrystalSymmetry(result.crystal, tolerance: 1e-9) != nil || input.crystal.spaceGroup == 1)
    }
    print("\(inputs.count) crystals within their groups: \(time) s, outcomes \(table), groups that changed: \(risen)")
    #expect(table["converged"] ?? 0 >= inputs.count * 95 / 100)
  }
}
