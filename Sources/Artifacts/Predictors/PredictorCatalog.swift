import Foundation
import Potentials
public import Predictors
import StageKit

/// A predictor that was opened, and where what it knows comes from.
public struct OpenPredictor: Sendable {
  /// Predicts.
  public var predictor: any PropertyPredictor
  /// The files that it was read from: weights, then a hull.
  public var files: [String] = []
  /// The file of its weights with the SHA-256; empty where it has none.
  public var weights = ""
}

/// The predictors that `--model` names. Adding one is a line here and a type that conforms to `PropertyPredictor`; models that were
/// trained here go by their files.
public enum PredictorCatalog {
  /// What predictors may need beside their names.
  public struct Surroundings: Sendable {
    /// Files of weights by the predictor's name, where they are not in their usual place.
    public var weights: [String: String] = [:]
    /// A hull for what a potential says.
    public var hull: String?
    /// Tells what was left out.
    public var tell: @Sendable (String) -> Void = { _ in }

    /// Nothing but what is in its usual place.
    public init() {}
  }

  private struct Entry: Sendable {
    let name: String
    let summary: String
    /// What it predicts, and how it is asked for.
    let properties: @Sendable () -> [(key: String, property: PredictedProperty)]
    /// The file that it needs, and how to come by it.
    var file: (path: String, origin: String)? = nil
    /// Takes what stands behind the name; all that is usual where nil.
    let open: @Sendable (_ keys: [String]?, _ surroundings: Surroundings) throws -> OpenPredictor
  }

  private static let entries: [Entry] = [
    Entry(
      name: "megnet",
      summary: "MEGNet's pretrained graph networks (Chen et al. 2019, 2021), elements H to Pu; of crystals as they are",
      properties: { MEGNetQuantity.known.map { ($0.key, $0.property) } },
      file: (MEGNetWeights.path, "'make predictors' fetches it"), open: megnet),
    Entry(
      name: "chgnet", summary: "by CHGNet 0.3.0 (Deng et al. 2023); formation energy and energy above hull need --hull",
      properties: { PotentialProperties.known.map { ($0.name, $0) } },
      file: (PotentialWeights.chgnet, "'make potentials' fetches it"), open: chgnet),
    Entry(
      name: "geometry", summary: "needs no model",
      properties: { GeometryProperties().properties.map { ($0.name, $0) } }
    ) { keys, _ in
      let all = GeometryProperties()
      guard let keys else { return OpenPredictor(predictor: all) }
      return OpenPredictor(predictor: ChosenProperties(all, keys))
    },
  ]

  /// The properties of `megnet` that are predicted where none are named.
  static let usual = ["formation_energy", "band_gap", "bulk_modulus", "shear_modulus", "fermi_energy"]

