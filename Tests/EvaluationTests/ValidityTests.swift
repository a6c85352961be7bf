import Crystals
import TestSupport
import Testing

@testable import Evaluation

@Suite("Validity") struct ValidityTests {
  struct File: Decodable {
    struct Record: Decodable {
      var id: String
      var density: Double
      var volume: Double
      var elements: Int
      var shortestDistance: Double
      var structureValid: Bool
      var compositionValid: Bool
    }
    var records: [Record]
  }

  @Test("170 crystals agree with pymatgen and SMACT")
  func references() throws {
    let records = try reference("Judgement/validity.json", as: File.self).records
    let crystals = try ReferenceCrystal.records("Judgement/validity.json").map(\.crystal)
    #expect(records.count == 170)
    for (record, crystal) in zip(records, crystals) {
      let validity = Validity(of: crystal)
      #expect(validity.structure == record.structureValid, "\(record.id)")
      #expect(validity.composition == record.compositionValid, "\(record.id)")
      #expect(abs(validity.volume - record.volume) < 1e-6 * record.volume, "\(record.id)")
      #expect(abs(crystal.density - record.density) < 1e-6 * record.density, "\(record.id)")
      #expect(crystal.composition.count == record.elements, "\(record.id)")
      let distance = try #require(validity.shortestDistance)
      #expect(abs(distance - record.shortestDistance) < 1e-6, "\(record.id)")
    }
  }

  @Test("the shortest distance is that of all images, in skewed cells too", arguments: 0..<60)
  func shortestDistance(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    func vector(_ scale: Double) -> Vector3 {
      Vector3(
        Double.random(in: -scale...scale, using: &random),
        Double.random(in: -scale...scale, using: &random),
        Double.random(in: -scale...scale, using: &random))
    }
    let short = Matrix3(vector(4), vector(4), vector(4))
    guard abs(short.determinant) > 3 else { return }
    let points = [vector(1), vector(1), vector(1)]
    // All images within three cells of a short basis hold the answer; the same crystal is then written in a skewed basis.
    var expected = Double.infinity
    let reduced = niggliReduced(short)
    let change = short * reduced.inverse
    for i in points.indices {
      for j in points.indices {
        let f = (points[i] - points[j]) * change
        for n in 0..<343 {
          let image = f - f.rounded(.down) + Vector3(Double(n % 7 - 3), Double(n / 7 % 7 - 3), Double(n / 49 - 3))
          let length = (image * reduced).length
          if length > 1e-9 { expected = min(expected, length) }
        }
      }
    }
    let skew = Matrix3(Vector3(1, 3, -2), Vector3(0, 1, 4), Vector3(0, 0, 1))
    let crystal = Crystal(
      lattice: Lattice(vectors: skew * short), atomicNumbers: [1, 2, 3],
      fractionalCoordinates: points.map { $0 * skew.inverse })
    let distance = try #require(crystal.shortestDistance)
    #expect(abs(distance - expected) < 1e-9)
  }

  @Test("compositional validity is that of all combinations of oxidation states")
  func exhaustive() {
    var random = SplitMix(seed: 7)
    var valid = 0
    for _ in 0..<400 {
      var composition: [(atomicNumber: Int, count: Int)] = []
      for z in Set((0..<3).map { _ in Int.random(in: 1...94, using: &random) }).sorted() {
        composition.append((z, Int.random(in: 1...6, using: &random)))
      }
      let expected = isValidByEnumeration(composition)
      valid += expected ? 1 : 0
      #expect(Validity.isCompositionValid(composition) == expected, "\(composition)")
    }
    #expect((40..<360).contains(valid))
  }

  /// SMACT's rule word for word: every combination, every pair of elements.
  private func isValidByEnumeration(_ composition: [(atomicNumber: Int, count: Int)]) -> Bool {
    let entries = composition.compactMap { OxidationStates.of($0.atomicNumber) }
    if composition.count == 1 || entries.allSatisfy(\.isMetal) { return true }
    var combinations: [[Int]] = [[]]
    for entry in entries {
      combinations = combinations.flatMap { head in entry.states.map { head + [$0] } }
    }
    return combinations.contains { charges in
      guard zip(charges, composition).reduce(0, { $0 + $1.0 * $1.1.count }) == 0 else { return false }
      return entries.indices.allSatisfy { i in
        entries.indices.allSatisfy { j in
          guard let a = entries[i].electronegativity, let b = entries[j].electronegativity else {
            return false
          }
          return !(charges[i] > 0 && charges[j] < 0 && a >= b)
        }
      }
    }
  }

  @Test("many elements in large numbers cost nothing")
  func manyElements() {
    // Some 1e20 combinations of oxidation states.
    let metals = Array(19...31) + Array(37...49) + Array(72...82)
    let composition = [(atomicNumber: 8, count: 60)] + metals.map { (atomicNumber: $0, count: 1) }
    #expect(Validity.isCompositionValid(composition))
  }

  @Test("crystals that cannot be measured are invalid, not fatal")
  func unusable() {
    let flat = Lattice(vectors: Matrix3(Vector3(1, 0, 0), Vector3(2, 0, 0), Vector3(0, 0, 1)))
    let broken = Crystal(lattice: flat, atomicNumbers: [1], fractionalCoordinates: [.zero])
    #expect(broken.shortestDistance == nil)
    #expect(!Validity(of: broken).structure)
    let cube = Lattice(lengths: Vector3(repeating: 3), angles: Vector3(repeating: 90))
    let lost = Crystal(
      lattice: cube, atomicNumbers: [11, 17], fractionalCoordinates: [.zero, Vector3(0, .nan, 0)])
    #expect(!Validity(of: lost).structure)
    #expect(Validity(of: lost).composition)
    let empty = Crystal(lattice: cube, atomicNumbers: [], fractionalCoordinates: [])
    #expect(!Validity(of: empty).both)
    let unknown = Crystal(
      lattice: cube, atomicNumbers: [110, 8], fractionalCoordinates: [.zero, Vector3(repeating: 0.5)])
    #expect(!Validity(of: unknown).composition)
  }
}
