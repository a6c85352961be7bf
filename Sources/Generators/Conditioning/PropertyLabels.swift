public import Crystals
import Foundation

/// Properties of a training set's crystals, with the prototype of each: what targets are compared with and templates drawn by.
public struct PropertyLabels: Sendable, Equatable {
  /// The columns.
  public let names: [String]
  /// (P, N) by column and crystal; NaN where unknown.
  public let values: [[Float]]
  /// (N) indices into `DatasetStatistics.prototypes`; -1 where a crystal has none.
  public let prototypes: [Int32]

  /// No properties.
  public static let none = PropertyLabels(names: [], values: [], prototypes: [])

  /// - Parameters:
  ///   - values: (P, N).
  ///   - prototypes: (N).
  public init(names: [String], values: [[Float]], prototypes: [Int32]) {
    precondition(values.count == names.count && values.allSatisfy { $0.count == prototypes.count })
    (self.names, self.values, self.prototypes) = (names, values, prototypes)
  }

  /// Unknown values are alike.
  public static func == (a: Self, b: Self) -> Bool {
    a.names == b.names && a.prototypes == b.prototypes
      && a.values.map { $0.map(\.bitPattern) } == b.values.map { $0.map(\.bitPattern) }
  }

  /// Some columns of a training set.
  init(_ data: TrainingData, _ names: [String], _ counts: [PrototypeCount]) {
    guard !names.isEmpty else { self = .none; return }
    let indices = Dictionary(uniqueKeysWithValues: counts.enumerated().map { ($1.prototype, Int32($0)) })
    self.init(
      names: names, values: data.columns(names).map { $0.map { Float($0) } },
      prototypes: data.units.map { Prototype($0).flatMap { indices[$0] } ?? -1 })
  }

  /// The column that a name means: its own, or the only one that ends in it behind a predictor's name, as `band_gap` means
  /// `megnet_band_gap`.
  public func index(of name: String) -> Int? {
    if let index = names.firstIndex(of: name) { return index }
    let alike = names.indices.filter { names[$0].hasSuffix("_" + name) }
    return alike.count == 1 ? alike[0] : nil
  }

  /// Of a column's known values; 0 and 0 where the labels lack it.
  public func moments(of name: String) -> Moments {
    Moments(names.firstIndex(of: name).map { values[$0].filter(\.isFinite).map { Double($0) } } ?? [])
  }

  /// The least and the greatest known value of a column; nil where none is known.
  public func range(ofColumn p: Int) -> ClosedRange<Double>? {
    let known = values[p].filter { !$0.isNaN }
    guard let least = known.min(), let greatest = known.max() else { return nil }
    return Double(least)...Double(greatest)
  }

  /// Crystals that have what is asked for, by their number: those within a tenth of a deviation of all targets, and where these are fewer
  /// than `fewest`, the nearest.
  ///
  /// - Parameters:
  ///   - targets: by column.
  ///   - among: space groups to choose from; any where empty.
  func nearest(_ targets: [Int: PropertyTarget], among groups: Set<Int>, _ counts: [PrototypeCount]) -> [Int] {
    let scales = targets.map { p, target in (p, target, 1 / max(1e-12, moments(of: names[p]).deviation)) }
    var distances: [(index: Int, distance: Double)] = []
    for (i, prototype) in prototypes.enumerated() where prototype >= 0 {
      guard groups.isEmpty || groups.contains(counts[Int(prototype)].prototype.spaceGroup) else { continue }
      var squares = 0.0
      for (p, target, scale) in scales {
        let d = scale * target.range.distance(to: Double(values[p][i]))
        squares += d * d
      }
      if !squares.isNaN { distances.append((i, squares)) }
    }
    let close = distances.filter { $0.distance <= Self.tolerance * Self.tolerance }
    if close.count >= Self.fewest { return close.map(\.index) }
    return distances.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(Self.fewest).map(\.index)
  }

  /// In deviations of the training set.
  private static let tolerance = 0.1
  private static let fewest = 200
}

/// How values of one property become numbers of order one: `(f(v) - mean) / deviation`, f the logarithm of 1 + v where no value is below
/// 0, as energies above the hull and gaps have long tails.
public struct PropertyScale: Sendable, Equatable {
  /// Whether it is the logarithm that is scaled.
  public let isLogarithmic: Bool
  /// Of f(v) over the crystals whose value is known.
  public let mean: Double
  /// Of f(v); 1 where all values are the same.
  public let deviation: Double

  /// Of the values that are known.
  public init(_ values: [Float]) {
    let known = values.lazy.filter(\.isFinite).map { Double($0) }
    let isLogarithmic = known.allSatisfy { $0 >= 0 }
    let moments = Moments(known.map { Self.transformed($0, isLogarithmic) })
    self.isLogarithmic = isLogarithmic
    (mean, deviation) = (moments.mean, moments.deviation > 1e-9 ? moments.deviation : 1)
  }

  private static func transformed(_ value: Double, _ isLogarithmic: Bool) -> Double {
    isLogarithmic ? log1p(max(0, value)) : value
  }

  /// A value in deviations from the mean.
  public func standardized(_ value: Double) -> Double { (Self.transformed(value, isLogarithmic) - mean) / deviation }

  /// The value that many deviations from the mean.
  public func value(_ standardized: Double) -> Double {
    let transformed = mean + deviation * standardized
    return isLogarithmic ? expm1(transformed) : transformed
  }
}
