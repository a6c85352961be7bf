public import Crystals

/// The neighbours of atoms in a periodic crystal: all atoms and periodic images nearer than a cut-off, the atom itself excluded.
///
/// Exact for any cell. The cell is cut into bins along its axes, none thicker than it must be; a point within the cut-off lies at
/// most `ceil(cutoff / thickness)` bins away along each axis, thickness measured between the planes, so that needles and cells
/// much smaller than the cut-off (many images of each atom) need no special case. Work grows with the number of atoms.
public struct NeighborList: Sendable {
  /// Atoms whose neighbours are listed.
  public let centers: [Int]
  /// (centers + 1) where the neighbours of each centre start.
  public private(set) var offsets: [Int]
  /// (E) the neighbour's index in the cell.
  public private(set) var neighbors: [Int32]
  /// (E) lattice translation of the neighbour: it lies at `fractional[neighbor] + image`.
  public private(set) var images: [SIMD3<Int32>]
  /// (E) from the centre to the neighbour, angstrom.
  public private(set) var vectors: [Vector3]
  /// (E) its length, angstrom.
  public private(set) var distances: [Double]

  /// Number of directed edges.
  public var count: Int { neighbors.count }

  /// The edges of one centre, by its place in `centers`.
  public func edges(ofCenter index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }

  /// Ten times what close packing at 2.2 angstrom has within 6 angstrom.
  public static let mostNeighbors = 2000

  /// - Parameters:
  ///   - crystal: any cell, coordinates wrapped or not.
  ///   - cutoff: in angstrom; a neighbour is strictly nearer.
  ///   - centers: atoms to list the neighbours of; all where nil.
  ///   - most: cells where an atom would have about as many neighbours or more are refused.
  /// - Throws: `EvaluationFailure` where there are no atoms, the cell cannot be used, or it is too small for its atoms.
  public init(
    _ crystal: Crystal, cutoff: Double, centers: [Int]? = nil, most: Int = mostNeighbors
  ) throws(EvaluationFailure) {
    precondition(cutoff > 0)
    guard crystal.count > 0 else { throw .noAtoms }
    guard crystal.lattice.isUsable,
      crystal.fractionalCoordinates.allSatisfy({ $0.min() > -1e6 && $0.max() < 1e6 && $0.sum().isFinite })
    else { throw .unusableCell }
    let expected = Self.expected(crystal, cutoff)
    guard expected < Double(most) else { throw .tooDense(neighbors: Int(min(expected, 1e9))) }
    if Self.cellsAround(crystal.lattice, cutoff) > Self.mostCells {
      try self.init(ofNeedle: crystal, cutoff: cutoff, centers: centers, most: most)
    } else {
      try self.init(ofOrdinary: crystal, cutoff: cutoff, centers: centers, most: most)
    }
  }

  private init(ofOrdinary crystal: Crystal, cutoff: Double, centers: [Int]?, most: Int) throws(EvaluationFailure) {
    let expected = Self.expected(crystal, cutoff)
    self.centers = centers ?? Array(0..<crystal.count)
    offsets = [0]
    neighbors = []
    images = []
    vectors = []
    distances = []
    let bins = Bins(crystal, cutoff: cutoff)
    let estimate = Int(expected * 1.1) * self.centers.count
    neighbors.reserveCapacity(estimate)
    images.reserveCapacity(estimate)
    vectors.reserveCapacity(estimate)
    distances.reserveCapacity(estimate)
    for center in self.centers {
      append(neighborsOf: center, in: bins, cutoff: cutoff)
      offsets.append(neighbors.count)
    }
  }

  /// Neighbours of an atom where atoms are spread evenly.
  private static func expected(_ crystal: Crystal, _ cutoff: Double) -> Double {
    4.19 * cutoff * cutoff * cutoff * Double(crystal.count) / crystal.lattice.volume
  }

  /// Cells that are looked at around one; an ordinary cell has a thousand at most.
  private static let mostCells = 100_000.0

  private static func cellsAround(_ lattice: Lattice, _ cutoff: Double) -> Double {
    let reciprocal = lattice.reciprocal
    return (0..<3).reduce(1) { $0 * (2 * (cutoff * reciprocal[$1].length).rounded(.up) + 1) }
  }

  /// The same for a cell so oblique that a short way crosses thousands of its images: done in the reduced cell.
  private init(ofNeedle crystal: Crystal, cutoff: Double, centers: [Int]?, most: Int) throws(EvaluationFailure) {
    let (reduced, change) = crystal.lattice.reduced()
    guard reduced.isUsable, Self.cellsAround(reduced, cutoff) <= Self.mostCells else { throw .unusableCell }
    let back = change.inverse
    let inside = crystal.fractionalCoordinates.map { ($0.wrapped * back).wrapped }
    self = try NeighborList(
      Crystal(lattice: reduced, atomicNumbers: crystal.atomicNumbers, fractionalCoordinates: inside), cutoff: cutoff,
      centers: centers, most: most)
    let inverse = crystal.lattice.vectors.inverse
    let x = crystal.fractionalCoordinates
    for (index, center) in self.centers.enumerated() {
      for edge in edges(ofCenter: index) {
        let n = (vectors[edge] * inverse + x[center] - x[Int(neighbors[edge])]).rounded(.toNearestOrEven)
        guard n.max() < 1e9, n.min() > -1e9 else { throw .unusableCell }
        images[edge] = SIMD3<Int32>(Int32(n.x), Int32(n.y), Int32(n.z))
      }
    }
  }

