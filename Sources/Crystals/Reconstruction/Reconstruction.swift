/// How a predicted asymmetric unit became a crystal.
public struct Reconstruction: Sendable {
  /// The unit with every site on a Wyckoff position: letter, multiplicity and site symmetry are those of the point.
  public var unit: AsymmetricUnit
  /// The full conventional cell.
  public var crystal: Crystal
  /// What had to be done beyond projection.
  public var outcome: Outcome
  /// Of every site: which site of the prediction it was.
  public var sources: [Int]
  /// Of every site: how far it is from where it was predicted, in angstrom.
  public var distances: [Double]
  /// Of every site: how far of that it slid within its position to keep its distance from other atoms, in angstrom.
  public var slides: [Double]
  /// Of every site: on how many of the 15 axes the operation was changed.
  public var operationsChanged: [Int]

  /// What had to be done beyond projection.
  public enum Outcome: Int8, Sendable, CaseIterable {
    /// Every site is at the nearest point of the first position of its choice.
    case projected = 0
    /// Some site found no room there and took another position.
    case moved = 1
    /// Some sites slid within their positions, none took another one.
    case slid = 2
    /// The cell is too small for the share of the radii asked for; atoms keep a smaller one, down to `Options.shareSteps`.
    case tight = 3

    /// A word for tables and files.
    public var name: String {
      switch self {
      case .projected: "projected"
      case .moved: "moved"
      case .slid: "slid"
      case .tight: "tight"
      }
    }
  }

  /// How sites choose their positions, what counts as a collision, and how hard to look for a way out.
  public struct Options: Sendable {
    /// Shortest distance two atoms may have, in angstrom.
    public var minimumDistance: Double
    /// Shortest distance two atoms may have, as a share of the sum of their covalent radii.
    public var radiiShare: Double
    /// Parts of `radiiShare` to try where atoms find no room, the largest first.
    public var shareSteps = [1, 0.8, 0.6]
    /// How sites choose their positions.
    public var choice: PositionChoice
    /// How many positions to try for a site.
    public var attempts = 24
    /// How many rounds of sliding to try for a position, and how many of them may bring nothing.
    var rounds = 200
    var patience = 24
    /// Whether a site that finds no place may go to the front.
    var reorders = true

    /// - Parameters:
    ///   - minimumDistance: in angstrom.
    ///   - radiiShare: of the sum of the covalent radii.
    ///   - choice: how sites choose their positions.
    public init(minimumDistance: Double = 0.5, radiiShare: Double = 0.5, choice: PositionChoice = .code) {
      (self.minimumDistance, self.radiiShare, self.choice) = (minimumDistance, radiiShare, choice)
    }

    /// Gives up early, for units that are still on their way: a few positions a site, sites in their order, the whole share of the radii.
    public static var quick: Self {
      var options = Self()
      options.shareSteps = [1]
      options.attempts = 4
      options.rounds = 24
      options.patience = 4
      options.reorders = false
      return options
    }

    func limit(_ a: UInt8, _ b: UInt8) -> Double {
      max(minimumDistance, radiiShare * (Element.covalentRadius(Int(a)) + Element.covalentRadius(Int(b))))
    }
  }
}

extension AsymmetricUnit {
  /// Unfolds the unit into a crystal, every site put on a Wyckoff position of the space group first.
  ///
  /// The rule, site by site in their order:
  /// 1. Candidates are the nearest points of the group's positions, in the order of `Options.choice`.
  /// 2. The first candidate whose orbit keeps its distance from the atoms placed so far, and from itself, is taken; so is one
  ///    that does once sites have slid within their positions.
  /// 3. A site that none of the first `attempts` candidates takes goes to the front, and all are placed anew.
  /// 4. Where a site finds no place from the front, or comes there twice, all are placed anew with a smaller share of the radii.
  /// 5. Where the last of `shareSteps` fails too, the crystal is rejected. No site is ever left out.
  ///
  /// - Parameter probabilities: (sites, 15, 13) predicted for the operation on every axis, for the choice by probability.
  /// - Throws: `Rejection` with code `bad_cell`, `bad_coordinates`, `collision`, `too_many_atoms` or `no_sites`.
  public func reconstruct(
    _ options: Reconstruction.Options = .init(), probabilities: ArraySlice<Float>? = nil
  ) throws(Rejection) -> Reconstruction {
    guard !sites.isEmpty else { throw Rejection("no_sites", "an asymmetric unit without sites") }
    let logMetric = latticeLogMetric.constrained(to: spaceGroup)
    guard logMetric.k.allSatisfy({ abs($0) < 20 }), case let lattice = logMetric.lattice, lattice.isUsable,
      lattice.lengths.max() < 1000, lattice.lengths.min() > 0.5
    else { throw Rejection("bad_cell", "the k-vector \(logMetric.k) makes no cell") }
    if let index = sites.firstIndex(where: { !$0.position.sum().isFinite }) {
      throw Rejection("bad_coordinates", "site \(index + 1) has no finite coordinates")
    }
    let group = SpaceGroup.numbered(spaceGroup)
    let fewest = group.wyckoffPositions.map(\.multiplicity).min() ?? 1
    guard sites.count * fewest <= CIF.maximumSites else {
      throw Rejection("too_many_atoms", "more than \(CIF.maximumSites) atoms in the cell")
    }
    var failure: Rejection?
    for step in options.shareSteps {
      var tried = options
      tried.radiiShare *= step
      var placement = SitePlacement(group: group, lattice: lattice, options: tried)
      do throws(Rejection) {
        try placement.placeInSomeOrder(self, probabilities: probabilities)
        var result = placement.reconstruction(of: self, logMetric: logMetric)
        if step < 1 { result.outcome = .tight }
        return result
      } catch {
        failure = failure ?? error
      }
    }
    throw failure ?? Rejection("collision", "no share of the radii to try")
  }
}

