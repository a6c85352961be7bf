import Foundation
import TestSupport
import Testing

@testable import Crystals

/// For each pair of elements (a, b) and k = 1...8 the distances of the k-th nearest b from every a, sorted over the a: the same for
/// two descriptions of a crystal, and no more different than the atoms are displaced.
struct NeighborDistances {
  private var lists: [[Int]: [Double]] = [:]

  init(_ crystal: Crystal) {
    let lattice = crystal.lattice.reduced()
    let inverse = lattice.change.inverse
    let points = crystal.fractionalCoordinates.map { ($0 * inverse).wrapped }
    let elements = Set(crystal.atomicNumbers).sorted()
    for (i, p) in points.enumerated() {
      var distances: [UInt8: [Double]] = [:]
      for (j, q) in points.enumerated() {
        for a in -3...3 {
          for b in -3...3 {
            for c in -3...3 where !(i == j && (a, b, c) == (0, 0, 0)) {
              let d = lattice.lattice.cartesian(q - p + Vector3(Double(a), Double(b), Double(c)))
              distances[crystal.atomicNumbers[j], default: []].append(d.length)
            }
          }
        }
      }
      for z in elements {
        for (k, d) in (distances[z] ?? []).sorted().prefix(8).enumerated() {
          lists[[Int(crystal.atomicNumbers[i]), Int(z), k], default: []].append(d)
        }
      }
    }
    for key in lists.keys { lists[key]?.sort() }
  }

  /// The largest difference in angstrom; infinite where the crystals have other numbers of atoms.
  func difference(to other: Self) -> Double {
    guard Set(lists.keys) == Set(other.lists.keys) else { return .infinity }
    var most = 0.0
    for (key, list) in lists {
      guard let second = other.lists[key], second.count == list.count else { return .infinity }
      for (a, b) in zip(list, second) { most = max(most, abs(a - b)) }
    }
    return most
  }
}

/// The same crystal in another basis, with another origin, its atoms in another order and displaced.
func disguised(_ crystal: Crystal, noise: Double, random: inout SplitMix) -> Crystal {
  var change = Matrix3.identity
  for _ in 0..<4 {
    let i = Int.random(in: 0..<3, using: &random)
    let j = (i + Int.random(in: 1..<3, using: &random)) % 3
    change[i] += Double.random(in: 0..<1, using: &random) < 0.5 ? change[j] : -change[j]
  }
  let lattice = Lattice(vectors: change * crystal.lattice.vectors)
  let inverse = change.inverse
  let toFractional = lattice.vectors.inverse
  let origin = Vector3(
    Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random)
  )
  let order = crystal.atomicNumbers.indices.shuffled(using: &random)
  return Crystal(
    lattice: lattice, atomicNumbers: order.map { crystal.atomicNumbers[$0] },
    fractionalCoordinates: order.map { i in
      let d = Vector3(
        Double.random(in: -1..<1, using: &random), Double.random(in: -1..<1, using: &random),
        Double.random(in: -1..<1, using: &random))
      return (crystal.fractionalCoordinates[i] * inverse + origin + (noise * d) * toFractional).wrapped
    })
}

@Suite("Symmetry search") struct SymmetrySearchTests {
  @Test("agrees with spglib on crystals of every group, in any basis, with noise", arguments: 1...230)
  func twin(number: Int) throws {
    var random = SplitMix(seed: UInt64(number))
    for index in 0..<3 {
      let given = crystal(inGroup: number, position: 7 * index, random: &random)
      let input = disguised(given, noise: index == 0 ? 0 : 0.003, random: &random)
      // Our own search has to find it: the way out to spglib would hide that it does not.
      let own = try #require(SymmetrySearch.standardized(input, tolerance: 0.02))
      let twin = try #require(SymmetrySearch(spglib: input, symprec: 0.02))
      #expect(own.spaceGroup == number && twin.spaceGroup == number)
      try #require(own.count == twin.standard.count)
      if own.count <= 64 {
        // Ours is the mean over all images of an atom, spglib's comes from one atom of an orbit and carries more of the noise.
        #expect(NeighborDistances(own).difference(to: NeighborDistances(twin.standard)) < 0.04)
        #expect(NeighborDistances(own).difference(to: NeighborDistances(given)) < 0.02)
      }
    }
  }

  @Test("atoms of an idealised cell are exact images of each other", arguments: 1...230)
  func idealised(number: Int) throws {
    var random = SplitMix(seed: UInt64(number))
    let input = disguised(crystal(inGroup: number, position: 1, random: &random), noise: 0.003, random: &random)
    let own = try #require(SymmetrySearch.standardized(input, tolerance: 0.02))
    let index = AtomIndex(own.lattice, own.atomicNumbers, own.fractionalCoordinates, tolerance: 1e-9)
    for g in SpaceGroup.numbered(number).operations {
      #expect(index.permutation(g.rotationMatrix, g(.zero)) != nil)
      let turned = g.rotationMatrix.transpose * own.lattice.metric * g.rotationMatrix
      #expect((turned + -1 * own.lattice.metric).largest < 1e-9)
    }
  }

