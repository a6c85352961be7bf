import Crystals
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Generators

@Suite("Templates") struct TemplateTests {
  /// The perovskite, with its sites and species in some order.
  private static func perovskite(_ sites: String) -> AsymmetricUnit { unit(221, sites, cell: 3.9) }

  @Test("the order of sites and the elements themselves make no difference; who shares an element does")
  func equality() throws {
    let template = try #require(Prototype(Self.perovskite("a Sr, b Ti, c O")))
    #expect(template == Prototype(Self.perovskite("c F, a K, b Zn")))
    #expect(template != Prototype(Self.perovskite("a Ti, b Ti, c O")))
    #expect(template.wyckoffPositions.count == 3 && Set(template.elementLabels) == [0, 1, 2])
    var unknown = Self.perovskite("a Sr, b Ti")
    unknown.sites[1].wyckoffLetter = 0
    #expect(Prototype(unknown) == nil)
  }

  @Test("anonymous formulas: reduced, rising, in any order of letters; what is none is refused")
  func anonymousFormulas() throws {
    for (text, canonical) in [
      ("ABC3", "ABC3"), ("A3BC", "ABC3"), ("A2B4", "AB2"), ("A", "A"), ("A7", "A"), ("AB", "AB"), ("A3B2", "A2B3"),
    ] {
      #expect(try AnonymousFormula(text).description == canonical, "\(text)")
    }
    for text in ["", "B", "AA", "AC", "ab", "A0B", "A-1", "3A", "NaCl", "A99999999999999999999", "A B"] {
      #expect(throws: Rejection.self, "\(text)") { try AnonymousFormula(text) }
    }
    #expect(AnonymousFormula(try #require(Prototype(Self.perovskite("a Sr, b Ti, c O")))).description == "ABC3")
  }

