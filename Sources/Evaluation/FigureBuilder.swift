import Crystals

/// Turns results by structure into the named figures of a summary.
struct FigureBuilder {
  let input: MetricsInput
  let results: StructureResults
  /// The crystals that distances are measured to.
  let compared: ComparedSet
  let funnel: [FunnelStep]

  func figures() -> [Figure] {
    validity() + discovery() + stability() + symmetry() + distances() + coverage() + reference() + cost()
  }

  /// A share with its interval; nil figure values where there is nothing to share.
  private func rate(
    _ name: String, _ label: String, _ section: Figure.Section, _ count: Int, of total: Int,
    better: Bool? = true
  ) -> Figure {
    let estimate = bootstrapRate(successes: min(count, total), of: total, seed: input.settings.seed)
    return Figure(
      name: name, label: label, section: section, value: estimate?.value, low: estimate?.low,
      high: estimate?.high, count: count, total: total, unit: "", isHigherBetter: better)
  }

  private func number(
    _ name: String, _ label: String, _ section: Figure.Section, _ value: Double?, unit: String = "",
    better: Bool? = nil
  ) -> Figure {
    Figure(
      name: name, label: label, section: section, value: value.flatMap { $0.isFinite ? $0 : nil },
      unit: unit, isHigherBetter: better)
  }

  private func count(where passes: (Int) -> Bool) -> Int { (0..<results.count).count(where: passes) }

  private func validity() -> [Figure] {
    [
      rate(
        "structure_valid", "structurally valid", .validity,
        results.structureValid.count { $0 }, of: input.sampled),
      rate(
        "composition_valid", "compositionally valid", .validity,
        results.compositionValid.count { $0 }, of: input.sampled),
      rate("valid", "valid, both", .validity, count { results.isValid($0) }, of: input.sampled),
    ]
  }

  private func discovery() -> [Figure] {
    var figures = [
      rate("unique", "unique", .discovery, count { results.isUnique($0) }, of: input.sampled)
    ]
    guard !input.reference.train.isEmpty else { return figures }
    figures += [
      rate("novel", "novel", .discovery, count { results.novel[$0] }, of: input.sampled),
      rate(
        "unique_novel", "unique and novel", .discovery,
        count { results.isUnique($0) && results.novel[$0] }, of: input.sampled),
      rate(
        "valid_unique_novel", "valid, unique and novel", .discovery,
        count { results.isUnique($0) && results.novel[$0] && results.isValid($0) },
        of: input.sampled),
    ]
    guard !input.reference.trainTemplates.isEmpty else { return figures }
    let templates = results.templates.compactMap { $0 }
    let distinct = Set(templates)
    figures += [
      rate(
        "template_in_train", "template known from training", .discovery,
        results.templateInTrain.count { $0 == true }, of: templates.count, better: nil),
      number("templates", "distinct templates", .discovery, Double(distinct.count)),
      number(
        "templates_new", "distinct new templates", .discovery,
        Double(distinct.subtracting(input.reference.trainTemplates).count)),
    ]
    return figures
  }

  private func stability() -> [Figure] {
    guard results.hasEnergies else { return [] }
    let energies = results.energyAboveHull
    var figures: [Figure] = []
    for limit in ["0.0", "0.1"] {
      let isStable = { (i: Int) in energies[i] <= Double(limit) ?? 0 }
      figures += [
        rate(
          "stable_\(limit)", "stable, at most \(limit) eV/atom above the hull", .stability,
          count(where: isStable), of: input.sampled),
        rate(
          "sun_\(limit)", "stable, unique and novel, \(limit) eV/atom", .stability,
          count { isStable($0) && results.isUnique($0) && results.novel[$0] }, of: input.sampled),
      ]
    }
    if let mean = bootstrapMean(energies, seed: input.settings.seed) {
      figures.append(
        Figure(
          name: "energy_above_hull", label: "mean energy above hull", section: .stability,
          value: mean.value, low: mean.low, high: mean.high, unit: "eV/atom", isHigherBetter: false)
      )
    }
    return figures
  }

  private func symmetry() -> [Figure] {
    var figures: [Figure] = []
    let asked = (0..<results.count).filter { results.askedSpaceGroup[$0] > 0 }
    if !asked.isEmpty {
      let kept = asked.count { results.spaceGroup[$0] == results.askedSpaceGroup[$0] }
      figures.append(
        rate("space_group_kept", "space group is the one asked for", .symmetry, kept, of: asked.count))
    }
    let found = results.spaceGroup.filter { $0 > 0 }
    figures += [
      rate(
        "p1", "space group P1", .symmetry, found.count { $0 == 1 }, of: found.count, better: false),
      rate(
        "p1_reference", "space group P1 in the reference", .symmetry,
        compared.spaceGroups.count { $0 == 1 }, of: compared.spaceGroups.count, better: nil),
      number(
        "space_groups", "distinct space groups", .symmetry,
        results.count == 0 ? nil : Double(Set(found).count)),
    ]
    return figures
  }

