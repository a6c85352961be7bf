public import Crystals

/// One crystal to judge, with what is known of its making.
public struct GeneratedCrystal: Sendable {
  /// The crystal that is judged.
  public var crystal: Crystal
  /// The crystal before relaxation; nil where none was run.
  public var initial: Crystal?
  /// The group that was asked for, nil where nobody asked.
  public var askedSpaceGroup: Int?
  /// Whether relaxation converged; nil where none was run.
  public var isRelaxed: Bool?
  /// eV/atom; nil or NaN where it is not known.
  public var energyAboveHull: Double?
  /// The last energy above the hull of a relaxation that did not converge, too; nil where it is not known.
  public var lastEnergyAboveHull: Double?
  /// As relaxed within its group, before its symmetry was broken, with its energy above the hull; nil where nobody broke it.
  public var kept: Crystal?
  /// eV/atom, of `kept`; nil where it is not known.
  public var keptEnergyAboveHull: Double?
  /// eV/atom that it fell when its symmetry was broken.
  public var fall: Double?

  /// - Parameters:
  ///   - crystal: as relaxed, or as it is.
  ///   - initial: before relaxation.
  ///   - askedSpaceGroup: nil where nobody asked.
  ///   - isRelaxed: nil where no relaxation was run.
  ///   - energyAboveHull: in eV/atom.
  public init(
    _ crystal: Crystal, initial: Crystal? = nil, askedSpaceGroup: Int? = nil, isRelaxed: Bool? = nil,
    energyAboveHull: Double? = nil
  ) {
    self.crystal = crystal
    self.initial = initial
    self.askedSpaceGroup = askedSpaceGroup
    self.isRelaxed = isRelaxed
    self.energyAboveHull = energyAboveHull
  }
}

/// The data set that generated crystals are compared with.
public struct ReferenceSet: Sendable {
  /// For tables and notes.
  public var name: String
  /// What the model was trained on.
  public var train: [Crystal]
  /// What it has not seen: distances are measured to it. May be empty.
  public var test: [Crystal]
  /// Templates of the training set.
  public var trainTemplates: Set<Template>
  /// Properties by name, one value a crystal of the training and of the test set, NaN where not known.
  public var trainProperties: [String: [Double]]
  /// The same of the test set.
  public var testProperties: [String: [Double]]
  /// A further part that the model has not seen, for choices that are not to be made on the test set.
  public var validation: [Crystal] = []
  /// The same properties of the validation part.
  public var validationProperties: [String: [Double]] = [:]
  /// Of the validation part.
  public var validationTemplates: Set<Template> = []
  /// How many training crystals have each template.
  public var trainTemplateCounts: [Template: Int] = [:]
  /// Further crystals of which the model has seen lattice and coordinates.
  public var geometry: [Crystal] = []

  /// All that the model has seen: nothing of it is novel. The training part comes first.
  var seen: [Crystal] { train + geometry }

  /// - Parameters:
  ///   - name: for tables.
  ///   - train: what the model has seen.
  ///   - test: what it has not seen.
  ///   - trainTemplates: of the training set.
  ///   - trainProperties: by name, one value a training crystal.
  ///   - testProperties: by name, one value a test crystal.
  public init(
    name: String, train: [Crystal], test: [Crystal] = [], trainTemplates: Set<Template> = [],
    trainProperties: [String: [Double]] = [:], testProperties: [String: [Double]] = [:]
  ) {
    self.name = name
    self.train = train
    self.test = test
    self.trainTemplates = trainTemplates
    self.trainProperties = trainProperties
    self.testProperties = testProperties
  }
}

/// All that the numbers are made from.
public struct MetricsInput: Sendable {
  /// Name of the run in tables.
  public var name: String
  /// Structures asked of the model; never less than those lost and those that arrived.
  public var sampled: Int
  /// Those lost before the judge saw them, in the order of the stages: (name, label, count).
  public var drops: [(name: String, label: String, count: Int)]
  /// Those to judge.
  public var crystals: [GeneratedCrystal]
  /// What they are compared with.
  public var reference: ReferenceSet
  /// What the run has cost.
  public var cost: Cost
  /// Tolerances, the seed, and whose energies they are.
  public var settings: Settings
  /// Properties of the crystals by name, one value a crystal, NaN where not known.
  public var properties: [String: [Double]] = [:]
  /// What was asked of properties.
  public var targets: [AskedProperty] = []
  /// Set where the crystals are predictions of the compared part's structures.
  public var prediction: PredictionTask?
  /// The part of the reference that distances are measured to; the training set where there is no such part.
  public var comparedPart = ComparedPart.test
  /// Further sets that crystals may be known from.
  public var known: [(name: String, crystals: [Crystal])] = []
  /// Energies above further hulls, eV/atom, one a crystal, NaN where not known.
  public var hulls: [(name: String, energies: [Double])] = []
  /// Whether the published protocol's row is computed, too.
  public var includesPublished = false
  /// Largest distances of fingerprints that cover.
  public var coverageLimits = Coverage.Limits.standard
  /// Whether coverage is computed: it needs a structure fingerprint, some milliseconds, of every crystal on both sides.
  public var includesCoverage: Bool
  /// Measures that are known already, an entry a crystal of each set.
  public var stored: [MeasuredSet: [StoredMeasures]] = [:]
  /// What could not be read, one line each.
  public var notes: [String] = []
  /// How much of the machine may be used.
  public var work = Work()

