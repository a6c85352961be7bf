public import Crystals

/// An asymmetric unit without coordinates and lattice: the space group, the Wyckoff position of every site, and its element or (a
/// template) only which sites share one.
public struct Skeleton: Sendable, Equatable {
  public struct Site: Sendable, Equatable {
    /// Nil in a template.
    public let atomicNumber: UInt8?
    /// The same for sites of one element.
    public let species: Int
    /// Index into `SpaceGroup.wyckoffPositions`.
    public let position: Int
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
    let species = Self.species(sites.map(\.atomicNumber))
    self.init(spaceGroup: spaceGroup, sites.map { ($0.atomicNumber, $0.position) }, species)
  }

  /// A template.
  public init(_ template: Template) {
    self.init(
      spaceGroup: template.spaceGroup, template.positions.map { (nil, $0) }, template.species)
  }

  private init(spaceGroup: Int, _ sites: [(atomicNumber: UInt8?, position: Int)], _ species: [Int]) {
    let positions = SpaceGroup.numbered(spaceGroup).wyckoffPositions
    self.spaceGroup = spaceGroup
    self.sites = zip(sites, species).map { site, species in
      Site(
        atomicNumber: site.atomicNumber, species: species, position: site.position,
        siteSymmetry: positions[site.position].members[0].siteSymmetry, multiplicity: positions[site.position].multiplicity)
    }
  }

  /// The first site of each site's species; a site whose species is not known stands for itself.
  static func firstSites(_ species: [Int?]) -> [Int] {
    species.indices.map { site in species[site].flatMap { species.firstIndex(of: $0) } ?? site }
  }

  /// Numbers that sites of one element share, from 0 on in the order in which elements come.
  static func species(_ elements: [UInt8]) -> [Int] {
    var numbers: [UInt8: Int] = [:]
    return elements.map { z in
      let number = numbers[z] ?? numbers.count
      numbers[z] = number
      return number
    }
  }

  /// The skeleton of a unit whose Wyckoff positions are known.
  ///
  /// - Throws: `Rejection` with code `no_skeleton` where a site's letter or an element is not one that a model can have.
  public init(_ unit: AsymmetricUnit) throws(Rejection) {
    let group = SpaceGroup.numbered(unit.spaceGroup)
    var sites: [(atomicNumber: UInt8, position: Int)] = []
    for (number, site) in unit.sites.enumerated() {
      guard let position = group.positionIndex(lettered: site.wyckoffLetter) else {
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

  /// Atoms of each element in the conventional cell; none of a template.
  public var atoms: [UInt8: Int] {
    sites.reduce(into: [:]) { if let z = $1.atomicNumber { $0[z, default: 0] += $1.multiplicity } }
  }
}
