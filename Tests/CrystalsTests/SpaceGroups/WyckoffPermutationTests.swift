import Foundation
import TestSupport
import Testing

@testable import Crystals

@Suite("Permutations of Wyckoff positions") struct WyckoffPermutationTests {
  private func letters(_ text: String, _ number: Int, _ rule: NormalizerRule = .affine) -> String {
    let group = SpaceGroup.numbered(number)
    let sites = text.utf8.map { (element: UInt8(0), wyckoffPosition: group.positionIndex(lettered: $0) ?? 0) }
    let canonical = group.canonical(sites, rule).map { group.wyckoffPositions[$0.wyckoffPosition].letter }
    return String(decoding: canonical, as: UTF8.self)
  }

  @Test("a perovskite is one template from either corner")
  func perovskite() {
    // Pm-3m: A at the corner, B at the center, X on faces (c) or edges (d).
    #expect(letters("abd", 221) == letters("abc", 221))
    #expect(letters("acd", 221) != letters("abc", 221))
  }

  @Test("the eight inversion centers of P-1 are alike")
  func triclinic() {
    for letter in "abcdefgh" { #expect(letters(String(letter), 2) == "a" && letters(String(letter), 2, .standard) == "a") }
    #expect(letters("i", 2) == "i")
  }

  @Test("renamed positions keep multiplicity and freedom, and renaming is one to one", arguments: 1...230)
  func permutations(number: Int) {
    let positions = SpaceGroup.numbered(number).wyckoffPositions
    for rule in NormalizerRule.allCases {
      let all = SpaceGroup.numbered(number).wyckoffPermutations(rule)
      #expect(all[0] == Array(positions.indices) && Set(all).count == all.count)
      for permutation in all {
        #expect(Set(permutation).count == positions.count)
        for (old, new) in permutation.enumerated() {
          #expect(positions[old].multiplicity == positions[new].multiplicity)
          #expect(positions[old].degreesOfFreedom == positions[new].degreesOfFreedom)
        }
      }
    }
  }

  @Test("their numbers, 150 structures' canonical templates and 60 pairs are as an independent search finds them")
  func fixtures() throws {
    let known = try reference("SpaceGroups/templates.json", as: TemplateReference.self)
    for number in 1...230 {
      let group = SpaceGroup.numbered(number)
      #expect(group.wyckoffPermutations(.standard).count == known.orders.standard[number - 1], "group \(number)")
      guard number < 16 else { continue }
      #expect(group.wyckoffPermutations(.affine).count == known.orders.affine[number - 1], "group \(number)")
    }
    for structure in known.structures {
      let group = SpaceGroup.numbered(structure.group)
      let sites = structure.sites.map { site(of: group, $0) }
      func text(_ rule: NormalizerRule, elements: Bool) -> [String] {
        group.canonical(sites.map { (elements ? $0.element : 0, $0.wyckoffPosition) }, rule).map {
          "\($0.element) \(Character(UnicodeScalar(group.wyckoffPositions[$0.wyckoffPosition].letter)))"
        }
      }
      #expect(text(.standard, elements: false) == structure.templateCanonical.map { "0 \($0)" }, "\(structure.id)")
      #expect(
        text(.standard, elements: true) == structure.geneCanonical.map { "\($0.element) \($0.letter)" }, "\(structure.id)")
      #expect(text(.affine, elements: true) == structure.geneAffine.map { "\($0.element) \($0.letter)" }, "\(structure.id)")
    }
    for pair in known.pairs {
      let group = SpaceGroup.numbered(pair.group)
      func isSame(_ rule: NormalizerRule) -> Bool {
        let (a, b) = (pair.a.map { site(of: group, $0) }, pair.b.map { site(of: group, $0) })
        return group.canonical(a, rule).elementsEqual(group.canonical(b, rule)) { $0 == $1 }
      }
      #expect(isSame(.standard) == pair.equivalent && isSame(.affine) == pair.affine, "group \(pair.group)")
    }
  }

  private func site(of group: SpaceGroup, _ site: TemplateReference.Site) -> (element: UInt8, wyckoffPosition: Int) {
    (site.element, site.letter.utf8.first.flatMap { group.positionIndex(lettered: $0) } ?? -1)
  }
}

/// `Tests/References/templates.json`: canonical Wyckoff sequences by a search of the normalizers with spglib 2.5.0 and PyXtal 0.6.7.
private struct TemplateReference: Decodable {
  struct Site: Decodable {
    let element: UInt8
    let letter: String

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      (element, letter) = (try values.decode(UInt8.self), try values.decode(String.self))
    }
  }
  struct Orders: Decodable {
    let standard: [Int]
    let affine: [Int]
    enum CodingKeys: String, CodingKey {
      case standard
      case affine = "affine_1_15"
    }
  }
  struct Structure: Decodable {
    let id: String
    let group: Int
    let sites: [Site]
    let templateCanonical: String
    let geneCanonical: [Site]
    let geneAffine: [Site]
    enum CodingKeys: String, CodingKey {
      case id, group, sites
      case templateCanonical = "template_canonical"
      case geneCanonical = "gene_canonical"
      case geneAffine = "gene_affine"
    }
  }
  struct Pair: Decodable {
    let group: Int
    let a: [Site]
    let b: [Site]
    let equivalent: Bool
    let affine: Bool
  }
  let orders: Orders
  let structures: [Structure]
  let pairs: [Pair]
}
