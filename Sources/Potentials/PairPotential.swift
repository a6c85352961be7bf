public import Crystals
import Foundation

/// A pair potential that knows every element, for trying the pipeline out and for removing overlaps; its energies are not physical.
///
/// A Morse function (Morse, Phys. Rev. 34, 57, 1929) of `x = r / r0`, `r0` the sum of the covalent radii (Cordero et al., 2008),
/// taken smoothly to zero:
///
///     phi(r) = D ((1 - exp(-alpha (x - 1)))^2 - 1) s((x - x1) / (x2 - x1)),   E = sum over pairs of phi
///     s(u) = 1 - 10 u^3 + 15 u^4 - 6 u^5  in 0...1
///
/// with D = 0.5 eV, alpha = 6, x1 = 1.3, x2 = 1.8. Its minimum lies at `r0` for every pair.
public struct PairPotential: Potential {
  /// As `--potential` has it.
  public let name = "pair"
  /// One line for a list of potentials.
  public let description =
    "Morse pairs at the sum of covalent radii, every element; quick, and its energies are not physical"

  /// D in eV.
  private let depth = 0.5
  private let steepness = 6.0
  private let taper = 1.3...1.8

  /// There is nothing to choose.
  public init() {}

  /// Every element.
  public func supports(atomicNumber: Int) -> Bool { (1...Element.last).contains(atomicNumber) }

  /// Energies, forces and stresses by the formula above.
  public func evaluate(_ crystals: [Crystal]) -> [CrystalEvaluation] {
    crystals.map { crystal in
      do throws(EvaluationFailure) {
        return try evaluate(crystal)
      } catch {
        return CrystalEvaluation(failure: error)
      }
    }
  }

  private func evaluate(_ crystal: Crystal) throws(EvaluationFailure) -> CrystalEvaluation {
    if let failure = unsupportedElement(in: crystal) { throw failure }
    let radii = crystal.atomicNumbers.map { Element.covalentRadius(Int($0)) }
    let widest = 2 * (radii.max() ?? 0)
    let list = try NeighborList(crystal, cutoff: widest * taper.upperBound)
    var energy = 0.0
    var forces = [Vector3](repeating: .zero, count: crystal.count)
    var virial = Matrix3(.zero, .zero, .zero)
    for (index, center) in list.centers.enumerated() {
      for edge in list.edges(ofCenter: index) {
        let length = radii[center] + radii[Int(list.neighbors[edge])]
        let r = list.distances[edge]
        guard r > 1e-3 else { throw .atomsTooClose(distance: r) }
        let (value, slope) = pair(r / length)
        let d = list.vectors[edge]
        let pull = slope / (length * r) * d
        // Every pair is met from both ends: half its energy and virial each, and its whole force on the end at hand.
        energy += 0.5 * value
        forces[center] += pull
        for i in 0..<3 { virial[i] += 0.5 * d[i] * pull }
      }
    }
    guard energy.isFinite else { throw .notFinite }
    return CrystalEvaluation(
      energy: energy, forces: forces, stress: (1 / crystal.lattice.volume) * virial)
  }

  /// phi and its derivative by x, eV.
  private func pair(_ x: Double) -> (value: Double, slope: Double) {
    guard x < taper.upperBound else { return (0, 0) }
    let e = exp(-steepness * (x - 1))
    let morse = depth * ((1 - e) * (1 - e) - 1)
    let slope = 2 * depth * steepness * e * (1 - e)
    guard x > taper.lowerBound else { return (morse, slope) }
    let width = taper.upperBound - taper.lowerBound
    let u = (x - taper.lowerBound) / width
    let s = 1 - u * u * u * (10 - u * (15 - 6 * u))
    let ds = -30 * u * u * (1 - u) * (1 - u) / width
    return (morse * s, slope * s + morse * ds)
  }
}
