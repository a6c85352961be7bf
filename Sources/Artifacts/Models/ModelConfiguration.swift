import Crystals
import Foundation
public import Generators
import StageKit
import Yams

/// The options of a model as a YAML text: which method, and the method's own. Unknown keys are errors, missing ones have the method's
/// defaults.
public struct ModelConfiguration {
  /// Which method the options are of.
  public let method: any Method.Type
  /// Where it comes from, for messages.
  let name: String
  /// What is given, without the method.
  private let given: Node
  private let settings: [Setting]

  /// An option given by its path: `sampling.steps=50`.
  public struct Setting: Sendable, CustomStringConvertible {
    let path: [String]
    let value: String

    /// As it was given.
    public var description: String { "\(path.joined(separator: "."))=\(value)" }
    /// Whether it is a choice of the sampler, which can change after training.
    var isOfSampler: Bool { path.first == "sampling" }

    /// Refuses settings of a trained model that are not its sampler's.
    ///
    /// - Throws: `StageError`, which names the first.
    static func checkSampler(_ settings: [Self]) throws {
      if let other = settings.first(where: { !$0.isOfSampler }) {
        throw StageError(.input, "--set '\(other)': the model was trained with it; here 'sampling.' alone can be set.")
      }
    }

    /// - Throws: `StageError` where the text is not of that form.
    public init(_ text: String) throws {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      path = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, path.count > 0, path.allSatisfy({ !$0.isEmpty }), !parts[1].isEmpty else {
        throw StageError(.input, "--set '\(text)': expected KEY=VALUE, as in sampling.steps=50.")
      }
      value = parts[1]
    }
  }

  /// - Parameters:
  ///   - text: YAML.
  ///   - settings: taken over what the text says.
  ///   - registry: the methods that there are.
  /// - Throws: `StageError` where it is no YAML, or names no method of the registry.
  public init(
    _ text: String, name: String, settings: [Setting] = [], registry: MethodRegistry = .standard
  ) throws {
    (self.name, self.settings) = (name, settings)
    let node: Node
    do { node = try Yams.compose(yaml: text) ?? Node([(Node, Node)]()) } catch {
      let reason = String(describing: error).replacingOccurrences(of: "\n", with: " ")
      throw StageError(.input, "'\(name)' is no YAML: \(reason).")
    }
    var own = node
    let method = own.mapping?["method"]?.string ?? (own.mapping?["method"] == nil ? MethodRegistry.unnamed : "")
    guard let type = registry.method(named: method) else {
      throw StageError(
        .input, "'\(name)': there is no method '\(method)'; there are \(registry.names.joined(separator: ", ")).")
    }
    own.mapping?["method"] = nil
    (self.method, given) = (type, own)
  }

  /// Reads a YAML file.
  ///
  /// - Throws: `StageError` where there is none, it is no YAML, or it names no method of the registry.
  public static func read(path: String, settings: [Setting] = [], registry: MethodRegistry = .standard) throws -> Self {
    let text = String(decoding: try PackedFiles.bytes(of: path), as: UTF8.self)
    return try Self(text, name: path, settings: settings, registry: registry)
  }

  /// The method's options.
  ///
  /// - Parameter isStored: whether the text is a model file's, and so may be of an earlier version.
  /// - Throws: `StageError` where a key is not known or a value cannot be used.
  public func options<M: Method>(_: M.Type, isStored: Bool = false) throws -> M.Options {
    do {
      let defaults = try YAMLEncoder().encode(M.Options())
      guard let known = try Yams.compose(yaml: defaults) else { throw StageError(.input, "'\(name)': no defaults.") }
      let source = OptionsSource(name: name, retired: M.Options.retired)
      var merged = try source.merge(isStored ? renewed(M.self) : given, into: known, at: [])
      for setting in settings {
        let value = try Yams.compose(yaml: setting.value) ?? Node("")
        let over = setting.path.reversed().reduce(value) { Node([(Node($1), $0)]) }
        merged = try OptionsSource(name: "--set", retired: M.Options.retired).merge(over, into: merged, at: [])
      }
      let options = try YAMLDecoder().decode(M.Options.self, from: Yams.serialize(node: merged))
      if let complaint = options.complaint { throw StageError(.input, "'\(name)': \(complaint).") }
      return options
    } catch let error as DecodingError {
      throw StageError(.input, "'\(name)': \(describe(error)).")
    } catch let error as YamlError {
      throw StageError(.input, "'\(name)' is no YAML: \(error.description.replacingOccurrences(of: "\n", with: " ")).")
    }
  }

