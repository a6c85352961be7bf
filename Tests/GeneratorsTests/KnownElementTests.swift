import Crystals
import Networks
import Tensors
import Testing

@testable import Generators

@Suite("Known elements") struct KnownElementTests {
  private static var configuration: SymmBFNConfiguration {
    var configuration = SymmBFNTests.informed
    (configuration.flow.knownTemplates, configuration.flow.knownElements) = (1, 1)
    return configuration
  }

  @Test("half of the crystals are shown with all elements, half with some; sites of one element are told together")
  func shown() throws {
    let method = SymmBFN(Self.configuration, statistics: DatasetStatistics(SymmBFNTests.units(30)))
    let example = try TrainingExample(SymmBFNTests.units(30)[4])
    var (all, some) = (0, 0)
    for i in 0..<400 {
      let shown = method.shown([example]) { RandomStream(seed: 1, purpose: $0, index: UInt64(i)) }[0]
      #expect(shown.knowsTemplate && shown.knownElements.count == example.siteCount)
      for (a, b) in zip(shown.species, shown.knownElements) {
        #expect(zip(shown.species, shown.knownElements).allSatisfy { $0 != a || $1 == b })
      }
      if shown.knownElements.allSatisfy({ $0 }) { all += 1 } else { some += 1 }
    }
    #expect(all > 190 && some > 100, "\(all) with all, \(some) with some")
  }

  @Test("a crystal for its geometry alone is shown with everything told, from each of its origins")
  func geometry() throws {
    let units = SymmBFNTests.units(30)
    var data = TrainingData(Array(units.prefix(10)), properties: ["gap": [Double](repeating: 1, count: 10)])
    data.geometry = Array(units.suffix(20))
    var configuration = Self.configuration
    (configuration.flow.knownTemplates, configuration.flow.knownElements) = (0.1, 0.1)
    let method = SymmBFN(configuration, statistics: DatasetStatistics(data.units))
    #expect(method.statistics.spaceGroups.reduce(0, +) == 10)
    let examples = try method.examples(data, isTraining: true, threads: 2)
    #expect(examples.count == 30 && examples.contains { $0.count > 1 })
    func toldShare(_ range: Range<Int>) -> Double {
      let shown = range.flatMap { e in
        (0..<20).map { i in method.shown(examples[e]) { RandomStream(seed: 1, purpose: $0, index: UInt64(i)) }[0] }
      }
      return Double(shown.count { $0.knowsTemplate && !$0.knownElements.isEmpty && $0.knownElements.allSatisfy { $0 } })
        / Double(shown.count)
    }
    #expect(toldShare(10..<30) == 1 && toldShare(0..<10) < 0.2)
  }

  @Test("a known element is certain at any time, and none of it is learnt")
  func beliefs() throws {
    let units = SymmBFNTests.units(12)
    var examples = try units.map { try TrainingExample($0) }
    for i in examples.indices {
      examples[i].knowsTemplate = true
      examples[i].knownElements = examples[i].species.map { $0 == 0 }
    }
    let method = SymmBFN(Self.configuration, statistics: DatasetStatistics(units))
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    var batch = method.flow.beliefs(examples, randoms: randoms, time: 0.01)
    method.flow.describe(&batch)
    for (example, range) in zip(examples, batch.graph.ranges) {
      for (i, site) in (range.firstSite..<range.firstSite + range.sites).enumerated() where example.knownElements[i] {
        #expect(batch.elements[site, Int(example.elements[i]) - 1] == 1)
        #expect((0..<100).reduce(0) { $0 + batch.elements[site, $1] } == 1)
      }
    }
    // With all elements known there is nothing to learn of them.
    for i in examples.indices { examples[i].knownElements = examples[i].species.map { _ in true } }
    let parameters = Parameters(method.layout.initialParameters(seed: 2))
    var (tape, gradient) = (Tape(), [Float](repeating: 0, count: method.layout.count))
    let losses = method.losses(
      examples.map { [$0] }, randoms, share: BatchShare(rows: 30, examples: 12), parameters, &tape, gradient: &gradient)
    #expect(losses.values[2] == 0 && losses.values[0] > 0)
    for entry in method.layout.entries where entry.name.hasPrefix("head.elements") {
      #expect(entry.range.allSatisfy { gradient[$0] == 0 })
    }
  }

  @Test("samples have the elements that are told, all of them or some")
  func samples() throws {
    let units = SymmBFNTests.units(60)
    let sampler = SymmBFNTests.sampler(Self.configuration, DatasetStatistics(units))
    let drawn = sampler.sample(group: 0) { index in
      var blueprint = Blueprint(
        spaceGroup: 221, sites: [(38, 0), (22, 1), (8, 2)].map { (element: $0.0, wyckoffPosition: $0.1) })
      if index.isMultiple(of: 2) {
        blueprint.take(
          blueprint.sites.map {
            Blueprint.Site(
              spaceGroup: 221, wyckoffPosition: $0.wyckoffPosition, elementLabel: $0.elementLabel,
              element: $0.element == 8 ? 8 : nil)
          })
      }
      return blueprint
    }
    for (index, sample) in drawn.enumerated() {
      let elements = sample.unit.sites.map(\.atomicNumber)
      #expect(index.isMultiple(of: 2) ? elements[2] == 8 : elements == [38, 22, 8])
      #expect(Set(elements).count == 3)
    }
  }
}
