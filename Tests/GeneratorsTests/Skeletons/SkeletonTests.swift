import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

@Suite("Skeletons") struct SkeletonTests {
  private static var options: SkeletonConfiguration {
    var options = SkeletonConfiguration()
    (options.network.width, options.network.layers, options.network.heads, options.network.embedding) = (16, 2, 2, 8)
    (options.training.batch, options.training.learningRate, options.training.warmUpSteps) = (24, 0.01, 0)
    (options.training.schedule, options.training.averageDecay) = (.plateau, 0.9)
    return options
  }

  private static let units = CompositionTests.units
  private static let statistics = DatasetStatistics(units)

  /// A proposer with parameters that nobody trained: anything that is not masked may come.
  private static func proposer(among: [Int] = []) -> any Proposer {
    let method = Skeletons(options, statistics: statistics)
    return method.proposer(Parameters(method.layout.initialParameters(seed: 5)), among: among)
  }

  @Test("the gradient is that of the losses")
  func gradient() throws {
    let trainer = try Trainer<Skeletons>(
      Self.options, training: TrainingData(Self.units), validation: TrainingData([]), seed: 1, threads: 1)
    let method = Skeletons(Self.options, statistics: Self.statistics)
    let examples = try method.examples(TrainingData(Array(Self.units.prefix(40))), isTraining: true, threads: 1)
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    let values = trainer.optimizer.parameters.values
    let gradient = try trainer.gradients(examples, randoms, Parameters(values)).gradient
    let check = try GradientCheck(parameters: values, gradient: gradient, largestStep: 0.003) {
      try trainer.gradients(examples, randoms, Parameters($0)).losses.objective
    }
    for entry in method.layout.entries {
      let wrong = try check.disagreements(entry.range, tolerance: 0.03, directions: 2)
      #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
    }
  }

  @Test("training lowers all four losses, and what is learnt is drawn")
  func learning() throws {
    // Rock salts and perovskites alone.
    let units = (0..<60).map { i -> AsymmetricUnit in
      let isSalt = i.isMultiple(of: 2)
      let sites: [(UInt8, String)] = isSalt ? [(11, "a"), (17, "b")] : [(38, "a"), (22, "b"), (8, "c")]
      let group = SpaceGroup.numbered(isSalt ? 225 : 221)
      return AsymmetricUnit(
        spaceGroup: group.number, latticeLogMetric: LatticeLogMetric(k: [0, 0, 0, 0, 0, 1.5]),
        sites: sites.map { z, letter in
          let position = group.wyckoffPositions[group.positionIndex(lettered: letter.utf8.first ?? 0) ?? 0]
          return Site(
            atomicNumber: z, position: .zero, siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: position.letter,
            multiplicity: position.multiplicity)
        })
    }
    var trainer = try Trainer<Skeletons>(
      Self.options, training: TrainingData(units), validation: TrainingData([]), seed: 1, threads: 1)
    while trainer.epoch < 60 { if try trainer.step() { try trainer.endEpoch(seconds: 0) } }
    let (first, last) = (trainer.history[0].training.values, trainer.history[59].training.values)
    #expect(zip(first, last).allSatisfy { $1 < 0.5 * $0 }, "\(first) \(last)")
    let learnt = trainer.learner.proposer(Parameters(trainer.optimizer.average), among: [])
    var right = 0
    for index in 0..<40 {
      let drawn = try learnt.complete(Blueprint(), index: index, seed: 2)
      let atoms = drawn.atoms
      right += atoms == [11: 4, 17: 4] || atoms == [38: 1, 22: 1, 8: 3] ? 1 : 0
    }
    #expect(right > 25, "\(right) of 40")
  }

