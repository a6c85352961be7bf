public import Crystals

/// An asymmetric unit as numbers for training.
public struct TrainingExample: Sendable {
  let spaceGroup: Int
  /// (6)
  let lattice: [Float]
  /// (6) values that the space group fixes.
  let latticeConstraint: [Float?]
  /// (m) atomic numbers.
  let elements: [UInt8]
  /// (m, 3)
  private(set) var positions: [Float]
  /// (m, 15)
  let siteSymmetries: [UInt8]
  /// (m) indices into `SpaceGroup.wyckoffPositions`.
  let wyckoffPositions: [Int]

  /// (m) numbers that sites of one element share, and the first site of each site's element.
  let species: [Int]
  let firstOfElement: [Int]
  /// (m) positions of a crystal of group 1 that is shown from any origin; empty where it is shown as it is. Listing its origins as those
  /// of other groups are, `shown` by `shown`, would take 216 copies of every atom.
  var movable: [Vector3] = []
  /// Whether template and elements are told whenever it is shown, and only coordinates and lattice are to be learnt.
  var teachesGeometryAlone = false
  /// Whether the template is told, and only elements, coordinates and lattice are to be learnt.
  var knowsTemplate = false
  /// (m) whether a site's element is told, too; empty where none is.
  var knownElements: [Bool] = []

  /// (P) values of the properties that are conditions; NaN where unknown.
  var properties: [Double] = []
  /// (P) what is told of them; nil where nothing is.
  var conditions: [Double?] = []

  var siteCount: Int { elements.count }

  /// The same crystal from another origin.
  func moved(by shift: Vector3) -> TrainingExample {
    var other = self
    other.positions = movable.flatMap { x in (0..<3).map { Float((x + shift).wrapped[$0]) } }
    return other
  }

  /// - Throws: `Rejection` where an element has no class.
  public init(_ unit: AsymmetricUnit) throws(Rejection) {
    spaceGroup = unit.spaceGroup
    lattice = unit.latticeLogMetric.k.map { Float($0) }
    latticeConstraint = LatticeLogMetric.constraint(spaceGroup: unit.spaceGroup).map { $0.map { Float($0) } }
    let elements = unit.sites.map(\.atomicNumber)
    self.elements = elements
    species = ElementLabels.of(elements)
    firstOfElement = ElementLabels.firstSites(species)
    positions = unit.sites.flatMap { [Float($0.position.x), Float($0.position.y), Float($0.position.z)] }
    siteSymmetries = unit.sites.flatMap(\.siteSymmetry.operations)
    let group = SpaceGroup.numbered(unit.spaceGroup)
    wyckoffPositions = unit.sites.map { site in
      group.positionIndex(lettered: site.wyckoffLetter)
        ?? group.wyckoffPositions.firstIndex { $0.members[0].siteSymmetry == site.siteSymmetry }
        ?? group.wyckoffPositions.count - 1
    }
    guard !elements.isEmpty else { throw Rejection("no_sites", "an asymmetric unit without sites") }
    if let z = elements.first(where: { $0 > BeliefBatch.elementClasses }) {
      throw Rejection(
        "unknown_element", "\(Element.symbol(Int(z))) is beyond the \(BeliefBatch.elementClasses) element classes")
    }
  }
}