  /// Opens `NAME`, `NAME:PROPERTY,PROPERTY…`, or a model of properties that was trained here by its file, `FILE.h5`.
  ///
  /// - Throws: `StageError` with status 64 for a name or property that there is none of, 69 where its weights are not there, 65 where they
  ///   are not what they should be.
  public static func open(_ text: String, _ surroundings: Surroundings) throws -> OpenPredictor {
    if text.hasSuffix(".h5") {
      return OpenPredictor(predictor: try TrainedPredictor(reading: text), files: [text], weights: try identity(text))
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let entry = entries.first(where: { $0.name == parts[0] }) else {
      throw StageError(
        .usage,
        "--model: there is no model '\(parts[0])'; there are \(entries.map(\.name).joined(separator: ", ")), and files of models, FILE.h5."
      )
    }
    guard parts.count > 1 else { return try entry.open(nil, surroundings) }
    let keys = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let known = entry.properties().map(\.key)
    if let wrong = keys.first(where: { !known.contains($0) }) {
      throw StageError(
        .usage, "--model \(entry.name): there is no property '\(wrong)'; there are \(known.joined(separator: ", ")).")
    }
    if let twice = keys.first(where: { key in keys.count { $0 == key } > 1 }) {
      throw StageError(.usage, "--model \(entry.name): '\(twice)' is named twice.")
    }
    return try entry.open(keys, surroundings)
  }

  /// Names that weights can be given for.
  public static var namesWithWeights: [String] { entries.filter { $0.file != nil }.map(\.name) }

  private static func weights(_ name: String, _ usual: String, _ target: String, _ surroundings: Surroundings) throws -> String
  {
    let path = surroundings.weights[name] ?? usual
    guard FileManager.default.fileExists(atPath: path) else {
      throw StageError(
        .unavailable,
        "the weights of \(name) are not at '\(path)'. 'make \(target)' fetches them; or name them: --weights \(name)=FILE.h5.")
    }
    return path
  }

  private static func identity(_ path: String) throws -> String {
    "\((path as NSString).lastPathComponent) sha256:\(try AtomicFile.hash(of: path))"
  }

  @Sendable private static func megnet(_ keys: [String]?, _ surroundings: Surroundings) throws -> OpenPredictor {
    let path = try weights("megnet", MEGNetWeights.path, "predictors", surroundings)
    let reader = try HDF5Reader(path: path)
    let quantities = (keys ?? usual).compactMap { key in MEGNetQuantity.known.first { $0.key == key } }
    do {
      let predictor = try MEGNet(quantities) { try MEGNetWeights.network($0, in: reader) }
      // The digest of what the file holds: the file itself has the time of its making in it.
      let content = try reader.attribute("content").map { "\((path as NSString).lastPathComponent) \($0)" } ?? identity(path)
      return OpenPredictor(predictor: predictor, files: [path], weights: content)
    } catch let error as ParameterError {
      throw StageError(.input, "'\(path)': \(error.description).")
    }
  }

  @Sendable private static func chgnet(_ keys: [String]?, _ surroundings: Surroundings) throws -> OpenPredictor {
    let needing: Set = ["formation_energy", "energy_above_hull"]
    var wanted = keys ?? PotentialProperties.known.map(\.name)
    if surroundings.hull == nil {
      if let key = keys?.first(where: needing.contains) { throw StageError(.usage, "--model chgnet:\(key) needs a --hull.") }
      wanted.removeAll(where: needing.contains)
      if keys == nil { surroundings.tell("chgnet: no --hull, so no formation energy and no energy above hull.") }
    }
    let path = try weights("chgnet", PotentialWeights.chgnet, "potentials", surroundings)
    let potential = try PotentialCatalog.open("chgnet:\(path)", patience: 1)
    let identity = try identity(path)
    let hull = try surroundings.hull.map { try HullFile(reading: $0) }
    if let hull, hull.isOf(potential: "chgnet", weights: identity) == false {
      throw StageError(
        .input,
        "the hull '\(hull.path)' has energies of \(hull.weights.isEmpty ? hull.potential : hull.weights), not of \(identity): distances "
          + "between the two mean little. 'make hull POTENTIAL=chgnet' makes CHGNet's own.")
    }
    let predictor = PotentialProperties(
      potential, name: "chgnet", properties: PotentialProperties.known.filter { wanted.contains($0.name) }
    ) { crystal, energy in
      guard let hull else { return .init(formationEnergy: .nan, aboveHull: .nan, reason: "no hull") }
      let place = hull.place(crystal, energy: energy)
      return .init(formationEnergy: place.formationEnergy, aboveHull: place.aboveHull, reason: place.products)
    }
    return OpenPredictor(predictor: predictor, files: [path] + (hull.map { [$0.path] } ?? []), weights: identity)
  }

  /// Each predictor with what it predicts and the file that it needs.
  public static var listing: String {
    entries.map { entry in
      var lines = [entry.name, "    " + entry.summary]
      lines += entry.properties().map { key, property in
        let unit = property.unit.isEmpty ? "" : ", \(property.unit)"
        return "    \(key)\(unit)" + (property.note.isEmpty ? "" : ": \(property.note)")
      }
      if let (path, origin) = entry.file {
        lines.append("    needs: \(path), " + (FileManager.default.fileExists(atPath: path) ? "there" : "not there; \(origin)"))
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
