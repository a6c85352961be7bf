public import Crystals
public import StageKit

extension SamplesFile {
  /// The predicted probabilities of the site symmetries: for every unit (sites, 15, 13).
  ///
  /// - Throws: where the file has no predictions, or not one a site.
  public static func siteSymmetryProbabilities(
    _ reader: borrowing HDF5Reader, of units: [AsymmetricUnit], _ records: Range<Int>
  ) throws -> [ArraySlice<Float>] {
    let name = "/prediction/site_symmetry_probability"
    guard reader.contains(name) else {
      throw StageError(
        .input, "'\(reader.path)' has no \(name), as 'sample' writes it. Without predictions take --choice code.")
    }
    let sites = try reader.rows(of: name)
    let all = try reader.rows(of: "/asymmetric_unit/space_group")
    let rows = try reader.offsets("/asymmetric_unit/site_offset", records, of: all, rows: sites).rows
    let axes = SiteSymmetry.axisCount
    let operations = SiteSymmetry.operationCount
    let values = try reader.read(Float.self, name, shape: [sites, axes, operations], rows: rows)
    try reader.check(values, below: 1e6, name, width: axes * operations, first: rows.lowerBound)
    guard rows.count == units.reduce(0, { $0 + $1.sites.count }) else { throw reader.wrong(name, "expected one row a site") }
    var start = 0
    return units.map { unit in
      let end = start + unit.sites.count * axes * operations
      defer { start = end }
      return values[start..<end]
    }
  }
}
