public import Crystals
public import StageKit

/// `/crystal`: full cells, ragged by `atom_offset`. See design: Files.
extension HDF5Writer {
  /// Writes the group whole.
  ///
  /// - Throws: where the file cannot be written.
  public func write(crystals: [Crystal], group: String = "/crystal") throws {
    var offsets: [Int64] = [0]
    for crystal in crystals { offsets.append((offsets.last ?? 0) + Int64(crystal.count)) }
    try write(crystals.map { Int16($0.spaceGroup) }, to: "\(group)/space_group")
    try write(
      crystals.flatMap { c in (0..<3).flatMap { [c.lattice.vectors[$0].x, c.lattice.vectors[$0].y, c.lattice.vectors[$0].z] } },
      shape: [crystals.count, 3, 3], to: "\(group)/lattice")
    try setAttribute("unit", "angstrom", of: "\(group)/lattice")
    try write(offsets, to: "\(group)/atom_offset")
    try write(crystals.flatMap(\.atomicNumbers), to: "\(group)/atomic_number")
    try write(
      crystals.flatMap { $0.fractionalCoordinates.flatMap { [$0.x, $0.y, $0.z] } },
      shape: [Int(offsets.last ?? 0), 3], to: "\(group)/frac_coord")
    try write(crystals.flatMap(\.orbit), to: "\(group)/orbit")
  }
}

extension HDF5Reader {
  /// How many crystals `/crystal` has.
  ///
  /// - Throws: `StageError` where there is no such group.
  public func crystalCount() throws -> Int { try rows(of: "/crystal/lattice") }

  /// The crystals of `/crystal` or of another group of that layout.
  ///
  /// - Parameter records: which of them; all where nil. No others are read from disk.
  /// - Throws: `StageError` where there is no such group, or it holds what no crystal has.
  public func crystals(_ records: Range<Int>? = nil, group: String = "/crystal") throws -> [Crystal] {
    let all = try self.rows(of: "\(group)/lattice")
    let range = records ?? 0..<all
    let n = range.count
    // Other programs need not know the space group or where the atoms came from.
    let groups =
      contains("\(group)/space_group")
      ? try read(Int16.self, "\(group)/space_group", shape: [all], rows: range) : [Int16](repeating: 0, count: n)
    let lattices = try read(Double.self, "\(group)/lattice", shape: [all, 3, 3], rows: range)
    let atoms = try self.rows(of: "\(group)/atomic_number")
    let (rows, offsets) =
      all == 1 && !contains("\(group)/atom_offset")
      ? (0..<atoms, [0, atoms]) : try offsets("\(group)/atom_offset", range, of: all, rows: atoms)
    let numbers = try read(UInt8.self, "\(group)/atomic_number", shape: [atoms], rows: rows)
    let coordinates = try read(Double.self, "\(group)/frac_coord", shape: [atoms, 3], rows: rows)
    let orbits = contains("\(group)/orbit") ? try read(Int32.self, "\(group)/orbit", shape: [atoms], rows: rows) : nil
    try check(numbers, in: 1...UInt8(Element.last), "\(group)/atomic_number")
    try check(groups, in: 0...230, "\(group)/space_group")
    if let orbits { try check(orbits, in: 0...Int32.max, "\(group)/orbit") }
    try check(coordinates, below: CrystalLimits.fractional, "\(group)/frac_coord", width: 3, first: rows.lowerBound)
    let cells = (0..<n).map { i in
      let l = lattices[9 * i..<9 * i + 9].map { $0 }
      return Lattice(vectors: Matrix3(Vector3(l[0], l[1], l[2]), Vector3(l[3], l[4], l[5]), Vector3(l[6], l[7], l[8])))
    }
    try check(cells, "\(group)/lattice", first: range.lowerBound)
    return (0..<n).map { i in
      let range = offsets[i]..<offsets[i + 1]
      return Crystal(
        lattice: cells[i],
        atomicNumbers: Array(numbers[range]),
        fractionalCoordinates: range.map { Vector3(coordinates[3 * $0], coordinates[3 * $0 + 1], coordinates[3 * $0 + 2]) },
        spaceGroup: Int(groups[i]), orbit: orbits.map { Array($0[range]) })
    }
  }
}
