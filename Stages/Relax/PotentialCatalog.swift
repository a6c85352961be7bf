import Foundation
import Potentials
import StageKit

/// The potentials that `--potential` names. Adding one is a line here and a type that conforms to `Potential`.
enum PotentialCatalog {
  struct Entry: Sendable {
    let name: String
    let usage: String
    let summary: String
    let open: @Sendable (_ argument: String?) throws -> any Potential
  }

  static let entries: [Entry] = [
    Entry(name: "pair", usage: "pair", summary: PairPotential().description) { argument in
      guard argument == nil else { throw StageError(.input, "--potential pair takes no argument.") }
      return PairPotential()
    },
    Entry(
      name: "chgnet", usage: "chgnet[:WEIGHTS.h5]",
      summary: "CHGNet 0.3.0 graph network (Deng et al. 2023), elements 1 to 94; weights from \(chgnetWeights) where not given"
    ) { argument in
      let path = argument ?? chgnetWeights
      guard FileManager.default.fileExists(atPath: path) else {
        throw StageError(
          .unavailable, "CHGNet's weights are not at '\(path)'. 'make potentials' fetches them; or name them: --potential chgnet:FILE.h5.")
      }
      do {
        return try CHGNet(parameters: try NamedParameter.read(path))
      } catch let error as ParameterError {
        throw StageError(.input, "'\(path)': \(error.description).")
      }
    },
  ]

  static let chgnetWeights = "Artifacts/potentials/chgnet-0.3.0.h5"

  /// Opens `NAME` or `NAME:ARGUMENT`.
  static func open(_ text: String) throws -> any Potential {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let name = parts.first, let entry = entries.first(where: { $0.name == name }) else {
      throw StageError(
        .unavailable, "there is no potential '\(text)'; there are \(entries.map(\.name).joined(separator: ", ")).")
    }
    return try entry.open(parts.count > 1 ? parts[1] : nil)
  }

  static var listing: String { entries.map { "\($0.usage)\n    \($0.summary)" }.joined(separator: "\n") }
}