  /// The method's name and options as YAML.
  ///
  /// - Throws: where the options cannot be encoded.
  public static func text<M: Method>(_ method: M) throws -> String {
    "method: \(M.name)\n" + (try YAMLEncoder().encode(method.options))
  }

  /// What a model file says, as this version says it.
  private func renewed<M: Method>(_: M.Type) throws -> Node {
    var values: [String: String] = [:]
    OptionsSource.flatten(given, at: [], into: &values)
    do {
      return OptionsSource.node(try M.Options.renewed(values))
    } catch {
      throw StageError(.input, "'\(name)': \(error.description).")
    }
  }

  private func describe(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
    return switch error {
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context): "\(place(context)) is no \(type)"
    case .keyNotFound(let key, _): "\(key.stringValue) is missing"
    case .dataCorrupted(let context): "\(place(context)) cannot be used (\(context.debugDescription))"
    @unknown default: "a value cannot be used"
    }
  }
}

/// Values by path, merged strictly.
private struct OptionsSource {
  let name: String
  /// By path: what took the place of options that there were once.
  let retired: [String: String]

  /// The given values over the known ones.
  func merge(_ given: Node, into known: Node, at path: [String]) throws -> Node {
    guard let base = known.mapping else {
      // A list; of one alone, it is that one.
      if known.sequence != nil {
        guard given.mapping == nil else {
          throw StageError(.input, "'\(name)': \(path.joined(separator: ".")) must be a list.")
        }
        return given.sequence == nil ? Node([given]) : given
      }
      guard given.mapping == nil, given.sequence == nil else {
        throw StageError(.input, "'\(name)': \(path.joined(separator: ".")) must be one value.")
      }
      return given
    }
    guard let over = given.mapping else {
      throw StageError(
        .input, "'\(name)': \(path.isEmpty ? "the whole" : path.joined(separator: ".")) must hold \(keys(base)).")
    }
    var merged = base
    for (key, value) in over {
      let inner = path + [key.string ?? "?"]
      guard let old = base[key] else {
        let place = inner.joined(separator: ".")
        if let now = retired[place] { throw StageError(.input, "'\(name)': '\(place)' is no option any more: \(now).") }
        throw StageError(.input, "'\(name)': '\(place)' is not known; known here are \(keys(base)).")
      }
      merged[key] = try merge(value, into: old, at: inner)
    }
    return .mapping(merged)
  }

  private func keys(_ mapping: Node.Mapping) -> String {
    mapping.keys.compactMap(\.string).sorted().joined(separator: ", ")
  }

  static func flatten(_ node: Node, at path: [String], into values: inout [String: String]) {
    if let mapping = node.mapping {
      for (key, value) in mapping { flatten(value, at: path + [key.string ?? "?"], into: &values) }
    } else if let list = node.sequence {
      values[path.joined(separator: ".")] = "[" + list.map { $0.scalar?.string ?? "" }.joined(separator: ", ") + "]"
    } else {
      values[path.joined(separator: ".")] = node.scalar?.string ?? ""
    }
  }

  static func node(_ values: [String: String]) -> Node {
    var heads: [String: [String: String]] = [:]
    var pairs: [(Node, Node)] = []
    for (path, value) in values.sorted(by: { $0.key < $1.key }) {
      let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
      let isList = value.hasPrefix("[") && value.hasSuffix("]")
      let list = isList ? value.dropFirst().dropLast().split(separator: ", ").map { Node(String($0)) } : []
      if parts.count == 1 {
        pairs.append((Node(path), isList ? Node(list) : Node(value)))
      } else {
        heads[parts[0], default: [:]][parts[1]] = value
      }
    }
    for (head, inner) in heads.sorted(by: { $0.key < $1.key }) { pairs.append((Node(head), node(inner))) }
    return Node(pairs)
  }
}
