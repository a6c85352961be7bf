/// How well two sets of crystals cover each other (Xie et al., CDVAE, ICLR 2022).
///
/// A crystal is covered when some crystal of the other set is within 0.4 of its structure fingerprint and some, not necessarily the
/// same, within 10 of its composition fingerprint in CDVAE's scaling; distances are Euclidean.
public struct Coverage: Codable, Sendable, Equatable {
  /// Reference crystals that are covered, and of how many.
  public var recalled: Int
  public var reference: Int
  /// Generated crystals that are covered, and of how many.
  public var precise: Int
  public var generated: Int

  /// Largest distance of structure fingerprints.
  public static let structureCutoff = 0.4
  /// Largest distance of scaled composition fingerprints.
  public static let compositionCutoff = 10.0

  /// Both fingerprints of a crystal.
  public struct Fingerprints: Sendable {
    /// (61)
    public var structure: [Double]
    /// (132), not scaled.
    public var composition: [Double]

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
  public init(generated: [Fingerprints?], reference: [Fingerprints?]) {
    let own = generated.compactMap { $0 }
    let other = reference.compactMap { $0 }
    let structures = Neighborhood(
      own.map(\.structure), other.map(\.structure), cutoff: Self.structureCutoff)
    let compositions = Neighborhood(
      own.map { CompositionScaler.scaled($0.composition) },
      other.map { CompositionScaler.scaled($0.composition) }, cutoff: Self.compositionCutoff)
    recalled = other.indices.count { structures.second[$0] && compositions.second[$0] }
    self.reference = other.count
    precise = own.indices.count { structures.first[$0] && compositions.first[$0] }
    self.generated = generated.count
  }
}

/// Which points of two sets have a point of the other set within a cut-off.
private struct Neighborhood {
  var first: [Bool]
  var second: [Bool]

  init(_ a: [[Double]], _ b: [[Double]], cutoff: Double) {
    first = [Bool](repeating: false, count: a.count)
    second = [Bool](repeating: false, count: b.count)
    let limit = cutoff * cutoff
    for i in a.indices {
      for j in b.indices where !(first[i] && second[j]) {
        if Self.isWithin(a[i], b[j], limit) {
          first[i] = true
          second[j] = true
        }
      }
    }
  }

  private static func isWithin(_ a: [Double], _ b: [Double], _ limit: Double) -> Bool {
    var sum = 0.0
    var k = 0
    // The sum only grows: leave as soon as it is past the limit.
    while k < a.count {
      let end = min(k + 16, a.count)
      while k < end {
        let d = a[k] - b[k]
        sum += d * d
        k += 1
      }
      if sum > limit { return false }
    }
    return true
  }
}
