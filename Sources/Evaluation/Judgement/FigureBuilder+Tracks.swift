import Crystals

// The same crystals judged another way: symmetry kept or free, other hulls, further known sets, the published protocol.

extension FigureBuilder {
  /// Shares of stable crystals, and of stable, unique and novel ones, by some energies above a hull.
  private func shares(
    _ suffix: String, _ words: String, _ section: Figure.Section, energies: [Double], isNew: (Int) -> Bool
  ) -> [Figure] {
    ["0.0", "0.1"].flatMap { limit -> [Figure] in
      let isStable = { (i: Int) in energies[i] <= Double(limit) ?? 0 }
      var figures = [
        rate(
          "stable_\(limit)\(suffix)", "stable at \(limit)\(words)", section, count(where: isStable), of: input.sampled)
      ]
      if !input.reference.train.isEmpty {
        figures.append(
          rate(
            "sun_\(limit)\(suffix)", "S.U.N. at \(limit)\(words)", section, count { isStable($0) && isNew($0) },
            of: input.sampled))
      }
      return figures
    }
  }

  /// The two tracks of crystals whose symmetry was broken: as relaxed within their groups, and as they ended freely.
  func trackFigures() -> [Figure] {
    let falls = input.crystals.compactMap(\.fall)
    guard !falls.isEmpty, let kept else { return [] }
    var figures = [
      rate(
        "fell_0.005", "fell by more than 5 meV/atom, symmetry broken", .kept, falls.count { $0 > 0.005 }, of: falls.count,
        better: false),
      rate("fell_0.05", "fell by more than 50 meV/atom", .kept, falls.count { $0 > 0.05 }, of: falls.count, better: false),
    ]
    if results.hasEnergies {
      figures += shares("_symmetry_kept", ", symmetry kept", .kept, energies: kept.energyAboveHull) {
        kept.isUniqueAndNovel($0)
      }
      figures += shares("_symmetry_free", ", symmetry free", .kept, energies: results.energyAboveHull) {
        results.isUniqueAndNovel($0)
      }
    }
    return figures
  }

  /// Above every further hull.
  func hullFigures() -> [Figure] {
    input.hulls.flatMap { hull in
      shares("_above_\(hull.name)", " above the hull \(hull.name)", .hulls, energies: hull.energies) {
        results.isUniqueAndNovel($0)
      }
    }
  }

  /// Novelty against further sets, and held-out crystals found again.
  func knownFigures() throws -> [Figure] {
    var figures: [Figure] = []
    let matcher = input.settings.matcher
    func found(_ index: StructureIndex, _ phase: String) throws -> [Int?] {
      let measures = results.measures
      return try input.work.map(phase, count: results.count) { i in
        measures[i].reduced.flatMap { index.match(of: $0, formula: measures[i].formula, spaceGroup: measures[i].spaceGroup) }
      }
    }
    if compared.isHeldOut, !results.measures.isEmpty {
      let index = StructureIndex(
        reduced: compared.measures.map(\.reduced), formulas: compared.measures.map(\.formula),
        spaceGroups: compared.measures.map(\.spaceGroup), matcher: matcher)
      let matches = try found(index, "look up held-out crystals")
      let part = compared.name
      figures += [
        rate(
          "in_held_out", "same as a \(part) crystal", .discovery, matches.count { $0 != nil }, of: input.sampled, better: nil),
        rate(
          "rediscovered", "\(part) crystals found again", .discovery, Set(matches.compactMap { $0 }).count,
          of: compared.crystals.count),
      ]
    }
    guard !input.known.isEmpty, !input.reference.train.isEmpty else { return figures }
    var isKnown = [Bool](repeating: false, count: results.count)
    for set in input.known {
      let index = try StructureIndex(set.crystals, matcher: matcher, work: input.work)
      let matches = try found(index, "look up \(set.name)")
      for i in matches.indices where matches[i] != nil { isKnown[i] = true }
      figures.append(
        rate(
          "in_known_\(set.name)", "same as a crystal of \(set.name)", .discovery, matches.count { $0 != nil },
          of: input.sampled, better: nil))
    }
    let isNew = { (i: Int) in results.isUniqueAndNovel(i) && !isKnown[i] }
    figures.append(
      rate("unique_novel_known", "unique and novel, further sets too", .discovery, count(where: isNew), of: input.sampled))
    if results.hasEnergies {
      figures += shares(
        "_known", ", novel against further sets too", .stability, energies: results.energyAboveHull, isNew: isNew
      )
      .filter { $0.name.hasPrefix("sun") }
    }
    return figures
  }

  /// As the papers count: sameness by the root mean square, elements alone left out, the last energies of relaxations that did not
  /// converge counted.
  func publishedFigures() throws -> [Figure] {
    guard input.includesPublished, results.count > 0 else { return [] }
    var matcher = input.settings.matcher
    matcher.criterion = .rootMeanSquare
    let measures = results.measures
    let firsts = try firstOfKind(measures.map(\.reduced), matcher: matcher, work: input.work, phase: "compare by rms")
    let train = train.with(matcher)
    let isKnown = try input.work.map("look up by rms", count: results.count) { i in
      measures[i].reduced.flatMap { train.match(of: $0, formula: measures[i].formula, spaceGroup: measures[i].spaceGroup) }
        != nil
    }
    let isCounted = { (i: Int) in measures[i].elements.count > 1 && measures[i].reduced != nil }
    let isUnique = { (i: Int) in isCounted(i) && firsts[i] == i }
    var figures = [
      rate("unique_published", "unique, published protocol", .published, count(where: isUnique), of: input.sampled)
    ]
    let isNew = { (i: Int) in isUnique(i) && !isKnown[i] }
    if !input.reference.train.isEmpty {
      figures.append(
        rate(
          "unique_novel_published", "unique and novel, published protocol", .published, count(where: isNew), of: input.sampled))
    }
    if results.hasEnergies {
      let energies = input.crystals.indices.map { i -> Double in
        isCounted(i) ? input.crystals[i].lastEnergyAboveHull ?? input.crystals[i].energyAboveHull ?? .nan : .nan
      }
      figures += shares("_published", ", published protocol", .published, energies: energies, isNew: isNew)
    }
    return figures
  }
}