  private mutating func append(neighborsOf center: Int, in bins: Bins, cutoff: Double) {
    let limit = cutoff * cutoff
    let origin = bins.wrapped[center]
    let home = bins.bin(of: origin)
    for i in -bins.reach.x...bins.reach.x {
      let (bi, ni) = Bins.fold(home.x + i, bins.shape.x)
      for j in -bins.reach.y...bins.reach.y {
        let (bj, nj) = Bins.fold(home.y + j, bins.shape.y)
        for k in -bins.reach.z...bins.reach.z {
          let (bk, nk) = Bins.fold(home.z + k, bins.shape.z)
          let translation = Vector3(Double(ni), Double(nj), Double(nk)) - origin
          let bin = (bi * bins.shape.y + bj) * bins.shape.z + bk
          for slot in bins.starts[bin]..<bins.starts[bin + 1] {
            let atom = Int(bins.atoms[slot])
            let vector = (bins.wrapped[atom] + translation) * bins.vectors
            let squared = vector.dot(vector)
            guard squared < limit else { continue }
            if atom == center && ni == 0 && nj == 0 && nk == 0 { continue }
            neighbors.append(Int32(atom))
            images.append(
              SIMD3<Int32>(Int32(ni), Int32(nj), Int32(nk)) &- bins.shifts[atom] &+ bins.shifts[center])
            vectors.append(vector)
            distances.append(squared.squareRoot())
          }
        }
      }
    }
  }

  /// The shortest distance between two atoms, images included, where it is below a limit; nil otherwise.
  ///
  /// - Throws: `EvaluationFailure`, as `init`.
  public static func shortestDistance(
    _ crystal: Crystal, below limit: Double, centers: [Int]? = nil
  ) throws(EvaluationFailure) -> Double? {
    try NeighborList(crystal, cutoff: limit, centers: centers).distances.min()
  }
}

/// Atoms sorted into bins along the axes of the cell.
private struct Bins {
  let vectors: Matrix3
  /// (A) fractional coordinates in 0..<1.
  let wrapped: [Vector3]
  /// (A) what wrapping took away: `fractional = wrapped + shift`.
  let shifts: [SIMD3<Int32>]
  /// Bins along each axis.
  let shape: SIMD3<Int>
  /// Bins to look at in each direction.
  let reach: SIMD3<Int>
  /// (bins + 1) where each bin starts in `atoms`.
  let starts: [Int]
  let atoms: [Int32]

  init(_ crystal: Crystal, cutoff: Double) {
    vectors = crystal.lattice.vectors
    wrapped = crystal.fractionalCoordinates.map(\.wrapped)
    shifts = zip(crystal.fractionalCoordinates, wrapped).map {
      let s = ($0 - $1).rounded(.toNearestOrEven)
      return SIMD3<Int32>(Int32(s.x), Int32(s.y), Int32(s.z))
    }
    let reciprocal = crystal.lattice.reciprocal
    var shape = SIMD3<Int>(1, 1, 1)
    var reach = shape
    for axis in 0..<3 {
      let height = 1 / reciprocal[axis].length
      // Few atoms are searched faster in one bin; a bin of the cut-off's size keeps big cells linear.
      shape[axis] = crystal.count < 32 ? 1 : max(1, min(Int(height / cutoff), 64))
      reach[axis] = Int((cutoff * Double(shape[axis]) / height).rounded(.up))
    }
    self.shape = shape
    self.reach = reach
    let wrapped = self.wrapped
    let indices = wrapped.map { x in
      let b = Self.bin(of: x, shape: shape)
      return (b.x * shape.y + b.y) * shape.z + b.z
    }
    var starts = [Int](repeating: 0, count: shape.x * shape.y * shape.z + 1)
    for b in indices { starts[b + 1] += 1 }
    for b in 1..<starts.count { starts[b] += starts[b - 1] }
    var cursor = starts
    var atoms = [Int32](repeating: 0, count: wrapped.count)
    for (atom, b) in indices.enumerated() {
      atoms[cursor[b]] = Int32(atom)
      cursor[b] += 1
    }
    self.starts = starts
    self.atoms = atoms
  }

  func bin(of x: Vector3) -> SIMD3<Int> { Self.bin(of: x, shape: shape) }

  private static func bin(of x: Vector3, shape: SIMD3<Int>) -> SIMD3<Int> {
    func index(_ f: Double, _ n: Int) -> Int { min(n - 1, Int(f * Double(n))) }
    return SIMD3(index(x.x, shape.x), index(x.y, shape.y), index(x.z, shape.z))
  }

  /// A bin index that may lie outside the cell, as the bin inside and the cell it came from.
  @inline(__always) static func fold(_ index: Int, _ count: Int) -> (bin: Int, cell: Int) {
    if count == 1 { return (0, index) }
    var cell = index / count
    if index < cell * count { cell -= 1 }
    return (index - cell * count, cell)
  }
}
