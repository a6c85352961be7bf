import Crystals
import TestSupport
import Testing

@testable import Evaluation

@Suite("Fingerprints") struct FingerprintTests {
  struct File: Decodable {
    var composition: [[Double?]]
    var structure: [[Double]]
    var structureLabels: [String]
  }

  @Test("Magpie fingerprints of 170 crystals agree with matminer")
  func composition() throws {
    let expected = try reference("Judgement/fingerprints.json", as: File.self).composition
    let crystals = try ReferenceCrystal.records("Judgement/validity.json").map(\.crystal)
    #expect(expected.count == 170)
    for (crystal, row) in zip(crystals, expected) {
      let found = CompositionFingerprint.of(crystal)
      // A noble gas has no electronegativity.
      guard !row.contains(nil) else {
        #expect(found == nil)
        continue
      }
      let values = try #require(found)
      #expect(values.count == CompositionFingerprint.count && row.count == values.count)
      for (value, wanted) in zip(values, row.compactMap { $0 }) {
        #expect(abs(value - wanted) <= 1e-6 * max(1, abs(wanted)))
      }
    }
  }

  @Test("structure fingerprints of 170 crystals agree with matminer")
  func structure() throws {
    let file = try reference("Judgement/fingerprints.json", as: File.self)
    let crystals = try ReferenceCrystal.records("Judgement/validity.json").map(\.crystal)
    var disagreeing: [Int] = []
    for (index, (crystal, row)) in zip(crystals, file.structure).enumerated() {
      let values = try #require(StructureFingerprint.of(crystal))
      #expect(values.count == StructureFingerprint.count && row.count == values.count)
      let error = zip(values, row).reduce(0) { $0 + abs($1.0 - $1.1) } / 61
      if error >= 1e-3 { disagreeing.append(index) }
    }
    #expect(disagreeing.isEmpty, "\(disagreeing)")
  }

  @Test("a Voronoi cell fills its share of space and its faces the sphere", arguments: 0..<20)
  func voronoi(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    func vector() -> Vector3 {
      Vector3(
        Double.random(in: -1...1, using: &random), Double.random(in: -1...1, using: &random),
        Double.random(in: -1...1, using: &random))
    }
    let basis = Matrix3(3 * vector(), 3 * vector(), 3 * vector())
    guard abs(basis.determinant) > 4 else { return }
    let reduced = niggliReduced(basis)
    var neighbors: [Vector3] = []
    for n in 0..<343 where n != 171 {
      let indices = Vector3(Double(n % 7 - 3), Double(n / 7 % 7 - 3), Double(n / 49 - 3))
      neighbors.append(indices * reduced)
    }
    neighbors.sort { $0.length < $1.length }
    let cell = VoronoiCell(neighbors: neighbors)
    #expect(cell.isClosed)
    var volume = 0.0
    var angle = 0.0
    for face in cell.faces {
      let measure = face.areaAndSolidAngle
      volume += measure.area * neighbors[face.neighbor].length / 6
      angle += measure.solidAngle
    }
    #expect(abs(volume - abs(basis.determinant)) < 1e-6 * abs(basis.determinant))
    #expect(abs(angle - 4 * .pi) < 1e-6)
  }

  @Test("ideal surroundings score one in their own motif")
  func motifs() throws {
    let cube = Lattice(lengths: Vector3(repeating: 4.2), angles: Vector3(repeating: 90))
    let salt = Crystal(
      lattice: cube,
      atomicNumbers: [12, 12, 12, 12, 8, 8, 8, 8],
      fractionalCoordinates: [
        Vector3(0, 0, 0), Vector3(0, 0.5, 0.5), Vector3(0.5, 0, 0.5), Vector3(0.5, 0.5, 0),
        Vector3(0.5, 0.5, 0.5), Vector3(0.5, 0, 0), Vector3(0, 0.5, 0), Vector3(0, 0, 0.5),
      ])
    let labels = try reference("Judgement/fingerprints.json", as: File.self).structureLabels
    let values = try #require(StructureFingerprint.of(salt))
    let octahedral = try #require(labels.firstIndex(of: "octahedral CN_6"))
    let six = try #require(labels.firstIndex(of: "wt CN_6"))
    #expect(values[six] > 0.99 && abs(values[octahedral] - values[six]) < 1e-9)
    // The same crystal turned and in another cell has the same fingerprint.
    let shear = Matrix3(Vector3(1, 2, 0), Vector3(0, 1, 1), Vector3(0, 0, 1))
    let turned = Crystal(
      lattice: Lattice(vectors: shear * salt.lattice.vectors), atomicNumbers: salt.atomicNumbers,
      fractionalCoordinates: salt.fractionalCoordinates.map { $0 * shear.inverse })
    let same = try #require(StructureFingerprint.of(turned))
    #expect(zip(values, same).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test("a crystal covers itself; a crystal without fingerprints covers nothing")
  func coverage() throws {
    let file = try reference("Judgement/fingerprints.json", as: File.self)
    var prints: [Coverage.Fingerprints?] = []
    for (structure, composition) in zip(file.structure, file.composition).prefix(40) {
      prints.append(
        Coverage.Fingerprints(structure: structure, composition: composition.compactMap { $0 }))
    }
    let itself = try Coverage(generated: prints, reference: prints)
    #expect(itself.recalled == 40 && itself.precise == 40)
    let half = try Coverage(generated: Array(prints.prefix(20)) + [nil], reference: prints + [nil])
    #expect(half.generated == 21 && half.reference == 40 && half.precise == 20)
    // Counted the slow way: both least distances within their cut-offs.
    func distance(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    let some = prints.compactMap { $0 }
    let recalled = some.count { target in
      some.prefix(20).contains { distance($0.structure, target.structure) <= 0.4 }
        && some.prefix(20).contains {
          distance(
            CompositionScaler.scaled($0.composition), CompositionScaler.scaled(target.composition))
            <= 10
        }
    }
    #expect(half.recalled == recalled && recalled >= 20)
    #expect(try Coverage(generated: [], reference: []).recalled == 0)
  }
}
