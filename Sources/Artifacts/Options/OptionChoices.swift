public import ArgumentParser
public import Generators
public import Potentials

// Choices that command lines take by the names that configuration files use.
extension ProposerKind: ExpressibleByArgument {}
extension ModelFile.Weights: ExpressibleByArgument {}
extension OptimizerKind: ExpressibleByArgument {}

extension DatasetPart: ExpressibleByArgument {
  /// The part of that name; nil where there is none.
  public init?(argument: String) {
    guard let part = Self.allCases.first(where: { "\($0)" == argument }) else { return nil }
    self = part
  }

  /// The names.
  public static var allValueStrings: [String] { allCases.map { "\($0)" } }
}
