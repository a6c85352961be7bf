import ArgumentParser
import Artifacts
import Crystals
import Foundation
import Generators
import Networks
import StageKit
import Tensors
import Testing

/// A method of one's own, from outside the library, in about 40 lines: a cell as large as its elements' learnt sizes say, elements and
/// coordinates by chance.
struct ElementSizes: UnitGenerator {
  struct Options: MethodOptions {
    var training = TrainingOptions()
    var sampling = Sampling()
    struct Sampling: Codable, Equatable, Sendable { var spread = 0.1 }
    var complaint: String? { sampling.spread < 0 ? "sampling.spread must be 0 or more" : training.complaint }
    func takesParameters(of other: Self, goingOn: Bool) -> Bool { !goingOn || sampling == other.sampling }
  }

  struct Sampler: UnitSampler {
    let steps = 1
    let networkCalls = 1
    let method: ElementSizes
    let parameters: Parameters
    let seed: UInt64

    func sample(group: Int, blueprint: (Int) throws -> Blueprint) rethrows -> [PredictedUnit] {
      try SampleGroup.samples(of: group).map { index in
        let (asked, spread) = (try blueprint(index), method.options.sampling.spread)
        var random = RandomStream(seed: seed, purpose: "sizes", index: UInt64(index))
        let general = SpaceGroup.numbered(asked.spaceGroup ?? 1).wyckoffPositions.last?.members[0].siteSymmetry
        let sites = (0..<(asked.siteCount ?? 1)).map { _ in
          let z = UInt8(random.index(weights: method.statistics.elements.map { Float($0) }.span))
          let x = Vector3(random.uniform(), random.uniform(), random.uniform())
          return Site(atomicNumber: z, position: x, siteSymmetry: general ?? .init(operations: []))
        }
        let k = method.size(sites, parameters.values) + spread * (random.uniform() - 0.5)
        let unit = AsymmetricUnit(
          spaceGroup: asked.spaceGroup ?? 1, latticeLogMetric: LatticeLogMetric(k: [0, 0, 0, 0, 0, k]), sites: sites)
        return PredictedUnit(
          unit: unit, elementProbabilities: [Float](repeating: 0.01, count: 100 * sites.count),
          siteSymmetryProbabilities: [Float](repeating: 1 / 13, count: 195 * sites.count))
      }
    }
  }

  static let name = "element-sizes"
  static let version = 1
  static let terms = ["size"]
  let options: Options
  let statistics: DatasetStatistics
  let weights = [1.0]
  let proposer = ProposerKind.training
  var layout = ParameterLayout()

  init(_ options: Options, statistics: DatasetStatistics) {
    (self.options, self.statistics) = (options, statistics)
    _ = layout.add("size", shape: [119], bound: 0.1)
  }

  func size(_ sites: [Site], _ sizes: [Float]) -> Double {
    sites.reduce(0) { $0 + Double(sizes[Int($1.atomicNumber)]) } / Double(sites.count)
  }
  func sampler(_ parameters: Parameters, seed: UInt64, isExact: Bool) -> any UnitSampler {
    Sampler(method: self, parameters: parameters, seed: seed)
  }
  func examples(_ data: TrainingData, isTraining: Bool, threads: Int) -> [AsymmetricUnit] { data.units }
  func cost(_ example: AsymmetricUnit) -> Int { 1 }
  func makeWorkspace() -> Int { 0 }
  func losses(
    _ units: [AsymmetricUnit], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters, _ workspace: inout Int,
    gradient: inout [Float]
  ) -> LossTerms {
    units.reduce(into: LossTerms([0])) { losses, unit in
      let d = size(unit.sites, parameters.values) - unit.latticeLogMetric.k[5]
      losses += LossTerms([d * d / Double(share.examples)], objective: d * d / Double(share.examples))
      for site in unit.sites where !gradient.isEmpty {
        gradient[Int(site.atomicNumber)] += Float(2 * d / Double(share.examples * unit.sites.count))
      }
    }
  }
}

@Suite("A method of one's own") struct FifthMethodTests {
  private static let registry = MethodRegistry(MethodRegistry.standard.methods + [ElementSizes.self])

  @Test("is trained, saved, taken up again and sampled by its name, and its files go on through the line")
  func line() throws {
    let place = try Workplace()
    defer { place.remove() }
    try place.run("preprocess", ["--input", try place.writeCrystals(), "--output", "dataset.h5"])
    _ = try place.write(
      "sizes.yaml", "method: element-sizes\ntraining: {batch: 4, epochs: 30, learning_rate: 0.05}\nsampling: {spread: 0.2}")
    let shared = try SharedOptions.parse(["--quiet", "--threads", "1", "--seed", "4"])
    func configuration(_ settings: String...) throws -> ModelConfiguration {
      try ModelConfiguration.read(
        path: place.path("sizes.yaml"), settings: settings.map { try .init($0) }, registry: Self.registry)
    }
    func train<M: Generators.Method>(_: M.Type, _ output: String, epochs: Int? = nil, resume: Bool = false) throws
      -> TrainingRun<M>
    {
      var run = try TrainingRun<M>(
        try configuration("sampling.spread=0.01").options(M.self), dataset: place.path("dataset.h5"),
        output: place.path(output), resume: resume, epochs: epochs, shared: shared)
      let isStopped = try run.perform(StageReport(stage: "train"))
      #expect(!isStopped)
      return run
    }
    let method = try configuration().method
    #expect(method.name == "element-sizes")
    func losses<M: Generators.Method>(_ type: M.Type) throws -> [Double] {
      let whole = try train(type, "whole.h5")
      _ = try train(type, "parts.h5", epochs: 11)
      let parts = try train(type, "parts.h5", resume: true)
      #expect(whole.trainer.history.count == 30 && parts.trainer.history.count == 30)
      #expect(whole.trainer.optimizer.parameters.values == parts.trainer.optimizer.parameters.values)
      return whole.trainer.history.map { $0.training.total([1]) }
    }
    let history = try losses(method)
    #expect(history[29] < 0.5 * history[0])
    let curves = try ModelFile.history(try Artifact.open(place.path("whole.h5")))
    #expect(curves.terms == ["size"] && curves.epochs.count == 30)

    let generator = try LoadedGenerator(
      reading: place.path("whole.h5"), weights: .best, precision: .float32,
      settings: [try .init("sampling.spread=0.02")], registry: Self.registry)
    #expect((generator.method.options as? ElementSizes.Options)?.sampling.spread == 0.02)
    let proposer = TrainingProposer(generator.method.statistics, kind: .network)
    let run = SamplingRun(generator, shared: shared)
    try run.perform(
      total: 40, to: place.path("samples.h5"), inputs: [place.path("whole.h5")], precision: .float32,
      StageReport(stage: "sample")
    ) { ("sizes-\($0)", try proposer.complete(Blueprint(), index: $0, seed: 4)) }
    let outcome = try place.run("reconstruct", ["--samples", "samples.h5", "--output", "crystals.h5"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Artifact.open(place.path("crystals.h5")).ids().first?.hasPrefix("sizes-") ?? false)

    // The program does not know it, and says what it knows.
    let unknown = try place.run("sample", ["--model", "whole.h5", "--count", "1", "--output", "x.h5"])
    #expect(
      unknown.status == 65
        && unknown.errors.contains(
          "there is no method 'element-sizes'; there are symmbfn, symmcd, crystal-gfn, skeletons, "
            + "tuned-skeletons, property.")
    )
  }
}
