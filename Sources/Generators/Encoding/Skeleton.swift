public import Crystals

/// An asymmetric unit without coordinates and lattice: the space group, and the element and the site symmetry of every site.
public struct Skeleton: Sendable, Equatable {
  public struct Site: Sendable, Equatable {
    public let atomicNumber: UInt8
    /// Code of the generator of the site's Wyckoff position, as datasets have it.
    public let siteSymmetry: SiteSymmetry
    /// Atoms of the orbit in the conventional cell.
    public let multiplicity: Int
  }

  /// International number.
  public let spaceGroup: Int
  public let sites: [Site]

  /// - Parameter sites: the element and the index into `SpaceGroup.wyckoffPositions` of every site.
  public init(spaceGroup: Int, sites: [(atomicNumber: UInt8, position: Int)]) {
    let positions = SpaceGroup.numbered(spaceGroup).wyckoffPositions
    self.spaceGroup = spaceGroup
    self.sites = sites.map {
      Site(
        atomicNumber: $0.atomicNumber, siteSymmetry: positions[$0.position].members[0].siteSymmetry,
        multiplicity: positions[$0.position].multiplicity)
    }
  }

  /// The skeleton of a unit whose Wyckoff positions are known.
  ///
  /// - Throws: `Rejection` with code `no_skeleton` where a site's letter or an element is not one that a model can have.
  public init(_ unit: AsymmetricUnit) throws(Rejection) {
    let positions = SpaceGroup.numbered(unit.spaceGroup).wyckoffPositions
    var sites: [(atomicNumber: UInt8, position: Int)] = []
    for (number, site) in unit.sites.enumerated() {
      guard let position = positions.firstIndex(where: { $0.letter == site.wyckoffLetter }) else {
        throw Rejection("no_skeleton", "the Wyckoff position of site \(number + 1) is not known")
      }
      guard site.atomicNumber <= BeliefBatch.elementClasses else {
        throw Rejection("no_skeleton", "\(Element.symbol(Int(site.atomicNumber))) has no element class")
      }
      sites.append((site.atomicNumber, position))
    }
    guard !sites.isEmpty else { throw Rejection("no_skeleton", "an asymmetric unit without sites") }
    self.init(spaceGroup: unit.spaceGroup, sites: sites)
  }

  /// Atoms of each element in the conventional cell.
  public var atoms: [UInt8: Int] {
    sites.reduce(into: [:]) { $0[$1.atomicNumber, default: 0] += $1.multiplicity }
  }
}
