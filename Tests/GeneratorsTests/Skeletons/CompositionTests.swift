import Crystals
import Foundation
import Networks
import Tensors
import Testing

@testable import Generators

@Suite("Samples of a composition") struct CompositionTests {
  /// Units on positions of their groups: what a training set is.
  static let units: [AsymmetricUnit] = {
    var random = RandomStream(seed: 4, purpose: "units")
    return (0..<240).map { i in
      let number = [2, 12, 62, 139, 166, 225][i % 6]
      let positions = SpaceGroup.numbered(number).wyckoffPositions
      // Half of all sites on the first two positions, the others anywhere.
      let sites = (0..<(1 + i % 9)).map { _ in
        let position = positions[Int(random.uniform() * Double(random.uniform() < 0.5 ? 2 : positions.count))]
        return Site(
          atomicNumber: UInt8(1 + Int(random.uniform() * 60)),
          position: Vector3(random.uniform(), random.uniform(), random.uniform()),
          siteSymmetry: position.members[0].siteSymmetry, wyckoffLetter: position.letter, multiplicity: position.multiplicity)
      }
      let k = [0.02, -0.03, 0.01, 0.05, -0.04, 1.9 + 0.02 * random.uniform()]
      return AsymmetricUnit(
        spaceGroup: number, latticeLogMetric: LatticeLogMetric(k: k).constrained(to: number), sites: sites)
    }
  }()

  private static let prior = SkeletonPrior(DatasetStatistics(units))