  @Test("what is asked for is what is drawn, whatever the network says, and the same for the same number")
  func requests() throws {
    var asked: [Blueprint] = []
    func ask(_ body: (inout Blueprint) throws -> Void) rethrows {
      var blueprint = Blueprint()
      try body(&blueprint)
      asked.append(blueprint)
    }
    ask { _ in }
    ask { ($0.chemistry.allowedElements, $0.chemistry.requiredElements) = ([3, 8, 15, 26], [3, 26]) }
    ask { ($0.chemistry.excludedElements, $0.chemistry.mostSites) = ([8, 9, 17], 2) }
    ask { ($0.chemistry.mostAtoms, $0.chemistry.requiredElements) = (6, [8]) }
    ask { $0.chemistry.isNeutral = true }
    ask { ($0.chemistry.isNeutral, $0.chemistry.allowedElements, $0.spaceGroup) = (true, [3, 8, 26], 62) }
    try ask { $0.composition = .init(try Formula("SrTiO3")) }
    try ask { ($0.composition, $0.spaceGroup) = (.init(try Formula("NaCl"), content: .formulaUnits(4)), 225) }
    try ask { $0.composition = .init(try Formula("Na2Cl2"), content: .primitiveCell) }
    ask {
      $0 = Blueprint(spaceGroup: 225, sites: [(element: 22, wyckoffPosition: 0)])
      $0.begin(with: $0.sites)
    }
    let proposer = Self.proposer()
    for (number, blueprint) in asked.enumerated() {
      for index in 0..<60 {
        let drawn = try proposer.complete(blueprint, index: index, seed: 4)
        #expect(try drawn == proposer.complete(blueprint, index: index, seed: 4))
        Self.check(drawn, blueprint, "request \(number), draw \(index)")
      }
    }
  }

  /// Whether a blueprint is a skeleton that was asked for.
  private static func check(_ drawn: Blueprint, _ asked: Blueprint, _ name: String) {
    guard let number = drawn.spaceGroup, drawn.isComplete, !drawn.sites.isEmpty else {
      Issue.record("\(name): not complete")
      return
    }
    let group = SpaceGroup.numbered(number)
    let (chemistry, atoms) = (asked.chemistry, drawn.atoms)
    #expect(asked.spaceGroup == nil || asked.spaceGroup == number, "\(name)")
    let points = drawn.sites.map(\.wyckoffPosition).filter { group.wyckoffPositions[$0].degreesOfFreedom == 0 }
    #expect(Set(points).count == points.count, "\(name): a position without freedom twice")
    #expect(atoms.keys.allSatisfy { chemistry.allows(element: $0) && statistics.elements[Int($0)] > 0 }, "\(name)")
    #expect(chemistry.requiredElements.isSubset(of: atoms.keys), "\(name)")
    #expect(drawn.sites.count <= chemistry.mostSites ?? 9, "\(name)")
    if let most = chemistry.mostAtoms { #expect(atoms.values.reduce(0, +) <= most * group.centrings, "\(name)") }
    if chemistry.isNeutral {
      let elements = atoms.keys.sorted()
      let sites = drawn.sites.map { (element: elements.firstIndex(of: $0.element ?? 0) ?? 0, atoms: $0.multiplicity) }
      #expect(ChargeBalance(elements).isBalanced(sites), "\(name)")
    }
    if let composition = asked.composition {
      let formula = composition.formula
      let counts = formula.elements.map { atoms[$0] ?? 0 }
      #expect(Set(formula.elements) == Set(atoms.keys), "\(name)")
      switch composition.content {
      case .any: #expect(Formula(elements: formula.elements, counts: counts).reduced == formula.reduced, "\(name)")
      case .formulaUnits(let n): #expect(counts == formula.counts.map { n * $0 }, "\(name)")
      case .primitiveCell: #expect(counts == formula.counts.map { group.centrings * $0 }, "\(name)")
      }
    }
    for site in asked.sites {
      #expect(
        drawn.sites.contains { $0.wyckoffPosition == site.wyckoffPosition && $0.element == site.element ?? $0.element },
        "\(name)")
    }
  }

  @Test("a prototype keeps its positions and gets elements, those that are given staying")
  func prototype() throws {
    let perovskite = Blueprint(
      spaceGroup: 221,
      sites: [(element: 38, wyckoffPosition: 0), (element: 22, wyckoffPosition: 1), (element: 8, wyckoffPosition: 2)])
    var open = perovskite
    open.take(
      perovskite.sites.map {
        Blueprint.Site(
          spaceGroup: 221, wyckoffPosition: $0.wyckoffPosition, elementLabel: $0.elementLabel,
          element: $0.element == 8 ? 8 : nil)
      })
    open.chemistry.isNeutral = true
    open.chemistry.requiredElements = [20]
    var seen: Set<[UInt8: Int]> = []
    for index in 0..<40 {
      let drawn = try Self.proposer().complete(open, index: index, seed: 1)
      #expect(drawn.sites.map(\.wyckoffPosition) == [0, 1, 2] && drawn.sites[2].element == 8)
      #expect(drawn.atoms.count == 3)
      Self.check(drawn, open, "draw \(index)")
      seen.insert(drawn.atoms)
    }
    #expect(seen.count > 5)
  }

