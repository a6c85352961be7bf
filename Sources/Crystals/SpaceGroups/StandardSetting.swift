import Synchronization

/// A space group's operations on a primitive cell of its standard setting, to be compared with the operations of a crystal.
final class StandardSetting: Sendable {
  let number: Int
  /// Columns are the vectors of the primitive cell in the conventional one.
  let primitiveBasis: Matrix3
  /// Translations of the centring, in conventional coordinates, the zero one first.
  let centrings: [Vector3]
  /// One operation for each rotation, in primitive coordinates.
  let operations: [(rotation: Matrix3, translation: Vector3)]
  private let indexOfRotation: [Int: Int]
  /// Indices of operations that generate the point group.
  private let generators: [Int]
  private let originEquations: DiagonalForm

  private static let cache = Mutex<[StandardSetting?]>([StandardSetting?](repeating: nil, count: 231))

  /// The setting of `SpaceGroup` for an international number, 1...230.
  static func numbered(_ number: Int) -> StandardSetting {
    if let setting = cache.withLock({ $0[number] }) { return setting }
    let setting = StandardSetting(number: number)
    cache.withLock { $0[number] = setting }
    return setting
  }

  private init(number: Int) {
    self.number = number
    let denominator = SymmetryOperation.denominator
    let all = SpaceGroup.operations(ofNumber: number)
    let identity = all[0].rotation
    let shifts = all.filter { $0.rotation == identity }.map(\.translation)
    centrings = shifts.map { Vector3(Double($0[0]), Double($0[1]), Double($0[2])) / Double(denominator) }
    let cell = (0..<3).map { k in (0..<3).map { $0 == k ? denominator : 0 } }
    let rows = latticeBasis(cell + shifts).map {
      Vector3(Double($0[0]), Double($0[1]), Double($0[2])) / Double(denominator)
    }
    let basis = Matrix3(rows[0], rows[1], rows[2]).transpose
    let inverse = basis.inverse
    primitiveBasis = basis
    var operations: [(rotation: Matrix3, translation: Vector3)] = []
    var indexOfRotation: [Int: Int] = [:]
    for g in all {
      let rotation = (inverse * g.rotationMatrix * basis).rounded
      // A second one with the same rotation differs by a centring; the first stays.
      if indexOfRotation[Self.key(rotation)] != nil { continue }
      indexOfRotation[Self.key(rotation)] = operations.count
      operations.append((rotation, inverse * g(.zero)))
    }
    self.operations = operations
    self.indexOfRotation = indexOfRotation
    generators = Self.generators(operations.map(\.rotation))
    originEquations = DiagonalForm(
      generators.flatMap { g in
        (0..<3).map { row in
          (0..<3).map { Int(operations[g].rotation[row][$0]) - (row == $0 ? 1 : 0) }
        }
      })
  }

  /// A few of some rotations whose products are all of them.
  private static func generators(_ rotations: [Matrix3]) -> [Int] {
    var chosen: [Int] = []
    var group = [Matrix3.identity]
    for (index, rotation) in rotations.enumerated() where !group.contains(rotation) {
      chosen.append(index)
      var fresh = [rotation]
      while let next = fresh.popLast() {
        if group.contains(next) { continue }
        group.append(next)
        fresh += chosen.map { next * rotations[$0] }
      }
    }
    return chosen
  }

  /// A number for a matrix of integers from -8 to 8.
  private static func key(_ m: Matrix3) -> Int {
    var key = 0
    for i in 0..<3 {
      for j in 0..<3 { key = key &* 17 &+ Int(m[i][j]) &+ 8 }
    }
    return key
  }

  /// How coordinates of a crystal's primitive cell become those of the setting's: `y = change x - origin`.
  struct Transformation {
    let change: Matrix3
    let origin: Vector3
    /// For every operation of the crystal the one of the setting that it is.
    let operations: [Int]
  }

  /// The transformation that makes a crystal's operations those of the group; nil where they are those of another group.
  ///
  /// - Parameters:
  ///   - operations: as many as the point group has, the tolerance away from exact ones at most.
  ///   - basis: columns are the conventional vectors to try, in the crystal's primitive cell.
  ///   - tolerance: how far a translation may be from the group's, in angstrom.
  func transformation(
    _ operations: [CrystalOperation], basis: Matrix3, lattice: Lattice, tolerance: Double
  ) -> Transformation? {
    guard operations.count == self.operations.count else { return nil }
    let exact = basis * primitiveBasis
    let toCrystal = exact.rounded
    guard (exact + -1 * toCrystal).largest < 1e-6, abs(abs(toCrystal.determinant) - 1) < 1e-6 else { return nil }
    let change = toCrystal.inverse.rounded
    var partners: [Int] = []
    for g in operations {
      let rotation = change * g.rotation * toCrystal
      guard rotation.largest <= 8, let index = indexOfRotation[Self.key(rotation)] else { return nil }
      partners.append(index)
    }
    // (R - 1) origin = t of the group - t of the crystal, modulo 1.
    var differences = [Vector3](repeating: .zero, count: operations.count)
    var isFound = [Bool](repeating: false, count: operations.count)
    for (g, index) in zip(operations, partners) {
      differences[index] = self.operations[index].translation - change * g.translation
      isFound[index] = true
    }
    guard isFound.allSatisfy(\.self) else { return nil }
    var origin = originEquations.solve(generators.flatMap { [differences[$0].x, differences[$0].y, differences[$0].z] })
    let rest = residuals(differences, origin)
    // What is left is (1 - R) times its own mean, as far as a shift of the origin can take it away.
    var mean = Vector3.zero
    for r in rest { mean += r }
    origin -= mean / Double(rest.count)
    let cell = Lattice(vectors: toCrystal.transpose * lattice.vectors)
    guard residuals(differences, origin).allSatisfy({ cell.cartesian($0).length <= tolerance }) else { return nil }
    return Transformation(change: change, origin: origin, operations: partners)
  }

  private func residuals(_ differences: [Vector3], _ origin: Vector3) -> [Vector3] {
    differences.indices.map { i in
      let d = differences[i] - (operations[i].rotation * origin - origin)
      return d - d.rounded(.toNearestOrEven)
    }
  }
}

extension Matrix3 {
  /// Every entry rounded.
  var rounded: Matrix3 {
    Matrix3(rows.0.rounded(.toNearestOrEven), rows.1.rounded(.toNearestOrEven), rows.2.rounded(.toNearestOrEven))
  }

  /// The largest entry by its amount.
  var largest: Double {
    func most(_ v: Vector3) -> Double { max(abs(v.x), max(abs(v.y), abs(v.z))) }
    return max(most(rows.0), max(most(rows.1), most(rows.2)))
  }

  /// The entries by rows, as integers.
  var integers: [Int] {
    [rows.0, rows.1, rows.2].flatMap { [Int($0.x.rounded()), Int($0.y.rounded()), Int($0.z.rounded())] }
  }
}
