/// A primitive cell of a crystal with a reduced basis, found from the translations that map the crystal onto itself.
struct PrimitiveCell {
  /// Minkowski-reduced, right-handed.
  let lattice: Lattice
  let atomicNumbers: [UInt8]
  /// Each the mean of the atoms of the given cell that are one here.
  let fractionalCoordinates: [Vector3]

  /// - Parameters:
  ///   - crystal: any cell.
  ///   - tolerance: how far translated atoms may be from their partners, in angstrom.
  /// - Returns: nil where the translations within the tolerance are no group.
  init?(_ crystal: Crystal, tolerance: Double) {
    let (reduced, change) = crystal.lattice.reduced()
    // Rows of `change` are new vectors in old ones: coordinates go with the transposed inverse.
    let inverse = change.inverse
    let positions = crystal.fractionalCoordinates.map { $0 * inverse }
    let index = AtomIndex(reduced, crystal.atomicNumbers, positions, tolerance: tolerance)
    guard let origin = index.order.first else { return nil }
    var translations: [(vector: Vector3, permutation: [Int])] = []
    for j in index.rarest {
      let t = index.positions[j] - index.positions[origin]
      if let permutation = index.permutation(.identity, t) { translations.append((t, permutation)) }
    }
    let order = translations.count
    if order == 1 {
      lattice = reduced
      atomicNumbers = crystal.atomicNumbers
      fractionalCoordinates = index.positions
      return
    }
    // In a group of this order every translation times the order is a lattice vector.
    var generators = (0..<3).map { k in (0..<3).map { $0 == k ? order : 0 } }
    for t in translations {
      let scaled = Double(order) * t.vector
      let whole = scaled.rounded(.toNearestOrEven)
      let rest = reduced.cartesian((scaled - whole) / Double(order))
      guard rest.length < 2 * tolerance else { return nil }
      generators.append([Int(whole.x), Int(whole.y), Int(whole.z)])
    }
    let basis = latticeBasis(generators)
    guard order * abs(basis[0][0] * basis[1][1] * basis[2][2]) == order * order * order, crystal.count.isMultiple(of: order)
    else { return nil }
    let rows = basis.map { Vector3(Double($0[0]), Double($0[1]), Double($0[2])) / Double(order) }
    let small = Matrix3(rows[0], rows[1], rows[2])
    let (primitive, second) = Lattice(vectors: small * reduced.vectors).reduced()
    let toPrimitive = (second * small).inverse

    var numbers: [UInt8] = []
    var coordinates: [Vector3] = []
    var isDone = [Bool](repeating: false, count: crystal.count)
    for i in index.positions.indices where !isDone[i] {
      let x = index.positions[i] * toPrimitive
      var mean = Vector3.zero
      for t in translations {
        let j = t.permutation[i]
        isDone[j] = true
        var d = index.positions[j] * toPrimitive - x
        d -= d.rounded(.toNearestOrEven)
        mean += d
      }
      numbers.append(crystal.atomicNumbers[i])
      coordinates.append((x + mean / Double(order)).wrapped)
    }
    guard numbers.count * order == crystal.count else { return nil }
    lattice = primitive
    atomicNumbers = numbers
    fractionalCoordinates = coordinates
  }
}
