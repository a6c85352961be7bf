import Crystals
import TestSupport
import Testing

@testable import Evaluation

@Suite("Structure matcher") struct StructureMatcherTests {
  struct File: Decodable {
    struct Verdict: Decodable {
      var fit: Bool
      var rms: Double?
      var max: Double?
    }
    struct Pair: Decodable {
      var kind: String
      var first: ReferenceCrystal
      var second: ReferenceCrystal
      var standard: Verdict
      var prediction: Verdict
    }
    var pairs: [Pair]
  }

  @Test("120 pairs agree with pymatgen at both settings")
  func references() throws {
    let pairs = try reference("Judgement/matcher.json", as: File.self).pairs
    #expect(pairs.count == 120)
    for (index, pair) in pairs.enumerated() {
      let first = try #require(ReducedCrystal(pair.first.crystal))
      let second = try #require(ReducedCrystal(pair.second.crystal))
      for (matcher, verdict) in [
        (StructureMatcher.standard, pair.standard), (.prediction, pair.prediction),
      ] {
        let name: Comment = "pair \(index), \(pair.kind), \(matcher.siteTolerance)"
        #expect(matcher.matches(first, second) == verdict.fit, name)
        let deviation = matcher.deviation(first, second)
        guard let rms = verdict.rms, let maximum = verdict.max else {
          #expect(deviation == nil, name)
          continue
        }
        let found = try #require(deviation, name)
        #expect(abs(found.rms - rms) < 1e-4, name)
        #expect(abs(found.maximum - maximum) < 1e-3, name)
      }
    }
  }

  @Test("assignments cost as little as the best of all permutations", arguments: 0..<40)
  func assignment(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    let n = 1 + seed % 6
    var costs = (0..<n * n).map { _ in Double.random(in: 0...1, using: &random) }
    // Forbidden pairs in half of the cases, so many sometimes that nothing is left.
    if seed % 2 == 1 {
      for k in costs.indices where Int.random(in: 0..<3, using: &random) == 0 { costs[k] = .infinity }
    }
    var best = Double.infinity
    func extend(_ columns: [Int], _ cost: Double) {
      if columns.count == n { best = min(best, cost) }
      for column in 0..<n where columns.count < n && !columns.contains(column) {
        extend(columns + [column], cost + costs[columns.count * n + column])
      }
    }
    extend([], 0)
    guard let columns = leastCostAssignment(costs, count: n) else {
      #expect(best == .infinity)
      return
    }
    #expect(Set(columns).count == n)
    let cost = columns.indices.reduce(0) { $0 + costs[$1 * n + columns[$1]] }
    #expect(abs(cost - best) < 1e-12)
  }

  @Test("Niggli reduction gives one cell for all bases of a lattice", arguments: 0..<40)
  func niggli(seed: Int) {
    var random = SplitMix(seed: UInt64(seed))
    func vector() -> Vector3 {
      Vector3(
        Double.random(in: -5...5, using: &random), Double.random(in: -5...5, using: &random),
        Double.random(in: -5...5, using: &random))
    }
    let basis = Matrix3(vector(), vector(), vector())
    guard abs(basis.determinant) > 5 else { return }
    let reduced = niggliReduced(basis)
    #expect(abs(reduced.determinant - abs(basis.determinant)) < 1e-9 * abs(basis.determinant))
    let skew = Matrix3(Vector3(1, 0, 0), Vector3(-3, 1, 0), Vector3(2, 5, 1))
    let again = niggliReduced(skew * basis)
    for i in 0..<3 {
      for j in 0..<3 {
        #expect(abs(reduced[i].dot(reduced[j]) - again[i].dot(again[j])) < 1e-8)
      }
      #expect(reduced[i].length >= reduced[max(0, i - 1)].length - 1e-4)
    }
    // Integer combinations of the old basis, with a determinant of one.
    let change = reduced * basis.inverse
    for i in 0..<3 { #expect((change[i] - change[i].rounded(.toNearestOrEven)).length < 1e-9) }
  }

  @Test("copies are found whatever their cell, order and place; other crystals are not")
  func kinds() throws {
    let crystals = Array(try MetricsTests.crystals().prefix(30))
    let shear = Matrix3(Vector3(1, 0, 0), Vector3(2, 1, 0), Vector3(0, -1, 1))
    let copies = crystals.map { crystal in
      Crystal(
        lattice: Lattice(vectors: 1.05 * (shear * crystal.lattice.vectors)),
        atomicNumbers: crystal.atomicNumbers.reversed(),
        fractionalCoordinates: crystal.fractionalCoordinates.reversed().map {
          (($0 + Vector3(0.2, 0.4, 0.1)) * shear.inverse).wrapped
        })
    }
    let reduced = (crystals + copies).map { ReducedCrystal($0) }
    let first = try firstOfKind(reduced + [nil])
    #expect(first == Array(0..<30).map { $0 } + Array(0..<30).map { $0 } + [nil])
    let a = try #require(reduced[4])
    let b = try #require(reduced[34])
    let deviation = try #require(StructureMatcher.standard.deviation(a, b))
    #expect(deviation.maximum < 1e-6)

    let index = try StructureIndex(Array(crystals.prefix(20)))
    for (number, copy) in copies.enumerated() {
      let structure = try #require(ReducedCrystal(copy))
      let match = index.match(of: structure, formula: copy.reducedFormula, spaceGroup: 1)
      #expect(match == (number < 20 ? number : nil))
    }
    #expect(index.contains(formula: crystals[0].reducedFormula))
    #expect(!index.contains(formula: "Xx"))
  }

  @Test("a supercell is as small as its primitive cell")
  func primitive() throws {
    let crystal = try MetricsTests.crystals()[12]
    let alone = try #require(ReducedCrystal(crystal))
    var double = crystal
    double.lattice.vectors = Matrix3(
      2 * crystal.lattice.vectors[0], crystal.lattice.vectors[1], 3 * crystal.lattice.vectors[2])
    double.atomicNumbers = []
    double.fractionalCoordinates = []
    for (z, point) in zip(crystal.atomicNumbers, crystal.fractionalCoordinates) {
      for n in 0..<6 {
        double.atomicNumbers.append(z)
        let shift = Vector3(Double(n % 2), 0, Double(n / 2))
        double.fractionalCoordinates.append((point + shift) / Vector3(2, 1, 3))
      }
    }
    let six = try #require(ReducedCrystal(double))
    #expect(six.count == alone.count)
    #expect(StructureMatcher.standard.matches(alone, six))
  }
}
