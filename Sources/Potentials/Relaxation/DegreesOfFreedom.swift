import Crystals

/// The coordinates that a relaxation moves: free coordinates of every orbit and the strains that the point group allows.
///
///     x of a representative = x0 + sum_k q_k u_k        (fractional; u_k a basis of what its stabiliser leaves fixed)
///     cell = cell0 (1 + sum_k y_k B_k / c)              (B_k an orthonormal basis of the invariant symmetric matrices)
///
/// All other atoms follow by the operations, so that a relaxed crystal has its space group to the last digit. Lengths are those of
/// the full space: a step of length d moves all atoms together by d in the 3N-dimensional sense; `c = sqrt(atoms)` angstrom
/// gives strains about the curvature of positions.
struct DegreesOfFreedom: Sendable {
  let symmetry: CrystalSymmetry
  /// The crystal at the origin, every atom exactly on its place.
  let reference: Crystal
  /// (O) fractional vectors u_k of each orbit.
  private let siteBasis: [[Vector3]]
  private let strainBasis: [Matrix3]
  private let strainScale: Double
  /// Number of unknowns.
  let count: Int

  /// - Parameters:
  ///   - symmetry: of `crystal`; trivial for a relaxation without constraints.
  ///   - fixCell: no strain among the unknowns.
  init(_ crystal: Crystal, symmetry: CrystalSymmetry, fixCell: Bool) {
    self.symmetry = symmetry
    let vectors = crystal.lattice.vectors
    let inverse = vectors.inverse
    var origins: [Vector3] = []
    var siteBasis: [[Vector3]] = []
    for (o, atom) in symmetry.representatives.enumerated() {
      let x = crystal.fractionalCoordinates[atom]
      var mean = Vector3.zero
      for (operation, shift) in symmetry.fixing[o] { mean += operation(x) + shift }
      origins.append(mean / Double(symmetry.fixing[o].count))
      let scale = 1 / Double(symmetry.multiplicities[o]).squareRoot()
      siteBasis.append(Self.fixedDirections(symmetry.stabilisers[o]).map { scale * ($0 * inverse) })
    }
    self.siteBasis = siteBasis
    strainBasis = fixCell ? [] : Self.invariantStrains(symmetry.pointGroup)
    strainScale = Double(crystal.count).squareRoot()
    count = siteBasis.reduce(0) { $0 + $1.count } + strainBasis.count
    var reference = crystal
    reference.fractionalCoordinates = symmetry.images.map { $0.operation(origins[$0.orbit]) + $0.shift }
    self.reference = reference
  }

  /// Orthonormal Cartesian directions that all of some rotations leave fixed: the image of their average, a projector.
  private static func fixedDirections(_ rotations: [Matrix3]) -> [Vector3] {
    var projector = Matrix3(.zero, .zero, .zero)
    for rotation in rotations { projector = projector + rotation }
    projector = (1 / Double(rotations.count)) * projector
    let symmetric = 0.5 * (projector + projector.transpose)
    let (values, directions) = symmetric.symmetricEigensystem
    return (0..<3).filter { values[$0] > 0.5 }.map { directions[$0] }
  }

