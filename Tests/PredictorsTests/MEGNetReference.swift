import Artifacts
import Crystals
import Foundation
import Predictors
import StageKit
import TestSupport

/// The networks with their published weights and the numbers of the Python package, where the weights file is to be had.
struct MEGNetReference: Decodable {
  struct Record: Decodable {
    var id: String
    var lattice: [[Double]]
    var z: [UInt8]
    var frac: [[Double]]
    /// Directed edges and atoms without any, by the cutoff.
    var edges: [String: Int]
    var isolated: [String: Int]
    /// By the network's name.
    var values2018: [String: Double]
    var values2019: [String: Double]
    /// (networks, fidelities)
    var ensemble: [[Double]]

    var crystal: Crystal {
      func vector(_ v: [Double]) -> Vector3 { Vector3(v[0], v[1], v[2]) }
      return Crystal(
        lattice: Lattice(vectors: Matrix3(vector(lattice[0]), vector(lattice[1]), vector(lattice[2]))),
        atomicNumbers: z, fractionalCoordinates: frac.map(vector))
    }
  }
  /// What the network of the formation energy of 2019 has in between.
  struct Intermediates: Decodable {
    struct Edge: Decodable {
      var d: Float
      var preblock: [Float]
    }
    var id: String
    /// (A, 32) atoms before the blocks, an edge, the state.
    var preblock: [[Float]]
    var edge: Edge
    var state: [Float]
    var output: Double
    /// Of the Fermi energy, before and after scaling.
    var efermi: [Double]
  }
  var records: [Record]
  var intermediates: [Intermediates]

  static let partPath = Checkout.path("Tests/References/Predictors/megnet.json")

  /// Where the weights may be: beside the datasets, beside the checkout, among the artifacts.
  static let weightsPath =
    Checkout.shared("predictors/megnet-1.3.2.h5") ?? Checkout.existing("Artifacts/predictors/megnet-1.3.2.h5")
  static let missing = "no megnet-1.3.2.h5 in ../shared/predictors, beside DATASETS_DIR or in Artifacts/predictors"

  /// The small reference, or a larger one of that form that FRIEZE_MEGNET names.
  static let numbers = Result {
    let path = ProcessInfo.processInfo.environment["FRIEZE_MEGNET"] ?? partPath
    return try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  static func network(_ name: String) throws -> MEGNetNetwork {
    try MEGNetWeights.network(name, in: try HDF5Reader(path: weightsPath ?? ""))
  }

  /// All networks of one number, by name.
  static let single =
    ["formation_energy", "band_classification", "band_gap_regression", "log10K", "log10G"].map { "mp-2018.6.1/\($0)" }
    + ["formation_energy", "efermi", "log10K", "log10G"].map { "mp-2019.4.1/\($0)" }
}
