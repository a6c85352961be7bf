import ArgumentParser
import Crystals
import Generators

/// Which elements crystals may have, and how large they may be.
struct ChemistryOptions: ParsableArguments {
  @Option(help: "The elements that may occur, with commas between; all that the model knows where not given.")
  var elements: String?

  @Option(help: "Elements that must occur.")
  var require: String?

  @Option(help: "Elements that may not occur.")
  var exclude: String?

  @Option(help: "The most atoms of the primitive cell; as many as the training set has where not given.")
  var maxAtoms: Int?

  @Option(help: "The most sites of the asymmetric unit; as many as the training set has where not given.")
  var maxSites: Int?

  @Flag(help: "Common oxidation states of the elements must balance.")
  var neutral = false

  @Option(
    help: """
      Draw more and keep some: new (templates that the training set has not), known (those that it has), surprisal:K (of K \
      skeletons the likeliest), energy:K (of the likeliest third of K skeletons the one with the lowest energy that \
      --screen-model predicts), target:K (of K skeletons the likeliest that has what --target asks for, as --screen-model \
      predicts it, or the nearest). How many were drawn is said.
      """)
  var screen: String?

  @Flag(
    help: """
      With a --screen that compares K skeletons: no skeleton twice; where the best is there already, the next best. What comes later \
      depends on what came before, so not with --shard.
      """)
  var distinct = false

  @Option(
    help:
      "With --screen energy:K or target:K: a model of properties that reads blueprints (HDF5, from train, method: property).")
  var screenModel: String?

  @Option(
    help: """
      With --screen energy:K: the convex hull that predicted formation energies are taken above: hull.h5, or a table (CSV, with \
      elements.csv beside it).
      """)
  var hull: String?

  func validate() throws {
    guard screen == nil || screening != nil else {
      throw ValidationError("--screen is new, known, surprisal:K, energy:K or target:K with K from 2 to 1000.")
    }
    guard predicts == (screenModel != nil) else {
      throw ValidationError(
        predicts ? "--screen \(screen ?? "") needs a --screen-model." : "--screen-model needs --screen energy:K or target:K.")
    }
    guard !distinct || compares else {
      throw ValidationError("--distinct needs --screen surprisal:K, energy:K or target:K, which have a next best.")
    }
    guard hull == nil || ranksByEnergy else { throw ValidationError("--hull needs --screen energy:K.") }
    guard (1...255).contains(maxAtoms ?? 1) else { throw ValidationError("--max-atoms goes from 1 to 255.") }
    guard (1...100).contains(maxSites ?? 1) else { throw ValidationError("--max-sites goes from 1 to 100.") }
    let chemistry = try chemistry()
    if let z = chemistry.requiredElements.sorted().first(where: { !chemistry.allows(element: $0) }) {
      let symbol = Element.symbol(Int(z))
      let why = chemistry.excludedElements.contains(z) ? "--exclude forbids it" : "--elements leaves it out"
      throw ValidationError("--require asks for \(symbol), and \(why).")
    }
  }

  private var compares: Bool { screening.map { $0 != .newTemplates && $0 != .knownTemplates } ?? false }
  private var predicts: Bool { if case .target = screening { true } else { ranksByEnergy } }
  private var ranksByEnergy: Bool { if case .energy = screening { true } else { false } }

  /// What --screen says.
  var screening: Screen? { screen.flatMap { Screen($0) } }

  func chemistry() throws -> Chemistry {
    var chemistry = Chemistry()
    chemistry.allowedElements = try RequestOptions.elements(elements, "--elements")
    chemistry.requiredElements = try RequestOptions.elements(require, "--require")
    chemistry.excludedElements = try RequestOptions.elements(exclude, "--exclude")
    (chemistry.mostAtoms, chemistry.mostSites, chemistry.isNeutral) = (maxAtoms, maxSites, neutral)
    return chemistry
  }
}
