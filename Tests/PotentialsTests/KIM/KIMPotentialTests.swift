import Crystals
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Potentials

@Suite("KIM API: messages") struct KIMMessageTests {
  @Test("the reference is whole") func reference() { #expect(KIMReference.records.count == 34) }

  @Test("without the library, or with another in its place, the line says what to install")
  func library() {
    #expect(throws: KIMError.noLibrary("libkim-of-nobody.so.2")) { try KIMLibrary(file: "libkim-of-nobody.so.2") }
    #expect(
      KIMError.noLibrary("libkim-api.so.2").description
        == "the KIM API's library (libkim-api.so.2) is not installed; Debian's packages are libkim-api2 and openkim-models")
    #expect(throws: KIMError.otherLibrary("libc.so.6", lacks: "KIM_LogVerbosity_FromString")) {
      try KIMLibrary(file: "libc.so.6")
    }
    #expect(
      KIMError.otherLibrary("libc.so.6", lacks: "KIM_X").description
        == "libc.so.6 is not the library of KIM API 2: it has no KIM_X")
  }

  @Test(
    "what is no portable model, or none for elements, is refused with a reason",
    .enabled(if: KIMReference.isInstalled, "the KIM API or openkim-models is not installed"))
  func models() {
    func words(_ model: String) -> String {
      do throws(KIMError) {
        _ = try KIMPotential(model: model)
        return ""
      } catch {
        return error.description
      }
    }
    #expect(
      words("SW_Si")
        == "no model 'SW_Si' is installed; names are whole, as SW_StillingerWeber_1985_Si__MO_405512056662_005, and "
        + "'kim-api-collections-management list' (libkim-api-dev) lists them")
    #expect(words("").hasPrefix("no model '' is installed"))
    #expect(words("../x").hasPrefix("no model '../x' is installed"))
    #expect(
      words("Sim_LAMMPS_SNAP_ChenDengTran_2017_Mo__SM_003882782678_000")
        == "'Sim_LAMMPS_SNAP_ChenDengTran_2017_Mo__SM_003882782678_000' is a simulator model, which only the program that it is for "
        + "can run; names of portable models have MO, not SM")
    #expect(words("SW__MD_335816936951_004") == "'SW__MD_335816936951_004' is a model driver; a portable model is needed")
    #expect(
      words("TIDP_RajanWarnerCurtin_2016A_User01__MO_514760222899_001")
        == "the model 'TIDP_RajanWarnerCurtin_2016A_User01__MO_514760222899_001' cannot be used: it knows no element of the periodic table"
    )
  }
}

