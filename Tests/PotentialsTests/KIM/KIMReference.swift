import Crystals
import TestSupport
import Testing

@testable import Potentials

/// Models of the KIM API that are installed, and the numbers of another program.
enum KIMReference {
  struct Record: Decodable, Sendable, CustomTestStringConvertible {
    var model: String
    var lattice: [[Double]]
    var z: [UInt8]
    var frac: [[Double]]
    var energy: Double
    var forces: [[Double]]
    var stress: [[Double]]

    var crystal: Crystal { CHGNetReference.Cell(lattice: lattice, z: z, frac: frac).crystal }
    var testDescription: String { "\(model), \(z.count) atoms" }
  }
  private struct File: Decodable { var records: [Record] }

  static let records = (try? reference("Potentials/kim.json", as: File.self).records) ?? []
  static let models = (try? KIMPotential.installedModels()) ?? []
  /// Whether all that the tests use is there.
  static let isInstalled = !models.isEmpty && Set(records.map(\.model)).isSubset(of: models)

  static let silicon = "SW_StillingerWeber_1985_Si__MO_405512056662_005"
  static let salt = "LJ_ElliottAkerson_2015_Universal__MO_959249795837_003"
  static let aluminium = "EAM_Dynamo_MishinFarkasMehl_1999_Al__MO_651801486679_005"
  static let severalLists = "ex_model_Ar_SLJ_MultiCutoff"
}
