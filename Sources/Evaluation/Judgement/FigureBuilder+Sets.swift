import Crystals

// Distances between sets and symmetry.

extension FigureBuilder {
  /// Of every property that both sides know: formation energy and energy above hull, where energies are.
  func propertyDistances() -> [Figure] {
    input.properties.keys.sorted().compactMap { name in
      guard let reference = compared.properties[name], let own = input.properties[name], own.count == results.count else {
        return nil
      }
      let valid = own.indices.filter { results.isValid($0) }.map { own[$0] }
      guard let distance = wassersteinDistance(valid, reference) else { return nil }
      return number(
        "\(name)_distance", "\(propertyLabel(name)), Wasserstein", .distance, distance, unit: PropertyUnit.of(name),
        better: false)
    }
  }

  /// The group asked for, the one of the crystal as reconstructed, and the one after relaxation.
  func symmetryFigures() -> [Figure] {
    var figures: [Figure] = []
    if let initial {
      figures += keptFigures(initial, "reconstructed_", "as reconstructed")
      figures += keptFigures(results, "", "after relaxation")
    } else {
      figures += keptFigures(results, "", "")
    }
    let found = results.spaceGroup.filter { $0 > 0 }
    figures.append(
      rate("p1", "space group P1", .symmetry, found.count { $0 == 1 }, of: found.count, better: false))
    if let initial {
      let before = initial.spaceGroup.filter { $0 > 0 }
      figures.append(
        rate("reconstructed_p1", "P1 as reconstructed", .symmetry, before.count { $0 == 1 }, of: before.count, better: false))
    }
    let asked = results.askedSpaceGroup.filter { $0 > 0 }
    return figures
      + [
        rate(
          "p1_reference", "space group P1 in the reference", .symmetry,
          compared.spaceGroups.count { $0 == 1 }, of: compared.spaceGroups.count, better: nil),
        number(
          "space_groups", "distinct space groups", .symmetry,
          results.count == 0 ? nil : Double(Set(found).count)),
        number(
          "asked_space_group_distance", "groups asked for, Jensen-Shannon", .symmetry,
          jensenShannonDistance(asked, compared.spaceGroups)),
      ].filter { $0.value != nil || $0.name != "asked_space_group_distance" }
  }

  /// How many have the group asked for, a higher one, or another.
  private func keptFigures(_ set: StructureResults, _ prefix: String, _ when: String) -> [Figure] {
    let asked = (0..<set.count).filter { set.askedSpaceGroup[$0] > 0 }
    guard !asked.isEmpty else { return [] }
    var kept = 0
    var higher = 0
    for i in asked {
      let group = set.askedSpaceGroup[i]
      if set.measures[i].spaceGroup == group {
        kept += 1
      } else {
        // The cell that was unfolded holds its atoms once: more operations an atom mean a supergroup.
        let cell = input.crystals[i].initial ?? input.crystals[i].crystal
        let wanted = Double(SpaceGroup.numbered(group).operations.count) / Double(max(1, cell.count))
        if set.measures[i].operationsPerAtom > wanted * 1.001 { higher += 1 }
      }
    }
    let words = when.isEmpty ? "" : " \(when)"
    return [
      rate("\(prefix)space_group_kept", "space group is the one asked for\(words)", .symmetry, kept, of: asked.count),
      rate(
        "\(prefix)space_group_higher", "space group is a higher one\(words)", .symmetry, higher, of: asked.count, better: nil),
      rate(
        "\(prefix)space_group_other", "space group is neither\(words)", .symmetry, asked.count - kept - higher,
        of: asked.count, better: false),
    ]
  }
}
