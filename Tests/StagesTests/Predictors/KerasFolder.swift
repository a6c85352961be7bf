import Foundation
import StageKit
import TestSupport

@testable import Artifacts

/// Networks of MEGNet with numbers drawn, as Keras and the package keep them: small in nothing but their worth.
struct KerasFolder {
  let place: Workplace
  /// Changed before a network is written.
  var activation = "linear"
  var steps = [2, 2]
  var cutoff = 4.0
  var centers = (0..<100).map { Double($0) * 5 / 99 }
  var isIntensive = true
  var hasConfiguration = true
  var hasSidecar = true
  /// Tensors with another shape than they should have, and those that are left out or not finite.
  var shapes: [String: [Int]] = [:]
  var missing: Set<String> = []
  var broken: Set<String> = []

  init(_ place: Workplace) { self.place = place }

  /// Writes `networks/NAME.hdf5` and `networks/NAME.hdf5.json`.
  func write(_ name: String, hasStates: Bool = false, seed: UInt64 = 1) throws {
    let path = place.path("networks/\(name).hdf5")
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    var random = SplitMix(seed: seed)
    let writer = try HDF5Writer(path: path)
    for tensor in MEGNetWeights.tensors(hasStates: hasStates) where !missing.contains(tensor.name) {
      let shape = shapes[tensor.name] ?? tensor.shape
      let scale = shape.count == 1 ? 0.2 : 1.7 / Float(shape[0]).squareRoot()
      var values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -scale...scale, using: &random) }
      if broken.contains(tensor.name) { values[3] = .nan }
      try writer.write(values, shape: shape, to: "/model_weights/\(tensor.origin)")
    }
    let pools = steps.map { #"{"class_name": "Set2Set", "config": {"T": \#($0)}}"# }.joined(separator: ", ")
    if hasConfiguration {
      try writer.setAttribute(
        "model_config",
        #"{"config": {"layers": [\#(pools), {"class_name": "Dense", "config": {"name": "dense_21", "activation": "\#(activation)"}}]}}"#
      )
    }
    try writer.close()
    guard hasSidecar else { return }
    let list = centers.map { "\($0)" }.joined(separator: ", ")
    _ = try place.write(
      "networks/\(name).hdf5.json",
      #"{"graph_converter": {"cutoff": \#(cutoff), "bond_converter": {"centers": {"data": [\#(list)]}, "width": 0.5}}, "#
        + #""target_scaler": {"is_intensive": \#(isIntensive)}}"#)
  }

  /// The networks that the usual properties need, as the file `megnet.h5`.
  func writeWeights() throws {
    for (seed, name) in [
      "mp-2019.4.1/formation_energy", "mp-2019.4.1/log10K", "mp-2019.4.1/log10G", "mp-2019.4.1/efermi",
    ].enumerated() {
      try write(name, seed: UInt64(seed))
    }
    for n in 0..<6 { try write("mf_2020/pbe_gllb_hse_exp/\(n)/best_model", hasStates: true, seed: 10 + UInt64(n)) }
    let outcome = try place.run("convert", ["--input", "networks", "--output", "megnet.h5"])
    guard outcome.status == 0 else { throw StageError(.input, outcome.errors) }
  }
}
