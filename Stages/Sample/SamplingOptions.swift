import ArgumentParser
import Artifacts
import Generators

/// How samples are drawn; what is not given is as the model says.
struct SamplingOptions: ParsableArguments {
  @Option(help: "Sampling steps; the network is called once more than that. The model's own where not given.")
  var steps: Int?

  @Option(
    name: [.customLong("proposer"), .customLong("templates")],
    help: """
      Where the Wyckoff positions, and which sites share their element, come from: network (as published) or training (the \
      training set's, as often as it has them; as DiffCSP++). The model's own where not given.
      """)
  var proposer: ProposerKind?

  @OptionGroup var settings: SettingsOption
  @OptionGroup var retired: RetiredOptions

  func validate() throws {
    guard (1...1_000_000).contains(steps ?? 1) else { throw ValidationError("--steps goes from 1 to 1000000.") }
  }

  var values: [ModelConfiguration.Setting] {
    get throws { try settings.values + (steps.map { [try ModelConfiguration.Setting("sampling.steps=\($0)")] } ?? []) }
  }
}

/// Options that there were once: the error says what took their place.
struct RetiredOptions: ParsableArguments {
  @Option(help: .hidden) var placementTime: String?
  @Option(help: .hidden) var coordinateUpdate: String?
  @Option(help: .hidden) var finalChoice: String?
  @Option(help: .hidden) var temperature: String?

  func validate() throws {
    func refuse(_ name: String, _ value: String?, _ instead: String) throws {
      if value != nil { throw ValidationError("\(name) is no option any more: \(instead).") }
    }
    try refuse(
      "--placement-time", placementTime,
      "a model's form says it, 'form: informed' keeps sites apart from 0.4 on, 'form: published' at the end alone")
    try refuse(
      "--coordinate-update", coordinateUpdate,
      "a model's form says it, 'form: informed' is unwrapped, 'form: published' wrapped")
    try refuse("--final-choice", finalChoice, "the last classes are drawn")
    try refuse("--temperature", temperature, "what was learnt is what is drawn, as with temperature 1")
  }
}
