import Crystals
import Foundation
import Potentials
import StageKit

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

  /// The folder of this package.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Where the weights may be: beside the datasets, beside the checkout, among the artifacts.
  static let weightsPath: String? = {
    var folders = [
      root.appendingPathComponent("../shared/potentials"), root.appendingPathComponent("Artifacts/potentials"),
    ]
    if let datasets = ProcessInfo.processInfo.environment["DATASETS_DIR"] {
      folders.insert(URL(fileURLWithPath: datasets).appendingPathComponent("../potentials"), at: 0)
    }
    return folders.map { $0.appendingPathComponent("chgnet-0.3.0.h5").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

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

  static let numbers = Result {
    try JSONDecoder().decode(
      File.self, from: Data(contentsOf: root.appendingPathComponent("Tests/References/chgnet.json")))
  }
}

func vector(_ v: [Double]) -> Vector3 { Vector3(v[0], v[1], v[2]) }