@Suite("KIM API", .enabled(if: KIMReference.isInstalled, "the KIM API or openkim-models is not installed"))
struct KIMPotentialTests {
  @Test("energies, forces and stresses are those that ASE gets from the same models", arguments: KIMReference.records)
  func reference(record: KIMReference.Record) throws {
    let e = try KIMPotential(model: record.model).evaluate([record.crystal])[0]
    #expect(e.failure == nil)
    #expect(abs(e.energy - record.energy) < 1e-9 * max(1, abs(record.energy)))
    #expect(e.forces.count == record.forces.count)
    for (a, b) in zip(e.forces, record.forces) { #expect((a - vector(b)).length < 1e-8) }
    for i in 0..<3 { #expect((e.stress[i] - vector(record.stress[i])).length < 1e-8) }
  }

  @Test(
    "forces and stress are the derivatives of the energy, in skewed cells and in tiny ones", arguments: KIMReference.records)
  func derivatives(record: KIMReference.Record) throws {
    let worst = try differences(of: try KIMPotential(model: record.model), at: record.crystal)
    let scale = max(1, record.forces.reduce(0) { max($0, vector($1).length) })
    #expect(worst.force < 1e-5 * scale)
    #expect(worst.stress < 1e-5 * scale)
  }

  /// A face-centred crystal with a second element where one is given, in its primitive and in its cubic cell.
  private func cells(_ a: Double, _ elements: [UInt8], offset: Double) -> [Crystal] {
    let h = a / 2
    let primitive = Lattice(vectors: Matrix3(Vector3(0, h, h), Vector3(h, 0, h), Vector3(h, h, 0)))
    let cubic = Lattice(vectors: Matrix3(Vector3(a, 0, 0), Vector3(0, a, 0), Vector3(0, 0, a)))
    let centers = [Vector3(0, 0, 0), Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0)]
    // Along the diagonal, the same fractional coordinates mean the same place in both.
    let steps = elements.indices.map { Vector3(repeating: Double($0) * offset) }
    return [
      Crystal(lattice: primitive, atomicNumbers: elements, fractionalCoordinates: steps),
      Crystal(
        lattice: cubic, atomicNumbers: elements.flatMap { [$0, $0, $0, $0] },
        fractionalCoordinates: steps.flatMap { step in centers.map { $0 + step } }),
    ]
  }

  @Test(
    "primitive and cubic cell have the same energy an atom and the same stress",
    arguments: [
      (KIMReference.silicon, 5.3, [14, 14], 0.25), (KIMReference.salt, 5.5, [11, 17], 0.5),
      (KIMReference.aluminium, 4.0, [13], 0), (KIMReference.severalLists, 4.9, [18], 0),
    ] as [(String, Double, [UInt8], Double)])
  func cells(model: String, a: Double, elements: [UInt8], offset: Double) throws {
    let crystals = cells(a, elements, offset: offset)
    let e = try KIMPotential(model: model).evaluate(crystals)
    #expect(crystals.map(\.count) == [elements.count, 4 * elements.count])
    #expect(e[0].isFinite && e[0].energy != 0)
    #expect(abs(4 * e[0].energy - e[1].energy) < 1e-11 * abs(e[1].energy))
    for i in 0..<3 { #expect((e[0].stress[i] - e[1].stress[i]).length < 1e-11) }
  }

  @Test("silicon of Stillinger and Weber relaxes to the bond of its pair function, two bonds' energy an atom")
  func silicon() throws {
    var crystal = cells(5.6, [14, 14], offset: 0.25)[0]
    crystal.fractionalCoordinates[1] += Vector3(0.02, -0.01, 0.03)
    var options = RelaxationOptions()
    options.maxForce = 1e-4
    let potential = try KIMPotential(model: KIMReference.silicon)
    let result = try #require(try relax([RelaxationInput(crystal: crystal)], with: potential, options: options).first)
    #expect(result.outcome == .converged)
    // Phys. Rev. B 31, 5262 (1985): the pair function is -epsilon at 2^(1/6) sigma, sigma = 2.0951 angstrom, epsilon = 50 kcal/mol.
    let a = cbrt(4 * result.crystal.lattice.volume)
    #expect(abs(a - 4 / 3.0.squareRoot() * pow(2, 1 / 6.0) * 2.0951) < 1e-3)
    #expect(abs(result.energy + 4 * 50 * 4184 / 96485.332) < 1e-3)
  }

  @Test("unknown elements, atoms on one place and too many neighbours fail alone; a lonely atom has no force")
  func badCrystals() throws {
    let potential = try KIMPotential(model: KIMReference.silicon)
    #expect(potential.name == "kim" && potential.description == "\(KIMReference.silicon) of the KIM API")
    #expect((0...130).filter { potential.supports(atomicNumber: $0) } == [14])
    func cube(_ a: Double, _ elements: [UInt8], _ points: [Vector3]) -> Crystal {
      Crystal(
        lattice: Lattice(vectors: Matrix3(Vector3(a, 0, 0), Vector3(0, a, 0), Vector3(0, 0, a))), atomicNumbers: elements,
        fractionalCoordinates: points)
    }
    let good = cells(5.43, [14, 14], offset: 0.25)[0]
    let e = potential.evaluate([
      good, cube(5, [14, 8], [.zero, Vector3(0.5, 0.5, 0.5)]), cube(5, [14, 14], [.zero, .zero]), cube(60, [14], [.zero]),
      cube(0.06, [14], [.zero]), cube(5, [], []), cube(1.2, [14], [Vector3(0.3, 7.2, -4.1)]), good,
    ])
    #expect(e[0].failure == nil && e[0].energy == e[7].energy)
    #expect(e[1].failure == .unsupportedElement(atomicNumber: 8))
    #expect(e[2].failure == .atomsTooClose(distance: 0))
    #expect(e[3].failure == nil && e[3].energy == 0 && e[3].maxForce == 0 && e[3].maxStress == 0)
    #expect(e[4].failure == .atomsTooClose(distance: 0.06))
    #expect(e[5].failure == .noAtoms)
    // An atom among dozens of its own images: by symmetry no force, but much energy and pressure.
    #expect(e[6].failure == nil && e[6].maxForce < 1e-6 && e[6].energy > 100 && e[6].stress[0].x < 0)
  }

  @Test("several threads get what one gets")
  func threads() throws {
    let records = KIMReference.records
    let potentials = Dictionary(
      uniqueKeysWithValues: try Set(records.map(\.model)).map { ($0, try KIMPotential(model: $0)) })
    let alone = records.map { potentials[$0.model]?.evaluate([$0.crystal])[0].energy }
    let together = try parallelMap(count: 8 * records.count, threads: 4) { i in
      let record = records[i % records.count]
      return potentials[record.model]?.evaluate([record.crystal])[0].energy
    }
    for (i, energy) in together.enumerated() { #expect(energy == alone[i % records.count]) }
  }
}

/// Every model that is installed, on a random crystal of each of its elements and one of all together; FRIEZE_KIM=1, half a minute.
@Suite(
  "KIM API, every model",
  .enabled(
    if: ProcessInfo.processInfo.environment["FRIEZE_KIM"] != nil && !KIMReference.models.isEmpty, "FRIEZE_KIM is not set"))
struct KIMEveryModelTests {
  /// What is wrong with a model, in words; nil where its forces and stresses are the derivatives of its energies.
  private func complaint(_ name: String) throws -> String? {
    let potential: KIMPotential
    do throws(KIMError) {
      potential = try KIMPotential(model: name)
    } catch {
      return error == .unusable(name, reason: "it knows no element of the periodic table") ? nil : error.description
    }
    let elements = (1...Element.last).filter(potential.supports).map(UInt8.init)
    var random = SplitMix(seed: 5)
    for chosen in elements.prefix(4).map({ [$0] }) + (elements.count > 1 ? [Array(elements.prefix(4))] : []) {
      let radius = chosen.map { Element.covalentRadius(Int($0)) }.max() ?? 1
      let lattice = Lattice(lengths: Vector3(1, 1.1, 1.2) * 3.1 * radius, angles: Vector3(75, 95, 82))
      let crystal = Crystal.random(lattice, atoms: max(2, chosen.count), apart: 1.7 * radius, elements: chosen, using: &random)
      let e = potential.evaluate([crystal])[0]
      if let failure = e.failure { return "\(chosen): \(failure)" }
      let worst = try differences(of: potential, at: crystal)
      let limit = 1e-4 * max(1, e.maxForce)
      if worst.force > limit || worst.stress > limit {
        return "\(chosen): forces off by \(worst.force), stress by \(worst.stress)"
      }
    }
    return nil
  }

  @Test("almost all open, and their forces and stresses are the derivatives of their energies")
  func models() throws {
    var complaints: [String] = []
    for name in KIMReference.models {
      if let words = try complaint(name) { complaints.append("\(name) \(words)") }
    }
    print(complaints.joined(separator: "\n"))
    // Tables with kinks, atoms denser than a table goes, and divisions by zero are the models' own.
    #expect(complaints.count <= KIMReference.models.count / 30)
  }
}
