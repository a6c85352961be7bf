import Crystals
import Foundation
import Potentials
import StageKit
import TestSupport

/// The network with its published weights and the numbers of another program, where the weights file is to be had.
struct CHGNetReference: Sendable {
  struct Graph: Decodable {
    var directed_edges: Int
    var undirected_bonds: Int
    var angles: Int
  }
  struct DoubleEnergy: Decodable { var e: Double }
  struct Cell: Decodable {
    var lattice: [[Double]]
    var z: [UInt8]
    var frac: [[Double]]

    var crystal: Crystal {
      Crystal(
        lattice: Lattice(vectors: Matrix3(vector(lattice[0]), vector(lattice[1]), vector(lattice[2]))),
        atomicNumbers: z, fractionalCoordinates: frac.map(vector))
    }
  }
  struct Record: Decodable {
    var id: String
    var lattice: [[Double]]
    var z: [UInt8]
    var frac: [[Double]]
    var e: Double
    var f: [[Double]]
    var s: [[Double]]
    var m: [Double]?
    var graph: Graph?
    var f64: DoubleEnergy?

    var crystal: Crystal { Cell(lattice: lattice, z: z, frac: frac).crystal }
  }
  struct Relaxed: Decodable {
    var id: String
    var start: Cell
    var n_steps: Int
    var final_e: Double
    var seconds: Double
  }
  struct File: Decodable {
    var records: [Record]
    var perturbed: [Record]
    var relaxed: [Relaxed]
  }

  /// All of the reference, of which the file in this package is a part; nil where it is not at hand.
  static let wholePath = Checkout.shared("fixtures/chgnet.json")
  static let partPath = Checkout.path("Tests/References/Potentials/chgnet.json")

  /// Where the weights may be: beside the datasets, beside the checkout, among the artifacts.
  static let weightsPath =
    Checkout.shared("potentials/chgnet-0.3.0.h5") ?? Checkout.existing("Artifacts/potentials/chgnet-0.3.0.h5")

  static let missing = "no chgnet-0.3.0.h5 in ../shared/potentials, beside DATASETS_DIR or in Artifacts/potentials"

  static func parameters() throws -> [String: NamedParameter] {
    let reader = try HDF5Reader(path: weightsPath ?? "")
    var parameters: [String: NamedParameter] = [:]
    for name in try reader.names(in: "/") {
      parameters[name] = NamedParameter(
        shape: try reader.shape(of: name), values: try reader.read(Float.self, name))
    }
    return parameters
  }

  static let numbers = Result { try numbers(at: partPath) }

  static func numbers(at path: String) throws -> File {
    try JSONDecoder().decode(File.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

func vector(_ v: [Double]) -> Vector3 { Vector3(v[0], v[1], v[2]) }
