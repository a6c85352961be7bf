/// Which columns are of one quantity: predictors put their name before a property's own, and their version behind it.
public enum PropertyQuantity {
  /// Whether a column says what another one asks for: `megnet_band_gap_2018` says what `band_gap` asks for. Deviations of ensembles and
  /// values of crystals before relaxation are other quantities.
  public static func isSame(_ column: String, _ asked: String) -> Bool {
    guard baseColumn(of: column) == column else { return column == asked }
    if column == asked { return true }
    let (own, other) = (base(column), base(asked))
    return own == other || own.hasSuffix("_" + other) || own.hasPrefix(other + "_") || own.contains("_" + other + "_")
  }

  /// What columns of crystals before relaxation end in.
  public static let initialSuffix = "_initial"
  /// What columns of an ensemble's deviations end in.
  public static let deviationSuffix = "_deviation"

  /// The column that another one is the deviation of, or of whose crystals before relaxation it is; its own name where it is neither.
  public static func baseColumn(of column: String) -> String {
    [deviationSuffix, initialSuffix].reduce(column) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
  }

  /// Without predictor and unit, as `formation_energy` of `formation_energy_per_atom`; an energy above a hull by one name.
  private static func base(_ name: String) -> String {
    var name = name.replacing("energy_above_hull", with: "e_above_hull")
    for predictor in ["megnet_", "chgnet_", "geometry_"] where name.hasPrefix(predictor) {
      name = String(name.dropFirst(predictor.count))
    }
    return name.hasSuffix("_per_atom") && name != "volume_per_atom" ? String(name.dropLast(9)) : name
  }
}
