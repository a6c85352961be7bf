public import Crystals

/// A crystal in its primitive Niggli-reduced cell, ready to be compared with many others.
public struct ReducedCrystal: Sendable {
  /// Rows a, b, c of the Niggli-reduced primitive cell in angstrom.
  let basis: Matrix3
  /// (N) fractional coordinates, the atoms of one element in a row.
  let points: [Vector3]
  /// Elements in rising order of their atomic numbers, and where their atoms stand in `points`.
  let groups: [(atomicNumber: UInt8, range: Range<Int>)]
  /// Index in `points` of the atom that translations are measured from: the first of the rarest element.
  let reference: Int
  /// Index in `groups` of that atom's element.
  let referenceGroup: Int

  /// Number of atoms in the primitive cell.
  public var count: Int { points.count }

  /// What two crystals must share to match at all: elements and their numbers in the primitive cell.
  public var key: Key {
    Key(
      atomicNumbers: groups.map(\.atomicNumber), counts: groups.map { Int32($0.range.count) })
  }

  /// Elements and numbers of atoms in the primitive cell.
  public struct Key: Hashable, Sendable {
    let atomicNumbers: [UInt8]
    let counts: [Int32]
  }

  /// Reduces a crystal; nil where its cell is unusable, it has no atoms or its coordinates are not finite.
  ///
  /// - Parameter tolerance: how far an atom may be from a translated copy in a smaller cell, in angstrom along each axis.
  public init?(_ crystal: Crystal, tolerance: Double = 0.25) {
    guard crystal.count > 0, crystal.lattice.isUsable,
      crystal.fractionalCoordinates.allSatisfy({ $0.sum().isFinite })
    else { return nil }
    var cell = AtomCell(
      basis: crystal.lattice.vectors, atomicNumbers: crystal.atomicNumbers,
      points: crystal.fractionalCoordinates)
    cell.reduceBasis()
    var isSmaller = false
    while let smaller = cell.primitiveStep(tolerance: tolerance) {
      cell = smaller
      isSmaller = true
    }
    if isSmaller { cell.reduceBasis() }
    self.init(cell)
  }

  private init(_ cell: AtomCell) {
    basis = cell.basis
    var ranges: [(atomicNumber: UInt8, range: Range<Int>)] = []
    var grouped: [Vector3] = []
    var place = [Int](repeating: 0, count: cell.points.count)
    for z in Set(cell.atomicNumbers).sorted() {
      let start = grouped.count
      for i in cell.points.indices where cell.atomicNumbers[i] == z {
        place[i] = grouped.count
        grouped.append(cell.points[i])
      }
      ranges.append((z, start..<grouped.count))
    }
    points = grouped
    groups = ranges
    let fewest = ranges.map(\.range.count).min() ?? 0
    let rare = Set(ranges.filter { $0.range.count == fewest }.map(\.atomicNumber))
    let first = cell.atomicNumbers.firstIndex { rare.contains($0) } ?? 0
    reference = place[first]
    referenceGroup = ranges.firstIndex { $0.atomicNumber == cell.atomicNumbers[first] } ?? 0
  }
}

/// A basis and the atoms in it, while it is being reduced.
private struct AtomCell {
  var basis: Matrix3
  var atomicNumbers: [UInt8]
  var points: [Vector3]

  /// Niggli-reduces the basis.
  mutating func reduceBasis() {
    let reduced = niggliReduced(basis)
    let change = basis * reduced.inverse
    basis = reduced
    points = points.map { ($0 * change).wrapped }
  }

  /// A cell with fewer atoms that describes the crystal within a tolerance, its atoms averaged; nil where there is none.
  ///
  /// The smallest divisor of the numbers of atoms comes first, as in pymatgen's `get_primitive_structure`, whose semantics the field's
  /// numbers carry; the caller repeats until nothing is found.
  func primitiveStep(tolerance: Double) -> AtomCell? {
    let groups = elementGroups()
    let units = groups.reduce(0) { greatestCommonDivisor($0, $1.count) }
    guard units > 1 else { return nil }
    let lengths = Vector3(basis[0].length, basis[1].length, basis[2].length)
    let allowed = Vector3(repeating: tolerance) / lengths
    let translations = approximateTranslations(groups, within: 2 * allowed)
    // A fraction of the cell is at least 1/units away from a whole one.
    if translations.count == 1 && allowed.max() < 1 / Double(units) { return nil }

    for size in 2...units where units.isMultiple(of: size) {
      for matrix in hermiteForms(determinant: size) {
        let inverse = matrix.inverse
        let isTranslation = (0..<3).allSatisfy { k in
          translations.contains { isWithin(inverse[k] - $0, allowed) }
        }
        guard isTranslation else { continue }
        if let cell = folded(
          by: matrix, size: size, groups: groups, allowed: allowed, tolerance: tolerance)
        {
          return cell
        }
      }
    }
    return nil
  }