  @Test("labels of AFLOW's prototypes: the letters of each element; those that contradict their formula are refused")
  func labels() throws {
    let perovskite = try #require(Prototype(Self.perovskite("a Sr, b Ti, c O")))
    for label in ["AB3C_cP5_221_a_c_b", "ABC3_cP5_221_a_b_c-001", "A3BC_cP5_221_c_b_a:SrTiO3"] {
      #expect(try Prototype(label: label) == perovskite, "\(label)")
    }
    // Sites with freedom may come several times: quartz's silicon and oxygen, then a position with a number before it.
    #expect(try Prototype(label: "A2B_hP9_152_c_a").wyckoffPositions.count == 2)
    #expect(try Prototype(label: "A2BC4_oP28_62_2c_c_2cd").elementLabels.count { $0 == 0 } > 0)
    #expect(try Prototype(label: "A2BC4_oP28_62_2c_c_2cd").wyckoffPositions.count == 6)
    for (label, words) in [
      ("AB_cF8_225_a_c", "its letters make AB2, not AB"), ("AB_cF8_225_a_z", "no Wyckoff position z"),
      ("AB_cF8_231_a_b", "read as"),
      ("AB_cF8_225_a", "its letters make A"), ("AB_cF8_225_a_", "letters are missing"),
      ("AB_cF8_225_2a_b", "no free coordinate"),
      ("NaCl_cF8_225_a_b", "anonymous formula"), ("spinel", "read as"), ("AB_cF8_225_a_b3", "letters are missing"),
    ] {
      do {
        _ = try Prototype(label: label)
        Issue.record("\(label) was taken")
      } catch { #expect(error.description.contains(words), "\(label): \(error.description)") }
    }
  }

  @Test("templates are drawn as often as the training set has them, in the groups asked for")
  func drawing() throws {
    let cubic = Self.perovskite("a Sr, b Ti, c O")
    let other = Self.perovskite("a Sr, b Ti")
    let statistics = DatasetStatistics([cubic, other, cubic, cubic] + SymmBFNTests.units(6))
    #expect(statistics.prototypes.map(\.count).prefix(2) == [3, 1])
    func draw(_ index: Int, _ kind: ProposerKind, _ group: Int) throws -> Blueprint {
      try TrainingProposer(statistics, kind: kind, among: [group]).complete(Blueprint(), index: index, seed: 1)
    }
    let drawn = try (0..<400).map { try draw($0, .training, 221) }
    let three = drawn.count { $0.siteCount == 3 }
    #expect((260...340).contains(three) && drawn.allSatisfy { !$0.sites.isEmpty && $0.spaceGroup == 221 })
    #expect(try draw(0, .network, 221).sites.isEmpty)
    // A group without templates: the network says.
    #expect(try draw(0, .training, 47).sites.isEmpty)
    // What is there stays.
    let own = Blueprint(spaceGroup: 225, siteCount: 2)
    #expect(try TrainingProposer(statistics, kind: .training).complete(own, index: 3, seed: 1) == own)
  }

  @Test("samples have the template asked for: its positions, and elements shared as it says")
  func samples() throws {
    let units = SymmBFNTests.units(30)
    let statistics = DatasetStatistics(units)
    for configuration in [SymmBFNTests.configuration, SymmBFNTests.informed] {
      let sampler = SymmBFNTests.sampler(configuration, statistics)
      func blueprint(_ index: Int) throws -> Blueprint {
        try TrainingProposer(statistics, kind: .training).complete(Blueprint(), index: index, seed: 9)
      }
      var shared = 0
      for (index, sample) in try sampler.sample(group: 0, blueprint: blueprint).enumerated() {
        let skeleton = try blueprint(index)
        #expect(sample.unit.sites.map(\.siteSymmetry) == skeleton.sites.map(\.siteSymmetry))
        #expect(sample.unit.sites.map(\.multiplicity) == skeleton.sites.map(\.multiplicity))
        for (a, x) in zip(skeleton.sites, sample.unit.sites) {
          for (b, y) in zip(skeleton.sites, sample.unit.sites) {
            #expect((a.elementLabel == b.elementLabel) == (x.atomicNumber == y.atomicNumber))
          }
        }
        shared += skeleton.sites.count - Set(skeleton.sites.map(\.elementLabel)).count
      }
      #expect(shared > 0)
    }
  }

  @Test("sites of one known element have one belief, the same logits and no chance of another's element; positions are certain")
  func beliefs() throws {
    let units = SymmBFNTests.units(30).filter { $0.sites.count == 5 }
    var examples = try units.map { try TrainingExample($0) }
    for i in examples.indices { examples[i].knowsTemplate = true }
    let flow = BayesianFlow(SymmBFNTests.informed.flow, DatasetStatistics(units), form: .informed)
    let randoms = examples.indices.map { RandomStream(seed: 3, purpose: "flow", index: UInt64($0)) }
    var batch = flow.beliefs(examples, randoms: randoms, time: 1)
    flow.describe(&batch)
    let k = BeliefBatch.elementClasses
    var random = RandomStream(seed: 1, purpose: "output")
    var output = Matrix(rows: batch.graph.sites, columns: k + 1)
    for i in output.values.indices { output.values[i] = Float(random.uniform()) }
    let logits = TiedLogits(batch, .informed).output(output)
    for (b, range) in batch.graph.ranges.enumerated() {
      let (first, fourth) = (range.firstSite, range.firstSite + 3)
      #expect((0..<k).allSatisfy { batch.elements[first, $0] == batch.elements[fourth, $0] })
      #expect((0..<k).allSatisfy { logits[first, $0] == logits[fourth, $0] })
      // The second site's element is all but known at time 1: the first one's sites have lost it.
      let other = Int(examples[b].elements[1]) - 1
      let free = 0.5 * (output[first, other] + output[fourth, other]) + log(batch.elements[first, other])
      #expect(logits[first, other] < free - 3)
      for i in 0..<range.sites {
        #expect(batch.wyckoffPositions[range.firstSite + i, examples[b].wyckoffPositions[i]] == 1)
      }
      #expect(batch.ties[range.firstEdge + 3, 0] == 1 && batch.ties[range.firstEdge + 1, 1] == 1)
    }
    let scores = PositionScores(batch).output(Matrix(rows: batch.graph.sites, columns: 15 * 13 + 28))
    let p = InformedForm.positionProbabilities(scores, batch).positions
    #expect(p.count { $0 == 1 } == batch.graph.sites)
  }

  @Test("elements that balance the charge of the others stand out, by the numbers of atoms that the template has")
  func chargeBalance() throws {
    let flow = BayesianFlow(SymmBFNTests.informed.flow, DatasetStatistics(SymmBFNTests.units(30)), form: .informed)
    let letters = SpaceGroup.numbered(225).wyckoffPositions.map { Character(UnicodeScalar($0.letter)) }
    let (a, b, c) = (letters.firstIndex(of: "a"), letters.firstIndex(of: "b"), letters.firstIndex(of: "c"))
    /// Balances of the first site where the second is all but known to be an element.
    func balances(_ position: Int?, _ element: Int) throws -> [Float] {
      var batch = BeliefBatch(spaceGroups: [225], siteCounts: [2])
      batch.times[0] = 0.5
      batch.know(crystal: 0, positions: [try #require(a), try #require(position)], species: [0, 1])
      for k in 0..<100 { batch.elements[1, k] = k == element - 1 ? 0.9901 : 0.0001 }
      flow.describe(&batch)
      return (0..<100).map { batch.balances[0, $0] }
    }
    // Oxidation states of the table: Na -1 and +1, Ba +2, La +2 and +3; F -1.
    let (sodium, barium, lanthanum) = (10, 55, 56)
    let one = try balances(b, 9)
    #expect(abs(one[sodium] - log(0.5)) < 0.05 && one[barium] < -3 && one[lanthanum] < -3)
    let two = try balances(c, 9)
    #expect(abs(two[barium]) < 0.05 && abs(two[lanthanum] - log(0.5)) < 0.05 && two[sodium] < -3)
    // A template that is not known says nothing.
    var free = BeliefBatch(spaceGroups: [225], siteCounts: [2])
    free.times[0] = 0.5
    flow.describe(&free)
    #expect(free.balances.values.allSatisfy { $0 == 0 })
  }
}
