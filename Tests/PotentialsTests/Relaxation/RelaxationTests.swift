import Crystals
import TestSupport
import Testing

@testable import Potentials

/// A potential made for a test: harmonic springs of the pair potential, or whatever goes wrong on purpose.
struct FaultyPotential: Potential {
  enum Fault { case notANumberAfterStart, repulsive, fails }
  let name = "faulty"
  let description = "goes wrong"
  let fault: Fault
  /// Volume at the start, so that the fault comes only once something has moved.
  let start: Double

  func supports(atomicNumber: Int) -> Bool { atomicNumber != 18 }

  func evaluate(_ crystals: [Crystal]) -> [CrystalEvaluation] {
    crystals.map { crystal in
      var e = PairPotential().evaluate([crystal])[0]
      let v = crystal.lattice.volume
      switch fault {
      case .notANumberAfterStart: if abs(v / start - 1) > 1e-9 { e.energy = .nan }
      case .repulsive:
        e.energy = -10 * v
        e.stress = (-10) * Matrix3.identity
      case .fails: return CrystalEvaluation(failure: .reported("out of paper"))
      }
      return e
    }
  }
}

@Suite("Relaxation") struct RelaxationTests {
  @Test("the gradient by the unknowns is the derivative of the energy", arguments: symmetricCrystals().indices)
  func gradient(index: Int) throws {
    let crystal = symmetricCrystals()[index].0
    let symmetry = try #require(CrystalSymmetry(crystal, tolerance: 1e-6))
    let potential = PairPotential()
    for s in [symmetry, CrystalSymmetry(trivialFor: crystal)] {
      let freedom = DegreesOfFreedom(crystal, symmetry: s, fixCell: false)
      var random = SplitMix(seed: UInt64(index))
      let x = (0..<freedom.count).map { _ in Double.random(in: -0.05..<0.05, using: &random) }
      let here = freedom.crystal(at: x)
      let gradient = freedom.gradient(
        potential.evaluate([here])[0], at: x, lattice: here.lattice)
      for k in x.indices {
        var (a, b) = (x, x)
        a[k] += 1e-4
        b[k] -= 1e-4
        let e = potential.evaluate([freedom.crystal(at: a), freedom.crystal(at: b)]).map(\.energy)
        #expect(abs((e[0] - e[1]) / 2e-4 - gradient[k]) < 1e-5 * max(1, abs(gradient[k])))
      }
    }
  }

  @Test("unknowns are as many as the site symmetries and the crystal system leave free")
  func counts() throws {
    let counts = try symmetricCrystals().map { crystal, _ in
      DegreesOfFreedom(
        crystal, symmetry: try #require(CrystalSymmetry(crystal, tolerance: 1e-6)), fixCell: false
      ).count
    }
    // NaCl a; rutile u, a, c; wurtzite z, z, a, c; quartz u, xyz, a, c; perovskite a; P2_1/c 6 + 4; Pnma 2 + 2 + 3 + 3.
    #expect(counts == [1, 3, 4, 6, 1, 10, 10])
  }

  @Test("the space group survives, the energy falls", arguments: OptimizerKind.allCases)
  func constrained(kind: OptimizerKind) throws {
    var options = RelaxationOptions()
    options.optimizer = kind
    options.maxForce = 0.01
    options.maxSteps = 2000
    let inputs = symmetricCrystals().map { RelaxationInput(crystal: $0.0, asymmetricUnit: $0.1) }
    let results = try relax(inputs, with: PairPotential(), options: options)
    #expect(results.count == inputs.count)
    for (input, result) in zip(inputs, results) {
      let group = input.crystal.spaceGroup
      #expect(result.outcome == .converged, "\(group) \(result.outcome)")
      #expect(result.maxForce <= 0.01 && result.energy <= result.initialEnergy)
      #expect(result.crystal.spaceGroup == group)
      let claimed = try #require(CrystalSymmetry(result.crystal, tolerance: 1e-9))
      #expect(claimed.multiplicities == input.asymmetricUnit?.sites.map(\.multiplicity))
      let unit = try #require(result.asymmetricUnit)
      for (o, site) in unit.sites.enumerated() {
        let position = try #require(SpaceGroup.numbered(group).wyckoffPosition(letter: site.wyckoffLetter))
        let nearest = try #require(position.nearest(to: site.position, metric: result.crystal.lattice.metric))
        #expect(nearest.distance < 1e-8)
        let distances = result.crystal.fractionalCoordinates.indices.filter {
          result.crystal.orbit[$0] == o
        }.map { atom in
          let d = result.crystal.fractionalCoordinates[atom] - site.position
          return result.crystal.lattice.cartesian(d - d.rounded(.toNearestOrEven)).length
        }
        #expect((distances.min() ?? 1) < 1e-8)
      }
      let volume = unit.latticeLogMetric.lattice.volume
      #expect(abs(volume / result.crystal.lattice.volume - 1) < 1e-9)
      #expect(SymmetrySearch.spaceGroupNumber(result.crystal, symprec: 1e-4) == group)
    }
  }

