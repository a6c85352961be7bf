import Crystals
import Foundation
import Synchronization

/// What beliefs about a site's symmetry and coordinates say of its Wyckoff position, and through it of its multiplicity and of
/// where it lies, by Bayes' rule: every position alike beforehand, uniform on its flat.
///
/// A representative lies on the generator's flat of its position (`AsymmetricUnit.standardize`), so a position is one code and one
/// flat `x = M u + w`: fixed coordinates are known exactly, coordinates that depend on others follow them.
struct WyckoffPosterior: Sendable {
  /// One Wyckoff position of the group.
  private struct Position: Sendable {
    /// (15) operation of each axis.
    let operations: [Int]
    /// What takes the generator's point to every point of the orbit, itself first.
    let members: [SymmetryOperation]
    let multiplicity: Double
    let flat: Matrix3
    let origin: Vector3
    /// Takes coordinates to those of the nearest point of `M u`, on the rows that are not fixed.
    let projection: Matrix3
    /// Which coordinates are the same for every point.
    let isFixed: (Bool, Bool, Bool)
    /// Coordinates that follow from others.
    let dependent: Int

    /// The lattice translation that takes a point to its copy beside the flat, begun from the free coordinates as they are.
    func image(near x: Vector3) -> Vector3 {
      (flat * x + origin - x).rounded(.toNearestOrAwayFromZero)
    }
  }

  /// What is believed of one site.
  struct Belief {
    /// Posterior means of the multiplicity and of its logarithm.
    var multiplicity = 0.0
    var logMultiplicity = 0.0
    /// Posterior mean, not wrapped, and deviation of the coordinates.
    var position = Vector3.zero
    var deviation = Vector3.zero
    /// (positions) their probabilities.
    var shares: [Double] = []
    /// The most probable position, and the posterior mean of the coordinates on it.
    var best = 0
    var bestPlace = Vector3.zero
  }

  private let positions: [Position]

  /// How many positions the group has.
  var count: Int { positions.count }
  /// (positions) operation of each of the 15 axes.
  let codes: [[Int]]
  /// Whether a position has no free coordinate, so that one site alone can be on it.
  func isPoint(_ index: Int) -> Bool {
    let fixed = positions[index].isFixed
    return fixed.0 && fixed.1 && fixed.2
  }

  private init(spaceGroup: Int) {
    positions = SpaceGroup.numbered(spaceGroup).wyckoffPositions.map { position in
      let (m, w) = position.generatorFlat
      let isFixed = (0..<3).map { m[$0] == .zero }
      let free = (0..<3).filter { m[0][$0] != 0 || m[1][$0] != 0 || m[2][$0] != 0 }
      // (M^T M)^-1 M^T on the free columns; ones in the place of the others keep it regular.
      var gram = Matrix3.identity
      for a in free { for b in free { gram[a][b] = (0..<3).reduce(0) { $0 + m[$1][a] * m[$1][b] } } }
      return Position(
        operations: position.members[0].siteSymmetry.operations.map { Int($0) }, members: position.members.map(\.operation),
        multiplicity: Double(position.multiplicity),
        flat: m, origin: w, projection: m * (gram.inverse * m.transpose), isFixed: (isFixed[0], isFixed[1], isFixed[2]),
        dependent: 3 - free.count - isFixed.count { $0 })
    }
    codes = positions.map(\.operations)
  }

  /// The point of a position's flat that is nearest in fractional coordinates, in the lattice image nearest to `x`.
  func projected(_ x: Vector3, on index: Int) -> Vector3 {
    let position = positions[index]
    let image = position.image(near: x)
    return position.origin + position.projection * (x + image - position.origin) - image
  }

  /// The points of the orbit of a point on a position's flat, not wrapped; the point itself first.
  func orbit(of x: Vector3, on index: Int) -> [Vector3] { positions[index].members.map { $0(x) } }

  private static let cache = Mutex<[Int: WyckoffPosterior]>([:])

  static func of(spaceGroup: Int) -> WyckoffPosterior {
    if let known = cache.withLock({ $0[spaceGroup] }) { return known }
    let made = WyckoffPosterior(spaceGroup: spaceGroup)
    cache.withLock { $0[spaceGroup] = made }
    return made
  }

  /// The variance of a free coordinate beforehand, uniform in 0...1.
  static let priorVariance = 1.0 / 12

