import Crystals
import Foundation
import Potentials
import Testing

/// A potential of one's own, from outside the library, in under 40 lines: pairs of Lennard-Jones for the noble gases.
struct LennardJones: Potential {
  let name = "lennard-jones"
  let description = "argon by 4 epsilon ((sigma / r)^12 - (sigma / r)^6), cut at 4 sigma"
  let sigma = 3.405  // angstrom
  let epsilon = 0.0103  // eV

  func supports(atomicNumber: Int) -> Bool { atomicNumber == 18 }

  func evaluate(_ crystals: [Crystal]) -> [CrystalEvaluation] {
    crystals.map { crystal in
      do throws(EvaluationFailure) { return try evaluate(crystal) } catch { return CrystalEvaluation(failure: error) }
    }
  }

  private func evaluate(_ crystal: Crystal) throws(EvaluationFailure) -> CrystalEvaluation {
    if let failure = unsupportedElement(in: crystal) { throw failure }
    let list = try NeighborList(crystal, cutoff: 4 * sigma)
    var result = CrystalEvaluation(
      energy: 0, forces: [Vector3](repeating: .zero, count: crystal.count), stress: Matrix3(.zero, .zero, .zero))
    for (index, center) in list.centers.enumerated() {
      for edge in list.edges(ofCenter: index) {
        let (r, d) = (list.distances[edge], list.vectors[edge])
        let s6 = pow(sigma / r, 6)
        let pull = (24 * epsilon * (s6 - 2 * s6 * s6) / (r * r)) * d
        result.energy += 2 * epsilon * (s6 * s6 - s6)
        result.forces[center] += pull
        for i in 0..<3 { result.stress[i] += (0.5 * d[i] / crystal.lattice.volume) * pull }
      }
    }
    return result
  }
}

@Suite("A potential of one's own") struct FifthPotentialTests {
  @Test("relaxes solid argon to the minimum of its lattice sum")
  func argon() throws {
    let potential = LennardJones()
    let crystal = Crystal(
      lattice: Lattice(vectors: Matrix3(Vector3(5, 0, 0), Vector3(0, 5, 0), Vector3(0, 0, 5))),
      atomicNumbers: [UInt8](repeating: 18, count: 4),
      fractionalCoordinates: [Vector3(0, 0, 0), Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0)])
    var options = RelaxationOptions()
    options.maxForce = 1e-3
    let result = try #require(try relax([RelaxationInput(crystal: crystal)], with: potential, options: options).first)
    #expect(result.outcome == .converged)
    // The sum over the whole lattice: 1.0902 sigma and -8.610 epsilon an atom; the cut leaves out the last two per cent.
    let nearest = cbrt(result.crystal.lattice.volume) / 2.0.squareRoot()
    #expect(abs(nearest / potential.sigma - 1.0902) < 0.01)
    #expect(abs(result.energy / 4 / potential.epsilon + 8.61) < 0.2)
    let salt = Crystal(lattice: crystal.lattice, atomicNumbers: [11], fractionalCoordinates: [Vector3(0, 0, 0)])
    #expect(potential.evaluate([salt])[0].failure == .unsupportedElement(atomicNumber: 11))
  }
}
