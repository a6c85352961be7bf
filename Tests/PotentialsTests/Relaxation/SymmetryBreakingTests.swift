import Crystals
import Foundation
import Potentials
import Testing

@Suite("Broken symmetry and rescue") struct SymmetryBreakingTests {
  private let argon = LennardJones()

  private static func cubic(_ edge: Double, _ points: [Vector3], group: Int) -> Crystal {
    Crystal(
      lattice: Lattice(lengths: Vector3(repeating: edge), angles: Vector3(repeating: 90)),
      atomicNumbers: [UInt8](repeating: 18, count: points.count), fractionalCoordinates: points, spaceGroup: group,
      orbit: points.map { _ in 0 })
  }

  private static let simple = cubic(3.8, [Vector3(0, 0, 0)], group: 221)
  private static let faces = cubic(
    5.3, [Vector3(0, 0, 0), Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0)], group: 225)

  private func run(
    _ crystals: [Crystal], numbers: [Int], _ change: (inout RelaxationOptions, inout RelaxationStages) -> Void
  ) throws -> [RelaxationResult] {
    var (options, stages) = (RelaxationOptions(), RelaxationStages())
    options.maxForce = 0.002
    change(&options, &stages)
    var results = [RelaxationResult?](repeating: nil, count: crystals.count)
    try relax(
      crystals.map { RelaxationInput(crystal: $0) }, numbers: numbers, with: argon, options: options, stages: stages
    ) { results[$0] = $1 }
    return results.compactMap { $0 }
  }

  @Test("simple cubic argon is a saddle point: rattled, it falls to the close packing; that stays") func saddle() throws {
    let results = try run([Self.simple, Self.faces], numbers: [4, 7]) { $1.rattle = 0.05 }
    try #require(results.count == 2)
    let (fell, stayed) = (results[0], results[1])
    let broken = try #require(fell.rattled)
    #expect(fell.outcome == .saddle && fell.converged)
    #expect(broken.spaceGroupBefore == 221 && broken.kept.count == 1 && broken.kept.spaceGroup == 221)
    // Lattice sums (Kittel): -8.610 against -5.7 epsilon an atom or so, in a cut-off potential.
    #expect(broken.fall > 0.02 && broken.fall < 0.04)
    #expect(broken.spaceGroupAfter == 225 && fell.crystal.spaceGroup == 225 && fell.crystal.count == 4)
    #expect(abs(fell.energy / 4 - stayed.energy / 4) < 1e-4)
    #expect(abs(broken.keptEnergy - broken.fall - fell.energy / 4) < 3e-3)
    #expect(stayed.outcome == .converged && abs(stayed.rattled?.fall ?? .nan) < 1e-3)
    #expect(stayed.crystal.spaceGroup == 225)
  }

  @Test("a crystal ends the same alone and among others, and otherwise with another number") func independent() throws {
    let together = try run([Self.faces, Self.simple], numbers: [1, 4]) { $1.rattle = 0.05 }
    let alone = try run([Self.simple], numbers: [4]) { $1.rattle = 0.05 }
    #expect(together[1].energy == alone[0].energy && together[1].steps == alone[0].steps)
    #expect(together[1].rattled?.fall == alone[0].rattled?.fall)
    let other = Self.simple.rattled(amplitude: 0.05, strain: 0.01, seed: 0, number: 5)
    #expect(other.lattice.volume != Self.simple.rattled(amplitude: 0.05, strain: 0.01, seed: 0, number: 4).lattice.volume)
  }

  @Test("displacements have the size that was asked for") func size() {
    let big = Self.cubic(20, (0..<500).map { Vector3(Double($0) / 500, 0.3, 0.7) }, group: 0)
    let moved = big.rattled(amplitude: 0.05, strain: 0, seed: 1, number: 0)
    let squares = zip(moved.fractionalCoordinates, big.fractionalCoordinates).map { a, b in
      let d = (a - b) * 20.0
      return d.dot(d)
    }
    #expect(abs((squares.reduce(0, +) / 500).squareRoot() - 0.05) < 0.003)
    #expect(moved.lattice.volume == big.lattice.volume)
  }

  @Test("atoms too close are moved apart in a fixed cell first; without --rescue that crystal is lost") func rescue() throws {
    let close = Self.cubic(4.5, [Vector3(0, 0, 0), Vector3(0.08, 0.02, 0.03)], group: 1)
    #expect(try run([close], numbers: [0]) { _, _ in }[0].outcome == .atomsTooClose)
    let rescued = try run([close], numbers: [0]) { $1.rescue = true }[0]
    #expect(rescued.converged && [.withinGroup, .free].contains(rescued.rescue))
    #expect(rescued.energy < -0.1 && rescued.steps > 0)
  }
}
