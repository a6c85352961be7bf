import TestSupport
import Testing

@testable import Crystals

@Suite("Compositions that a group can hold") struct CompositionCompatibilityTests {
  /// Counts assignments position by position, without any idea.
  private func bruteForce(_ group: SpaceGroup, _ atoms: [Int], from index: Int = 0) -> Int {
    if index == group.wyckoffPositions.count { return atoms.allSatisfy { $0 == 0 } ? 1 : 0 }
    let position = group.wyckoffPositions[index]
    let m = position.multiplicity
    if position.degreesOfFreedom == 0 {
      var sum = bruteForce(group, atoms, from: index + 1)
      for e in atoms.indices where atoms[e] >= m {
        var rest = atoms
        rest[e] -= m
        sum += bruteForce(group, rest, from: index + 1)
      }
      return sum
    }
    func distribute(_ element: Int, _ rest: [Int]) -> Int {
      if element == rest.count { return bruteForce(group, rest, from: index + 1) }
      var sum = 0
      for n in 0...(rest[element] / m) {
        var next = rest
        next[element] -= n * m
        sum += distribute(element + 1, next)
      }
      return sum
    }
    return distribute(0, atoms)
  }

  /// Whether an assignment has the atoms asked for and no position without freedom twice.
  private func isSound(_ assignment: [[Int]], _ group: SpaceGroup, _ atoms: [Int]) -> Bool {
    let positions = group.wyckoffPositions
    let sums = assignment.map { $0.reduce(0) { $0 + positions[$1].multiplicity } }
    let fixed = assignment.joined().filter { positions[$0].degreesOfFreedom == 0 }
    return sums == atoms && Set(fixed).count == fixed.count
  }

  @Test("as many assignments as brute force finds", arguments: [1, 2, 12, 14, 47, 62, 123, 139, 166, 194, 221, 225, 227])
  func counts(number: Int) {
    let group = SpaceGroup.numbered(number)
    let solver = CompositionCompatibility(group)
    for atoms in [
      [1], [2], [3], [4, 2], [1, 1], [8, 4], [2, 3, 4], [3, 5], [12], [4, 4, 12], [8, 16], [6, 6, 6], [1, 1, 3], [7, 6],
    ] {
      // Groups with many positions of one multiplicity have too many assignments to count one by one.
      let limit = [2: 8, 12: 12, 47: 5, 62: 12, 123: 6, 139: 10][number] ?? 24
      if atoms.reduce(0, +) > limit { continue }
      let expected = bruteForce(group, atoms)
      #expect(solver.assignmentCount(atoms) == Double(expected), "\(atoms)")
      let assignment = solver.assignment(atoms)
      #expect((assignment != nil) == (expected > 0))
      if let assignment { #expect(isSound(assignment, group, atoms)) }
    }
  }

  @Test("whatever is put on positions can be found", arguments: 1...230)
  func consistency(number: Int) throws {
    let group = SpaceGroup.numbered(number)
    let solver = CompositionCompatibility(group)
    var random = SplitMix(seed: UInt64(number))
    for _ in 0..<20 {
      var unused = Set(group.wyckoffPositions.indices)
      var atoms = [0, 0, 0]
      for _ in 0..<6 {
        let index = Int.random(in: 0..<group.wyckoffPositions.count, using: &random)
        let position = group.wyckoffPositions[index]
        if position.degreesOfFreedom == 0, unused.remove(index) == nil { continue }
        atoms[Int.random(in: 0..<3, using: &random)] += position.multiplicity
      }
      let first = try #require(solver.assignment(atoms))
      #expect(isSound(first, group, atoms))
      let drawn = try #require(solver.randomAssignment(atoms, using: &random))
      #expect(isSound(drawn, group, atoms))
    }
    // One atom a cell needs a position of multiplicity one.
    #expect(solver.isCompatible([1]) == group.wyckoffPositions.contains { $0.multiplicity == 1 })
    #expect(!solver.isCompatible([-1]) && solver.isCompatible([0, 0]) && solver.assignment([]) == [])
  }

  @Test("odd numbers in group 221, which has four odd positions")
  func odd() throws {
    // 15, 16, 17, 21 (PyXtal, issue 305): three odd elements, four odd positions 1a 1b 3c 3d, the rest of even multiplicity.
    let group = SpaceGroup.numbered(221)
    let solver = CompositionCompatibility(group)
    #expect(isSound(try #require(solver.assignment([15, 16, 17, 21])), group, [15, 16, 17, 21]))
    #expect(!solver.isCompatible([15, 17, 19, 21, 23]))
    #expect(solver.isCompatible([15, 17, 19, 21]))
    // 2 is 1a + 1b and 4 is 1 + 3; 10 is 1a + 1b + 8g, or 1 + 3 + 6e.
    #expect(
      solver.isCompatible([2]) && !solver.isCompatible([2, 1]) && !solver.isCompatible([5, 5]) && solver.isCompatible([10]))
  }

