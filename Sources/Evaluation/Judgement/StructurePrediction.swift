import Crystals

/// What predictions of known structures were made from, and which structure each is a prediction of.
public struct PredictionTask: Sendable {
  /// What the model was told beside the composition.
  public enum Given: String, Sendable, CaseIterable {
    case composition
    /// The space group and the Wyckoff positions of the answer.
    case wyckoff
  }

  /// What the model was told.
  public var given: Given
  /// Index in the held-out set of each crystal's target; nil for one that has none.
  public var targets: [Int?]
  /// When a prediction is right.
  public var matcher: StructureMatcher
  /// The order among a target's predictions of each crystal, and targets and orders of those that were lost on the way: misses.
  var orders: [Int]
  var lost: [(target: Int, order: Int)]

  /// How many predictions of targets were lost.
  public var lostTargets: Int { lost.count }

  /// - Parameters:
  ///   - ids: names of the crystals: a target's own, or with `#2`, `/2`, `-2` or `_2` behind it where there are several predictions.
  ///   - targetIDs: names of the crystals that are predicted.
  ///   - lost: names of predictions that no crystal came of.
  public init(
    given: Given, ids: [String], targetIDs: [String], lost: [String] = [], matcher: StructureMatcher = .prediction
  ) {
    self.given = given
    self.matcher = matcher
    let places = Dictionary(targetIDs.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
    func aim(_ id: String) -> (target: Int, order: Int)? {
      if let place = places[id] { return (place, 0) }
      guard let mark = id.lastIndex(where: { "#/-_".contains($0) }),
        id[id.index(after: mark)...].allSatisfy(\.isNumber), let place = places[String(id[..<mark])]
      else { return nil }
      return (place, Int(id[id.index(after: mark)...]) ?? 0)
    }
    let aims = ids.map(aim)
    targets = aims.map { $0?.target }
    orders = aims.map { $0?.order ?? 0 }
    self.lost = lost.compactMap(aim)
  }
}

/// How well predictions hit their targets (Jiao et al., DiffCSP, 2023; Martirossyan et al., arXiv:2509.12178).
///
/// A prediction hits where its least rms is at most the matcher's site tolerance; rms in units of `(V/N)^(1/3)`.
struct PredictionScore: Sendable {
  /// Targets that were predicted at all: the denominators.
  let targets: [Int]
  /// (targets) rms of the first prediction, and the least of all; nil where none hits.
  let first: [Double?]
  let best: [Double?]
  /// (targets) rms of the prediction with the lowest energy; nil where it does not hit or no energy is known.
  let lowest: [Double?]
  /// (targets) rms of the first prediction where it is valid, too.
  let firstValid: [Double?]
  /// (held-out set) the least rms of any prediction to any crystal of the set (METRe).
  let everyone: [Double?]
  /// Most predictions that a target has.
  let most: Int

  /// - Parameter energies: of the predictions, eV/atom above anything that is the same for a composition; not finite where unknown.
  init(
    _ task: PredictionTask, predictions: [CrystalMeasures], energies: [Double], aims: [CrystalMeasures], work: Work
  ) throws {
    let matcher = task.matcher
    let aimed = task.targets.indices.filter { task.targets[$0] != nil }
    let byTarget = Dictionary(grouping: aimed) { task.targets[$0] ?? 0 }
    let lost = Dictionary(grouping: task.lost, by: \.target)
    let targets = Set(byTarget.keys).union(lost.keys).sorted()
    let scores = try work.map("match predictions", count: targets.count) { t -> [Double?] in
      (byTarget[targets[t]] ?? []).map { i in
        guard let own = predictions[i].reduced, let aim = aims[targets[t]].reduced else { return nil }
        return matcher.deviation(own, aim)?.rms
      }
    }
    self.targets = targets
    // The first prediction of a target may be one that was lost.
    let isFirstLost = targets.map { target in
      let arrived = (byTarget[target] ?? []).map { task.orders[$0] }.first ?? .max
      return (lost[target] ?? []).contains { $0.order < arrived }
    }
    first = zip(scores, isFirstLost).map { $1 ? nil : $0.first ?? nil }
    best = scores.map { $0.compactMap { $0 }.min() }
    lowest = zip(targets, scores).map { target, scores in
      let own = (byTarget[target] ?? []).enumerated().filter { energies[$0.element].isFinite }
      return own.min { energies[$0.element] < energies[$1.element] }.flatMap { scores[$0.offset] }
    }
    firstValid = zip(targets, first).map { target, own in
      guard let place = byTarget[target]?.first, predictions[place].isValid else { return nil }
      return own
    }
    most = targets.map { (byTarget[$0]?.count ?? 0) + (lost[$0]?.count ?? 0) }.max() ?? 0
    let byKey = Dictionary(grouping: predictions.indices.filter { predictions[$0].reduced != nil }) {
      predictions[$0].reduced?.key
    }
    everyone = try work.map("match everyone", count: aims.count) { t in
      guard let aim = aims[t].reduced else { return nil }
      return (byKey[aim.key] ?? []).compactMap { i in
        predictions[i].reduced.flatMap { matcher.deviation($0, aim)?.rms }
      }.min()
    }
  }
}

extension FigureBuilder {
  /// Match rates, rms and corrected rms of predictions.
  func predictionFigures() throws -> [Figure] {
    guard let task = input.prediction, compared.isHeldOut else { return [] }
    let score = try PredictionScore(
      task, predictions: results.measures, energies: results.energyAboveHull, aims: compared.measures, work: input.work)
    let isWyckoff = task.given == .wyckoff
    let (suffix, words) = isWyckoff ? ("_wyckoff", ", Wyckoff positions given") : ("", "")
    func rates(_ name: String, _ label: String, _ values: [Double?]) -> [Figure] {
      let hits = values.compactMap { $0 }
      let worst = task.matcher.siteTolerance
      let corrected = (hits.reduce(0, +) + worst * Double(values.count - hits.count)) / Double(max(1, values.count))
      return [
        rate("\(name)\(suffix)", "\(label)\(words)", .prediction, hits.count, of: values.count),
        number(
          "\(name)_rms\(suffix)", "\(label), rms of those\(words)", .prediction,
          hits.isEmpty ? nil : hits.reduce(0, +) / Double(hits.count), better: false),
        number(
          "\(name)_crmse\(suffix)", "\(label), cRMSE\(words)", .prediction, values.isEmpty ? nil : corrected, better: false),
      ]
    }
    var figures = rates("match_rate", "targets matched", score.first)
    figures += rates("match_rate_valid", "targets matched by valid crystals", score.firstValid)
    if score.most > 1 {
      figures += rates("match_rate_best_of_\(score.most)", "targets matched, best of \(score.most)", score.best)
      if results.hasEnergies {
        figures += rates(
          "match_rate_lowest_of_\(score.most)", "targets matched, lowest energy of \(score.most)", score.lowest)
      }
    }
    let fresh = zip(score.targets, score.first).filter { !compared.isLeaked[$0.0] }.map(\.1)
    figures += rates("match_rate_unleaked", "targets matched, formula not in training", fresh)
    return figures + rates("metre", "\(compared.name) set matched by any prediction (METRe)", score.everyone)
  }
}
