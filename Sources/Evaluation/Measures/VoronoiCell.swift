import Crystals
import Foundation

/// The Voronoi cell of an atom at the origin: what is nearer to it than to any neighbor.
///
/// A large box, cut by the plane half way to each neighbor in turn; neighbors farther than twice the farthest corner cut nothing.
struct VoronoiCell {
  /// A face: which neighbor it is shared with, and its corners in order around it.
  struct Face {
    /// Index of the neighbor; negative for a side of the initial box.
    let neighbor: Int
    var corners: [Vector3]
  }

  private(set) var faces: [Face]

  /// Whether neighbors enclose the atom.
  var isClosed: Bool { !faces.contains { $0.neighbor < 0 } }

  /// - Parameter neighbors: Cartesian vectors to the neighbors in angstrom, nearest first.
  init(neighbors: [Vector3]) {
    faces = Self.box(halfWidth: 1e4)
    var farthest = Double.infinity
    for (index, neighbor) in neighbors.enumerated() {
      let distance = neighbor.length
      if distance > 2 * farthest { break }
      guard cut(by: neighbor / distance, at: distance / 2, neighbor: index) else { continue }
      var square = 0.0
      for face in faces {
        for corner in face.corners { square = max(square, corner.dot(corner)) }
      }
      // Rounding must not end the search too early.
      farthest = square.squareRoot() * (1 + 1e-9)
    }
  }

  private static func box(halfWidth h: Double) -> [Face] {
    (0..<6).map { side in
      let axis = side / 2
      let (u, v) = ((axis + 1) % 3, (axis + 2) % 3)
      let corners = [(1.0, 1.0), (-1, 1), (-1, -1), (1, -1)].map { p, q in
        var corner = Vector3.zero
        corner[axis] = side % 2 == 0 ? h : -h
        corner[u] = p * h
        corner[v] = q * h
        return corner
      }
      return Face(neighbor: -1 - side, corners: corners)
    }
  }

  /// Takes off what lies beyond a plane; false where nothing does.
  private mutating func cut(by normal: Vector3, at height: Double, neighbor: Int) -> Bool {
    // Corners this near to the plane count as on it, so that touching planes make no slivers.
    let tolerance = 1e-9 * max(1, height)
    guard faces.contains(where: { $0.corners.contains { $0.dot(normal) - height > tolerance } })
    else { return false }
    var rim: [Vector3] = []
    func addToRim(_ point: Vector3) {
      if !rim.contains(where: { ($0 - point).length < 1e-8 }) { rim.append(point) }
    }
    var kept: [Face] = []
    for face in faces {
      var corners: [Vector3] = []
      let count = face.corners.count
      for i in 0..<count {
        let a = face.corners[i]
        let b = face.corners[i + 1 == count ? 0 : i + 1]
        let p = a.dot(normal) - height
        let q = b.dot(normal) - height
        if p <= tolerance {
          corners.append(a)
          if p >= -tolerance { addToRim(a) }
        }
        if (p < -tolerance && q > tolerance) || (p > tolerance && q < -tolerance) {
          let point = a + p / (p - q) * (b - a)
          corners.append(point)
          addToRim(point)
        }
      }
      if corners.count > 2 { kept.append(Face(neighbor: face.neighbor, corners: corners)) }
    }
    if rim.count > 2 { kept.append(Face(neighbor: neighbor, corners: Self.around(normal, rim))) }
    faces = kept
    return true
  }

  /// The points of a convex polygon in the order of their angles about its middle.
  private static func around(_ normal: Vector3, _ points: [Vector3]) -> [Vector3] {
    let middle = points.reduce(Vector3.zero, +) / Double(points.count)
    let u = points[0] - middle
    let v = normal.cross(u)
    return points.map { point in
      (angle: atan2((point - middle).dot(v), (point - middle).dot(u)), point: point)
    }.sorted { $0.angle < $1.angle }.map(\.point)
  }
}

extension VoronoiCell.Face {
  /// Area and solid angle as seen from the origin (van Oosterom and Strackee 1983), summed over a fan of triangles.
  var areaAndSolidAngle: (area: Double, solidAngle: Double) {
    var area = 0.0
    var angle = 0.0
    let a = corners[0]
    for i in 1..<(corners.count - 1) {
      let b = corners[i]
      let c = corners[i + 1]
      area += (b - a).cross(c - a).length / 2
      let (la, lb, lc) = (a.length, b.length, c.length)
      let numerator = abs(a.dot(b.cross(c)))
      let denominator = la * lb * lc + lc * a.dot(b) + lb * a.dot(c) + la * b.dot(c)
      angle += 2 * atan2(numerator, denominator)
    }
    return (area, angle)
  }
}