  @Test("both optimisers reach the same minimum, free or not, and a fixed cell stays")
  func agreement() throws {
    let (crystal, _) = symmetricCrystals()[1]
    var options = RelaxationOptions()
    options.maxForce = 0.001
    options.maxSteps = 3000
    var energies: [Double] = []
    for kind in OptimizerKind.allCases {
      for free in [false, true] {
        options.optimizer = kind
        options.free = free
        let result = try relax([RelaxationInput(crystal: crystal)], with: PairPotential(), options: options)[0]
        #expect(result.outcome == .converged)
        #expect(result.crystal.spaceGroup == (free ? 0 : 136))
        energies.append(result.energy / Double(crystal.count))
      }
    }
    for e in energies { #expect(abs(e - energies[0]) < 1e-4) }
    options.fixCell = true
    let fixed = try relax([RelaxationInput(crystal: crystal)], with: PairPotential(), options: options)[0]
    #expect(fixed.crystal.lattice == crystal.lattice)
    #expect(fixed.outcome == .converged && fixed.energy < fixed.initialEnergy)
  }

  @Test("a result does not depend on the batch")
  func batches() throws {
    let inputs = symmetricCrystals().map { RelaxationInput(crystal: $0.0, asymmetricUnit: $0.1) }
    var options = RelaxationOptions()
    options.maxForce = 0.01
    options.batch = 3
    var ended: [Int] = []
    let together = try relax(inputs, with: PairPotential(), options: options) { index, _ in ended.append(index) }
    #expect(ended.sorted() == Array(inputs.indices))
    for (input, result) in zip(inputs, together) {
      let alone = try relax([input], with: PairPotential(), options: options)[0]
      #expect(alone.energy == result.energy && alone.steps == result.steps)
      #expect(alone.crystal.fractionalCoordinates == result.crystal.fractionalCoordinates)
    }
  }

  @Test("everything that goes wrong has its outcome")
  func outcomes() throws {
    let (crystal, unit) = symmetricCrystals()[1]
    let input = RelaxationInput(crystal: crystal, asymmetricUnit: unit)
    func outcome(_ fault: FaultyPotential.Fault, _ crystal: Crystal) throws -> RelaxationResult {
      let potential = FaultyPotential(fault: fault, start: crystal.lattice.volume)
      return try relax([RelaxationInput(crystal: crystal)], with: potential)[0]
    }
    let lost = try outcome(.notANumberAfterStart, crystal)
    #expect(lost.outcome == .energyNotFinite && lost.energy.isFinite)
    #expect(lost.crystal.lattice.volume == crystal.lattice.volume)
    #expect(try outcome(.repulsive, crystal).outcome == .runawayVolume)
    let failed = try outcome(.fails, crystal)
    #expect(failed.outcome == .evaluationFailed && failed.failure == .reported("out of paper"))

    var argon = crystal
    argon.atomicNumbers[0] = 18
    #expect(try outcome(.repulsive, argon).outcome == .unsupportedElement)
    var close = crystal
    close.spaceGroup = 1
    close.fractionalCoordinates[1] = close.fractionalCoordinates[0] + Vector3(0.02, 0, 0)
    #expect(try outcome(.repulsive, close).outcome == .atomsTooClose)
    #expect(try outcome(.repulsive, close).failure == .atomsTooClose(distance: 0.02 * crystal.lattice.lengths.x))
    var wrong = crystal
    wrong.fractionalCoordinates[3] += Vector3(0.03, 0, 0)
    #expect(try outcome(.repulsive, wrong).outcome == .symmetryNotFound)

    var options = RelaxationOptions()
    options.maxSteps = 2
    let short = try relax([input], with: PairPotential(), options: options)[0]
    #expect(short.outcome == .stepsExhausted && short.steps == 2 && short.energy < short.initialEnergy)
    options.maxSteps = 0
    let still = try relax([input], with: PairPotential(), options: options)[0]
    #expect(still.outcome == .notRelaxed && still.steps == 0 && still.energy == still.initialEnergy)
    #expect(still.crystal.fractionalCoordinates == crystal.fractionalCoordinates)
    #expect(RelaxationOutcome.allCases.map(\.rawValue) == Array(0...11))
    #expect(try relax([], with: PairPotential()).isEmpty)
  }
}
