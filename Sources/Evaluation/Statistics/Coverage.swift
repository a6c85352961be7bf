/// How well two sets of crystals cover each other (Xie et al., CDVAE, ICLR 2022).
///
/// A crystal is covered when some crystal of the other set is within 0.4 of its structure fingerprint and some, not necessarily the
/// same, within 10 of its composition fingerprint in CDVAE's scaling; distances are Euclidean.
public struct Coverage: Sendable, Equatable {
  /// Whether each reference crystal that has fingerprints is covered.
  public var isRecalled: [Bool]
  /// Reference crystals that are covered, and of how many.
  public var recalled: Int
  /// Reference crystals that have fingerprints.
  public var reference: Int
  /// Generated crystals that are covered, and of how many.
  public var precise: Int
  /// Generated crystals in all.
  public var generated: Int

  /// Largest distances of structure fingerprints and of scaled composition fingerprints.
  public struct Limits: Sendable, Equatable {
    /// Of structure fingerprints.
    public var structure: Double
    /// Of scaled composition fingerprints.
    public var composition: Double

    /// Euclidean distances.
    public init(structure: Double, composition: Double) {
      self.structure = structure
      self.composition = composition
    }

    /// CDVAE's for MP-20; its Perov-5 has 0.2 and 4.
    public static let standard = Limits(structure: 0.4, composition: 10)
  }

  /// Both fingerprints of a crystal.
  public struct Fingerprints: Sendable {
    /// (61)
    public var structure: [Double]
    /// (132), not scaled.
    public var composition: [Double]

    /// - Parameters:
    ///   - structure: (61).
    ///   - composition: (132), not scaled.
    public init(structure: [Double], composition: [Double]) {
      self.structure = structure
      self.composition = composition
    }

    /// nil where either is.
    init?(structure: [Double]?, composition: [Double]?) {
      guard let structure, let composition else { return nil }
      self.init(structure: structure, composition: composition)
    }
  }

  /// - Parameters:
  ///   - generated: nil for a crystal without fingerprints: it covers nothing, isn't covered, and counts in the precision's denominator.
  ///   - reference: nil for a crystal without: left out.
  /// - Throws: what `work.report` throws.
  public init(generated: [Fingerprints?], reference: [Fingerprints?], limits: Limits = .standard, work: Work = Work()) throws {
    let own = generated.compactMap { $0 }
    let other = reference.compactMap { $0 }
    let structures = try Neighborhood(own.map(\.structure), other.map(\.structure), cutoff: limits.structure, work)
    let compositions = try Neighborhood(
      own.map { CompositionScaler.scaled($0.composition) },
      other.map { CompositionScaler.scaled($0.composition) }, cutoff: limits.composition, work)
    isRecalled = other.indices.map { structures.second[$0] && compositions.second[$0] }
    recalled = isRecalled.count { $0 }
    self.reference = other.count
    precise = own.indices.count { structures.first[$0] && compositions.first[$0] }
    self.generated = generated.count
  }
}

/// Which points of two sets have a point of the other set within a cut-off.
private struct Neighborhood {
  var first: [Bool]
  var second: [Bool]

  init(_ a: [[Double]], _ b: [[Double]], cutoff: Double, _ work: Work) throws {
    let (p, q) = (PointSet(a), PointSet(b))
    first = try work.map("coverage", count: p.count) { q.hasPoint(near: p, $0, within: cutoff) }
    second = try work.map("coverage", count: q.count) { p.hasPoint(near: q, $0, within: cutoff) }
  }
}

/// Points in the order of their lengths: two that are near have lengths that are.
private struct PointSet: Sendable {
  let count: Int
  /// (count) lengths of the points as given, and (count) the same in rising order.
  private let lengths: [Double]
  private let sortedLengths: [Double]
  private let width: Int
  /// (count, width) in the order given and in that of the lengths.
  private let given: [Double]
  private let sorted: [Double]

  init(_ points: [[Double]]) {
    count = points.count
    width = points.first?.count ?? 0
    let lengths = points.map { point in point.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let order = points.indices.sorted { lengths[$0] < lengths[$1] }
    self.lengths = lengths
    sortedLengths = order.map { lengths[$0] }
    given = Array(points.joined())
    sorted = order.flatMap { points[$0] }
  }

  /// Whether a point of this set is within a distance of point `index` of another.
  func hasPoint(near other: PointSet, _ index: Int, within cutoff: Double) -> Bool {
    guard count > 0 else { return false }
    precondition(width == other.width && index < other.count)
    let length = other.lengths[index]
    // Rounding must not hide a point on the edge.
    let reach = cutoff * (1 + 1e-9)
    let start = partition { $0 < length - reach }
    let end = partition { $0 <= length + reach }
    // Points of the nearest lengths first: the likeliest to be near.
    let middle = partition { $0 < length }
    var (low, high) = (middle - 1, middle)
    let limit = cutoff * cutoff
    while low >= start || high < end {
      if high < end {
        if isWithin(high, other, index, limit) { return true }
        high += 1
      }
      if low >= start {
        if isWithin(low, other, index, limit) { return true }
        low -= 1
      }
    }
    return false
  }

  /// How many lengths in rising order pass a test that only the first ones pass.
  private func partition(_ passes: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if passes(sortedLengths[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func isWithin(_ row: Int, _ other: PointSet, _ index: Int, _ limit: Double) -> Bool {
    var sum = 0.0
    var (i, j) = (row * width, index * width)
    let end = i + width
    // The sum only grows: leave as soon as it is past the limit.
    while i < end {
      let stop = min(i + 16, end)
      while i < stop {
        let d = sorted[i] - other.given[j]
        sum += d * d
        i += 1
        j += 1
      }
      if sum > limit { return false }
    }
    return true
  }
}
