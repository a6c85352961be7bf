import Crystals
import Foundation

/// Tells whether two crystals have the same structure, with the semantics of pymatgen's `StructureMatcher`.
///
/// Both crystals are reduced to primitive Niggli cells and scaled to one volume. Every basis of the first lattice whose lengths and
/// angles are within tolerance of the second's is tried, and for each every translation that brings an atom of the rarest element onto
/// one of the second crystal's; atoms are paired to the least sum of squares on the average of the two lattices, and the mean
/// displacement is taken off. Distances are in units of the free length an atom, `(V/N)^(1/3)`.
///
/// The first crystal's lattice is searched and the second's is the aim, so a verdict near the limit can depend on the order.
public struct StructureMatcher: Sendable, Codable, Equatable {
  /// Lengths may differ by a factor of `1 + lengthTolerance` (pymatgen's `ltol`).
  public var lengthTolerance: Double
  /// Largest distance of two paired atoms, in units of `(V/N)^(1/3)` (`stol`).
  public var siteTolerance: Double
  /// Angles may differ by this, in degrees (`angle_tol`).
  public var angleTolerance: Double
  /// What must be below the site tolerance for two crystals to be the same.
  public var criterion = Criterion.maximum

  /// What is held against the site tolerance.
  public enum Criterion: String, Sendable, Codable, CaseIterable {
    /// The largest distance of two paired atoms (pymatgen's `fit`).
    case maximum
    /// The root of the mean square (pymatgen's `get_rms_dist`).
    case rootMeanSquare
  }

  /// The field's default for uniqueness and novelty.
  public static let standard = StructureMatcher(
    lengthTolerance: 0.2, siteTolerance: 0.3, angleTolerance: 5)
  /// The wider tolerances of crystal structure prediction (CDVAE).
  public static let prediction = StructureMatcher(
    lengthTolerance: 0.3, siteTolerance: 0.5, angleTolerance: 10)

  /// - Parameters:
  ///   - lengthTolerance: pymatgen's `ltol`.
  ///   - siteTolerance: `stol`, in units of `(V/N)^(1/3)`.
  ///   - angleTolerance: `angle_tol`, in degrees.
  public init(lengthTolerance: Double, siteTolerance: Double, angleTolerance: Double) {
    self.lengthTolerance = lengthTolerance
    self.siteTolerance = siteTolerance
    self.angleTolerance = angleTolerance
  }

  /// Distances of the paired atoms of two crystals, in units of `(V/N)^(1/3)`.
  public struct Deviation: Sendable, Codable, Equatable {
    /// Root of the mean square.
    public var rms: Double
    /// The largest.
    public var maximum: Double
  }

