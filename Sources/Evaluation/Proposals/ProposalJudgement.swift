import Crystals
import Tensors

extension ProposalSummary {
  /// - Parameters:
  ///   - sets: proposals, one set a file.
  ///   - reference: crystals with predictions of the same predictor.
  ///   - training: crystals that need no predictions.
  ///   - settings: what the numbers depend on.
  ///   - threads: for whether groups hold the compositions.
  public init(
    of sets: [ProposalSet], reference: ProposalSet, training: ProposalSet, _ settings: Settings, threads: Int = 1
  ) {
    self.init(
      settings: settings, names: sets.map(\.name),
      occurrence: ElementOccurrence(sets.map(\.crystals), reference.crystals, training.crystals))
    let errors = reference.crystals.compactMap { crystal in
      crystal.predicted.flatMap { predicted in crystal.known.map { abs(predicted - $0) } }
    }
    self.settings.error = mean(errors)
    relaxed = sets.map { set in
      set.crystals.compactMap { crystal in
        crystal.predicted.flatMap { predicted in
          crystal.relaxed.map { EnergyPair(predicted: predicted, relaxed: $0) }
        }
      }
    }
    if relaxed.allSatisfy(\.isEmpty) { relaxed = [] }
    let all = (sets + [reference]).map(\.crystals)
    figures =
      propertyFigures(all) + Self.diversityFigures(all) + Self.possibilityFigures(all, threads: threads) + relaxedFigures(all)
    distributions = proposalDistributions(sets.map(\.crystals), reference.crystals, training.crystals)
    if !relaxed.isEmpty { distributions.append(gapDistribution) }
  }

  /// How many of the lowest predictions are looked at by themselves.
  private static let lowest = 100

  private func propertyFigures(_ all: [[ProposedCrystal]]) -> [ProposalFigure] {
    let values = all.map { crystals in crystals.compactMap(\.predicted).sorted() }
    func row(_ name: String, _ label: String, _ meaning: String, _ value: ([Double]) -> Double?) -> ProposalFigure {
      ProposalFigure(
        name: name, label: label, meaning: meaning, section: .property, unit: settings.unit, isShare: false,
        values: values.map { ProposalFigure.Value(value($0)) })
    }
    var rows = [
      ProposalFigure(
        name: "crystals", label: "crystals", meaning: "Blueprints of the file; of the reference, crystals of its part.",
        section: .property, unit: "", isShare: false, values: all.map { .init(count: $0.count) })
    ]
    if zip(all, values).contains(where: { $0.count > $1.count }) {
      rows.append(
        ProposalFigure(
          name: "predicted", label: "with a prediction",
          meaning: "The others have an element that the predictor does not know, or no cell; the next rows leave them out.",
          section: .property, unit: "", isShare: true, values: zip(all, values).map { .init(share: $1.count, of: $0.count) }))
    }
    rows += [
      row("median", "median", "Half of the crystals are predicted to be lower.") { quantile($0, 0.5) },
      row("percentile_5", "5th percentile", "One crystal of twenty is predicted to be lower.") { quantile($0, 0.05) },
      row("percentile_95", "95th percentile", "One crystal of twenty is predicted to be higher.") { quantile($0, 0.95) },
      row("mean", "mean", "Sum of the predictions over their number.", mean),
    ]
    if settings.isFormationEnergy {
      rows.append(
        ProposalFigure(
          name: "below_-2", label: "below -2 eV/atom", meaning: "Share of crystals with a predicted formation energy so low.",
          section: .property, unit: "", isShare: true,
          values: values.map { own in .init(share: own.count { $0 < -2 }, of: own.count) }))
    }
    return rows
  }

  private static func diversityFigures(_ all: [[ProposedCrystal]]) -> [ProposalFigure] {
    let best = all.map { crystals in
      crystals.filter { $0.predicted != nil }.sorted { ($0.predicted ?? 0) < ($1.predicted ?? 0) }.prefix(lowest).map { $0 }
    }
    func row(
      _ name: String, _ label: String, _ meaning: String, of total: Int? = nil, _ sets: [[ProposedCrystal]],
      _ different: ([ProposedCrystal]) -> Int
    ) -> ProposalFigure {
      ProposalFigure(
        name: name, label: label, meaning: meaning, section: .diversity, unit: "", isShare: false,
        values: sets.map { .init(count: different($0), of: total) })
    }
    func elements(_ crystals: [ProposedCrystal]) -> Int { Set(crystals.flatMap(\.formula.elements)).count }
    func groups(_ crystals: [ProposedCrystal]) -> Int { Set(crystals.map(\.spaceGroup)).count }
    func systems(_ crystals: [ProposedCrystal]) -> Int {
      Set(crystals.map { CrystalLatticeSystem(spaceGroup: $0.spaceGroup) }).count
    }
    func symmetries(_ crystals: [ProposedCrystal]) -> Int {
      Set(crystals.map { PointSymmetry(spaceGroup: $0.spaceGroup) }).count
    }
    func formulas(_ crystals: [ProposedCrystal]) -> Int { Set(crystals.map(\.formula.reduced.description)).count }
    let (allSystems, allSymmetries) = (CrystalLatticeSystem.allCases.count, PointSymmetry.allCases.count)
    var rows = [
      row("elements", "elements", "Different elements of all crystals.", all, elements),
      row("lowest_elements", "elements, 100 lowest", "Those of the 100 crystals with the lowest predictions.", best, elements),
      row("groups", "space groups", "Different space groups of all crystals.", of: 230, all, groups),
      row("lowest_groups", "space groups, 100 lowest", "Those of the 100 lowest.", of: 230, best, groups),
      row(
        "systems", "crystal-lattice systems", "The seven crystal systems, the trigonal one by its two lattices.",
        of: allSystems,
        all, systems),
      row(
        "lowest_systems", "crystal-lattice systems, 100 lowest", "Those of the 100 lowest.", of: allSystems, best, systems),
      row(
        "symmetries", "point symmetries",
        "Centrosymmetric, polar, enantiomorphic, both of the last two, or none of these.", of: allSymmetries, all, symmetries),
      row("lowest_symmetries", "point symmetries, 100 lowest", "Those of the 100 lowest.", of: allSymmetries, best, symmetries),
      row("compositions", "compositions", "Different reduced formulas, whatever the group and the cell.", all, formulas),
    ]
    rows.append(
      ProposalFigure(
        name: "repeated", label: "repeated compositions", meaning: "Share of crystals whose reduced formula came before them.",
        section: .diversity, unit: "", isShare: true, values: all.map { .init(share: $0.count - formulas($0), of: $0.count) }))
    return rows
  }

