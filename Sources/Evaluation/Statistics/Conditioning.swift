import Crystals

// How a property of the samples lies against the value asked for and the training set.

/// For readers; the name itself where it is none of ours.
func propertyLabel(_ name: String) -> String {
  switch name {
  case "formation_energy_per_atom": "formation energy"
  case "e_above_hull": "energy above hull"
  default: name.replacing("_", with: " ")
  }
}

extension FigureBuilder {
  /// Properties of the crystals that the training set has, too, or that a value was asked for of. Energies above the hull have a section
  /// of their own.
  private var conditioned: [(name: String, values: [Double])] {
    input.properties.sorted { $0.key < $1.key }.compactMap { name, values in
      guard values.contains(where: \.isFinite),
        input.targets[name] != nil || (input.reference.trainProperties[name] != nil && name != "e_above_hull")
      else { return nil }
      return (name, values)
    }
  }

  /// Mean, spread and distance from the target of every property.
  func conditioningFigures() -> [Figure] {
    conditioned.flatMap { name, values -> [Figure] in
      let (label, unit) = (propertyLabel(name), PropertyUnit.of(name))
      let known = values.filter(\.isFinite)
      let mean = known.reduce(0, +) / Double(known.count)
      let variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known.count)
      var figures = [
        number("\(name)_mean", "\(label), mean", .conditioning, mean, unit: unit),
        number("\(name)_deviation", "\(label), standard deviation", .conditioning, variance.squareRoot(), unit: unit),
      ]
      if let train = input.reference.trainProperties[name]?.filter(\.isFinite), !train.isEmpty {
        figures.append(
          number(
            "\(name)_mean_train", "\(label), mean in training", .conditioning, train.reduce(0, +) / Double(train.count),
            unit: unit))
      }
      if let target = input.targets[name] {
        let away = known.reduce(0) { $0 + abs($1 - target) } / Double(known.count)
        figures.append(number("\(name)_target", "\(label), asked for", .conditioning, target, unit: unit))
        figures.append(
          number(
            "\(name)_target_error", "\(label), mean distance from what was asked for", .conditioning, away, unit: unit,
            better: false))
      }
      return figures
    }
  }

  /// The samples' values against the training set's, with the target.
  func conditioningDistributions() -> [Distribution] {
    conditioned.map { name, values in
      var all = histogram(
        "property_\(name)", "\(propertyLabel(name)), reference: training", PropertyUnit.of(name), values,
        input.reference.trainProperties[name] ?? [])
      all.target = input.targets[name]
      return all
    }
  }
}
