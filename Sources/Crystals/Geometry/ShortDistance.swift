extension Crystal {
  /// Two atoms that are too near to each other to be two atoms.
  struct ShortDistance {
    /// Indices of the atoms; the same twice where an atom is too near to its own image.
    var atoms: (Int, Int)
    /// In angstrom.
    var distance: Double
    /// The distance over the sum of the covalent radii.
    var share: Double
  }

  /// The first pair of atoms nearer than a share of the sum of their covalent radii; nil where there is none.
  ///
  /// Of every orbit only the first atom is measured from: the others see the same.
  ///
  /// - Parameter smallest: a smaller sum of radii counts as this, in angstrom.
  func shortDistance(below share: Double, smallest: Double = 0) -> ShortDistance? {
    guard share > 0 else { return nil }
    let distance = PeriodicDistance(lattice)
    let radii = atomicNumbers.map { Element.covalentRadius(Int($0)) }
    func sum(_ i: Int, _ k: Int) -> Double { max(radii[i] + radii[k], smallest) }
    let largest = radii.max() ?? 0
    let shortest = distance(from: .zero, to: .zero, isItself: true)
    if let i = radii.indices.first(where: { shortest < share * sum($0, $0) }) {
      return ShortDistance(atoms: (i, i), distance: shortest, share: shortest / sum(i, i))
    }
    let positions = distance.reducedPositions(fractionalCoordinates)
    var lastOrbit: Int32 = -1
    for i in positions.indices {
      guard orbit[i] != lastOrbit else { continue }
      lastOrbit = orbit[i]
      let reach = share * max(radii[i] + largest, smallest)
      for k in positions.indices where k != i {
        guard let d = distance.within(reach, positions[i], positions[k]), d < share * sum(i, k) else { continue }
        return ShortDistance(atoms: (min(i, k), max(i, k)), distance: d, share: d / sum(i, k))
      }
    }
    return nil
  }

  /// Refuses a crystal with atoms too near to each other.
  ///
  /// - Parameter names: what each atom is called, for the message.
  func checkDistances(_ options: ReadingOptions, names: (Int) -> String) throws(Rejection) {
    // Two hydrogens are 0.74 angstrom apart, whatever their radius is: nothing is nearer than half an angstrom by default.
    guard let short = shortDistance(below: options.minimumDistance, smallest: 1.25) else { return }
    let (i, k) = short.atoms
    let numbers = "\(Self.hundredths(short.distance)) angstrom apart, \(Self.hundredths(short.share)) of the sum of their radii"
    let limit = "less than --minimum-distance \(options.minimumDistance)"
    if i != k, orbit[i] != orbit[k], atomicNumbers[i] == atomicNumbers[k], short.distance < 1 {
      throw Rejection("split_site", "\(names(i)) and \(names(k)) are \(numbers), \(limit): one atom split over two sites")
    }
    throw Rejection("short_distance", "\(names(i)) and \(i == k ? "its image" : names(k)) are \(numbers), \(limit)")
  }

  private static func hundredths(_ x: Double) -> String { PlainText.fixed(x, digits: 2) }
}

extension PeriodicDistance {
  /// Coordinates in the reduced basis.
  func reducedPositions(_ fractional: [Vector3]) -> [Vector3] { fractional.map { reducedCoordinates($0) } }

  /// The distance of two points of the reduced basis where it is below a reach, in angstrom; nil otherwise.
  func within(_ reach: Double, _ p: Vector3, _ q: Vector3) -> Double? {
    var f = q - p
    f -= f.rounded(.toNearestOrEven)
    // Planes of the lattice are this far apart: no image is nearer than the point's distance to its own.
    if (f * spacings).max() >= reach || (f * spacings).min() <= -reach { return nil }
    let d = length(reduced: f)
    return d < reach ? d : nil
  }
}