  /// Reads what was written before there was a criterion, too.
  ///
  /// - Throws: `DecodingError` where a tolerance is missing.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    lengthTolerance = try fields.decode(Double.self, forKey: .lengthTolerance)
    siteTolerance = try fields.decode(Double.self, forKey: .siteTolerance)
    angleTolerance = try fields.decode(Double.self, forKey: .angleTolerance)
    criterion = try fields.decodeIfPresent(Criterion.self, forKey: .criterion) ?? .maximum
  }

  /// Whether some pairing keeps every distance, or their root mean square, below the site tolerance.
  public func matches(_ first: ReducedCrystal, _ second: ReducedCrystal) -> Bool {
    switch criterion {
    case .maximum: search(first, second, stopAtFirst: true, measure: { $0.maximum }) != nil
    case .rootMeanSquare: search(first, second, stopAtFirst: true, measure: { $0.rms }) != nil
    }
  }

  /// The pairing with the least rms; nil where it isn't below the site tolerance (pymatgen's `get_rms_dist`).
  public func deviation(_ first: ReducedCrystal, _ second: ReducedCrystal) -> Deviation? {
    search(first, second, stopAtFirst: false, measure: { $0.rms })
  }

  private func search(
    _ first: ReducedCrystal, _ second: ReducedCrystal, stopAtFirst: Bool,
    measure: (Deviation) -> Double
  ) -> Deviation? {
    guard first.key == second.key else { return nil }
    let ratio = pow(abs(second.basis.determinant / first.basis.determinant), 1.0 / 6)
    let basis = ratio * first.basis
    let aim = Lattice(vectors: (1 / ratio) * second.basis)
    let rare = first.groups[second.referenceGroup].range
    var best: Deviation?
    var mapped = first.points
    for change in basisChanges(from: basis, to: aim) {
      let inverse = change.inverse
      for i in mapped.indices { mapped[i] = (first.points[i] * inverse).wrapped }
      let average = AverageCell(
        Lattice(vectors: change * basis), aim, count: first.count, siteTolerance: siteTolerance)
      for i in rare {
        let translation = mapped[i] - second.points[second.reference]
        guard
          average.mayPair(mapped, second.points, groups: first.groups, translation: translation),
          let found = average.deviation(
            mapped, second.points, groups: first.groups, translation: translation)
        else { continue }
        let value = measure(found)
        if value < siteTolerance && value < (best.map(measure) ?? .infinity) {
          best = found
          if stopAtFirst || value < 1e-5 { return found }
        }
      }
    }
    return best
  }

  /// Integer matrices of determinant +1 or -1 that turn a basis into one with nearly the lengths and angles of another.
  private func basisChanges(from basis: Matrix3, to aim: Lattice) -> [Matrix3] {
    let lengths = aim.lengths
    let angles = aim.angles
    let widest = lengths.max() * (1 + lengthTolerance)
    var candidates: ([LatticeVector], [LatticeVector], [LatticeVector]) = ([], [], [])
    for vector in latticeVectors(of: basis, within: widest) {
      func fits(_ aim: Double) -> Bool {
        vector.length / aim < 1 + lengthTolerance && vector.length / aim > 1 / (1 + lengthTolerance)
      }
      if fits(lengths.x) { candidates.0.append(vector) }
      if fits(lengths.y) { candidates.1.append(vector) }
      if fits(lengths.z) { candidates.2.append(vector) }
    }
    let alpha = cosines(around: angles.x)
    let beta = cosines(around: angles.y)
    let gamma = cosines(around: angles.z)
    var changes: [Matrix3] = []
    for a in candidates.0 {
      let third = candidates.2.filter { beta.contains(a.cosine(to: $0)) }
      guard !third.isEmpty else { continue }
      for b in candidates.1 where gamma.contains(a.cosine(to: b)) {
        for c in third where alpha.contains(b.cosine(to: c)) {
          let change = Matrix3(a.indices, b.indices, c.indices)
          if abs(abs(change.determinant) - 1) < 0.5 { changes.append(change) }
        }
      }
    }
    return changes
  }

  /// Cosines of the angles within tolerance of one, in degrees.
  private func cosines(around angle: Double) -> ClosedRange<Double> {
    let low = angle - angleTolerance
    let high = angle + angleTolerance
    // Rounding may carry a cosine past one.
    return (high >= 180 ? -2 : cos(high * .pi / 180))...(low <= 0 ? 2 : cos(low * .pi / 180))
  }
}

/// A vector of a lattice: integer indices, Cartesian components and length in angstrom.
private struct LatticeVector {
  let indices: Vector3
  let cartesian: Vector3
  let length: Double

  func cosine(to other: LatticeVector) -> Double {
    cartesian.dot(other.cartesian) / (length * other.length)
  }
}

private func latticeVectors(of basis: Matrix3, within radius: Double) -> [LatticeVector] {
  let reciprocal = basis.inverse.transpose
  func extent(_ k: Int) -> Int { Int(radius * reciprocal[k].length) }
  var vectors: [LatticeVector] = []
  for x in -extent(0)...extent(0) {
    for y in -extent(1)...extent(1) {
      for z in -extent(2)...extent(2) {
        let indices = Vector3(Double(x), Double(y), Double(z))
        let cartesian = indices * basis
        let length = cartesian.length
        if length > 0 && length <= radius {
          vectors.append(LatticeVector(indices: indices, cartesian: cartesian, length: length))
        }
      }
    }
  }
  return vectors
}

/// The average of two lattices with nearly equal lengths and angles, and distances on it.
private struct AverageCell {
  /// LLL-reduced basis of the average lattice, in which nearest images are one cell away at most.
  private let basis: Matrix3
  /// Takes fractional coordinates of the average lattice to those of `basis`.
  private let toBasis: Matrix3
  /// Largest differences of fractional coordinates, in the average lattice and in `basis`.
  private let limit: Vector3
  private let basisLimit: Vector3
  /// A vector not longer than half the shortest lattice vector has no shorter image.
  private let packingRadius: Double
  /// `(N/V)^(1/3)`.
  private let normalization: Double

