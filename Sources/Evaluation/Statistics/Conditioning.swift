import Crystals

// How properties of the samples lie against what was asked for and the training set.

/// For readers; the name itself where it is none of ours.
func propertyLabel(_ name: String) -> String {
  switch name {
  case "formation_energy_per_atom": "formation energy"
  case "e_above_hull": "energy above hull"
  default: name.replacing("_", with: " ")
  }
}

/// What was asked of a property.
public struct AskedProperty: Sendable {
  /// The column that the model was told.
  public let name: String
  /// What will do, one range a crystal; nil where nobody asked.
  public let ranges: [ClosedRange<Double>?]
  /// How far from a range, or from one value, still counts as having it.
  public let tolerance: Double

  /// - Parameters:
  ///   - ranges: one a crystal.
  ///   - tolerance: the usual one where nil: 0.2 eV/atom, 0.5 eV, a tenth of the training set's deviation of other quantities; nothing
  ///     where a range was asked for.
  public init(_ name: String, _ ranges: [ClosedRange<Double>?], tolerance: Double?, training: [Double]) {
    (self.name, self.ranges) = (name, ranges)
    let isRange = ranges.contains { $0.map { $0.lowerBound < $0.upperBound } ?? false }
    self.tolerance = tolerance ?? (isRange ? 0 : Self.usualTolerance(name, training))
  }

  private static func usualTolerance(_ name: String, _ training: [Double]) -> Double {
    switch PropertyUnit.of(name) {
    case "eV/atom" where !PropertyQuantity.isSame(name, "e_above_hull"): return 0.2
    case "eV": return 0.5
    default:
      let known = training.filter(\.isFinite)
      return known.isEmpty ? 0 : 0.1 * Moments(known).deviation
    }
  }

  /// Whether crystal i has what was asked for, its value being this.
  func isMet(_ i: Int, _ value: Double) -> Bool { ranges[i].map { distance(value, $0) <= tolerance } ?? false }

  /// How far a value is from what crystal i was to have; nil where nobody asked or the value is not known.
  func miss(_ i: Int, _ value: Double) -> Double? { value.isFinite ? ranges[i].map { distance(value, $0) } : nil }

  /// The one range that all were asked for; nil where they differ.
  var common: ClosedRange<Double>? {
    let all = Set(ranges.compactMap { $0 })
    return all.count == 1 ? all.first : nil
  }

  private func distance(_ value: Double, _ range: ClosedRange<Double>) -> Double {
    value.isFinite ? range.distance(to: value) : .infinity
  }
}

extension FigureBuilder {
  /// Columns of the crystals that say something that was asked for, or that the training set has, too. Energies above the hull that nobody
  /// asked for have a section of their own.
  private var judged: [(column: String, values: [Double], asked: AskedProperty?)] {
    input.properties.sorted { $0.key < $1.key }.compactMap { column, values in
      guard values.contains(where: \.isFinite), PropertyQuantity.baseColumn(of: column) == column else { return nil }
      let asked = input.targets.first { PropertyQuantity.isSame(column, $0.name) }
      let isKnown = input.reference.trainProperties[column] != nil && column != "e_above_hull"
      return asked == nil && !isKnown ? nil : (column, values, asked)
    }
  }

  /// The training set's values of what a column says: the same column, or the one that was asked for.
  private func training(_ column: String, _ asked: AskedProperty?) -> [Double] {
    let properties = input.reference.trainProperties
    return (properties[column] ?? asked.flatMap { properties[$0.name] } ?? []).filter(\.isFinite)
  }

  /// Of every column its mean and spread, and where something was asked for, how many of the sampled have it.
  func conditioningFigures() -> [Figure] {
    var figures: [Figure] = []
    for (column, values, asked) in judged {
      let (label, unit) = (propertyLabel(column), PropertyUnit.of(column))
      let own = Moments(values.filter(\.isFinite))
      figures += [
        number("\(column)_mean", "\(label), mean", .conditioning, own.mean, unit: unit),
        number("\(column)_deviation", "\(label), standard deviation", .conditioning, own.deviation, unit: unit),
      ]
      let train = training(column, asked)
      if !train.isEmpty {
        let whole = Moments(train)
        figures += [
          number("\(column)_mean_train", "\(label), mean in training", .conditioning, whole.mean, unit: unit),
          number(
            "\(column)_deviation_train", "\(label), standard deviation in training", .conditioning, whole.deviation, unit: unit
          ),
        ]
      }
      if let asked { figures += askedFigures(column, values, asked, train) }
    }
    return figures + jointFigures()
  }

