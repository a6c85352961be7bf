public import Crystals

/// One crystal to judge, with what is known of its making.
public struct GeneratedCrystal: Sendable {
  public var crystal: Crystal
  /// The group that was asked for, nil where nobody asked.
  public var askedSpaceGroup: Int?
  /// Whether relaxation converged; nil where none was run.
  public var isRelaxed: Bool?
  /// eV/atom; nil or NaN where it is not known.
  public var energyAboveHull: Double?

  public init(
    _ crystal: Crystal, askedSpaceGroup: Int? = nil, isRelaxed: Bool? = nil,
    energyAboveHull: Double? = nil
  ) {
    self.crystal = crystal
    self.askedSpaceGroup = askedSpaceGroup
    self.isRelaxed = isRelaxed
    self.energyAboveHull = energyAboveHull
  }
}

/// The data set that generated crystals are compared with.
public struct ReferenceSet: Sendable {
  public var name: String
  /// What the model has seen: novelty is measured against it.
  public var train: [Crystal]
  /// What it has not seen: distances are measured to it. May be empty.
  public var test: [Crystal]
  /// Templates of the training set.
  public var trainTemplates: Set<Template>

  public init(
    name: String, train: [Crystal], test: [Crystal] = [], trainTemplates: Set<Template> = []
  ) {
    self.name = name
    self.train = train
    self.test = test
    self.trainTemplates = trainTemplates
  }
}

/// All that the numbers are made from.
public struct MetricsInput: Sendable {
  public var name: String
  /// Structures asked of the model; never less than those lost and those that arrived.
  public var sampled: Int
  /// Those lost before the judge saw them, in the order of the stages: (name, label, count).
  public var drops: [(name: String, label: String, count: Int)]
  public var crystals: [GeneratedCrystal]
  public var reference: ReferenceSet
  public var stages: [StageTime]
  public var settings: Settings
  /// Whether coverage is computed: it needs a structure fingerprint, some milliseconds, of every crystal on both sides.
  public var includesCoverage: Bool

  public init(
    name: String, sampled: Int, drops: [(name: String, label: String, count: Int)] = [],
    crystals: [GeneratedCrystal], reference: ReferenceSet, stages: [StageTime] = [],
    settings: Settings = Settings(), includesCoverage: Bool = true
  ) {
    self.includesCoverage = includesCoverage
    self.name = name
    // What arrived was sampled, whatever the caller counted.
    self.sampled = max(sampled, crystals.count + drops.reduce(0) { $0 + $1.count })
    self.drops = drops
    self.crystals = crystals
    self.reference = reference
    self.stages = stages
    self.settings = settings
  }
}

extension MetricsSummary {
  /// Judges a set of crystals.
  ///
  /// - Returns: the totals, and the same by structure.
  public static func judge(_ input: MetricsInput) -> (
    summary: MetricsSummary, results: StructureResults
  ) {
    let results = StructureResults(input)
    let reference = input.reference
    let isTest = !reference.test.isEmpty
    let compared = ComparedSet(isTest ? reference.test : reference.train)
    let funnel = funnelSteps(input, results)
    var notes: [String] = []
    if input.crystals.isEmpty { notes.append("There are no crystals to judge.") }
    if compared.crystals.isEmpty { notes.append("The reference is empty: no distances, no novelty.") }
    let unknown = results.energyAboveHull.count { !$0.isFinite }
    if results.hasEnergies && unknown > 0 {
      notes.append("\(unknown) of \(results.count) crystals have no energy above the hull and count as not stable.")
    }
    for stage in input.stages where !stage.seconds.isFinite {
      notes.append("How long the stage '\(stage.stage)' took is not known.")
    }
    let unclassified = results.spaceGroup.count { $0 == 0 }
    if unclassified > 0 {
      notes.append("spglib finds no space group for \(unclassified) of \(results.count) crystals.")
    }
    let summary = MetricsSummary(
      name: input.name, sampled: input.sampled, judged: input.crystals.count,
      settings: input.settings,
      reference: Reference(
        name: reference.name, train: reference.train.count, test: reference.test.count,
        comparedWith: isTest ? "test" : "train"),
      figures: FigureBuilder(input: input, results: results, compared: compared, funnel: funnel)
        .figures(),
      funnel: funnel, distributions: results.distributions(against: compared),
      stages: input.stages.filter(\.seconds.isFinite), notes: notes)
    return (summary, results)
  }

  /// Every structure ends at the first test that it fails; counts add up to `sampled`.
  private static func funnelSteps(
    _ input: MetricsInput, _ results: StructureResults
  ) -> [FunnelStep] {
    var steps: [FunnelStep] = []
    var kept = input.sampled
    func drop(_ name: String, _ label: String, _ count: Int) {
      kept -= count
      steps.append(FunnelStep(name: name, label: label, dropped: count, kept: kept))
    }
    for loss in input.drops { drop(loss.name, loss.label, loss.count) }
    let missing = kept - results.count
    if missing > 0 { drop("unaccounted", "unaccounted for", missing) }

    var alive = Array(0..<results.count)
    func test(_ name: String, _ label: String, _ passes: (Int) -> Bool) {
      let passed = alive.filter(passes)
      drop(name, label, alive.count - passed.count)
      alive = passed
    }
    test("too_close", "atoms too close or no volume") { results.structureValid[$0] }
    test("not_neutral", "cannot be charge-neutral") { results.compositionValid[$0] }
    if input.crystals.contains(where: { $0.isRelaxed != nil }) {
      test("not_relaxed", "relaxation did not converge") { input.crystals[$0].isRelaxed ?? false }
    }
    // The first of a kind may have ended above: the first survivor takes its place.
    var kinds: Set<Int> = []
    test("not_unique", "same as an earlier one") { i in
      results.firstOfKind[i].map { kinds.insert($0).inserted } ?? false
    }
    if !input.reference.train.isEmpty {
      test("not_novel", "found in the training set") { results.novel[$0] }
    }
    if results.hasEnergies {
      test("not_stable_0.1", "more than 0.1 eV/atom above the hull") {
        results.energyAboveHull[$0] <= 0.1
      }
      test("not_stable_0.0", "above the hull") { results.energyAboveHull[$0] <= 0 }
    }
    return steps
  }
}
