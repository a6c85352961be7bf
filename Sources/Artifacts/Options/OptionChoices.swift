public import ArgumentParser
public import Generators
public import Potentials

// Choices that command lines take by the names that configuration files use.
extension ProposerKind: ExpressibleByArgument {}
extension ModelFile.Weights: ExpressibleByArgument {}
extension OptimizerKind: ExpressibleByArgument {}
