public import ArgumentParser
public import Crystals

/// Options of the stages that read files of crystals.
public struct ReadingFlags: ParsableArguments {
  /// `--minimum-distance`.
  @Option(
    help: ArgumentHelp(
      "Refuse crystals with two atoms nearer than this share of the sum of their covalent radii; 0 takes all.",
      valueName: "share"))
  public var minimumDistance = ReadingOptions.defaultMinimumDistance

  /// `--trust-sites`.
  @Flag(help: "Take what the sites of a file say, whatever its formula, Z, multiplicities, density and distances say.")
  public var trustSites = false

  /// `--cif-column`.
  @Option(help: "Of tables: the column with the CIF texts, 'cif' where not given.")
  public var cifColumn: String?

  /// `--id-column`.
  @Option(help: "Of tables: the column with the crystals' names, 'material_id' or 'id' where not given.")
  public var idColumn: String?

  /// The defaults.
  public init() {}

  /// Columns of tables that are not called as the field calls them.
  public var columns: CrystalTable.Columns { CrystalTable.Columns(cif: cifColumn, id: idColumn) }

  /// Refuses what no reader takes.
  ///
  /// - Throws: `ValidationError` where a value is out of its range.
  public func validate() throws {
    guard minimumDistance >= 0, minimumDistance <= 1 else { throw ValidationError("--minimum-distance must be from 0 to 1.") }
  }

  /// The same for readers.
  public var options: ReadingOptions { ReadingOptions(minimumDistance: minimumDistance, trustSites: trustSites) }
}