  /// - Parameters:
  ///   - sampled: structures asked of the model.
  ///   - drops: those lost before, by stage.
  ///   - crystals: those to judge.
  ///   - reference: what they are compared with.
  public init(
    name: String, sampled: Int, drops: [(name: String, label: String, count: Int)] = [],
    crystals: [GeneratedCrystal], reference: ReferenceSet, cost: Cost = Cost(),
    settings: Settings = Settings(), includesCoverage: Bool = true
  ) {
    self.includesCoverage = includesCoverage
    self.name = name
    // What arrived was sampled, whatever the caller counted.
    self.sampled = max(sampled, crystals.count + drops.reduce(0) { $0 + $1.count })
    self.drops = drops
    self.crystals = crystals
    self.reference = reference
    self.cost = cost
    self.settings = settings
  }

  /// The crystals before relaxation; nil unless that is known of all of them.
  var initialCrystals: [Crystal]? {
    let initial = crystals.compactMap(\.initial)
    return initial.isEmpty || initial.count < crystals.count ? nil : initial
  }
}

/// A part of a reference set.
public enum ComparedPart: String, Sendable, CaseIterable { case test, validation, train }

/// A judgement: the totals, and the same by structure.
public struct Judgement: Sendable {
  /// The totals.
  public var summary: MetricsSummary
  /// By structure, of the crystals as relaxed.
  public var results: StructureResults
  /// Of the crystals before relaxation, where they are known.
  public var initial: StructureResults?
}

extension MetricsSummary {
  /// Judges a set of crystals; throws only what `input.work.report` throws.
  ///
  /// - Throws: what `input.work.report` throws.
  public static func judge(_ input: MetricsInput) throws -> Judgement {
    let reference = input.reference
    let train = try StructureIndex(reference.seen, matcher: input.settings.matcher, work: input.work)
    let results = try StructureResults(.crystals, input.crystals.map(\.crystal), of: input, train: train, phase: "crystals")
    let initial = try input.crystals(of: .initial).map {
      try StructureResults(.initial, $0, of: input, train: train, phase: "unrelaxed crystals")
    }
    let compared = try ComparedSet(input, train: train)
    let kept = try input.crystals(of: .kept).map {
      try StructureResults(
        .kept, $0, of: input, train: train,
        energies: input.crystals.map { ($0.kept == nil ? $0.energyAboveHull : $0.keptEnergyAboveHull) ?? .nan },
        phase: "crystals, symmetry kept")
    }
    let funnel = funnelSteps(input, results)
    let builder = FigureBuilder(
      input: input, results: results, initial: initial, kept: kept, compared: compared, train: train,
      training: TrainingQuantities(reference.train, reduced: Array(train.reduced.prefix(reference.train.count))), funnel: funnel
    )
    let summary = MetricsSummary(
      name: input.name, sampled: input.sampled, judged: input.crystals.count, settings: input.settings,
      reference: Reference(
        name: reference.name, train: reference.train.count, test: reference.test.count,
        comparedWith: compared.name),
      figures: try builder.figures(), funnel: funnel,
      distributions: results.distributions(against: compared)
        + [elementShares(results.measures, train: reference.train)].compactMap { $0 } + builder.conditioningDistributions(),
      stages: input.cost.stages.filter(\.seconds.isFinite), notes: notes(input, results, compared) + builder.unjudgedTargets)
    return Judgement(summary: summary, results: results, initial: initial)
  }

  private static func notes(
    _ input: MetricsInput, _ results: StructureResults, _ compared: ComparedSet
  ) -> [String] {
    var notes = input.notes
    if input.crystals.isEmpty { notes.append("There are no crystals to judge.") }
    if compared.crystals.isEmpty { notes.append("The reference is empty: no distances, no novelty.") }
    if !input.reference.geometry.isEmpty {
      notes.append(
        "Novel is what is neither among the \(input.reference.train.count) training crystals nor among \(input.reference.geometry.count) "
          + "others of which the model has seen lattice and coordinates.")
    }
    let unknown = results.energyAboveHull.count { !$0.isFinite }
    if results.hasEnergies && unknown > 0 {
      notes.append("\(unknown) of \(results.count) crystals have no energy above the hull and count as not stable.")
    }
    for stage in input.cost.stages where !stage.seconds.isFinite {
      notes.append("How long the stage '\(stage.stage)' took is not known.")
    }
    let unclassified = results.measures.count { $0.spaceGroup == 0 }
    if unclassified > 0 {
      notes.append("spglib finds no space group for \(unclassified) of \(results.count) crystals.")
    }
    if let task = input.prediction {
      if !compared.isHeldOut { notes.append("There is no held-out set to predict: no match rates.") }
      if task.lostTargets > 0 {
        notes.append("\(task.lostTargets) predictions were lost on the way and count as misses.")
      }
      let lost = task.targets.count { $0 == nil }
      if lost > 0 { notes.append("\(lost) of \(task.targets.count) predictions name no crystal of the \(compared.name) set.") }
    }
    if input.includesCoverage {
      let unprinted = results.measures.count { $0.fingerprints == nil }
      if unprinted > 0 {
        notes.append(
          "\(unprinted) of \(results.count) crystals have no fingerprints (elements that the tables do not know, or atoms without "
            + "neighbors) and count as not covered.")
      }
    }
    return notes
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
    test("too_close", "atoms too close or no volume") { results.measures[$0].validity.structure }
    test("not_neutral", "cannot be charge-neutral") { results.measures[$0].validity.composition }
    if input.crystals.contains(where: { $0.isRelaxed != nil }) {
      test("not_relaxed", "relaxation did not converge") { input.crystals[$0].isRelaxed != false }
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
      test("not_stable_0.1", "more than 0.1 eV/atom above the hull") { results.isStable($0, within: 0.1) }
      test("not_stable_0.0", "above the hull") { results.isStable($0, within: 0) }
    }
    return steps
  }
}
