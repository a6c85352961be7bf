/// Units of properties by the names that columns of tables and datasets have.
public enum PropertyUnit {
  /// The unit; empty where it is not known or there is none.
  public static func of(_ name: String) -> String {
    if let unit = exact[name] { return unit }
    // What predictors say of a property has its unit, and so have deviations and crystals before relaxation.
    let own = PropertyQuantity.baseColumn(of: name)
    return exact[own] ?? quantities.first { PropertyQuantity.isSame(own, $0.name) }?.unit ?? ""
  }

  private static let exact = [
    "heat_all": "eV/atom", "energy_per_atom": "eV/atom", "chgnet_energy": "eV/atom", "energy": "eV", "free_energy": "eV",
    "dir_gap": "eV", "ind_gap": "eV",
  ]

  private static let quantities: [(name: String, unit: String)] = [
    ("formation_energy", "eV/atom"), ("e_above_hull", "eV/atom"), ("band_gap", "eV"), ("fermi_energy", "eV"),
    ("bulk_modulus", "GPa"), ("shear_modulus", "GPa"), ("magnetic_moment", "mu_B"), ("density", "g/cm^3"),
    ("volume_per_atom", "angstrom^3"),
  ]
}
