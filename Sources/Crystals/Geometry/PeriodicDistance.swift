/// Shortest distances between points modulo a lattice: exact in any cell, needles and plates included.
///
/// In a Minkowski-reduced basis the nearest image of a point lies within one cell of the one that rounding gives (Nguyen and
/// Stehle, ACM Trans. Algorithms 5, 46, 2009), so 27 images are enough.
public struct PeriodicDistance: Sendable {
  private let reduced: Lattice
  /// Fractional coordinates of the given lattice, as a row, times this are those of the reduced one.
  private let toReduced: Matrix3
  private let toGiven: Matrix3
  /// Distances between the lattice planes that the reduced vectors span two by two, in angstrom.
  let spacings: Vector3
  /// Translations to the 27 cells around in angstrom, the shortest first: the zero one.
  private let images: [(vector: Vector3, length: Double)]

  /// Distances in a lattice that has a volume.
  public init(_ lattice: Lattice) {
    let (reduced, change) = lattice.reduced()
    self.reduced = reduced
    toReduced = change.inverse.rounded
    toGiven = lattice.vectors.inverse
    let reciprocal = reduced.reciprocal
    spacings = 1 / Vector3(reciprocal[0].length, reciprocal[1].length, reciprocal[2].length)
    var images: [(vector: Vector3, length: Double)] = []
    for i in -1...1 {
      for j in -1...1 {
        for k in -1...1 {
          let v = reduced.cartesian(Vector3(Double(i), Double(j), Double(k)))
          images.append((v, v.length))
        }
      }
    }
    self.images = images.sorted { $0.length < $1.length }
  }

  /// The shortest vector from p to an image of q, in angstrom.
  ///
  /// - Parameter isItself: whether q is p: then the shortest translation of the lattice.
  public func vector(from p: Vector3, to q: Vector3, isItself: Bool = false) -> Vector3 {
    var f = (q - p) * toReduced
    f -= f.rounded(.toNearestOrEven)
    let start = reduced.cartesian(f)
    if isItself { return images[1].vector }
    var best = start
    var shortest = start.length
    let reach = 2 * shortest
    for image in images.dropFirst() {
      // |start + image| is at least |image| - |start|.
      if image.length >= reach { break }
      let v = start + image.vector
      let length = v.length
      if length < shortest { (best, shortest) = (v, length) }
    }
    return best
  }

  /// The length of `vector(from:to:isItself:)`.
  public func callAsFunction(from p: Vector3, to q: Vector3, isItself: Bool = false) -> Double {
    vector(from: p, to: q, isItself: isItself).length
  }

  /// Coordinates in the reduced basis of a point of the given one.
  func reducedCoordinates(_ fractional: Vector3) -> Vector3 { fractional * toReduced }

  /// The length of the shortest vector of the lattice's that differ from one by a translation, in angstrom.
  ///
  /// - Parameter difference: in the reduced basis.
  func length(reduced difference: Vector3) -> Double {
    let start = reduced.cartesian(difference - difference.rounded(.toNearestOrEven))
    var shortest = start.length
    let reach = 2 * shortest
    for image in images.dropFirst() {
      if image.length >= reach { break }
      shortest = min(shortest, (start + image.vector).length)
    }
    return shortest
  }

  /// Fractional coordinates, in the given lattice, of a Cartesian vector in its orientation.
  func fractional(_ v: Vector3) -> Vector3 { v * toGiven }
}
