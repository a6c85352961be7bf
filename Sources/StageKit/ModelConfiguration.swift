public import Generators
import Foundation
import Yams

/// Reads and writes the options file of a model (YAML). Unknown keys are errors, missing ones have the published values.
public enum ModelConfiguration {
  public static func read(path: String) throws -> SymmBFNConfiguration {
    let text = String(decoding: try AtomicFile.bytes(of: path), as: UTF8.self)
    return try parse(text, name: path)
  }

  public static func parse(_ text: String, name: String) throws -> SymmBFNConfiguration {
    do {
      let defaults = try YAMLEncoder().encode(SymmBFNConfiguration())
      guard let known = try Yams.compose(yaml: defaults) else { throw StageError(.input, "'\(name)': no defaults.") }
      let given = try Yams.compose(yaml: text) ?? Node([(Node, Node)]())
      let merged = try merge(given, into: known, at: [], file: name)
      let configuration = try YAMLDecoder().decode(SymmBFNConfiguration.self, from: Yams.serialize(node: merged))
      if let complaint = configuration.complaint { throw StageError(.input, "'\(name)': \(complaint).") }
      return configuration
    } catch let error as StageError {
      throw error
    } catch let error as DecodingError {
      throw StageError(.input, "'\(name)': \(describe(error)).")
    } catch {
      throw StageError(.input, "'\(name)' is no YAML: \(String(describing: error).replacingOccurrences(of: "\n", with: " ")).")
    }
  }

  public static func text(_ configuration: SymmBFNConfiguration) throws -> String {
    try YAMLEncoder().encode(configuration)
  }

  /// The given values over the known ones.
  private static func merge(_ given: Node, into known: Node, at path: [String], file: String) throws -> Node {
    guard let base = known.mapping else { return given }
    guard let over = given.mapping else {
      throw StageError(.input, "'\(file)': \(path.joined(separator: ".")) must hold \(keys(base)).")
    }
    var merged = base
    for (key, value) in over {
      guard let old = base[key] else {
        let name = (path + [key.string ?? "?"]).joined(separator: ".")
        throw StageError(.input, "'\(file)': '\(name)' is not known; known here are \(keys(base)).")
      }
      merged[key] = try merge(value, into: old, at: path + [key.string ?? "?"], file: file)
    }
    return .mapping(merged)
  }

  private static func keys(_ mapping: Node.Mapping) -> String {
    mapping.keys.compactMap(\.string).sorted().joined(separator: ", ")
  }

  private static func describe(_ error: DecodingError) -> String {
    switch error {
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is no \(type)"
    case .keyNotFound(let key, _): "\(key.stringValue) is missing"
    case .dataCorrupted(let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) cannot be used (\(context.debugDescription))"
    @unknown default: "a value cannot be used"
    }
  }
}