extension SitePlacement {
  /// Places all sites; those that find no place come to the front once each.
  fileprivate mutating func placeInSomeOrder(
    _ unit: AsymmetricUnit, probabilities: ArraySlice<Float>?
  ) throws(Rejection) {
    var queue = Array(unit.sites.indices)
    var wasFirst = [Bool](repeating: false, count: queue.count)
    while let (failed, distance) = placeAll(queue, of: unit, probabilities: probabilities) {
      guard distance.isFinite else {
        throw Rejection("too_many_atoms", "more than \(CIF.maximumSites) atoms in the cell")
      }
      guard options.reorders, !wasFirst[failed], failed != queue[0] else {
        let rounded = (distance * 1000).rounded() / 1000
        throw Rejection(
          "collision",
          "site \(failed + 1) (\(Element.symbol(Int(unit.sites[failed].atomicNumber)))) comes within \(rounded) angstrom of another atom and no free position is near"
        )
      }
      wasFirst[failed] = true
      queue = [failed] + queue.filter { $0 != failed }
      clear()
    }
  }

  /// Places sites in an order; nil where all have their place, else the one that has none and how near it came to another atom.
  fileprivate mutating func placeAll(
    _ queue: [Int], of unit: AsymmetricUnit, probabilities: ArraySlice<Float>?
  ) -> (site: Int, distance: Double)? {
    let metric = lattice.metric
    let width = SiteSymmetry.axisCount * SiteSymmetry.operationCount
    for index in queue {
      let own = probabilities.map { $0[($0.startIndex + index * width)..<($0.startIndex + (index + 1) * width)] }
      let candidates = PositionCandidates(
        unit.sites[index], group: group, metric: metric, choice: options.choice, probabilities: own)
      if let distance = place(unit.sites[index], source: index, candidates) { return (index, distance) }
    }
    return nil
  }

  /// The crystal of the sites placed, in the order of the prediction.
  fileprivate func reconstruction(of unit: AsymmetricUnit, logMetric: LatticeLogMetric) -> Reconstruction {
    let ordered = sites.sorted { $0.source < $1.source }
    var result = Reconstruction(
      unit: AsymmetricUnit(spaceGroup: unit.spaceGroup, latticeLogMetric: logMetric, sites: []),
      crystal: Crystal(lattice: lattice, atomicNumbers: [], fractionalCoordinates: [], spaceGroup: unit.spaceGroup),
      outcome: ordered.contains(where: \.isMoved) ? .moved : ordered.contains { $0.slid > 0 } ? .slid : .projected,
      sources: ordered.map(\.source), distances: [], slides: ordered.map(\.slid),
      operationsChanged: ordered.map(\.place.changed))
    for (index, site) in ordered.enumerated() {
      let position = group.wyckoffPositions[site.place.position]
      let point = site.slid > 0 ? site.orbit[site.place.member] : site.place.point
      result.unit.sites.append(
        Site(
          atomicNumber: site.atomicNumber, position: point, siteSymmetry: position.members[site.place.member].siteSymmetry,
          wyckoffLetter: position.letter, multiplicity: position.multiplicity))
      result.crystal.append(site.orbit, atomicNumber: site.atomicNumber, orbit: Int32(index))
      result.distances.append(
        site.slid > 0 ? distance(from: unit.sites[site.source].position, to: point) : site.place.distance)
    }
    return result
  }
}
