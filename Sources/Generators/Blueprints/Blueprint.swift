public import Crystals

/// What a crystal is to be, as far as anybody has said: proposers fill it in (`Proposer`), a unit generator does the rest.
///
/// Nil and empty are the method's to say.
public struct Blueprint: Sendable, Equatable {
  /// A site without coordinates.
  public struct Site: Sendable, Equatable {
    /// Index into `SpaceGroup.wyckoffPositions`.
    public let wyckoffPosition: Int
    /// The same for sites of one element.
    public let elementLabel: Int
    /// Atomic number; nil where only is known which sites share it.
    public let element: UInt8?
    /// Code of the generator of the Wyckoff position, as datasets have it.
    public let siteSymmetry: SiteSymmetry
    /// Atoms of the orbit in the conventional cell.
    public let multiplicity: Int

    /// - Parameter wyckoffPosition: index into the positions of the space group with a number.
    public init(spaceGroup: Int, wyckoffPosition: Int, elementLabel: Int, element: UInt8?) {
      let position = SpaceGroup.numbered(spaceGroup).wyckoffPositions[wyckoffPosition]
      (self.wyckoffPosition, self.elementLabel, self.element) = (wyckoffPosition, elementLabel, element)
      (siteSymmetry, multiplicity) = (position.members[0].siteSymmetry, position.multiplicity)
    }
  }

  /// International number.
  public var spaceGroup: Int?
  /// Sites of the asymmetric unit.
  public var siteCount: Int?
  /// All sites where there are `siteCount`, none, or those to begin with where that is nil.
  public private(set) var sites: [Site] = []
  /// The cell; what the space group fixes counts as it has it.
  public var lattice: LatticeLogMetric?
  /// What the crystal is to hold; nil where it is left open.
  public var composition: Composition?
  /// Which elements it may have, and how large it may be.
  public var chemistry = Chemistry()
  /// What its properties are to be, by the names of the model's columns.
  public var properties: [String: PropertyTarget] = [:]

  /// A formula, and how much of it the cell is to hold.
  public struct Composition: Sendable, Equatable {
    /// What a cell is to hold.
    public enum Content: Sendable, Equatable {
      /// Any number of formula units, up to a few dozen atoms in the primitive cell.
      case any
      /// So many formula units in the conventional cell, as the formula is written.
      case formulaUnits(Int)
      /// In its primitive cell what the formula says.
      case primitiveCell
    }
    /// The formula.
    public var formula: Formula
    /// How much of it.
    public var content: Content

    /// A formula, and how much of it.
    public init(_ formula: Formula, content: Content = .any) { (self.formula, self.content) = (formula, content) }
  }

  /// - Parameters:
  ///   - spaceGroup: international number; nil where it is left open.
  ///   - siteCount: sites of the asymmetric unit; nil where it is left open.
  public init(spaceGroup: Int? = nil, siteCount: Int? = nil) {
    (self.spaceGroup, self.siteCount) = (spaceGroup, siteCount)
  }

  /// - Parameter sites: the element and the index into `SpaceGroup.wyckoffPositions` of every site.
  public init(spaceGroup: Int, sites: [(element: UInt8, wyckoffPosition: Int)]) {
    self.init(spaceGroup: spaceGroup)
    let labels = ElementLabels.of(sites.map(\.element))
    take(
      zip(sites, labels).map {
        Site(spaceGroup: spaceGroup, wyckoffPosition: $0.wyckoffPosition, elementLabel: $1, element: $0.element)
      })
  }

  /// Makes the sites known.
  public mutating func take(_ sites: [Site]) { (self.sites, siteCount) = (sites, sites.count) }

  /// Makes some sites known; any number of others may follow.
  public mutating func begin(with sites: [Site]) { (self.sites, siteCount) = (sites, nil) }

  /// Whether every site is known, its element, too.
  public var isComplete: Bool { siteCount == sites.count && sites.allSatisfy { $0.element != nil } }

  /// Takes the Wyckoff positions, and which of them share their element, of a prototype.
  public mutating func take(_ prototype: Prototype) {
    let group = prototype.spaceGroup
    spaceGroup = group
    take(
      zip(prototype.wyckoffPositions, prototype.elementLabels).map {
        Site(spaceGroup: group, wyckoffPosition: $0, elementLabel: $1, element: nil)
      })
  }

  /// The blueprint of a unit whose Wyckoff positions are known.
  ///
  /// - Throws: `Rejection` with code `no_skeleton` where a site's letter or an element is not one that a model can have.
  public init(_ unit: AsymmetricUnit) throws(Rejection) {
    let group = SpaceGroup.numbered(unit.spaceGroup)
    var sites: [(element: UInt8, wyckoffPosition: Int)] = []
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

  /// Atoms of each element in the conventional cell, as far as elements are known.
  public var atoms: [UInt8: Int] {
    sites.reduce(into: [:]) { if let z = $1.element { $0[z, default: 0] += $1.multiplicity } }
  }

  /// What the conventional cell holds, elements in rising order; nil where neither the sites nor the composition say it.
  public var conventionalFormula: Formula? {
    if isComplete, !sites.isEmpty {
      let atoms = atoms.sorted { $0.key < $1.key }
      return Formula(elements: atoms.map(\.key), counts: atoms.map(\.value))
    }
    guard let formula = composition?.formula, !formula.elements.isEmpty else { return nil }
    let units: Int
    switch (composition?.content, spaceGroup) {
    case (.formulaUnits(let count), _) where count > 0: units = count
    case (.primitiveCell, let group?): units = SpaceGroup.numbered(group).centrings
    default: return nil
    }
    let order = formula.elements.indices.sorted { formula.elements[$0] < formula.elements[$1] }
    return Formula(elements: order.map { formula.elements[$0] }, counts: order.map { formula.counts[$0] * units })
  }
}

/// Numbers that sites of one element share.
enum ElementLabels {
  /// From 0 on in the order in which elements come.
  static func of(_ elements: [UInt8]) -> [Int] {
    var numbers: [UInt8: Int] = [:]
    return elements.map { z in
      let number = numbers[z] ?? numbers.count
      numbers[z] = number
      return number
    }
  }

  /// The first site of each site's label; a site without one stands for itself.
  static func firstSites(_ labels: [Int?]) -> [Int] {
    labels.indices.map { site in labels[site].flatMap { labels.firstIndex(of: $0) } ?? site }
  }
}
