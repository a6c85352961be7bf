public import Crystals

/// An asymmetric unit in words: `unit(221, "a Sr, b Ti, c O", cell: 3.9)`.
///
/// - Parameters:
///   - spaceGroup: its number.
///   - sites: a Wyckoff letter and an element each; behind them x, y and z of the position's first point, where it leaves any free:
///     `f O 0.29 0.29 0`.
///   - cell: length of all axes in angstrom, at right angles as far as the group has them.
public func unit(_ spaceGroup: Int, _ sites: String, cell: Double) -> AsymmetricUnit {
  let cube = Lattice(lengths: Vector3(repeating: cell), angles: Vector3(repeating: 90))
  return unit(spaceGroup, sites, k: LatticeLogMetric(cube).k)
}

/// An asymmetric unit in words, see above.
///
/// - Parameter k: the cell's coordinates as `LatticeLogMetric` has them; what the group does not allow is taken away.
public func unit(_ spaceGroup: Int, _ sites: String, k: [Double]) -> AsymmetricUnit {
  AsymmetricUnit(
    spaceGroup: spaceGroup, latticeLogMetric: LatticeLogMetric(k: k).constrained(to: spaceGroup),
    sites: sites.split(separator: ",").map { site($0.split(separator: " ").map(String.init), of: spaceGroup) })
}

/// - Parameter words: letter, element and three numbers or none.
private func site(_ words: [String], of spaceGroup: Int) -> Site {
  let numbers = words.dropFirst(2).compactMap { Double($0) } + [0, 0, 0]
  guard words.count == 2 || words.count == 5, let letter = words[0].utf8.first, let element = Element.atomicNumber(words[1]),
    let position = SpaceGroup.numbered(spaceGroup).wyckoffPositions.first(where: { $0.letter == letter })
  else { preconditionFailure("'\(words.joined(separator: " "))' is no site of group \(spaceGroup)") }
  let (matrix, origin) = position.generatorFlat
  return Site(
    atomicNumber: UInt8(element), position: (matrix * Vector3(numbers[0], numbers[1], numbers[2]) + origin).wrapped,
    siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: letter, multiplicity: position.multiplicity)
}
