import Synchronization

/// How a site chooses among the Wyckoff positions of its group.
public enum PositionChoice: Sendable {
  /// By how many axes of the site-symmetry code differ, those that tie by distance (SymmCD, Levy et al. 2025, section 3.4).
  case code
  /// By the sum of `-ln p` of the position's code under the predicted probabilities of every axis and `d^2 / (2 s^2)` of the
  /// distance d moved, s in angstrom.
  case probability(deviation: Double)
}

/// A place for a site: a point of a Wyckoff position.
struct PositionCandidate {
  /// Index into `SpaceGroup.wyckoffPositions`.
  var position: Int
  var member: Int
  var point: Vector3
  /// How far the site has to go, in angstrom.
  var distance: Double
  /// On how many axes the member's code differs from the site's.
  var changed: Int
}

/// The places of a site in the order of a choice; computed as they are asked for. Where the choice is by code and the site's Wyckoff
/// letter is known, the place on that position comes first.
///
/// Where the site's multiplicity is known, only positions of that multiplicity: the composition stays what it was.
struct PositionCandidates: Sequence, IteratorProtocol {
  private let group: SpaceGroup
  private let site: Site
  private let metric: Matrix3
  /// Positions by how many axes of their codes differ, the last group first.
  private var remaining: CandidateOrder
  /// The next ones, the last first.
  private var ready: [PositionCandidate] = []

  /// - Parameter probabilities: (15, 13) of the site's operation on every axis; without them the choice is by code.
  init(
    _ site: Site, group: SpaceGroup, metric: Matrix3, choice: PositionChoice, probabilities: ArraySlice<Float>? = nil
  ) {
    (self.group, self.site, self.metric) = (group, site, metric)
    remaining = group.candidates(for: site.siteSymmetry).reversed()
    if site.multiplicity > 0 {
      let fitting = remaining.map { entry in
        (entry.changed, entry.positions.filter { group.wyckoffPositions[$0.position].multiplicity == site.multiplicity })
      }.filter { !$0.1.isEmpty }
      // A multiplicity that the group does not have says nothing.
      if !fitting.isEmpty { remaining = fitting }
    }
    guard case .probability(let deviation) = choice, let probabilities else {
      takeLettered()
      return
    }
    var scored: [(candidate: PositionCandidate, cost: Double)] = []
    while let candidates = nextByCode() {
      for candidate in candidates {
        let code = group.wyckoffPositions[candidate.position].members[candidate.member].siteSymmetry
        var cost = candidate.distance * candidate.distance / (2 * deviation * deviation)
        for (axis, operation) in code.operations.enumerated() {
          let p = probabilities[probabilities.startIndex + axis * SiteSymmetry.operationCount + Int(operation)]
          // A floor: no prediction is so sure that no distance outweighs it.
          cost -= _logarithm(Double(Swift.max(p, 1e-6)))
        }
        scored.append((candidate, cost))
      }
    }
    ready = scored.sorted { $0.cost > $1.cost }.map(\.candidate)
  }

  mutating func next() -> PositionCandidate? {
    if ready.isEmpty, let candidates = nextByCode() { ready = candidates.reversed() }
    return ready.popLast()
  }

  /// Makes the place on the position that the site's letter names the first, on those of its members whose codes differ least.
  private mutating func takeLettered() {
    guard site.wyckoffLetter != 0, let known = group.positionIndex(lettered: site.wyckoffLetter) else { return }
    for entry in remaining.indices.reversed() {
      guard let found = remaining[entry].positions.firstIndex(where: { $0.position == known }) else { continue }
      let (position, members) = remaining[entry].positions.remove(at: found)
      ready = place(position, members, changed: remaining[entry].changed).map { [$0] } ?? []
      return
    }
  }

  /// The place on a position that is nearest to the site.
  private func place(_ position: Int, _ members: [Int], changed: Int) -> PositionCandidate? {
    group.wyckoffPositions[position].nearest(to: site.position, metric: metric, accepts: { members.contains($0) }).map {
      PositionCandidate(position: position, member: $0.member, point: $0.point, distance: $0.distance, changed: changed)
    }
  }

  /// The places whose codes differ on the next smallest number of axes, the nearest first.
  private mutating func nextByCode() -> [PositionCandidate]? {
    guard let (changed, positions) = remaining.popLast() else { return nil }
    return positions.compactMap { place($0.position, $0.members, changed: changed) }.sorted {
      ($0.distance, $0.position) < ($1.distance, $1.position)
    }
  }
}

/// Positions by how many axes differ.
typealias CandidateOrder = [(changed: Int, positions: [(position: Int, members: [Int])])]

/// Orders of candidates that were found before: sampling asks for the same ones at every step.
private struct CandidateKey: Hashable, Sendable {
  let group: Int
  let operations: [UInt8]

  static let most = 10_000
  static let orders = Mutex<[CandidateKey: CandidateOrder]>([:])
}

extension SpaceGroup {
  /// The Wyckoff positions by how many axes of their members' codes differ from a code, the closest first.
  ///
  /// - Returns: for each number of differing axes the positions, each with those of its members (of distinct flats) that have it.
  func candidates(for code: SiteSymmetry) -> CandidateOrder {
    let key = CandidateKey(group: number, operations: code.operations)
    if let known = CandidateKey.orders.withLock({ $0[key] }) { return known }
    let order = makeCandidates(for: code)
    CandidateKey.orders.withLock {
      // Codes of positions are few; codes that a model makes up are not, and need no place for ever.
      if $0.count >= CandidateKey.most { $0 = [:] }
      $0[key] = order
    }
    return order
  }

  private func makeCandidates(for code: SiteSymmetry) -> CandidateOrder {
    var byDistance = [[(position: Int, members: [Int])]](repeating: [], count: SiteSymmetry.axisCount + 1)
    for (p, position) in wyckoffPositions.enumerated() {
      var members = [[Int]](repeating: [], count: SiteSymmetry.axisCount + 1)
      for m in position.distinctFlats {
        members[position.members[m].siteSymmetry.distance(to: code)].append(m)
      }
      for (distance, chosen) in members.enumerated() where !chosen.isEmpty {
        byDistance[distance].append((p, chosen))
      }
    }
    return byDistance.enumerated().filter { !$0.element.isEmpty }.map { ($0.offset, $0.element) }
  }
}