  @Test("a skeleton's surprisal is the same for other orders drawn and for its sites in another order")
  func surprisal() throws {
    var options = Self.options
    options.sampling.temperature = 1
    let method = Skeletons(options, statistics: Self.statistics)
    let parameters = Parameters(method.layout.initialParameters(seed: 5))
    let judge = try #require(method.proposer(parameters, among: []) as? any SkeletonJudge)
    // All orders of three sites that differ: six; a mean over many drawn is near that over all.
    let blueprint = Blueprint(
      spaceGroup: 225, sites: [(11, 0), (17, 1), (9, 2)].map { (element: $0.0, wyckoffPosition: $0.1) })
    var asked = Blueprint()
    asked.spaceGroup = 225
    let few = try judge.surprisals(of: [blueprint], asked: asked, orders: 600, seed: 1)[0]
    let many = try judge.surprisals(of: [blueprint], asked: asked, orders: 600, seed: 2)[0]
    #expect(abs(few - many) < 0.05, "\(few) \(many)")
    let turned = Blueprint(
      spaceGroup: 225, sites: [(9, 2), (17, 1), (11, 0)].map { (element: $0.0, wyckoffPosition: $0.1) })
    #expect(abs(try judge.surprisals(of: [turned], asked: asked, orders: 600, seed: 1)[0] - few) < 0.05)
  }