  @Test("cells are converted")
  func cells() {
    let solver = CompositionCompatibility(SpaceGroup.numbered(225))
    #expect(solver.conventional([1, 1]) == [4, 4])
    #expect(solver.conventional([1, 2], primitiveCells: 2) == [2, 4])
    #expect(solver.conventional([1], primitiveCells: 3) == nil)
    #expect(solver.isCompatible([4, 4]) && !solver.isCompatible([2, 4]))
  }

  @Test("random assignments come with equal chances")
  func chances() throws {
    let solver = CompositionCompatibility(SpaceGroup.numbered(221))
    let atoms = [4, 7]
    let kinds = Int(solver.assignmentCount(atoms))
    var counts: [[[Int]]: Int] = [:]
    var random = SplitMix(seed: 5)
    let draws = 2000 * kinds
    for _ in 0..<draws { counts[try #require(solver.randomAssignment(atoms, using: &random)), default: 0] += 1 }
    #expect(counts.count == kinds && kinds > 3)
    // Six standard deviations of a binomial distribution.
    for (_, n) in counts { #expect(abs(Double(n) - 2000) < 6 * 2000.0.squareRoot()) }
  }

  @Test("weighted assignments come with chances as their weights")
  func weights() throws {
    let group = SpaceGroup.numbered(221)
    let solver = CompositionCompatibility(group)
    let positions = group.wyckoffPositions
    func weight(_ multiplicity: Int) -> Double { 0.2 + 0.1 * Double(multiplicity) }
    var counts: [[[Int]]: Int] = [:]
    var random = SplitMix(seed: 6)
    let draws = 60_000
    for _ in 0..<draws {
      counts[try #require(solver.randomAssignment([8, 7], orbitWeight: weight, using: &random)), default: 0] += 1
    }
    #expect(Double(counts.count) == solver.assignmentCount([8, 7]))
    let weights = counts.keys.map { $0.joined().reduce(1.0) { $0 * weight(positions[$1].multiplicity) } }
    let total = weights.reduce(0, +)
    #expect((weights.max() ?? 0) > 2 * (weights.min() ?? 0))
    for ((_, n), weight) in zip(counts, weights) {
      let expected = Double(draws) * weight / total
      #expect(abs(Double(n) - expected) < 6 * expected.squareRoot())
    }
  }

  @Test("numbers of formula units, against brute force", arguments: [1, 2, 14, 62, 166, 194, 221, 225, 227])
  func formulaUnits(number: Int) {
    let group = SpaceGroup.numbered(number)
    let solver = CompositionCompatibility(group)
    for formula in [[1, 1], [1, 2], [2, 3], [1, 1, 3]] {
      let limit = [2: 8, 62: 16, 14: 16][number] ?? 24
      let atoms = formula.reduce(0, +)
      let expected = (1...limit / atoms).filter { z in bruteForce(group, formula.map { $0 * z }) > 0 }
      #expect(solver.formulaUnits(formula, atMost: limit) == expected)
    }
    #expect(solver.formulaUnits([5], atMost: 4) == [] && solver.formulaUnits([0], atMost: 4) == [])
  }

  @Test("skeletons name elements and positions, the same for the same stream")
  func skeletons() throws {
    let group = SpaceGroup.numbered(227)
    let solver = CompositionCompatibility(group)
    #expect(solver.formulaUnits([1, 2, 4], atMost: 60) == [8])
    let spinel: [(atomicNumber: UInt8, count: Int)] = [(12, 8), (13, 16), (8, 32)]
    for seed in 0..<50 {
      var (one, other) = (SplitMix(seed: UInt64(seed)), SplitMix(seed: UInt64(seed)))
      let skeleton = try #require(solver.randomSkeleton(spinel, using: &one))
      let again = try #require(solver.randomSkeleton(spinel, using: &other))
      #expect(skeleton.elementsEqual(again) { $0 == $1 })
      for (z, count) in spinel {
        let sum = skeleton.filter { $0.atomicNumber == z }.reduce(0) { $0 + group.wyckoffPositions[$1.position].multiplicity }
        #expect(sum == count)
      }
    }
    var random = SplitMix(seed: 1)
    #expect(solver.randomSkeleton([(12, 5)], using: &random) == nil)
  }
}
