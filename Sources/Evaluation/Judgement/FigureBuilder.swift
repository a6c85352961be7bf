import Crystals

/// Turns results by structure into the named figures of a summary.
struct FigureBuilder {
  let input: MetricsInput
  var results: StructureResults
  /// The same before relaxation, where it is known.
  let initial: StructureResults?
  /// The same as relaxed within their groups, where symmetry was broken.
  let kept: StructureResults?
  /// The crystals that distances are measured to.
  let compared: ComparedSet
  let train: StructureIndex
  let training: TrainingQuantities
  let funnel: [FunnelStep]

  func figures() throws -> [Figure] {
    var figures = try validity() + discovery() + knownFigures() + templates()
    figures += stability() + relaxationFigures() + trackFigures() + hullFigures() + breakdownFigures()
    figures += try publishedFigures() + symmetryFigures() + distanceFigures() + propertyDistances()
    figures += try coverage() + unrelaxed() + conditioningFigures() + predictionFigures() + reference()
    return figures + costFigures()
  }

  /// A share with its interval; nil figure values where there is nothing to share.
  func rate(
    _ name: String, _ label: String, _ section: Figure.Section, _ count: Int, of total: Int,
    better: Bool? = true
  ) -> Figure {
    let estimate = wilsonInterval(successes: min(count, total), of: total)
    return Figure(
      name: name, label: label, section: section, value: estimate?.value, low: estimate?.low,
      high: estimate?.high, count: count, total: total, unit: "", isHigherBetter: better)
  }

  func number(
    _ name: String, _ label: String, _ section: Figure.Section, _ value: Double?, unit: String = "",
    better: Bool? = nil
  ) -> Figure {
    Figure(
      name: name, label: label, section: section, value: value.flatMap { $0.isFinite ? $0 : nil },
      unit: unit, isHigherBetter: better)
  }

  func count(where passes: (Int) -> Bool) -> Int { (0..<results.count).count(where: passes) }

  /// A share of the sampled structures.
  private func share(
    _ name: String, _ label: String, _ section: Figure.Section, where passes: (Int) -> Bool
  ) -> Figure {
    rate(name, label, section, count(where: passes), of: input.sampled)
  }

  private func validity() -> [Figure] {
    func strict(_ name: String, _ label: String, _ passes: (StrictValidity) -> Bool) -> Figure {
      share(name, label, .validity) { results.measures[$0].strictValidity.map(passes) ?? false }
    }
    return [
      share("structure_valid", "structurally valid", .validity) { results.measures[$0].validity.structure },
      share("composition_valid", "compositionally valid", .validity) { results.measures[$0].validity.composition },
      share("valid", "valid, both", .validity) { results.isValid($0) },
      strict("distances_valid", "strict: distances above half the radii", \.distances),
      strict("density_valid", "strict: density within bounds", \.density),
      strict("cif_round_trip", "strict: the same after a CIF", \.roundTrip),
      strict("symmetry_found", "strict: space group found", \.symmetry),
      share("strictly_valid", "strictly valid: these and the composition", .validity) { i in
        results.measures[i].strictValidity?.all ?? false && results.measures[i].validity.composition
      },
    ]
  }

  private func discovery() -> [Figure] {
    var figures = [share("unique", "unique", .discovery) { results.isUnique($0) }]
    guard !input.reference.train.isEmpty else { return figures }
    figures += [
      share("novel", "novel", .discovery) { results.novel[$0] },
      share("unique_novel", "unique and novel", .discovery) { results.isUniqueAndNovel($0) },
      share("valid_unique_novel", "valid, unique and novel", .discovery) {
        results.isUniqueAndNovel($0) && results.isValid($0)
      },
    ]
    return figures
  }

  private func templates() -> [Figure] {
    guard !input.reference.trainTemplates.isEmpty else { return [] }
    let templates = results.measures.compactMap(\.template)
    let distinct = Set(templates)
    let new = distinct.subtracting(input.reference.trainTemplates)
    let newer = new.subtracting(input.reference.validationTemplates)
    return [
      rate(
        "template_in_train", "template known from training", .discovery,
        results.templateInTrain.count { $0 == true }, of: templates.count, better: nil),
      rate(
        "distinct_template_in_train", "distinct templates known from training", .discovery,
        distinct.intersection(input.reference.trainTemplates).count, of: distinct.count, better: nil),
      number("templates", "distinct templates", .discovery, Double(distinct.count)),
      number(
        "templates_new", "distinct new templates", .discovery, Double(new.count)),
      number(
        "templates_new_validation", "distinct templates new to validation, too", .discovery, Double(newer.count)),
    ]
  }

