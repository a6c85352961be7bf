import Foundation
import Potentials
public import Predictors
public import StageKit

/// The weights of MEGNet's networks as a file: a group a network (`/mp-2019.4.1/formation_energy`), in it a float32 dataset a tensor.
///
/// | attribute of `embedding`                    | holds                                                                       |
/// |---------------------------------------------|-----------------------------------------------------------------------------|
/// | `cutoff`, `last_center`, `width`            | of the graph and its edges' expansion, in angstrom                          |
/// | `set2set_steps`, `is_probability`           | how pooling and the last layer work                                         |
/// | `mean`, `deviation`                         | what the output is scaled by                                                |
/// | `source`                                    | the file that the network comes from, with its SHA-256                      |
public enum MEGNetWeights {
  /// Where `make predictors` puts them.
  public static let path = PotentialWeights.installed("predictors/megnet-1.3.2.h5")

  /// A tensor by our name, Keras's place for it, and its shape.
  struct Tensor {
    let name: String
    let origin: String
    let shape: [Int]
  }

  /// All tensors of a network, with states to choose from or without.
  static func tensors(hasStates: Bool) -> [Tensor] {
    func tensor(_ name: String, _ origin: String, _ shape: Int...) -> Tensor {
      Tensor(name: name, origin: origin, shape: shape)
    }
    var all = [tensor("embedding", "embedding_1/embedding_1/embeddings:0", 95, 16)]
    if hasStates { all.append(tensor("state_embedding", "embedding_2/embedding_2/embeddings:0", 4, 16)) }
    let first = [1: 16, 3: 100, 5: hasStates ? 16 : 2]
    for n in 1...21 {
      let (inputs, outputs) =
        n > 18 ? [(96, 32), (32, 16), (16, 1)][n - 19] : n.isMultiple(of: 2) ? (64, 32) : (first[n] ?? 32, 64)
      all.append(tensor("dense_\(n)/kernel", "dense_\(n)/dense_\(n)/kernel:0", inputs, outputs))
      all.append(tensor("dense_\(n)/bias", "dense_\(n)/dense_\(n)/bias:0", outputs))
    }
    for k in 1...3 {
      let layer = "meg_net_layer_\(k)/meg_net_layer_\(k)/meg_net_layer_\(k)"
      for (letter, inputs) in [("e", 128), ("v", 96), ("u", 96)] {
        for (l, shape) in [(inputs, 64), (64, 64), (64, 32)].enumerated() {
          let place = "\(layer)/phi_\(letter)"
          all.append(tensor("block_\(k)/phi_\(letter)/kernel_\(l)", "\(place)/weight_\(letter)_\(l):0", shape.0, shape.1))
          all.append(tensor("block_\(k)/phi_\(letter)/bias_\(l)", "\(place)/bias_\(letter)_\(l):0", shape.1))
        }
      }
    }
    for (name, n) in [("set2set_atoms", 1), ("set2set_edges", 2)] {
      let folder = "set2_set_\(n)/set2_set_\(n)"
      all.append(tensor("\(name)/projection", "\(folder)/x_to_m_weight:0", 32, 16))
      all.append(tensor("\(name)/projection_bias", "\(folder)/x_to_m_bias:0", 16))
      all.append(tensor("\(name)/recurrent", "\(folder)/recurrent_kernel:0", 32, 64))
      all.append(tensor("\(name)/recurrent_bias", "\(folder)/recurrent_bias:0", 64))
    }
    return all
  }

  /// The networks that a folder holds at any depth, or the one that a file is: paths of files `NAME.hdf5` with `NAME.hdf5.json` beside
  /// one of them at least, and their names. None where the path is anything else.
  static func sources(_ path: String) -> [(name: String, path: String)] {
    func hasCompanion(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path + ".json") }
    func name(_ path: String) -> String { String(path.dropLast(5)) }
    if path.hasSuffix(".hdf5"), hasCompanion(path) { return [(name((path as NSString).lastPathComponent), path)] }
    guard case .folder = FileKind(path: path), let all = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
      return []
    }
    let models = all.filter { $0.hasSuffix(".hdf5") }.sorted().map { (name: name($0), path: "\(path)/\($0)") }
    return models.contains { hasCompanion($0.path) } ? models : []
  }

  /// Whether a path holds networks that Keras saved.
  public static func areAt(_ path: String) -> Bool { !sources(path).isEmpty }

  /// Reads what Keras saved and writes it as our weights; returns how many networks there are.
  ///
  /// - Throws: `StageError` where a network is not as it should be, or the output cannot be written.
  public static func convert(_ input: String, to output: String) throws -> Int {
    let sources = sources(input)
    let models = try sources.map { source in
      try Interruption.check()
      let model = try KerasModel(reading: source.path)
      do throws(ParameterError) {
        _ = try MEGNetNetwork(parameters: model.parameters, settings: model.settings)
      } catch {
        throw StageError(.input, "'\(source.path)': \(error.description).")
      }
      return model
    }
    try AtomicFile.write(to: output) { temporary in
      let writer = try HDF5Writer(path: temporary, name: output)
      try writer.setAttribute("weights", "MEGNet")
      for (source, model) in zip(sources, models) {
        for (name, parameter) in model.parameters.sorted(by: { $0.key < $1.key }) {
          try writer.write(parameter.values, shape: parameter.shape, to: "/\(source.name)/\(name)")
        }
        let place = "/\(source.name)/embedding"
        for (key, value) in numbers(model.settings) { try writer.setAttribute(key, value, of: place) }
        let file = (source.path as NSString).lastPathComponent
        try writer.setAttribute("source", "\(file) sha256:\(try AtomicFile.hash(of: source.path))", of: place)
      }
      try writer.close()
    }
    return models.count
  }

  private static func numbers(_ settings: MEGNetSettings) -> [(String, Double)] {
    [
      ("cutoff", settings.cutoff), ("last_center", settings.lastCenter), ("width", settings.width),
      ("set2set_steps", Double(settings.steps)), ("is_probability", settings.isProbability ? 1 : 0), ("mean", settings.mean),
      ("deviation", settings.deviation),
    ]
  }

  /// A network of a file of weights.
  ///
  /// - Throws: `StageError` where the file has no such network, or it is not as it should be.
  public static func network(_ name: String, in reader: borrowing HDF5Reader) throws -> MEGNetNetwork {
    let place = "/\(name)/embedding"
    guard reader.contains(place) else {
      throw StageError(.input, "'\(reader.path)' has no network '\(name)': these are not MEGNet's weights, or not all of them.")
    }
    func number(_ key: String) -> Double { reader.attribute(key, as: Double.self, of: place) ?? .nan }
    let settings = MEGNetSettings(
      cutoff: number("cutoff"), lastCenter: number("last_center"), width: number("width"),
      steps: Int(exactly: number("set2set_steps")) ?? 0, isProbability: number("is_probability") == 1, mean: number("mean"),
      deviation: number("deviation"))
    guard settings.arePlausible else {
      throw StageError(.input, "'\(reader.path)', \(place): its attributes are those of no network: \(settings).")
    }
    var parameters: [String: NamedParameter] = [:]
    for dataset in try reader.datasetNames(in: "/\(name)") {
      let shape = try reader.shape(of: dataset)
      parameters[String(dataset.dropFirst(name.count + 2))] = NamedParameter(
        shape: shape, values: try reader.parameters(dataset, shape: shape))
    }
    do throws(ParameterError) {
      return try MEGNetNetwork(parameters: parameters, settings: settings)
    } catch {
      throw StageError(.input, "'\(reader.path)', /\(name): \(error.description).")
    }
  }
}
