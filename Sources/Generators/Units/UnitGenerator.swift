public import Crystals
public import Networks
public import Tensors

/// A method that fills blueprints: it gives asymmetric units with lattice, elements and coordinates.
public protocol UnitGenerator: Method {
  /// Where the Wyckoff positions of its samples come from where nobody says.
  var proposer: ProposerKind { get }

  /// A sampler with the options' choices.
  ///
  /// - Parameter isExact: whether it is to compute as in training, without shortcuts that agree to rounding: the reference, and slower.
  func sampler(_ parameters: Parameters, seed: UInt64, isExact: Bool) -> any UnitSampler
}

extension UnitGenerator where Example == [TrainingExample] {
  /// Sites: work is shared out by them.
  public func cost(_ example: [TrainingExample]) -> Int { example[0].siteCount }

  /// Edges of the fully connected graph.
  public func activationRows(_ example: [TrainingExample]) -> Int { example[0].siteCount * example[0].siteCount }
}

extension UnitGenerator where Workspace == Tape {
  /// A tape, one a thread.
  public func makeWorkspace() -> Tape { Tape() }
}

/// Draws units, a group at a time.
public protocol UnitSampler: Sendable {
  var steps: Int { get }
  /// How often the network is called for a sample.
  var networkCalls: Int { get }

  /// Draws one group of samples.
  ///
  /// - Parameter blueprint: what the sample with a number is to be: a space group and a number of sites at least.
  /// - Returns: the samples of `SampleGroup.samples(of: group)`.
  func sample(group: Int, blueprint: (Int) throws -> Blueprint) rethrows -> [PredictedUnit]
}

/// Samples that are drawn together: `32 g ..< 32 (g + 1)`.
///
/// A matrix product's last bits depend on a row's place among the others, and sampling amplifies them. So a sample always has
/// the same neighbours: whatever part of a run is asked for, whole groups are drawn and what was not asked for is dropped.
public enum SampleGroup {
  /// Samples of a group.
  public static let size = 32

  /// The numbers of a group's samples.
  public static func samples(of group: Int) -> Range<Int> { group * size..<(group + 1) * size }

  /// The groups that a range of samples lies in.
  public static func groups(of range: Range<Int>) -> Range<Int> {
    range.isEmpty ? 0..<0 : range.lowerBound / size..<(range.upperBound + size - 1) / size
  }
}

/// A sample: the asymmetric unit as predicted (site symmetries not yet projected), with the last prediction's probabilities.
public struct PredictedUnit: Sendable {
  /// Sites as predicted.
  public let unit: AsymmetricUnit
  /// (m, 100) by element class.
  public let elementProbabilities: [Float]
  /// (m, 15, 13).
  public let siteSymmetryProbabilities: [Float]

  /// - Parameters:
  ///   - elementProbabilities: (m, 100).
  ///   - siteSymmetryProbabilities: (m, 15, 13).
  public init(unit: AsymmetricUnit, elementProbabilities: [Float], siteSymmetryProbabilities: [Float]) {
    self.unit = unit
    self.elementProbabilities = elementProbabilities
    self.siteSymmetryProbabilities = siteSymmetryProbabilities
  }
}
