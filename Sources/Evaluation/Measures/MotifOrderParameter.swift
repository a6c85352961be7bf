import Crystals
import Foundation

/// How much the directions to an atom's neighbors resemble an ideal motif, 0 to 1.
///
/// The order parameters of Zimmermann and Jain (RSC Adv. 10, 6063, 2020) after Peters (J. Chem. Phys. 131, 244103, 2009): each neighbor j in turn
/// is the pole and each other one k the meridian; Gaussians of the polar angles and powers of cosines of the azimuths score where the
/// others should be, and the best choice of pole and meridian counts. Angles of Gaussians are in units of pi. Parameters are those
/// that CrystalNN's fingerprint uses.
enum MotifOrderParameter {
  /// The ratio of the two shortest distances, 1 for a single neighbor.
  case singleBond
  /// Two neighbors at an angle.
  case bent(angle: Double, width: Double)
  /// All neighbors at one angle from the pole, `folds` of them around it.
  case cone(angle: Double, width: Double, folds: Double)
  /// Neighbors around the pole's equator and none opposite.
  case pyramid(width: Double, folds: Double)
  /// Neighbors around the equator and one opposite; `widest` is where opposite begins, in radians.
  case bipyramid(width: Double, poleWidth: Double, folds: Double, widest: Double)
  /// A bipyramid that scores the meridian plane only up to 3/4 pi.
  case rectangularSeeSaw
  case pentagonalPlane
  case hexagonalPlane
  case bodyCenteredCubic
  case cuboctahedron
  /// Steinhardt's q_l, `sqrt(4 pi / (2l + 1) sum_m |<Y_lm>|^2)` (Phys. Rev. B 28, 784, 1983).
  case steinhardt(Int)

  /// - Parameter neighbors: vectors to the neighbors in angstrom.
  /// - Returns: 0 where the motif cannot be told.
  func callAsFunction(_ neighbors: [Vector3]) -> Double {
    let lengths = neighbors.map(\.length)
    switch self {
    case .singleBond:
      let sorted = lengths.sorted()
      return sorted.count < 2 ? (sorted.isEmpty ? 0 : 1) : 1 - sorted[0] / sorted[1]
    case .steinhardt(let l): return Self.steinhardt(l, zip(neighbors, lengths).map { $0 / $1 })
    default: return score(zip(neighbors, lengths).map { $0 / $1 })
    }
  }

  /// By the addition theorem `4 pi / (2l + 1) sum_m Y_lm(a) Y*_lm(b) = P_l(a . b)`: no harmonics needed.
  private static func steinhardt(_ l: Int, _ directions: [Vector3]) -> Double {
    guard !directions.isEmpty else { return 0 }
    var sum = 0.0
    for a in directions {
      for b in directions {
        let x = a.dot(b)
        let x2 = x * x
        switch l {
        case 2: sum += (3 * x2 - 1) / 2
        case 4: sum += ((35 * x2 - 30) * x2 + 3) / 8
        default: sum += (((231 * x2 - 315) * x2 + 105) * x2 - 5) / 16
        }
      }
    }
    return max(0, sum).squareRoot() / Double(directions.count)
  }

  /// Sums the scores of each pole and meridian, and takes the best mean (or the mean of all, for those motifs).
  private func score(_ directions: [Vector3]) -> Double {
    let n = directions.count
    guard n > 1 else { return 0 }
    var best = 0.0
    var total = (score: 0.0, weight: 0.0)
    for j in 0..<n {
      let pole = directions[j]
      for k in 0..<n where k != j {
        let theta = Self.angle(pole, directions[k])
        var sum = Sum()
        addMeridian(theta, isLater: j < k, to: &sum)
        let meridian = directions[k] - directions[k].dot(pole) * pole
        let length = meridian.length
        if length >= 1e-12 {
          for m in 0..<n where m != j && m != k {
            let polar = Self.angle(pole, directions[m])
            addOpposite(polar, to: &sum)
            let other = directions[m] - directions[m].dot(pole) * pole
            let norm = other.length
            guard norm >= 1e-12 else { continue }
            let azimuth = acos(max(-1, min(1, other.dot(meridian) / (norm * length))))
            add(theta, polar, azimuth, isLater: j < k, to: &sum)
          }
        }
        total.score += sum.score
        total.weight += sum.weight
        if sum.weight > 1e-12 { best = max(best, sum.score / sum.weight) }
      }
    }
    switch self {
    case .bent: return total.weight > 1e-12 ? total.score / total.weight : 0
    case .bodyCenteredCubic:
      return n > 3 ? total.score / (0.5 * Double(n * (6 + (n - 2) * (n - 3)))) : 0
    default: return best
    }
  }

  private struct Sum {
    var score = 0.0
    var weight = 0.0

    mutating func add(_ value: Double, weight: Double = 1) {
      score += weight * value
      self.weight += weight
    }
  }

  private static func angle(_ a: Vector3, _ b: Vector3) -> Double { acos(max(-1, min(1, a.dot(b)))) }

  private static func gaussian(_ theta: Double, at center: Double, width: Double) -> Double {
    let x = width * (theta / .pi - center)
    return exp(-0.5 * x * x)
  }

  private static func power(_ azimuth: Double, folds: Double) -> Double {
    let c = cos(folds * azimuth)
    return c * c
  }

