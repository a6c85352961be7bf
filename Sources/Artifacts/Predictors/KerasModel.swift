import Foundation
import Potentials
import Predictors
import StageKit

/// A network of MEGNet as Keras saved it (`NAME.hdf5`), with what the package keeps beside it (`NAME.hdf5.json`).
///
/// Tensors lie under `model_weights`, each in folders named after its layer; how the last layers work stands in the root attribute
/// `model_config`, how crystals become graphs in the other file.
struct KerasModel {
  let settings: MEGNetSettings
  /// By the names that our weights have.
  let parameters: [String: NamedParameter]

  /// Reads and checks a network.
  ///
  /// - Throws: `StageError`, which names the file, the tensor and what is wrong with it.
  init(reading path: String) throws {
    let reader = try HDF5Reader(path: path)
    guard let text = reader.attribute("model_config") else {
      throw StageError(.input, "'\(path)' has no attribute model_config: it is no model that Keras saved.")
    }
    let configuration: Configuration
    do {
      configuration = try JSONDecoder().decode(Configuration.self, from: Data(text.utf8))
    } catch {
      throw StageError(.input, "'\(path)', attribute model_config: it does not describe a network of MEGNet: \(error).")
    }
    let settings = try Self.settings(configuration, try JSONFile.read(Sidecar.self, path + ".json"), path)
    let hasStates = reader.contains("/model_weights/embedding_2")
    var parameters: [String: NamedParameter] = [:]
    for tensor in MEGNetWeights.tensors(hasStates: hasStates) {
      let place = "/model_weights/\(tensor.origin)"
      parameters[tensor.name] = NamedParameter(shape: tensor.shape, values: try reader.parameters(place, shape: tensor.shape))
    }
    (self.settings, self.parameters) = (settings, parameters)
  }

  /// What is used of `model_config`.
  private struct Configuration: Decodable {
    struct Layer: Decodable {
      struct Options: Decodable {
        var name: String?
        var steps: Int?
        var activation: String?

        enum CodingKeys: String, CodingKey { case name, steps = "T", activation }

        init(from decoder: any Decoder) throws {
          let values = try decoder.container(keyedBy: CodingKeys.self)
          // Of other layers than those that are looked at, a field may be of another kind.
          name = try? values.decode(String.self, forKey: .name)
          steps = try? values.decode(Int.self, forKey: .steps)
          activation = try? values.decode(String.self, forKey: .activation)
        }
      }
      var class_name: String
      var config: Options
    }
    struct Body: Decodable { var layers: [Layer] }
    var config: Body
  }

  /// What is used of the file beside the model.
  private struct Sidecar: Decodable {
    struct Graphs: Decodable {
      struct Bonds: Decodable {
        struct Centers: Decodable { var data: [Double] }
        var centers: Centers
        var width: Double
      }
      var cutoff: Double
      var bond_converter: Bonds
    }
    struct Scaler: Decodable {
      var mean: Double?
      var std: Double?
      var is_intensive: Bool?
    }
    var graph_converter: Graphs
    var target_scaler: Scaler?
  }

  private static func settings(_ configuration: Configuration, _ sidecar: Sidecar, _ path: String) throws -> MEGNetSettings {
    let layers = configuration.config.layers
    let steps = Set(layers.filter { $0.class_name == "Set2Set" }.map { $0.config.steps ?? 0 })
    guard let only = steps.first, steps.count == 1 else {
      throw StageError(
        .input, "'\(path)', attribute model_config: expected layers Set2Set with one T, found \(steps.sorted()).")
    }
    let activation = layers.last { $0.config.name == "dense_21" }?.config.activation ?? "none"
    guard ["linear", "sigmoid"].contains(activation) else {
      throw StageError(
        .input, "'\(path)', attribute model_config: the last layer's activation is \(activation), expected linear or sigmoid.")
    }
    let bonds = sidecar.graph_converter.bond_converter
    let centers = bonds.centers.data
    let last = centers.last ?? 0
    guard centers.count == 100, centers.indices.allSatisfy({ abs(centers[$0] - Double($0) * last / 99) < 1e-9 }) else {
      throw StageError(.input, "'\(path).json', centers: expected 100 that rise evenly from 0, found \(centers.count).")
    }
    guard sidecar.target_scaler?.is_intensive ?? true else {
      throw StageError(.input, "'\(path).json', target_scaler: the target is not intensive, which no network known here is.")
    }
    let settings = MEGNetSettings(
      cutoff: sidecar.graph_converter.cutoff, lastCenter: last, width: bonds.width, steps: only,
      isProbability: activation == "sigmoid", mean: sidecar.target_scaler?.mean ?? 0,
      deviation: sidecar.target_scaler?.std ?? 1)
    guard settings.arePlausible else {
      throw StageError(.input, "'\(path).json': cutoff, centres, width or scaler are those of no network: \(settings).")
    }
    return settings
  }
}
