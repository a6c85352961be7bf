import ArgumentParser
import Generators
import StageKit

/// How samples are drawn; what is not given is as the model says.
struct SamplingOptions: ParsableArguments {
  @Option(help: "Sampling steps; the network is called once more than that. The model's own where not given.")
  var steps: Int?

  @Option(
    help: "From what time on (0 to 1) sites are kept apart at every step, not at the end alone; 1 for never, as published.")
  var placementTime: Float?

  @Option(help: "How the mean of coordinates moves: unwrapped, wrapped (as published) or minimum_image.")
  var coordinateUpdate: SymmBFNConfiguration.CoordinateUpdate?

  @Option(help: "The last classes: draw (as published) or most_probable.")
  var finalChoice: SymmBFNConfiguration.FinalChoice?

  @Option(help: "Divides the logits of elements and site symmetries; below 1 likelier ones are drawn more often.")
  var temperature: Float?

  @Option(
    help: """
      Where the Wyckoff positions, and which sites share their element, come from: network (as published) or training (the \
      training set's, as often as it has them; as DiffCSP++). The model's own where not given.
      """)
  var templates: SymmBFNConfiguration.Templates?

  func validate() throws {
    guard temperature ?? 1 >= 1e-6, temperature ?? 1 <= 1e6 else {
      throw ValidationError("--temperature must be above 0 (from 0.000001 to 1000000).")
    }
    guard placementTime ?? 1 > 0, placementTime ?? 1 <= 1e6 else { throw ValidationError("--placement-time must be above 0.") }
    guard (1...1_000_000).contains(steps ?? 1) else { throw ValidationError("--steps goes from 1 to 1000000.") }
  }

  func applied(to options: SymmBFNConfiguration.Sampling) -> SymmBFNConfiguration.Sampling {
    var options = options
    options.steps = steps ?? options.steps
    options.coordinateUpdate = coordinateUpdate ?? options.coordinateUpdate
    options.placementTime = placementTime ?? options.placementTime
    options.finalChoice = finalChoice ?? options.finalChoice
    options.temperature = temperature ?? options.temperature
    options.templates = templates ?? options.templates
    return options
  }
}
