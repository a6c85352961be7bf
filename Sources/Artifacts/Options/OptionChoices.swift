public import ArgumentParser
public import Generators
public import Potentials

// Choices that command lines take by the names that configuration files use.
extension ProposerKind: ExpressibleByArgument {}
extension ModelFile.Weights: ExpressibleByArgument {}
extension OptimizerKind: ExpressibleByArgument {}

extension DatasetPart: ExpressibleByArgument {
  /// Those that crystals are compared with: each is a sample of its own.
  private static let compared: [DatasetPart] = [.train, .validation, .test]

  /// The part of that name; nil where there is none.
  public init?(argument: String) {
    guard let part = Self.compared.first(where: { "\($0)" == argument }) else { return nil }
    self = part
  }

  /// The names.
  public static var allValueStrings: [String] { compared.map { "\($0)" } }
}
