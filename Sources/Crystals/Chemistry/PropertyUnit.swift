/// Units of properties by the names that columns of tables and datasets have.
public enum PropertyUnit {
  /// The unit; empty where it is not known or there is none.
  public static func of(_ name: String) -> String {
    switch name {
    case "formation_energy_per_atom", "e_above_hull", "heat_all", "energy_per_atom": "eV/atom"
    case "band_gap", "dir_gap", "ind_gap", "energy", "free_energy": "eV"
    default: ""
    }
  }
}
