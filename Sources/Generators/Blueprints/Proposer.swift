public import Crystals
import Tensors

/// Fills in blueprints: space groups, numbers of sites, Wyckoff positions, elements.
public protocol Proposer: Sendable {
  /// Fills in what is missing and this proposer can say; what is there stays. The same for the same number and seed.
  ///
  /// - Throws: `Rejection` where nothing fits what is there.
  func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint

  /// Fills in several, each of its own number, as one by one: networks work faster on many.
  ///
  /// - Throws: `Rejection` where nothing fits what is there in one of them.
  func complete(_ requests: [(blueprint: Blueprint, index: Int)], seed: UInt64) throws(Rejection) -> [Blueprint]

  /// What `complete` gives, and where there was a choice, what it would have given without that, the best first.
  ///
  /// - Throws: `Rejection` where nothing fits what is there.
  func candidates(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> [Blueprint]
}

extension Proposer {
  /// No choice.
  ///
  /// - Throws: `Rejection` where nothing fits what is there.
  public func candidates(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> [Blueprint] {
    [try complete(blueprint, index: index, seed: seed)]
  }

  /// One by one.
  ///
  /// - Throws: `Rejection` where nothing fits what is there in one of them.
  public func complete(_ requests: [(blueprint: Blueprint, index: Int)], seed: UInt64) throws(Rejection) -> [Blueprint] {
    var completed: [Blueprint] = []
    for (blueprint, index) in requests { completed.append(try complete(blueprint, index: index, seed: seed)) }
    return completed
  }
}

/// Proposers one after the other, each with what those before it have said.
public struct ProposerChain: Proposer {
  /// In the order in which they are asked.
  public let proposers: [any Proposer]

  /// - Parameter proposers: in the order in which they are asked.
  public init(_ proposers: [any Proposer]) { self.proposers = proposers }

  /// Asks all in turn.
  ///
  /// - Throws: `Rejection` where one of them finds nothing that fits.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    try complete([(blueprint, index)], seed: seed)[0]
  }

  /// Asks all in turn.
  ///
  /// - Throws: `Rejection` where one of them finds nothing that fits.
  public func complete(_ requests: [(blueprint: Blueprint, index: Int)], seed: UInt64) throws(Rejection) -> [Blueprint] {
    var requests = requests
    for proposer in proposers {
      let completed = try proposer.complete(requests, seed: seed)
      requests = zip(completed, requests).map { ($0, $1.index) }
    }
    return requests.map(\.blueprint)
  }
}

/// Where the Wyckoff positions of samples come from, and which of their sites share an element.
public enum ProposerKind: String, Codable, Sendable, CaseIterable {
  /// The network says them, as SymmBFN as published.
  case network
  /// From the training set, given the space group, as often as it has them (as DiffCSP++, Jiao et al. 2024); from the network where
  /// a group has none.
  case training
}

/// Says what the training set says, as often as it does: the space group, then its prototypes or the number of sites.
public struct TrainingProposer: Proposer {
  let statistics: DatasetStatistics
  let kind: ProposerKind
  let spaceGroups: [Int]

  /// - Parameter among: space groups to choose from; any where empty.
  public init(_ statistics: DatasetStatistics, kind: ProposerKind, among: [Int] = []) {
    (self.statistics, self.kind, spaceGroups) = (statistics, kind, among)
  }

  /// Draws the space group, then a prototype or the number of sites.
  ///
  /// - Throws: nothing.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    var random = RandomStream(seed: seed, purpose: "request", index: UInt64(index))
    var blueprint = blueprint
    let group = blueprint.spaceGroup ?? statistics.drawSpaceGroup(among: spaceGroups, &random)
    blueprint.spaceGroup = group
    guard blueprint.siteCount == nil else { return blueprint }
    if kind == .training, let prototype = statistics.drawPrototype(spaceGroup: group, &random) {
      blueprint.take(prototype)
    } else {
      blueprint.siteCount = statistics.drawSiteCount(spaceGroup: group, &random)
    }
    return blueprint
  }
}

/// Gives each sample the Wyckoff positions and elements of a target in turn, or a skeleton of what its primitive cell holds.
public struct TargetProposer: Proposer {
  let targets: [AsymmetricUnit]
  let perTarget: Int
  let knownWyckoff: Bool
  let prior: SkeletonPrior

  /// - Parameters:
  ///   - targets: at least one; `SkeletonPrior.check` has passed them.
  ///   - perTarget: samples that follow each other on one target.
  ///   - knownWyckoff: whether the target's own positions are told.
  public init(_ targets: [AsymmetricUnit], perTarget: Int, knownWyckoff: Bool, prior: SkeletonPrior) {
    (self.targets, self.perTarget, self.knownWyckoff, self.prior) = (targets, perTarget, knownWyckoff, prior)
  }

  /// Behind the last target comes the first again, so that the last group of samples is full.
  public func target(of index: Int) -> Int { index / perTarget % targets.count }

  /// Takes the target's positions and elements, or a skeleton of its composition.
  ///
  /// - Throws: `Rejection` where no skeleton has it.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    let target = targets[target(of: index)]
    guard blueprint.sites.isEmpty else { return blueprint }
    guard knownWyckoff else { return try prior.proposer(like: target).complete(blueprint, index: index, seed: seed) }
    var blueprint = blueprint
    let own = try Blueprint(target)
    blueprint.spaceGroup = own.spaceGroup
    blueprint.take(own.sites)
    return blueprint
  }
}

/// Gives each sample a blueprint of a file in turn; those with a composition alone get a skeleton of it.
public struct FiledProposer: Proposer {
  private let blueprints: [Blueprint]
  private let prior: SkeletonPrior

  /// - Parameter blueprints: at least one.
  public init(_ blueprints: [Blueprint], prior: SkeletonPrior) { (self.blueprints, self.prior) = (blueprints, prior) }

  /// Behind the last blueprint comes the first again.
  ///
  /// - Throws: `Rejection` where no skeleton has the composition.
  public func complete(_ blueprint: Blueprint, index: Int, seed: UInt64) throws(Rejection) -> Blueprint {
    var own = blueprints[index % blueprints.count]
    own.properties.merge(blueprint.properties) { $1 }
    guard own.sites.isEmpty, let composition = own.composition else { return own }
    return try CompositionProposer(
      composition.formula, content: composition.content, among: own.spaceGroup.map { [$0] } ?? [], prior: prior
    ).complete(own, index: index, seed: seed)
  }
}
