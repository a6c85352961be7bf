/// Asymmetric units of cells whose symmetry need not be searched for.
extension AsymmetricUnit {
  /// Every atom of a cell as a site of its own, in space group 1: the crystal for who knows no symmetry.
  ///
  /// - Parameter crystal: of any group; the sites are its atoms in their order.
  public init(everyAtomOf crystal: Crystal) {
    self.init(
      spaceGroup: 1, latticeLogMetric: LatticeLogMetric(crystal.lattice),
      sites: zip(crystal.atomicNumbers, crystal.fractionalCoordinates).map { z, x in
        Site(
          atomicNumber: z, position: x.wrapped, siteSymmetry: .trivial, wyckoffLetter: UInt8(ascii: "a"), multiplicity: 1)
      })
  }

  /// The asymmetric unit that unfolded to a conventional cell; nil where the cell's group is not known, or an atom is on no Wyckoff
  /// position of it.
  ///
  /// - Parameter crystal: in the setting of `SpaceGroup`, with its space group and orbits.
  public init?(unfoldedTo crystal: Crystal) {
    guard (1...230).contains(crystal.spaceGroup) else { return nil }
    let group = SpaceGroup.numbered(crystal.spaceGroup)
    self.init(
      spaceGroup: group.number, latticeLogMetric: LatticeLogMetric(crystal.lattice).constrained(to: group.number), sites: [])
    var seen: Set<Int32> = []
    for (atom, orbit) in crystal.orbit.enumerated() where seen.insert(orbit).inserted {
      guard
        let site = group.site(
          crystal.atomicNumbers[atom], at: crystal.fractionalCoordinates[atom], metric: crystal.lattice.metric)
      else { return nil }
      sites.append(site)
    }
  }
}

extension SpaceGroup {
  /// The site that `AsymmetricUnit.standardize` would choose for the orbit of a point; nil where the point is on no Wyckoff position.
  func site(_ atomicNumber: UInt8, at x: Vector3, metric: Matrix3) -> Site? {
    guard let (position, point, member) = position(of: x, metric: metric) else { return nil }
    return Site(
      atomicNumber: atomicNumber, position: position.representative(of: position.orbit(of: point, onMember: member)),
      siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: position.letter, multiplicity: position.multiplicity)
  }
}
