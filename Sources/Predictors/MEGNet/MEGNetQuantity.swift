import Crystals
import Foundation

/// A property that MEGNet's networks predict: which of them, in which state, and what is made of their outputs.
public struct MEGNetQuantity: Sendable {
  /// Its name and unit, and what a reader has to know.
  public let property: PredictedProperty
  /// What it is asked for by: `band_gap`, `band_gap@hse`.
  public let key: String
  /// Names of the networks among the weights.
  public let networks: [String]
  /// The fidelity, where networks have several.
  let state: Int
  let reading: Reading

  /// What is made of the networks' outputs.
  enum Reading: Sendable {
    /// As it is.
    case plain
    /// With the Materials Project's corrections of 2020 where the networks were trained on older ones.
    case corrected
    /// The mean of an ensemble, no less than 0.
    case meanGap
    /// 0 where the first says that there is no gap, else what the second says, no less than 0.
    case classifiedGap
    /// 10 to the power of it.
    case power

    func value(of outputs: [Double], _ crystal: Crystal) -> Double {
      switch self {
      case .plain: outputs[0]
      case .corrected: outputs[0] + Corrections2020.energy(of: crystal)
      case .meanGap: max(0, outputs.reduce(0, +) / Double(outputs.count))
      case .classifiedGap: outputs[0].isFinite && outputs[0] < 0.5 ? 0 : max(0, outputs[1])
      case .power: pow(10, outputs[0])
      }
    }
  }

  private init(
    _ name: String, _ variant: String = "", unit: String, note: String = "", _ networks: [String], state: Int = 0,
    _ reading: Reading
  ) {
    property = PredictedProperty(
      name: variant.isEmpty ? name : "\(name)_\(variant)", unit: unit, note: note, hasDeviation: networks.count > 2)
    key = variant.isEmpty ? name : "\(name)@\(variant)"
    (self.networks, self.state, self.reading) = (networks, state, reading)
  }

  private static let corrected =
    "corrected to MP2020: -0.534, -0.379, -0.472, -0.422 eV for each atom of Br, I, Se, Te, which the network's training data lacked"
  private static let ensemble = (0..<6).map { "mf_2020/pbe_gllb_hse_exp/\($0)/best_model" }

  private static func gap(_ variant: String, _ words: String, _ state: Int) -> MEGNetQuantity {
    MEGNetQuantity(
      "band_gap", variant, unit: "eV",
      note: "mean of six networks \(words), negative ones as 0; the deviation is theirs", ensemble, state: state, .meanGap)
  }

  /// All that there are, the usual form of each before its variants.
  public static let known = [
    MEGNetQuantity("formation_energy", unit: "eV/atom", note: corrected, ["mp-2019.4.1/formation_energy"], .corrected),
    MEGNetQuantity("formation_energy", "2018", unit: "eV/atom", note: corrected, ["mp-2018.6.1/formation_energy"], .corrected),
    MEGNetQuantity(
      "formation_energy", "uncorrected", unit: "eV/atom", note: "as the network says it: the corrections of its training data",
      ["mp-2019.4.1/formation_energy"], .plain),
    gap("", "at the fidelity PBE", 0),
    gap("gllb", "at the fidelity GLLB-SC", 1),
    gap("hse", "at the fidelity HSE", 2),
    gap("exp", "at the fidelity experiment", 3),
    MEGNetQuantity(
      "band_gap", "2018", unit: "eV",
      note: "0 where a first network gives a gap a probability below 0.5, else what a second says",
      ["mp-2018.6.1/band_classification", "mp-2018.6.1/band_gap_regression"], .classifiedGap),
    MEGNetQuantity("bulk_modulus", unit: "GPa", note: "Voigt-Reuss-Hill", ["mp-2019.4.1/log10K"], .power),
    MEGNetQuantity("bulk_modulus", "2018", unit: "GPa", note: "Voigt-Reuss-Hill", ["mp-2018.6.1/log10K"], .power),
    MEGNetQuantity("shear_modulus", unit: "GPa", note: "Voigt-Reuss-Hill", ["mp-2019.4.1/log10G"], .power),
    MEGNetQuantity("shear_modulus", "2018", unit: "GPa", note: "Voigt-Reuss-Hill", ["mp-2018.6.1/log10G"], .power),
    MEGNetQuantity("fermi_energy", unit: "eV", ["mp-2019.4.1/efermi"], .plain),
  ]
}

/// What the Materials Project's corrections of 2020 (Wang et al., Sci. Rep. 11, 15496, 2021) have for anions that those before had not.
enum Corrections2020 {
  /// eV an atom, by atomic number.
  private static let energies: [UInt8: Double] = [35: -0.534, 53: -0.379, 34: -0.472, 52: -0.422]

  /// eV/atom, whatever the role of the elements in the crystal.
  static func energy(of crystal: Crystal) -> Double {
    crystal.atomicNumbers.reduce(0) { $0 + (energies[$1] ?? 0) } / Double(max(1, crystal.count))
  }
}
