import Crystals
import Testing

@testable import Evaluation

@Suite("Templates") struct TemplateTests {
  private func letters(_ text: String) -> [UInt8] { Array(text.utf8) }

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