  /// An orthonormal basis of the symmetric matrices that are their own average over a point group.
  private static func invariantStrains(_ rotations: [Matrix3]) -> [Matrix3] {
    var basis: [Matrix3] = []
    for (i, j) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)] {
      var seed = Matrix3(.zero, .zero, .zero)
      seed[i][j] += 0.5
      seed[j][i] += 0.5
      var average = Matrix3(.zero, .zero, .zero)
      for rotation in rotations { average = average + rotation * seed * rotation.transpose }
      average = (1 / Double(rotations.count)) * average
      for b in basis { average = average + (-inner(b, average)) * b }
      let norm = inner(average, average).squareRoot()
      if norm > 1e-6 { basis.append((1 / norm) * average) }
    }
    return basis
  }

  private static func inner(_ a: Matrix3, _ b: Matrix3) -> Double {
    a[0].dot(b[0]) + a[1].dot(b[1]) + a[2].dot(b[2])
  }

  private func strain(_ x: [Double]) -> Matrix3 {
    var strain = Matrix3(.zero, .zero, .zero)
    let first = count - strainBasis.count
    for (k, b) in strainBasis.enumerated() { strain = strain + (x[first + k] / strainScale) * b }
    return strain
  }

  /// The crystal at a point of the space of unknowns.
  func crystal(at x: [Double]) -> Crystal {
    precondition(x.count == count)
    var points: [Vector3] = []
    var next = 0
    for (o, atom) in symmetry.representatives.enumerated() {
      var point = reference.fractionalCoordinates[atom]
      for u in siteBasis[o] {
        point += x[next] * u
        next += 1
      }
      points.append(point)
    }
    var crystal = reference
    crystal.fractionalCoordinates = symmetry.images.map { $0.operation(points[$0.orbit]) + $0.shift }
    crystal.lattice = Lattice(
      vectors: reference.lattice.vectors * (Matrix3.identity + strain(x)))
    return crystal
  }

  /// The gradient of the energy by the unknowns.
  ///
  /// - Parameters:
  ///   - evaluation: of `crystal(at: x)`.
  func gradient(_ evaluation: CrystalEvaluation, at x: [Double], lattice: Lattice) -> [Double] {
    precondition(evaluation.forces.count == symmetry.images.count)
    var pulls = [Vector3](repeating: .zero, count: symmetry.representatives.count)
    let vectors = lattice.vectors
    for (force, image) in zip(evaluation.forces, symmetry.images) {
      // F . (R u L) = (L F) . R u = (R^T L F) . u
      pulls[image.orbit] += (vectors * force) * image.operation.rotationMatrix
    }
    var gradient: [Double] = []
    gradient.reserveCapacity(count)
    for (o, basis) in siteBasis.enumerated() {
      for u in basis { gradient.append(-pulls[o].dot(u)) }
    }
    guard !strainBasis.isEmpty else { return gradient }
    // cell0 (1 + e + d) = cell (1 + (1 + e)^-1 d), so dE/dd = V (1 + e)^-T stress.
    let slope =
      lattice.volume * ((Matrix3.identity + strain(x)).inverse.transpose * evaluation.stress)
    for b in strainBasis { gradient.append(Self.inner(slope, b) / strainScale) }
    return gradient
  }

  /// The largest factor not above 1 by which a step may be taken: no atom moves further than 0.1 angstrom, no strain exceeds 2 %.
  ///
  /// Twice that is faster for crystals that fall apart, and ends in worse minima.
  func factor(ofStep step: [Double]) -> Double {
    var largest = 0.0
    var next = 0
    for (o, basis) in siteBasis.enumerated() {
      // The step of an orbit is shared by its atoms.
      var squared = 0.0
      for _ in basis {
        squared += step[next] * step[next] / Double(symmetry.multiplicities[o])
        next += 1
      }
      largest = max(largest, squared.squareRoot() / 0.1)
    }
    while next < count {
      largest = max(largest, abs(step[next]) / strainScale / 0.02)
      next += 1
    }
    return largest > 1 ? 1 / largest : 1
  }

  /// What a stop rule looks at: the longest force that symmetry allows and the longest row of `V stress / atoms`, eV/angstrom and eV.
  func residual(_ evaluation: CrystalEvaluation, volume: Double) -> (force: Double, strain: Double) {
    let forces = symmetry.symmetrized(forces: evaluation.forces)
    let longest = forces.reduce(0) { max($0, $1.length) }
    guard !strainBasis.isEmpty else { return (longest, 0) }
    var allowed = Matrix3(.zero, .zero, .zero)
    for b in strainBasis { allowed = allowed + Self.inner(b, evaluation.stress) * b }
    let scale = volume / Double(forces.count)
    return (longest, (0..<3).reduce(0) { max($0, scale * allowed[$1].length) })
  }
}
