public import Crystals
import Foundation
public import Networks
public import Tensors

/// A model of skeletons: space group, elements and Wyckoff positions, without coordinates (after Kazeev et al. 2025, WyFormer).
///
/// Sites come one after the other, in any order: the next one's element, or the end, given those that are placed; then its Wyckoff position.
/// Elements of given positions are named in any order, too. Equivalent descriptions of a crystal are shown alike often, and the network may
/// be told a composition or which elements may occur.
public struct Skeletons: BlueprintModel {
  /// The method's name in YAML and model files.
  public static let name = "skeletons"
  /// Raised when a model file of before is no longer read.
  public static let version = 1
  /// Negative logarithms of probabilities a crystal, nats: of the space group given what is told, of the elements of its sites and the end,
  /// of their Wyckoff positions, and of elements to given positions.
  public static let terms = ["space group", "elements", "positions", "names"]

  /// Sizes and schedule.
  public let options: SkeletonConfiguration
  /// Of the training set.
  public let statistics: DatasetStatistics
  let network: SkeletonNetwork
  let conditions: PropertyEncoding

  /// A method with a network of random parameters yet to be drawn.
  public init(_ options: SkeletonConfiguration, statistics: DatasetStatistics) {
    (self.options, self.statistics) = (options, statistics)
    network = SkeletonNetwork(options.network, conditions: PropertyEncoding.columns(options.conditioning))
    conditions = PropertyEncoding(options.conditioning, statistics.labels)
  }

  /// Draws skeletons.
  public func proposer(_ parameters: Parameters, among: [Int]) -> any Proposer {
    SkeletonProposer(self, parameters, among: among)
  }
}

extension Skeletons {
  /// A crystal without its coordinates.
  public struct Example: Sendable {
    let spaceGroup: Int
    /// (m) atomic numbers.
    let elements: [UInt8]
    /// (m) indices into `SpaceGroup.wyckoffPositions`.
    let positions: [Int]
    /// Atoms of each element in smallest whole numbers.
    let composition: [(element: UInt8, count: Int)]
    /// How often the primitive cell holds them.
    let formulaUnits: Int
    /// (P) values of the properties that are conditions; NaN where unknown.
    let properties: [Double]
    /// (P) what is told of them; nil where nothing is.
    var conditions: [Double?] = []
  }

  /// Names, shapes and places of the network's parameters.
  public var layout: ParameterLayout { network.layout }

  /// All alike: they add up to the logarithm of a probability.
  public var weights: [Double] { [1, 1, 1, 1] }

  /// Crystals whose Wyckoff letters are known.
  ///
  /// - Throws: `Rejection` as `Blueprint.init`.
  public func examples(_ data: TrainingData, isTraining: Bool, threads: Int) throws(Rejection) -> [Example] {
    var examples: [Example] = []
    let columns = data.columns(conditions.names)
    for (i, unit) in data.units.enumerated() {
      let blueprint = try Blueprint(unit)
      let atoms = blueprint.atoms
      let divisor = atoms.values.reduce(0) { greatestCommonDivisor($0, $1) }
      examples.append(
        Example(
          spaceGroup: unit.spaceGroup, elements: unit.sites.map(\.atomicNumber),
          positions: blueprint.sites.map(\.wyckoffPosition),
          composition: atoms.keys.sorted().map { ($0, (atoms[$0] ?? 0) / divisor) },
          formulaUnits: divisor / SpaceGroup.numbered(unit.spaceGroup).centrings, properties: columns.map { $0[i] }))
    }
    return examples
  }

  /// Tokens.
  public func cost(_ example: Example) -> Int { example.elements.count + 1 }

  /// A tape, one a thread.
  public func makeWorkspace() -> Tape { Tape() }

  /// With some of its properties told.
  public func shown(_ example: Example, _ random: (_ purpose: StaticString) -> RandomStream) -> Example {
    guard !example.properties.isEmpty else { return example }
    var (shown, random) = (example, random("conditions"))
    shown.conditions = conditions.shown(example.properties) { random.uniform() }
    return shown
  }

  /// Each crystal in a description of its own, begun by a number of sites of its own; one step of it is learnt, times the number of steps.
  public func losses(
    _ examples: [Example], _ randoms: [RandomStream], share: BatchShare, _ parameters: Parameters, _ tape: inout Tape,
    gradient: inout [Float]
  ) -> LossTerms {
    var lessons: [SkeletonLesson] = []
    for (example, random) in zip(examples, randoms) {
      var random = random
      lessons.append(
        SkeletonLesson(
          example, options.told, elementMask: statistics.elementMask, conditions: conditions.row(example.conditions), &random))
    }
    // Where the space group is yet to be said, and then the steps.
    let entries = lessons.map { SkeletonBatch.Entry(spaceGroup: 0, request: $0.entry.request) } + lessons.map(\.entry)
    let (batch, first) = (SkeletonBatch(entries), lessons.count)
    let trunk = network.trunk(batch, parameters, &tape)
    let scale = 1 / Double(share.examples)
    var losses = LossTerms.none(Self.terms.count)
    func learn(_ logits: Tape.Value, _ term: Int, _ target: (Int) -> SkeletonLesson.Target?) {
      var seed = tape.zeros(like: logits)
      let values = tape[logits]
      for row in 0..<values.rows {
        guard let target = target(row) else { continue }
        let loss = crossEntropy(values, row, target, scale: scale, into: &seed)
        losses.values[term] += loss
        losses.objective += loss
      }
      tape.seed(logits, seed)
    }
    let groups = network.spaceGroups(trunk, &tape)
    learn(groups, 0) { $0 < first ? .init(weight: 1, shares: [(lessons[$0].entry.spaceGroup, 1)]) : nil }
    let elements = network.elements(trunk, &tape)
    learn(elements, 1) { $0 < first ? nil : lessons[$0 - first].element }
    let chosen = [Int](repeating: 0, count: first) + lessons.map(\.chosen)
    let positions = network.positions(trunk, batch, elements: chosen, &tape)
    learn(positions, 2) { $0 < first ? nil : lessons[$0 - first].position }
    let names = lessons.enumerated().flatMap { b, lesson in
      lesson.names.map { (row: batch.firstSites[first + b] + $0.site, target: $0.target) }
    }
    if !names.isEmpty {
      let logits = network.names(trunk, rows: names.map(\.row), &tape)
      learn(logits, 3) { names[$0].target }
    }
    if !gradient.isEmpty { tape.backward(into: &gradient) }
    return losses
  }
}

/// `-weight sum of shares ln softmax(logits)`, and its gradient.
private func crossEntropy(
  _ logits: Matrix, _ row: Int, _ target: SkeletonLesson.Target, scale: Double, into seed: inout Matrix
) -> Double {
  let columns = logits.columns
  var p = Array(logits.values[row * columns..<(row + 1) * columns])
  for c in target.forbidden { p[c] = -1e9 }
  Kernels.softmax(&p, groups: 1, classes: columns)
  let weight = Float(scale * target.weight)
  for c in 0..<columns { seed[row, c] = weight * p[c] }
  var loss = 0.0
  for (c, share) in target.shares {
    loss -= Double(weight) * share * log(max(1e-30, Double(p[c])))
    seed[row, c] -= weight * Float(share)
  }
  return loss
}
