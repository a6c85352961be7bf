/// Finds the atom of an element at a point of a crystal, modulo the lattice, in time that does not grow with the crystal.
///
/// Atoms are sorted by element and by the box of the cell they lie in; only boxes within the tolerance are looked at. In small
/// cells there is one box, and the index is a plain list by element. The lattice should be reduced.
struct AtomIndex {
  /// (A) wrapped into the cell.
  let positions: [Vector3]
  /// (A) elements numbered by how many atoms they have: species 0 is the rarest.
  let species: [Int]
  /// (A) all atoms, those of species 0 first.
  let order: [Int]
  /// Atoms of species 0.
  let rarest: ArraySlice<Int>
  private let metric: Matrix3
  private let tolerance: Double
  private let boxes: Int
  /// The tolerance along each axis in fractional coordinates.
  private let reach: Vector3
  /// Atoms of (species, box) are `sorted[start[key]..<start[key + 1]]`.
  private let sorted: [Int]
  private let start: [Int]

  init(_ lattice: Lattice, _ atomicNumbers: [UInt8], _ fractionalCoordinates: [Vector3], tolerance: Double) {
    let points = fractionalCoordinates.map(\.wrapped)
    positions = points
    metric = lattice.metric
    self.tolerance = tolerance
    let reciprocal = lattice.reciprocal
    let reach = tolerance * Vector3(reciprocal[0].length, reciprocal[1].length, reciprocal[2].length)
    self.reach = reach
    var counts = [Int](repeating: 0, count: 256)
    var elements: [Int] = []
    for z in atomicNumbers {
      if counts[Int(z)] == 0 { elements.append(Int(z)) }
      counts[Int(z)] += 1
    }
    // Stable: of elements as rare the one that comes first, as spglib takes it.
    elements.sort { counts[$0] < counts[$1] }
    var speciesOf = [Int](repeating: 0, count: 256)
    for (s, z) in elements.enumerated() { speciesOf[z] = s }
    let species = atomicNumbers.map { speciesOf[Int($0)] }
    self.species = species
    var boxes = 1
    while (boxes + 1) * (boxes + 1) * (boxes + 1) * 8 <= atomicNumbers.count, Double(boxes + 1) * reach.max() < 0.5 {
      boxes += 1
    }
    self.boxes = boxes
    let keys = points.indices.map { Self.key(species[$0], Self.box(points[$0], boxes), boxes) }
    var start = [Int](repeating: 0, count: elements.count * boxes * boxes * boxes + 1)
    for key in keys { start[key + 1] += 1 }
    for k in 1..<start.count { start[k] += start[k - 1] }
    var next = start
    var sorted = [Int](repeating: 0, count: keys.count)
    for (i, key) in keys.enumerated() {
      sorted[next[key]] = i
      next[key] += 1
    }
    (self.start, self.sorted) = (start, sorted)
    let order = species.indices.sorted { (species[$0], $0) < (species[$1], $1) }
    self.order = order
    rarest = order.prefix(elements.first.map { counts[$0] } ?? 0)
  }

  private static func box(_ x: Vector3, _ boxes: Int) -> SIMD3<Int> {
    let scaled = x * Double(boxes)
    return SIMD3(min(Int(scaled.x), boxes - 1), min(Int(scaled.y), boxes - 1), min(Int(scaled.z), boxes - 1))
  }

  private static func key(_ species: Int, _ box: SIMD3<Int>, _ boxes: Int) -> Int {
    ((species * boxes + box.x) * boxes + box.y) * boxes + box.z
  }

  /// Whether two atoms of an element are nearer to each other than the tolerance.
  var hasOverlap: Bool {
    positions.indices.contains { atom(at: positions[$0], species: species[$0], otherThan: $0) != nil }
  }

  /// The nearest atom of a species within the tolerance of a point; nil where there is none.
  func atom(at point: Vector3, species: Int, otherThan excluded: Int? = nil) -> Int? {
    var best: Int?
    var shortest = tolerance * tolerance
    func look(_ key: Int) {
      for k in start[key]..<start[key + 1] {
        let i = sorted[k]
        if i == excluded { continue }
        var d = positions[i] - point
        d -= d.rounded(.toNearestOrEven)
        let squared = d.dot(metric * d)
        if squared < shortest { (best, shortest) = (i, squared) }
      }
    }
    if boxes == 1 {
      look(species)
      return best
    }
    let low = ((point - reach) * Double(boxes)).rounded(.down)
    let high = ((point + reach) * Double(boxes)).rounded(.down)
    for a in Int(low.x)...min(Int(high.x), Int(low.x) + boxes - 1) {
      for b in Int(low.y)...min(Int(high.y), Int(low.y) + boxes - 1) {
        for c in Int(low.z)...min(Int(high.z), Int(low.z) + boxes - 1) {
          let box = SIMD3(positiveRemainder(a, boxes), positiveRemainder(b, boxes), positiveRemainder(c, boxes))
          look(Self.key(species, box, boxes))
        }
      }
    }
    return best
  }

  /// The permutation that an operation makes of the atoms, `x_p[i] = R x_i + t`; nil where an atom has no partner.
  func permutation(_ rotation: Matrix3, _ translation: Vector3) -> [Int]? {
    var result = [Int](repeating: -1, count: positions.count)
    var taken = [Bool](repeating: false, count: positions.count)
    for i in order {
      guard let j = atom(at: rotation * positions[i] + translation, species: species[i]), !taken[j] else { return nil }
      taken[j] = true
      result[i] = j
    }
    return result
  }
}
