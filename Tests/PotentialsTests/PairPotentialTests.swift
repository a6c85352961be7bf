import Crystals
import TestSupport
import Testing

@testable import Potentials

/// Central differences of an energy against the forces and the stress that a potential gives.
///
/// - Returns: the largest deviations, eV/angstrom and eV/angstrom^3.
func differences(
  of potential: some Potential, at crystal: Crystal, step: Double = 1e-4
) throws -> (force: Double, stress: Double) {
  let evaluation = try potential.evaluate([crystal])[0]
  func energy(_ c: Crystal) throws -> Double { try potential.evaluate([c])[0].energy }
  var force = 0.0
  for atom in 0..<crystal.count {
    for axis in 0..<3 {
      var d = Vector3.zero
      d[axis] = step
      let slope = try (energy(crystal.moved(atom, by: d)) - energy(crystal.moved(atom, by: -d))) / (2 * step)
      force = max(force, abs(slope + evaluation.forces[atom][axis]))
    }
  }
  var stress = 0.0
  for i in 0..<3 {
    for j in 0..<3 {
      let slope =
        try (energy(crystal.strained(.entry(i, j, step))) - energy(crystal.strained(.entry(i, j, -step)))) / (2 * step)
      stress = max(stress, abs(slope / crystal.lattice.volume - evaluation.stress[i][j]))
    }
  }
  return (force, stress)
}

@Suite("Pair potential") struct PairPotentialTests {
  @Test("forces and stress are the derivatives of the energy", arguments: 1...6)
  func derivatives(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let lattice = Lattice(
      lengths: .random(in: 3..<7, using: &random), angles: .random(in: 65..<115, using: &random))
    let crystal = Crystal.random(
      lattice, atoms: seed, apart: 1.5, elements: [8, 87, 26, 1], using: &random)
    let worst = try differences(of: PairPotential(), at: crystal)
    let scale = max(1, PairPotential().evaluate([crystal])[0].maxForce)
    #expect(worst.force < 1e-5 * scale, "seed \(seed)")
    #expect(worst.stress < 1e-5 * scale, "seed \(seed)")
  }

  @Test("a pair has its minimum at the sum of the covalent radii, and nothing beyond 1.8 times that")
  func pair() {
    func energy(_ r: Double) -> Double {
      let cube = Lattice(lengths: Vector3(60, 60, 60), angles: Vector3(90, 90, 90))
      let crystal = Crystal(
        lattice: cube, atomicNumbers: [26, 8],
        fractionalCoordinates: [.zero, Vector3(r / 60, 0, 0)])
      return PairPotential().evaluate([crystal])[0].energy
    }
    let r0 = Element.covalentRadius(26) + Element.covalentRadius(8)
    #expect(abs(energy(r0) + 0.5) < 1e-12)
    #expect(energy(r0 - 0.01) > -0.5 && energy(r0 + 0.01) > -0.5)
    #expect(energy(1.801 * r0) == 0)
  }

  @Test("every element has an energy; bad crystals fail alone")
  func batch() {
    let cube = Lattice(lengths: Vector3(3, 3, 3), angles: Vector3(90, 90, 90))
    var crystals = (1...118).map {
      Crystal(lattice: cube, atomicNumbers: [UInt8($0)], fractionalCoordinates: [.zero])
    }
    crystals.insert(
      Crystal(lattice: cube, atomicNumbers: [119], fractionalCoordinates: [.zero]), at: 50)
    crystals.append(
      Crystal(lattice: cube, atomicNumbers: [6, 6], fractionalCoordinates: [.zero, .zero]))
    let evaluations = PairPotential().evaluate(crystals)
    #expect(evaluations[50].failure == .unsupportedElement(atomicNumber: 119))
    #expect(evaluations[119].failure == .atomsTooClose(distance: 0))
    #expect(evaluations.filter { $0.failure == nil && $0.isFinite }.count == 118)
  }
}
