public import ArgumentParser
import StageKit

/// `--set`, of the stages that have a model's options.
public struct SettingsOption: ParsableArguments {
  /// As they were given.
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("An option of the model by its path, as sampling.steps=50; can be given again.", valueName: "key=value"))
  public var texts: [String] = []

  /// No settings.
  public init() {}

  /// Refuses what is no setting.
  ///
  /// - Throws: `ValidationError` where a text is not of the form KEY=VALUE.
  public func validate() throws { _ = try parsed() }

  /// The settings, in the order in which they were given.
  public var values: [ModelConfiguration.Setting] { (try? parsed()) ?? [] }

  private func parsed() throws -> [ModelConfiguration.Setting] {
    do { return try texts.map { try ModelConfiguration.Setting($0) } } catch let error as StageError {
      throw ValidationError(error.description)
    }
  }
}
