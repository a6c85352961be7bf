import Crystals
import Generators
import StageKit

/// Says of every sample by its number what it is to be.
struct RequestSource: Sendable {
  private enum Kind {
    case free(among: [Int], SymmBFNConfiguration.Templates)
    case composition(SkeletonSampler)
    case targets([(id: String, unit: AsymmetricUnit)], knownWyckoff: Bool, SkeletonPrior)
  }

  private let kind: Kind
  private let statistics: DatasetStatistics
  private let seed: UInt64
  private let perTarget: Int
  /// Lines for the user.
  private(set) var warnings: [String] = []
  /// Targets that no sample can be asked for.
  private(set) var rejected: [(id: String, rejection: Rejection)] = []

  /// As many samples as --like asks for.
  var count: Int {
    if case .targets(let targets, _, _) = kind { targets.count * perTarget } else { 0 }
  }

  init(_ options: ConditionOptions, statistics: DatasetStatistics, templates: SymmBFNConfiguration.Templates, seed: UInt64)
    throws
  {
    (self.statistics, self.seed, perTarget) = (statistics, seed, options.perTarget ?? 1)
    let asked = try options.groups()
    let unknown = Set(asked).filter { statistics.spaceGroups[$0] == 0 }.sorted()
    if !unknown.isEmpty {
      warnings.append("the model has seen no crystal of space group \(unknown.map(String.init).joined(separator: ", ")).")
    }
    if let path = options.like {
      let prior = SkeletonPrior(statistics)
      let data = try Dataset(reading: path)
      let split = options.split ?? .test
      var targets: [(id: String, unit: AsymmetricUnit)] = []
      for i in data.indices(ofSplit: split.rawValue) {
        do throws(Rejection) {
          try prior.check(data.units[i], knownWyckoff: options.knownWyckoff)
          targets.append((data.ids[i], data.units[i]))
        } catch { rejected.append((data.ids[i], error)) }
      }
      guard !targets.isEmpty else {
        throw StageError(.input, "'\(path)': there is no crystal to predict in its \(split) part.")
      }
      kind = .targets(targets, knownWyckoff: options.knownWyckoff, prior)
    } else if let formula = try options.formula() {
      let unseen = formula.elements.filter { statistics.elements[Int($0)] == 0 }.map { Element.symbol(Int($0)) }
      if !unseen.isEmpty { warnings.append("the model has never seen \(unseen.joined(separator: ", ")).") }
      let sampler: SkeletonSampler
      do throws(Rejection) {
        sampler = try SkeletonSampler(
          formula, content: options.formulaUnits.map { .formulaUnits($0) } ?? .any, among: asked,
          prior: SkeletonPrior(statistics))
      } catch { throw StageError(.input, "\(error.description). Try other groups, or another number of formula units.") }
      let left = Set(asked).subtracting(sampler.spaceGroups).sorted()
      if !left.isEmpty {
        warnings.append("\(formula) does not fit into space group \(left.map(String.init).joined(separator: ", ")); left out.")
      }
      kind = .composition(sampler)
    } else {
      kind = .free(among: asked, templates)
    }
  }

  /// Sample number `index`; behind the last target comes the first again, so that the last group of samples is full.
  func request(_ index: Int) throws -> SampleRequest {
    switch kind {
    case .free(let asked, let templates):
      return SampleRequest(index: index, seed: seed, statistics: statistics, among: asked, templates: templates)
    case .composition(let sampler): return SampleRequest(index: index, seed: seed, from: sampler)
    case .targets(let targets, let knownWyckoff, let prior):
      let target = targets[index / perTarget % targets.count]
      let id = perTarget == 1 ? target.id : "\(target.id)#\(index % perTarget + 1)"
      do throws(Rejection) {
        if knownWyckoff { return SampleRequest(index: index, id: id, skeleton: try Skeleton(target.unit)) }
        return SampleRequest(index: index, id: id, seed: seed, from: try prior.sampler(like: target.unit))
      } catch { throw StageError(.input, "target '\(target.id)': \(error.description).") }
    }
  }
}