  /// - Parameters:
  ///   - symmetry: (15 x 13) probabilities, the axes observed independently; nil where `logPrior` says all.
  ///   - mean: the observed coordinates, normal around those times the noise's scale, wrapped.
  ///   - logPrior: (positions) logarithms of their shares beforehand; even ones where nil.
  ///   - known: the position, where there is no doubt.
  func belief(
    symmetry: ArraySlice<Float>?, mean: Vector3, noise: GaussianObservation, logPrior: [Double]? = nil, known: Int? = nil
  ) -> Belief {
    let weight = noise.weight(priorVariance: Self.priorVariance)
    let estimate = mean / noise.scale
    if let known { return certain(known, estimate: estimate, weight: weight) }
    let classes = BeliefBatch.symmetryClasses
    let logs = symmetry?.map { log(max(1e-9, $0)) }
    let (variance, relative) = (noise.variance, noise.relativeVariance)
    // What a fixed coordinate gains over a free one by agreeing, and one that depends on others.
    let fixedGain = log(max(noise.scale, (2 * .pi * variance).squareRoot())) - 0.5 * log(2 * .pi * variance)
    let dependentGain = -0.5 * log(min(1, 2 * .pi * relative))
    var places = [Vector3](repeating: .zero, count: positions.count)
    var scores = [Double](repeating: 0, count: positions.count)
    for (index, position) in positions.enumerated() {
      var score = Double(position.dependent) * dependentGain + (logPrior?[index] ?? 0)
      if let logs {
        for axis in 0..<BeliefBatch.symmetryAxes { score += Double(logs[axis &* classes &+ position.operations[axis]]) }
      }
      var copy = estimate + position.image(near: estimate)
      let along = position.origin + position.projection * (copy - position.origin)
      var off = 0.0
      for k in 0..<3 {
        if k == 0 ? position.isFixed.0 : k == 1 ? position.isFixed.1 : position.isFixed.2 {
          let d = mean[k] - noise.scale * position.origin[k]
          let shortest = d - d.rounded()
          score += fixedGain - shortest * shortest / (2 * variance)
        } else {
          let d = along[k] - copy[k]
          off += d * d
        }
      }
      scores[index] = score - off / (2 * relative)
      copy = Vector3(repeating: 0.5) + weight * (copy - Vector3(repeating: 0.5))
      places[index] = position.origin + position.projection * (copy - position.origin)
    }
    return mix(places, scores, freeVariance: Self.priorVariance * (1 - weight))
  }

  /// What is believed where the position is known.
  ///
  /// - Parameter weight: how much of a free coordinate's posterior mean is the observation: along a flat it is drawn towards the middle
  ///   of the cell, as a normal prior of the same variance says.
  private func certain(_ index: Int, estimate: Vector3, weight: Double) -> Belief {
    let position = positions[index]
    let copy = Vector3(repeating: 0.5) + weight * (estimate + position.image(near: estimate) - Vector3(repeating: 0.5))
    var belief = Belief()
    (belief.multiplicity, belief.logMultiplicity) = (position.multiplicity, log(position.multiplicity))
    belief.shares = [Double](repeating: 0, count: positions.count)
    belief.shares[index] = 1
    belief.position = position.origin + position.projection * (copy - position.origin)
    (belief.best, belief.bestPlace) = (index, belief.position)
    let free = (Self.priorVariance * (1 - weight)).squareRoot()
    belief.deviation = Vector3(position.isFixed.0 ? 0 : free, position.isFixed.1 ? 0 : free, position.isFixed.2 ? 0 : free)
    return belief
  }

  private func mix(_ places: [Vector3], _ scores: [Double], freeVariance: Double) -> Belief {
    let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
    var belief = Belief()
    (belief.best, belief.bestPlace) = (best, places[best])
    belief.shares = [Double](repeating: 0, count: positions.count)
    var (total, shift, square) = (0.0, Vector3.zero, Vector3.zero)
    for (index, position) in positions.enumerated() {
      let w = exp(scores[index] - scores[best])
      guard w > 1e-12 else { continue }
      total += w
      belief.shares[index] = w
      belief.multiplicity += w * position.multiplicity
      belief.logMultiplicity += w * log(position.multiplicity)
      let d = places[index] - places[best]
      let step = d - d.rounded(.toNearestOrAwayFromZero)
      shift += w * step
      let spread = Vector3(
        position.isFixed.0 ? 0 : freeVariance, position.isFixed.1 ? 0 : freeVariance, position.isFixed.2 ? 0 : freeVariance)
      square += w * (step * step + spread)
    }
    for index in belief.shares.indices { belief.shares[index] /= total }
    belief.multiplicity /= total
    belief.logMultiplicity /= total
    shift /= total
    belief.position = places[best] + shift
    let v = square / total - shift * shift
    belief.deviation = Vector3(max(0, v.x).squareRoot(), max(0, v.y).squareRoot(), max(0, v.z).squareRoot())
    return belief
  }
}