  /// Where opposite the pole begins: 135, 145, 150 and 160 degrees.
  private static let widest = 0.75 * Double.pi
  private static let widestCubic = 2.5261129449194057
  private static let widestHexagon = 5 * Double.pi / 6
  private static let widestCuboctahedron = 8 * Double.pi / 9

  /// The score of the neighbor on the meridian.
  private func addMeridian(_ theta: Double, isLater: Bool, to sum: inout Sum) {
    switch self {
    case .bent(let angle, let width), .cone(let angle, let width, _):
      sum.add(Self.gaussian(theta, at: angle, width: width))
    case .pyramid(let width, _): sum.add(Self.gaussian(theta, at: 0.5, width: width))
    case .bipyramid(let width, _, _, let widest):
      if theta < widest { sum.add(Self.gaussian(theta, at: 0.5, width: width)) }
    case .rectangularSeeSaw:
      if theta < Self.widest { sum.add(Self.gaussian(theta, at: 0.5, width: 27)) }
    case .pentagonalPlane:
      sum.add(Self.gaussian(theta, at: theta <= 0.6 * .pi ? 0.4 : 0.8, width: 19.333))
    case .hexagonalPlane:
      if theta < Self.widestHexagon { sum.add(Self.hexagonal(theta)) }
    case .bodyCenteredCubic:
      if isLater && theta >= Self.widestCubic {
        sum.add(Self.gaussian(theta, at: 1, width: 15), weight: 6)
      }
    case .cuboctahedron:
      if theta >= Self.widestCuboctahedron {
        sum.add(Self.gaussian(theta, at: 1, width: 28.75), weight: 1.8)
      }
    case .singleBond, .steinhardt: break
    }
  }

  private static func hexagonal(_ theta: Double) -> Double {
    gaussian(abs(theta / .pi - 0.5) * .pi, at: 0.16666667, width: 25)
  }

  /// The score of a neighbor opposite the pole.
  private func addOpposite(_ polar: Double, to sum: inout Sum) {
    switch self {
    case .bipyramid(_, let poleWidth, _, let widest):
      if polar >= widest { sum.add(Self.gaussian(polar, at: 1, width: poleWidth)) }
    case .rectangularSeeSaw:
      if polar >= Self.widest { sum.add(Self.gaussian(polar, at: 1, width: 11.5)) }
    case .hexagonalPlane:
      if polar >= Self.widestHexagon { sum.add(Self.gaussian(polar, at: 1, width: 7.5)) }
    default: break
    }
  }

  /// The score of a neighbor off the meridian, at a polar angle and an azimuth.
  private func add(
    _ theta: Double, _ polar: Double, _ azimuth: Double, isLater: Bool, to sum: inout Sum
  ) {
    switch self {
    case .cone(let angle, let width, let folds):
      sum.add(Self.gaussian(polar, at: angle, width: width) * Self.power(azimuth, folds: folds))
    case .pyramid(let width, let folds):
      sum.add(Self.gaussian(polar, at: 0.5, width: width) * Self.power(azimuth, folds: folds))
    case .bipyramid(let width, _, let folds, let widest):
      if polar < widest && theta < widest {
        sum.add(Self.gaussian(polar, at: 0.5, width: width) * Self.power(azimuth, folds: folds))
      }
    case .rectangularSeeSaw:
      if polar < Self.widest && theta < Self.widest && azimuth < 0.75 * .pi {
        sum.add(Self.gaussian(polar, at: 0.5, width: 27) * Self.power(azimuth, folds: 2))
      }
    case .pentagonalPlane:
      sum.add(
        Self.gaussian(polar, at: polar <= 0.6 * .pi ? 0.4 : 0.8, width: 19.333)
          * Self.power(azimuth, folds: 1))
    case .hexagonalPlane:
      if polar < Self.widestHexagon && theta < Self.widestHexagon {
        sum.add(Self.hexagonal(polar) * Self.power(azimuth, folds: 1))
      }
    case .bodyCenteredCubic:
      if isLater && theta < Self.widestCubic {
        let x = (polar - .pi / 2) / asin(1.0 / 3)
        // The factor makes the extremum of x exp(-x^2/2) one.
        let height = exp(0.5) * x * exp(-0.5 * x * x)
        sum.add((theta > .pi / 2 ? 1 : -1) * cos(3 * azimuth) * height)
      }
    case .cuboctahedron: addCuboctahedral(theta, polar, azimuth, to: &sum)
    case .singleBond, .bent, .steinhardt: break
    }
  }

  private func addCuboctahedral(
    _ theta: Double, _ polar: Double, _ azimuth: Double, to sum: inout Sum
  ) {
    // The belt of neighbors at right angles to the pole: 75 to 105 degrees.
    let belt = (1.3089969389957472, 1.8325957145940461)
    guard polar < Self.widestCuboctahedron, theta > belt.0, theta < belt.1 else { return }
    if polar > belt.0 && polar < belt.1 {
      sum.add(Self.power(azimuth, folds: 1) * Self.gaussian(polar, at: 0.5, width: 25.5))
    } else if polar != belt.0 && polar != belt.1 {
      let x = 0.0556 * (cos(azimuth - 0.5 * .pi) - 0.81649658)
      let place = polar < belt.0 ? 1.0 / 3 : 2.0 / 3
      sum.add(exp(-0.5 * x * x) * Self.gaussian(polar, at: place, width: 31.25))
    }
  }
}