  @Test("supercells of any shape come down to the primitive cell")
  func supercells() throws {
    let salt = try onlyCrystal(cif())
    for (i, j, k) in [(1, 1, 1), (2, 1, 1), (1, 5, 2), (6, 6, 6), (40, 1, 1)] {
      let size = Vector3(Double(i), Double(j), Double(k))
      var large = Crystal(lattice: salt.lattice, atomicNumbers: [], fractionalCoordinates: [])
      for axis in 0..<3 { large.lattice.vectors[axis] *= size[axis] }
      for a in 0..<i {
        for b in 0..<j {
          for c in 0..<k {
            for (z, x) in zip(salt.atomicNumbers, salt.fractionalCoordinates) {
              large.append([(x + Vector3(Double(a), Double(b), Double(c))) / size], atomicNumber: z, orbit: 0)
            }
          }
        }
      }
      let cell = try #require(PrimitiveCell(large, tolerance: 0.01))
      #expect(cell.atomicNumbers.count == 2 && abs(cell.lattice.volume - salt.lattice.volume / 4) < 1e-6)
      let search = try SymmetrySearch(large, symprec: 0.01)
      #expect(search.spaceGroup == 225 && search.standard.count == 8 && abs(search.volumeRatio - 1) < 1e-6)
    }
  }

  @Test("a reduced basis has the shortest vectors of the lattice")
  func reduction() {
    var random = SplitMix(seed: 3)
    for _ in 0..<300 {
      func number() -> Double { Double.random(in: -5..<5, using: &random) }
      let lattice = Lattice(
        vectors: Matrix3(
          Vector3(number(), number(), number()), Vector3(number(), number(), number()), Vector3(number(), number(), number())))
      let (reduced, change) = lattice.reduced()
      #expect(abs(change.determinant).rounded() == 1 && change.rounded == change && reduced.vectors.determinant > 0)
      #expect((change * lattice.vectors + -1 * reduced.vectors).largest < 1e-9)
      let lengths = reduced.lengths
      #expect(lengths.x <= lengths.y + 1e-9 && lengths.y <= lengths.z + 1e-9)
      for i in -3...3 {
        for j in -3...3 {
          for k in -3...3 {
            let length = reduced.cartesian(Vector3(Double(i), Double(j), Double(k))).length + 1e-9
            // A vector that needs c is no shorter than c, one that needs b no shorter than b.
            if k != 0 { #expect(length >= lengths.z) } else if j != 0 { #expect(length >= lengths.y) }
          }
        }
      }
    }
  }

  @Test("reduction ends where lengths tie")
  func ties() {
    for number in 1...230 {
      let setting = StandardSetting.numbered(number)
      let cell = LatticeLogMetric(k: [0.11, -0.07, 0.05, 0.08, 0.06, 2.1]).constrained(to: number).lattice
      let primitive = Lattice(vectors: setting.primitiveBasis.transpose * cell.vectors).reduced().lattice
      let again = primitive.reduced()
      #expect(again.change == .identity || (again.lattice.lengths - primitive.lengths).length < 1e-9)
      let operations = SpaceGroup.numbered(number).operations.count / setting.centrings.count
      #expect(primitive.rotations(tolerance: 1e-6).count.isMultiple(of: operations), "\(number)")
    }
  }

  @Test("equations modulo one are solved")
  func diagonalForm() {
    var random = SplitMix(seed: 4)
    for _ in 0..<500 {
      let rows = Int.random(in: 3...9, using: &random)
      let matrix = (0..<rows).map { _ in (0..<3).map { _ in Int.random(in: -2...2, using: &random) } }
      let x = [0.3123, -0.2718, 0.1414]
      let b = matrix.map { row in
        zip(row, x).reduce(0) { $0 + Double($1.0) * $1.1 } + Double(Int.random(in: -3...3, using: &random))
      }
      let found = DiagonalForm(matrix).solve(b)
      for (row, value) in zip(matrix, b) {
        let rest = Double(row[0]) * found.x + Double(row[1]) * found.y + Double(row[2]) * found.z - value
        #expect(abs(rest - rest.rounded()) < 1e-9)
      }
    }
  }

  @Test("nothing that is no crystal is taken")
  func rejections() {
    let cube = Lattice(lengths: Vector3(repeating: 4), angles: Vector3(repeating: 90))
    for crystal in [
      Crystal(lattice: cube, atomicNumbers: [], fractionalCoordinates: []),
      Crystal(lattice: Lattice(vectors: Matrix3(.zero, .zero, .zero)), atomicNumbers: [1], fractionalCoordinates: [.zero]),
      Crystal(
        lattice: cube, atomicNumbers: [11, 11], fractionalCoordinates: [.zero, Vector3(0.001, 0, 0)]),
    ] {
      #expect(throws: Rejection.self) { try SymmetrySearch(crystal, symprec: 0.1) }
    }
  }
}
