import Crystals
public import StageKit

extension Artifact.Format {
  /// `dataset.h5`, see `Dataset`.
  public static let dataset = Self(
    "frieze-dataset", stage: "preprocess", tables: tables, cut: .files, optionalGroup: units,
    wholeGroup: "/statistics")
  /// `model.h5`, see `ModelFile`.
  public static let model = Self("frieze-model", stage: "train", tables: tables)
  /// `blueprints.h5`, see `BlueprintsFile`.
  public static let blueprints = Self(
    "frieze-blueprints", stage: "propose", foreignDataset: "/blueprint/space_group", cut: .records, countsRejected: true)
  /// `samples.h5`, see `SamplesFile`.
  public static let samples = Self("frieze-samples", stage: "sample", tables: tables, cut: .records, optionalGroup: units)
  /// `crystals.h5`, see `CrystalsFile`.
  public static let crystals = Self(
    "frieze-crystals", stage: "reconstruct", tables: tables, foreignDataset: "/crystal/lattice", cut: .records,
    countsRejected: true, optionalGroup: units)
  /// `relaxed.h5`, see `RelaxedFile`.
  public static let relaxed = Self("frieze-relaxed", stage: "relax", tables: tables, cut: .records, optionalGroup: units)
  /// `metrics.h5`, see `MetricsFile`.
  public static let metrics = Self("frieze-metrics", stage: "metrics", tables: tables)
  /// `hull.h5`, see `HullTable`.
  public static let hull = Self("frieze-hull", stage: "hull", tables: tables)
  /// `measures.h5`, see `MeasuresFile`.
  public static let measures = Self("frieze-measures", stage: "metrics", tables: tables, cut: .records)

  /// All formats that there are.
  public static let all = [dataset, model, blueprints, samples, crystals, relaxed, metrics, hull, measures]

  /// `relax` writes asymmetric units only where every crystal has kept one; so does the whole.
  private static let units = "/asymmetric_unit"

  /// Site symmetries are stored as places in a table of operations.
  private static let tables = [Table("site_symmetry_table", version: Int64(SiteSymmetry.tableVersion))]
}

extension Artifact {
  /// Opens an artifact and checks what it is.
  ///
  /// - Parameter formats: those that will do; any of ours where nil.
  /// - Throws: `StageError` where it is of none of these, or of another version than this program reads.
  public static func open(_ path: String, formats: [Format]? = nil) throws -> HDF5Reader {
    try open(path, as: formats ?? Format.all, of: Format.all)
  }
}
