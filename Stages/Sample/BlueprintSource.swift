import Artifacts
import Crystals
import Generators
import StageKit

/// Says of every sample by its number what it is to be: proposers, as the options ask for them.
struct BlueprintSource: Sendable {
  private let proposer: ProposerChain
  /// What every sample begins with.
  private var base = Blueprint()
  private let seed: UInt64
  /// Of --like: the ids of the targets.
  private var targets: [String] = []
  private let perTarget: Int
  /// Of --blueprints: from the first again where more samples are asked for.
  private var cycles = false
  /// Lines for the user.
  private(set) var warnings: [String] = []
  /// Targets that no sample can be asked for.
  private(set) var rejected: [(id: String, rejection: Rejection)] = []

  /// As many samples as --like or --blueprints ask for.
  var count: Int { targets.count * perTarget }

  init(_ options: ConditionOptions, statistics: DatasetStatistics, kind: ProposerKind, seed: UInt64) throws {
    (self.seed, perTarget) = (seed, options.perTarget ?? 1)
    let asked = try options.asked.groups()
    let unknown = Set(asked).filter { statistics.spaceGroups[$0] == 0 }.sorted()
    if !unknown.isEmpty {
      warnings.append("the model has seen no crystal of space group \(unknown.map(String.init).joined(separator: ", ")).")
    }
    let targeted = try options.targets.request(statistics.labels)
    base.properties = targeted.targets
    warnings += targeted.warnings
    if let path = options.blueprints {
      var file = try BlueprintsFile.read(path)
      if options.freeLattice { for i in file.blueprints.indices { file.blueprints[i].lattice = nil } }
      targets = file.ids
      rejected = file.rejected.map { ($0.id, Rejection($0.code, $0.reason)) }
      let filed = FiledProposer(file.blueprints, prior: SkeletonPrior(statistics))
      let unknown = Set(file.blueprints.flatMap(\.properties.keys)).filter { !statistics.labels.names.contains($0) }.sorted()
      if !unknown.isEmpty {
        warnings.append("the blueprints ask for \(unknown.joined(separator: ", ")), which the model is not told.")
      }
      proposer = ProposerChain([
        filed, ConditionProposer(statistics, kind: nil), TrainingProposer(statistics, kind: kind),
      ])
      cycles = true
    } else if let path = options.like {
      let prior = SkeletonPrior(statistics)
      let data = try Dataset(reading: path)
      let split = options.split ?? .test
      var units: [AsymmetricUnit] = []
      for i in data.indices(of: split) {
        do throws(Rejection) {
          try prior.check(data.units[i], knownWyckoff: options.knownWyckoff)
          targets.append(data.ids[i])
          units.append(data.units[i])
        } catch { rejected.append((data.ids[i], error)) }
      }
      guard !targets.isEmpty else {
        throw StageError(.input, "'\(path)': there is no crystal to predict in its \(split) part.")
      }
      proposer = ProposerChain([
        ConditionProposer(statistics, kind: nil),
        TargetProposer(units, perTarget: perTarget, knownWyckoff: options.knownWyckoff, prior: prior),
      ])
    } else if let formula = try options.asked.formula() {
      let unseen = formula.elements.filter { statistics.elements[Int($0)] == 0 }.map { Element.symbol(Int($0)) }
      if !unseen.isEmpty { warnings.append("the model has never seen \(unseen.joined(separator: ", ")).") }
      let composition: CompositionProposer
      do throws(Rejection) {
        composition = try CompositionProposer(
          formula, content: options.asked.formulaUnits.map { .formulaUnits($0) } ?? .any, among: asked,
          prior: SkeletonPrior(statistics))
      } catch { throw StageError(.input, "\(error.description). Try other groups, or another number of formula units.") }
      let left = Set(asked).subtracting(composition.spaceGroups).sorted()
      if !left.isEmpty {
        warnings.append("\(formula) does not fit into space group \(left.map(String.init).joined(separator: ", ")); left out.")
      }
      proposer = ProposerChain([ConditionProposer(statistics, kind: nil), composition])
    } else {
      proposer = ProposerChain([
        ConditionProposer(statistics, kind: kind, among: asked), TrainingProposer(statistics, kind: kind, among: asked),
      ])
    }
  }

  /// Sample number `index`, and its id.
  func blueprint(_ index: Int) throws -> (id: String, blueprint: Blueprint) {
    let target = targets.isEmpty ? nil : targets[index / perTarget % targets.count]
    do throws(Rejection) {
      let blueprint = try proposer.complete(base, index: index, seed: seed)
      guard let target else { return ("sample-\(index)", blueprint) }
      if cycles { return (index < targets.count ? target : "\(target)#\(index / targets.count + 1)", blueprint) }
      return (perTarget == 1 ? target : "\(target)#\(index % perTarget + 1)", blueprint)
    } catch {
      throw StageError(.input, "\(target.map { "target '\($0)'" } ?? "sample \(index)"): \(error.description).")
    }
  }
}
