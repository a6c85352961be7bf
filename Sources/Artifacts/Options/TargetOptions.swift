public import ArgumentParser
public import Generators
import StageKit

/// `--target` and `--guidance`, of the stages that ask a model for properties.
public struct TargetOptions: ParsableArguments {
  /// `--target`, as they were given.
  @Option(
    name: .customLong("target"), parsing: .singleValue,
    help: ArgumentHelp(
      "What a property is to be: a value or a range, as band_gap=1..2; can be given again for another property.",
      discussion: """
        A property that the model was trained with, in the unit of its column: --target formation_energy_per_atom=-2 --target \
        bulk_modulus=100.. ; from a range every crystal gets a value of its own, drawn as training crystals have them, all \
        properties together.
        """, valueName: "name=value"))
  public var texts: [String] = []

  /// `--guidance`.
  @Option(
    help: "How much what is asked of properties counts: 1 as learnt; more exaggerates, and costs a second call of the network.")
  public var guidance: Double?

  /// Nothing asked for.
  public init() {}

  /// Refuses what is no target.
  ///
  /// - Throws: `ValidationError`.
  public func validate() throws {
    guard guidance.map({ $0 > 0 && $0 <= 100 }) ?? true else {
      throw ValidationError("--guidance must be above 0 and at most 100.")
    }
    _ = try Self.targets(texts)
  }

  /// What is asked of the columns of a model.
  ///
  /// - Throws: `StageError` where the model was not told a property.
  public func request(_ labels: PropertyLabels) throws -> PropertyRequest { try PropertyRequest(Self.targets(texts), labels) }

  /// `--guidance` as an option of the model's sampler.
  public var settings: [ModelConfiguration.Setting] {
    get throws { try guidance.map { [try ModelConfiguration.Setting("sampling.guidance=\($0)")] } ?? [] }
  }

  /// Names and what is asked for.
  ///
  /// - Throws: `ValidationError` where a text is not of the form NAME=VALUE or NAME=LOWEST..HIGHEST.
  public static func targets(_ texts: [String]) throws -> [(name: String, target: PropertyTarget)] {
    var targets: [(name: String, target: PropertyTarget)] = []
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty, let target = PropertyTarget(parts[1]) else {
        throw ValidationError(
          "--target '\(text)': expected NAME=VALUE or NAME=LOWEST..HIGHEST, as band_gap=1..2, numbers in the property's unit.")
      }
      guard !targets.contains(where: { $0.name == parts[0] }) else {
        throw ValidationError("--target asks for \(parts[0]) twice.")
      }
      targets.append((parts[0], target))
    }
    return targets
  }
}
