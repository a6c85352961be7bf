import Crystals

/// The edges of each centre by rising length, for finding the edge with a given vector.
struct EdgeShells: Sendable {
  /// Edge indices, centre by centre, each centre's by length.
  private let order: [Int]
  private let lengths: [Double]
  private let offsets: [Int]
  private let centers: [Int32]

  init(_ list: NeighborList) {
    var order = [Int](0..<list.count)
    var centers = [Int32](repeating: 0, count: list.count)
    for c in list.centers.indices {
      let range = list.edges(ofCenter: c)
      for e in range { centers[e] = Int32(c) }
      order[range].sort { (list.distances[$0], $0) < (list.distances[$1], $1) }
    }
    self.order = order
    self.centers = centers
    lengths = order.map { list.distances[$0] }
    offsets = list.offsets
  }

  func center(of edge: Int) -> Int { Int(centers[edge]) }

  func edges(ofCenter center: Int) -> ArraySlice<Int> { order[offsets[center]..<offsets[center + 1]] }

  /// The edge of a centre with a vector, nil where none comes within 0.003 angstrom.
  func find(_ vector: Vector3, center: Int, list: NeighborList) -> Int? {
    let length = vector.length
    var low = offsets[center]
    var high = offsets[center + 1]
    let end = high
    while low < high {
      let middle = (low + high) / 2
      if lengths[middle] < length - 3e-3 { low = middle + 1 } else { high = middle }
    }
    while low < end, lengths[low] <= length + 3e-3 {
      let d = list.vectors[order[low]] - vector
      if d.dot(d) < 9e-6 { return order[low] }
      low += 1
    }
    return nil
  }
}

/// Directed edges of representatives, sorted into classes that the stabilisers of their centres make.
///
/// An image that is not found lies beyond the cut-off by a rounding error, where everything smooth is zero; its class is one smaller.
struct EdgeClasses: Sendable {
  /// (classes) one edge of each, by centre and rising length.
  private(set) var members: [Int] = []
  /// (classes) edges of one centre in each.
  private(set) var sizes: [Int] = []
  /// (E)
  private(set) var classOf: [Int]
  /// (classes) the class of the edge seen from its other end; its own where both ends are alike, -1 where it is not found.
  private(set) var reverse: [Int32] = []

  init(_ shells: inout EdgeShells, symmetry: CrystalSymmetry, list: NeighborList) {
    classOf = [Int](repeating: -1, count: list.count)
    for center in list.centers.indices {
      for edge in shells.edges(ofCenter: center) where classOf[edge] < 0 {
        classOf[edge] = members.count
        var size = 1
        if symmetry.stabilisers[center].count > 1 {
          for rotation in symmetry.stabilisers[center] {
            let image = shells.find(rotation * list.vectors[edge], center: center, list: list)
            if let image, classOf[image] < 0 {
              classOf[image] = members.count
              size += 1
            }
          }
        }
        members.append(edge)
        sizes.append(size)
      }
    }
    reverse = members.map { edge in
      let image = symmetry.images[Int(list.neighbors[edge])]
      // Seen from the representative of the other end: the way back, turned by the inverse of what made that end.
      let back = -list.vectors[edge] * image.rotation
      let found = shells.find(back, center: image.orbit, list: list)
      return found.map { Int32(classOf[$0]) } ?? -1
    }
  }

  /// Rotations of the centre's stabiliser that leave an edge where it is; none where there is nothing but the identity.
  func stabiliser(
    of edge: Int, center: Int, shells: EdgeShells, symmetry: CrystalSymmetry, list: NeighborList
  ) -> [Matrix3] {
    guard symmetry.stabilisers[center].count > 1 else { return [] }
    return symmetry.stabilisers[center].filter {
      let d = $0 * list.vectors[edge] - list.vectors[edge]
      return d.dot(d) < 9e-6
    }
  }
}
