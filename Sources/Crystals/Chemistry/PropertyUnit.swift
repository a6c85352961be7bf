/// Units of properties by the names that columns of tables and datasets have.
public enum PropertyUnit {
  /// The unit; empty where it is not known or there is none.
  public static func of(_ name: String) -> String {
    let units: [(unit: String, names: [String])] = [
      ("eV/atom", ["formation_energy_per_atom", "formation_energy", "e_above_hull", "heat_all", "energy_per_atom"]),
      ("eV", ["band_gap", "dir_gap", "ind_gap", "energy", "free_energy", "fermi_energy"]),
      ("GPa", ["bulk_modulus", "shear_modulus"]),
    ]
    // Predictors put their name before a property's own.
    return units.first { $0.names.contains { name == $0 || name.hasSuffix("_" + $0) } }?.unit ?? ""
  }
}