  init(_ first: Lattice, _ second: Lattice, count: Int, siteTolerance: Double) {
    let average = Lattice(
      lengths: (first.lengths + second.lengths) / 2, angles: (first.angles + second.angles) / 2)
    normalization = cbrt(Double(count) / average.volume)
    basis = lenstraReduced(average.vectors)
    toBasis = average.vectors * basis.inverse
    func limits(_ vectors: Matrix3, _ scale: Double) -> Vector3 {
      let r = vectors.inverse.transpose
      return scale * Vector3(r[0].length, r[1].length, r[2].length)
    }
    // Twice the height of a sphere of radius stol (V/N)^(1/3) over each lattice plane.
    limit = limits(average.vectors, 2 * siteTolerance / normalization)
    basisLimit = limits(basis, 2 * siteTolerance / normalization)
    let a = basis[0]
    let b = basis[1] - basis[1].dot(a) / a.dot(a) * a
    let height = abs(basis.determinant) / basis[0].cross(basis[1]).length
    packingRadius = min(a.length, b.length, height) / 2
  }

  /// Whether every point of the second crystal, translated, has a point of its kind in the first within the limit.
  func mayPair(
    _ first: [Vector3], _ second: [Vector3],
    groups: [(atomicNumber: UInt8, range: Range<Int>)], translation: Vector3
  ) -> Bool {
    for (_, range) in groups {
      for j in range {
        let point = second[j] + translation
        var isPaired = false
        for i in range {
          let d = point - first[i]
          let f = d - d.rounded(.toNearestOrEven)
          if abs(f.x) <= limit.x && abs(f.y) <= limit.y && abs(f.z) <= limit.z {
            isPaired = true
            break
          }
        }
        if !isPaired { return false }
      }
    }
    return true
  }

  /// Distances of the best pairing, the mean displacement taken off; nil where the limits leave no pairing.
  func deviation(
    _ first: [Vector3], _ second: [Vector3],
    groups: [(atomicNumber: UInt8, range: Range<Int>)], translation: Vector3
  ) -> StructureMatcher.Deviation? {
    var displacements: [Vector3] = []
    displacements.reserveCapacity(first.count)
    for (_, range) in groups {
      let n = range.count
      var vectors = [Vector3](repeating: .zero, count: n * n)
      var costs = [Double](repeating: .infinity, count: n * n)
      for (row, j) in range.enumerated() {
        for (column, i) in range.enumerated() {
          guard let v = shortestVector(first[i] - second[j] - translation) else { continue }
          vectors[row * n + column] = v
          costs[row * n + column] = v.dot(v)
        }
      }
      guard let columns = leastCostAssignment(costs, count: n) else { return nil }
      for (row, column) in columns.enumerated() { displacements.append(vectors[row * n + column]) }
    }
    let mean = displacements.reduce(Vector3.zero, +) / Double(displacements.count)
    var sum = 0.0
    var largest = 0.0
    for d in displacements {
      let square = (d - mean).dot(d - mean)
      sum += square
      largest = max(largest, square)
    }
    return StructureMatcher.Deviation(
      rms: (sum / Double(displacements.count)).squareRoot() * normalization,
      maximum: largest.squareRoot() * normalization)
  }

  /// The shortest image of a difference, in angstrom; nil where it is past the limit.
  private func shortestVector(_ difference: Vector3) -> Vector3? {
    var f = difference * toBasis
    f -= f.rounded(.toNearestOrEven)
    guard abs(f.x) <= basisLimit.x, abs(f.y) <= basisLimit.y, abs(f.z) <= basisLimit.z else {
      return nil
    }
    var best = f * basis
    var shortest = best.dot(best)
    if shortest <= packingRadius * packingRadius { return best }
    for x in -1...1 {
      for y in -1...1 {
        for z in -1...1 {
          let v = (f + Vector3(Double(x), Double(y), Double(z))) * basis
          let square = v.dot(v)
          if square < shortest {
            shortest = square
            best = v
          }
        }
      }
    }
    return best
  }
}
