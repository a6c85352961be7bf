// Short bases of a lattice. Both keep the lattice: rows change by integer combinations only.

/// The basis after Lenstra, Lenstra and Lovasz (Math. Ann. 261, 515, 1982) with delta = 3/4: nearly orthogonal, nearly shortest.
package func lenstraReduced(_ basis: Matrix3) -> Matrix3 {
  var b = basis
  var k = 1
  // Termination is certain in exact arithmetic; the bound is for entries that are not finite.
  for _ in 0..<1000 {
    for j in stride(from: k - 1, through: 0, by: -1) {
      let (orthogonal, norms) = gramSchmidt(b)
      let q = (b[k].dot(orthogonal[j]) / norms[j]).rounded()
      if q != 0 { b[k] -= q * b[j] }
    }
    let (orthogonal, norms) = gramSchmidt(b)
    let mu = b[k].dot(orthogonal[k - 1]) / norms[k - 1]
    if norms[k] >= (0.75 - mu * mu) * norms[k - 1] {
      k += 1
      if k == 3 { break }
    } else {
      let row = b[k]
      b[k] = b[k - 1]
      b[k - 1] = row
      k = max(k - 1, 1)
    }
  }
  return b
}

private func gramSchmidt(_ b: Matrix3) -> (rows: Matrix3, norms: Vector3) {
  let first = b[0]
  let second = b[1] - b[1].dot(first) / first.dot(first) * first
  var third = b[2] - b[2].dot(first) / first.dot(first) * first
  third -= b[2].dot(second) / second.dot(second) * second
  return (
    Matrix3(first, second, third), Vector3(first.dot(first), second.dot(second), third.dot(third))
  )
}

/// The Niggli-reduced basis, right-handed.
///
/// The algorithm of Krivy and Gruber with the comparisons of Grosse-Kunstleve, Sauter and Adams (Acta Cryst. A 60, 1, 2004), which
/// stay stable where lengths tie. The tolerance is `1e-5 V^(1/3)`, the field's.
package func niggliReduced(_ basis: Matrix3) -> Matrix3 {
  let start = lenstraReduced(basis)
  let tolerance = 1e-5 * _cubeRoot(abs(start.determinant))
  var cell = NiggliCell(basis: start, tolerance: tolerance)
  for _ in 0..<100 where cell.isFinite {
    cell.order()
    if cell.isOutOfOrder { continue }
    cell.chooseSigns()
    if !cell.shorten() { break }
  }
  let b = cell.basis
  return b.determinant < 0 ? Matrix3(-b[0], -b[1], -b[2]) : b
}

/// The six Niggli parameters of a basis and the steps that reduce them.
private struct NiggliCell {
  var basis: Matrix3
  let tolerance: Double

  // The names of the paper: A, B, C squared lengths; xi, eta, zeta twice the scalar products.
  var A: Double { basis[0].dot(basis[0]) }
  var B: Double { basis[1].dot(basis[1]) }
  var C: Double { basis[2].dot(basis[2]) }
  var xi: Double { 2 * basis[1].dot(basis[2]) }
  var eta: Double { 2 * basis[0].dot(basis[2]) }
  var zeta: Double { 2 * basis[0].dot(basis[1]) }

  var isFinite: Bool { (A + B + C).isFinite }

  func isLess(_ x: Double, _ y: Double) -> Bool { x < y - tolerance }
  func isEqual(_ x: Double, _ y: Double) -> Bool { abs(x - y) < tolerance }

  /// Steps 1 and 2: a before b before c; may need another round.
  mutating func order() {
    if isLess(B, A) || (isEqual(A, B) && isLess(abs(eta), abs(xi))) {
      basis = Matrix3(-basis[1], -basis[0], -basis[2])
    }
    if isOutOfOrder { basis = Matrix3(-basis[0], -basis[2], -basis[1]) }
    // A swap of b and c can leave b before a; the caller asks again.
  }

  var isOutOfOrder: Bool {
    isLess(C, B) || (isEqual(B, C) && isLess(abs(zeta), abs(eta)))
      || isLess(B, A) || (isEqual(A, B) && isLess(abs(eta), abs(xi)))
  }

  private func sign(_ x: Double) -> Int { abs(x) < tolerance ? 0 : x < 0 ? -1 : 1 }

  /// Steps 3 and 4: all angles acute, or none.
  mutating func chooseSigns() {
    let (l, m, n) = (sign(xi), sign(eta), sign(zeta))
    var (i, j, k) = (1.0, 1.0, 1.0)
    if l * m * n == 1 {
      if l == -1 { i = -1 }
      if m == -1 { j = -1 }
      if n == -1 { k = -1 }
    } else {
      if l == 1 { i = -1 }
      if m == 1 { j = -1 }
      if n == 1 { k = -1 }
      // The product of the three signs must stay +1: turn one whose angle is right.
      if i * j * k < 0 {
        if n == 0 { k = -1 } else if m == 0 { j = -1 } else if l == 0 { i = -1 }
      }
    }
    basis = Matrix3(i * basis[0], j * basis[1], k * basis[2])
  }

  /// Steps 5 to 8: takes one vector off another where that shortens; false when nothing is left to do.
  mutating func shorten() -> Bool {
    if isLess(B, abs(xi)) || (isEqual(xi, B) && isLess(2 * eta, zeta))
      || (isEqual(xi, -B) && isLess(zeta, 0))
    {
      basis[2] -= (xi < 0 ? -1 : 1) * basis[1]
    } else if isLess(A, abs(eta)) || (isEqual(eta, A) && isLess(2 * xi, zeta))
      || (isEqual(eta, -A) && isLess(zeta, 0))
    {
      basis[2] -= (eta < 0 ? -1 : 1) * basis[0]
    } else if isLess(A, abs(zeta)) || (isEqual(zeta, A) && isLess(2 * xi, eta))
      || (isEqual(zeta, -A) && isLess(eta, 0))
    {
      basis[1] -= (zeta < 0 ? -1 : 1) * basis[0]
    } else {
      let sum = xi + eta + zeta + A + B
      guard isLess(sum, 0) || (isEqual(sum, 0) && isLess(0, 2 * (A + eta) + zeta)) else {
        return false
      }
      basis[2] += basis[0] + basis[1]
    }
    return true
  }
}
