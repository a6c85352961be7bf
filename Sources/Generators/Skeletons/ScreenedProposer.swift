public import Crystals
import Synchronization

/// What of many proposals is kept.
public enum Screen: Sendable, Equatable {
  /// Templates that the training set does not have, or has.
  case newTemplates
  case knownTemplates
  /// Of so many proposals the likeliest.
  case surprisal(best: Int)
  /// Of the likeliest third of so many proposals the one of the lowest predicted energy: of all, it would be the one that the model of
  /// energies errs most about.
  case energy(best: Int)
  /// Of so many proposals the likeliest of those whose predicted properties are what is asked for, or the nearest where none has them.
  case target(best: Int)

  /// As command lines say it: new, known, surprisal:8, energy:8, target:8.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts[0], parts.count) {
    case ("new", 1): self = .newTemplates
    case ("known", 1): self = .knownTemplates
    case ("surprisal", 2), ("energy", 2), ("target", 2):
      guard let best = Int(parts[1]), (2...1000).contains(best) else { return nil }
      self = parts[0] == "energy" ? .energy(best: best) : parts[0] == "target" ? .target(best: best) : .surprisal(best: best)
    default: return nil
    }
  }
}

/// Draws more proposals than are wanted and keeps some.
public final class ScreenedProposer: Proposer {
  private let proposer: any Proposer
  private let screen: Screen
  private let judge: (any SkeletonJudge)?
  private let predicted: (@Sendable ([Blueprint]) -> [Double])?
  private let templates: KnownTemplates?
  private let counts = Mutex((drawn: 0, kept: 0))

  /// Orders of sites that a surprisal is a mean over: a few where it only leaves out the unlikely two thirds.
  private var orders: Int { if case .energy = screen { 4 } else { 16 } }
  /// Proposals before one gives up.
  private static let mostDraws = 10_000

  /// How likely a skeleton is says the proposer, where it counts.
  ///
  /// - Parameters:
  ///   - statistics: of the training set, for its templates.
  ///   - predicted: of complete blueprints, where it counts: energies, of which the lowest is kept, or how many deviations they are from
  ///     what is asked for.
  public init(
    _ proposer: any Proposer, _ screen: Screen, statistics: DatasetStatistics,
    predicted: (@Sendable ([Blueprint]) -> [Double])? = nil
  ) {
    (self.proposer, self.screen, self.predicted, judge) = (proposer, screen, predicted, proposer as? any SkeletonJudge)
    templates = screen == .newTemplates || screen == .knownTemplates ? KnownTemplates(statistics) : nil
  }

  /// Proposals drawn and kept so far.
  public var figures: (drawn: Int, kept: Int) { counts.withLock { $0 } }

  /// Draws until one is kept.
  ///
  /// - Throws: `Rejection`: what the proposer throws; `screened_out` where nothing passes.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    try candidates(blueprint, index: index, seed: seed)[0]
  }

  /// Draws until one is kept: that, and what would be kept without it, the best first.
  ///
  /// - Throws: `Rejection`: what the proposer throws; `screened_out` where nothing passes.
  public func candidates(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> [Blueprint] {
    /// A number of its own for every proposal of a number.
    func number(_ attempt: Int) -> Int { index + attempt << 32 }
    /// So many draws, none twice.
    func distinct(_ draws: Int) throws(Rejection) -> [Blueprint] {
      let drawn = try proposer.complete((0..<draws).map { (blueprint, number($0)) }, seed: seed)
      count(draws)
      var seen: Set<Skeleton> = []
      return drawn.filter { seen.insert(Skeleton($0)).inserted }
    }
    switch screen {
    case .newTemplates, .knownTemplates:
      for attempt in 0..<Self.mostDraws {
        let drawn = try proposer.complete(blueprint, index: number(attempt), seed: seed)
        guard templates?.contains(drawn) == (screen == .knownTemplates) else { continue }
        count(attempt + 1)
        return [drawn]
      }
      throw Rejection("screened_out", "none of \(Self.mostDraws) proposals passes the screen")
    case .surprisal(let best):
      guard judge != nil else { throw Rejection("no_surprisal", "the model has no probabilities of skeletons") }
      return try likeliest(try distinct(best), asked: blueprint, seed: seed)
    case .energy(let best), .target(let best):
      guard let predicted else { throw Rejection("no_prediction", "no model predicts anything of skeletons") }
      let drawn = try distinct(best)
      if case .target = screen { return try nearest(drawn, predicted(drawn), asked: blueprint, seed: seed) }
      let likely = try likeliest(drawn, asked: blueprint, seed: seed)
      let energies = predicted(likely)
      // Those without an energy last.
      let order = likely.indices.sorted {
        (energies[$0].isNaN ? .infinity : energies[$0], $0) < (energies[$1].isNaN ? .infinity : energies[$1], $1)
      }
      return order.map { likely[$0] }
    }
  }

  /// Those that are within a tenth of a deviation of what is asked for, the likeliest first; then the others, the nearest first.
  private func nearest(
    _ drawn: [Blueprint], _ misses: [Double], asked: Blueprint, seed: UInt64
  ) throws(Rejection) -> [Blueprint] {
    let order = drawn.indices.sorted { (misses[$0], $0) < (misses[$1], $1) }
    let hits = order.filter { misses[$0] <= Self.tolerance }
    let best = try byLikelihood(hits.sorted().map { drawn[$0] }, asked: asked, seed: seed)
    return best + order.dropFirst(hits.count).map { drawn[$0] }
  }

  private static let tolerance = 0.1

  /// A third of some proposals, two at least, the likeliest first; all where nobody says how likely they are.
  private func likeliest(_ drawn: [Blueprint], asked: Blueprint, seed: UInt64) throws(Rejection) -> [Blueprint] {
    guard judge != nil else { return drawn }
    return Array(try byLikelihood(drawn, asked: asked, seed: seed).prefix(max(2, (drawn.count + 2) / 3)))
  }

  /// All of some proposals, the likeliest first; as they come where nobody says how likely they are.
  private func byLikelihood(_ drawn: [Blueprint], asked: Blueprint, seed: UInt64) throws(Rejection) -> [Blueprint] {
    guard let judge, drawn.count > 1 else { return drawn }
    let surprisals = try judge.surprisals(of: drawn, asked: asked, orders: orders, seed: seed)
    return drawn.indices.sorted { (surprisals[$0], $0) < (surprisals[$1], $1) }.map { drawn[$0] }
  }

  private func count(_ drawn: Int) { counts.withLock { $0 = ($0.drawn + drawn, $0.kept + 1) } }
}
