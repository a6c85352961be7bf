import Crystals

/// A crystal as MEGNet sees it, with atoms and edges that cannot differ in their features counted together.
///
/// An atom's features follow from its element and from the lengths and features of its edges; so atoms are sorted into classes until
/// those of one class have as many edges of each length to each class (colour refinement, Weisfeiler and Leman 1968). Atoms
/// of one orbit are always in one class, in any cell and with or without a space group known. Edges of the same
/// length between the same classes are one edge with a count.
struct MEGNetGraph: Sendable {
  /// (N) element of each class of atoms, and how many atoms are in it: of the cell, or of a primitive one (see `Neighborhoods`).
  private(set) var elements: [UInt8] = []
  private(set) var multiplicities: [Float] = []
  /// (E) classes that an edge goes from and to, by rising `centers`.
  private(set) var centers: [Int32] = []
  private(set) var neighbors: [Int32] = []
  /// (E) mean length, angstrom.
  private(set) var distances: [Float] = []
  /// (E) directed edges of that cell that it stands for.
  private(set) var counts: [Float] = []

  /// Directed edges of the cell.
  var edges: Float { counts.reduce(0, +) }
  /// Atoms of the cell.
  var atoms: Float { multiplicities.reduce(0, +) }

  /// One graph a cutoff; nil for one within which the crystal has no edge.
  ///
  /// - Parameters:
  ///   - cutoffs: in falling order, angstrom.
  ///   - isShared: whether atoms and edges that are equal are counted together; otherwise each stands alone.
  /// - Throws: `PredictionFailure` where the crystal is none that a network can answer for.
  static func graphs(
    of crystal: Crystal, cutoffs: [Double], isShared: Bool = true, _ workspace: inout Neighborhoods.Workspace
  ) throws(PredictionFailure) -> [MEGNetGraph?] {
    let all = try Neighborhoods(crystal, cutoffs: cutoffs, isShared: isShared, &workspace)
    let classes = isShared ? AtomClasses(all.elements, all) : AtomClasses(apart: crystal.count)
    return cutoffs.indices.map { place in
      let graph = MEGNetGraph(all, classes, least: UInt8(place + 1), isShared: isShared)
      return graph.centers.isEmpty ? nil : graph
    }
  }

  /// - Parameter least: of the memberships of edges that count.
  private init(_ all: Neighborhoods, _ classes: AtomClasses, least: UInt8, isShared: Bool) {
    multiplicities = [Float](repeating: 0, count: classes.count)
    elements = [UInt8](repeating: 0, count: classes.count)
    var table = ClassTable(room: all.distances.count)
    var sums: [Double] = []
    for atom in classes.order {
      let own = classes.of[atom]
      multiplicities[Int(own)] += 1
      elements[Int(own)] = all.elements[atom]
      for edge in all.offsets[atom]..<all.offsets[atom + 1] where all.memberships[edge] >= least {
        let other = classes.of[Int(all.neighbors[edge])]
        let key = isShared ? ClassTable.key(own, other, all.lengths[edge]) : UInt64(edge)
        let place = table.place(of: key, next: centers.count)
        if place == centers.count {
          centers.append(own)
          neighbors.append(other)
          counts.append(0)
          sums.append(0)
        }
        counts[place] += 1
        sums[place] += all.distances[edge]
      }
    }
    distances = zip(sums, counts).map { Float($0 / Double($1)) }
  }
}

/// Classes of atoms that no message passing can tell apart.
struct AtomClasses {
  /// (A) numbered from 0.
  private(set) var of: [Int32]
  private(set) var count: Int
  /// (A) atoms by rising class.
  private(set) var order: [Int]

  /// Every atom for itself.
  init(apart atoms: Int) {
    of = (0..<Int32(atoms)).map { $0 }
    order = Array(0..<atoms)
    count = atoms
  }

  init(_ elements: [UInt8], _ all: Neighborhoods) {
    of = [Int32](repeating: 0, count: elements.count)
    count = 0
    var keys = elements.map { UInt64($0) }
    while true {
      var numbers: [UInt64: Int32] = [:]
      for (atom, key) in keys.enumerated() {
        let next = Int32(numbers.count)
        let number = numbers[key] ?? next
        if number == next { numbers[key] = next }
        of[atom] = number
      }
      // Classes only ever split; where none did, none ever will.
      guard numbers.count > count else { break }
      count = numbers.count
      for atom in keys.indices {
        var sum: UInt64 = 0
        for edge in all.offsets[atom]..<all.offsets[atom + 1] {
          let length = UInt64(UInt32(bitPattern: all.lengths[edge])) << 8 | UInt64(all.memberships[edge])
          sum &+= Self.mixed(length << 24 ^ UInt64(UInt32(bitPattern: of[Int(all.neighbors[edge])])) &* 0x9E37_79B9_7F4A_7C15)
        }
        keys[atom] = Self.mixed(sum ^ UInt64(UInt32(bitPattern: of[atom])) &* 0xD6E8_FEB8_6659_FD93)
      }
    }
    var starts = [Int](repeating: 0, count: count + 1)
    for c in of { starts[Int(c) + 1] += 1 }
    for c in 0..<count { starts[c + 1] += starts[c] }
    order = [Int](repeating: 0, count: of.count)
    for (atom, c) in of.enumerated() {
      order[starts[Int(c)]] = atom
      starts[Int(c)] += 1
    }
  }

  /// The finaliser of SplitMix64: every bit depends on every other.
  static func mixed(_ x: UInt64) -> UInt64 {
    var z = x &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Finds numbers by keys: open addressing, for as many keys as there is room for.
private struct ClassTable {
  private var keys: [UInt64]
  private var places: [Int32]
  private let mask: Int

  init(room: Int) {
    var size = 16
    while size < 2 * room { size *= 2 }
    keys = [UInt64](repeating: 0, count: size)
    places = [Int32](repeating: -1, count: size)
    mask = size - 1
  }

  static func key(_ a: Int32, _ b: Int32, _ length: Int32) -> UInt64 {
    // No list has more classes of lengths than stretches of the tolerance's size, some 50,000.
    UInt64(UInt32(bitPattern: a)) << 44 ^ UInt64(UInt32(bitPattern: b)) << 24 ^ UInt64(UInt32(bitPattern: length))
  }

  /// The number of a key; `next` for a new one.
  mutating func place(of key: UInt64, next: Int) -> Int {
    var slot = Int(truncatingIfNeeded: AtomClasses.mixed(key)) & mask
    while places[slot] >= 0 {
      if keys[slot] == key { return Int(places[slot]) }
      slot = (slot + 1) & mask
    }
    keys[slot] = key
    places[slot] = Int32(next)
    return next
  }
}