  /// Indices of the atoms of each element, in the alphabetical order of the symbols.
  private func elementGroups() -> [[Int]] {
    let elements = Set(atomicNumbers).sorted {
      Element.symbol(Int($0)) < Element.symbol(Int($1))
    }
    return elements.map { z in points.indices.filter { atomicNumbers[$0] == z } }
  }

  /// Vectors between atoms of the rarest element that take every atom near one of its kind.
  private func approximateTranslations(_ groups: [[Int]], within limit: Vector3) -> [Vector3] {
    guard let rarest = groups.min(by: { $0.count < $1.count }) else { return [] }
    var found = rarest.map { points[$0] - points[rarest[0]] }
    for group in groups.sorted(by: { $0.count < $1.count }) {
      for i in group {
        if found.count == 1 { return found }
        found = found.filter { v in
          group.contains { isWithin(v - (points[$0] - points[i]), limit) }
        }
      }
    }
    return found
  }

  /// The cell `matrix^-1 basis` with atoms that fall together averaged; nil unless every atom falls together with `size - 1` others.
  private func folded(
    by matrix: Matrix3, size: Int, groups: [[Int]], allowed: Vector3, tolerance: Double
  ) -> AtomCell? {
    let small = matrix.inverse * basis
    let lengths = Vector3(small[0].length, small[1].length, small[2].length)
    let limit = Vector3(repeating: tolerance) / lengths
    var numbers: [UInt8] = []
    var averaged: [Vector3] = []
    for group in groups {
      let images = group.map { points[$0] * matrix }
      let mates = group.indices.map { i in
        group.indices.filter { j in
          // Atoms that are neighbors already in the large cell must not merge.
          isWithin(images[i] - images[j], limit)
            && (i == j || !isWithinOrOn(points[group[i]] - points[group[j]], 2 * allowed))
        }
      }
      guard mates.allSatisfy({ $0.count == size }) else { return nil }
      for list in mates {
        guard list.allSatisfy({ mates[$0] == list }) else { return nil }
      }
      for i in group.indices where mates[i][0] == i {
        var mean = images[i].wrapped
        for (k, j) in mates[i].dropFirst().enumerated() {
          let offset = images[j] - mean
          mean += (offset - offset.rounded(.toNearestOrEven)) / Double(k + 2)
        }
        averaged.append(mean)
        numbers.append(atomicNumbers[group[i]])
      }
    }
    return AtomCell(basis: small, atomicNumbers: numbers, points: averaged)
  }
}

/// Whether a difference of fractional coordinates is below a limit on every axis, up to lattice vectors.
private func isWithin(_ difference: Vector3, _ limit: Vector3) -> Bool {
  let d = difference - difference.rounded(.toNearestOrEven)
  return abs(d.x) < limit.x && abs(d.y) < limit.y && abs(d.z) < limit.z
}

private func isWithinOrOn(_ difference: Vector3, _ limit: Vector3) -> Bool {
  let d = difference - difference.rounded(.toNearestOrEven)
  return abs(d.x) <= limit.x && abs(d.y) <= limit.y && abs(d.z) <= limit.z
}

/// Upper triangular matrices, one for every sublattice of an index.
private func hermiteForms(determinant: Int) -> [Matrix3] {
  var forms: [Matrix3] = []
  for a in 1...determinant where determinant.isMultiple(of: a) {
    for e in 1...(determinant / a) where (determinant / a).isMultiple(of: e) {
      let g = determinant / a / e
      for b in 0..<a {
        for c in 0..<a {
          for f in 0..<e {
            forms.append(
              Matrix3(
                Vector3(Double(a), Double(b), Double(c)), Vector3(0, Double(e), Double(f)),
                Vector3(0, 0, Double(g))))
          }
        }
      }
    }
  }
  return forms
}