  @Test("screens keep what they say and count what was drawn")
  func screens() throws {
    let templates = KnownTemplates(Self.statistics)
    for (screen, isKnown) in [(Screen.newTemplates, false), (.knownTemplates, true)] {
      let screened = ScreenedProposer(Self.proposer(), screen, statistics: Self.statistics)
      for index in 0..<20 {
        let drawn = try screened.complete(Blueprint(), index: index, seed: 3)
        #expect(templates.contains(drawn) == isKnown)
      }
      #expect(screened.figures.kept == 20 && screened.figures.drawn >= 20)
    }
    let likely = ScreenedProposer(Self.proposer(), .surprisal(best: 5), statistics: Self.statistics)
    let judge = try #require(Self.proposer() as? any SkeletonJudge)
    var (kept, all) = (0.0, 0.0)
    for index in 0..<10 {
      let best = try likely.complete(Blueprint(), index: index, seed: 3)
      let first = try Self.proposer().complete(Blueprint(), index: index, seed: 3)
      kept += try judge.surprisals(of: [best], asked: Blueprint(), orders: 16, seed: 3)[0]
      all += try judge.surprisals(of: [first], asked: Blueprint(), orders: 16, seed: 3)[0]
    }
    // Together as one by one.
    let drawn = try (0..<24).map { try Self.proposer().complete(Blueprint(), index: $0, seed: 3) }
    #expect(try Self.proposer().complete((0..<24).map { (Blueprint(), $0) }, seed: 3).map(\.sites) == drawn.map(\.sites))
    let together = try judge.surprisals(of: drawn, asked: Blueprint(), orders: 16, seed: 3)
    for (blueprint, value) in zip(drawn, together) {
      #expect(abs(try judge.surprisals(of: [blueprint], asked: Blueprint(), orders: 16, seed: 3)[0] - value) < 1e-4)
    }
    // More sites, lower energy: of the likeliest three of eight the one that has the most.
    let small = ScreenedProposer(Self.proposer(), .energy(best: 8), statistics: Self.statistics) {
      $0.map { -Double($0.sites.count) }
    }
    for index in 0..<10 {
      let drawn = try (0..<8).map { try Self.proposer().complete(Blueprint(), index: index + $0 << 32, seed: 3) }
      let surprisals = try drawn.map { try judge.surprisals(of: [$0], asked: Blueprint(), orders: 16, seed: 3)[0] }
      let likeliest = zip(drawn, surprisals).sorted { $0.1 < $1.1 }.prefix(3).map(\.0.sites.count)
      #expect(try small.complete(Blueprint(), index: index, seed: 3).sites.count == likeliest.max())
    }
    #expect(small.figures.drawn == 80 && small.figures.kept == 10)
    // The best first; what was there already gives way to the next best.
    let candidates = try small.candidates(Blueprint(), index: 0, seed: 3)
    #expect(candidates.map(\.sites.count) == candidates.map(\.sites.count).sorted(by: >) && candidates.count > 1)
    var taken = DistinctSkeletons()
    let chosen = candidates.map { _ in taken.take(firstOf: candidates)?.sites }
    #expect(chosen == candidates.map(\.sites) && taken.take(firstOf: candidates) == nil)
    #expect(taken.choose(of: candidates).sites == candidates[0].sites && taken.repeats == 1)
    #expect(throws: Rejection.self) {
      try ScreenedProposer(Self.proposer(), .energy(best: 8), statistics: Self.statistics).complete(
        Blueprint(), index: 0, seed: 3)
    }
    #expect(kept < all - 10 && likely.figures.drawn == 50, "\(kept) \(all)")
    #expect(Screen("new") == .newTemplates && Screen("surprisal:8") == .surprisal(best: 8))
    #expect(Screen("energy:8") == .energy(best: 8) && Screen("energy") == nil && Screen("energy:1") == nil)
    #expect(Screen("surprisal:1") == nil && Screen("surprisal") == nil && Screen("new:2") == nil && Screen("") == nil)
  }

  @Test("of those that have what is asked for the likeliest first, all of them before the nearest others")
  func targets() throws {
    let judge = try #require(Self.proposer() as? any SkeletonJudge)
    // An even sum of atomic numbers is what is asked for; others are so many deviations from it.
    let predicted: @Sendable ([Blueprint]) -> [Double] = {
      $0.map { $0.sites.reduce(0) { $0 + Double($1.element ?? 0) } }.map { $0.remainder(dividingBy: 2) == 0 ? 0 : $0 }
    }
    let screened = ScreenedProposer(Self.proposer(), .target(best: 6), statistics: Self.statistics, predicted: predicted)
    var both = 0
    for index in 0..<3 {
      let candidates = try screened.candidates(Blueprint(), index: index, seed: 3)
      let misses = predicted(candidates)
      let hits = candidates.prefix { predicted([$0]) == [0] }
      #expect(misses == misses.sorted(), "\(misses)")
      let surprisals = try judge.surprisals(of: Array(hits), asked: Blueprint(), orders: 16, seed: 3)
      #expect(surprisals == surprisals.sorted(), "\(surprisals)")
      if hits.count > 2, hits.count < candidates.count { both += 1 }
    }
    #expect(both > 0)
  }

  @Test("elements stand in their places of the periodic table")
  func places() {
    let known: [(Int, Int, Int)] = [
      (1, 1, 1), (2, 1, 18), (3, 2, 1), (5, 2, 13), (10, 2, 18), (26, 4, 8), (31, 4, 13), (56, 6, 2), (57, 6, 3), (58, 6, 19),
      (71, 6, 19), (72, 6, 4), (79, 6, 11), (82, 6, 14), (86, 6, 18), (92, 7, 19),
    ]
    for (z, period, column) in known { #expect(ElementTable.place(z) == (period, column), "\(z)") }
  }

  @Test("what cannot be says so by name")
  func impossible() throws {
    func code(_ body: (inout Blueprint) throws -> Void) throws -> String? {
      var blueprint = Blueprint()
      try body(&blueprint)
      do throws(Rejection) {
        _ = try Self.proposer().complete(blueprint, index: 0, seed: 1)
        return nil
      } catch { return error.code }
    }
    #expect(try code { ($0.chemistry.requiredElements, $0.chemistry.excludedElements) = ([8], [8]) } == "contradiction")
    #expect(try code { $0.chemistry.requiredElements = [94] } == "unknown_element")
    #expect(try code { ($0.chemistry.allowedElements, $0.chemistry.excludedElements) = ([8], [8]) } == "no_elements")
    #expect(try code { ($0.spaceGroup, $0.chemistry.mostAtoms) = (227, 1) } == "incompatible")
    #expect(try code { ($0.composition, $0.chemistry.isNeutral) = (.init(try Formula("NaCl2")), true) } == "contradiction")
    #expect(
      try code { ($0.composition, $0.chemistry.requiredElements) = (.init(try Formula("NaCl")), [8]) } == "contradiction")
    #expect(try code { ($0.chemistry.allowedElements, $0.chemistry.isNeutral) = ([3, 11], true) } == "incompatible")
    #expect(
      try code { ($0.composition, $0.spaceGroup) = (.init(try Formula("NaCl"), content: .formulaUnits(1)), 225) }
        == "incompatible")
  }
}
