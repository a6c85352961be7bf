import Networks
import Tensors

/// What `PropertyRegression` asks of its network.
protocol PropertyNetwork: Sendable {
  /// Names, shapes and places of the parameters.
  var layout: ParameterLayout { get }

  /// Descriptions of crystals that are predicted at once.
  var batch: Int { get }

  /// (B, P) the properties in deviations from their means.
  func forward(_ examples: [PropertyExample], _ parameters: Parameters, _ tape: inout Tape) -> Tape.Value
}

extension PropertyConfiguration {
  /// The network that input and form say.
  func makeNetwork() -> any PropertyNetwork {
    switch (input, form) {
    case (.composition, .informed): CompositionNetwork(network, outputs: columns.count)
    case (.composition, .published): PublishedCompositionNetwork(network, outputs: columns.count)
    default: SiteNetwork(network, input, outputs: columns.count)
    }
  }
}