  private func stability() -> [Figure] {
    guard results.hasEnergies else { return [] }
    var figures: [Figure] = []
    for limit in ["0.0", "0.1"] {
      let isStable = { (i: Int) in results.isStable(i, within: Double(limit) ?? 0) }
      figures += [
        share("stable_\(limit)", "stable, at most \(limit) eV/atom above the hull", .stability, where: isStable)
      ]
      guard !input.reference.train.isEmpty else { continue }
      figures.append(
        share("sun_\(limit)", "stable, unique and novel, \(limit) eV/atom", .stability) {
          isStable($0) && results.isUniqueAndNovel($0)
        })
      if let initial {
        figures.append(
          share("sun_as_generated_\(limit)", "S.U.N. at \(limit), unique and novel as generated", .stability) {
            isStable($0) && initial.isUniqueAndNovel($0)
          })
      }
    }
    if let mean = bootstrapMean(results.energyAboveHull, seed: input.settings.seed) {
      figures.append(
        Figure(
          name: "energy_above_hull", label: "mean energy above hull", section: .stability,
          value: mean.value, low: mean.low, high: mean.high, unit: "eV/atom", isHigherBetter: false)
      )
    }
    return figures
  }

  private func coverage() throws -> [Figure] {
    guard input.includesCoverage, results.count > 0, !compared.crystals.isEmpty else { return [] }
    let coverage = try Coverage(
      generated: results.measures.map(\.fingerprints), reference: compared.measures.map(\.fingerprints),
      limits: input.coverageLimits, work: input.work)
    let printed = compared.measures.indices.filter { compared.measures[$0].fingerprints != nil }
    let recalled = coverage.isRecalled
    var figures = [
      rate("coverage_recall", "coverage, recall", .coverage, coverage.recalled, of: coverage.reference),
      rate("coverage_precision", "coverage, precision", .coverage, coverage.precise, of: input.sampled),
    ]
    if compared.isHeldOut {
      let fresh = zip(printed, recalled).filter { !compared.isLeaked[$0.0] }
      figures.append(
        rate(
          "coverage_recall_unleaked", "coverage, recall of formulas not in training", .coverage, fresh.count { $0.1 },
          of: fresh.count))
    }
    return figures
  }

  /// What papers measure on crystals as they were generated, beside the same after relaxation.
  private func unrelaxed() throws -> [Figure] {
    guard let initial else { return [] }
    var builder = self
    builder.results = initial
    let figures = try builder.validity() + builder.discovery() + builder.distanceFigures() + builder.coverage()
    return figures.map { figure in
      var renamed = figure
      renamed.name = "initial_" + figure.name
      renamed.section = .initial
      return renamed
    }
  }

  private func reference() throws -> [Figure] {
    var figures: [Figure] = []
    func repeats(_ name: String, _ label: String, _ crystals: [ReducedCrystal?]) throws {
      let kinds = try firstOfKind(
        crystals, matcher: input.settings.matcher, work: input.work, phase: "duplicates of the reference")
      figures.append(
        rate(name, label, .reference, kinds.indices.count { (kinds[$0] ?? $0) != $0 }, of: crystals.count, better: nil))
    }
    if !input.reference.train.isEmpty {
      try repeats("duplicates_train", "training crystals that repeat another", train.reduced)
    }
    guard compared.isHeldOut else { return figures }
    let reduced = compared.measures.map(\.reduced)
    try repeats("duplicates", "\(compared.name) crystals that repeat another", reduced)
    guard !input.reference.train.isEmpty else { return figures }
    let known = try input.work.map("look up reference", count: reduced.count) { i in
      reduced[i].flatMap {
        train.match(of: $0, formula: compared.measures[i].formula, spaceGroup: compared.measures[i].spaceGroup)
      } != nil
    }
    return figures + [
      rate(
        "leakage", "\(compared.name) formulas that occur in training", .reference, compared.isLeaked.count { $0 },
        of: reduced.count, better: nil),
      rate(
        "leakage_structures", "\(compared.name) structures that occur in training", .reference, known.count { $0 },
        of: reduced.count,
        better: nil),
    ]
  }
}
