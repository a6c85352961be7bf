import Crystals
import Testing

@Suite("Quantities of properties") struct PropertyQuantityTests {
  @Test("columns of one quantity are found, whoever says it; deviations and other quantities are not")
  func same() {
    for (column, asked) in [
      ("megnet_band_gap_2018", "band_gap"), ("band_gap", "band_gap"), ("megnet_formation_energy", "formation_energy_per_atom"),
      ("megnet_bulk_modulus_2018", "megnet_bulk_modulus"), ("own_bulk_modulus", "megnet_bulk_modulus"),
      ("chgnet_energy_above_hull", "e_above_hull"), ("formation_energy_per_atom", "megnet_formation_energy"),
    ] { #expect(PropertyQuantity.isSame(column, asked), "\(column) \(asked)") }
    for (column, asked) in [
      ("megnet_band_gap_deviation", "band_gap"), ("megnet_band_gap_initial", "band_gap"), ("shear_modulus", "bulk_modulus"),
      ("e_above_hull", "formation_energy_per_atom"), ("megnet_fermi_energy", "formation_energy"), ("gap", "band_gap"),
    ] { #expect(!PropertyQuantity.isSame(column, asked), "\(column) \(asked)") }
  }
}
