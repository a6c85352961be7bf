public import Crystals
public import StageKit

/// `/asymmetric_unit`: sites by symmetry, ragged by `site_offset`. See design: Files.
extension HDF5Writer {
  /// Writes the group whole.
  ///
  /// - Throws: where the file cannot be written.
  public func write(units: [AsymmetricUnit]) throws {
    try reserve(siteCounts: units.map(\.sites.count))
    try write(units: units, record: 0, site: 0)
  }

  /// Makes the datasets for units whose numbers of sites are known before the units are.
  func reserve(siteCounts: [Int]) throws {
    let group = "/asymmetric_unit"
    var offsets: [Int64] = [0]
    for count in siteCounts { offsets.append((offsets.last ?? 0) + Int64(count)) }
    let sites = Int(offsets.last ?? 0)
    try reserve(Int16.self, shape: [siteCounts.count], "\(group)/space_group")
    try reserve(Double.self, shape: [siteCounts.count, 6], "\(group)/lattice_k")
    try setAttribute("unit", "ln(angstrom)", of: "\(group)/lattice_k")
    try write(offsets, to: "\(group)/site_offset")
    try reserve(UInt8.self, shape: [sites], "\(group)/atomic_number")
    try reserve(Double.self, shape: [sites, 3], "\(group)/frac_coord")
    try reserve(UInt8.self, shape: [sites, SiteSymmetry.axisCount], "\(group)/site_symmetry")
    try reserve(UInt8.self, shape: [sites], "\(group)/wyckoff_letter")
    try reserve(Int16.self, shape: [sites], "\(group)/multiplicity")
  }

  /// Fills in some units, beginning at a record and its first site.
  func write(units: [AsymmetricUnit], record: Int, site: Int) throws {
    let group = "/asymmetric_unit"
    try write(units.map { Int16($0.spaceGroup) }, to: "\(group)/space_group", row: record)
    try write(units.flatMap(\.latticeLogMetric.k), width: [6], to: "\(group)/lattice_k", row: record)
    let sites = units.flatMap(\.sites)
    try write(sites.map(\.atomicNumber), to: "\(group)/atomic_number", row: site)
    try write(
      sites.flatMap { [$0.position.x, $0.position.y, $0.position.z] }, width: [3], to: "\(group)/frac_coord", row: site)
    try write(
      sites.flatMap(\.siteSymmetry.operations), width: [SiteSymmetry.axisCount], to: "\(group)/site_symmetry", row: site)
    try write(sites.map(\.wyckoffLetter), to: "\(group)/wyckoff_letter", row: site)
    try write(sites.map { Int16($0.multiplicity) }, to: "\(group)/multiplicity", row: site)
  }
}

extension HDF5Reader {
  /// The asymmetric units of `/asymmetric_unit`.
  ///
  /// - Parameter records: which of them; all where nil. No others are read from disk.
  /// - Throws: `StageError` where there is no such group, or it holds what no unit has.
  public func units(_ records: Range<Int>? = nil) throws -> [AsymmetricUnit] {
    let group = "/asymmetric_unit"
    let all = try self.rows(of: "\(group)/space_group")
    let range = records ?? 0..<all
    let n = range.count
    let groups = try read(Int16.self, "\(group)/space_group", shape: [all], rows: range)
    let k = try read(Double.self, "\(group)/lattice_k", shape: [all, 6], rows: range)
    let sites = try self.rows(of: "\(group)/atomic_number")
    let (rows, offsets) = try offsets("\(group)/site_offset", range, of: all, rows: sites)
    let numbers = try read(UInt8.self, "\(group)/atomic_number", shape: [sites], rows: rows)
    let coordinates = try read(Double.self, "\(group)/frac_coord", shape: [sites, 3], rows: rows)
    let symmetries = try read(UInt8.self, "\(group)/site_symmetry", shape: [sites, SiteSymmetry.axisCount], rows: rows)
    let letters = try read(UInt8.self, "\(group)/wyckoff_letter", shape: [sites], rows: rows)
    let multiplicities = try read(Int16.self, "\(group)/multiplicity", shape: [sites], rows: rows)
    try check(groups, in: 1...230, "\(group)/space_group")
    try check(numbers, in: 1...UInt8(Element.last), "\(group)/atomic_number")
    try check(symmetries, in: 0...UInt8(SiteSymmetry.operationCount - 1), "\(group)/site_symmetry")
    try check(multiplicities, in: 0...192, "\(group)/multiplicity")
    try check(letters, in: 0...127, "\(group)/wyckoff_letter")
    try check(k, below: CrystalLimits.logarithm, "\(group)/lattice_k", width: 6, first: range.lowerBound)
    try check(coordinates, below: CrystalLimits.fractional, "\(group)/frac_coord", width: 3, first: rows.lowerBound)
    let axes = SiteSymmetry.axisCount
    return (0..<n).map { i in
      AsymmetricUnit(
        spaceGroup: Int(groups[i]), latticeLogMetric: LatticeLogMetric(k: Array(k[6 * i..<6 * i + 6])),
        sites: (offsets[i]..<offsets[i + 1]).map { s in
          Site(
            atomicNumber: numbers[s],
            position: Vector3(coordinates[3 * s], coordinates[3 * s + 1], coordinates[3 * s + 2]),
            siteSymmetry: SiteSymmetry(operations: Array(symmetries[axes * s..<axes * (s + 1)])),
            wyckoffLetter: letters[s], multiplicity: Int(multiplicities[s]))
        })
    }
  }
}
