/// Equivalent choices of the origin: the translations of a space group's Euclidean normaliser (International Tables A, chapter 3.5).
extension SpaceGroup {
  /// Translations after which the operations are the same set, zero first, one of those that differ by a centring.
  ///
  /// Components are multiples of a quarter or a third. That is all of them, but along the axes of polar groups, where any shift would do.
  public var originShifts: [Vector3] {
    let n = SymmetryOperation.denominator
    let steps = (0..<n).filter { $0 % (n / 4) == 0 || $0 % (n / 3) == 0 }
    let own = Set(operations)
    let centrings = operations.filter { $0.rotation == [1, 0, 0, 0, 1, 0, 0, 0, 1] }.map(\.translation)
    var seen: Set<[Int]> = []
    var shifts: [Vector3] = []
    for x in steps {
      for y in steps {
        for z in steps where !seen.contains([x, y, z]) {
          let t = [x, y, z]
          let isKept = operations.allSatisfy { g in
            let turned = multiply(g.rotation, vector: t)
            let moved = (0..<3).map { g.translation[$0] + t[$0] - turned[$0] }
            return own.contains(SymmetryOperation(rotation: g.rotation, translation: moved))
          }
          guard isKept else { continue }
          for c in centrings { seen.insert((0..<3).map { positiveRemainder(t[$0] + c[$0], n) }) }
          shifts.append(Vector3(Double(x), Double(y), Double(z)) / Double(n))
        }
      }
    }
    return shifts
  }
}

extension AsymmetricUnit {
  /// The same crystal from another origin, `x' = x + shift`, with the representatives that `standardize` would choose.
  ///
  /// - Parameter shift: one of `SpaceGroup.originShifts`.
  /// - Returns: nil where a site is on no Wyckoff position.
  public func shifted(by shift: Vector3) -> AsymmetricUnit? {
    let group = SpaceGroup.numbered(spaceGroup)
    let metric = latticeLogMetric.lattice.metric
    var unit = self
    for i in sites.indices {
      guard let site = group.site(sites[i].atomicNumber, at: (sites[i].position + shift).wrapped, metric: metric) else {
        return nil
      }
      unit.sites[i] = site
    }
    return unit
  }
}