  @Test(
    "skeletons have the composition, a group that holds it, and no position without freedom twice",
    arguments: [
      ("NaCl", []), ("SrTiO3", []), ("LiFePO4", [62]), ("CaF2", [225]), ("Al2O3", [166, 12]), ("Fe", [1, 139]),
    ])
  func skeletons(text: String, among: [Int]) throws {
    let formula = try Formula(text)
    let sampler = try CompositionProposer(formula, among: among, prior: Self.prior)
    #expect(Set(sampler.spaceGroups).isSubset(of: among.isEmpty ? [2, 12, 62, 139, 166, 225] : Set(among)))
    var seen: [Blueprint] = []
    for index in 0..<40 {
      let skeleton = try sampler.complete(Blueprint(), index: index, seed: 3)
      #expect(try skeleton == sampler.complete(Blueprint(), index: index, seed: 3))
      let number = try #require(skeleton.spaceGroup)
      #expect(sampler.spaceGroups.contains(number) && skeleton.sites.count <= Self.prior.mostSites)
      let units = try #require(skeleton.atoms[formula.elements[0]]) / formula.counts[0]
      #expect(skeleton.atoms == Dictionary(uniqueKeysWithValues: zip(formula.elements, formula.counts.map { units * $0 })))
      let group = SpaceGroup.numbered(number)
      for code in Set(skeleton.sites.map(\.siteSymmetry)) {
        let positions = group.wyckoffPositions.filter { $0.members[0].siteSymmetry == code }
        #expect(
          positions.contains { $0.degreesOfFreedom > 0 }
            || skeleton.sites.count { $0.siteSymmetry == code } <= positions.count)
      }
      seen.append(skeleton)
    }
    #expect(text == "CaF2" || seen.contains { $0 != seen[0] })
  }

  @Test("the number of formula units, and what a primitive cell holds, are kept")
  func contents() throws {
    let salt = try Formula("NaCl")
    let four = try CompositionProposer(salt, content: .formulaUnits(4), prior: Self.prior)
    let two = try CompositionProposer(Formula("Na2Cl2"), content: .primitiveCell, prior: Self.prior)
    var random = RandomStream(seed: 1, purpose: "test")
    for _ in 0..<30 {
      #expect(four.draw(&random).atoms == [11: 4, 17: 4])
      let skeleton = two.draw(&random)
      #expect(skeleton.atoms[11] == 2 * SpaceGroup.numbered(try #require(skeleton.spaceGroup)).centrings)
    }
  }

  @Test("shares of positions come back from the counts of their operations")
  func shares() {
    for number in [12, 139, 225] {
      let sites = Self.units.filter { $0.spaceGroup == number }.flatMap(\.sites)
      let positions = SpaceGroup.numbered(number).wyckoffPositions
      for code in Set(positions.map { $0.members[0].siteSymmetry }) {
        let own = positions.indices.filter { positions[$0].members[0].siteSymmetry == code }
        let share = own.reduce(0) { $0 + Self.prior.positions[number][$1] }
        let counted = Double(sites.count { $0.siteSymmetry == code }) / Double(sites.count)
        #expect(abs(share - counted) < 0.05, "group \(number): \(share), counted \(counted)")
      }
    }
  }

  @Test("what can't be says so by name")
  func failures() throws {
    func failure(_ text: String, _ content: CompositionProposer.Content = .any, _ among: [Int]) throws -> Rejection? {
      let formula = try Formula(text)
      do throws(Rejection) {
        _ = try CompositionProposer(formula, content: content, among: among, prior: Self.prior)
        return nil
      } catch { return error }
    }
    let salt = try #require(try failure("NaCl", .formulaUnits(1), [225]))
    #expect(salt.code == "incompatible" && salt.description.contains("NaCl") && salt.description.contains("225 (Fm-3m)"))
    #expect(try failure("NaCl", .formulaUnits(4), [225]) == nil)
    #expect(try failure("C17H19O23N29", .any, [1])?.code == "too_many_sites")
    #expect(try failure("Md", .any, [])?.code == "unknown_element")
  }

  @Test("every sample reconstructs to the composition in its group, whatever the network says")
  func reconstruct() throws {
    let sampler = SymmBFNTests.sampler(SymmBFNTests.configuration, DatasetStatistics(Self.units))
    let formulas = try ["NaCl", "SrTiO3", "Al2O3", "Fe"].map { try CompositionProposer(Formula($0), prior: Self.prior) }
    var accepted = 0
    for group in 0..<4 {
      let predicted = try sampler.sample(group: group) { try formulas[$0 % 4].complete(Blueprint(), index: $0, seed: 9) }
      let again = try sampler.sample(group: group) { try formulas[$0 % 4].complete(Blueprint(), index: $0, seed: 9) }
      #expect(predicted.map(\.unit.sites) == again.map(\.unit.sites))
      for (i, sample) in predicted.enumerated() {
        let skeleton = try formulas[i % 4].complete(Blueprint(), index: 32 * group + i, seed: 9)
        #expect(sample.unit.spaceGroup == skeleton.spaceGroup)
        #expect(sample.unit.sites.map(\.atomicNumber) == skeleton.sites.map(\.element))
        #expect(sample.unit.sites.map(\.siteSymmetry) == skeleton.sites.map(\.siteSymmetry))
        // A network without training: far too small cells are what can go wrong.
        var unit = sample.unit
        unit.latticeLogMetric = LatticeLogMetric(k: [0, 0, 0, 0, 0, 2.6]).constrained(to: unit.spaceGroup)
        for choice in [PositionChoice.code, .probability(deviation: 0.3)] {
          let result = try unit.reconstruct(.init(choice: choice), probabilities: sample.siteSymmetryProbabilities[...])
          var atoms: [UInt8: Int] = [:]
          for z in result.crystal.atomicNumbers { atoms[z, default: 0] += 1 }
          #expect(atoms == skeleton.atoms && result.crystal.spaceGroup == skeleton.spaceGroup)
          accepted += 1
        }
      }
    }
    #expect(accepted == 256)
  }

  @Test("samples with and without a skeleton stand side by side")
  func freeOnes() throws {
    let sampler = SymmBFNTests.sampler(SymmBFNTests.configuration, DatasetStatistics(Self.units))
    let formula = try CompositionProposer(Formula("NaCl"), content: .formulaUnits(4), among: [225], prior: Self.prior)
    let mixed = try sampler.sample(group: 0) { index in
      index.isMultiple(of: 2)
        ? Blueprint(spaceGroup: 225, siteCount: 2) : try formula.complete(Blueprint(), index: index, seed: 9)
    }
    let known = mixed.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element.unit)
    #expect(known.allSatisfy { Set($0.sites.map(\.atomicNumber)) == [11, 17] && $0.sites.allSatisfy { $0.multiplicity > 0 } })
    let free = mixed.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element.unit)
    #expect(free.contains { Set($0.sites.map(\.atomicNumber)) != [11, 17] })
    #expect(free.allSatisfy { $0.sites.allSatisfy { $0.multiplicity == 0 } })
  }

  @Test("a lattice, and the elements that may occur, are obeyed")
  func latticeAndElements() throws {
    for configuration in [SymmBFNTests.configuration, SymmBFNTests.informed] {
      let sampler = SymmBFNTests.sampler(configuration, DatasetStatistics(Self.units))
      let lattice = LatticeLogMetric(k: [0.3, 0.2, -0.1, 0.15, -0.05, 1.9])
      let samples = sampler.sample(group: 0) { index in
        var blueprint = Blueprint(spaceGroup: [2, 62, 225][index % 3], siteCount: 3)
        blueprint.lattice = lattice
        if index.isMultiple(of: 2) {
          blueprint.chemistry.allowedElements = [8, 12, 26]
        } else {
          blueprint.chemistry.excludedElements = [8, 12, 26]
        }
        return blueprint
      }
      for (index, sample) in samples.enumerated() {
        let expected = lattice.constrained(to: sample.unit.spaceGroup).k
        #expect(zip(sample.unit.latticeLogMetric.k, expected).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(sample.unit.sites.allSatisfy { [8, 12, 26].contains($0.atomicNumber) == index.isMultiple(of: 2) })
      }
    }
    // A composition whose elements may not occur has no blueprint.
    let salt = try CompositionProposer(Formula("NaCl"), prior: Self.prior)
    var blueprint = Blueprint()
    blueprint.chemistry.excludedElements = [17]
    #expect(throws: Rejection.self) { try salt.complete(blueprint, index: 0, seed: 1) }
  }
}