  private func distances() -> [Figure] {
    let valid = (0..<results.count).filter { results.isValid($0) }
    let found = results.spaceGroup.filter { $0 > 0 }
    let atoms = results.atoms.filter { $0 > 0 }
    return [
      number(
        "density_distance", "density, Wasserstein", .distance,
        wassersteinDistance(
          valid.map { results.density[$0] }, compared.measurable.map(\.density)),
        unit: "g/cm³", better: false),
      number(
        "elements_distance", "number of elements, Wasserstein", .distance,
        wassersteinDistance(
          valid.map { Double(results.elements[$0]) },
          compared.crystals.map { Double($0.composition.count) }), better: false),
      number(
        "atoms_distance", "atoms in the primitive cell, Wasserstein", .distance,
        wassersteinDistance(
          atoms.map(Double.init), compared.reduced.compactMap { $0.map { Double($0.count) } }),
        better: false),
      number(
        "space_group_distance", "space group, Jensen-Shannon", .distance,
        jensenShannonDistance(found, compared.spaceGroups), better: false),
    ]
  }

  private func coverage() -> [Figure] {
    guard input.includesCoverage, results.count > 0, !compared.crystals.isEmpty else { return [] }
    let own = zip(results.structureFingerprint, results.compositionFingerprint)
      .map(Coverage.Fingerprints.init)
    let other = compared.crystals.map { crystal in
      Coverage.Fingerprints(
        structure: StructureFingerprint.of(crystal), composition: CompositionFingerprint.of(crystal))
    }
    let coverage = Coverage(generated: own, reference: other)
    return [
      rate(
        "coverage_recall", "coverage, recall", .coverage, coverage.recalled, of: coverage.reference),
      rate(
        "coverage_precision", "coverage, precision", .coverage, coverage.precise, of: input.sampled),
    ]
  }

  private func reference() -> [Figure] {
    let test = input.reference.test
    guard !test.isEmpty, !input.reference.train.isEmpty else { return [] }
    let known = Set(input.reference.train.map(\.reducedFormula))
    let kinds = firstOfKind(compared.reduced, matcher: input.settings.matcher)
    return [
      rate(
        "leakage", "test formulas that occur in training", .reference,
        test.count { known.contains($0.reducedFormula) }, of: test.count, better: nil),
      rate(
        "duplicates", "test crystals that repeat another", .reference,
        kinds.indices.count { (kinds[$0] ?? $0) != $0 }, of: test.count, better: nil),
    ]
  }

  private func cost() -> [Figure] {
    let stages = input.stages.filter(\.seconds.isFinite)
    guard !stages.isEmpty else { return [] }
    let generation = stages.filter { $0.stage == "sample" }.reduce(0) { $0 + $1.seconds }
    // Training happens once, whatever the number of samples.
    let line = stages.filter { $0.stage != "train" && $0.stage != "preprocess" }
      .reduce(0) { $0 + $1.seconds }
    let kept = funnel.last?.kept ?? 0
    return [
      number(
        "seconds_per_sample_generation", "generation, a sample", .cost,
        input.sampled > 0 && generation > 0 ? generation / Double(input.sampled) : nil, unit: "s",
        better: false),
      number(
        "seconds_per_sample", "sampling to judging, a sample", .cost,
        input.sampled > 0 ? line / Double(input.sampled) : nil, unit: "s", better: false),
      number(
        "seconds_per_kept", "sampling to judging, a crystal kept", .cost,
        kept > 0 ? line / Double(kept) : nil, unit: "s", better: false),
    ]
  }
}

/// The reference crystals that distances are measured to, with what several figures need of them.
struct ComparedSet {
  let crystals: [Crystal]
  let reduced: [ReducedCrystal?]
  /// Those whose density can be computed.
  let measurable: [Crystal]
  /// Of those that were classified.
  let spaceGroups: [Int]

  init(_ crystals: [Crystal]) {
    self.crystals = crystals
    reduced = crystals.map { ReducedCrystal($0) }
    measurable = crystals.filter { crystal in
      crystal.lattice.isUsable && crystal.atomicNumbers.allSatisfy { (1...Element.last).contains(Int($0)) }
    }
    spaceGroups = crystals.map(\.spaceGroup).filter { $0 > 0 }
  }
}
