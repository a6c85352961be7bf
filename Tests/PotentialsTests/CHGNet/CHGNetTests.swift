import Crystals
import TestSupport
import Testing

@testable import Potentials

@Suite("CHGNet", .enabled(if: CHGNetReference.weightsPath != nil, Comment(rawValue: CHGNetReference.missing)))
struct CHGNetTests {
  let network: CHGNet

  init() throws { network = try CHGNet(parameters: CHGNetReference.parameters()) }

  /// The largest deviations of evaluations from records.
  struct Deviations {
    var energy = 0.0
    var force = 0.0
    var stress = 0.0
    var moment = 0.0

    mutating func add(_ evaluation: CrystalEvaluation, _ record: CHGNetReference.Record) {
      energy = max(energy, abs(evaluation.energy / Double(record.z.count) - record.e))
      for (a, b) in zip(evaluation.forces, record.f) { force = max(force, (a - vector(b)).length) }
      for i in 0..<3 {
        let d = CrystalEvaluation.gigapascals * evaluation.stress[i] - vector(record.s[i])
        stress = max(stress, d.max(), -d.min())
      }
      for (a, b) in zip(evaluation.magneticMoments ?? [], record.m ?? []) { moment = max(moment, abs(a - b)) }
    }
  }

  @Test(
    "energies, forces, stresses and moments are those of the reference",
    arguments: [CHGNetReference.partPath, CHGNetReference.wholePath].compactMap { $0 })
  func reference(path: String) throws {
    let numbers = try CHGNetReference.numbers(at: path)
    let records = numbers.records + numbers.perturbed
    let evaluations = try network.evaluate(records.map(\.crystal))
    var worst = Deviations()
    for (record, evaluation) in zip(records, evaluations) {
      #expect(evaluation.failure == nil, "\(record.id)")
      worst.add(evaluation, record)
    }
    print("CHGNet against the reference, \(records.count) crystals: \(worst)")
    #expect(worst.energy < 1e-5)
    #expect(worst.force < 1e-3)
    #expect(worst.stress < 3e-3)
    #expect(worst.moment < 1e-4)
  }

