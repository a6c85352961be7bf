import Crystals
import Testing

@testable import Evaluation

@Suite("Templates") struct TemplateTests {
  private func letters(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("a perovskite is one template from either corner")
  func perovskite() {
    // Pm-3m: A at the corner, B at the center, X on faces (c) or edges (d).
    #expect(
      LetterPermutations.canonical(letters("abd"), spaceGroup: 221)
        == LetterPermutations.canonical(letters("abc"), spaceGroup: 221))
    #expect(
      LetterPermutations.canonical(letters("acd"), spaceGroup: 221)
        != LetterPermutations.canonical(letters("abc"), spaceGroup: 221))
  }

  @Test("the eight inversion centers of P-1 are alike")
  func triclinic() {
    for letter in "abcdefgh".utf8 {
      #expect(LetterPermutations.canonical([letter], spaceGroup: 2) == letters("a"))
    }
    #expect(LetterPermutations.canonical(letters("i"), spaceGroup: 2) == letters("i"))
  }

  @Test("renamed positions keep multiplicity and freedom, and renaming is one to one", arguments: 1...230)
  func permutations(number: Int) {
    let group = SpaceGroup.numbered(number)
    let all = LetterPermutations.of(number)
    #expect(all.contains { $0 == (0..<128).map { UInt8($0) } })
    for table in all {
      let images = group.wyckoffPositions.map { table[Int($0.letter)] }
      #expect(Set(images).count == images.count)
      for (position, image) in zip(group.wyckoffPositions, images) {
        let other = group.wyckoffPosition(letter: image)
        #expect(other?.multiplicity == position.multiplicity)
        #expect(other?.degreesOfFreedom == position.degreesOfFreedom)
      }
    }
  }

  @Test("a crystal keeps its template when origin and cell change")
  func disguise() throws {
    let crystals = try MetricsTests.crystals()
    let shear = Matrix3(Vector3(1, 1, 0), Vector3(0, 1, -1), Vector3(0, 0, 1))
    var same = 0
    var compared = 0
    for crystal in crystals {
      let other = Crystal(
        lattice: Lattice(vectors: shear * crystal.lattice.vectors),
        atomicNumbers: crystal.atomicNumbers.reversed(),
        fractionalCoordinates: crystal.fractionalCoordinates.reversed().map {
          (($0 + Vector3(0.31, 0.17, 0.77)) * shear.inverse).wrapped
        })
      guard let a = try? AsymmetricUnit.standardize(crystal, symprec: 0.1).unit,
        let b = try? AsymmetricUnit.standardize(other, symprec: 0.1).unit,
        a.spaceGroup == b.spaceGroup, let first = Template(a), let second = Template(b)
      else { continue }
      compared += 1
      if first == second { same += 1 }
    }
    #expect(compared > 140)
    #expect(same == compared)
  }
}