  private func askedFigures(_ column: String, _ values: [Double], _ asked: AskedProperty, _ train: [Double]) -> [Figure] {
    let (label, unit) = (propertyLabel(column), PropertyUnit.of(column))
    var figures: [Figure] = []
    if let range = asked.common {
      if range.lowerBound == range.upperBound {
        figures.append(number("\(column)_target", "\(label), asked for", .conditioning, range.lowerBound, unit: unit))
      } else {
        figures += [
          number("\(column)_target_from", "\(label), asked for from", .conditioning, range.lowerBound, unit: unit),
          number("\(column)_target_to", "\(label), asked for to", .conditioning, range.upperBound, unit: unit),
        ]
      }
    }
    let misses = values.indices.compactMap { asked.miss($0, values[$0]) }
    if !misses.isEmpty {
      figures.append(
        number(
          "\(column)_target_error", "\(label), mean distance from what was asked for", .conditioning, Moments(misses).mean,
          unit: unit,
          better: false))
    }
    let words = asked.tolerance > 0 ? "\(label) within \(shortText(asked.tolerance)) \(unit)" : "\(label) in range"
    figures += hits(column, words) { asked.isMet($0, values[$0]) }
    if let initial = input.properties[column + PropertyQuantity.initialSuffix] {
      figures.append(
        rate(
          "\(column)_in_range_initial", words + ", as generated", .conditioning,
          count { asked.isMet($0, initial[$0]) }, of: input.sampled))
    }
    if let range = asked.common, !train.isEmpty {
      let own = AskedProperty(asked.name, train.map { _ in range }, tolerance: asked.tolerance, training: [])
      figures.append(
        rate(
          "\(column)_in_range_train", words + ", of the training set", .conditioning,
          train.indices.count { own.isMet($0, train[$0]) }, of: train.count, better: nil))
    }
    return figures
  }

  /// Shares of the sampled that have what was asked for, and that are beside it novel, metastable, or both.
  private func hits(_ name: String, _ words: String, _ isMet: (Int) -> Bool) -> [Figure] {
    var figures = [rate("\(name)_in_range", words, .conditioning, count(where: isMet), of: input.sampled)]
    let hasTraining = !input.reference.train.isEmpty
    if hasTraining {
      figures.append(
        rate(
          "\(name)_in_range_novel", words + ", unique and novel", .conditioning,
          count { isMet($0) && results.isUniqueAndNovel($0) }, of: input.sampled))
    }
    if results.hasEnergies {
      figures.append(
        rate(
          "\(name)_in_range_metastable", words + ", at most 0.1 eV/atom above the hull", .conditioning,
          count { isMet($0) && results.isStable($0, within: 0.1) }, of: input.sampled))
      if hasTraining {
        figures.append(
          rate(
            "\(name)_in_range_sun_0.1", words + ", S.U.N. at 0.1", .conditioning,
            count { isMet($0) && results.isStable($0, within: 0.1) && results.isUniqueAndNovel($0) }, of: input.sampled))
      }
    }
    return figures
  }

  /// Where several properties were asked for: the share that has all of them, each by the first column that says it.
  private func jointFigures() -> [Figure] {
    let columns = input.targets.compactMap { asked in
      judged.first { $0.asked?.name == asked.name }.map { (asked: asked, column: $0.column, values: $0.values) }
    }
    guard columns.count > 1, columns.count == input.targets.count else { return [] }
    let words = "all that was asked for (\(columns.map(\.column).joined(separator: ", ")))"
    var figures = hits("all", words) { i in columns.allSatisfy { $0.asked.isMet(i, $0.values[i]) } }
    let properties = input.reference.trainProperties
    let train = columns.compactMap { properties[$0.column] ?? properties[$0.asked.name] }
    let own = columns.compactMap { column in
      column.asked.common.map { range in
        AskedProperty(
          column.asked.name, [ClosedRange<Double>?](repeating: range, count: input.reference.train.count),
          tolerance: column.asked.tolerance, training: [])
      }
    }
    guard train.count == columns.count, own.count == columns.count, !input.reference.train.isEmpty else { return figures }
    figures.append(
      rate(
        "all_in_range_train", words + ", of the training set", .conditioning,
        input.reference.train.indices.count { i in zip(own, train).allSatisfy { $0.isMet(i, $1[i]) } },
        of: input.reference.train.count, better: nil))
    return figures
  }

  /// The samples' values against the training set's, with what was asked for.
  func conditioningDistributions() -> [Distribution] {
    judged.map { column, values, asked in
      var all = histogram(
        "property_\(column)", "\(propertyLabel(column)), reference: training", PropertyUnit.of(column), values,
        training(column, asked))
      guard let range = asked?.common else { return all }
      (all.target, all.targetEnd) = (range.lowerBound, range.upperBound)
      if !range.lowerBound.isFinite || !range.upperBound.isFinite {
        all.target = range.lowerBound.isFinite ? range.lowerBound : range.upperBound
        all.targetEnd = nil
      }
      if range.lowerBound == range.upperBound { all.targetEnd = nil }
      return all
    }
  }

  /// What was asked for and nobody says, one line each.
  var unjudgedTargets: [String] {
    input.targets.filter { asked in !judged.contains { $0.asked?.name == asked.name } }.map {
      "\($0.name) was asked for, and no column of the crystals says it: 'properties' adds one."
    }
  }
}

/// A number without zeros behind it.
private func shortText(_ value: Double) -> String {
  let rounded = (value * 1000).rounded() / 1000
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}