  @Test("the slow twin in double precision: its energies are the reference's, its differences our forces and stress")
  func doublePrecision() throws {
    let twin = CHGNetTwin(parameters: try CHGNetReference.parameters())
    let numbers = try CHGNetReference.numbers.get()
    for record in numbers.records.prefix(6) {
      let energy = try twin.energy(record.crystal) / Double(record.z.count)
      #expect(abs(energy - (record.f64?.e ?? .nan)) < 1e-6, "\(record.id)")
    }
    var random = SplitMix(seed: 5)
    let lattice = Lattice(lengths: Vector3(3.1, 3.6, 4.2), angles: Vector3(82, 97, 104))
    let crystal = Crystal.random(lattice, atoms: 3, apart: 1.7, elements: [22, 8], using: &random)
    let evaluation = try network.evaluate([crystal])[0]
    let step = 1e-4
    for atom in 0..<crystal.count {
      for axis in 0..<3 {
        var d = Vector3.zero
        d[axis] = step
        let slope = try (twin.energy(crystal.moved(atom, by: d)) - twin.energy(crystal.moved(atom, by: -d))) / (2 * step)
        #expect(abs(slope + evaluation.forces[atom][axis]) < 2e-4 * max(1, evaluation.maxForce))
      }
    }
    for (i, j) in [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)] {
      let plus = try twin.energy(crystal.strained(.entry(i, j, step)))
      let minus = try twin.energy(crystal.strained(.entry(i, j, -step)))
      let slope = (plus - minus) / (2 * step * crystal.lattice.volume)
      #expect(abs(slope - evaluation.stress[i][j]) < 2e-5 * max(1, evaluation.maxForce))
    }
  }

  @Test("a graph has the reference's edges, bonds and angles")
  func graphs() throws {
    for record in try CHGNetReference.numbers.get().records {
      guard let expected = record.graph else { continue }
      let graph = try BondGraph(record.crystal, cutoff: 6, angleCutoff: 3)
      #expect(graph.edges.count == expected.directed_edges, "\(record.id)")
      #expect(graph.bonds.count == expected.undirected_bonds, "\(record.id)")
      #expect(graph.angles.count == expected.angles, "\(record.id)")
    }
  }

  @Test("classes of equal atoms give what every atom on its own gives", arguments: symmetricCrystals().indices)
  func symmetry(index: Int) throws {
    let crystal = symmetricCrystals()[index].0
    var plain = crystal
    plain.spaceGroup = 1
    let small = try BondGraph(crystal, cutoff: 6, angleCutoff: 3)
    let large = try BondGraph(plain, cutoff: 6, angleCutoff: 3)
    #expect(2 * small.rows < large.rows)
    let weight = zip(small.edges, small.edges.indices).reduce(0.0) {
      $0 + Double($1.0.weight) * Double(small.symmetry.multiplicities[Int($1.0.center)])
    }
    #expect(Int(weight) == large.edges.count)
    let e = try network.evaluate([crystal, plain])
    #expect(abs(e[0].energy - e[1].energy) < 5e-6 * Double(crystal.count))
    for (a, b) in zip(e[0].forces, e[1].forces) { #expect((a - b).length < 2e-4) }
    for i in 0..<3 { #expect((e[0].stress[i] - e[1].stress[i]).length < 2e-5) }
    for (a, b) in zip(e[0].magneticMoments ?? [], e[1].magneticMoments ?? []) { #expect(abs(a - b) < 1e-5) }
  }

  @Test("a crystal's bits depend neither on the batch nor on the threads")
  func batches() throws {
    let crystals = try CHGNetReference.numbers.get().records.prefix(12).map(\.crystal) + symmetricCrystals().map(\.0)
    let many = try CHGNet(parameters: CHGNetReference.parameters(), threads: 2).evaluate(crystals)
    for (crystal, evaluation) in zip(crystals, many) {
      let alone = try network.evaluate([crystal])[0]
      #expect(alone.energy == evaluation.energy && alone.forces == evaluation.forces)
      #expect(alone.stress == evaluation.stress)
    }
  }

  @Test("energies alone are the same bits and have no forces, and so are those of relaxations without steps")
  func energiesAlone() throws {
    let crystals = symmetricCrystals().map(\.0)
    for (whole, alone) in zip(try network.evaluate(crystals), try network.evaluateEnergies(crystals)) {
      #expect(alone.failure == whole.failure && alone.magneticMoments == whole.magneticMoments)
      guard whole.failure == nil else { continue }
      #expect(alone.energy == whole.energy && alone.isFinite && whole.hasForces && !alone.hasForces && alone.maxStress.isNaN)
    }
    var options = RelaxationOptions()
    (options.maxSteps, options.staticForces) = (0, false)
    let inputs = crystals.map { RelaxationInput(crystal: $0) }
    let energies = try network.evaluate(crystals).map(\.energy)
    for (result, energy) in zip(try relax(inputs, with: network, options: options), energies) {
      #expect(result.outcome == .notRelaxed && result.energy == energy && result.forces.isEmpty && result.maxForce.isNaN)
    }
  }

  @Test("a large crystal, whose activations are computed twice, has the energy, forces and stress of its small cell")
  func large() throws {
    var random = SplitMix(seed: 12)
    let lattice = Lattice(lengths: Vector3(4.3, 4.1, 4.4), angles: Vector3(88, 93, 91))
    let small = Crystal.random(lattice, atoms: 8, apart: 1.6, elements: [12, 8], using: &random)
    let times = 3
    var points: [Vector3] = []
    for i in 0..<times {
      for j in 0..<times {
        for k in 0..<times {
          points += small.fractionalCoordinates.map { ($0 + Vector3(Double(i), Double(j), Double(k))) / Double(times) }
        }
      }
    }
    let copies = times * times * times
    let large = Crystal(
      lattice: Lattice(vectors: Double(times) * small.lattice.vectors),
      atomicNumbers: (0..<copies).flatMap { _ in small.atomicNumbers }, fractionalCoordinates: points)
    let graph = try BondGraph(large, cutoff: 6, angleCutoff: 3)
    #expect(graph.edges.count + graph.angles.count > CHGNet.rowsAtOnce)
    let (a, b) = (try network.evaluate([small])[0], try network.evaluate([large])[0])
    #expect(abs(a.energy - b.energy / Double(copies)) < 1e-5 * Double(small.count))
    #expect(try network.evaluateEnergies([large])[0].energy == b.energy)
    for k in b.forces.indices { #expect((a.forces[k % small.count] - b.forces[k]).length < 5e-4 * max(1, a.maxForce)) }
    for i in 0..<3 { #expect((a.stress[i] - b.stress[i]).length < 1e-4 * max(1, a.maxForce)) }
  }

  @Test("relaxations end at or below the reference's energies")
  func relaxation() throws {
    let relaxed = try CHGNetReference.numbers.get().relaxed
    let results = try relax(relaxed.map { RelaxationInput(crystal: $0.start.crystal) }, with: network)
    for (result, expected) in zip(results, relaxed) {
      #expect(result.outcome == .converged, "\(expected.id)")
      #expect(result.energy / Double(result.crystal.count) < expected.final_e + 2e-3, "\(expected.id)")
      #expect(result.steps <= expected.n_steps)
    }
  }

  @Test("relaxed within its asymmetric unit a crystal keeps its group", arguments: symmetricCrystals().indices)
  func constrained(index: Int) throws {
    let (crystal, unit) = symmetricCrystals()[index]
    let result = try relax([RelaxationInput(crystal: crystal, asymmetricUnit: unit)], with: network)[0]
    #expect(result.converged && result.energy <= result.initialEnergy)
    #expect(result.crystal.spaceGroup == unit.spaceGroup)
    #expect(SymmetrySearch.spaceGroupNumber(result.crystal, symprec: 1e-3) == unit.spaceGroup)
    #expect(CrystalSymmetry(result.crystal, tolerance: 1e-9) != nil)
  }

  @Test("crystals of the reference relaxed within their groups are found in the same groups afterwards")
  func groups() throws {
    let inputs = try CHGNetReference.numbers.get().records.compactMap { record -> RelaxationInput? in
      guard let found = try? AsymmetricUnit.standardize(record.crystal, symprec: 0.1) else { return nil }
      return RelaxationInput(crystal: found.conventional, asymmetricUnit: found.unit)
    }
    #expect(inputs.count > 40)
    for (input, result) in zip(inputs, try relax(inputs, with: network)) {
      let before = SymmetrySearch.spaceGroupNumber(input.crystal, symprec: 1e-3)
      let after = SymmetrySearch.spaceGroupNumber(result.crystal, symprec: 1e-3)
      #expect(before == input.crystal.spaceGroup && after == before, "\(input.crystal.reducedFormula), \(result.outcome)")
      #expect(result.asymmetricUnit?.spaceGroup == before)
    }
  }

  @Test("bad crystals fail alone, lonely atoms have an energy")
  func failures() throws {
    let cube = Lattice(lengths: Vector3(4, 4, 4), angles: Vector3(90, 90, 90))
    let huge = Lattice(lengths: Vector3(40, 40, 40), angles: Vector3(90, 90, 90))
    let crystals = [
      Crystal(lattice: cube, atomicNumbers: [95], fractionalCoordinates: [.zero]),
      Crystal(lattice: cube, atomicNumbers: [8, 8], fractionalCoordinates: [.zero, .zero]),
      Crystal(lattice: huge, atomicNumbers: [8], fractionalCoordinates: [.zero]),
      Crystal(lattice: cube, atomicNumbers: [], fractionalCoordinates: []),
      Crystal(lattice: cube, atomicNumbers: [26], fractionalCoordinates: [.zero]),
    ]
    let e = try network.evaluate(crystals)
    #expect(e[0].failure == .unsupportedElement(atomicNumber: 95))
    #expect(e[1].failure == .atomsTooClose(distance: 0))
    #expect(e[2].isFinite && e[2].maxForce == 0 && e[2].maxStress == 0)
    #expect(e[3].failure == .noAtoms)
    #expect(e[4].isFinite)
    #expect(try network.evaluate([]).isEmpty)
  }

  @Test("parameters that do not fit are refused by name")
  func parameters() throws {
    var parameters = try CHGNetReference.parameters()
    parameters["site_wise.bias"] = nil
    #expect(throws: ParameterError.missing("site_wise.bias")) { try CHGNet(parameters: parameters) }
    parameters["site_wise.bias"] = NamedParameter(shape: [2], values: [0, 0])
    let error = ParameterError.wrongShape("site_wise.bias", expected: [1], found: [2])
    #expect(throws: error) { try CHGNet(parameters: parameters) }
    #expect(error.description == "the parameter 'site_wise.bias' has shape [2], expected [1]")
  }
}
