import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

/// Skeletons in proportion to what a model says, times what they are worth.
@Suite("Tuned skeletons") struct TunedSkeletonTests {
  private static func options(reward: String = "worth") -> TunedSkeletonConfiguration {
    var options = TunedSkeletonConfiguration()
    (options.network.width, options.network.layers, options.network.heads, options.network.embedding) = (16, 1, 2, 8)
    options.reward = reward
    options.training.batch = 64
    options.training.learningRate = 5e-3
    options.training.averageDecay = 0.95
    options.training.epochs = 1
    return options
  }

  /// Rock salts and perovskites of a few elements.
  private static let units: [AsymmetricUnit] = (0..<48).map { i in
    let isSalt = i.isMultiple(of: 2)
    let metal: UInt8 = [3, 11, 19][i / 2 % 3]
    let sites: [(UInt8, String)] = isSalt ? [(metal, "a"), ([9, 17][i % 4 / 2], "b")] : [(metal, "a"), (22, "b"), (8, "c")]
    let group = SpaceGroup.numbered(isSalt ? 225 : 221)
    return AsymmetricUnit(
      spaceGroup: group.number, latticeLogMetric: LatticeLogMetric(k: [0, 0, 0, 0, 0, 1.5]),
      sites: sites.map { z, letter in
        let position = group.wyckoffPositions[group.positionIndex(lettered: letter.utf8.first ?? 0) ?? 0]
        return Site(
          atomicNumber: z, position: .zero, siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: position.letter,
          multiplicity: position.multiplicity)
      })
  }

  /// What has lithium is worth four times as much.
  private static func worth(_ blueprint: Blueprint) -> Double { blueprint.atoms[3] == nil ? 0.5 : 2 }

  /// A model of skeletons that has learnt the units, and a tuned one that begins with it.
  private static func models(_ options: TunedSkeletonConfiguration) throws -> (method: TunedSkeletons, start: [Float]) {
    var own = options.skeletons
    (own.training.batch, own.training.learningRate, own.training.warmUpSteps) = (24, 0.01, 0)
    var prior = try Trainer<Skeletons>(
      own, training: TrainingData(units), validation: TrainingData([]), seed: 1, threads: 2)
    for _ in 0..<120 { if try prior.step() { try prior.endEpoch(seconds: 0) } }
    let predictor = BlueprintPredictor(columns: ["worth"]) { $0.map { [worth($0)] } }
    let method = try TunedSkeletons(options, statistics: DatasetStatistics(units)).asking([predictor])
    var start = method.layout.initialParameters(seed: 1)
    let places = Dictionary(uniqueKeysWithValues: method.layout.entries.map { ($0.name, $0.range) })
    for entry in prior.learner.layout.entries {
      for name in method.beginnings(entry.name) {
        let range = try #require(places[name])
        start.replaceSubrange(range, with: prior.optimizer.average[entry.range])
      }
    }
    return (method, start)
  }

  @Test("the gradient is that of the loss, and the prior has none")
  func gradient() throws {
    let (method, start) = try Self.models(Self.options())
    var values = start
    // Away from the prior, where all losses are alike.
    var random = RandomStream(seed: 2, purpose: "away")
    for i in 0..<method.skeletons.layout.count { values[i] += 0.05 * Float(2 * random.uniform() - 1) }
    let examples = [TunedSkeletons.Example](repeating: .init(), count: 24)
    // Without a gradient nothing is drawn from the prior, and the same streams draw the same skeletons.
    var workspace = method.makeWorkspace()
    let tables = method.skeletons.network.tables(Parameters(values))
    let drawn = method.draw(
      examples.indices.map { RandomStream(seed: 4, purpose: "draw", index: UInt64($0)) }, Parameters(values), tables, &workspace
    )
    func losses(_ values: [Float], _ gradient: inout [Float]) -> LossTerms {
      var workspace = method.makeWorkspace()
      return method.balance(drawn, 1 / 24, Parameters(values), &workspace, gradient: &gradient)
    }
    var gradient = [Float](repeating: 0, count: method.layout.count)
    _ = losses(values, &gradient)
    let check = try GradientCheck(parameters: values, gradient: gradient, largestStep: 0.002) { values in
      var none: [Float] = []
      return losses(values, &none).objective
    }
    for entry in method.layout.entries {
      if entry.name.hasPrefix("prior.") {
        #expect(check.norm(entry.range) == 0 && entry.rate == 0)
      } else if check.norm(entry.range) > 1e-6 {
        let wrong = try check.disagreements(entry.range, tolerance: 0.03, directions: 2)
        #expect(wrong.isEmpty, "\(entry.name): \(wrong)")
      }
    }
  }

  @Test("what is drawn is the prior times the worth, and the prior stays")
  func proportion() throws {
    let options = Self.options()
    let (method, start) = try Self.models(options)
    let steps = 300
    var trainer = Trainer(
      method, examples: [TunedSkeletons.Example](repeating: .init(), count: steps * options.training.batch),
      validation: [.init()], options: options.training, seed: 3, threads: 2)
    trainer.optimizer = Adam(parameters: Parameters(start))
    while try !trainer.step() {}
    let tuned = trainer.optimizer.average
    let count = method.skeletons.layout.count
    #expect(tuned[count..<2 * count] == start[count..<2 * count])
    /// The share of skeletons with lithium, and how many differ.
    func share(_ values: [Float]) -> Double {
      let proposer = method.proposer(Parameters(values), among: [])
      let drawn = (0..<3000).compactMap { try? proposer.complete(Blueprint(), index: $0, seed: 5) }
      #expect(drawn.count == 3000)
      return Double(drawn.count { $0.atoms[3] != nil }) / 3000
    }
    let (before, after) = (share(start), share(tuned))
    let expected = 4 * before / (4 * before + 1 - before)
    #expect(before > 0.15 && before < 0.6 && abs(after - expected) < 0.05, "\(before) became \(after), expected \(expected)")
  }
}