  private static func possibilityFigures(_ all: [[ProposedCrystal]], threads: Int) -> [ProposalFigure] {
    func row(
      _ name: String, _ label: String, _ meaning: String, _ isSo: @Sendable (ProposedCrystal) -> Bool
    ) -> ProposalFigure {
      ProposalFigure(
        name: name, label: label, meaning: meaning, section: .possible, unit: "", isShare: true,
        values: all.map { crystals in
          let flags = (try? parallelMap(count: crystals.count, threads: threads) { isSo(crystals[$0]) }) ?? []
          return .init(share: flags.count { $0 }, of: crystals.count)
        })
    }
    return [
      row(
        "neutral", "neutral",
        "Charges balance in one listed oxidation state an element, cations less electronegative than anions; alloys are not exempt, "
          + "single elements are."
      ) { $0.isNeutral },
      row("neutral_one_state", "neutral in one state", "The same, whatever the electronegativities.") {
        $0.isNeutralInOneState
      },
      row(
        "possible", "possible in its group",
        "The group's Wyckoff positions hold the atoms of every element of the cell exactly."
      ) { CompositionCompatibility(SpaceGroup.numbered($0.spaceGroup)).isCompatible($0.formula.counts) },
      row(
        "lattice", "lattice of its group",
        "The cell has a volume, and edges and angles that the group fixes are as it has them."
      ) { $0.hasAllowedLattice },
    ]
  }

  private func relaxedFigures(_ all: [[ProposedCrystal]]) -> [ProposalFigure] {
    guard !relaxed.isEmpty else { return [] }
    let potential = settings.potential ?? "the potential"
    func row(_ name: String, _ label: String, _ meaning: String, _ value: ([EnergyPair]) -> Double?) -> ProposalFigure {
      ProposalFigure(
        name: name, label: label, meaning: meaning, section: .relaxed, unit: settings.unit, isShare: false,
        values: relaxed.map { .init(value($0)) } + [.init()])
    }
    func share(_ name: String, _ label: String, _ meaning: String, _ value: (EnergyPair) -> Double) -> ProposalFigure {
      ProposalFigure(
        name: name, label: label, meaning: meaning, section: .relaxed, unit: "", isShare: true,
        values: relaxed.map { pairs in .init(share: pairs.count { value($0) < -2 }, of: pairs.count) } + [.init()])
    }
    return [
      ProposalFigure(
        name: "relaxed", label: "relaxed",
        meaning: "Crystals with atoms whose relaxation came to its end; the next rows are of these.",
        section: .relaxed, unit: "", isShare: true,
        values: zip(all, relaxed).map { $1.isEmpty ? .init() : .init(share: $1.count, of: $0.count) } + [.init()]),
      row("relaxed_median", "median by \(potential)", "Half of the relaxed crystals are lower.") { pairs in
        quantile(pairs.map(\.relaxed).sorted(), 0.5)
      },
      row("relaxed_predicted_median", "median predicted", "The predictor's of the same crystals.") { pairs in
        quantile(pairs.map(\.predicted).sorted(), 0.5)
      },
      row("gap_median", "median gap", "\(potential) less the predictor, crystal by crystal: above 0 the predictor was too low.")
      {
        pairs in quantile(pairs.map { $0.relaxed - $0.predicted }.sorted(), 0.5)
      },
      row("gap_absolute", "mean absolute gap", "How far the two are apart, whichever is lower.") { pairs in
        mean(pairs.map { abs($0.relaxed - $0.predicted) })
      },
      share("relaxed_below_-2", "below -2 eV/atom by \(potential)", "Share of the relaxed crystals.", \.relaxed),
      share("relaxed_predicted_below_-2", "below -2 eV/atom predicted", "The predictor's of the same crystals.", \.predicted),
    ]
  }
}

extension ProposalSummary.Settings {
  /// Whether the property is an energy that -2 eV/atom means something for.
  var isFormationEnergy: Bool { property.hasPrefix("formation_energy") }
}

/// nil of nothing.
private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// The value below which a share of sorted values lies, by linear interpolation; nil of nothing.
public func quantile(_ sorted: [Double], _ share: Double) -> Double? {
  guard let last = sorted.indices.last else { return nil }
  let place = share * Double(last)
  let low = Int(place)
  return sorted[low] + (place - Double(low)) * (sorted[min(last, low + 1)] - sorted[low])
}
